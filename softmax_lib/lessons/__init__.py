"""The lessons: one module a notebook, with the notebook's name.

A lesson module holds what its notebook shows and does not spell out: its drawings, its explorer,
and its exercises, each a solution under ``@task(...)``, collected in ``TASKS``. It imports no
engine: `softmax_lib.exercises` finds a lesson's tasks when it is asked for one of them.
"""

import functools
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["AXES", "KINDS", "LESSONS", "Task", "source_of", "task", "tasks_of"]

# The series' notation (docs/equations.md): what the axes of an argument count ("1": one row), and
# what kind of value a name stands for. A task that means something else by a name says so.
AXES = {"X": "ND", "W": "DC", "U": "DC", "P": "NC", "S": "NC", "p": "1C", "y": "N", "C": "C"}
KINDS = {"loss": "loss", **dict.fromkeys(("dW", "dS", "dS_i", "slope", "W_new"), "gradient")}
KINDS.update(dict.fromkeys(("J", "vJ", "G", "row"), "derivative"))

# The place in this tuple is the notebook's number: exercise "2.1" is looked up in LESSONS[2].
LESSONS = (
    "start_here",
    "matrix_shapes",
    "stability_shift",
    "cross_entropy_loss",
    "numerical_derivatives",
    "chain_rule",
    "softmax_jacobian",
    "scores_to_weights",
    "gradient_in_code",
    "gradient_check",
    "where_bugs_hide",
    "train_on_digits",
    "speed",
    "other_targets",
)

_NUMBER = re.compile(r"\d+\.[1-9]\d*")


