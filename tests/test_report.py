"""The instructors' report: student notebooks made from the series' own, right, wrong and broken."""

import csv
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest

from softmax_lib import exercises
from softmax_lib.exercises import engine
from softmax_lib.lessons import source_of

# The module: exercises.report is the function that it gives its name to.
report = sys.modules["softmax_lib.exercises.report"]
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def solved(number):
    """The solution's source under the name that the student's function has."""
    task = engine.find_task(number)
    source = source_of(task.solution)
    return re.sub(r"^def \w+", f"def {task.name}", source)


def student(path, book, answers, *, whole=False, edit=lambda source: source):
    """Save a notebook of the series with answers in its stubs; by default its exercises alone."""
    notebook = nbformat.read(next(NOTEBOOKS.glob(f"{book:02d}_*.ipynb")), as_version=4)
    cells = []
    for cell in notebook.cells:
        asked = re.search(r'exercises\.check\("([\d.]+)", \w+\)', cell.source)
        if cell.cell_type == "code" and asked and asked[1] in answers:
            answer = answers[asked[1]]
            answer = solved(asked[1]) if answer is None else textwrap.dedent(answer)
            cell.source = f"{answer}\n\n{asked[0]}"
        if whole or asked or "import" in cell.source:
            cell.source = edit(cell.source)
            cells.append(cell)
    notebook.cells = cells
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def read(table):
    with open(table, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def short(rows, book=""):
    """(task, verdict, slug) of one notebook's rows."""
    return [
        (row["task"], row["verdict"], row["slug"])
        for row in rows
        if row["notebook"].startswith(book)
    ]


TRANSPOSED = """
    def scores_by_loops(X, W):
        return W.T @ X.T
"""
TWO_SLIPS = TRANSPOSED.replace("return W", "return -W")
DEADLY = """
    import os
    def scores_by_loops(X, W):
        os._exit(1)
"""
ENDLESS = """
    def with_bias(X, W, b):
        while True:
            pass
"""
IMPATIENT = """
    from softmax_lib.exercises import engine
    engine.SECONDS_PER_CHECK = 2.0
"""
NOT_THE_STUDENTS = "from softmax_lib import dL_dW as score_gradient"
EVERYTHING = {f"1.{k}": None for k in (1, 2, 3, 4)}


def test_a_whole_notebook_gives_a_table_and_stays_as_it_was(tmp_path):
    answers = {"1.1": TWO_SLIPS, "1.2": None, "1.3": None}
    path = student(tmp_path / "ada.ipynb", 1, answers, whole=True)
    before = path.read_bytes()
    found = exercises.report(path)
    rows = read(tmp_path / "ada.report.csv")
    assert short(rows) == [
        ("1.1", "not yet", "transposed"),
        ("1.1", "not yet", "sign"),  # two slips are two rows
        ("1.2", "right", ""),
        ("1.3", "right", ""),
        ("1.4", "not attempted", "not-attempted"),
    ]
    assert rows[0]["note"].startswith("The result is the transpose")
    assert {row["notebook"] for row in rows} == {"ada.ipynb"}
    assert [dict(row) for row in found.rows] == rows
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"ada.ipynb", "ada.report.csv"}
    assert "1 notebook, 4 exercises" in repr(found)
    assert found.plot is None


