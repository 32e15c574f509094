"""The slips that a task declares, and which of them an answer holds.

A slip is a small rewriting of the solution's source: its name, what stands there, what a student
writes instead. The rewritten solutions run on the same cases as the student's function; an answer
that on every case is what one of them gives, or two of them in one, holds the same slips. A slip in
a mean, in reg or in a sign needs no rewriting: it is a factor on the data's part or on reg's.
"""

import functools
import inspect
import itertools
from typing import NamedTuple

import numpy as np

from softmax_lib.exercises.comparing import (
    ATOL_AT_ZERO,
    RTOL_NARROW,
    as_array,
    bounds_of,
    tolerance,
)
from softmax_lib.lessons import source_of

__all__ = ["Answer", "answer_of", "explained", "is_right", "shows", "sizes", "values_of"]

MOST = 2  # rewritings that are looked for in one value
GRADIENTS = {"dW", "dS", "dS_i", "slope", "W_new"}
DERIVATIVES = GRADIENTS | {"J", "vJ", "G", "row"}
AXES = {"X": "ND", "W": "DC", "U": "DC", "P": "NC", "S": "NC", "p": "1C", "y": "N"}


class Answer(NamedTuple):
    """One value in one case: the right one in parts that add up to it, and the one that came.

    `start` is what is there without a step, `data` and `reg` what the examples and reg add.
    """

    arguments: tuple
    start: np.ndarray
    data: np.ndarray
    reg: np.ndarray
    came: np.ndarray | None  # None: it raised
    bounds: tuple

    @property
    def right(self):
        """The right value."""
        return self.start + self.data + self.reg


def answer_of(task, k, arguments, came=None):
    """The `Answer` of a task's case; ``came`` is value k of the student's function."""
    names = inspect.signature(task.solution).parameters
    start = reg = np.zeros(())
    data = value_at(task, task.solution, k, arguments)
    if "learning_rate" in names:
        start = value_at(task, task.solution, k, arguments, "learning_rate")
    if "reg" in names:
        whole, data = data, value_at(task, task.solution, k, arguments, "reg")
        reg = whole - data
    return Answer(arguments, start, data - start, reg, came, bounds_of(task, arguments))


# Explaining


def explained(task, k, answers):
    """The smallest sets of names that make value k what came, with the rewritings in each.

    Failing that, in another shape; then in the cases that did not raise; then the slips that only
    break, where they break what is broken.

    Returns
    -------
    list of (names, slips)
    whole : bool
        Whether the shape is explained too.
    """
    ended = [answer for answer in answers if answer.came is not None]
    for tried, any_shape in ((answers, False), (answers, True), (ended, True)):
        if is_right(task, k, tried):
            break  # where it did not raise
        for count in range(MOST + 1):
            found = [
                (names + tuple(name for name, *_ in slips), slips)
                for slips in itertools.combinations(slips_of(task, k), count)
                for names in factors_in(task, k, slips, tried, any_shape)
            ]
            if found:
                fewest = min(len(names) for names, _ in found)
                return [pair for pair in found if len(pair[0]) == fewest], not any_shape
    if any(answer.came.shape != answer.right.shape for answer in ended):
        return [], False
    sound = [
        a if a.came is None else a._replace(came=np.where(np.isfinite(a.came), a.right, a.came))
        for a in answers
    ]
    if is_right(task, k, sound):
        return [], False
    alone = [(slip,) for slip in slips_of(task, k)]
    return [((s[0][0],), s) for s in alone if () in factors_in(task, k, s, sound)], False


def is_right(task, k, answers):
    """Whether value k is right, in any shape."""
    return () in factors_in(task, k, (), answers)


def shows(task, k, slip, answer):
    """Whether a slip changes value k in this case."""
    return () not in factors_in(task, k, (slip,), [answer._replace(came=answer.right)])


def factors_in(task, k, slips, answers, any_shape=True):
    """The names of the factors with which these slips make value k what came, on every case."""
    function, fit = rewritten(task.model or task.solution, texts(slips)), True
    for answer in answers if function else ():
        made, came = parts_of(task, k, function, slips, answer), answer.came
        size = sizes(task, answer.arguments)
        names, a, b = factors(task.returns[k] if task.returns else "", size["N"], size["C"])
        if made is None or came is None:
            broken = [v is None or not np.isfinite(v).all() for v in (made and sum(made), came)]
            fit = fit & all(broken)
        elif made[1].size != came.size or not (any_shape or made[1].shape == came.shape):
            return []
        else:
            start, data, reg = map(np.ravel, made)
            fit = fit & same(start + a * data + b * reg, np.ravel(came), answer.bounds)
        if not np.any(fit):
            return []
    return [names[i] for i in np.flatnonzero(fit & np.ones(len(names), bool))] if function else []


