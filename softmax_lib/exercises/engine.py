"""What a student calls: `check`, `case`, `hint`, `solution`, `progress`."""

import importlib
from dataclasses import dataclass, field

from softmax_lib import lessons
from softmax_lib.exercises.calls import Attempt, argument_names, code_of
from softmax_lib.exercises.diagnosis import diagnose
from softmax_lib.exercises.measured import halves, in_common
from softmax_lib.exercises.slips import CONVENTIONS, parameters
from softmax_lib.lessons.slips import QUESTIONS, SENTENCES, section_on
from softmax_lib.messages import COLORS, SIGNS, Message, Shown
from softmax_lib.words import describe_argument, shortened

__all__ = ["COLORS", "SIGNS", "Message", "Verdict", "case", "check", "hint", "progress", "solution"]

# All cases of a task together; a right answer in Python loops takes a hundredth of it.
SECONDS_PER_CHECK = 5.0
ENDLESS = "The function had not come to its end when its time was over, and was stopped."

# What a verdict says in so many words whenever it names them: there is nothing to explain.
SAID = {"not-attempted", "raised", "wrong-return", "swapped-return", "wrong-shape", "transposed"}
SAID |= {"wrong-dtype", "mutates-input"}

_session = {}  # number -> [state of the last check, checks with an attempt]


# Tasks


def find_task(number):
    """The task with this number, from the one lesson it belongs to."""
    if not isinstance(number, str):
        given = "a function" if callable(number) else repr(number)
        raise TypeError(
            f'An exercise\'s number is a text such as "1.2", and comes first; got {given}.'
        )
    notebook, last = number.strip().partition(".")[0], len(lessons.LESSONS) - 1
    if not notebook.isdecimal() or int(notebook) > last:
        raise ValueError(
            f'There is no exercise {number!r}: a number is notebook and place, such as "1.2", '
            f"and the notebooks go from 0 to {last}."
        )
    tasks = {task.number: task for task in lesson_tasks(int(notebook))}
    if number.strip() not in tasks:
        lesson = lessons.LESSONS[int(notebook)]
        raise ValueError(f"There is no exercise {number!r}: {lesson} has {', '.join(tasks)}.")
    return tasks[number.strip()]


def lesson_tasks(notebook):
    """The tasks of one notebook's lesson."""
    return importlib.import_module(f"{lessons.__name__}.{lessons.LESSONS[notebook]}").TASKS


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
class Verdict(Shown):
    """What `check` found: shows itself as text, as HTML with the same text, and with buttons.

    Attributes
    ----------
    number : str
        The exercise.
    passed : bool
        The answer is right on every case. A verdict is true exactly when it passed.
    score : tuple of int
        How many cases are right, and how many there are.
    mistakes : tuple of str
        Names of the mistakes that the answer proves, most certain first. Empty when passed, and
        when the answer is wrong in a way that proves none.
    state : {"right", "not yet", "not attempted"}
    message : Message
        The text shown.
    sentences : tuple of str
        What `explain` says.
    explains : bool
        Whether that is more than the text.
    """

    number: str
    passed: bool
    score: tuple
    mistakes: tuple
    state: str
    message: Message = field(compare=False)
    sentences: tuple = field(default=(), compare=False)
    explains: bool = field(default=False, compare=False)

    def __bool__(self):
        return self.passed

    @property
    def share(self):
        """The share of the cases that are right, for marks; a demand that is broken is one more."""
        right, total = self.score
        return right / (total + (right == total and not self.passed)) if total else 0.0

    def widget(self):
        """The message, a button for each kind of help, and below what was asked for last."""
        import ipywidgets as widgets

        levels, helps = iter((1, 2, 3)), {}
        if not self.passed:
            helps["Hint"] = lambda: hint(self.number, next(levels, 3))
        if self.explains:
            helps["Explain"] = self.explain
        if self.state != "not attempted":
            helps["Solution"] = lambda: solution(self.number)
        below, buttons = widgets.HTML(), []
        for name, ask in helps.items():
            button = widgets.Button(description=name, tooltip=f"{name} for exercise {self.number}")

            def show(_, ask=ask):
                below.value = f'<div role="status">{ask().html}</div>'

            button.on_click(show)
            buttons.append(button)
        return widgets.VBox([widgets.HTML(self.message.html), widgets.HBox(buttons), below])

    def explain(self):
        """The mistakes said outright, one sentence each.

        Returns
        -------
        Message
        """
        title = f"{SIGNS[self.state]} {self.number}"
        if self.passed:
            title += " is right: there is nothing to explain."
        elif self.mistakes:
            title += f": {', '.join(self.mistakes)}"
        else:
            then = "This was measured:" if self.sentences else "Compare them value by value."
            title += f": the answers prove no slip by name. {then}"
        return Message([("title", title), *self.sentences], self.state)


