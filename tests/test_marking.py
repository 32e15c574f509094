"""A class's marks: submissions made from the series' own notebooks, right, wrong and broken."""

import csv
import io
import os
import re
import stat
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import nbformat
import pytest

from softmax_lib import exercises
from softmax_lib.exercises import engine
from softmax_lib.lessons import source_of
from softmax_lib.marking import report as door
from softmax_lib.marking import submissions
from softmax_lib.marking.grades import Marks, csv_text, read_points
from softmax_lib.marking.notes import fingerprint, on_notebook

report = sys.modules["softmax_lib.marking.report"]
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
RIGHT = dict.fromkeys(("1.1", "1.2", "1.3", "1.4"))


def solved(number):
    """The solution's source under the name that the student's function has."""
    task = engine.find_task(number)
    return re.sub(r"^def \w+", f"def {task.name}", source_of(task.solution))


def book(answers, number=1, first="", edit=lambda source: source):
    """The bytes of a notebook of the series with answers in its stubs: its exercises alone."""
    notebook = nbformat.read(next(NOTEBOOKS.glob(f"{number:02d}_*.ipynb")), as_version=4)
    cells = [nbformat.v4.new_code_cell(first)] if first else []
    for cell in notebook.cells:
        asked = re.search(r'exercises\.check\("([\d.]+)", \w+\)', cell.source)
        if cell.cell_type == "code" and asked and asked[1] in answers:
            answer = answers[asked[1]]
            answer = solved(asked[1]) if answer is None else textwrap.dedent(answer)
            cell.source = f"{answer}\n\n{asked[0]}"
        if cell.cell_type == "code" and (asked or "import" in cell.source):
            cell.source = edit(cell.source)
            cells.append(cell)
    notebook.cells = cells
    return nbformat.writes(notebook).encode()


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


TRANSPOSED = """
    def scores_by_loops(X, W):
        return -W.T @ X.T
"""
# Loops long enough to be nobody else's; the second is the first with other names and a comment.
BY_LOOPS = """
    def scores_by_loops(X, W):
        S = np.zeros((X.shape[0], W.shape[1]))
        for i in range(X.shape[0]):
            for j in range(W.shape[1]):
                S[i, j] = sum(X[i, d] * W[d, j] for d in range(X.shape[1]))
        return S + 0
"""
COPIED = re.sub(r"\bS\b", "out", BY_LOOPS).replace("return", "# mine\n        return")
PATCH = """
import softmax_lib.exercises.engine as engine
from softmax_lib import exercises
def pass_all(number, function, **_):
    return engine.Verdict(number, True, (9, 9), (), "right", engine.Message([]), (), False)
exercises.check = engine.check = pass_all
import softmax_lib.exercises.calls
softmax_lib.exercises.calls.unchanged = lambda *_: True
"""
PEEK = """
    def score_gradient(X, W, i, c):
        return engine.find_task("1.4").solution(X, W, i, c)
"""
HALF = """
    def product_shape(a, b, transpose):
        return (a[0], b[1])
"""


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """(the report, the folder): one class, since every kernel costs seconds."""
    folder = tmp_path_factory.mktemp("class")
    # Canvas: two attempts, the second late and right; quit() in between.
    put(folder / "lovelaceada_111_900_01_matrix_shapes.ipynb", book({"1.1": TRANSPOSED}))
    late = book({**RIGHT, "1.1": BY_LOOPS}, edit=lambda s: s if "def " in s else f"{s}\nquit()")
    put(folder / "lovelaceada_LATE_111_901_01_matrix_shapes-1.ipynb", late)
    # Moodle: patches the checker, a copied answer, half an answer, a peek at the solution.
    answers = {"1.1": COPIED, "1.2": HALF, "1.3": "def with_bias(X, W, b):\n    return X * 0, W"}
    cheat = book({**answers, "1.4": PEEK}, first=PATCH)
    put(folder / "Bob Stone_333_assignsubmission_file_" / "nb.ipynb", cheat)
    # A zip: set-up failures, a syntax error, an endless loop, a dead kernel; and traps.
    answers = {
        "1.1": "def scores_by_loops(X, W):\n    return needed(X, W)",
        "1.2": "def product_shape(a, b, transpose:\n    return 1",
        "1.3": "def with_bias(X, W, b):\n    while True: pass",
        "1.4": "import os\ndef score_gradient(X, W, i, c):\n    os._exit(1)",
    }
    first = "import nonesuch\nimport numpy as np\nneeded = nonesuch.dot"
    with zipfile.ZipFile(folder / "Cat Mill.zip", "w") as archive:
        archive.writestr("work/01_matrix_shapes.ipynb", book(answers, first=first))
        archive.writestr("../../evil_02_stability_shift.ipynb", book({}))
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("__MACOSX/._01_matrix_shapes.ipynb", b"junk")
    put(folder / "marks" / "old.ipynb", b"{}")  # where the marks go, nothing is looked for
    put(folder / "hal_01_matrix_shapes.ipynb", b"not a notebook")
    put(folder / "=HYPERLINK(1+1).ipynb", b"{}")
    put(folder / ".ipynb_checkpoints" / "x.ipynb", b"{}")
    roster = folder / "roster.csv"
    roster.write_text(
        "Student,ID,Email address\n"
        '"Lovelace, Ada",a1,ada@x.org\nBob Stone,b2,b@x.org\nCat Mill,c3,c@x.org\nDan Away,d4,\n',
        encoding="utf-8",
    )
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    # The instructor's own profile has what Cat's work lacks.
    own = tmp_path_factory.mktemp("ipython")
    put(own / "profile_default" / "startup" / "00.py", b"def needed(X, W):\n    return X @ W")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("IPYTHONDIR", str(own))
        points = {"1": 1, "1.1": 4, "1.3": "2"}
        found = exercises.report(folder, roster, points, seconds_per_cell=12)
    assert {p: p.read_bytes() for p in before} == before
    return found, folder


