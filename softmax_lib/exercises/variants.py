"""The derivation with switches: every stage as it should be, or with one slip in it.

A task enters the derivation where its arguments stand (W and X, or S, or P, or the labels alone)
and leaves it where its result stands (P, L, loss, dS, dW, J). `terms` walks from one to the other,
with a slip at any stage or at several, so that a pair of slips needs no code of its own. What is
linear is left open: a result comes as terms whose factors (1/N, a sign, 2 reg) an answer shows.
"""

import itertools
from typing import NamedTuple

import numpy as np

__all__ = ["DERIVATIVES", "RIGHT", "Switches", "combinations", "probe", "terms"]


class Switches(NamedTuple):
    """How each stage of the derivation is done; the defaults are right."""

    shift: str = "row"
    total: str = "row"
    times: int = 1
    log: str = "scores"
    epsilon: float = 0.0
    examples: str = "all"


RIGHT = Switches()

# What each slip turns. A slug with several lines can be made in several ways; "" has no slug.
SWITCHES = (
    ("wrong-axis", {"total": "column"}),
    ("wrong-axis", {"total": "column", "shift": "column"}),
    ("wrong-axis", {"total": "matrix"}),
    ("wrong-axis", {"total": "matrix", "shift": "matrix"}),
    ("double-softmax", {"times": 2}),
    ("column-shift", {"shift": "column"}),
    ("no-shift", {"shift": "none"}),
    ("global-shift", {"shift": "matrix"}),
    ("wrong-shift-sign", {"shift": "added"}),
    ("log-of-zero", {"log": "p"}),
    ("log-of-zero", {"log": "Y times"}),
    ("log-epsilon", {"log": "p + epsilon"}),
    ("log-epsilon", {"log": "max(p, epsilon)"}),
    ("last-example-only", {"examples": "last"}),
    ("", {"examples": "first"}),
)

SHIFTS = {
    "row": lambda S: -S.max(axis=1, keepdims=True),
    "column": lambda S: -S.max(axis=0, keepdims=True),
    "matrix": lambda S: -S.max(),
    "none": lambda S: 0.0,
    "added": lambda S: S.max(axis=1, keepdims=True),
}
TOTALS = {
    "row": lambda E: E.sum(axis=1, keepdims=True),
    "column": lambda E: E.sum(axis=0, keepdims=True),
    "matrix": lambda E: E.sum(),
}
LOGS = {
    "p": lambda p, epsilon: np.log(p),
    "p + epsilon": lambda p, epsilon: np.log(p + epsilon),
    "max(p, epsilon)": lambda p, epsilon: np.log(np.maximum(p, epsilon)),
}


def combinations(epsilons=(), slips=SWITCHES):
    """No slip, every slip, every two that one program can have: (slugs, switches), fewest first.

    Parameters
    ----------
    epsilons : sequence of float
        What the answer seems to add inside its logarithm; none: no such slip is tried.
    slips : sequence of (slug, switches)

    Yields
    ------
    slugs : tuple of str
    switches : Switches
    """
    made = []
    for slug, turned in slips:
        if "epsilon" in turned.get("log", ""):
            made += [(slug, {**turned, "epsilon": epsilon}) for epsilon in epsilons]
        else:
            made.append((slug, turned))
    for count in range(3):
        for chosen in itertools.combinations(made, count):
            keys = [key for _, turned in chosen for key in turned]
            if len(set(keys)) == len(keys):
                turned = {key: value for _, turned in chosen for key, value in turned.items()}
                yield tuple(slug for slug, _ in chosen), Switches(**turned)


# Inputs

ROWS = {"p", "m", "X_i", "S_i", "v"}  # arguments of a task for one example


