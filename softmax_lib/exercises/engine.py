"""What a student calls: `check`, `case`, `hint`, `solution`, `progress`.

Everything they show is a `Message`: a text, and the same text as HTML with a colored border. Signs
(✓ right, ✗ not yet, ○ not attempted) say what the color says.
"""

import html
import importlib
import re
import textwrap
from dataclasses import dataclass, field

from softmax_lib import lessons
from softmax_lib.exercises.calls import argument_names
from softmax_lib.exercises.comparing import describe_argument, shortened
from softmax_lib.exercises.diagnosis import diagnose
from softmax_lib.lessons.slips import QUESTIONS, SENTENCES

__all__ = ["Message", "Verdict", "case", "check", "hint", "progress", "solution"]

SIGNS = {"right": "✓", "not yet": "✗", "not attempted": "○"}
# Okabe-Ito green, vermilion, sky blue, orange; the text keeps the theme's own color.
COLORS = {"right": "#009E73", "not yet": "#D55E00", "not attempted": "#56B4E9", "other": "#E69F00"}

# All cases of a task together; a right answer in Python loops takes a hundredth of it.
SECONDS_PER_CHECK = 5.0
ENDLESS = "The function had not come to its end when its time was over, and was stopped."

_session = {}  # number -> [state of the last check, checks with an attempt]


class Message(str):
    """A text that a notebook shows as it reads, not in quotes; its HTML says the same.

    Parameters
    ----------
    blocks : list of tuple
        ``("title" | "text" | "code", text)`` or ``("table", rows)``, the first row being the head.
    state : {"right", "not yet", "not attempted", "other"}
        Which color the border has.
    """

    def __new__(cls, blocks, state="not attempted"):
        """A string, with its HTML beside it."""
        message = super().__new__(cls, plain_text(blocks))
        message.html = html_text(blocks, COLORS[state])
        return message

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        return self.html


def plain_text(blocks):
    """The blocks as text: code and tables indented, tables aligned."""
    parts = []
    for kind, content in blocks:
        if kind == "table":
            rows = [list(map(str, row)) for row in content]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines = [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                for row in rows
            ]
            parts.append("\n".join("    " + line.rstrip() for line in lines))
        elif kind == "code":
            parts.append(textwrap.indent(content, "    "))
        else:
            parts.append(content)
    return "\n".join(parts)


def html_text(blocks, color):
    """The same text as HTML: escaped, in the theme's own text color, with a border in `color`.

    What stands between backticks is set as code.
    """
    parts = []
    for kind, content in blocks:
        if kind == "table":
            head, *body = content
            left = 'style="text-align: left"'
            rows = [
                "".join(f'<th scope="col" {left}>{html.escape(str(cell))}</th>' for cell in head)
            ]
            for name, *cells in body:
                row = "".join(f"<td {left}>{html.escape(str(cell))}</td>" for cell in cells)
                rows.append(f'<th scope="row" {left}>{html.escape(str(name))}</th>{row}')
            body = "".join(f"<tr>{row}</tr>" for row in rows)
            parts.append(f'<table style="margin: 0.4em 0">{body}</table>')
        elif kind == "code":
            parts.append(f'<pre style="margin: 0.4em 1.5em">{html.escape(content)}</pre>')
        elif kind == "title":
            parts.append(f"<div><strong>{inline(content)}</strong></div>")
        else:
            parts.append(f"<div>{inline(content)}</div>")
    style = f"border-left: 4px solid {color}; padding: 0.2em 0 0.2em 0.8em"
    return f'<div style="{style}">{"".join(parts)}</div>'


def inline(text):
    """A text as HTML, with `code` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


# Tasks


def find_task(number):
    """The task with this number, from the one lesson it belongs to.

    Parameters
    ----------
    number : str
        ``"2.1"``: the first exercise of notebook 02.

    Returns
    -------
    softmax_lib.lessons.Task

    Raises
    ------
    TypeError
        The number is no string.
    ValueError
        There is no such notebook or exercise; the message lists those there are.
    """
    if not isinstance(number, str):
        given = "a function" if callable(number) else repr(number)
        raise TypeError(
            f'An exercise\'s number is a text such as "1.2", and comes first; got {given}.'
        )
    notebook = number.strip().partition(".")[0]
    if not notebook.isdecimal() or int(notebook) >= len(lessons.LESSONS):
        last = len(lessons.LESSONS) - 1
        raise ValueError(
            f'There is no exercise {number!r}: a number is notebook and place, such as "1.2", '
            f"and the notebooks go from 0 to {last}."
        )
    tasks = lesson_tasks(int(notebook))
    for task in tasks:
        if task.number == number.strip():
            return task
    known = ", ".join(task.number for task in tasks) or "none"
    raise ValueError(
        f"There is no exercise {number!r}: {lessons.LESSONS[int(notebook)]} has {known}."
    )


def lesson_tasks(notebook):
    """The tasks of one notebook's lesson."""
    name = lessons.LESSONS[notebook]
    return getattr(importlib.import_module(f"{lessons.__name__}.{name}"), "TASKS", ())


