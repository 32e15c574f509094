"""The teaching notes say what the notebooks say: sections, minutes, questions and answers."""

import ast
import html
import re
from pathlib import Path

import nbformat
import pytest
from conventions import MINUTES

ROOT = Path(__file__).parent.parent
TEACHING = ROOT / "docs" / "teaching"
BOOKS = {path.stem: nbformat.read(path, 4) for path in sorted(ROOT.glob("notebooks/*.ipynb"))}

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
    for heading, note in notes(book).items():
        assert 40 <= len(note.split()) <= 130, heading


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
