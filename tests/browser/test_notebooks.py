"""Every notebook in a real browser: Run All without an error, and an explorer that answers keys."""

import re
import statistics
from pathlib import Path

import lab
import pytest

NOTEBOOKS = sorted(
    path.name for path in (Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb")
)
WITH_EXPLORER = [name for name in NOTEBOOKS if not name.startswith("00_")]
NOT_FOUND = "Error displaying widget: model not found"
KEYS = 11  # odd: a walk of as many steps cannot end where it began


def test_there_are_notebooks():
    assert NOTEBOOKS
    assert WITH_EXPLORER


@pytest.mark.parametrize("opened", NOTEBOOKS, indirect=True)
def test_every_cell_runs_without_an_error(opened):
    page, cells = opened
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
    assert code
    for cell in code:
        assert cell["execution_count"], f"never run: {cell['source']}"
        if "raises-exception" in cell["metadata"].get("tags", ()):
            continue
        for output in cell["outputs"]:
            text = output.get("evalue") or output.get("text")
            assert output["output_type"] != "error", f"{cell['source']}\n{text}"
            assert output.get("name") != "stderr", f"{cell['source']}\n{text}"
    assert page.get_by_text("Error displaying widget").count() == 0
    assert page.locator(".jp-OutputArea-output img:not([alt])").count() == 0


@pytest.mark.parametrize("opened", WITH_EXPLORER, indirect=True)
def test_the_explorer_answers_the_keyboard(opened, record_property):
    page, _ = opened
    explorer = page.locator(lab.EXPLORER).first
    picture = explorer.locator("figure img")
    before = picture.get_attribute("src"), picture.get_attribute("alt")

    times = lab.press_keys(page, explorer, KEYS)
    assert len(times) == KEYS
    assert picture.get_attribute("src") != before[0]
    assert picture.get_attribute("alt") != before[1]
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")

    placed, decoded = map(statistics.median, zip(*times, strict=True))
    record_property("redraw", (placed, decoded, KEYS))


@pytest.mark.parametrize("opened", WITH_EXPLORER, indirect=True)
def test_keys_that_do_not_wait_for_the_picture_all_count(opened):
    """Catches a slider that something sets back to where it was a moment ago."""
    page, _ = opened
    slider = page.locator(lab.EXPLORER).first.get_by_role("slider").first

    def value():
        return float(slider.get_attribute("aria-valuenow"))

    slider.press("Home")
    start, room = value(), float(slider.get_attribute("aria-valuemax")) - value()
    page.keyboard.press("ArrowRight")
    step = value() - start
    keys = min(12, round(room / step))
    for _ in range(keys - 1):
        page.keyboard.press("ArrowRight", delay=50)
    page.wait_for_function(lab.KERNEL_IS_IDLE)
    assert value() - start == pytest.approx(keys * step)


@pytest.mark.parametrize("opened", NOTEBOOKS, indirect=True)
def test_nothing_is_cut_off(opened):
    """Catches a readout or a button too narrow for its words, and a figure wider than the page."""
    page, _ = opened
    sliders = page.locator(lab.EXPLORER).get_by_role("slider")
    for width in (1200, 800):
        page.set_viewport_size({"width": width, "height": 1400})
        for end in ("Home", "End"):
            for slider in sliders.all():
                slider.press(end)
            assert page.evaluate(lab.TOO_WIDE) == [], f"{width} px, sliders at {end}"
    page.set_viewport_size({"width": 1200, "height": 1400})
    page.wait_for_function(lab.KERNEL_IS_IDLE)


def by_mouse(page, options):
    options.nth(1).click(timeout=10_000)


def by_keyboard(page, options):
    """JupyterLab takes the arrow keys for itself; Tab and Space it leaves to the page."""
    options.first.focus(timeout=10_000)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")


@pytest.mark.parametrize(("choose", "place"), [(by_mouse, 0), (by_keyboard, 1)])
@pytest.mark.parametrize("opened", NOTEBOOKS[:1], indirect=True)
def test_a_prediction_is_kept_until_it_is_revealed(opened, choose, place):
    """Catches a choice that is lost when Shift+Enter runs its cell again.

    A click in a cell's output makes that cell the active one, so Shift+Enter starts there.
    """
    page, _ = opened
    sources = ["".join(cell["source"]) for cell in lab.cells_of(page)]
    asks = [k for k, source in enumerate(sources) if "exercises.predict(" in source][place]
    name = re.search(r"(\w+) = exercises\.predict", sources[asks])[1]
    reveals = next(k for k, source in enumerate(sources) if f"{name}.reveal(" in source)
    cell, answer = (page.locator(".jp-Notebook .jp-Cell").nth(k) for k in (asks, reveals))

    options = cell.get_by_role("button").and_(cell.locator(".widget-toggle-button"))
    chosen = options.nth(1).inner_text()
    choose(page, options)
    cell.get_by_text(f"Kept: {chosen}").wait_for(timeout=10_000)
    for _ in range(asks, reveals + 1):
        lab.run_selected(page)
    cell.get_by_text(f"Kept: {chosen}").wait_for(timeout=10_000)
    answer.get_by_text(f"You predicted “{chosen}”").wait_for(timeout=10_000)


@pytest.mark.parametrize("opened", NOTEBOOKS[:1], indirect=True)
def test_a_verdict_helps_by_mouse_and_by_keyboard(opened):
    """Catches buttons that nothing answers, and a hint that takes the verdict away."""
    page, _ = opened
    sources = ["".join(cell["source"]) for cell in lab.cells_of(page)]
    place = next(k for k, source in enumerate(sources) if "exercises.check(" in source)
    lab.write(page, place, 'exercises.check("1.1", lambda X, W: -(X @ W))')
    lab.run_selected(page)

    cell = page.locator(".jp-Notebook .jp-Cell").nth(place)
    cell.get_by_text("✗ 1.1").wait_for(timeout=10_000)
    said = cell.get_by_role("status")
    cell.get_by_role("button", name="Hint").click(timeout=10_000)
    said.get_by_text("hint 1 of 3").wait_for(timeout=10_000)
    page.keyboard.press("Space")  # the button just clicked has the focus
    said.get_by_text("hint 2 of 3").wait_for(timeout=10_000)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said.get_by_text("A sign is wrong").wait_for(timeout=10_000)  # Explain
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    said.get_by_text("one way to write it").wait_for(timeout=10_000)
    assert cell.get_by_text("✗ 1.1").count() == 1


def test_a_notebook_saved_with_widgets_says_so_and_is_mended_by_run_all(
    chromium_browser, jupyterlab
):
    """README's troubleshooting quotes the message, and gives this remedy."""
    page = chromium_browser.new_page(viewport={"width": 1200, "height": 900})
    lab.open_notebook(page, jupyterlab, "saved.ipynb")
    lab.run_all(page)
    page.locator(lab.EXPLORER).get_by_role("slider").first.wait_for(timeout=10_000)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    lab.shut_down(page)

    page = chromium_browser.new_page(viewport={"width": 1200, "height": 900})
    lab.open_notebook(page, jupyterlab, "saved.ipynb")
    complaint = page.locator(".jp-OutputArea-output").filter(has_text=NOT_FOUND)
    complaint.first.wait_for(timeout=30_000)
    lab.run_all(page)
    page.locator(lab.EXPLORER).get_by_role("slider").first.wait_for(timeout=10_000)
    assert complaint.count() == 0
    lab.shut_down(page)