def case(number, index=1):
    """The arguments of one of an exercise's cases, to try a function on by hand.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.
    index : int, default 1
        Which case, counted from 1 as in the verdict.

    Returns
    -------
    tuple
        The arguments, made afresh.

    Raises
    ------
    TypeError, ValueError
        No such exercise, or no such case.

    Examples
    --------
    >>> len(case("1.1", 2)) > 0
    True
    """
    cases = find_task(number).cases()
    if isinstance(index, bool) or not isinstance(index, int) or not 1 <= index <= len(cases):
        raise ValueError(f"{number} has cases 1 to {len(cases)}; got {index!r}.")
    return tuple(cases[index - 1])


# Checking


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `check` found: shows itself as text, and as HTML with the same text.

    Attributes
    ----------
    number : str
        The exercise.
    passed : bool
        The answer is right on every case. A verdict is true exactly when it passed.
    mistakes : tuple of str
        Names of the mistakes that the answer proves, most certain first. Empty when passed, and
        when the answer is wrong in a way that proves none.
    state : {"right", "not yet", "not attempted"}
    message : Message
        The text shown.
    """

    number: str
    passed: bool
    mistakes: tuple
    state: str
    message: Message = field(compare=False)
    sentences: tuple = field(compare=False, default=())

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return str(self.message)

    def _repr_html_(self):
        return self.message.html

    def explain(self):
        """The mistakes said outright, one sentence each.

        Returns
        -------
        Message
            A string.
        """
        if self.passed:
            blocks = [("text", f"✓ {self.number} is right: there is nothing to explain.")]
        elif not self.mistakes:
            then = "This was measured:" if self.sentences else "Compare them value by value."
            blocks = [("text", f"✗ {self.number}: the answers prove no slip by name. {then}")]
        else:
            blocks = [("title", f"{SIGNS[self.state]} {self.number}: {', '.join(self.mistakes)}")]
        blocks += [("text", sentence) for sentence in self.sentences]
        return Message(blocks, self.state)


def check(number, function):
    """Check a student's function on an exercise's cases.

    It runs on copies of the inputs; what it raises, prints or warns goes into the verdict. Only the
    user's own interrupt gets out. What runs longer than 5 seconds is stopped, where Python has
    threads. The solution is never shown.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.
    function : callable
        The function itself, without parentheses.

    Returns
    -------
    Verdict

    Raises
    ------
    TypeError
        The number is no string, or `function` cannot be called.
    ValueError
        There is no such exercise.

    Examples
    --------
    >>> check("1.1", lambda X, W: ...)
    ○ 1.1 not attempted yet. A hint: exercises.hint("1.1")
    """
    task = find_task(number)
    if not callable(function):
        raise TypeError(
            f"check needs the function itself, without parentheses: "
            f'exercises.check("{task.number}", {task.name}); got {type(function).__name__}.'
        )
    found = diagnose(task, function, SECONDS_PER_CHECK)
    stopped = any(run.stopped for run in found.runs)
    tries = _session.get(task.number, ("", 0))[1]
    if not found.attempted:
        state = "not attempted"
        text = f'○ {task.number} not attempted yet. A hint: exercises.hint("{task.number}")'
        blocks = [("text", text)]
    elif found.passed:
        state, tries = "right", tries + 1
        text = f"✓ {task.number} {task.title}: right, on all {len(found.runs)} cases."
        blocks = [("text", text), *seen(found.runs[0])]
    else:
        state, tries = "not yet", tries + 1
        blocks = failure(task, found, function)
    _session[task.number] = (state, tries)
    sentences = (
        tuple(
            ENDLESS if slug == "raised" and stopped else SENTENCES[slug]
            for slug in found.mistakes
        )
        + found.evidence
    )
    message = Message(blocks, state)
    return Verdict(task.number, found.passed, found.mistakes, state, message, sentences)


def name_of(function):
    """A function's name; ``""`` when it has none that could stand in a line of code."""
    try:
        name = function.__name__
        return str(name) if name.isidentifier() else ""
    except Exception:
        return ""


