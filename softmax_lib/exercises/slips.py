"""Names for what is wrong with an answer, read from its numbers.

The student's function runs on inputs of our own: ordinary ones of several sizes, and scores that
break a softmax without its shift. Every slip of `variants`, alone or with another, predicts terms;
least squares over the terms gives the answer's factors, and how a factor grows with N, C and D says
what it is (N: no mean; 1/2 at reg: half of it). A slip is named when its prediction is met
everywhere: in every entry on ordinary scores, and in what breaks and what survives on the others.
When several explain the same answer, the fewest slips count; when that leaves two, both are said.
"""

import inspect
import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from softmax_lib.exercises import variants

__all__ = ["Factor", "Proof", "factor_of", "plain_slips", "prove"]

# N, D, C of the ordinary inputs: pairwise different, so that every factor has a growth of its own.
SIZES = ((4, 6, 3), (6, 3, 5), (3, 4, 7), (7, 5, 4), (5, 2, 6))
# What a slip's prediction may miss by, for answers in float64 and in float32.
CLOSE = {64: 1e-7, 32: 2e-4}
GRADIENTS = {"dW", "dS", "dS_i", "slope", "W_new"}
TABLES = {"J", "vJ"}
SCALARS = {"loss", "slope", "r"}
BREAKING = ("no-shift", "global-shift", "wrong-shift-sign", "log-of-zero")


@dataclass
class Proof:
    """What is proven: slugs; and sentences that say where it was seen, for `explain`."""

    slugs: tuple = ()
    evidence: tuple = ()

    def __add__(self, other):
        """Both, each slug once."""
        slugs = self.slugs + tuple(slug for slug in other.slugs if slug not in self.slugs)
        return Proof(slugs, self.evidence + other.evidence)


# Factors


class Factor(NamedTuple):
    """A number times powers of N, C and D."""

    constant: float
    N: int = 0
    C: int = 0
    D: int = 0

    def at(self, sizes):
        """Its value for these N, D, C."""
        N, D, C = sizes
        return self.constant * float(N) ** self.N * float(C) ** self.C * float(D) ** self.D

    def same(self, other):
        """Equal, but for rounding."""
        return self[1:] == other[1:] and bool(np.isclose(self.constant, other.constant, rtol=1e-3))

    def negative(self):
        """The same with the other sign."""
        return self._replace(constant=-self.constant)

    def __str__(self):
        powers = {name: getattr(self, name) for name in "NCD"}
        above = [_power(name, n) for name, n in powers.items() if n > 0]
        below = [_power(name, -n) for name, n in powers.items() if n < 0]
        constant = self.constant
        if 0 < abs(constant) < 1 and np.isclose(1 / constant, round(1 / constant)):
            below = [str(abs(round(1 / constant))), *below]
            constant = np.sign(constant)
        if not above or not np.isclose(abs(constant), 1):
            above = [f"{abs(constant):.4g}", *above]
        text = " ".join(above)
        if below:
            text += f"/({' '.join(below)})" if len(below) > 1 else f"/{below[0]}"
        return f"−{text}" if constant < 0 else text


ONE, ZERO = Factor(1.0), Factor(0.0)


def _power(name, n):
    return name if n == 1 else f"{name}^{n}"


def factor_of(values, sizes, close=1e-7):
    """The factor that has these values at these sizes, or None.

    Parameters
    ----------
    values : sequence of float
    sizes : sequence of (N, D, C)
    close : float
        How far a value may be off, relative to itself.

    Returns
    -------
    Factor or None

    Examples
    --------
    >>> sizes = [(4, 6, 3), (6, 3, 5), (3, 4, 7), (7, 5, 4), (5, 2, 6)]
    >>> print(factor_of([-N / (2 * C) for N, D, C in sizes], sizes))
    −N/(2 C)
    >>> print(factor_of([N + 1 for N, D, C in sizes], sizes))
    None
    """
    values = np.asarray(values, float)
    if np.all(np.abs(values) <= 10 * close):
        return ZERO
    if np.any(np.abs(values) <= 10 * close) or len(set(np.sign(values))) > 1:
        return None
    logs = np.log(np.abs(values))
    N, D, C = np.log(np.asarray(sizes, float)).T
    powers = np.stack([N, C, D], axis=1)
    columns = np.column_stack([np.ones(len(logs)), powers])
    found = np.round(np.linalg.lstsq(columns, logs, rcond=None)[0][1:]).astype(int)
    rest = logs - powers @ found
    if np.abs(found).max() > 2 or np.ptp(rest) > 100 * close:
        return None
    constant = np.exp(rest.mean())
    if np.isclose(constant, round(constant), rtol=100 * close):
        constant = round(constant)
    return Factor(float(np.sign(values[0]) * constant), *map(int, found))


