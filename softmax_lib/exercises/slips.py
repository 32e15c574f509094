"""The slips that a task declares, and which of them an answer holds.

A slip is a small rewriting of the solution's source: its name, what stands there, what a student
writes instead. The rewritten solutions run on the same cases as the student's function; an answer
that on every case is what one of them gives, or two of them in one, holds the same slips. A slip in
a mean, in reg or in a sign needs no rewriting: it is a factor on the data's part or on reg's.
"""

import copy
import functools
import inspect
import itertools
from dataclasses import dataclass, replace

import numpy as np

from softmax_lib.exercises.comparing import ATOL_AT_ZERO, RTOL_NARROW, as_array, widened
from softmax_lib.lessons import source_of

__all__ = ["CONVENTIONS", "Answer", "expected", "explained", "is_right", "kind_of"]
__all__ += ["answer_to", "parameters", "shows", "sizes", "values_of"]

MOST = 2  # rewritings that are looked for in one value
ONE = np.ones((1, 1))

# By name: the factors on the data's part and on reg's, of a case with N examples.
CONVENTIONS = {
    "": lambda N: (1.0, 1.0),
    "sum": lambda N: (N, 1.0),
    "half-reg": lambda N: (1.0, 0.5),
}


@dataclass
class Answer:
    """One value in one case: the right one in parts that add up to it, and the one that came.

    The parts: what is there without a step, what the examples add, and what reg adds.
    """

    case: int
    size: dict
    parts: tuple
    came: np.ndarray | None  # None: it raised
    bounds: tuple
    scale: tuple  # what the convention makes of the data's part and of reg's
    convention: str

    @property
    def right(self):
        """The right value."""
        return sum(self.parts)

    @functools.cached_property
    def scaled(self):
        """What came, divided by its largest; that; a bound by norm; whether inf and nan count."""
        finite = self.came[np.isfinite(self.came)]
        scale = np.abs(finite).max(initial=0.0) or 1.0  # lest a square overflow
        rtol, atol = widened(self.bounds, (self.came,))
        bound = rtol * np.linalg.norm(finite / scale) + max(atol, ATOL_AT_ZERO) / scale
        double = rtol == self.bounds[0] not in RTOL_NARROW.values()  # else it depends on where
        return np.ravel(self.came) / scale, scale, bound, double


@functools.cache
def parameters(task):
    """The names of the solution's arguments."""
    return list(inspect.signature(task.solution).parameters)


@functools.cache
def cases_of(task):
    """The task's cases, made once: whoever runs a function on them copies their arrays."""
    return task.cases()


def kind_of(task, k):
    """What kind of value k is: ``"loss"``, ``"gradient"``, ``"derivative"`` or ``""``."""
    return task.kinds.get(task.returns[k], "")


def sizes(task, arguments):
    """N, D and C of a case, as far as its arguments have them."""
    found = dict.fromkeys(("", "N", "D", "C"), 1)
    for name, value in zip(parameters(task), arguments, strict=True):
        axes = task.axes.get(name, "")
        found.update(zip(axes, np.shape(value) or (value,), strict=False))
    return found


@functools.cache
def expected(task, i, convention=""):
    """The right answer to case i, for a course that counts by this convention."""
    right = task.solution(*copy.deepcopy(cases_of(task)[i]))
    values = list(right) if len(task.returns) > 1 else [right]
    for k, value in enumerate(values):
        if convention and kind_of(task, k) in ("loss", "gradient"):
            converted = answer_to(task, k, i, None, convention).right
            values[k] = converted.astype(np.asarray(value).dtype)
    return tuple(values) if len(task.returns) > 1 else values[0]


def answer_to(task, k, i, came, convention=""):
    """The `Answer` to case i in value k; `came` is the student's."""
    arguments = cases_of(task)[i]
    size, scale = sizes(task, arguments), (1.0, 1.0)
    if kind_of(task, k) in ("loss", "gradient"):
        scale = CONVENTIONS[convention](size["N"])
    parts = parts_of(task, k, (), i, scale)
    bounds = widened((task.rtol, task.atol), arguments)
    return Answer(i, size, parts, came, bounds, scale, convention)


# Explaining