def test_a_class_is_counted_whatever_its_notebooks_hold(tmp_path):
    """As few notebooks as hold it all: every kernel that starts costs seconds."""
    student(tmp_path / "ada" / "one.ipynb", 1, EVERYTHING)

    def without_a_check_or_renamed(source):
        if "def with_bias" in source:
            return re.sub(r"exercises\.check\(.*", "", source)
        return source.replace("product_shape", "my_shape")

    answers = {**EVERYTHING, "1.1": TRANSPOSED, "1.4": NOT_THE_STUDENTS}
    student(tmp_path / "bob" / "one.ipynb", 1, answers, edit=without_a_check_or_renamed)

    def lost(source):
        source = source.replace("def score_gradient", "def score_gradient(")
        return f"{source}\n{textwrap.dedent(IMPATIENT)}" if "import" in source[:9] else source

    answers = {**EVERYTHING, "1.1": DEADLY, "1.2": "while True: pass", "1.3": ENDLESS}
    student(tmp_path / "cat.ipynb", 1, answers, edit=lost)
    (tmp_path / "hal.ipynb").write_text("not a notebook", encoding="utf-8")
    (tmp_path / "ida.ipynb").write_text(json.dumps({"cells": 3}), encoding="utf-8")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "one.ipynb").write_text("{}", encoding="utf-8")
    books = sorted(tmp_path.rglob("*.ipynb"))
    before = [book.read_bytes() for book in books]

    found = exercises.report(tmp_path, seconds_per_cell=10)

    assert [book.read_bytes() for book in books] == before
    rows = read(tmp_path / "report.csv")
    right = [(number, "right", "") for number in EVERYTHING]
    assert short(rows, "ada") == right
    assert short(rows, "bob") == [
        ("1.1", "not yet", "transposed"),
        *right[1:3],
        ("1.4", "missing", ""),  # a function of the library is no answer
    ]
    assert short(rows, "cat") == [
        ("1.1", "not run", ""),
        ("1.2", "not run", ""),
        ("1.3", "not yet", "raised"),
        ("1.4", "missing", ""),
    ]
    assert short(rows, "hal") == short(rows, "ida") == [("", "unreadable", "")]
    notes = {(row["notebook"], row["task"]): row["note"] for row in rows}
    assert "kernel died" in notes["cat.ipynb", "1.1"]
    assert "longer than 10 s" in notes["cat.ipynb", "1.2"]
    assert "stopped" in notes["cat.ipynb", "1.3"]
    assert "no function score_gradient" in notes["cat.ipynb", "1.4"]
    assert "checkpoints" not in str(notes)

    text = repr(found)
    assert re.search(r"1\.1 +1 +1 +0 +1\n", text)
    assert re.search(r"1\.2 +2 +0 +0 +1\n", text)
    assert re.search(r"1\.4 +1 +0 +0 +2\n", text)
    assert re.search(r"transposed +1 +1\.1 \(1\)", text)
    assert "hal.ipynb is left out" in text
    assert found.plot.read_bytes().startswith(b"\x89PNG")
    source = found._repr_html_()
    assert re.search(r'<figure.*<img alt="Left, a stacked bar .*<figcaption', source)
    assert "The most frequent slip is raised: 1 times." in source


def test_the_time_of_a_notebook_is_bounded(tmp_path):
    path = student(tmp_path / "ada.ipynb", 1, {"1.1": "while True: pass"})
    (first, *others) = exercises.report(path, seconds_per_cell=600, seconds=4).rows
    assert first["verdict"] == "not run"
    assert "longer than 4 s" in first["note"]
    assert {row["verdict"] for row in others} == {"not run"}


def diary(folder):
    """Save a notebook that holds no exercise."""
    path = folder / "diary.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]), path)
    return path


def test_a_table_goes_where_it_is_sent_and_never_into_a_notebook(tmp_path):
    path = diary(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="no notebook; got"):
        exercises.report(path, path)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="no notebook in"):
        exercises.report(NOTEBOOKS.parent / "data")
    found = exercises.report(path, tmp_path / "table.csv")
    assert found.table == tmp_path / "table.csv"
    assert [row["verdict"] for row in read(found.table)] == ["unreadable"]


def test_a_table_that_cannot_be_written_is_said_before_anything_runs(tmp_path, monkeypatch):
    """Catches an hour's run that is lost because a spreadsheet has the table open."""
    monkeypatch.setattr(report, "rows_of", lambda *_: pytest.fail("a notebook was run"))
    with pytest.raises(
        OSError, match=r"cannot be written \(.+\): is it open elsewhere.*Nothing was run"
    ):
        exercises.report(diary(tmp_path), tmp_path)


def test_an_interrupt_loses_no_notebook_that_was_done(tmp_path, monkeypatch):
    def interrupted_at_the_second(path, *_):
        if path.stem == "diary":
            return [("1.1", "right", "", "")]
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "rows_of", interrupted_at_the_second)
    diary(tmp_path).with_name("later.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        exercises.report(tmp_path)
    assert short(read(tmp_path / "report.csv")) == [("1.1", "right", "")]


def test_a_name_that_looks_like_a_formula_is_text_to_a_spreadsheet(tmp_path):
    path = diary(tmp_path).rename(tmp_path / "=HYPERLINK(1+1).ipynb")
    found = exercises.report(path)
    assert found.rows[0]["notebook"] == "=HYPERLINK(1+1).ipynb"
    assert read(found.table)[0]["notebook"] == "'=HYPERLINK(1+1).ipynb"


def test_a_notebook_of_other_things_is_said_to_be_one(tmp_path):
    (row,) = exercises.report(diary(tmp_path)).rows
    assert (row["verdict"], row["note"]) == ("unreadable", "It holds no exercise of the series.")


def test_importing_the_exercises_brings_nothing_that_only_the_report_needs():
    program = """
import sys
from softmax_lib import exercises
assert callable(exercises.report)
needless = {"nbclient", "nbformat", "csv", "tqdm", "jupyter_client"}
sys.exit(", ".join(needless & set(sys.modules)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