# What factors mean


@dataclass
class Reading:
    """The slugs that some factors mean, how many factors mean none, and the factors in words."""

    slugs: tuple
    unnamed: int
    words: tuple


def read(result, factors):
    """What the factors of a result's terms mean, or None when they mean nothing known.

    Parameters
    ----------
    result : str
    factors : dict of str to Factor

    Returns
    -------
    Reading or None
    """
    known = {"slugs": (), "of": {k: f for k, f in factors.items() if k not in ("reg", "W")}}
    if result in GRADIENTS:
        known = gradient_pattern(factors)
    elif result in TABLES:
        known = table_pattern(factors)
    if known is None:
        return None
    slugs, unnamed, words = list(known["slugs"]), 0, []
    kind = "loss" if result in ("loss", "L") else "gradient" if result in GRADIENTS else ""
    for factor in known["of"].values():
        named = data_slugs(kind, factor)
        slugs += named
        unnamed += not (named or factor.same(ONE)) or abs(factor.constant) not in (0.0, 1.0)
        if not factor.same(ONE):
            words.append(f"the data's part comes with the factor {factor}")
    if "reg" in factors and result != "W_new":
        factor = factors["reg"]
        # Where nothing at all is filled in, the missing regularization is no slip of its own.
        if not (factor == ZERO and "zero-gradient" in slugs):
            named = reg_slugs(kind, factor)
            slugs += named
            unnamed += not (named or factor.same(ONE)) or abs(factor.constant) not in (0, 0.5, 1)
            if not factor.same(ONE):
                words.append(f"the part of reg comes with the factor {factor}")
    if "W" in factors and not factors["W"].same(ONE):
        unnamed += 1
        words.append(f"W itself comes with the factor {factors['W']}")
    return Reading(tuple(dict.fromkeys(slugs)), unnamed, tuple(dict.fromkeys(words)))


def gradient_pattern(factors):
    """Which of P, Y and both stand in a gradient: slugs, and the factors left to be read."""
    P, Y, both = (factors[name] for name in ("P", "Y", "YP"))
    if P == Y == both == ZERO:
        return {"slugs": ("zero-gradient",), "of": {}}
    if both == ZERO and P.same(Y):
        return {"slugs": (), "of": {"P": P}}
    if both == ZERO and Y == ZERO:
        return {"slugs": ("no-minus-one",), "of": {"P": P}}
    if both == ZERO and Y.same(P.negative()):
        return {"slugs": ("sign",), "of": {"P": P._replace(constant=abs(P.constant))}}
    if P == ZERO and (Y.same(both) or both == ZERO):
        return {"slugs": ("diagonal-jacobian",), "of": {"Y": Y}}
    if both == ZERO and P != ZERO:
        return {"slugs": (), "of": {"P": P, "Y": Y}}
    return None


def table_pattern(factors):
    """The same for a Jacobian, or for a row times it."""
    own, square, others = (factors[name] for name in ("own", "square", "others"))
    if own == square == others == ZERO:
        return {"slugs": ("zero-gradient",), "of": {}}
    if own.same(square) and own.same(others):
        return {"slugs": (), "of": {"own": own}}
    if others == ZERO and (square == ZERO or own.same(square)):
        return {"slugs": ("diagonal-jacobian",), "of": {"own": own}}
    if others.same(own.negative()) and (square.same(own) or square.same(others)):
        return {"slugs": ("sign",), "of": {"own": own._replace(constant=abs(own.constant))}}
    return None


