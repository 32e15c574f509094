"""Every notebook runs in any folder, and twice in one kernel with the same text."""

import copy
import re
from pathlib import Path

import nbformat
import pytest
import refresh

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def compared(cell):
    """A cell's outputs as strict nbval sees them: pictures and counts left out."""
    text = str([{**output, "execution_count": None} for output in cell.outputs])
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "base64,", text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_second_run_in_the_same_kernel_shows_the_same(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = refresh.cells_of_code(notebook)
    again = copy.deepcopy(notebook.cells)
    notebook.cells += again
    refresh.execute(notebook, path.name)  # in an empty folder
    refresh.clean(notebook)
    half = len(again)
    for first, second in zip(notebook.cells[:half], notebook.cells[half:], strict=True):
        if "nbval-ignore-output" not in first.metadata.get("tags", []):
            assert compared(first) == compared(second), first.id