def explained(task, k, answers):
    """The smallest sets of names that make value k what came, with the rewritings in each.

    Failing that, in another shape; then in the cases that did not raise; then, of numbers that are
    right but for a factor, the slips that only break, where they break what is broken. A list of
    (names, slips), and whether the shape is explained too.
    """
    ended = [answer for answer in answers if answer.came is not None]
    fits = all(answer.came.shape == answer.right.shape for answer in ended)
    zeros = kind_of(task, k) in ("gradient", "derivative") and not any(a.came.any() for a in ended)
    if is_constant(answers) and not zeros:  # zeros may be transposed besides
        unsure = all(np.isin(answer.right, (0, 1)).all() for answer in answers)
        return ([] if unsure else [(("constant-answer",), ())]), False
    passes = [(answers, False)] + [(answers, True)] * (not fits)
    passes += [(ended, True)] * (1 < len(ended) < len(answers))  # one case proves little
    for tried, any_shape in passes:
        if is_right(task, k, tried, any_shape):
            break  # where it did not raise
        for count in range(MOST + 1):
            found = [
                (names + tuple(name for name, *_ in slips), slips)
                for slips in hypotheses(task, k, count)
                for names in factors_in(task, k, slips, tried, any_shape)
            ]
            if found:
                fewest = min(len(names) for names, _ in found)
                return [pair for pair in found if len(pair[0]) == fewest], not any_shape
    if not fits:
        return [], False
    sound = [
        a if a.came is None else replace(a, came=np.where(np.isfinite(a.came), a.right, a.came))
        for a in answers
    ]
    finite = [(a, np.isfinite(a.came) & np.isfinite(a.right)) for a in ended]
    pairs = [np.stack([a.right[there], a.came[there]]) for a, there in finite]
    pairs.append(np.zeros((2, 1)))  # numpy 2.0 knows no rank of nothing
    if is_right(task, k, sound) or np.linalg.matrix_rank(np.hstack(pairs), rtol=1e-6) > 1:
        return [], False  # nothing breaks, or the numbers are others, by more than a factor
    breaking = [slip for slip in slips_of(task, k) if is_right(task, k, sound, slips=(slip,))]
    return [((slip[0],), (slip,)) for slip in breaking], False


def is_constant(answers):
    """Whether one number is all that ever comes; among yes and no it proves little."""
    came = [np.ravel(answer.came) for answer in answers if answer.came is not None]
    numbers = np.concatenate(came or [[]])
    return len(numbers) > 1 and len(came) == len(answers) and np.ptp(numbers) == 0


def is_right(task, k, answers, any_shape=False, slips=()):
    """Whether value k is right, or as these slips make it."""
    return all(fitting(task, k, slips, answer, ONE, ONE, any_shape).all() for answer in answers)


def shows(task, k, slip, answer):
    """Whether a slip changes value k in this case."""
    return not fitting(task, k, (slip,), replace(answer, came=answer.right), ONE, ONE).all()


def factors_in(task, k, slips, answers, any_shape):
    """The names of the factors with which these slips make value k what came, on every case."""
    regular, rows = task.reg in parameters(task), slice(None)
    for answer in answers:
        size = answer.size["N"], answer.size["C"]
        names, a, b = factors(kind_of(task, k), regular, answer.convention, *size)
        rows = np.arange(len(names))[rows]
        rows = rows[fitting(task, k, slips, answer, a[rows], b[rows], any_shape)]
        if not len(rows):
            return []
    return [names[i] for i in rows]


@functools.cache
def factors(kind, regular, convention, N, C):
    """Names, and the factors that they mean on the data's part and on reg's, as columns."""
    signs = [((), 1), (("sign",), -1)]
    data = [((), 1), ((f"no-mean-{kind}",), N), (("mean-twice",), 1 / N)]
    data += [(("divided-by-classes",), f / C) for f in (1, N)]
    reg = [((), 1), ((f"half-reg-{kind}",), 1 / 2), (("reg-twice",), 2)]
    reg += [((*names, "reg-divided-by-n"), b / N) for names, b in reg[:2]]
    reg += [((f"no-reg-{kind}",), 0)]
    if convention == "sum":
        data = data[:1]  # what these names say is of a mean
    if convention == "half-reg":
        reg = [reg[0], reg[-1]]
    data += [((f"no-data-{kind}",), 0)] * (kind == "gradient" and regular)
    if kind not in ("loss", "gradient"):
        data, reg = data[:1], reg[:1]
    rows = [
        (tuple(dict.fromkeys(s + d + t + r)), a * f, b * g)
        for (s, a), (d, f), (t, b), (r, g) in itertools.product(signs, data, signs, reg)
        if f or g  # nothing at all is told by another name
    ]
    names, a, b = zip(*rows, strict=True)
    return names, np.array(a, float)[:, None], np.array(b, float)[:, None]