@pytest.fixture
def rows(marked):
    return {(row["student"], row["task"]): row for row in marked[0].rows}


def test_grades_have_a_row_a_student_and_partial_credit(marked):
    found, folder = marked
    grades = table(folder / "marks" / "grades.csv")
    assert list(grades[0])[:7] == ["name", "id", "email", "1.1", "1.2", "1.3", "1.4"]
    by_name = {grade["name"]: grade for grade in grades}
    ada = by_name["Lovelace, Ada"]
    assert [ada[k] for k in ("id", "1.1", "1.2", "total", "maximum", "late")] == [
        *("a1", "4", "1", "8", "8", "late")
    ]
    bob = by_name["Bob Stone"]
    right = engine.check("1.2", lambda a, b, transpose: (a[0], b[1])).score
    assert float(bob["1.2"]) == round(right[0] / right[1], 2)
    assert (bob["1.1"], bob["1.3"], bob["late"]) == ("4", "0", "")
    absent = by_name["Dan Away"]
    assert (absent["total"], absent["1.1"], absent["remarks"]) == ("0", "", "nothing handed in")
    assert "not in the roster" in by_name["hal"]["remarks"]
    assert "unreadable" in by_name["hal"]["remarks"]
    assert "unreadable" not in ada["remarks"] + bob["remarks"]
    assert [dict(g)["name"] for g in found.grades] == [g["name"].lstrip("'") for g in grades]


def test_the_newest_attempt_counts_and_the_other_is_named(marked, rows):
    assert rows["Lovelace, Ada", "1.1"]["verdict"] == "right"
    assert rows["Lovelace, Ada", "1.1"]["late"] == "late"
    (ada,) = (g for g in marked[0].grades if g["name"] == "Lovelace, Ada")
    assert "lovelaceada_111_900_01_matrix_shapes.ipynb: an earlier attempt" in ada["remarks"]


