"""For instructors: marks for a class, written as they come, and a summary to look at."""

import importlib
import json
import subprocess
import sys
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import softmax_lib
from softmax_lib.exercises.engine import COLORS, SIGNS, Message
from softmax_lib.marking import feedback
from softmax_lib.marking.grades import DETAILS, Marks, read_points, write
from softmax_lib.marking.submissions import class_of

__all__ = ["Report", "report"]

OTHER = "no verdict"  # what the summary calls an answer or a kernel that is not there


@dataclass(frozen=True, repr=False)
class Report:
    """What `report` found: shows itself as text, and as HTML with the same text and the plot.

    Attributes
    ----------
    rows : tuple of dict
        The details: a row for each student and task.
    grades : tuple of dict
        A row a student: the points of each task, total and maximum.
    out : pathlib.Path
        The folder with ``grades.csv``, ``details.csv``, ``canvas.csv``, ``moodle.csv``,
        ``index.html``, ``feedback`` and ``slips.png``.
    message : Message
        The text shown.
    """

    rows: tuple
    grades: tuple
    out: Path
    message: Message
    picture: str = ""

    def __repr__(self):
        return str(self.message)

    def _repr_html_(self):
        return self.message.html + self.picture


def report(
    folder,
    roster=None,
    points=None,
    out=None,
    *,
    jobs=2,
    seconds_per_cell=30.0,
    seconds=300.0,
):
    """Mark what a class handed in: grades, details, a page of feedback for each student.

    Everything is written as it goes. Run again, it goes on where it was stopped, and runs only what
    has changed. The submissions are only read. **Their code runs as you**, like any notebook you
    open; ``docs/marking.md`` says what that means and what the marks do not protect against.

    Parameters
    ----------
    folder : str or path
        A folder of notebooks and zips at any depth, as collected by hand, by Canvas or by Moodle;
        or one notebook, or one zip.
    roster : str or path, optional
        A CSV with columns ``name`` and, as far as there are, ``id``, ``email`` and ``section``.
    points : mapping, str or path, optional
        What the class was asked, and its worth: ``{"8": 1, "8.2": 4}``, every task of notebook 8
        for 1 point but 8.2 for 4; or a CSV with columns ``task`` and ``points``. By default 1 point
        for each task of the notebooks that were handed in.
    out : str or path, optional
        The folder to write; by default ``marks`` in the folder, or ``NAME.marks`` beside a file.
    jobs : int, default 2
        How many notebooks run at a time.
    seconds_per_cell, seconds : float
        How long a cell and a whole notebook may take. A cell that takes longer, or the kernel with
        it, is left out, and the notebook run again without it.

    Returns
    -------
    Report

    Raises
    ------
    FileNotFoundError
        There is nothing at `folder`.
    ValueError
        It holds nothing that was handed in; the roster or the points cannot be read.
    OSError
        Nothing can be written into `out`; nothing was run.

    Examples
    --------
    >>> report("no_such_folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no folder or file 'no_such_folder'.
    """
    path = Path(folder).resolve()
    if not path.exists():
        raise FileNotFoundError(f"There is no folder or file {str(folder)!r}.")
    points = read_points(points)
    if out is None:
        out = path / "marks" if path.is_dir() else path.with_name(f"{path.stem}.marks")
    out = Path(out).resolve()
    desk = Desk(class_of(path, roster, version(), out), points, out, path.stem)
    if not any(student.works for student in desk.students):
        raise ValueError(f"There is no notebook in {str(folder)!r}.")
    try:
        (desk.out / "records").mkdir(parents=True, exist_ok=True)
        (desk.out / "feedback").mkdir(exist_ok=True)
        desk.write()
    except OSError as error:
        raise OSError(
            f"Nothing can be written into {str(desk.out)!r} ({error.strerror}): is a table open "
            f"elsewhere, or the folder read-only? Nothing was run. report(folder, out=...) names "
            f"another place."
        ) from error
    try:
        desk.run(jobs, seconds_per_cell, seconds)
    finally:  # an interrupt loses nothing that was done
        found = desk.write(last=True)
    return found


