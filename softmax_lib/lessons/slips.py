"""Slips that many exercises share, as rewritings of lines that their solutions share.

A slip is (its name, what stands in the solution, what a student writes in its place). A solution
takes those it has the line for; the order is that in which they are made when there are several.
"""

import numpy as np

__all__ = ["FORWARD", "GAPS", "HEIGHTS", "LOG", "SLOPE", "SUM", "at_height", "instead_of"]


def instead_of(right, *wrongs):
    """Slips that have the same line in common: what stands there, then (name, what is written)."""
    return tuple((name, right, wrong, *question) for name, wrong, *question in wrongs)


# Scores whose largest, 0, stands in every row and in every column, far above the others.
GAPS = np.array(
    [[0.0, -1000.0, -2000.0, 0.1], [-1000.0, 0.2, 0.0, -3000.0], [0.0, 0.1, -800.0, -1500.0]]
)


# Where the scores of a case lie: what breaks there tells the shifts apart.
HEIGHTS = (400.0, -1000.0, np.array([0.0, 1000.0, -1000.0, 0.0, 0.0]))


def at_height(W, X, *rest):
    """The arguments of a case whose scores all lie about a height, which comes last."""
    *rest, height = rest
    X[:, -1] = 1.0
    W[-1] += height
    return W, X, *rest


TWICE = """    E = np.exp(T)
    S = E / E.sum(axis=1, keepdims=True)
    T = S - S.max(axis=1, keepdims=True)
    E = np.exp(T)
"""

# From T = S - S.max(axis=1, keepdims=True), E = np.exp(T) and E.sum(axis=1, keepdims=True).
FORWARD = (
    ("double-softmax", "    E = np.exp(T)\n", TWICE),
    ("no-shift", " - S.max(axis=1, keepdims=True)", ""),
    ("global-shift", "S.max(axis=1, keepdims=True)", "S.max()"),
    ("global-shift", "S.max(axis=1, keepdims=True)", "S[0].max()"),
    ("column-shift", "S.max(axis=1, keepdims=True)", "S.max(axis=0)"),
    ("wrong-shift-sign", "S - S.max(", "S + S.max("),
    ("wrong-axis", "(axis=1, keepdims=True)", "()"),
    ("wrong-axis", "E.sum(axis=1,", "E.sum(axis=0,"),
    ("wrong-axis", "axis=1, keepdims", "axis=0, keepdims"),
    ("wrong-axis", "E.sum(axis=1, keepdims=True)", "E.sum()"),
)

# What students add to p before its logarithm.
EPSILONS = (*(f"1e-{k}" for k in range(3, 17)), "np.finfo(float).eps", "1e-20", "1e-300")

# From log_P = T - np.log(Z), with L_i = -log_P[rows, y].
LOG = (
    ("log-of-zero", "T - np.log(Z)", "np.log(E / Z)"),
    ("log-of-zero", "-log_P[rows, y]", "-(np.eye(E.shape[1])[y] * np.log(E / Z)).sum(axis=1)"),
    *(("log-epsilon", "T - np.log(Z)", f"np.log(E / Z + {e})") for e in EPSILONS),
    *(("log-epsilon", "T - np.log(Z)", f"np.log(np.maximum(E / Z, {e}))") for e in EPSILONS),
)

# From dS = ..., dS[rows, y] -= 1.
SLOPE = (
    ("double-softmax", "P.copy()", "np.exp(P) / np.exp(P).sum(axis=1, keepdims=True)"),
    ("no-minus-one", "dS[rows, y] -= 1", "dS = dS"),
    ("sign", "dS[rows, y] -= 1", "dS[rows, y] += 1"),
    ("diagonal-jacobian", "dS[rows, y] -= 1", "dS = (dS - 1) * np.eye(dS.shape[1])[y]"),
)

# From X.T @ dS.
SUM = (
    ("last-example-only", "X.T @ dS", "X[-1:].T @ dS[-1:]"),
    ("only the first example counts", "X.T @ dS", "X[:1].T @ dS[:1]"),
    ("zero-gradient", "X.T @ dS", "0 * W"),
)