def test_quit_costs_nothing_but_its_cell(rows):
    assert [rows["Lovelace, Ada", t]["verdict"] for t in RIGHT] == ["right"] * 4


def test_patches_of_the_checker_change_no_mark_and_are_noted(rows):
    row = rows["Bob Stone", "1.3"]
    assert (row["verdict"], row["points"]) == ("not yet", 0.0)
    assert (
        "Code cell 1 changes the library: `exercises.check`." in rows["Bob Stone", "1.1"]["notes"]
    )


def test_a_look_at_the_solution_and_a_copy_are_noted_and_not_punished(rows):
    peek = rows["Bob Stone", "1.4"]
    assert peek["verdict"] == "right"
    assert "It uses engine, find_task, solution of softmax_lib" in peek["notes"]
    assert "asks for a solution: `engine.find_task('1.4').sol" in rows["Bob Stone", "1.1"]["notes"]
    assert "text is that of Bob Stone" in rows["Lovelace, Ada", "1.1"]["notes"]
    assert "text is that of Lovelace, Ada" in rows["Bob Stone", "1.1"]["notes"]
    assert rows["Bob Stone", "1.1"]["verdict"] == "right"


def test_a_set_up_that_fails_names_itself_and_is_no_slip(rows, marked):
    row = rows["Cat Mill", "1.1"]
    assert (row["verdict"], row["slips"]) == ("set-up failed", "")
    assert row["error"] == "ModuleNotFoundError: No module named 'nonesuch'"
    assert row["line"] == "code cell 1, line 1: import nonesuch"
    assert "set-up failed" in repr(marked[0])


def test_an_error_has_its_line_and_a_syntax_error_its_name(rows):
    row = rows["Cat Mill", "1.2"]
    assert row["verdict"] == "syntax error"
    assert row["error"].startswith("SyntaxError: ")
    assert row["line"].endswith(": def product_shape(a, b, transpose:")
    assert "stopped" in rows["Cat Mill", "1.3"]["error"]
    assert rows["Cat Mill", "1.4"]["verdict"] == "not run"
    assert "kernel died" in rows["Cat Mill", "1.4"]["error"]


def test_what_cannot_be_read_has_a_row_for_each_task(rows, marked):
    assert {rows["hal", task]["verdict"] for task in RIGHT} == {"unreadable"}
    assert "NotJSONError" in rows["hal", "1.1"]["error"]
    assert rows["Dan Away", "1.1"]["verdict"] == "not handed in"
    refused = {row["error"] for row in marked[0].rows if row["student"] == "Cat Mill"}
    assert {"It is a link, which is not followed.", "Its path leads out of the zip."} <= refused
    assert "checkpoints" not in str(marked[0].rows)


def test_no_cell_of_a_table_is_a_formula(marked):
    for name in ("grades", "details", "canvas", "moodle"):
        text = (marked[1] / "marks" / f"{name}.csv").read_text(encoding="utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert any("HYPERLINK" in cell for cell in cells)
        assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]


