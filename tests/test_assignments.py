"""nbgrader takes the assignments that `make nbgrader` writes, and gives the points that are due."""

import json
import os
import subprocess
import sys
import sysconfig

import assignments
import nbformat
import pytest
from test_marking import HALF, TRANSPOSED, solved

from softmax_lib import exercises
from softmax_lib.exercises import engine
from softmax_lib.lessons import LESSONS

BOOK = "01_matrix_shapes"
POINTS = {"1.1": 4, "1.2": 2, "1.3": 1, "1.4": 1}
GRADES = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({
        s.student.id: {g.cell.name: g.score for n in s.notebooks for g in n.grades}
        for s in book.assignment_submissions("01_matrix_shapes")
    }))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A scratch course with three students, generated, graded and given feedback by nbgrader."""
    home = tmp_path_factory.mktemp("course")
    assignments.main(POINTS, home)
    env = dict(os.environ, JUPYTER_CONFIG_DIR=str(home / "jupyter"), TQDM_DISABLE="1")
    # nbgrader calls alembic by its name.
    env["PATH"] = f"{sysconfig.get_path('scripts')}{os.pathsep}{env['PATH']}"
    env |= {"JUPYTER_DATA_DIR": str(home / "jupyter"), "PYTHONWARNINGS": "ignore"}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], cwd=home, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    source = home / "source" / BOOK / f"{BOOK}.ipynb"
    notebook = nbformat.read(source, as_version=4)  # its exercises alone, for speed
    notebook.cells = [c for c in notebook.cells if "import" in c.source or "nbgrader" in c.metadata]
    nbformat.write(notebook, source)
    run("-m", "nbgrader", "generate_assignment", BOOK)
    release = home / "release" / BOOK / f"{BOOK}.ipynb"
    half = {"1.1": TRANSPOSED, "1.2": HALF, "1.3": "def with_bias(X, W, b):\n    return 1 / 0"}
    ada = {number: solved(number) for number in POINTS}
    for name, answers in {"ada": ada, "bob": half, "cat": {}}.items():
        notebook = nbformat.read(release, as_version=4)
        for cell in notebook.cells:
            kind, _, number = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")
            if kind == "answer" and (answer := answers.get(number.replace("-", "."))):
                cell.source = answer
        place = home / "submitted" / name / BOOK
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{BOOK}.ipynb")
    run("-m", "nbgrader", "autograde", BOOK)
    run("-m", "nbgrader", "generate_feedback", BOOK)
    return home, json.loads(run("-c", GRADES))


def test_the_release_holds_no_solution_and_its_checks_are_locked(course):
    home, _ = course
    notebook = nbformat.read(home / "release" / BOOK / f"{BOOK}.ipynb", as_version=4)
    ours = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    assert list(ours) == [f"{kind}-1-{k}" for k in (1, 2, 3, 4) for kind in ("answer", "points")]
    for number in POINTS:
        cell = ours[f"answer-{number}".replace(".", "-")]
        assert "raise NotImplementedError()" in cell.source
        assert solved(number).splitlines()[-1].strip() not in cell.source
        locked = ours[f"points-{number}".replace(".", "-")].metadata.nbgrader
        assert (locked.locked, locked.grade, locked.points) == (True, True, POINTS[number])


def test_the_points_are_those_that_the_cases_give(course):
    _, grades = course
    assert grades["ada"] == {f"points-1-{k}": POINTS[f"1.{k}"] for k in (1, 2, 3, 4)}
    assert set(grades["cat"].values()) == {0.0}
    space = {}
    exec("def half(a, b, transpose):\n    return (a[0], b[1])", space)
    share = exercises.check("1.2", space["half"]).share
    assert 0 < share < 1
    assert grades["bob"] == {
        "points-1-1": 0.0,
        "points-1-2": round(2 * share, 2),
        "points-1-3": 0.0,
        "points-1-4": 0.0,
    }


def test_the_feedback_holds_our_verdicts(course):
    page = (course[0] / "feedback" / "bob" / BOOK / f"{BOOK}.html").read_text("utf-8")
    assert page.count("1.2 Shape of a product: not yet") == 1
    assert page.count("ZeroDivisionError: division by zero") == 1


def test_every_exercise_of_every_notebook_is_in_an_assignment(course):
    found = {}
    for path in sorted((course[0] / "source").rglob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if "nbgrader" in cell.metadata:
                found[cell.metadata.nbgrader.grade_id] = cell
            if cell.cell_type == "code":
                compile(cell.source, path.name, "exec")
    numbers = [task.number for k in range(len(LESSONS)) for task in engine.lesson_tasks(k)]
    assert {f"answer-{n}".replace(".", "-") for n in numbers} <= set(found)
    assert len(found) == 2 * len(numbers)
