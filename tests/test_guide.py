"""The guide and the teaching notes say what notebooks, exercises and library say."""

import ast
import doctest
import html
import re
from pathlib import Path

import nbformat
import pytest
from conventions import MINUTES
from test_diagnosis_answers import WRONG

from softmax_lib.exercises import engine
from softmax_lib.lessons.slips import SENTENCES

ROOT = Path(__file__).parent.parent
TEACHING = ROOT / "docs" / "teaching"
BOOKS = {path.stem: nbformat.read(path, 4) for path in sorted(ROOT.glob("notebooks/*.ipynb"))}

PAGE = ROOT / "docs" / "instructor-guide.md"
TASKS = {task.number: task for k in range(len(BOOKS)) for task in engine.lesson_tasks(k)}

each_book = pytest.mark.parametrize("book", BOOKS)


def parts(text, level="##"):
    """{heading: what stands under it}, in the order of the page."""
    pieces = re.split(rf"^{level} (.+)\n", text, flags=re.M)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def notes(book):
    return parts((TEACHING / f"{book}.md").read_text("utf-8"))


def sections(book):
    """{heading: [cells]} of a notebook."""
    found = {}
    for cell in BOOKS[book].cells:
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^## (.+)$", cell.source, flags=re.M):
                found[heading] = []
        if found:
            found[heading].append(cell)
    return found


def predictions(book):
    """{heading: [(label, whether it is right; None where the machine decides)]}."""
    found = {heading: [] for heading in sections(book)}
    code = [cell for cell in BOOKS[book].cells if cell.cell_type == "code"]
    for heading, cells in sections(book).items():
        for cell in cells:
            asked = re.match(r"(\w+) = exercises\.predict\(", cell.source)
            if not asked:
                continue
            call = ast.parse(cell.source).body[0].value
            labels = getattr(call.args[1], "keys", None) or call.args[1].elts
            later = code[code.index(cell) + 1 :]
            shown = next(c for c in later if f"{asked[1]}.reveal(" in c.source)
            said = html.unescape(re.search(r"The answer: (.+?)\.[\s\"<]", str(shown.outputs))[1])
            varies = "nbval-ignore-output" in shown.metadata.get("tags", [])
            for label in map(ast.literal_eval, labels):
                found[heading].append((label, None if varies else label == said))
    return found


@each_book
def test_every_section_of_a_notebook_has_its_note(book):
    assert [*notes(book)] == [*sections(book)]


@each_book
def test_a_note_is_short_enough_to_be_read_while_speaking(book):
    lengths = {heading: len(note.split()) for heading, note in notes(book).items()}
    odd = {heading: words for heading, words in lengths.items() if not 40 <= words <= 130}
    assert not odd, f"{TEACHING.name}/{book}.md, words: {odd}"


@each_book
def test_the_minutes_of_the_notes_add_up_to_the_reading_time(book):
    minutes = [re.match(r"\n\*\*(\d+) minutes?\.?\*\*", note) for note in notes(book).values()]
    read = MINUTES.search(BOOKS[book].cells[0].source)[1]
    assert sum(int(found[1]) for found in minutes) == int(read)


@each_book
def test_every_prediction_is_treated_option_by_option(book):
    """Catches a question that was changed in the notebook, and a right answer taken for wrong."""
    for heading, asked in predictions(book).items():
        told = re.findall(r"^- (\*\*?)(\S.*?\S|\S)\1(?= )", notes(book)[heading], flags=re.M)
        assert [label for _, label in told] == [label for label, _ in asked]
        for (mark, label), (_, right) in zip(told, asked, strict=True):
            assert right is None or (mark == "**") == right, label


GUIDE = parts(PAGE.read_text("utf-8"))
PLANS = parts(GUIDE["Plans"], "###")


def rows(text):
    """The rows of the tables in a text, each a list of cells, without head and rule."""
    tables = re.findall(r"^\|.+\|\n\|[-|]+\|\n((?:\|.+\|\n)+)", text, flags=re.M)
    lines = "".join(tables).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(cells):
    """(notebook, the sections in quotation marks) of a row."""
    book = re.search(r"notebooks/(\w+)\.ipynb", cells[1])
    return (book[1] if book else ""), re.findall(r'"([^"]+)"', cells[2])


def stating(book, tag):
    """The sections of a notebook that state an equation."""
    return [
        heading
        for heading, cells in sections(book).items()
        if any(rf"\tag{{{tag}}}" in cell.source for cell in cells)
    ]


def on_slides(book):
    """The sections that a deck shows: the cell with the heading begins a slide."""
    kinds = {name: cells[0].metadata.slideshow.slide_type for name, cells in sections(book).items()}
    return {name for name, kind in kinds.items() if kind == "slide"}


def test_the_equation_table_names_the_notebook_and_section_that_state_each():
    table = rows(GUIDE["Which equation in which notebook"])
    assert [cells[0] for cells in table] == [f"({n})" for n in range(1, 15)]
    for cells in table:
        book, said = named(cells)
        assert said == stating(book, cells[0].strip("()")), cells[0]


def test_the_derivation_for_the_board_goes_through_every_equation():
    derivation = GUIDE["The derivation for the board"]
    assert set(range(1, 15)) <= {int(n) for n in re.findall(r"\((\d+)\)", derivation)}


@pytest.mark.parametrize("plan", PLANS)
def test_the_minutes_of_a_plan_add_up_and_its_sections_are_on_slides(plan):
    table = rows(PLANS[plan])
    assert sum(int(cells[0]) for cells in table) == int(re.search(r"(\d+) minutes", plan)[1])
    for cells in table:
        book, said = named(cells)
        assert not book or (said and set(said) <= on_slides(book)), cells


def test_every_slip_has_its_misconception_and_an_exercise_that_finds_it():
    """Catches a new slip that the guide leaves out, and an exercise that cannot find it."""
    table = {cells[0]: cells for cells in rows(GUIDE["Misconceptions and their cures"])}
    assert set(table) == set(SENTENCES)
    assert table.pop("not-attempted")[3] == "every exercise"
    finds = {(number, slug) for number, slugs, *_ in WRONG.values() for slug in slugs}
    finds |= {(number, name) for number, task in TASKS.items() for name, *_ in task.slips}
    for slug, cells in table.items():
        assert all(cells[1:])
        assert {(number, slug) for number in cells[3].split(", ")} <= finds, slug


def test_every_exercise_stands_in_the_table_and_the_minutes_are_those_of_the_notebooks():
    table = {cells[0]: int(cells[2]) for cells in rows(GUIDE["Every exercise"])}
    assert [*table] == [*TASKS]
    for book, notebook in BOOKS.items():
        read, in_all = map(int, MINUTES.search(notebook.cells[0].source).group(1, 2))
        given = [table[number] for number in table if int(number.split(".")[0]) == int(book[:2])]
        assert sum(given) == in_all - read, book


def test_the_guide_leads_to_every_note():
    text = GUIDE["Predictions and speaker notes"]
    assert re.findall(r"\(teaching/(\w+)\.md\)", text) == [*BOOKS]


def test_the_computed_answers_are_what_the_library_computes():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried
    assert not failed
