"""The lab in a real browser with a real numpy: notebooks run there, and a student's work is kept.

Three notebooks are run; with ``SOFTMAX_NOTEBOOKS=all``, as `make test-site` sets it, all of them.
Only loopback can be reached, and every address asked for is noted.
"""

import collections
import os
import re
import statistics
from pathlib import Path

import local
import nbformat
import pytest
from browser import lab
from nbval.plugin import get_sanitize_patterns

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
BUTTONS, SHIFT, TRAINING = (
    next(name for name in NOTEBOOKS if name.startswith(number)) for number in ("01", "02", "11")
)
if os.environ.get("SOFTMAX_NOTEBOOKS") != "all":
    NOTEBOOKS = [BUTTONS, SHIFT, TRAINING]
SANITIZE = get_sanitize_patterns((ROOT / "tests" / "nbval_sanitize.cfg").read_text("utf-8"))
KEYS = 21  # odd: a walk of as many steps cannot end where it began
LONGEST = 100  # milliseconds from a key to its picture, the median
QUIET = "import os; os.environ['TQDM_DISABLE'] = '1'"  # as for the outputs stored
BAR = """\
import os

from softmax_lib import train

del os.environ["TQDM_DISABLE"]
train([[0.0], [1.0]], [0, 1], epochs=2001).W.shape"""
WRONG = """\
from softmax_lib import exercises

exercises.check("1.1", lambda X, W: -(X @ W))"""
ENDLESS = """\
from softmax_lib import exercises


def endless(X, W):
    while True:
        X = X + 1


exercises.check("1.1", endless)"""
EXECUTE = """code => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    return kernel.requestExecute({code}).done.then(() => null);
}"""
SAVE = "() => jupyterapp.commands.execute('docmanager:save').then(() => null)"
DOWNLOAD = "() => jupyterapp.commands.execute('docmanager:download').then(() => null)"
OPENED = """name => {
    const book = window.jupyterapp?.shell.currentWidget;
    return book?.context?.path === name && book.context.isReady && book.content.widgets.length > 0;
}"""


@pytest.fixture(scope="module")
def asked():
    return set()


def open_notebook(page, address, name):
    page.goto(f"{address}/lab/lab/index.html?path={name}")
    page.wait_for_function(OPENED, arg=name, timeout=120_000)


@pytest.fixture(scope="module", params=NOTEBOOKS)
def ran(request, browser, address, asked):
    """A notebook's name, its page after Run All, and its cells."""
    with local.visitor(browser, asked, viewport={"width": 1200, "height": 1400}) as context:
        page = context.new_page()
        open_notebook(page, address, request.param)
        page.wait_for_function(lab.KERNEL_IS_IDLE, timeout=240_000)
        page.evaluate(EXECUTE, QUIET)
        yield request.param, page, lab.run_all(page, seconds=600)


def shown(cell):
    """What nbval compares of a cell's outputs: for each kind, the texts in their order."""
    texts = collections.defaultdict(list)
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            texts[output["name"]] = ["".join(texts[output["name"]]) + output["text"]]
        elif output["output_type"] == "error":
            texts["error"].append(f"{output['ename']}: {output['evalue']}")
        for kind, content in output.get("data", {}).items():
            if kind.startswith("text/"):
                texts[kind].append(content)
    for kind, contents in texts.items():
        for pattern, instead in SANITIZE:
            contents = [re.sub(pattern, instead, content) for content in contents]
        texts[kind] = contents
    return dict(texts)


def test_every_cell_shows_what_is_stored(ran):
    name, page, cells = ran
    stored = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells
    came = nbformat.from_dict({"cells": cells}).cells
    differ = [
        (old["id"], old["source"], shown(old), shown(new))
        for old, new in zip(stored, came, strict=True)
        if old["cell_type"] == "code"
        and "nbval-ignore-output" not in old["metadata"].get("tags", ())
        and shown(old) != shown(new)
    ]
    assert differ == []
    assert all(cell["execution_count"] for cell in came if cell.get("source") and "outputs" in cell)
    assert page.get_by_text("Error displaying widget").count() == 0


