"""Names for what is wrong with an answer, read from its numbers.

The student's function runs on inputs of our own: ordinary ones of several sizes, and scores that
break a softmax without its shift. Every slip of `variants`, alone or with another, predicts terms;
least squares over the terms gives the answer's factors, and how a factor grows with N, C and D says
what it is (N: no mean; 1/2 at reg: half of it). A slip is named when its prediction is met
everywhere: in every entry on ordinary scores, and in what breaks and what survives on the others.
When several explain the same answer, the fewest slips count; when that leaves two, both are said.
"""

import functools
import inspect
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
BREAKING_SLIPS = [
    (slug, turned)
    for slug, turned in variants.SWITCHES
    if slug in BREAKING and turned != {"log": "Y times"}  # that one by its nan
]
DRAWS = 4  # of each size: more than a number has terms


@dataclass
class Proof:
    """What is proven: slugs, sentences for the verdict (notes) and for `explain` (evidence).

    `whole` says that the slugs explain all that came, its shape too.
    """

    slugs: tuple = ()
    evidence: tuple = ()
    notes: tuple = ()
    whole: bool = False

    def __add__(self, other):
        """Both, each slug once."""
        slugs = self.slugs + tuple(slug for slug in other.slugs if slug not in self.slugs)
        evidence, notes = self.evidence + other.evidence, self.notes + other.notes
        return Proof(slugs, evidence, notes, self.whole or other.whole)


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

    def positive(self):
        """The same without its sign."""
        return self._replace(constant=abs(self.constant))

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
    if np.isclose(constant, round(2 * constant) / 2, rtol=100 * close):
        constant = round(2 * constant) / 2
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
    if result not in GRADIENTS | TABLES and all(factor == ZERO for factor in factors.values()):
        return Reading((), 1, ("everything comes with the factor 0",))
    pattern = gradient_pattern if result in GRADIENTS else table_pattern
    found = pattern(factors) if result in GRADIENTS | TABLES else plain_pattern(factors)
    if found is None:
        return None
    slugs, data = list(found[0]), found[1]
    kind = "loss" if result in ("loss", "L") else "gradient" if result in GRADIENTS else ""
    parts = [("the data's part", factor, data_slugs(kind, factor)) for factor in data]
    # Where nothing at all is filled in, the missing regularization is no slip of its own.
    if "reg" in factors and (factors["reg"] != ZERO or "zero-gradient" not in slugs):
        parts.append(("reg's part", factors["reg"], reg_slugs(kind, factors["reg"])))
    if "W" in factors:
        parts.append(("W itself", factors["W"], []))
    unnamed, words = 0, []
    for part, factor, named in parts:
        if factor.same(ONE):
            continue
        slugs += named
        unnamed += not named or abs(factor.constant) not in (0.0, 0.5, 1.0)
        words.append(f"{part} comes with the factor {factor}")
    return Reading(tuple(dict.fromkeys(slugs)), unnamed, tuple(dict.fromkeys(words)))


def plain_pattern(factors):
    """No slug, and the factors of the terms that are neither reg's nor W itself."""
    return (), [factor for label, factor in factors.items() if label not in ("reg", "W")]


def gradient_pattern(factors):
    """Which of P, Y and both stand in a gradient: slugs, and the factors left to be read."""
    P, Y, both = (factors[label] for label in ("P", "Y", "YP"))
    if P == Y == both == ZERO:
        return ("zero-gradient",), []
    if P == ZERO and (both == ZERO or Y.same(both)):
        return ("diagonal-jacobian",), [Y]
    if both != ZERO or P == ZERO:
        return None
    if Y == ZERO:
        return ("no-minus-one",), [P]
    if Y.same(P.negative()):
        return ("sign",), [P.positive()]
    return (), [P] if P.same(Y) else [P, Y]


def table_pattern(factors):
    """The same for a Jacobian, or for a row times it: p_k and p_k p_k at k = c, p_k p_c beside."""
    own, square, others = (factors[label] for label in ("own", "square", "others"))
    if own == square == others == ZERO:
        return ("zero-gradient",), []
    if own.same(square) and own.same(others):
        return (), [own]
    if others == ZERO and (square == ZERO or own.same(square)):
        return ("diagonal-jacobian",), [own]
    if others.same(own.negative()) and (square.same(own) or square.same(others)):
        return ("sign",), [own.positive()]
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


class Input(NamedTuple):
    """Arguments of our own: by name, with their N, D, C, and what is special about them."""

    given: dict
    sizes: tuple
    title: str = ""


