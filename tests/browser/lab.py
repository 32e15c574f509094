"""JupyterLab in a real browser: what the browser tests do with it, said once."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import chromium

CHROMIUM_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

# No pop-ups, no saving behind the test's back, and every cell in the page: by default JupyterLab
# renders only the cells near the viewport.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}

# The status on the page also says "idle" before there is a kernel: ask the session itself.
KERNEL_IS_IDLE = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""

# Resolves when the last cell has run, or when an error has stopped the run.
RUN_ALL = "() => jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)"

CELLS = "() => JSON.stringify(jupyterapp.shell.currentWidget.content.model.toJSON().cells)"

WRITE = """([place, source]) => {
    const book = jupyterapp.shell.currentWidget.content;
    book.model.cells.get(place).sharedModel.setSource(source);
    book.activeCellIndex = place;
    book.activate();
}"""

# From the key to the new picture: placed in the page, and decoded, ready to be painted.
WATCH = """explorer => {
    const image = () => explorer.querySelector('figure img');
    const watch = window.redraws = {times: [], pressed: null, shown: image().src};
    explorer.addEventListener('keydown', () => { watch.pressed = performance.now(); }, true);
    new MutationObserver(async () => {
        const now = image();
        if (watch.pressed === null || now === null || now.src === watch.shown) return;
        const pressed = watch.pressed;
        watch.pressed = null;
        watch.shown = now.src;
        const placed = performance.now() - pressed;
        for (let shown = null; shown !== image();) {  // one taken away meanwhile has no decode
            shown = image();
            await shown.decode().catch(error => { if (shown === image()) throw error; });
        }
        watch.times.push([placed, performance.now() - pressed]);
    }).observe(explorer, {childList: true, subtree: true});
}"""

EXPLORER = ".jp-OutputArea-output .widget-vbox:has(figure img)"

# What is wider than the place it has: text that is cut off, pictures that stick out.
TOO_WIDE = """() => {
    const found = [];
    for (const box of document.querySelectorAll('.widget-readout, .jupyter-button'))
        if (box.scrollWidth > box.clientWidth + 1) found.push(box.textContent.trim());
    for (const picture of document.querySelectorAll('.jp-OutputArea-output figure img')) {
        const room = picture.closest('.jp-OutputArea-output').getBoundingClientRect();
        if (picture.getBoundingClientRect().right > room.right + 1) found.push(picture.alt);
    }
    return found;
}"""


@contextlib.contextmanager
def browser():
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(CHROMIUM_OPTIONS)
        )
        yield instance
        instance.close()


@contextlib.contextmanager
def jupyterlab(folder, scratch):
    """JupyterLab over `folder`, with settings of its own under `scratch`; yields its address."""
    folder, scratch = Path(folder), Path(scratch)
    for name, values in SETTINGS.items():
        path = scratch / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    token = secrets.token_hex(16)
    own = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    environment = {**os.environ, "JUPYTER_TOKEN": token}
    environment |= {name: str(scratch / place) for name, place in own.items()}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--ServerApp.allow_root=True", f"--ServerApp.root_dir={folder}"),
        *("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]
    with open(scratch / "server.log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=scratch)
        try:
            _wait_for(port, server, scratch / "server.log")
            yield f"http://127.0.0.1:{port}/lab", token
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(port, server, log, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def open_notebook(page, address, name):
    """Open a notebook and wait for its kernel: what is run before that is lost."""
    url, token = address
    page.goto(f"{url}/tree/{name}?reset&token={token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
    page.wait_for_function(KERNEL_IS_IDLE, timeout=120_000)


def run_all(page, seconds=300):
    """Run all cells and return them, as nbformat has them."""
    page.set_default_timeout(1000 * seconds)
    page.evaluate(RUN_ALL)
    page.wait_for_function(KERNEL_IS_IDLE)
    return cells_of(page)


def cells_of(page):
    """The open notebook's cells, as nbformat has them."""
    return json.loads(page.evaluate(CELLS))


def write(page, place, source):
    """Put `source` into the cell at `place`, and make it the active one."""
    page.evaluate(WRITE, [place, source])


def run_selected(page):
    """Press Shift+Enter, as a student does, and wait until the cell has run."""
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(KERNEL_IS_IDLE)


def shut_down(page):
    """End the notebook's kernel and leave the page."""
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()


def press_keys(page, explorer, times):
    """Walk the explorer's first slider back and forth; milliseconds of each redraw.

    Returns
    -------
    list of (float, float)
        From the key until the picture stands in the page, and until it is decoded.
    """
    explorer.evaluate(WATCH)
    slider = explorer.get_by_role("slider").first
    slider.focus()
    ahead, back = ("ArrowRight", "aria-valuemax"), ("ArrowLeft", "aria-valuemin")
    for pressed in range(times):
        if slider.get_attribute("aria-valuenow") == slider.get_attribute(ahead[1]):
            ahead, back = back, ahead
        page.keyboard.press(ahead[0])
        page.wait_for_function(
            "count => redraws.times.length === count", arg=pressed + 1, polling=20, timeout=30_000
        )
    return page.evaluate("() => redraws.times")


def save_screenshots(page, folder, name, height=4000):
    """The whole notebook, 1200 pixels wide, in pictures at most `height` high."""
    page.evaluate("() => jupyterapp.shell.collapseLeft()")
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer").first
    extra = page.viewport_size["height"] - panel.evaluate("panel => panel.clientHeight")
    length = panel.evaluate("""panel => {
        const last = [...panel.querySelectorAll('.jp-Cell')].pop();
        return last.getBoundingClientRect().bottom - panel.getBoundingClientRect().top
            + panel.scrollTop + 40;
    }""")
    usual = page.viewport_size
    page.set_viewport_size({"width": 1200, "height": int(min(length, height) + extra)})
    for part in range(int(-(-length // height))):
        panel.evaluate("(panel, top) => { panel.scrollTop = top; }", part * height)
        page.screenshot(path=str(Path(folder) / f"{name}-{part + 1}.png"))
    page.set_viewport_size(usual)