def test_an_explorer_answers_the_keyboard_at_once(ran, record_property):
    _, page, _ = ran
    explorers = page.locator(lab.EXPLORER)
    if explorers.count():
        times = lab.press_keys(page, explorers.first, KEYS)
        placed, decoded = map(statistics.median, zip(*times, strict=True))
        record_property("redraw", (placed, decoded, KEYS))
        assert decoded <= LONGEST


def run_first(ran, source, expected):
    """Run this source in the place of the first code cell; its output, when it says this."""
    _, page, cells = ran
    place = next(k for k, cell in enumerate(cells) if cell["cell_type"] == "code")
    lab.write(page, place, source)
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-Notebook .jp-Cell").nth(place).locator(".jp-OutputArea").first
    output.get_by_text(expected).first.wait_for(timeout=60_000)
    return output


@pytest.mark.parametrize("ran", NOTEBOOKS[:1], indirect=True)
def test_a_verdict_helps_by_its_buttons(ran):
    output = run_first(ran, WRONG, "✗ 1.1")
    for button, answer in (
        ("Hint", "hint 1 of 3"),
        ("Hint", "hint 2 of 3"),
        ("Explain", "A sign is wrong"),
        ("Solution", "one way to write it"),
    ):
        output.get_by_role("button", name=button).click(timeout=10_000)
        output.get_by_role("status").get_by_text(answer).wait_for(timeout=10_000)


@pytest.mark.parametrize("ran", NOTEBOOKS[:1], indirect=True)
def test_a_long_training_shows_a_bar_and_no_warning(ran):
    """Catches tqdm's thread, which a browser's Python cannot start."""
    output = run_first(ran, BAR, "100%")
    output.locator(".widget-hprogress").wait_for(timeout=10_000)
    output.get_by_text("(1, 2)").wait_for(timeout=10_000)
    assert output.locator("[data-mime-type*=stderr]").count() == 0


@pytest.mark.parametrize("ran", NOTEBOOKS[:1], indirect=True)
def test_a_function_that_never_ends_is_stopped(ran):
    """Catches a time limit that needs a thread."""
    run_first(ran, ENDLESS, "its time was over")


@pytest.mark.parametrize("ran", NOTEBOOKS[:1], indirect=True)
@pytest.mark.parametrize("call", ["load_cifar10()", 'exercises.report("handed_in")'])
def test_what_a_browser_cannot_do_says_so(ran, call):
    source = f"from softmax_lib import exercises, load_cifar10\n\n{call}"
    run_first(ran, source, "Python in a browser cannot")


def sources(page):
    return ["".join(cell["source"]) for cell in lab.cells_of(page)]


def test_work_is_kept_in_the_browser_and_goes_home_and_back(browser, address, tmp_path, asked):
    """Reload; then Download here, and Upload in a browser that has never been here."""
    mine, file = "# My own words.", tmp_path / SHIFT
    with local.visitor(browser, asked) as context:
        page = context.new_page()
        open_notebook(page, address, SHIFT)
        lab.write(page, 1, mine)
        page.evaluate(SAVE)
        open_notebook(page, address, SHIFT)
        assert sources(page)[1] == mine
        with page.expect_download() as download:
            page.evaluate(DOWNLOAD)
        download.value.save_as(file)

    with local.visitor(browser, asked) as context:
        page = context.new_page()
        open_notebook(page, address, SHIFT)
        assert mine not in sources(page)
        page.evaluate("() => jupyterapp.commands.execute('application:close').then(() => null)")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload Files").click()
        chooser.value.set_files(file)
        page.get_by_role("button", name="Overwrite").click()
        page.get_by_role("listitem", name=SHIFT).dblclick()
        page.wait_for_function(OPENED, arg=SHIFT)
        assert sources(page)[1] == mine


def test_a_phone_gets_the_notebook_without_panels(browser, address, asked):
    with local.visitor(browser, asked, viewport={"width": 400, "height": 800}) as context:
        page = context.new_page()
        open_notebook(page, address, SHIFT)
        title = page.get_by_role("heading", level=1).bounding_box()
        assert title["x"] < 50
        assert title["width"] > 300


def test_no_other_machine_was_asked(asked):
    """The last of this file, for what all of it asked."""
    assert asked == {"127.0.0.1"}