def data_slugs(kind, factor):
    """What the factor of the data's part means."""
    if factor == ZERO:
        return []
    slugs = ["sign"] if factor.constant < 0 else []
    if kind and factor.D == 0:
        if (factor.N, factor.C) == (1, 0):
            slugs.append(f"no-mean-{kind}")
        if factor.C == -1 and factor.N in (0, 1):
            slugs.append("divided-by-classes")
    return slugs


def reg_slugs(kind, factor):
    """What the factor of the regularization's part means."""
    if factor == ZERO:
        return [f"no-reg-{kind}"]
    slugs = ["sign"] if factor.constant < 0 else []
    if np.isclose(abs(factor.constant), 0.5):
        slugs.append(f"half-reg-{kind}")
    if factor.D == 0 and (factor.N, factor.C) == (-1, 0):
        slugs.append("reg-divided-by-n")
    if factor.D == 0 and (factor.N, factor.C) in ((0, -1), (-1, -1)):
        slugs.append("divided-by-classes")
    return slugs


# Inputs of our own


def score_levels():
    """Scores that tell the shifts apart, and the logarithms: name, S of shape (3, 4), y."""
    S = np.random.default_rng(5).normal(size=(3, 4))
    y = np.array([1, 0, 3])
    gaps = np.array([[0, -1000, -2000, 0], [-1000, 0, 0, -3000], [0, 0, -800, -1500]])
    return [
        ("scores around 1000", S + 1000, y),
        ("scores around −1000", S - 1000, y),
        ("scores around 400", S + 400, y),
        ("rows of scores 1000 apart", S + np.array([[0], [1000], [-1000]]), y),
        ("scores 1000 apart in a row", S / 10 + gaps, y),
        ("scores 1000 apart in a row, the right class on top", S / 10 + gaps, gaps.argmax(axis=1)),
        ("columns of scores 1000 apart", S + np.array([0, 1000, -1000, 0]), y),
    ]


@dataclass
class Explanation:
    """Slugs that explain a result, how many (an unnamed factor counts), the factors in words."""

    slugs: tuple
    cost: int
    words: tuple


@dataclass
class Sample:
    """One call with inputs of our own: the arguments by name, N, D, C, and what came."""

    given: dict
    sizes: tuple
    came: list | None
    name: str = ""


def sampled(answer, names, arguments, sizes, name=""):
    """The sample for these arguments."""
    given = dict(zip(names, arguments, strict=True))
    if "y" in given:
        sizes = (len(given["y"]), *sizes[1:])
    return Sample(given, sizes, answer(arguments), name)


def ordinary_samples(answer, names, draws):
    """Per size, so many draws of ordinary inputs."""
    rng = np.random.default_rng(3)
    single = variants.ROWS & set(names)
    groups = []
    for N, D, C in SIZES:
        sizes = (1 if single else N, D, C)
        groups.append(
            [sampled(answer, names, variants.probe(names, sizes, rng), sizes) for _ in range(draws)]
        )
    return groups


def breaking_samples(answer, names):
    """Inputs on which a stage without its protection breaks: large scores, an absent class."""
    rng = np.random.default_rng(4)
    if set(names) == {"y", "C"}:
        arguments = {"y": np.array([0, 0, 2, 2, 2]), "C": 4}
        absent = tuple(arguments[name] for name in names)
        return [sampled(answer, names, absent, (5, 1, 4), "a class that no example has")]
    if not ({"S", "S_i", "W"} & set(names)):
        return []
    samples = []
    for name, S, y in score_levels():
        arguments = without_reg(names, variants.probe(names, (*S.shape[:1], 1, 4), rng, S, y))
        single = variants.ROWS & set(names)
        sizes = (1, 1, 4) if single else (3, 3, 4)
        samples.append(sampled(answer, names, arguments, sizes, name))
    return samples


def without_reg(names, arguments):
    """The arguments with reg = 0: then only the scores count."""
    return tuple(0.0 if n == "reg" else value for n, value in zip(names, arguments, strict=True))