def made_input(names, arguments, sizes, title=""):
    """The input that these arguments make."""
    given = dict(zip(names, arguments, strict=True))
    N = 1 if variants.ROWS & set(names) else len(given["y"]) if "y" in given else sizes[0]
    return Input(given, (N, *sizes[1:]), title)


@functools.cache
def ordinary_inputs(names):
    """Per size, several draws of ordinary inputs."""
    rng = np.random.default_rng(3)
    return tuple(
        tuple(made_input(names, variants.probe(names, sizes, rng), sizes) for _ in range(DRAWS))
        for sizes in SIZES
    )


@functools.cache
def breaking_inputs(names):
    """Inputs on which a stage without its protection breaks: large scores, an absent class."""
    rng = np.random.default_rng(4)
    if set(names) == {"y", "C"}:
        labels = {
            "a class that no example has": [0, 0, 2, 2, 2],
            "examples of one class alone": [1, 1, 1, 1, 1],
        }
        absent = [(title, {"y": np.array(y), "C": 4}) for title, y in labels.items()]
        return tuple(
            made_input(names, [given[name] for name in names], (5, 1, 4), title)
            for title, given in absent
        )
    if not {"S", "S_i", "W"} & set(names):
        return ()
    N = 1 if variants.ROWS & set(names) else 3
    inputs = []
    for title, S, y in score_levels():
        arguments = without_reg(names, variants.probe(names, (N, N, 4), rng, S, y))
        inputs.append(made_input(names, arguments, (N, N, 4), title))
    return tuple(inputs)


@functools.lru_cache(maxsize=4096)
def terms_at(result, names, switches, place):
    """The terms of a result at one of our inputs, which are the same in every check.

    The place is ``(group, draw)``, or ``(k,)`` among the inputs that break.
    """
    inputs = breaking_inputs(names) if len(place) == 1 else ordinary_inputs(names)[place[0]]
    return variants.terms(result, inputs[place[-1]].given, switches)


class Design(NamedTuple):
    """The terms of a result as columns: for each size a matrix over all entries and draws.

    `spans` are orthonormal columns for the same: what they leave of an answer, no factors explain.
    None for terms that are not finite.
    """

    labels: tuple
    matrices: tuple
    spans: tuple | None


@functools.lru_cache(maxsize=4096)
def design(result, names, switches):
    """The `Design` of a result under these switches."""
    matrices, spans = [], []
    for g in range(len(SIZES)):
        draws = [terms_at(result, names, switches, (g, k)) for k in range(draws_for(result))]
        labels = tuple(draws[0])
        columns = [np.concatenate([np.ravel(parts[label]) for parts in draws]) for label in labels]
        matrices.append(np.stack(columns, axis=1))
        if not np.isfinite(matrices[-1]).all():
            return Design(labels, (), None)
        basis, sizes, _ = np.linalg.svd(matrices[-1], full_matrices=False)
        spans.append(basis[:, sizes > 1e-12 * sizes[0]])
    return Design(labels, tuple(matrices), tuple(spans))


def shapes_of(result, names):
    """For each size the shape of a result."""
    terms = [terms_at(result, names, variants.RIGHT, (g, 0)) for g in range(len(SIZES))]
    return [np.shape(next(iter(parts.values()))) for parts in terms]


def draws_for(result):
    """How many draws of a size give enough numbers for the factors."""
    return DRAWS if result in SCALARS else 2


def without_reg(names, arguments):
    """The arguments with reg = 0: then only the scores count."""
    return tuple(0.0 if n == "reg" else value for n, value in zip(names, arguments, strict=True))


