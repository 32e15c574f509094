"""For instructors: what a class answered, counted.

A student's notebook is executed in a kernel of its own, from a copy in memory. After the cell that
defines an answer, a cell of ours calls `check`, whatever became of the student's own call.
"""

import contextlib
import importlib
import math
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from softmax_lib import lessons
from softmax_lib.exercises import engine
from softmax_lib.exercises.engine import Message

__all__ = ["Report", "report"]

COLUMNS = ("notebook", "task", "verdict", "slug", "note")
MIME = "application/vnd.softmax-lib.verdict+json"
CHECK = re.compile(r"""\bcheck\(\s*["'](\d+\.\d+)["']\s*,\s*([^\W\d]\w*)\s*[,)]""")
CALL = 'import importlib\nimportlib.import_module("{module}").publish({number!r}, {names!r})'
FORMULA = tuple("=+-@\t\r")  # what a spreadsheet takes a formula by
OTHER = "no verdict"  # what the summary calls a notebook, an answer or a kernel that is not there


@dataclass(frozen=True, repr=False)
class Report:
    """What `report` found: shows itself as text, and as HTML with the same text and the plot.

    Attributes
    ----------
    rows : tuple of dict
        The table: notebook, task, verdict, slug, note.
    table : pathlib.Path
        Where it was written.
    plot : pathlib.Path or None
        The picture of a folder's summary.
    message : Message
        The text shown.
    """

    rows: tuple
    table: Path
    plot: Path | None
    message: Message
    picture: str = ""

    def __repr__(self):
        return str(self.message)

    def _repr_html_(self):
        return self.message.html + self.picture


def report(path, table=None, *, seconds_per_cell=30.0, seconds=300.0):
    """Run a student's answers, or those of a folder of notebooks, and write a table of verdicts.

    The table is a CSV file of ``notebook, task, verdict, slug, note``, a row for each slip: two
    slips in an answer make two rows, which is what counting needs. A verdict is ``right``, ``not
    yet``, ``not attempted``, ``missing`` (no such function), ``not run`` (it took the kernel or the
    time with it) or ``unreadable`` (no notebook). Of a folder, a picture is written beside it.

    The notebooks are only read. Their code runs as you, like any notebook you open.

    Parameters
    ----------
    path : str or path
        A notebook, or a folder of notebooks at any depth.
    table : str or path, optional
        The CSV file; by default ``report.csv`` in the folder, or ``name.report.csv`` beside a
        notebook of that name.
    seconds_per_cell, seconds : float
        How long a cell and a whole notebook may take. A cell that takes longer, or the kernel with
        it, is left out, and the notebook run again without it.

    Returns
    -------
    Report

    Raises
    ------
    FileNotFoundError
        There is nothing at `path`.
    ValueError
        The folder holds no notebook; the table would be a notebook.
    OSError
        The table cannot be written; nothing was run.

    Examples
    --------
    >>> report("no_such_folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no notebook or folder 'no_such_folder'.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no notebook or folder {str(path)!r}.")
    folder = path if path.is_dir() else path.parent
    paths = sorted(notebooks_in(path)) if path.is_dir() else [path]
    if not paths:
        raise ValueError(f"There is no notebook in {str(path)!r}.")
    default = folder / ("report.csv" if path.is_dir() else f"{path.stem}.report.csv")
    table = default if table is None else Path(table)
    if table.suffix == ".ipynb":
        raise ValueError(f"The table is a CSV file, no notebook; got {str(table)!r}.")

    from tqdm import tqdm

    rows = []
    with open_table(table) as write:
        for notebook in tqdm(paths, disable=None if len(paths) > 1 else True, unit="notebook"):
            name = notebook.relative_to(folder).as_posix()
            found = rows_of(notebook, seconds_per_cell, seconds)
            found = [dict(zip(COLUMNS, (name, *row), strict=True)) for row in found]
            write(found)
            rows += found
    blocks = summary(rows, len(paths), table)
    if not path.is_dir():
        return Report(tuple(rows), table, None, Message(blocks, "other"))
    plot, picture = draw(rows, len(paths), table.with_suffix(".png"))
    return Report(tuple(rows), table, plot, Message(blocks, "other"), picture)


def notebooks_in(folder):
    """The notebooks at any depth, but for those in hidden folders (checkpoints)."""
    for path in folder.rglob("*.ipynb"):
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts):
            yield path


@contextlib.contextmanager
def open_table(table):
    """Open the CSV before anything is run; what it gives writes rows, to the disk at once.

    So a table that cannot be written costs no time, and an interrupt loses no notebook that was
    done. What a spreadsheet would take for a formula (a notebook may be called ``=A1.ipynb``) is
    written with an apostrophe before it, which makes it text.
    """
    import csv

    try:
        file = table.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise OSError(
            f"The table {str(table)!r} cannot be written ({error.strerror}): is it open elsewhere, "
            f"or the folder read-only? Nothing was run. report(path, table) names another place."
        ) from error
    with file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()

        def write(rows):
            for row in rows:
                writer.writerow({k: f"'{v}" if v[:1] in FORMULA else v for k, v in row.items()})
            file.flush()

        yield write


# One notebook


def rows_of(path, seconds_per_cell, seconds):
    """(task, verdict, slug, note) for every exercise of one notebook."""
    try:
        cells = code_of(path)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        return [("", "unreadable", "", f"{type(error).__name__}: {reason}")]
    wanted = questions(path.stem, cells)
    if not wanted:
        return [("", "unreadable", "", "It holds no exercise of the series.")]
    answers, lost = answers_of(cells, wanted, seconds_per_cell, seconds)
    rows = []
    for task, (place, names) in wanted.items():
        answer = answers.get(task)
        if answer is None:
            note = lost.get(place) or lost.get(None) or f"There is no function {names[0]}."
            rows.append((task, "not run" if place in lost or None in lost else "missing", "", note))
        elif answer["slugs"]:
            rows += [(task, answer["verdict"], *pair) for pair in answer["slugs"]]
        else:
            rows.append((task, answer["verdict"], "", answer["note"]))
    return rows


def code_of(path):
    """The sources of a notebook's code cells."""
    import warnings

    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing ids
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def questions(stem, cells):
    """For every exercise that a notebook should answer, (cell to ask after, names to ask for).

    Which lessons those are, the file's name says, or the imports, or the checks that are left.
    """
    source = "\n".join(cells)
    wanted = {int(number.partition(".")[0]) for number, _ in CHECK.findall(source)}
    for k, lesson in enumerate(lessons.LESSONS):
        imported = rf"^from softmax_lib.lessons import {lesson}\b"
        if lesson in stem or re.search(imported, source, re.M):
            wanted.add(k)
    asked = {}
    for k in sorted(wanted & set(range(len(lessons.LESSONS)))):
        for task in engine.lesson_tasks(k):
            asked[task.number] = place_of(task, cells)
    return asked