def epsilons_of(answer, names, k):
    """What the answer may have put inside its logarithm: where the loss stops growing, it shows."""
    if not {"S", "W"} & set(names) or "y" not in names:
        return ()
    came = []
    for gap in (2000.0, 3000.0):
        S, y = np.array([[0.0, -gap, -3.0]]), np.array([1])
        rng = np.random.default_rng(6)
        values = answer(without_reg(names, variants.probe(names, (1, 1, 3), rng, S, y)))
        value = None if values is None or values[k] is None else values[k]
        if value is None or value.size != 1 or not np.isfinite(value).all():
            return ()
        came.append(abs(float(value.reshape(()))))
    if came[0] == 0 or not np.isclose(*came, rtol=1e-9):
        return ()
    return (np.exp(-came[0]), np.exp(-3 * came[0]))


# Proving


def prove(task, answer):
    """The slips that explain a task's wrong answers.

    Parameters
    ----------
    task : softmax_lib.lessons.Task
    answer : callable
        ``answer(arguments)`` calls the student's function: a list of arrays, one for each name in
        ``task.returns`` (None for what is no numbers), or None when it raised.

    Returns
    -------
    Proof
        Empty when nothing is proven, or when the task is not one of the derivation.
    """
    names = tuple(inspect.signature(task.solution).parameters)
    placed = [k for k, name in enumerate(task.returns) if is_placed(task, names, k, name)]
    if not placed:
        return Proof()
    scalar = any(task.returns[k] in SCALARS for k in placed)
    groups = ordinary_samples(answer, names, draws=6 if scalar else 2)
    breaking = breaking_samples(answer, names)
    proof = Proof()
    for k in placed:
        name = task.returns[k]
        epsilons = epsilons_of(answer, names, k) if name in ("loss", "L") else ()
        proof += prove_one(name, k, groups, breaking, epsilons)
    if task.returns == ("loss", "dW") and len(placed) == 2:
        proof += Proof(evidence=consistency(answer, names, proof.slugs))
    return proof


def is_placed(task, names, k, name):
    """Whether the derivation gives this result of the task: it must meet the solution."""
    if name not in variants.RESULTS:
        return False
    rng = np.random.default_rng(2)
    for sizes in SIZES[:2]:
        try:
            arguments = variants.probe(names, sizes, rng)
            parts = variants.terms(name, dict(zip(names, arguments, strict=True)))
        except (KeyError, ValueError):
            return False
        right = task.solution(*arguments)
        right = np.asarray(right[k] if len(task.returns) > 1 else right)
        total = sum(part for label, part in parts.items() if label != "YP")
        if right.shape not in (np.shape(total), np.shape(total)[1:]) or not np.allclose(
            right, total, rtol=1e-9, atol=1e-12
        ):
            return False
    return True


def fitted(value, shape):
    """A result in the shape asked for, and whether it had to be transposed; None: it is no such."""
    if value is None or not np.size(value):
        return None, False
    if value.shape == shape:
        return value, False
    if value.ndim == 2 and value.shape[::-1] == shape:
        return value.T, True
    return (value.reshape(shape), False) if value.size == int(np.prod(shape)) else (None, False)


def finite(value):
    """True for a result without inf and nan."""
    return value is not None and bool(np.isfinite(value).all())


def prove_one(name, k, groups, breaking, epsilons):
    """The slips in one result.

    Parameters
    ----------
    name : str
        The result, such as ``"dW"``.
    k : int
        Its place among those that came.
    groups : list of list of Sample
    breaking : list of Sample
    epsilons : tuple of float

    Returns
    -------
    Proof
    """
    draws = 2 if name not in SCALARS else None
    groups = [group[:draws] for group in groups]
    came = [[None if s.came is None else s.came[k] for s in group] for group in groups]
    close = CLOSE.get(narrowest(came))
    if not close or not all(finite(value) for group in came for value in group):
        return Proof()
    best, met = [], False
    for slugs, switches in variants.combinations(epsilons):
        if met and best[0].cost < len(slugs):
            break  # what is still to come says more than is needed
        factors, turned = fit(name, groups, came, switches, close)
        reading = factors and read(name, factors)
        if not reading:
            continue
        slugs = tuple(dict.fromkeys((*slugs, *reading.slugs, *["transposed"] * turned)))
        found = Explanation(slugs, len(slugs) + reading.unnamed, reading.words)
        holds = meets(name, k, breaking, switches, factors, close)
        if not best or (holds, -found.cost) > (met, -best[0].cost):
            best, met = [found], holds
        elif (holds, found.cost) == (met, best[0].cost):
            best.append(found)
    if not best:
        return broken_only(name, k, breaking)
    said = ()
    if not met:
        said = (
            f"On scores a thousand apart, {name} is wrong in a way that no known slip explains.",
        )
    return agreed(name, best, said)