def epsilons_of(answer, names, k):
    """What the answer may have put inside its logarithm: where the loss stops growing, it shows."""
    if set(names) == {"y", "C"}:  # one class alone: the loss is -log(1 + epsilon)
        given = {"y": np.zeros(3, int), "C": 2}
        values = answer(tuple(given[name] for name in names))
        if values is None or not finite(values[k]) or values[k].size != 1:
            return ()
        loss = float(values[k].reshape(()))
        return tuple(np.expm1(-loss * share) for share in (1, 1 / 3, 2) if loss < -1e-15)
    if not {"S", "W"} & set(names) or "y" not in names:
        return ()
    came = []
    for gap in (2000.0, 3000.0):
        # Every row and every column has its 0, so that a wrong axis or shift changes nothing.
        S = np.array([[0.0, -gap, -3.0], [-3.0, 0.0, -gap], [-gap, -3.0, 0.0]])
        arguments = variants.probe(names, (3, 3, 3), np.random.default_rng(6), S, S.argmin(axis=1))
        values = answer(without_reg(names, arguments))
        if values is None or not finite(values[k]) or not values[k].size:
            return ()
        came.append(np.abs(values[k]).max())
    if came[0] == 0 or not np.isclose(*came, rtol=1e-9):
        return ()
    # Of three examples the mean, the sum, or one over three.
    return tuple(float(np.exp(-came[0] * share)) for share in (1, 1 / 3, 3))


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
    ordinary, breaking = ordinary_inputs(names), breaking_inputs(names)
    draws = max(draws_for(task.returns[k]) for k in placed)
    groups = [[answer(tuple(i.given.values())) for i in group[:draws]] for group in ordinary]
    broken = [answer(tuple(i.given.values())) for i in breaking]
    if all(values is None for values in broken):  # errors that large scores are not to blame for
        broken = []
    proof = Proof()
    for k in placed:
        name = task.returns[k]
        epsilons = epsilons_of(answer, names, k) if name in ("loss", "L") else ()
        came = [[part(values, k) for values in group[: draws_for(name)]] for group in groups]
        proof += prove_one(name, names, came, [part(values, k) for values in broken], epsilons)
    if task.returns == ("loss", "dW") and len(placed) == 2:
        proof += consistency(task, answer, names, proof.slugs)
    return proof


def part(values, k):
    """One of the values that came, or None."""
    return None if values is None else values[k]


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
    if value is None or value.size != int(np.prod(shape)):
        return None, False
    if value.shape == shape:
        return value, False
    bare = value.squeeze()
    if bare.ndim == 2 and bare.shape[::-1] == shape:
        return bare.T, True
    return value.reshape(shape), False


def finite(value):
    """True for a result without inf and nan."""
    return value is not None and bool(np.isfinite(value).all())


def prove_one(name, names, came, broken, epsilons):
    """The slips in one result.

    Parameters
    ----------
    name : str
        The result, such as ``"dW"``.
    names : tuple of str
        The task's parameters.
    came : list of list of ndarray
        The answer to `ordinary_inputs`; None for what is no numbers.
    broken : list of ndarray
        The answer to `breaking_inputs`.
    epsilons : tuple of float

    Returns
    -------
    Proof
    """
    close = CLOSE.get(narrowest(came))
    if not close or not all(finite(value) for group in came for value in group):
        return Proof()
    vectors, turned = stacked(came, shapes_of(name, names))
    best, met = [], False
    for slugs, switches in variants.combinations(epsilons) if vectors else ():
        if met and best[0].cost < len(slugs):
            break  # what is still to come says more than is needed
        factors = fit(name, names, vectors, switches, close)
        reading = factors and read(name, factors)
        if not reading:
            continue
        slugs = tuple(dict.fromkeys((*slugs, *reading.slugs, *["transposed"] * turned)))
        words = ("only the first example counts",) * ("" in slugs) + reading.words
        named = tuple(slug for slug in slugs if slug)
        found = Explanation(named, len(slugs) + reading.unnamed, words)
        unmet = missed(name, names, broken, switches, factors, close)
        holds = not unmet
        if not best or (holds, -found.cost) > (met, -best[0].cost):
            best, met, elsewhere = [found], holds, unmet
        elif (holds, found.cost) == (met, best[0].cost):
            best.append(found)
    if not best:
        return broken_only(name, names, broken)
    said = ()
    if not met:
        inputs = breaking_inputs(names)
        where = ", on ".join(inputs[k].title for k in elsewhere[:3])
        how = "is off" if any(finite(broken[k]) for k in elsewhere) else "breaks"
        said = f"besides, {the(name)} {how} on {where}."
        if best[0].cost == 0:
            said = f"On ordinary inputs {the(name)} is right; it {how} on {where}."
        else:
            said = f"That is what ordinary inputs show; {said}"
    return agreed(name, best, (said,) if said else ())


def narrowest(came):
    """The bits of the narrowest float among the results."""
    dtypes = [v.dtype for group in came for v in group if v is not None and v.dtype.kind == "f"]
    return min((np.finfo(dtype).bits for dtype in dtypes), default=64)


def the(name):
    """A result as it stands in a sentence."""
    return "the loss" if name == "loss" else name