def fitting(task, k, slips, answer, a, b, any_shape=False):
    """For each pair of factors whether, with these slips, they make what came."""
    parts, came = parts_of(task, k, slips, answer.case, answer.scale), answer.came
    if parts is None or came is None:
        broken = (v is None or not np.isfinite(v).all() for v in (parts and sum(parts), came))
        return np.full(len(a), all(broken))
    if parts[1].size != came.size or not (any_shape or parts[1].shape == came.shape):
        return np.zeros(len(a), bool)
    came, scale, bound, double = answer.scaled
    parts, fits = [np.ravel(part) / scale for part in parts], np.ones(len(a), bool)
    for few in (slice(None, None, 1 + came.size // 16), slice(None)):  # most fail on a few numbers
        start, data, reg = (part[few] for part in parts)
        values, right = start + a[fits] * data + b[fits] * reg, came[few]
        off = np.where(np.isfinite(values) & np.isfinite(right), values - right, 0.0)
        fit = np.linalg.norm(off, axis=1) <= bound
        for places in (np.isnan, np.isposinf, np.isneginf) if double else ():
            fit &= (places(values) == places(right)).all(axis=1)
        fits[fits] = fit
    return fits


# Rewriting


@functools.cache
def slips_of(task, k):
    """The slips that change value k on the task's cases: its own, and what is done to a result."""
    slips = [slip for slip in task.slips if rewritten(task, (slip,))]
    slips.append(("transposed", lambda *parts: [p.T if p.ndim == 2 else p for p in parts]))
    if kind_of(task, k) in ("gradient", "derivative"):
        name = "no-step" if task.step in parameters(task) else "zero-gradient"
        slips.append((name, lambda start, *parts: (start, *map(np.zeros_like, parts))))
    answers = [answer_to(task, k, i, None) for i in range(len(cases_of(task)))]
    return tuple(s for s in slips if any(shows(task, k, s, answer) for answer in answers))


@functools.cache
def hypotheses(task, k, count):
    """The sets of so many slips that can be made at once."""
    sets = itertools.combinations(slips_of(task, k), count)
    return [slips for slips in sets if rewritten(task, slips)]


def parts_of(task, k, slips, i, scale):
    """The parts of value k in case i as a rewritten solution makes them, or None if it raises."""
    try:
        start, data, reg = made(task, slips, i)[k]
        parts = start, scale[0] * (data - start), scale[1] * reg
        for slip in slips:
            parts = slip[1](*parts) if len(slip) == 2 else parts
    except Exception:
        return None
    return parts


@functools.lru_cache(maxsize=20_000)
def made(task, slips, i):
    """For each value (start, value at reg = 0, what reg adds), as the rewritten solution has it."""
    function, names = rewritten(task, slips), parameters(task)
    data = values_at(task, function, i, task.reg)
    whole = values_at(task, function, i) if task.reg in names else data
    none = [np.zeros(())] * len(data)
    start = values_at(task, task.solution, i, task.step) if task.step in names else none
    reg = [np.where(np.isfinite(a), b - a, 0.0) for a, b in zip(data, whole, strict=True)]
    return list(zip(start, data, reg, strict=True))


@functools.cache
def rewritten(task, slips):
    """The solution with the slips' texts in place of its own; None when one is not there."""
    function = task.model or task.solution
    rewritings = [slip for slip in slips if len(slip) == 3]
    if not rewritings:
        return function
    source, space = source_of(function), dict(function.__globals__)
    for _, right, wrong in rewritings:
        if right not in source:
            return None
        source = source.replace(right, wrong)
    try:
        exec(compile(source, "<slip>", "exec"), space)
    except SyntaxError:  # two texts that do not go together
        return None
    return space[function.__name__]


def values_at(task, function, i, zero=""):
    """The values of a function at the arguments of case i, of which one is 0."""
    given = [np.copy(a) if isinstance(a, np.ndarray) else a for a in cases_of(task)[i]]
    if zero in parameters(task):
        given[parameters(task).index(zero)] = 0.0
    return values_of(task, function(*given))


def values_of(task, result, order=None):
    """What came as a list of real arrays, one a name; None for each that is no such thing."""
    count = len(task.returns)
    values = result if count > 1 else [result]
    if type(values) not in (tuple, list) or len(values) != count:
        return [None] * count
    return [real_array(values[k]) for k in order or range(count)]


def real_array(value):
    """Real numbers as an array of floats, also when they came as complex ones or whole ones."""
    array = as_array(value)
    if array is None or array.size > 10_000 or array.dtype.kind not in "biufc" or array.imag.any():
        return None
    return array.real if array.dtype.kind in "fc" else array.astype(float)
