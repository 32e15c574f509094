"""Writes the notebooks as nbgrader's assignments: build/nbgrader is a course, ready to generate.

`make nbgrader` calls it. Each stub becomes a solution cell, and after it stands a locked cell that
checks the answer and ends in its points, which is how nbgrader takes partial credit.
"""

import re
import sys
from pathlib import Path

import nbformat

from softmax_lib.exercises import engine
from softmax_lib.lessons import source_of
from softmax_lib.marking.grades import read_points

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "nbgrader"
CHECK = re.compile(r'exercises\.check\("([\d.]+)", \w+\)')
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "softmax"
c.ExecutePreprocessor.timeout = 120
"""


def cells_of(cell, points):
    """The cells that nbgrader needs in the place of one cell of the notebook."""
    found = CHECK.search(cell.source)
    if cell.cell_type != "code" or not found:
        return [cell]
    number = found[1]
    stub, _, rest = cell.source.partition("\n\n\n")
    solution = source_of(engine.find_task(number).solution)
    body = re.sub(r'\A\s*(""".*?"""|"[^\n]*")\n', "", solution.partition("\n")[2], flags=re.DOTALL)
    answer = f"    ### BEGIN SOLUTION\n{body.rstrip()}\n    ### END SOLUTION"
    cell.source = stub.replace("    ...", answer)
    marked(cell, f"answer-{number}", solution=True)
    cells = [cell]
    if rest.strip() != found[0]:
        cells.append(nbformat.v4.new_code_cell(rest, id=f"{cell.id}-rest"))
    worth = points.get(number, 0.0 if points else 1.0)
    check = f"verdict = {found[0]}\ndisplay(verdict.message)\nround({worth:g} * verdict.share, 2)"
    locked = nbformat.v4.new_code_cell(check, id=f"{cell.id}-points")
    return [*cells, marked(locked, f"points-{number}", points=worth)]


def marked(cell, name, *, solution=False, points=None):
    """The cell with nbgrader's metadata."""
    grade = points is not None
    cell.metadata = {"nbgrader": {"schema_version": 3, "grade_id": name.replace(".", "-")}}
    cell.metadata["nbgrader"] |= {"grade": grade, "locked": grade, "solution": solution}
    cell.metadata["nbgrader"] |= {"task": False} | ({"points": points} if grade else {})
    return cell


def main(points=None, out=OUT):
    """Write the course."""
    points = read_points(points)
    out.mkdir(parents=True, exist_ok=True)
    (out / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [new for cell in notebook.cells for new in cells_of(cell, points)]
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        place = out / "source" / path.stem
        place.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, place / path.name)
    print(f"Assignments for nbgrader: {out}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
