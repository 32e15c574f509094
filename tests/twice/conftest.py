"""Every notebook runs twice in one kernel, the second time elsewhere, and shows the same.

When this folder stands beside `notebooks` on pytest's command line, nbval runs the cells of a
notebook, moves the kernel to another folder, runs them again, and compares both runs with what is
stored.
"""

import itertools

from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell

MOVE = new_code_cell("__import__('os').chdir('/')")


def pytest_collection_modifyitems(items):
    runs = []
    for notebook, group in itertools.groupby(items, key=lambda item: item.parent):
        first = list(group)
        runs += first
        if not isinstance(first[0], IPyNbCell):
            continue
        rest = [("the move", MOVE, first[-1])]
        rest += [(f"{item.name} again", item.cell, item) for item in first]
        runs += [
            IPyNbCell.from_parent(
                notebook, name=name, cell_num=item.cell_num, cell=cell, options=item.options
            )
            for name, cell, item in rest
        ]
    items[:] = runs