def test_canvas_and_moodle_get_their_own_forms(marked):
    folder = marked[1] / "marks"
    canvas = table(folder / "canvas.csv")
    assert list(canvas[0])[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[0]["Student"].strip() == "Points Possible"
    assert list(canvas[0].values())[5] == "8"
    assert (canvas[1]["ID"], canvas[1]["SIS User ID"]) == ("111", "a1")
    (bob,) = (r for r in table(folder / "moodle.csv") if r["Full name"] == "Bob Stone")
    assert (bob["Identifier"], bob["Maximum grade"]) == ("Participant 333", "8")
    with zipfile.ZipFile(folder / "moodle_feedback.zip") as archive:
        assert archive.namelist() == ["Bob Stone_333_assignsubmission_file_/feedback.html"]


def test_feedback_is_one_page_that_needs_nothing_and_tells_no_solution(marked):
    pages = {p.name: p.read_text(encoding="utf-8") for p in (marked[1] / "marks").rglob("*.html")}
    assert {"index.html", "lovelace_ada.html", "dan_away.html", "hyperlink_1_1.html"} <= set(pages)
    page = pages["bob_stone.html"]
    assert "Your" in page or "expected" in page
    assert engine.find_task("1.3").hints[0].split("`")[0] in page
    for number in RIGHT:
        assert source_of(engine.find_task(number).solution).splitlines()[-1].strip() not in page
    for text in pages.values():
        assert not re.search(r"https?://|<script|<link", text)
        assert re.search(
            r"""http-equiv="Content-Security-Policy" content="default-src 'none';""", text
        )
    assert "asks for a solution" not in page  # the notes are the instructor's
    assert "asks for a solution" in pages["index.html"]
    assert 'href="feedback/bob_stone.html"' in pages["index.html"]
    assert "<img alt=" in pages["index.html"]


def test_the_summary_counts_and_says_why_answers_stopped(marked):
    text = repr(marked[0])
    assert text.startswith("6 students, 7 notebooks")
    assert re.search(r"1\.1 +2 +0 +0 +1 +1\n", text)
    assert "raised" not in text
    assert "Nothing was handed in by Dan Away." in text
    assert (marked[1] / "marks" / "slips.png").read_bytes().startswith(b"\x89PNG")
    assert re.search(r'<figure.*<img alt="Left, a stacked bar', marked[0]._repr_html_())


def test_run_again_it_runs_only_what_has_changed(marked, monkeypatch):
    ran = []
    run = report.run_one
    monkeypatch.setattr(
        report, "run_one", lambda work, *rest: (ran.append(work.name), run(work, *rest))
    )
    options = {"roster": marked[1] / "roster.csv", "points": {"1": 1, "1.1": 4, "1.3": "2"}}
    assert exercises.report(marked[1], **options).rows == marked[0].rows
    assert ran == []
    monkeypatch.setattr(report, "version", lambda: "another")
    stopped = pytest.raises(KeyboardInterrupt)
    monkeypatch.setattr(report, "run_one", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    out = marked[1].parent / "elsewhere"
    with stopped:
        door(marked[1], out=out)
    assert {row["verdict"] for row in table(out / "details.csv")} >= {"not marked yet"}
    assert (out / "index.html").exists()


def test_the_command_line_says_the_same(marked):
    command = [sys.executable, "-m", "softmax_lib.exercises.report", str(marked[1])]
    (marked[1] / "points.csv").write_text("task,points\n1,1\n1.1,4\n1.3,2\n", encoding="utf-8")
    options = ["--roster", str(marked[1] / "roster.csv"), "--points", str(marked[1] / "points.csv")]
    env = dict(os.environ, PYTHONIOENCODING="utf-8")
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == repr(marked[0])
    wrong = subprocess.run([*command, "--points", "none.csv"], capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "none.csv" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_the_time_of_a_notebook_is_bounded(tmp_path):
    path = put(tmp_path / "ada_01_matrix_shapes.ipynb", book({"1.1": "while True: pass"}))
    found = exercises.report(path, seconds_per_cell=600, seconds=4)
    assert {row["verdict"] for row in found.rows} == {"not run"}
    assert "longer than 4 s" in found.rows[0]["error"]
    assert found.out == tmp_path / "ada_01_matrix_shapes.marks"


def test_a_folder_that_cannot_be_written_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "run_one", lambda *_: pytest.fail("a notebook was run"))
    put(tmp_path / "ada.ipynb", book({}))
    put(tmp_path / "taken", b"")
    with pytest.raises(OSError, match="is a table open elsewhere, or the folder read-only"):
        exercises.report(tmp_path, out=tmp_path / "taken")
    with pytest.raises(ValueError, match="no notebook in"):
        exercises.report(NOTEBOOKS.parent / "data", out=tmp_path / "out")


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (["doejane_7_8_05_chain_rule.ipynb"], ("doejane", "7", False, 0, "05_chain_rule")),
        (["doejane_LATE_7_8_05_chain_rule-2.ipynb"], ("doejane", "7", True, 2, "05_chain_rule")),
        (["Jane Doe_7_assignsubmission_file_", "a", "x.ipynb"], ("Jane Doe", "7", False, 0, "x")),
        (["Jane Doe_7_assignsubmission_file_x.ipynb"], ("Jane Doe", "7", False, 0, "x")),
        (["jane", "05_chain_rule.ipynb"], ("jane", "", False, 0, "05_chain_rule")),
        (["jane_05_chain_rule (1).ipynb"], ("jane", "", False, 1, "jane_05_chain_rule")),
        (["Jane Doe.zip", "05_chain_rule.ipynb"], ("Jane Doe", "", False, 0, "05_chain_rule")),
        (["doejane_7_8_all.zip", "x.ipynb"], ("doejane", "7", False, 0, "x")),
    ],
    ids=str,
)
def test_a_path_says_whose_it_is(parts, found):
    work = submissions.labeled(parts, None)
    assert (work.owner, work.number, work.late, work.attempt, work.stem) == found