def narrowest(came):
    """The bits of the narrowest float among the results."""
    dtypes = [v.dtype for group in came for v in group if v is not None and v.dtype.kind == "f"]
    return min((np.finfo(dtype).bits for dtype in dtypes), default=64)


def agreed(name, explanations, said=()):
    """What all explanations share; where they differ, the alternatives in a sentence."""
    sets = list(dict.fromkeys(frozenset(e.slugs) for e in explanations))
    sure = frozenset.intersection(*sets)
    if len(sets) > 1:
        either = " or ".join(" with ".join(sorted(s - sure)) for s in sets)
        said = (f"From {name} these cannot be told apart: {either}.", *said)
    elif explanations[0].words:
        said = (f"In {name}, {' and '.join(explanations[0].words)}.", *said)
    return Proof(tuple(slug for slug in explanations[0].slugs if slug in sure), said)


def fit(name, groups, came, switches, close):
    """The factors of the terms under these switches, and whether all came transposed.

    Returns
    -------
    factors : dict of str to Factor, or None
        None when the terms do not add up to what came.
    turned : bool
    """
    found, turns = [], set()
    for group, values in zip(groups, came, strict=True):
        right, columns = [], None
        for sample, value in zip(group, values, strict=True):
            parts = variants.terms(name, sample.given, switches)
            value, turned = fitted(value, np.shape(next(iter(parts.values()))))
            if value is None:
                return None, False
            turns.add(turned)
            columns = columns or {label: [] for label in parts}
            for label, part in parts.items():
                columns[label].append(np.ravel(part))
            right.append(np.ravel(value))
        b = np.concatenate(right).astype(float)
        A = np.stack([np.concatenate(columns[label]) for label in columns], axis=1)
        if not np.isfinite(A).all():
            return None, False
        factors, _, rank, _ = np.linalg.lstsq(A, b, rcond=None)
        if rank < A.shape[1] and "YP" in columns:  # all p alike: Y and Y times p are one term
            factors = np.linalg.lstsq(A * [label != "YP" for label in columns], b, rcond=None)[0]
        elif rank < A.shape[1]:
            return None, False
        if np.linalg.norm(A @ factors - b) > close * np.linalg.norm(b):
            return None, False
        found.append(factors)
    if len(turns) > 1:
        return None, False
    sizes = [group[0].sizes for group in groups]
    named = {
        label: factor_of([factors[k] for factors in found], sizes, close)
        for k, label in enumerate(columns)
    }
    return (None if None in named.values() else named), turns == {True}


def meets(name, k, breaking, switches, factors, close):
    """Whether the prediction holds on the inputs that break: what breaks, and what survives."""
    for sample in breaking:
        predicted = prediction(name, sample, switches, factors)
        value = None if sample.came is None else sample.came[k]
        if finite(predicted) != finite(value):
            return False
        if finite(predicted):
            value, _ = fitted(value, np.shape(predicted))
            if value is None:
                return False
            size = np.linalg.norm(predicted)
            if np.linalg.norm(predicted - value) > max(10 * close, 1e-6) * size + 1e-12:
                return False
    return True


def prediction(name, sample, switches, factors=None):
    """What the switches and factors make of a sample's inputs."""
    parts = variants.terms(name, sample.given, switches)
    if factors is None:
        factors = {label: ZERO if label == "YP" else ONE for label in parts}
    with np.errstate(all="ignore"):
        total = [factors[label].at(sample.sizes) * part for label, part in parts.items()
                 if factors[label] != ZERO]  # fmt: skip
    return sum(total) if total else np.zeros(np.shape(next(iter(parts.values()))))