def failure(task, found, function):
    """The blocks of a verdict that did not pass: one case, expected against got, where to look."""
    wrong = [k for k, finding in enumerate(found.findings) if not finding.right]
    total = len(found.runs)
    score = f"Right on {total - len(wrong)} of {total} cases."
    blocks = [("title", f"✗ {task.number} {task.title}: not yet. {score}")]
    name = name_of(function) or task.name
    question = task.question
    if found.mistakes:
        first = found.mistakes[0]
        question = task.questions.get(first, QUESTIONS[first])
    if wrong:
        # The first case that shows the first mistake named, so that the question fits what is seen.
        first = set(found.mistakes[:1])
        k = next((k for k in wrong if first <= set(found.findings[k].slugs)), wrong[0])
        run = found.runs[k]
        names = argument_names(task.solution, len(run.arguments))
        parts = [describe_argument(*pair) for pair in zip(names, run.arguments, strict=True)]
        left = ", ".join(names) if len(names) > 1 else f"({names[0]},)"
        again = f'{left} = exercises.case("{task.number}", {k + 1})\n{name}({", ".join(names)})'
        blocks += [
            ("text", f"Case {k + 1}: {'; '.join(parts)}. To see it again:"),
            ("code", again),
            *shown_finding(run, found.findings[k]),
        ]
        if run.stopped:
            question = "What changes from one round of the loop to the next, and when does it end?"
        own = argument_names(function, len(names))
        reordered = own != names and sorted(own) == sorted(names)
        if reordered:
            orders = f"({', '.join(own)}), but it is called with ({', '.join(names)})"
            blocks += [("text", f"Your first line has the order {orders}.")]
        if run.misfit or reordered:
            question = f"Does your first line read as asked, def {task.signature.split(' -> ')[0]}?"
    untried = sum(not run.tried for run in found.runs)
    if untried:
        blocks += [("text", f"Its time was over, so {untried} of the cases were not tried.")]
    blocks += [("text", note) for note in found.overall.notes]
    if found.keeps_state and not found.mistakes:
        question = "What does your function keep from one call to the next?"
    more = ""
    if len(found.mistakes) > 1:
        more = f"{len(found.mistakes)} slips show; their names: "
    elif found.mistakes:
        more = "The slip by name: "
    elif found.evidence:
        more = "More on what was measured: "
    if more:
        more = [("text", f'{more}exercises.check("{task.number}", {name}).explain()')]
    return [
        *blocks,
        ("text", f"Reread {task.reread} (behind it: {task.equation})."),
        ("title", question),
        *more,
        ("text", f'A hint: exercises.hint("{task.number}")'),
    ]


def shown_finding(run, finding):
    """The blocks for one run: the error or the table, the sentences, what was printed."""
    blocks = []
    if run.misfit:
        blocks += [("text", run.error)]
    elif run.stopped:
        blocks += [("text", "It did not come to its end:"), ("code", run.error)]
    elif run.error:
        blocks += [("text", "It stopped with an error:"), ("code", run.error)]
    if finding.rows:
        blocks += [("table", [("", "expected", "got"), *finding.rows])]
    return [*blocks, *(("text", note) for note in finding.notes), *seen(run)]


def seen(run):
    """The blocks for what a run printed and warned of."""
    blocks = []
    if run.printed.strip():
        lines = run.printed.strip("\n").splitlines()
        shown = [shortened(line, 100) for line in lines[:10]]
        blocks += [("text", "It printed:"), ("code", "\n".join(shown + ["…"] * (len(lines) > 10)))]
    if run.warned:
        shown = [shortened(warning, 200) for warning in run.warned[:3]]
        blocks += [("text", "It warned:"), ("code", "\n".join(shown))]
    return blocks


# Hints, solutions, progress


def hint(number, level=1):
    """One of an exercise's three hints: a nudge, the equation put to use, the first line.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.
    level : {1, 2, 3}

    Returns
    -------
    Message
        A string.

    Raises
    ------
    TypeError, ValueError
        No such exercise, or no such level.

    Examples
    --------
    >>> print(hint("1.1").splitlines()[-1])
    More: exercises.hint("1.1", 2)
    """
    task = find_task(number)
    if isinstance(level, bool) or level not in (1, 2, 3):
        raise ValueError(f"A hint's level is 1, 2 or 3; got {level!r}.")
    more = f'"{task.number}", {level + 1}' if level < 3 else ""
    more = f"More: exercises.hint({more})" if more else f'exercises.solution("{task.number}")'
    return Message(
        [
            ("title", f"{task.number} {task.title}, hint {level} of 3"),
            ("text", task.hints[level - 1]),
            ("text", more if level < 3 else f"One way to write it: {more}"),
        ]
    )


def solution(number):
    """The source of an exercise's solution, a function that the tests run.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.

    Returns
    -------
    Message
        A string.

    Raises
    ------
    TypeError, ValueError
        No such exercise.

    Examples
    --------
    >>> "def " in solution("1.1")
    True
    """
    task = find_task(number)
    source = lessons.source_of(task.solution).rstrip()
    return Message(
        [("title", f"{task.number} {task.title}: one way to write it"), ("code", source)]
    )


def progress():
    """A table of this session: the exercises of every notebook in which one was checked.

    Returns
    -------
    Message
        A string.

    Examples
    --------
    >>> _session.clear()
    >>> progress()
    No exercise has been checked in this session.
    """
    rows = []
    for notebook in sorted({int(number.partition(".")[0]) for number in _session}):
        for task in lesson_tasks(notebook):
            state, tries = _session.get(task.number, ("not checked", 0))
            rows.append((task.number, task.title, f"{SIGNS.get(state, '·')} {state}", tries))
    if not rows:
        return Message([("text", "No exercise has been checked in this session.")])
    right = sum(state == "right" for state, _ in _session.values())
    done = right == len(rows)
    return Message(
        [
            ("title", f"{right} of {len(rows)} exercises right"),
            ("table", [("exercise", "what it returns", "last check", "tries"), *rows]),
        ],
        "right" if done else "not attempted",
    )
