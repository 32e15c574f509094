"""Every deck in a real Chromium, from a file: nothing is cut off, and a hall can read it."""

import re
from pathlib import Path

import nbformat
import pytest
import slides

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
SCREENS = [(1280, 720), (1920, 1080), (1024, 768)]
READY = "() => window.Reveal?.isReady()"
# Ready comes before the sheets, which are put in at once, a frame or two later.
PAPER = "() => document.querySelector('.pdf-page')"

pytestmark = pytest.mark.xdist_group("slides")  # the decks are written once

# Every page with all its steps shown: hidden ones keep their room, so earlier steps fit as well.
# Letters are measured in pixels of a page of 1280 x 720.
MEASURE = """() => [...document.querySelectorAll('.slides section.page')].map((page, k) => {
    const {h, v} = Reveal.getIndices(page);
    Reveal.slide(h, v, 99);
    const screen = {left: 0, top: 0, right: innerWidth, bottom: innerHeight};
    const room = page.getBoundingClientRect(), scale = Reveal.getScale();
    const found = {number: k + 1, heading: page.querySelector('header').innerText.trim(),
        outside: [], scrolling: [], small: [], labels: [], code: 0, blank: true,
        answer: [...page.querySelector('.body').children].every(
            block => block.textContent.trim().startsWith('The answer:'))};
    const outside = (box, around) => box.left < around.left - 1 || box.right > around.right + 1
        || box.top < around.top - 1 || box.bottom > around.bottom + 1;
    if (outside(room, screen)) found.outside.push('the page');
    for (const node of page.querySelectorAll('header *, .body *')) {
        const box = node.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        found.blank = false;
        const name = `${node.tagName} ${(node.textContent || '').trim().slice(0, 50)}`;
        if (outside(box, room)) found.outside.push(name);
        const style = getComputedStyle(node);
        if (node.scrollHeight > node.clientHeight + 1 && style.overflowY !== 'visible')
            found.scrolling.push(name);
        const says = [...node.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
        const size = parseFloat(style.fontSize);
        if (says && size < (node.closest('pre, code') ? 20 : 26) - 0.01)
            found.small.push(`${size} px: ${name}`);
    }
    for (const image of page.querySelectorAll('figure img'))
        found.labels.push(image.offsetWidth / image.naturalWidth);
    for (const code of page.querySelectorAll('.highlight'))
        found.code += code.textContent.trimEnd().split('\\n').length;
    return found;
})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The decks, as `make slides` writes them."""
    out = tmp_path_factory.mktemp("slides")
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        page, _ = slides.deck_of(notebook, slides.notes_of(path), slides.smallest_letters(path))
        (out / f"{path.stem}.html").write_text(page, encoding="utf-8")
    return out


def opened(browser, folder, name, size=SCREENS[0]):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto((folder / f"{name}.html").as_uri())
    page.wait_for_function(READY)
    return page


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_step_fits_and_can_be_read_from_the_last_row(
    path, chromium_browser, folder, record_property
):
    page = opened(chromium_browser, folder, path.stem)
    letters = slides.smallest_letters(path) * slides.PIXELS_PER_POINT
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "([w, h]) => innerWidth === w && innerHeight === h", arg=[width, height]
        )
        page.evaluate("() => Reveal.layout()")
        measured = page.evaluate(MEASURE)
        assert len(measured) > 10
        for found in measured:
            where = f"{width} x {height}, page {found['number']}: {found}"
            assert found["outside"] == found["scrolling"] == found["small"] == [], where
            assert found["heading"], where
            assert not found["blank"], where
            assert not found["answer"], where  # alone, far from what was computed
            assert found["code"] <= slides.CODE_LINES, where
            assert min(found["labels"], default=1) * letters > slides.LABELS - 0.1, where
    record_property("pages", len(measured))
    page.close()


