"""Opens every notebook in JupyterLab in a real Chromium, as a student would.

``SOFTMAX_SCREENSHOTS=folder`` saves each notebook, after Run All, as pictures 1200 pixels wide::

    SOFTMAX_SCREENSHOTS=/tmp/shots .venv/bin/python -m pytest tests/browser

``SOFTMAX_CHROMIUM`` names a Chromium that is not on the path. Where there is none, this folder is
not collected (tests/conftest.py); with ``SOFTMAX_REQUIRE_BROWSER=1`` that is an error.
"""

import os
import re
import shutil
from pathlib import Path

import chromium
import lab
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
# Live slides have an environment of their own, which .ci/run makes (make setup-live).
if not ((ROOT / ".venv-live").exists() or chromium.required()):
    collect_ignore = ["test_live.py"]
SMALL = """\
from softmax_lib.lessons import matrix_shapes as lesson

lesson.explore()"""


@pytest.fixture(scope="session")
def chromium_browser():
    with lab.browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """JupyterLab over a copy of the notebooks: the stored ones stay as they are."""
    scratch = tmp_path_factory.mktemp("lab")
    folder = scratch / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    small = new_notebook(cells=[new_code_cell(SMALL)], metadata=python)
    nbformat.write(small, folder / "saved.ipynb")
    with lab.jupyterlab(folder, scratch) as address:
        yield address


@pytest.fixture(scope="module")
def opened(request, chromium_browser, jupyterlab):
    """A notebook's page after Run All, and its cells."""
    name = request.param
    page = chromium_browser.new_page(viewport={"width": 1200, "height": 1400})
    lab.open_notebook(page, jupyterlab, name)
    cells = lab.run_all(page)
    if folder := os.environ.get("SOFTMAX_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        lab.save_screenshots(page, folder, Path(name).stem)
    yield page, cells
    lab.shut_down(page)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With several workers, all tests of a notebook, or of another file, go to one of them."""
    from xdist.scheduler import LoadScopeScheduling

    class ByNotebook(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            found = re.search(r"\w+\.ipynb", nodeid)
            return found[0] if found else nodeid.split("::")[0]

    return ByNotebook(config, log)


def pytest_terminal_summary(terminalreporter):
    times = [
        (report.nodeid.split("[")[-1].rstrip("]"), *value)
        for report in terminalreporter.getreports("passed")
        for key, value in report.user_properties
        if key == "redraw"
    ]
    if times:
        terminalreporter.section("explorers: from the key to the new picture, median")
    for name, placed, decoded, keys in times:
        terminalreporter.write_line(
            f"{name}: {placed:.0f} ms until it stands in the page, {decoded:.0f} ms until it is "
            f"decoded ({keys} keys)"
        )