def agreed(name, explanations, said=()):
    """What all explanations share; where they differ, the alternatives in a sentence."""
    sets = list(dict.fromkeys(frozenset(e.slugs) for e in explanations))
    sure = frozenset.intersection(*sets)
    if len(sets) > 1:
        either = " or ".join(" with ".join(sorted(s - sure)) for s in sets)
        said = (f"From {the(name)} these cannot be told apart: {either}.", *said)
    elif explanations[0].words:
        said = (f"In {the(name)}, {' and '.join(explanations[0].words)}.", *said)
    return Proof(tuple(slug for slug in explanations[0].slugs if slug in sure), said)


def stacked(came, shapes):
    """For each size the numbers that came, over all draws, and whether all came transposed.

    Returns
    -------
    vectors : list of ndarray, or None
        None when a value has another number of entries, or only some came transposed.
    turned : bool
    """
    vectors, turns = [], set()
    for values, shape in zip(came, shapes, strict=True):
        values, turned = zip(*(fitted(value, shape) for value in values), strict=True)
        if any(value is None for value in values):
            return None, False
        turns.update(turned)
        vectors.append(np.concatenate([np.ravel(value) for value in values]).astype(float))
    return (vectors if len(turns) == 1 else None), turns == {True}


def fit(name, names, vectors, switches, close):
    """The factors of the terms under these switches; None when they do not add up to what came."""
    labels, matrices, spans = design(name, names, switches)
    if spans is None:
        return None
    for b, Q in zip(vectors, spans, strict=True):
        if np.linalg.norm(b - Q @ (Q.T @ b)) > close * np.linalg.norm(b):
            return None
    found = []
    for b, A in zip(vectors, matrices, strict=True):
        factors, _, rank, _ = np.linalg.lstsq(A, b, rcond=None)
        if rank < A.shape[1] and "YP" in labels:  # all p alike: Y and Y times p are one term
            factors = np.linalg.lstsq(A * [label != "YP" for label in labels], b, rcond=None)[0]
        elif rank < A.shape[1]:
            return None
        found.append(factors)
    sizes = [group[0].sizes for group in ordinary_inputs(names)]
    factors = {
        label: factor_of(values, sizes, close)
        for label, values in zip(labels, np.transpose(found), strict=True)
    }
    return None if None in factors.values() else factors


def missed(name, names, broken, switches, factors, close):
    """On which of the inputs that break the prediction fails: what breaks, and what survives."""
    places = []
    for k, value in enumerate(broken):
        predicted = prediction(name, names, k, switches, factors)
        as_predicted = finite(predicted) == finite(value)
        if as_predicted and not finite(predicted) and switches.log == "Y times":
            value, _ = (None, None) if value is None else fitted(value, np.shape(predicted))
            as_predicted = value is not None and np.array_equal(*map(np.isnan, (value, predicted)))
        elif as_predicted and finite(predicted):
            value, _ = fitted(value, np.shape(predicted))
            bound = max(10 * close, 1e-6) * np.linalg.norm(predicted) + 1e-12
            as_predicted = value is not None and np.linalg.norm(predicted - value) <= bound
        if not as_predicted:
            places.append(k)
    return places


def prediction(name, names, k, switches, factors=None):
    """What the switches and the factors, or the right ones, make of an input that breaks."""
    parts = terms_at(name, names, switches, (k,))
    if factors is None:
        factors = {label: ZERO if label == "YP" else ONE for label in parts}
    sizes = breaking_inputs(names)[k].sizes
    total = np.zeros(np.shape(next(iter(parts.values()))))
    with np.errstate(all="ignore"):
        for label, term in parts.items():
            if factors[label] != ZERO:
                total = total + factors[label].at(sizes) * term
    return total


def broken_only(name, names, broken):
    """What breaks and what survives, when the values on ordinary inputs fit no slip."""
    pattern = tuple(map(finite, broken))
    if all(pattern):
        return Proof()
    fitting = []
    for slugs, switches in variants.combinations(slips=BREAKING_SLIPS):
        predicted = [prediction(name, names, k, switches) for k in range(len(broken))]
        if tuple(map(finite, predicted)) == pattern:
            fitting.append(slugs)
    fewest = [slugs for slugs in fitting if len(slugs) == len(fitting[0])]
    explanations = [Explanation(slugs, len(slugs), ()) for slugs in fewest]
    return agreed(name, explanations) if explanations else Proof()


# The student's gradient against the student's own loss

CONVENTIONS = {
    ("half-reg-gradient", "half-reg-loss"): "0.5 reg sum(W W) in the loss and reg W in dW",
    ("no-mean-gradient", "no-mean-loss"): "a sum over the examples instead of their mean",
    ("no-reg-gradient", "no-reg-loss"): "no regularization",
}