def test_plus_and_minus_change_the_size_and_everything_still_fits(chromium_browser, folder):
    page = opened(chromium_browser, folder, NOTEBOOKS[2].stem)
    size = "() => parseFloat(getComputedStyle(document.querySelector('.page h2')).fontSize)"
    usual, pages = page.evaluate(size), len(page.evaluate(MEASURE))
    page.keyboard.press("+")
    page.keyboard.press("+")
    larger = page.evaluate(MEASURE)
    assert page.evaluate(size) > 1.2 * usual
    assert len(larger) > pages
    assert [found for found in larger if found["outside"] or found["scrolling"]] == []
    for _ in range(3):
        page.keyboard.press("-")
    assert page.evaluate(size) < usual
    page.close()


def test_the_speakers_window_works_from_a_file(chromium_browser, tmp_path):
    notebook = nbformat.read(NOTEBOOKS[2], as_version=4)
    heading = re.search(r"^## (.+)$", notebook.cells[2].source, re.M)[1]
    deck, _ = slides.deck_of(notebook, {heading: "Ask *the room* first."})
    (tmp_path / "deck.html").write_text(deck, encoding="utf-8")
    page = opened(chromium_browser, tmp_path, "deck")
    page.keyboard.press("ArrowRight")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    window = popup.value
    window.get_by_text("Ask the room first.").wait_for()
    clock = window.locator(".speaker-controls-time .clock-value")
    assert re.fullmatch(r"\d+:\d+ [AP]M", clock.inner_text())
    shown = [
        window.frame_locator(f"#{place} iframe").locator("section.page.present header")
        for place in ("current-slide", "upcoming-slide")
    ]
    for header in shown:
        header.get_by_text(heading).wait_for()
    window.keyboard.press("ArrowRight")
    page.wait_for_function("() => Reveal.getIndices().f > -1 || Reveal.getIndices().v > 0")
    window.close()
    page.close()


def test_a_sections_note_stays_on_all_its_pages_and_is_printed_once(chromium_browser, tmp_path):
    notebook = nbformat.read(NOTEBOOKS[6], as_version=4)
    heading = "The quotient rule"
    deck, _ = slides.deck_of(notebook, {heading: "Ask *the room* first."})
    (tmp_path / "deck.html").write_text(deck, encoding="utf-8")
    page = opened(chromium_browser, tmp_path, "deck")
    told = page.locator("section.page", has=page.locator("header", has_text=heading))
    assert told.count() > 2
    notes = told.locator("aside.notes", has_text="Ask the room first.")
    assert notes.count() == told.count()
    page.goto(page.url.split("#")[0] + "?view=print&showNotes=separate-page")
    page.wait_for_function(PAPER)
    assert page.locator("aside", has_text="Ask the room first.").count() == 1
    page.close()


def test_the_page_number_stands_clear_of_the_arrows(chromium_browser, folder):
    page = opened(chromium_browser, folder, NOTEBOOKS[0].stem)
    page.keyboard.press("End")
    number = page.locator(".slide-number").bounding_box()
    arrow = page.locator(".controls .navigate-left").bounding_box()
    assert number["x"] + number["width"] < arrow["x"]
    page.close()


def test_the_keys_of_reveal_js_are_there(chromium_browser, folder):
    page = opened(chromium_browser, folder, NOTEBOOKS[0].stem)
    page.keyboard.press("Escape")
    assert page.evaluate("() => Reveal.isOverview()")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    assert page.evaluate("() => Reveal.isPaused()")
    page.keyboard.press(".")
    assert not page.evaluate("() => Reveal.isPaused()")
    last = page.evaluate("() => Reveal.getTotalSlides() - 1")
    page.keyboard.press("End")
    page.wait_for_function("last => Reveal.getSlidePastCount() === last", arg=last)
    page.goto(page.url.split("#")[0] + "#/1")
    page.wait_for_function("() => Reveal.getIndices().h === 1")
    page.close()
