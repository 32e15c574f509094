"""Every notebook in a real browser: Run All without an error, and an explorer that answers keys."""

import statistics
from pathlib import Path

import lab
import pytest

NOTEBOOKS = sorted(
    path.name for path in (Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb")
)
WITH_EXPLORER = [name for name in NOTEBOOKS if not name.startswith("00_")]
KEYS = 21  # odd: a walk of as many steps cannot end where it began


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


@pytest.mark.parametrize("opened", NOTEBOOKS[:1], indirect=True)
def test_a_prediction_answers_the_keyboard(opened):
    """Catches a control that waits for arrow keys: JupyterLab takes those for itself."""
    page, _ = opened
    asked = page.locator(".jp-OutputArea-output .widget-vbox:has([role=status])").first
    options = asked.get_by_role("button")
    options.first.focus(timeout=10_000)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    asked.get_by_text(f"Kept: {options.nth(1).inner_text()}").wait_for(timeout=10_000)