def place_of(task, cells):
    """Where a task's answer stands, and what it may be called there.

    The student's own call of `check` tells; failing that, the last definition of the function.
    """
    for k, source in reversed(list(enumerate(cells))):
        named = [name for number, name in CHECK.findall(source) if number == task.number]
        if named:
            defined = re.findall(r"^def\s+(\w+)", source, re.M)
            return k, list(dict.fromkeys([named[-1], task.name, *reversed(defined)]))
    definition = re.compile(rf"^(def\s+{task.name}\b|{task.name}\s*=)", re.M)
    for k, source in reversed(list(enumerate(cells))):
        if definition.search(source):
            return k, [task.name]
    return len(cells) - 1, [task.name]


def answers_of(cells, wanted, seconds_per_cell, seconds):
    """Run the cells; (answers by task, reasons by cell that was lost, None for all that follow)."""
    sources = []  # (cell it belongs to, source, task or None)
    for k, source in enumerate(cells):
        sources.append((k, source, None))
        for task, (place, names) in wanted.items():
            if place == k:
                call = CALL.format(module=__name__, number=task, names=names)
                sources.append((k, call, task))
    deadline = time.monotonic() + seconds
    answers, lost, skipped = {}, {}, set()
    while True:
        culprit, reason = run(sources, skipped, seconds_per_cell, deadline, answers)
        if culprit is None:
            return answers, lost
        place, _, task = sources[culprit]
        if time.monotonic() >= deadline:
            lost[None] = f"The notebook took longer than {seconds:g} s."
            return answers, lost
        skipped.add(culprit)
        lost[place if task is None else wanted[task][0]] = reason


def run(sources, skipped, seconds_per_cell, deadline, answers):
    """Run all but the skipped cells in a fresh kernel, and collect answers.

    Returns
    -------
    (int or None, str)
        Which cell took the kernel with it, or more than its time; and the reason.
    """
    import os
    import subprocess

    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell(source) for _, source, _ in sources])
    env = dict(os.environ, TQDM_DISABLE="1")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": folder}},
        )
        client.log.disabled = True  # its errors are our rows
        with client.setup_kernel(env=env, stderr=subprocess.DEVNULL):
            for k, (_, _, task) in enumerate(sources):
                if k in skipped:
                    continue
                left = deadline - time.monotonic()
                if left <= 0:
                    return k, ""
                client.timeout = math.ceil(min(seconds_per_cell, left))  # whole seconds
                try:
                    cell = client.execute_cell(notebook.cells[k], k)
                except DeadKernelError:
                    return k, "The kernel died in its cell."
                except CellTimeoutError:
                    return k, f"Its cell took longer than {client.timeout:g} s."
                for output in cell.outputs if task else ():
                    if MIME in output.get("data", {}):
                        answers[task] = output["data"][MIME]
    return None, ""