def broken_only(name, k, breaking):
    """What breaks and what survives, when the values on ordinary inputs fit no slip."""
    pattern = [finite(None if s.came is None else s.came[k]) for s in breaking]
    if all(pattern) or not any(pattern):
        return Proof()
    patterns = {}
    for slugs, switches in variants.combinations(
        slips=[slip for slip in variants.SWITCHES if slip[0] in BREAKING]
    ):
        predicted = tuple(finite(prediction(name, s, switches)) for s in breaking)
        patterns.setdefault(predicted, []).append(slugs)
    fitting = patterns.get(tuple(pattern), [])
    fewest = [slugs for slugs in fitting if len(slugs) == len(fitting[0])]
    return Proof(fewest[0]) if len(fewest) == 1 else Proof()


# The student's gradient against the student's own loss

CONVENTIONS = {
    ("half-reg-gradient", "half-reg-loss"): "0.5 reg sum(W W)",
    ("no-mean-gradient", "no-mean-loss"): "a sum over the examples instead of their mean",
    ("no-reg-gradient", "no-reg-loss"): "no regularization",
}


def consistency(answer, names, slugs):
    """Whether dW is the gradient of the loss that comes with it, in a sentence.

    Central differences of the student's own loss along three directions, against dW.
    """
    rng = np.random.default_rng(7)
    arguments = variants.probe(names, SIZES[0], rng)
    at, h = names.index("W"), 1e-5
    W = arguments[at]

    def loss_and_gradient(W):
        came = answer((*arguments[:at], W, *arguments[at + 1 :]))
        if came is None or not all(finite(value) for value in came):
            return None
        loss, dW = came[0], fitted(came[1], W.shape)[0]
        return None if loss.size != 1 or dW is None else (float(loss.reshape(())), dW)

    here = loss_and_gradient(W)
    if here is None or not np.any(here[1]):
        return ()
    errors = []
    for U in rng.normal(size=(3, *W.shape)):
        ahead, behind = loss_and_gradient(W + h * U), loss_and_gradient(W - h * U)
        if ahead is None or behind is None:
            return ()
        slope = (ahead[0] - behind[0]) / (2 * h)
        errors.append(abs(np.sum(here[1] * U) - slope) / max(abs(slope), 1e-12))
    if max(errors) > 1e-5:
        return ("By central differences, your dW is not the gradient of your own loss.",)
    for both, convention in CONVENTIONS.items():
        if set(both) == set(slugs):
            return (
                f"Your dW is the gradient of your own loss: you keep to another convention, "
                f"{convention}, in both. It is consistent, and not the one of this series.",
            )
    return ("Your dW is the gradient of your own loss: both are off in the same way.",)


# Any task


def plain_slips(names, pairs):
    """What every number of an answer shows without any derivation: the sign, or nothing but zeros.

    Parameters
    ----------
    names : tuple of str
        What comes back.
    pairs : list of (list, list)
        For each case the right values and those that came, as arrays or None.

    Returns
    -------
    Proof
    """
    proof = Proof()
    for k, name in enumerate(names):
        ratios = [signed_ratio(right[k], came[k]) for right, came in pairs]
        told = {ratio for ratio in ratios if ratio != "nothing"}
        if told == {-1}:
            proof += Proof(("sign",))
        if told == {0} and name in variants.DERIVATIVES:
            proof += Proof(("zero-gradient",))
    return proof


def signed_ratio(right, came):
    """-1, 0 or 1 when `came` is that times `right`; "nothing" when `right` is 0; else None."""
    if right is None or came is None or right.dtype.kind != "f" or right.shape != came.shape:
        return None
    if not finite(right) or not finite(came):
        return None
    if not right.any():
        return "nothing" if not came.any() else None
    for ratio in itertools.chain((-1, 0, 1)):
        if np.linalg.norm(came - ratio * right) <= 1e-7 * np.linalg.norm(right):
            return ratio
    return None