def check(number, function, *, convention=""):
    """Check a student's function on an exercise's cases.

    It runs on copies of the inputs, and is stopped after 5 seconds; what it raises, prints or warns
    goes into the verdict. Only the user's own interrupt gets out. The solution is never shown.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.
    function : callable
        The function itself, without parentheses.
    convention : {"", "half-reg", "sum"}
        How your course counts: ``0.5 reg sum(W W)`` for the regularization, with the gradient
        ``reg W``, or a sum over the examples for their mean. By default as the notebooks do.

    Returns
    -------
    Verdict

    Raises
    ------
    TypeError
        The number is no string, or `function` cannot be called.
    ValueError
        There is no such exercise or convention.

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
    if convention not in CONVENTIONS:
        known = " or ".join(repr(name) for name in CONVENTIONS if name)
        raise ValueError(f"A convention is {known}; got {convention!r}.")
    found = diagnose(task, function, SECONDS_PER_CHECK, convention)
    said = {"raised": ENDLESS} if any(run.stopped for run in found.runs) else {}
    sentences = tuple(said.get(slug, SENTENCES[slug]) for slug in found.mistakes) + found.evidence
    explains = bool(found.evidence or set(found.mistakes) - SAID)
    score = (sum(finding.right for finding in found.findings), len(found.runs))
    state = "right" if found.passed else "not yet" if found.runs else "not attempted"
    tries = _session.get(task.number, ("", 0))[1]
    _session[task.number] = (state, tries + bool(found.runs))
    if not found.runs:
        blocks = [f'○ {task.number} not attempted yet. A hint: exercises.hint("{task.number}")']
    elif found.passed:
        blocks = [f"✓ {task.number} {task.title}: right, on all {score[1]} cases."]
        blocks += [f"A remark: {remark}" for remark in found.remarks] + seen(found.runs[0])
    else:
        blocks = failure(task, found, function, explains, score)
    message = Message(blocks, state)
    return Verdict(
        task.number, found.passed, score, found.mistakes, state, message, sentences, explains
    )


def failure(task, found, function, explains, score):
    """The blocks of a verdict that did not pass, from what is right to where to read."""
    title = f"✗ {task.number} {task.title}: not yet. Right on {score[0]} of {score[1]} cases."
    blocks = [("title", title), *halves(task, found.findings)]
    code, data = code_of(function), Attempt(function, found.runs).data
    name = code.co_name if code and code.co_name.isidentifier() else task.name
    k = next((k for k, finding in enumerate(found.findings) if not finding.right), None)
    slugs = found.findings[k].slugs if k is not None else ()
    slug = next((slug for slug in found.mistakes if slug in slugs), "")
    told = slug or next(iter(found.said), "")
    question = task.questions.get(told, QUESTIONS.get(told, task.question))
    if k is not None:
        run, finding = found.runs[k], found.findings[k]
        blocks += [*case_shown(task, k, run, name), *shown_finding(run, finding)]
        asked = tuple(parameters(task))
        own = argument_names(function, len(asked))
        reordered = own != asked and sorted(own) == sorted(asked)
        if reordered:
            orders = f"({', '.join(own)}), but it is called with ({', '.join(asked)})"
            blocks.append(f"Your first line has the order {orders}.")
        if run.stopped:
            question = "What changes from one round of the loop to the next, and when does it end?"
        elif run.misfit or reordered:
            question = f"Does your first line read as asked, def {task.call}?"
        elif run.meaning:
            question = run.meaning
        elif data and slug in ("", "wrong-shape"):
            question = f"Which argument holds what `{data[0]}` stands for?"
    if untried := sum(not run.tried for run in found.runs):
        blocks.append(f"Its time was over, so {untried} of the cases were not tried.")
    if data:
        names = " and ".join(f"`{name}`" for name in data)
        blocks.append(f"It reads {names} of the notebook, whatever the arguments are.")
    common = in_common(task, found.runs, [finding.right for finding in found.findings])
    blocks += [*common, *found.overall.notes, *found.remarks]
    blocks.append(f"Reread {section_on(slug, task)} (behind it: {task.equation}).")
    blocks.append(("title", question))
    if explains:
        count = sum(slug not in SAID for slug in found.mistakes)
        slips = f"{count} slips show; their names"
        said = ("More on what was measured", "The slip by name", slips)[min(count, 2)]
        blocks.append(f'{said}: exercises.check("{task.number}", {name}).explain()')
    return [*blocks, f'A hint: exercises.hint("{task.number}")']


def case_shown(task, k, run, name):
    """The blocks that show a case, and how to call the function on it again."""
    names = parameters(task)
    parts = [describe_argument(*pair) for pair in zip(names, run.arguments, strict=True)]
    left = ", ".join(names) if len(names) > 1 else f"({names[0]},)"
    again = f'{left} = exercises.case("{task.number}", {k + 1})\n{name}({", ".join(names)})'
    return [f"Case {k + 1}: {'; '.join(parts)}. To see it again:", ("code", again)]


def shown_finding(run, finding):
    """The blocks for one run: the error or the table, the sentences, what was printed."""
    blocks = []
    if run.misfit:
        blocks.append(run.error)
    elif run.error and run.tried:
        how = "It did not come to its end:" if run.stopped else "It stopped with an error:"
        blocks += [how, ("code", run.error)]
    if finding.rows:
        blocks.append(("table", [("", "expected", "got"), *finding.rows]))
    return [*blocks, *finding.notes, *seen(run)]


def seen(run):
    """The blocks for what a run printed and warned of."""
    blocks, printed = [], run.printed.strip("\n").splitlines() if run.printed.strip() else ()
    both = ("It printed:", printed, 10, 100), ("It warned:", run.warned, 3, 200)
    for said, lines, most, length in both:
        shown = [shortened(line, length) for line in lines[:most]] + ["…"] * (len(lines) > most)
        blocks += [said, ("code", "\n".join(shown))] if shown else []
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
    more = f'More: exercises.hint("{task.number}", {level + 1})'
    last = f'One way to write it: exercises.solution("{task.number}")'
    title = f"{task.number} {task.title}, hint {level} of 3"
    return Message([("title", title), task.hints[level - 1], more if level < 3 else last])


def solution(number):
    """The source of an exercise's solution, a function that the tests run.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.

    Returns
    -------
    Message

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
    title = f"{task.number} {task.title}: one way to write it"
    return Message([("title", title), ("code", source)])


def progress():
    """A table of this session: the exercises of every notebook in which one was checked.

    Returns
    -------
    Message

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
        return Message(["No exercise has been checked in this session."])
    right = sum(state == "right" for state, _ in _session.values())
    title = f"{right} of {len(rows)} exercises right"
    table = [("exercise", "what it returns", "last check", "tries"), *rows]
    state = "right" if right == len(rows) else "not attempted"
    return Message([("title", title), ("table", table)], state)