def probe(names, sizes, rng, S=None, y=None):
    """Arguments for a task by their names, in the notation of the series.

    Parameters
    ----------
    names : sequence of str
        The task's parameters.
    sizes : tuple of int
        N, D, C. A task for one example has N = 1.
    rng : numpy.random.Generator
    S : ndarray, shape (N, C), optional
        Scores to be met exactly: W is S then, and X the unit matrix.
    y : ndarray of int, shape (N,), optional

    Returns
    -------
    tuple

    Raises
    ------
    KeyError
        A name that is not of the notation.
    """
    N, D, C = sizes
    if ROWS & set(names):
        N = 1
        S, y = (None if S is None else S[:1]), (None if y is None else y[:1])
    X, W = rng.normal(size=(N, D)), rng.normal(size=(D, C))
    if S is not None:
        X, W = np.eye(N), S
        D = N
    S = X @ W
    if y is None:
        y = rng.integers(0, C, N)
        if set(names) == {"y", "C"}:
            y = np.concatenate([np.arange(C), y])  # a class without an example is a case of its own
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    known = {
        **{"X": X, "W": W, "S": S, "P": P, "y": y, "C": C, "reg": rng.uniform(0.2, 1.0)},
        **{"X_i": X[:1], "S_i": S[:1], "p": P[:1], "m": int(y[0]), "v": rng.normal(size=(1, C))},
        **{"U": rng.normal(size=(D, C)), "learning_rate": rng.uniform(0.1, 0.9), "k": 0, "l": 1},
        "width": 2,
    }
    return tuple(known[name] for name in names)


# The walk


def full(given):
    """The arguments of one example as those of a batch of one."""
    batch = {"p": "P", "S_i": "S", "X_i": "X"}
    given = {batch.get(name, name): value for name, value in given.items()}
    if "m" in given:
        given["y"] = np.array([given["m"]])
    if "S" not in given and "X" in given and "W" in given:
        given["S"] = given["X"] @ given["W"]
    return given


def softmax_passes(S, switches, times):
    """(exponents, totals, P) of the last of so many softmaxes, one after the other."""
    T = Z = None
    for _ in range(times):
        T = S + SHIFTS[switches.shift](S)
        E = np.exp(T)
        Z = np.broadcast_to(TOTALS[switches.total](E), S.shape)
        S = E / Z
    return T, Z, S


def probabilities(given, switches):
    """P, from where the task enters."""
    if "S" in given:
        return softmax_passes(given["S"], switches, switches.times)[2]
    return softmax_passes(given["P"], switches, switches.times - 1)[2]


def losses(given, switches):
    """L_i of every example, 0 for those that the slip leaves out."""
    y = given["y"]
    rows = np.arange(len(y))
    if "S" in given:
        T, Z, P = softmax_passes(given["S"], switches, switches.times)
        L = np.log(Z[rows, y]) - T[rows, y]
        p = P[rows, y]
    else:  # one row for all: the shares of the classes
        P = np.tile(np.bincount(y, minlength=given["C"]) / len(y), (len(y), 1))
        p = P[rows, y]
        L = -np.log(p)
    if switches.log == "Y times":  # nan is 0 times log 0, for any other class
        Y = np.eye(P.shape[1])[y]
        L = -(Y * np.log(P)).sum(axis=1)
    elif switches.log != "scores":
        L = -LOGS[switches.log](p, switches.epsilon)
    return kept_examples(L, switches)


def kept_examples(rows, switches):
    """The rows; all but one are 0 when only the first example counts, or the last."""
    if switches.examples == "all":
        return rows
    kept = np.zeros_like(rows)
    one = 0 if switches.examples == "first" else -1
    kept[one] = rows[one]
    return kept


def slopes(given, switches):
    """The terms of dL/dS before the mean: those with P, with Y, and with both (eq. (5) by (7))."""
    P, y = probabilities(given, switches), given["y"]
    Y = np.zeros_like(P)
    Y[np.arange(len(y)), y] = 1
    parts = {"P": P, "Y": -Y, "YP": np.where(Y == 1, P, 0)}
    return {label: kept_examples(part, switches) for label, part in parts.items()}


