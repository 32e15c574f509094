"""`make live`: a notebook as slides in a real browser, whose sliders and buttons work.

.venv-live is what `make setup-live` makes; where it is missing this file is not collected,
unless SOFTMAX_REQUIRE_BROWSER=1 (see conftest.py).
"""

import contextlib
import os
import secrets
import socket
import subprocess
from pathlib import Path

import lab
import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-live" / "bin" / "python"
NOTEBOOK = ROOT / "notebooks" / "02_stability_shift.ipynb"
pytestmark = pytest.mark.xdist_group("live")
START = """\
import sys
from pathlib import Path
sys.path.insert(0, {tools!r})
import live
live.FOLDER = Path({folder!r})
live.main([{notebook!r}, "--no-browser", "--ServerApp.port={port}", "--ServerApp.port_retries=0"])
"""
SHOWN = "section.present section.present"
LETTERS = """shown => [...document.querySelectorAll(`${shown} p, ${shown} li`)].map(
    text => parseFloat(getComputedStyle(text).fontSize))"""
# Another page, as far as its address says. The address is ahead of what is shown, and a fragment
# that fades in stays hidden until the next frame.
TURNED = """([before, shown]) => {
    const [, slide, last = -1] = location.hash.split('/');
    const page = document.querySelector(shown);
    const seen = [...page?.querySelectorAll('.fragment.visible') ?? []].filter(
        fragment => getComputedStyle(fragment).visibility === 'visible');
    return location.href !== before && page?.id === slide && seen.length === Number(last) + 1;
}"""
# The caption is another one, and begins with the number that the first slider shows: of the
# pictures of a drag, the last.
FOLLOWED = """([cell, before]) => {
    const [shown, caption] = ['.widget-readout', 'figcaption'].map(
        place => cell.querySelector(place).textContent.replace('−', '-'));
    return caption !== before && caption.match(/-?[0-9.]+/)[0] - shown === 0;
}"""


@pytest.fixture(scope="module")
def presented(chromium_browser, tmp_path_factory):
    """The first slide, and every address that was asked for."""
    folder = tmp_path_factory.mktemp("live")
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = START.format(
        tools=str(ROOT / "tools"), folder=str(folder), notebook=str(NOTEBOOK), port=port
    )
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen([PYTHON, "-c", start], env=environment, stdout=log, stderr=log)
    try:
        lab._wait_for(port, server, folder / "server.log")
        page = chromium_browser.new_page(viewport={"width": 1280, "height": 720})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{port}/rise/{NOTEBOOK.name}?token={token}")
        page.locator("section.present h1").first.wait_for(timeout=120_000)
        yield page, asked
        page.close()
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)
        server.kill()


def turn(page, key):
    """Press a key that turns the page, and wait until the next one is shown whole."""
    before = page.url
    page.keyboard.press(key)
    page.wait_for_function(TURNED, arg=[before, SHOWN])


def go_to(page, text):
    """Press space until the slide that is shown holds a cell with this code; the cell."""
    shown = page.locator(f"{SHOWN} .jp-CodeCell").filter(has_text=text)
    for _ in range(100):
        if shown.count() and shown.first.is_visible():
            return page.locator(".jp-CodeCell").filter(has_text=text).first
        turn(page, "Space")
    raise AssertionError(f"no slide has {text}")


def run(page, cell, shown):
    """Press Ctrl+Enter, as the presenter does, once RISE has chosen the cell; wait for `shown`."""
    page.wait_for_function("cell => cell.matches('.jp-mod-active')", arg=cell.element_handle())
    page.keyboard.press("Control+Enter")
    cell.locator(shown).first.wait_for(timeout=60_000)


def test_text_can_be_read_and_nothing_is_fetched_from_elsewhere(presented):
    page, asked = presented
    sizes = page.evaluate(LETTERS, SHOWN)
    assert sizes
    assert min(sizes) >= 26
    assert [
        url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))
    ] == []


def test_a_slider_on_a_slide_moves_the_picture_by_mouse_and_by_key(presented):
    """Catches widgets that RISE cannot show, imports never run, and keys that turn the page."""
    page, _ = presented
    cell = go_to(page, "explore_shares")
    run(page, cell, lab.EXPLORER)

    def caption():
        return cell.locator("figcaption").first.text_content().replace("−", "-")

    def wait_for_another(before):
        page.wait_for_function(FOLLOWED, arg=[cell.element_handle(), before], timeout=30_000)

    where = page.url
    handle, before = cell.get_by_role("slider").first, caption()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y, steps=5)
    page.mouse.up()
    wait_for_another(before)

    before = caption()
    handle.focus()
    page.keyboard.press("ArrowLeft")
    wait_for_another(before)
    assert page.url == where
    turn(page, "Space")
    if folder := os.environ.get("SOFTMAX_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/live.png")


def test_a_prediction_is_chosen_on_its_slide(presented):
    page, _ = presented
    cell = go_to(page, "exercises.predict(")
    run(page, cell, ".widget-toggle-button")
    cell.locator(".widget-toggle-button").nth(1).click()
    cell.get_by_text("Kept:").wait_for(timeout=10_000)
    turn(page, "PageDown")  # the space bar would press the button again