@dataclass(frozen=True, eq=False)
class Task:
    """One exercise, as data; lessons make theirs with `task`.

    Parameters
    ----------
    number : str
        Notebook and place in it: ``"1.2"`` is the second exercise of notebook 01.
    title : str
        What the function returns, in a few words, without a full stop.
    name : str
        Of the function that the student writes.
    returns : tuple of str
        Names for the values that come back, as in the tables of `softmax_lib.exercises.check`.
    solution : callable
        A real function of the lesson's module, with a docstring and the student's parameters. It
        returns a number, a bool, a string, an array, or a tuple of these.
    cases : callable
        ``cases() -> [(argument, ...), ...]``: at least three tuples of arguments, from the kindest
        to the nastiest, made afresh at every call from a fixed seed.
    hints : tuple of three str
        A nudge, the equation put to use, the first line. None holds the solution.
    equation : str
        ``"eq. (8)"``.
    reread : str
        The notebook and its section: ``'01_matrix_shapes, "Rows meet columns"'``.
    question : str
        One question that lets the student find a slip that has no question of its own.
    slips : tuple of (str, str, str)
        What students do wrong here: a slug of `softmax_lib.lessons.slips.SENTENCES` (or the end of
        a sentence "In dW, ..."), what stands in the solution's source, and what a student writes in
        its place; `softmax_lib.lessons.slips.patch` reads them from a patch of that source.
    questions : mapping of str to str, optional
        For the name of a slip, or of a kind of failure such as ``"wrong-shape"``, the question that
        fits here better than that of `softmax_lib.lessons.slips.QUESTIONS`.
    rereads : mapping of str to str, optional
        For the name of a slip, the section that treats it better here than that of
        `softmax_lib.lessons.slips.REREAD`, in the form of `reread`.
    model : callable, optional
        What the slips are rewritings of, when the solution calls what they are in.
    conditions : tuple of callable
        What the text demands besides right values, such as "two loops": each takes the attempt (see
        `softmax_lib.lessons.conditions`) and returns a sentence when it is broken, else ``""``. A
        sentence is a remark under a right answer; a `Broken` one makes it fail.
    axes, kinds : mapping
        What arguments and values stand for, by name: a mean and its factors are looked for in a
        ``"loss"`` and a ``"gradient"``, zeros in a ``"gradient"`` and another ``"derivative"``.
    reg, step : str
        The argument at which 0 leaves the data's part alone, and the one at which 0 leaves all as
        it was, where the solution has such arguments.
    rtol : float, default 1e-8
        Bound on ``norm(got - expected) / norm(expected)``. Answers in float32 get 1e-3.
    atol : float, default 0
        An absolute bound besides, for tasks whose right answer is rounding noise around 0.

    Raises
    ------
    TypeError, ValueError
        When a field could not work, naming the task and the field.

    Examples
    --------
    >>> def ones_like_scores(S):
    ...     "Return ones in the shape of S."
    ...     return S * 0 + 1.0
    >>> task = Task(
    ...     number="1.9",
    ...     title="Ones",
    ...     name="ones",
    ...     returns=("P",),
    ...     solution=ones_like_scores,
    ...     cases=lambda: [([0.0],), ([1.0],), ([2.0],)],
    ...     hints=("Look at the shape.", "Every entry is 1.", "Start from S.shape."),
    ...     equation="eq. (2)",
    ...     reread='01_matrix_shapes, "Shapes"',
    ...     question="Which shape must come back?",
    ... )
    >>> print(task.stub)
    def ones(S):
        ...
    """

    number: str
    title: str
    name: str
    returns: tuple[str, ...]
    solution: Callable
    cases: Callable[[], list[tuple]]
    hints: tuple[str, str, str]
    equation: str
    reread: str
    question: str
    slips: tuple[tuple[str, str, str], ...] = ()
    questions: Mapping[str, str] = field(default_factory=dict)
    rereads: Mapping[str, str] = field(default_factory=dict)
    model: Callable | None = None
    conditions: tuple[Callable, ...] = ()
    axes: Mapping[str, str] = field(default_factory=lambda: AXES)
    kinds: Mapping[str, str] = field(default_factory=lambda: KINDS)
    reg: str = "reg"
    step: str = "learning_rate"
    rtol: float = 1e-8
    atol: float = 0.0

    def __post_init__(self):
        for name in ("number", "title", "name", "equation", "reread", "question"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise TypeError(f"task {self.number!r}: {name} must be a text, got {value!r}")
        if not _NUMBER.fullmatch(self.number):
            raise ValueError(f'task {self.number!r}: number must look like "1.2"')
        if not isinstance(self.returns, tuple) or not all(map(str.isidentifier, self.returns)):
            raise ValueError(f"task {self.number!r}: returns must be names, got {self.returns!r}")
        for name in ("solution", "cases"):
            if not callable(getattr(self, name)):
                raise TypeError(f"task {self.number!r}: {name} must be a function")
        if (
            not isinstance(self.hints, tuple)
            or len(self.hints) != 3
            or not all(isinstance(hint, str) and hint.strip() for hint in self.hints)
        ):
            raise ValueError(f"task {self.number!r}: hints must be a tuple of three texts")
        if not self.rtol > 0 or not self.atol >= 0:
            raise ValueError(f"task {self.number!r}: rtol must be positive, atol 0 or more")

    @property
    def call(self):
        """The student's function with its parameters, as in ``"scores(X, W)"``."""
        return f"{self.name}{inspect.signature(self.solution)}"

    @property
    def stub(self):
        """The source of an unfilled answer, as the notebook's cell begins."""
        return f"def {self.call}:\n    ..."


def task(number, title, *, returns, **fields):
    """Make the function below an exercise's solution; its name and parameters are the student's.

    Parameters
    ----------
    number, title : str
    returns : str
        The names of the values that come back: ``"S"``, ``"loss, dW"``.
    **fields
        The other fields of `Task`. A slip may have a fourth text here, its question.

    Returns
    -------
    callable
        A decorator; the function stays as it is, and carries its `Task` as ``task``.

    Examples
    --------
    >>> @task(
    ...     "1.9",
    ...     "Ones",
    ...     returns="P",
    ...     cases=lambda: [([0.0],), ([1.0],), ([2.0],)],
    ...     hints=("Look at the shape.", "Every entry is 1.", "Start from S.shape."),
    ...     equation="eq. (2)",
    ...     reread='01_matrix_shapes, "Shapes"',
    ...     question="Which shape must come back?",
    ... )
    ... def ones(S):
    ...     "Return ones in the shape of S."
    ...     return S * 0 + 1.0
    >>> ones.task.call, ones.task.returns
    ('ones(S)', ('P',))
    """
    slips, questions = fields.pop("slips", ()), fields.pop("questions", {})
    fields["questions"] = {name: asked for name, _, _, *rest in slips for asked in rest} | questions
    fields["slips"] = tuple(slip[:3] for slip in slips)

    def made(function):
        names = tuple(returns.split(", "))
        function.task = Task(number, title, function.__name__, names, function, **fields)
        return function

    return made


def tasks_of(module):
    """The tasks whose solutions a module defines, in the order of the file.

    Parameters
    ----------
    module : str
        Its ``__name__``.

    Returns
    -------
    tuple of Task
    """
    functions = [f for f in vars(sys.modules[module]).values() if inspect.isfunction(f)]
    return tuple(f.task for f in functions if f.__module__ == module and hasattr(f, "task"))


@functools.cache  # it is slow to read
def source_of(function):
    """The source of a solution, without the decorator that says what it is for.

    Parameters
    ----------
    function : callable

    Returns
    -------
    str
        From ``def`` on, not indented.
    """
    source = textwrap.dedent(inspect.getsource(function)).rstrip() + "\n"
    return re.sub(r"\A@.*?^(?=def )", "", source, flags=re.DOTALL | re.MULTILINE)
