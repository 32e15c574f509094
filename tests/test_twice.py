"""The second run of a notebook is compared: tests/twice."""

import re
import subprocess
import sys

import nbformat
import run_tests
from nbformat.v4 import new_code_cell, new_notebook, new_output


def test_a_second_run_that_shows_something_else_fails(tmp_path):
    """Catches a second run that is left out, in a kernel of its own, in the same folder."""

    def shown(source, text):
        output = new_output("execute_result", {"text/plain": text}, execution_count=1)
        return new_code_cell(source, outputs=[output], execution_count=1)

    cells = [
        shown("n = 1 + globals().get('n', 0)\nn", "1"),
        shown("import os\nos.path.exists('book.ipynb')", "True"),
        shown("2 + 2", "4"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "book.ipynb")
    command = [str(tmp_path) if part == "notebooks" else part for part in run_tests.NBVAL]
    ran = subprocess.run(
        [sys.executable, "-m", *command, "-n0", "-rA", "--rootdir", str(tmp_path)],
        cwd=run_tests.ROOT,
        env=run_tests.environment(str(tmp_path / "ipython")),
        capture_output=True,
        text=True,
        check=False,
    )
    # Why a test failed stands behind its name, whole or cut: pytest cuts less where CI is set.
    said = re.findall(r"^(PASSED|FAILED) .*::(.+?)(?: - .*)?$", ran.stdout, flags=re.M)
    assert sorted(said) == [
        ("FAILED", "Cell 0 again"),
        ("FAILED", "Cell 1 again"),
        *(("PASSED", f"Cell {k}") for k in range(3)),
        ("PASSED", "Cell 2 again"),
        ("PASSED", "the move"),
    ]
