"""A folder served on this machine, and a Chromium that can reach nothing else."""

import contextlib
import functools
import http.server
import threading
from urllib.parse import urlsplit

import chromium

# A name that any other machine would have to answer for is not found, so nothing waits for it.
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


TYPES = {
    **http.server.SimpleHTTPRequestHandler.extensions_map,
    **dict.fromkeys((".js", ".mjs"), "text/javascript"),
    **dict.fromkeys((".json", ".ipynb"), "application/json"),
    ".wasm": "application/wasm",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves as a static host does: by HTTP/1.1, with these types."""

    protocol_version = "HTTP/1.1"
    extensions_map = TYPES

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A browser that goes away in the middle of a file is no error."""


@contextlib.contextmanager
def served(folder):
    """The address of a server of this folder."""
    handler = functools.partial(Handler, directory=str(folder))
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextlib.contextmanager
def browser():
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium.find(), args=list(OPTIONS))
        yield instance
        instance.close()


@contextlib.contextmanager
def visitor(instance, asked, **options):
    """A browser context with an empty storage; the hosts it asks are added to the set `asked`."""
    context = instance.new_context(**options)

    def note(request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss"):
            asked.add(parts.hostname)

    context.on("request", note)
    yield context
    context.close()