@functools.cache
def factors(value, N, C):
    """Names, and the factors that they mean on the data's part and on reg's, as columns."""
    kind = "loss" if value == "loss" else "gradient"
    signs = [((), 1), (("sign",), -1)]
    data = [((), 1), ((f"no-mean-{kind}",), N), *((("divided-by-classes",), f / C) for f in (1, N))]
    reg = [((), 1), ((f"no-reg-{kind}",), 0), ((f"half-reg-{kind}",), 1 / 2)]
    reg += [((*names, "reg-divided-by-n"), b / N) for names, b in reg if b]
    if value != "loss" and value not in GRADIENTS:
        data, reg = data[:1], reg[:1]
    rows = [
        (tuple(dict.fromkeys(s + d + t + r)), a * f, b * g)
        for (s, a), (d, f), (t, b), (r, g) in itertools.product(signs, data, signs, reg)
    ]
    names, a, b = zip(*rows, strict=True)
    return names, np.array(a, float)[:, None], np.array(b, float)[:, None]


def same(values, came, bounds):
    """For each row of values whether it is what came, with inf and nan in the same places."""
    finite = np.isfinite(values) & np.isfinite(came)
    off = np.linalg.norm(np.where(finite, values - came, 0.0), axis=1)
    size = np.linalg.norm(np.where(finite, values, 0.0), axis=1)
    numbers = off <= tolerance(bounds, came, came) * size + max(bounds[1], ATOL_AT_ZERO)
    if tolerance(bounds, came, came) > bounds[0] or bounds[0] in RTOL_NARROW.values():
        return numbers  # in less than double precision what overflows depends on where
    places = (np.isnan(values) == np.isnan(came)) & (np.isinf(values) == np.isinf(came))
    return numbers & places.all(axis=1)


# Rewriting


def transposed(start, data, reg):
    """The parts with rows and columns exchanged."""
    return tuple(part.T if part.ndim == 2 else part for part in (start, data, reg))


def zero_gradient(start, data, reg):
    """The parts when no derivative gets there."""
    return start, np.zeros_like(data), np.zeros_like(reg)


@functools.cache
def slips_of(task, k):
    """The slips that change value k on the task's cases: its own, and what is done to a result."""
    slips = [*task.slips, ("transposed", transposed)]
    if task.returns and task.returns[k] in DERIVATIVES:
        slips.append(("zero-gradient", zero_gradient))
    answers = [answer_of(task, k, arguments) for arguments in task.cases()]
    slips = [slip for slip in slips if rewritten(task.model or task.solution, texts([slip]))]
    return tuple(s for s in slips if any(shows(task, k, s, answer) for answer in answers))


def parts_of(task, k, function, slips, answer):
    """The parts of value k as a rewritten solution makes them, or None where it raises."""
    try:
        data = value_at(task, function, k, answer.arguments, "reg") - answer.start
        made = answer.start, data, answer.reg
        for slip in slips:
            made = slip[1](*made) if len(slip) == 2 else made
    except Exception:
        return None
    return made


def texts(slips):
    """What stands in the source and what is written instead, of the slips that are rewritings."""
    return tuple(slip[1:] for slip in slips if len(slip) == 3)


@functools.cache
def rewritten(function, changes):
    """The function with texts of its source replaced by others; None when one is not there."""
    if not changes:
        return function
    source = source_of(function)
    for right, wrong in changes:
        if right not in source:
            return None
        source = source.replace(right, wrong)
    space = dict(function.__globals__)
    exec(compile(source, "<slip>", "exec"), space)
    return space[function.__name__]


def value_at(task, function, k, arguments, zero=""):
    """Value k of a function at a case's arguments, of which one is 0."""
    names = inspect.signature(task.solution).parameters
    given = [0.0 if name == zero else a for name, a in zip(names, arguments, strict=True)]
    return values_of(task, function(*given))[k]


def sizes(task, arguments):
    """N, D and C of a case, as far as its arguments have them."""
    found = dict.fromkeys(("", "N", "D", "C"), 1)
    for name, value in zip(inspect.signature(task.solution).parameters, arguments, strict=True):
        found.update(zip(AXES.get(name, ""), np.shape(value), strict=False))
        found.update({"C": value} if name == "C" else {})
    return found


def values_of(task, result, order=None):
    """What came as a list of real arrays, one a name; None for each that is no such thing."""
    count = max(1, len(task.returns))
    values = result if count > 1 else [result]
    if type(values) not in (tuple, list) or len(values) != count:
        return [None] * count
    return [real_array(values[k]) for k in order or range(count)]


def real_array(value):
    """Real numbers as an array of floats, also when they came as complex ones or whole ones."""
    array = as_array(value, limit=10_000)
    if array is None or array.size > 10_000:
        return None
    if array.dtype.kind == "c":
        return array.real if not array.imag.any() else None
    return array if array.dtype.kind == "f" else array.astype(float)