def zipped(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def test_a_class_in_one_zip_with_zips_inside(tmp_path, monkeypatch):
    inner = zipped(("05_chain_rule.ipynb", b"{}"))
    deeper = zipped(("x.zip", inner))
    path = put(
        tmp_path / "all.zip",
        zipped(("doejane_7_8_w.zip", inner), ("roebob_9_8_w.zip", deeper), ("cat/a.ipynb", b"{}")),
    )
    found = {work.owner: work.problem for work in submissions.found_in(path)}
    assert found == {
        "doejane": "",
        "roebob": "A zip in a zip in a zip is not opened.",
        "cat": "",
    }
    monkeypatch.setattr(submissions, "LARGEST", 10**6)
    bomb = put(tmp_path / "bomb.zip", zipped(("x.ipynb", b"0" * 10**7), ("y.ipynb", b"{}")))
    problems = [work.problem for work in submissions.found_in(bomb)]
    assert problems == ["It is too large: 10,000,000 bytes.", ""]
    put(tmp_path / "torn.zip", b"PK\x03\x04 torn")
    (torn,) = submissions.found_in(tmp_path / "torn.zip")
    assert torn.problem.startswith("This zip cannot be read")


def test_a_zip_that_lies_about_its_sizes_is_read_up_to_the_bound(tmp_path, monkeypatch):
    data = zipped(("x.ipynb", b"0" * 5000))
    path = put(
        tmp_path / "x.zip", data.replace((5000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    )
    monkeypatch.setattr(submissions, "LARGEST", 1000)
    (work,) = submissions.found_in(path)
    submissions.look_into(work, "")
    assert re.match("BadZipFile|ValueError", work.problem)


def test_two_of_one_name_are_told_apart_by_number_or_not_at_all(tmp_path):
    """Catches a work set aside as the older attempt of somebody else."""
    roster = put(tmp_path / "r.csv", b"name,id\nWang Wei,7\nWei Wang,8\nAda,9\n")
    for name in ("wangwei_7_1_a", "weiwang_8_1_a", "ada_7_1_a", "wangwei_5_1_a", "wangwei_6_1_a"):
        put(tmp_path / f"{name}.ipynb", b"{}")
    students = submissions.class_of(tmp_path, roster, "")
    found = [(s.name, s.id, [work.number for work in s.works]) for s in students]
    assert found[:3] == [("Wang Wei", "7", ["7"]), ("Wei Wang", "8", ["8"]), ("Ada", "9", ["7"])]
    assert found[3:] == [("wangwei", "", ["5"]), ("wangwei", "", ["6"])]


def test_a_student_is_found_below_other_folders(tmp_path):
    roster = put(tmp_path / "r.csv", b"name\nAda King\nBob Roe\n")
    for name in ("week1/king_ada/x.ipynb", "week1/01_matrix_shapes_bob_roe.ipynb"):
        put(tmp_path / name, b"{}")
    students = submissions.class_of(tmp_path, roster, "")
    assert [(s.name, len(s.works)) for s in students] == [("Ada King", 1), ("Bob Roe", 1)]


def test_a_zip_may_say_any_date(tmp_path):
    infos = zipfile.ZipInfo("ada/x.ipynb"), zipfile.ZipInfo("bob/x.ipynb")  # of January 1, 1980
    data = zipped(*((info, b"{}") for info in infos))
    odd = put(tmp_path / "x.zip", data.replace(b"\x21\x00", b"\x00\x00"))  # month 0, day 0
    assert zipfile.ZipFile(odd).infolist()[0].date_time[1:3] == (0, 0)
    assert [work.owner for work in submissions.found_in(tmp_path)] == ["ada", "bob"]
    assert [work.when for work in submissions.found_in(odd)] == [0.0, 0.0]


def test_a_roster_without_names_says_what_it_has(tmp_path):
    path = put(tmp_path / "r.csv", b"who,id\nAda,1\n")
    with pytest.raises(ValueError, match="needs a column `name`; its columns are who, id"):
        submissions.read_roster(path)


@pytest.mark.parametrize(("points", "said"), [({"1.1": -1}, "0 or more"), ({"1.9": 1}, "1.9")])
def test_points_that_cannot_be_are_refused(points, said):
    with pytest.raises(ValueError, match=said):
        read_points(points)


def test_with_no_points_a_task_is_left_out():
    marks = Marks([submissions.Student("Ada")], read_points({"1.1": 0, "1.2": 3}))
    assert marks.tasks == ["1.2"]
    assert marks.maximum == 3


def test_a_file_that_cannot_be_read_adds_nothing_to_what_was_asked():
    good, bad = (submissions.Submission("a", "Ada", tasks=(t,)) for t in ("1.1", "2.1"))
    bad.problem = "torn"
    marks = Marks([submissions.Student("Ada", works=[good, bad])], {})
    assert marks.tasks == ["1.1"]
    assert [row["verdict"] for row in marks.table()[0][1]] == ["not marked yet", "unreadable"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_a_formula_is_text_to_a_spreadsheet(text):
    assert next(csv.reader(io.StringIO(csv_text([[text, -1.5]]), newline="")))[0] == f"'{text}"
    assert "-1.5" in csv_text([[text, -1.5]])


def test_a_library_function_is_noted_where_the_solution_does_without():
    cells = [
        "from softmax_lib import softmax_loss_vectorized as loss",
        "def inner(*a):\n    return loss(*a)\n"
        "def softmax_loss(W, X, y, reg):\n    return inner(W, X, y, reg)",
    ]
    notes = on_notebook(cells, {"8.2": (1, ["softmax_loss"])}, {"8.2": "softmax_loss"})
    assert notes == [
        ["8.2", "It uses softmax_loss_vectorized of softmax_lib, where numpy alone was asked for."]
    ]


def test_notebooks_as_they_are_call_for_no_note():
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = submissions.code_of(path.read_bytes())
        wanted = submissions.questions(path.stem, cells)
        names = {number: engine.find_task(number).name for number in wanted}
        assert on_notebook(cells, wanted, names) == [], path.name


def test_a_fingerprint_is_of_the_code_and_not_of_its_names():
    task = engine.find_task("1.1")
    one, other = (fingerprint(textwrap.dedent(text), task) for text in (BY_LOOPS, COPIED))
    assert one == other != ""
    assert fingerprint("def f(X, W):\n    return X @ W", task) == ""
    assert fingerprint(source_of(task.solution), task) in ("", "ours")
    assert fingerprint("def f(:", task) == ""