def publish(number, names):
    """Check, in a student's kernel, the first of these names that is a function of the student's.

    Shows the verdict as data, or nothing when there is no such function.
    """
    from IPython import get_ipython
    from IPython.display import display

    space = get_ipython().user_ns
    for name in names:
        function = space.get(name)
        module = str(getattr(function, "__module__", ""))
        if callable(function) and not module.startswith("softmax_lib"):
            verdict = engine.check(number, function)
            slugs = list(zip(verdict.mistakes, verdict.sentences, strict=False))
            note = verdict.message.splitlines()[0] if verdict.state == "not yet" else ""
            answer = {"verdict": verdict.state, "slugs": slugs, "note": note}
            display({MIME: answer}, raw=True)
            return


# The class


def counts(rows):
    """How many notebooks have each (task, verdict), and each (task, slug)."""
    verdicts = {(row["notebook"], row["task"]): row["verdict"] for row in rows}
    shown = Counter(
        (task, verdict if verdict in engine.SIGNS else OTHER)
        for (_, task), verdict in verdicts.items()
    )
    slugs = Counter((row["task"], row["slug"]) for row in rows if row["slug"])
    return shown, slugs


def in_order(rows):
    """The tasks, as the series counts them."""
    tasks = {row["task"] for row in rows if row["task"]}
    return sorted(tasks, key=lambda task: [int(part) for part in task.split(".")])


def by_slug(slugs):
    """(slug, how many answers, {task: how many}), the most frequent first."""
    totals = Counter()
    for (_, slug), count in slugs.items():
        totals[slug] += count
    return [
        (slug, total, {task: n for (task, s), n in slugs.items() if s == slug})
        for slug, total in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
        if slug != "not-attempted"
    ]


def summary(rows, notebooks, table):
    """The blocks of the message: a line for each exercise, a line for each slip."""
    shown, slugs = counts(rows)
    tasks = in_order(rows)
    states = [*engine.SIGNS, OTHER]
    heads = [f"{engine.SIGNS.get(state, '·')} {state}" for state in states]
    one = notebooks == 1
    blocks = [("title", f"{notebooks} notebook{'' if one else 's'}, {len(tasks)} exercises")]
    if tasks:
        body = [(task, *(shown[task, state] for state in states)) for task in tasks]
        blocks.append(("table", [("exercise", *heads), *body]))
    if named := by_slug(slugs):
        body = [
            (slug, total, ", ".join(f"{task} ({where[task]})" for task in tasks if task in where))
            for slug, total, where in named
        ]
        blocks.append(("table", [("slip", "answers", "in exercise"), *body]))
    for row in rows:
        if row["verdict"] == "unreadable":
            blocks.append(("text", f"{row['notebook']} is left out: {row['note']}"))
    return [*blocks, ("text", f"The table: {table.name}")]


def draw(rows, notebooks, path):
    """Draw verdicts by exercise and slips by frequency; (the PNG's path, the same as HTML)."""
    figures = importlib.import_module("softmax_lib.figures")
    shown, slugs = counts(rows)
    tasks, named = in_order(rows), by_slug(slugs)[:12]
    height = 1.6 + 0.26 * max(len(tasks), len(named), 4)
    fig, (left, right) = figures.new_figure(
        9.0, height, nrows=1, ncols=2, gridspec_kw={"width_ratios": (1.4, 1)}
    )
    start = [0] * len(tasks)
    hatches = {"right": "", "not yet": "///", "not attempted": "...", OTHER: "xx"}
    for state, hatch in hatches.items():
        width = [shown[task, state] for task in tasks]
        left.barh(
            tasks,
            width,
            left=start,
            label=f"{engine.SIGNS.get(state, '·')} {state}",
            color=engine.COLORS.get(state, "#BBBBBB"),
            hatch=hatch,
            edgecolor="white",
        )
        start = [a + b for a, b in zip(start, width, strict=True)]
    left.invert_yaxis()
    left.set(xlabel="notebooks", ylabel="exercise", title="Verdicts")
    left.xaxis.get_major_locator().set_params(integer=True)
    fig.legend(ncols=4, loc="outside lower left", frameon=False)
    bars = right.barh([slug for slug, *_ in named], [total for _, total, _ in named])
    for bar in bars:
        bar.set_color(engine.COLORS["not yet"])
    right.invert_yaxis()
    right.set(xlabel="answers", title="Slips" if named else "No slip was named")
    right.xaxis.get_major_locator().set_params(integer=True)
    fig.savefig(path, dpi=figures.DPI)
    caption = f"Verdicts on {len(tasks)} exercises in {notebooks} notebooks, and the slips named."
    most = f" The most frequent slip is {named[0][0]}: {named[0][1]} times." if named else ""
    alt = (
        f"Left, a stacked bar for each exercise: {sum(shown[t, 'right'] for t in tasks)} answers "
        f"right, {sum(shown[t, 'not yet'] for t in tasks)} not yet. Right, a bar for each slip."
    )
    return path, figures.figure_html(fig, caption + most, alt + most)