def consistency(task, answer, names, slugs):
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
    if here is None:
        return Proof()
    right = task.solution(*arguments)
    loss_is, dW_is = (np.allclose(a, b, rtol=1e-6) for a, b in zip(here, right, strict=True))
    if loss_is and dW_is:
        return Proof()
    errors = []
    for U in rng.normal(size=(3, *W.shape)):
        ahead, behind = loss_and_gradient(W + h * U), loss_and_gradient(W - h * U)
        if ahead is None or behind is None:
            return Proof()
        slope = (ahead[0] - behind[0]) / (2 * h)
        errors.append(abs(np.sum(here[1] * U) - slope) / max(abs(slope), 1e-12))
    if max(errors) <= 1e-5:
        convention = CONVENTIONS.get(tuple(sorted(slugs)))
        if convention is None:
            return Proof((), ("Your dW is the gradient of your own loss: the slip is in both.",))
        said = (
            f"By central differences, your dW is the gradient of your own loss: you keep to "
            f"another convention, {convention}. It is consistent, and not the one asked for."
        )
        return Proof((), (said,), (said,))
    if loss_is:
        said = (
            "The loss is right on ordinary scores; dW is not its gradient, by central differences."
        )
    elif dW_is:
        said = (
            "dW is right on ordinary scores; it is not the gradient of the loss that comes with it."
        )
    else:
        said = "By central differences, your dW is not the gradient of your own loss either."
    return Proof((), (said,))


# Any task


def plain_slips(names, pairs, rtol=1e-8):
    """What an answer shows without any derivation: a turned table, a sign, nothing but zeros.

    Parameters
    ----------
    names : tuple of str
        What comes back.
    pairs : list of (list, list)
        For each case the right values and those that came, as arrays or None.
    rtol : float
        The task's.

    Returns
    -------
    Proof
    """
    proof = Proof()
    for k, name in enumerate(names):
        ways = [signed_ways(right[k], came[k], 10 * rtol) for right, came in pairs]
        common = set.intersection(*ways) if ways else set()
        for turned, ratio, slug in (
            *((False, 1, ""), (True, 1, ""), (False, -1, "sign"), (True, -1, "sign")),
            *((False, 0, "zero-gradient"), (True, 0, "zero-gradient")),
        ):
            if (turned, ratio) in common:
                if ratio or name in variants.DERIVATIVES:
                    proof += Proof(tuple(s for s in ("transposed" * turned, slug) if s))
                break
        else:
            proof += Proof(evidence=in_every_case(name, [(r[k], c[k]) for r, c in pairs]))
    return proof


def in_every_case(name, pairs):
    """What all answers have in common, in a sentence; none when they have nothing."""
    if not all(finite(r) and finite(c) and r.shape == c.shape for r, c in pairs):
        return ()
    if len({r.shape for r, _ in pairs}) == 1 and len({c.tobytes() for _, c in pairs}) == 1:
        return (f"{name} is the same in every case, whatever comes in.",)
    if all(np.isin(r, (0, 1)).all() and np.all(c == 1 - r) for r, c in pairs):
        return (f"In every case {name} is the opposite of what is asked for.",)
    pairs = [(r, c) for r, c in pairs if np.any(r)]
    if len(pairs) < 2:
        return ()
    r, c = pairs[0]
    ratio = float(np.sum(c * r) / np.sum(r * r))
    if not (1e-9 < abs(ratio) < 1e9) or abs(ratio - 1) < 1e-6:
        return ()
    if all(np.linalg.norm(c - ratio * r) <= CLOSE[64] * np.linalg.norm(c) for r, c in pairs):
        return (f"In every case {name} comes with the factor {Factor(ratio)}.",)
    return ()


def signed_ways(right, came, rtol):
    """The ways (transposed or not, ratio) in which `came` is -1, 0 or 1 times `right`."""
    if right is None or right.dtype.kind != "f" or not finite(right) or not finite(came):
        return set()
    ways = set()
    for turned in (False, True):
        shape = right.shape[::-1] if turned else right.shape
        bare = came.reshape(shape) if came.size == right.size and fits(came, shape) else None
        if bare is None or (turned and right.ndim != 2):
            continue
        bare = bare.T if turned else bare
        ways |= {
            (turned, ratio)
            for ratio in (-1, 0, 1)
            if np.linalg.norm(bare - ratio * right)
            <= (rtol * np.linalg.norm(right) if ratio else 0)
        }
    return ways


def fits(value, shape):
    """Whether a result has this shape, but for axes of length 1."""
    return [n for n in value.shape if n > 1] == [n for n in shape if n > 1]
