"""Pages in Markdown lead where they say; docs/equations.md agrees with notebooks and code."""

import inspect
import re
from pathlib import Path

import nbformat
import pytest
from test_equations import named_equations
from test_import import MATHS

from softmax_lib import derivation, forward

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("[bd]*/**/*.md")])  # benchmarks, data, docs
EQUATIONS = (ROOT / "docs" / "equations.md").read_text("utf-8")


def anchors(page):
    """What a link into a page can name: its headings, as repository pages and Sphinx spell them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        place = page.parent / name if name else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


def test_the_code_points_to_slips_and_equations_that_are_there():
    """Catches a comment that sends its reader to a page or a heading that does not exist."""
    sources = [*ROOT.glob("softmax_lib/**/*.py"), *ROOT.glob("notebooks/*.ipynb")]
    known = anchors(ROOT / "docs" / "equations.md")
    for path in sources:
        for page, anchor in re.findall(r"docs/(\w+\.md)#?([\w-]*)", path.read_text("utf-8")):
            assert (ROOT / "docs" / page).exists(), path.name
            assert not anchor or anchor in known, f"{path.name}: {anchor}"


def test_the_page_of_the_house_names_every_room_on_the_right_floor():
    """Catches a module that its newcomer must find alone, or one of the teaching as maths."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = re.findall(r"^\| (.+?) \| (.+) \|$", page, flags=re.M)
    rooms = {place: set(re.findall(r"`(\w+)/?`", holds)) for place, holds in table}
    below = rooms["`softmax_lib/`, ground floor"]
    assert below == {*MATHS, "progress"}
    above = {path.stem for path in (ROOT / "softmax_lib").glob("[a-z]*")} - below
    assert rooms["`softmax_lib/`, upstairs"] == above


def test_every_equation_and_every_slip_has_its_heading_in_order():
    assert re.findall(r"^### Eq\. \((\d+)\)", EQUATIONS, flags=re.M) == [*map(str, range(1, 15))]
    assert re.findall(r"\\tag\{(\d+)\}", EQUATIONS) == [*map(str, range(1, 15))]
    assert re.findall(r"^### Slip (\d+)", EQUATIONS, flags=re.M) == [*map(str, range(1, 14))]


def table():
    """The rows of 'Where each equation stands': number -> (first notebook, functions)."""
    rows = re.findall(
        r"^\| \[\((\d+)\)\].*?notebooks/(\w+)\.ipynb.*\|(.*)\|$", EQUATIONS, flags=re.M
    )
    return {int(n): (book, set(re.findall(r"`(\w+)`", names))) for n, book, names in rows}


def test_the_table_names_the_notebook_that_states_the_equation():
    stated = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "markdown":
                stated |= dict.fromkeys(
                    map(int, re.findall(r"\\tag\{(\d+)\}", cell.source)), path.stem
                )
    assert {n: book for n, (book, _) in table().items()} == stated


def test_the_table_names_the_functions_that_name_the_equation():
    """Both ways: from a docstring's 'eq. (7)' to this page, and from this page to the function."""
    named = {n: set() for n in range(1, 15)}
    for module in (forward, derivation):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                for n in named_equations(function.__doc__) & set(named):
                    named[n].add(name)
    assert {n: functions for n, (_, functions) in table().items()} == named