def by_scores(given, switches):
    """Terms of dL/dS: those of `slopes`, over N."""
    return {name: part / len(part) for name, part in slopes(given, switches).items()}


def by_weights(given, switches):
    """Terms of dL/dW: X^T times those of dL/dS, and the regularization's."""
    found = {name: given["X"].T @ part for name, part in by_scores(given, switches).items()}
    if "reg" in given:
        found["reg"] = 2 * given["reg"] * given["W"]
    return found


def step(given, switches):
    """Terms of the weights after a step."""
    found = by_weights(given, switches)
    return {"W": given["W"], **{k: -given["learning_rate"] * part for k, part in found.items()}}


def slope_along(given, switches):
    """Terms of the slope along U."""
    return {k: np.sum(given["U"] * part) for k, part in by_weights(given, switches).items()}


def mean_loss(given, switches):
    """Terms of the loss of the whole set."""
    found = {"L": losses(given, switches).mean()}
    if "reg" in given:
        found["reg"] = given["reg"] * np.sum(given["W"] ** 2)
    return found


def jacobians(given, switches):
    """Terms of the Jacobian of each row of P, eq. (7): p_k and p_k p_k at k = c, p_k p_c beside."""
    P = probabilities(given, switches)
    P = kept_examples(P, switches)
    same = np.eye(P.shape[1])
    both = P[:, :, None] * P[:, None, :]
    return {"own": P[:, :, None] * same, "square": -both * same, "others": -both * (1 - same)}


def through_jacobian(given, switches):
    """Terms of the row v J."""
    return {k: given["v"] @ part[0] for k, part in jacobians(given, switches).items()}


def ratio(given, switches):
    """p_k / p_l: from the gap, or without any shift from the two exponentials."""
    a, b = given["S"][0, given["k"]], given["S"][0, given["l"]]
    return np.exp(a) / np.exp(b) if switches.shift == "none" else np.exp(a - b)


def log_sums(given, switches):
    """log Z of each row, by its own shift or by one that is the same for all."""
    S = given["S"]
    shift = SHIFTS["row" if switches.shift == "column" else switches.shift](S)
    Z = np.broadcast_to(TOTALS[switches.total](np.exp(S + shift)), S.shape)[:, 0]
    return np.log(Z) - np.broadcast_to(shift, (len(S), 1))[:, 0]


def one_hot_rows(given, switches):
    """Y."""
    return np.eye(given["C"])[given["y"]]


RESULTS = {
    "Y": lambda given, switches: {"value": kept_examples(one_hot_rows(given, switches), switches)},
    "lse": lambda given, switches: {"value": kept_examples(log_sums(given, switches), switches)},
    "S": lambda given, switches: {"value": kept_examples(given["S"], switches)},
    "P": lambda given, switches: {"value": kept_examples(probabilities(given, switches), switches)},
    "L": lambda given, switches: {"L": losses(given, switches)},
    "r": lambda given, switches: {"value": ratio(given, switches)},
    "loss": mean_loss,
    "dS": by_scores,
    "dS_i": by_scores,
    "dW": by_weights,
    "W_new": step,
    "slope": slope_along,
    "J": jacobians,
    "vJ": through_jacobian,
}
DERIVATIVES = {"dS", "dS_i", "dW", "slope", "J", "vJ", "G", "row"}


def terms(result, given, switches=RIGHT):
    """The terms of a result; the right one is their sum.

    Parameters
    ----------
    result : str
        Its name in the task's signature.
    given : dict
        The task's arguments by name.
    switches : Switches, default RIGHT

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    KeyError
        The derivation does not lead from these arguments to this result.

    Examples
    --------
    >>> given = {"P": np.array([[0.5, 0.25, 0.25]]), "y": np.array([1])}
    >>> sum(terms("dS", given).values()) - terms("dS", given)["YP"]
    array([[ 0.5 , -0.75,  0.25]])
    """
    with np.errstate(all="ignore"):
        return RESULTS[result](full(given), switches)