def version():
    """The library's version, and a sum over its text: what it judged before it may judge anew."""
    home = Path(softmax_lib.__file__).parent
    total = sha256(softmax_lib.__version__.encode())
    for file in sorted(home.rglob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


class Desk:
    """The class's works, and the folder in which their marks are written."""

    def __init__(self, students, points, out, title):
        self.students, self.out, self.title = students, out, title
        self.marks = Marks(students, points)
        self.names = feedback.file_names(students)

    def run(self, jobs, seconds_per_cell, seconds):
        """Run the works that have no record yet, some at a time, and write as each is done."""
        from tqdm.auto import tqdm

        from softmax_lib.progress import someone_watches

        todo = []
        works = (work for student in self.students for work in student.works)
        for work in (w for w in works if self.marks.asked(w) and not w.problem):
            file = self.out / "records" / f"{work.key}.json"
            try:
                work.record = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                todo.append((work, file))
        running = set()
        pool = ThreadPoolExecutor(max(1, jobs))
        try:
            done = [
                pool.submit(run_one, *pair, seconds_per_cell, seconds, running) for pair in todo
            ]
            quiet = not todo or not someone_watches()
            for future in tqdm(as_completed(done), total=len(done), unit="notebook", disable=quiet):
                future.result()
                self.write()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            stopped = list(running)
            running.clear()  # what is stopped is not what failed
            for process in stopped:
                process.kill()

    def write(self, last=False):
        """Write all tables as they stand; at last the pages, with the class's summary."""
        marks, out, table = self.marks, self.out, self.marks.table()
        grades, rows = marks.grades(table), [row for _, own in table for row in own]
        write(out / "details.csv", [DETAILS, *([row[c] for c in DETAILS] for row in rows)])
        heads = ["name", "id", "email", *marks.tasks, "total", "maximum", "late", "remarks"]
        write(out / "grades.csv", [heads, *([grade[h] for h in heads] for grade in grades)])
        write(out / "canvas.csv", marks.canvas(grades, self.title))
        write(out / "moodle.csv", marks.moodle(grades))
        if not last:
            return None
        packed = {}
        for name, (student, own) in zip(self.names, table, strict=True):
            text = feedback.page(marks, student, own)
            (out / "feedback" / name).write_text(text, encoding="utf-8")
            if student.moodle:
                owner = next(work.owner for work in student.works if work.moodle)
                packed[f"{owner}_{student.number}_assignsubmission_file_/feedback.html"] = text
        if packed:
            with zipfile.ZipFile(out / "moodle_feedback.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for place, text in packed.items():
                    archive.writestr(place, text)
        works = sum(len(student.works) for student in self.students)
        message = Message(summary(rows, marks, works, out), "other")
        picture = draw(rows, marks.tasks, works, out / "slips.png")
        links = [f"feedback/{name}" for name in self.names]
        text = feedback.index(marks, grades, rows, links, message, picture)
        (out / "index.html").write_text(text, encoding="utf-8")
        return Report(tuple(rows), tuple(grades), out, message, picture)


def run_one(work, file, seconds_per_cell, seconds, running):
    """Mark one work in a process of its own, and keep the record."""
    half = file.with_suffix(".part")
    command = [sys.executable, "-m", "softmax_lib.marking.kernel"]
    limits = map(str, (seconds_per_cell, seconds))
    process = subprocess.Popen(
        [*command, work.stem, str(half), *limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    running.add(process)
    said = b""
    try:
        _, said = process.communicate(work.read(), timeout=seconds + 60)
        work.record = json.loads(half.read_text(encoding="utf-8"))
        half.replace(file)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        process.kill()
        if process in running:
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            work.problem = f"It could not be marked: {last[0] if last else error}"
    finally:
        running.discard(process)


# The class


def counts(rows):
    """How many students have each (task, verdict), and each (task, slug)."""
    verdicts, slugs = Counter(), Counter()
    for row in rows:
        if row["task"] and row["verdict"] != "not handed in":
            known = row["verdict"] in (*SIGNS, "set-up failed")
            verdicts[row["task"], row["verdict"] if known else OTHER] += 1
            if row["verdict"] == "not yet":
                named = row["slips"].split("; ") if row["slips"] else []
                kind = row["error"].partition(":")[0]
                if kind:
                    named.append("out of time" if kind == "stopped" else f"stopped with {kind}")
                slugs.update((row["task"], slug) for slug in named)
    return verdicts, slugs


def by_slug(slugs):
    """(slug, how many answers, {task: how many}), the most frequent first."""
    totals = Counter()
    for (_, slug), count in slugs.items():
        totals[slug] += count
    return [
        (slug, total, {task: n for (task, s), n in slugs.items() if s == slug})
        for slug, total in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def summary(rows, marks, works, out):
    """The blocks of the message: a line for each exercise, a line for each slip."""
    shown, slugs = counts(rows)
    states = [*SIGNS, "set-up failed", OTHER]
    heads = [f"{SIGNS.get(state, '·')} {state}" for state in states]
    many = f"{works} notebook{'s' if works != 1 else ''}"
    people = f"{len(marks.students)} student{'s' if len(marks.students) != 1 else ''}"
    blocks = [("title", f"{people}, {many}, {len(marks.tasks)} exercises")]
    if marks.tasks:
        body = [(task, *(shown[task, state] for state in states)) for task in marks.tasks]
        blocks.append(("table", [("exercise", *heads), *body]))
    if named := by_slug(slugs):
        body = [
            (slug, total, ", ".join(f"{t} ({where[t]})" for t in marks.tasks if t in where))
            for slug, total, where in named
        ]
        blocks.append(("table", [("slip", "answers", "in exercise"), *body]))
    left_out = {(row["file"], row["error"]) for row in rows if row["verdict"] == "unreadable"}
    blocks += [f"{name} is left out: {said}" for name, said in sorted(left_out)]
    absent = [student.name for student in marks.students if not student.works]
    blocks += [f"Nothing was handed in by {', '.join(absent)}."] if absent else []
    return [*blocks, f"Grades, details and feedback: {out.name}"]


def draw(rows, tasks, works, path):
    """Draw verdicts by exercise and slips by frequency into a file; the same as HTML."""
    figures = importlib.import_module("softmax_lib.figures")
    shown, slugs = counts(rows)
    named = by_slug(slugs)[:12]
    height = 1.6 + 0.26 * max(len(tasks), len(named), 4)
    fig, (left, right) = figures.new_figure(
        9.0, height, nrows=1, ncols=2, gridspec_kw={"width_ratios": (1.4, 1)}
    )
    start = [0] * len(tasks)
    hatches = {"right": "", "not yet": "///", "not attempted": "..."}
    for state, hatch in {**hatches, "set-up failed": "++", OTHER: "xx"}.items():
        width = [shown[task, state] for task in tasks]
        left.barh(
            tasks,
            width,
            left=start,
            label=f"{SIGNS.get(state, '·')} {state}",
            color=COLORS.get(state, COLORS["other"] if state != OTHER else "#BBBBBB"),
            hatch=hatch,
            edgecolor="white",
        )
        start = [a + b for a, b in zip(start, width, strict=True)]
    left.invert_yaxis()
    left.set(xlabel="students", ylabel="exercise", title="Verdicts")
    left.xaxis.get_major_locator().set_params(integer=True)
    fig.legend(ncols=3, loc="outside lower left", frameon=False)
    bars = right.barh([slug for slug, *_ in named], [total for _, total, _ in named])
    for bar in bars:
        bar.set_color(COLORS["not yet"])
    right.invert_yaxis()
    right.set(xlabel="answers", title="Slips and errors" if named else "No slip was named")
    right.xaxis.get_major_locator().set_params(integer=True)
    fig.savefig(path, dpi=figures.DPI)
    caption = f"Verdicts on {len(tasks)} exercises in {works} notebooks, and the slips named."
    most = f" The most frequent: {named[0][0]}, answers: {named[0][1]}." if named else ""
    alt = (
        f"Left, a stacked bar for each exercise: {sum(shown[t, 'right'] for t in tasks)} answers "
        f"right, {sum(shown[t, 'not yet'] for t in tasks)} not yet. Right, a bar for each slip."
    )
    return figures.figure_html(fig, caption + most, alt + most)
