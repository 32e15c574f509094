"""Slips by name: every one in every task where it can be made, and two at a time.

The wrong answers here are programs: the source of an answer with holes, and for each slip what a
student would write into one of them. They share no code with the slips that the tasks declare.
"""

import functools
import html
import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmax_lib import (
    cross_entropy,
    dLi_dWj,
    exercises,
    log_softmax,
    softmax,
    softmax_loss_naive,
    softmax_loss_vectorized,
)
from softmax_lib.exercises import engine
from softmax_lib.lessons import gradient_check, gradient_in_code
from softmax_lib.lessons.chain_rule import row_jacobian
from softmax_lib.lessons.slips import SENTENCES


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """A session of its own for every test, and time enough on a machine that does much else."""
    monkeypatch.setattr(engine, "_session", {})
    monkeypatch.setattr(engine, "SECONDS_PER_CHECK", 120.0)


# Programs with holes

FORWARD = """
    T = S = {scores}
    for _ in range({times}):
        T = S{shift}
        E = np.exp(T)
        Z = np.broadcast_to(E.sum({axis}), E.shape)
        S = P = E / Z
"""
FORWARD_HOLES = {"times": "1", "shift": " - S.max(axis=1, keepdims=True)"} | {
    "axis": "axis=1, keepdims=True"
}
SHIFTS = {
    "no-shift": {"shift": ""},
    "global-shift": {"shift": " - S.max()"},
    "column-shift": {"shift": " - S.max(axis=0)"},
    "wrong-shift-sign": {"shift": " + S.max(axis=1, keepdims=True)"},
}
FORWARD_SLIPS = {**SHIFTS, "wrong-axis": {"axis": "axis=0"}, "double-softmax": {"times": "2"}}
TWICE = {"double-softmax": {"p": "(np.exp(P) / np.exp(P).sum(axis=1, keepdims=True))"}}
LOSSES = {"L": "np.log(Z[rows, y]) - T[rows, y]"}
LOGS = {
    "log-of-zero": {"L": "-np.log(P[rows, y])"},
    "log-epsilon": {"L": "-np.log(P[rows, y] + 1e-12)"},
}
MEAN_LOSS = {"mean_loss": "L.mean()", "reg_loss": " + reg * np.sum(W * W)"}
MEAN_LOSS_SLIPS = {
    "no-mean-loss": {"mean_loss": "L.sum()"},
    "no-reg-loss": {"reg_loss": ""},
    "half-reg-loss": {"reg_loss": " + 0.5 * reg * np.sum(W * W)"},
}
SLOPES = {"dS": "P - Y", "minus": ""}
SLOPE_SLIPS = {
    "no-minus-one": {"dS": "P"},
    "diagonal-jacobian": {"dS": "-Y * (1 - P)"},
    "sign": {"minus": "-"},
}
GRADIENT = {**SLOPES, "mean": " / len(X)", "rows": ""}
GRADIENT_SLIPS = {
    **SLOPE_SLIPS,
    "no-mean-gradient": {"mean": ""},
    "divided-by-classes": {"mean": " / P.shape[1]"},
    "last-example-only": {"rows": "[-1:]"},
}
REG = {"reg_gradient": " + 2 * reg * W"}
REG_SLIPS = {
    "no-reg-gradient": {"reg_gradient": ""},
    "half-reg-gradient": {"reg_gradient": " + reg * W"},
    "reg-divided-by-n": {"reg_gradient": " + 2 * reg * W / len(X)"},
}

PROGRAMS = {
    "0.2": (
        "def f(f, x, h):\n    rise = {rise}\n    return rise / (2 * h)",
        {"rise": "f(x + h) - f(x - h)"},
        {"sign": {"rise": "f(x - h) - f(x + h)"}, "zero-gradient": {"rise": "f(x) - f(x)"}},
    ),
    "0.3": (
        "def f(W, dW, rate):\n    return W {against} rate * dW",
        {"against": "-"},
        {"sign": {"against": "+"}},
    ),
    "1.1": (
        "def f(X, W):\n    S = np.zeros((len(X), W.shape[1]))\n    for i in range(len(X)):\n"
        "        {fill}\n    return {sign}S",
        {"fill": "S[i] = X[i] @ W", "sign": ""},
        {
            "last-example-only": {"fill": "S[-1] = X[-1] @ W"},
            "sign": {"sign": "-"},
        },
    ),
    "1.4": (
        "def f(X, W, i, c):\n    G = np.zeros(W.shape)\n    {fill}\n    return G",
        {"fill": "G[:, c] = X[i]"},
        {"sign": {"fill": "G[:, c] = -X[i]"}, "zero-gradient": {"fill": ""}},
    ),
    "2.1": (
        f"def f(S):{FORWARD}    {{last}}\n    return P",
        {**FORWARD_HOLES, "scores": "S", "last": ""},
        {**FORWARD_SLIPS, "last-example-only": {"last": "P[:-1] = 0"}},
    ),
    "2.3": (
        "def f(S_i, k, l):\n    return {r}",
        {"r": "np.exp(S_i[0, k] - S_i[0, l])"},
        {"no-shift": {"r": "np.exp(S_i[0, k]) / np.exp(S_i[0, l])"}},
    ),
    "3.1": (
        f"def f(S, y):{FORWARD}    rows = np.arange(len(y))\n    L = {{L}}\n    {{last}}\n"
        "    return {sign}L",
        {**FORWARD_HOLES, **LOSSES, "scores": "S", "last": "", "sign": ""},
        {
            **FORWARD_SLIPS,
            **LOGS,
            "last-example-only": {"last": "L[:-1] = 0"},
            "sign": {"sign": "-"},
        },
    ),
    "3.2": (
        f"def f(W, X, y, reg):{FORWARD}    rows = np.arange(len(y))\n    L = {{L}}\n"
        "    return {sign}{mean_loss}{reg_loss}",
        {**FORWARD_HOLES, **LOSSES, **MEAN_LOSS, "scores": "X @ W", "sign": ""},
        {
            **FORWARD_SLIPS,
            **LOGS,
            **MEAN_LOSS_SLIPS,
            "divided-by-classes": {"mean_loss": "L.sum() / W.shape[1]"},
            "last-example-only": {"mean_loss": "L[-1] / len(L)"},
            "reg-divided-by-n": {"reg_loss": " + reg * np.sum(W * W) / len(X)"},
            "sign": {"sign": "-"},
        },
    ),
    "3.3": (
        "def f(y, C):\n    Y = np.zeros((len(y), C))\n    for i in range(len(y)):\n        {fill}\n"
        "    return {sign}Y",
        {"fill": "Y[i, y[i]] = 1", "sign": ""},
        {"last-example-only": {"fill": "Y[-1, y[-1]] = 1"}, "sign": {"sign": "-"}},
    ),
    "3.4": (
        "def f(y, C):\n    p = np.bincount(y, minlength=C) / len(y)\n    L = {L}\n"
        "    return {mean_loss}",
        {"L": "-np.log(p[y])", "mean_loss": "L.mean()"},
        {
            "sign": {"L": "np.log(p[y])"},
            "log-of-zero": {"L": "-(np.eye(C)[y] * np.log(p)).sum(axis=1)"},
            "no-mean-loss": {"mean_loss": "L.sum()"},
            "divided-by-classes": {"mean_loss": "L.sum() / C"},
            "last-example-only": {"mean_loss": "L[-1] / len(L)"},
        },
    ),
    "5.1": (
        "def f(p, Y_i):\n    return {row}",
        {"row": "-Y_i / p"},
        {"sign": {"row": "Y_i / p"}, "zero-gradient": {"row": "np.zeros(p.shape)"}},
    ),
    "5.2": (
        "def f(f, x, h):\n    J = []\n    for step in h * np.eye(x.size):\n"
        "        J.append(({rise})[0] / (2 * h))\n    return np.array(J).T",
        {"rise": "f(x + step) - f(x - step)"},
        {
            "sign": {"rise": "f(x - step) - f(x + step)"},
            "zero-gradient": {"rise": "f(x) - f(x)"},
        },
    ),
    "6.1": (
        "def f(P):\n    P = {p}\n    same = np.eye(P.shape[1])\n    J = {J}\n    {last}\n"
        "    return {sign}J",
        {"p": "P", "J": "P[:, :, None] * (same - P[:, None, :])", "last": "", "sign": ""},
        {
            **TWICE,
            "diagonal-jacobian": {"J": "(P * (1 - P))[:, :, None] * same"},
            "zero-gradient": {"J": "0.0 * P[:, :, None] * same"},
            "last-example-only": {"last": "J[:-1] = 0"},
            "sign": {"sign": "-"},
        },
    ),
    "6.2": (
        "def f(v, p):\n    P = p\n    p = {p}\n    return {sign}({vJ})",
        {"p": "P", "vJ": "p * v - (p * v).sum() * p", "sign": ""},
        {
            **TWICE,
            "diagonal-jacobian": {"vJ": "p * v - p * v * p"},
            "zero-gradient": {"vJ": "np.zeros(p.shape)"},
            "sign": {"sign": "-"},
        },
    ),
    "6.3": (
        "def f(p, m):\n    P = p\n    P = {p}\n    Y = np.eye(p.size)[[m]]\n"
        "    return {minus}({dS}){mean}",
        {"p": "P", "mean": "", **SLOPES},
        {
            **TWICE,
            **SLOPE_SLIPS,
            "zero-gradient": {"dS": "np.zeros(p.shape)"},
            "divided-by-classes": {"mean": " / p.size"},
        },
    ),
    "7.1": (
        "def f(X_i, j, C):\n    J = np.zeros((C, X_i.size))\n    {fill}\n    return J",
        {"fill": "J[j] = X_i[0]"},
        {"sign": {"fill": "J[j] = -X_i[0]"}, "zero-gradient": {"fill": ""}},
    ),
    "7.2": (
        "def f(p, m, X_i):\n    P = p\n    P = {p}\n    Y = np.eye(p.size)[[m]]\n"
        "    dS = {minus}({dS})\n    return X_i.T @ dS{mean}",
        {"p": "P", "mean": "", **SLOPES},
        {
            **TWICE,
            **SLOPE_SLIPS,
            "zero-gradient": {"dS": "np.zeros(p.shape)"},
            "divided-by-classes": {"mean": " / p.size"},
        },
    ),
    "7.3": (
        "def f(X, P, y):\n    P = {p}\n    Y = np.eye(P.shape[1])[y]\n    dS = {minus}({dS})\n"
        "    return X{rows}.T @ dS{rows}{mean}",
        {"p": "P", **GRADIENT},
        {**TWICE, **GRADIENT_SLIPS, "zero-gradient": {"dS": "np.zeros(P.shape)"}},
    ),
    "8.2": (
        f"def f(W, X, y, reg):{FORWARD}    rows = np.arange(len(y))\n    L = {{L}}\n"
        "    loss = {mean_loss}{reg_loss}\n    Y = np.eye(W.shape[1])[y]\n    dS = {minus}({dS})\n"
        "    dW = X{rows}.T @ dS{rows}{mean}{reg_gradient}\n    return {loss}, {dW}",
        {
            **FORWARD_HOLES,
            **LOSSES,
            **MEAN_LOSS,
            **GRADIENT,
            **REG,
            "scores": "X @ W",
            "loss": "loss",
            "dW": "dW",
        },
        {
            **FORWARD_SLIPS,
            **LOGS,
            **MEAN_LOSS_SLIPS,
            **GRADIENT_SLIPS,
            **REG_SLIPS,
            "zero-gradient": {"dW": "np.zeros(W.shape)"},
        },
    ),
    "8.3": (
        f"def f(W, X_i, m, learning_rate):{FORWARD}    Y = np.eye(W.shape[1])[[m]]\n"
        "    dS = {minus}({dS})\n    return W - learning_rate * X_i.T @ dS",
        {**FORWARD_HOLES, **SLOPES, "scores": "X_i @ W"},
        {
            **{slug: FORWARD_SLIPS[slug] for slug in FORWARD_SLIPS if slug != "global-shift"},
            **SLOPE_SLIPS,
            "no-step": {"dS": "np.zeros(P.shape)"},
        },
    ),
    "9.2": (
        f"def f(W, X, y, U):{FORWARD}    Y = np.eye(W.shape[1])[y]\n    dS = {{minus}}({{dS}})\n"
        "    return np.sum((X @ U){rows} * dS{rows}){mean}",
        {**FORWARD_HOLES, **GRADIENT, "scores": "X @ W"},
        {**FORWARD_SLIPS, **GRADIENT_SLIPS, "zero-gradient": {"dS": "np.zeros(P.shape)"}},
    ),
    "9.1": (
        "def f(f, x, h):\n    return {value}.imag / h",
        {"value": "f(x + 1j * h)"},
        {"sign": {"value": "f(x - 1j * h)"}, "zero-gradient": {"value": "f(x)"}},
    ),
    "12.3": (
        "def f(S, width):\n    top = {top}\n    top = np.broadcast_to(top, (len(S), 1))\n"
        "    lse = np.log(np.exp(S - top).sum(axis=1)) + top[:, 0]\n    {last}\n    return lse",
        {"top": "S.max(axis=1, keepdims=True)", "last": ""},
        {
            "no-shift": {"top": "0.0"},
            "global-shift": {"top": "S.max()"},
            "wrong-shift-sign": {"top": "-S.max(axis=1, keepdims=True)"},
            "last-example-only": {"last": "lse[:-1] = 0"},
        },
    ),
}
PAIRS = [(number, slug) for number, (_, _, slips) in PROGRAMS.items() for slug in slips]


def program(number, *slugs):
    """The answer to a task with these slips; None when two of them want the same hole."""
    source, holes, slips = PROGRAMS[number]
    turned = [slips[slug] for slug in slugs]
    if len({hole for slip in turned for hole in slip}) < sum(map(len, turned)):
        return None
    filled = source.format(**functools.reduce(dict.__or__, turned, holes))
    space = {"np": np}
    exec(filled, space)
    return space["f"]


# What is done to the whole result


def on_arrays(change):
    """A slip in the last array of the result: of the pair (loss, dW) it is dW."""

    def changed(f, *arguments):
        came = f(*arguments)
        return (came[0], change(came[1])) if isinstance(came, tuple) else change(came)

    return changed


def spoil(f, *arguments):
    came = f(*arguments)
    next(a for a in arguments if isinstance(a, np.ndarray))[:] = 0
    return came


STRUCTURAL = {
    "transposed": on_arrays(lambda a: np.asarray(a).T),
    "wrong-shape": on_arrays(lambda a: np.asarray(a)[..., None]),
    "wrong-dtype": on_arrays(lambda a: np.asarray(a) + 0j),
    "mutates-input": spoil,
    "swapped-return": lambda f, *arguments: f(*arguments)[::-1],
}


def applies(number, slug):
    """Whether a result of this task can have this structural slip."""
    task = engine.find_task(number)
    values = task.solution(*task.cases()[0])
    if slug == "swapped-return":
        return isinstance(values, tuple)
    if slug == "mutates-input":
        return any(isinstance(a, np.ndarray) for a in task.cases()[0])
    last = np.asarray(values[-1] if isinstance(values, tuple) else values)
    return slug != "transposed" or (last.ndim == 2 and 1 not in last.shape)


def with_slips(number, *slugs):
    """The program with any slips, of both kinds; None when they exclude each other."""
    inner = [slug for slug in slugs if slug not in STRUCTURAL]
    outer = [slug for slug in slugs if slug in STRUCTURAL]
    if not all(applies(number, slug) for slug in outer):
        return None
    function = program(number, *inner)
    for slug in outer if function else ():
        function = functools.partial(STRUCTURAL[slug], function)
    return function


@pytest.mark.parametrize(("number", "slug"), PAIRS)
def test_a_slip_is_named_in_every_task_where_it_can_be_made(number, slug):
    verdict = exercises.check(number, program(number, slug))
    assert not verdict.passed
    assert verdict.mistakes == (slug,), verdict
    assert SENTENCES[slug] in verdict.explain()
    assert SENTENCES[slug] not in repr(verdict)  # found by oneself, it stays
    assert slug not in repr(verdict)
    assert "expected" in repr(verdict)


@pytest.mark.parametrize("number", PROGRAMS)
def test_a_program_without_a_slip_passes(number):
    assert exercises.check(number, program(number)).passed


# Two at a time

ZERO = "zeros hide how they were made"
FAR = "after two softmaxes p is never 0, so its logarithm is right"
COLUMNS = "the softmax of the columns: the wrong axis throughout, one slip"
ONE_ROW = "of one row, column shift and column sum make all p alike, whatever comes after"
HIDDEN = {
    ("column-shift", "wrong-axis"): (COLUMNS, ["2.1", "3.1", "3.2", "8.2", "8.3", "9.2"]),
    ("double-softmax", "log-of-zero"): (FAR, ["3.1", "3.2", "8.2"]),
    ("double-softmax", "log-epsilon"): (FAR, ["3.1", "3.2", "8.2"]),
    ("column-shift", "double-softmax"): (ONE_ROW, ["8.3"]),
    ("wrong-axis", "double-softmax"): (ONE_ROW, ["8.3"]),
    ("wrong-axis", "diagonal-jacobian"): (ONE_ROW, ["8.3"]),
    ("no-minus-one", "mutates-input"): ("p itself is returned, then set to 0", ["6.3"]),
}
# What shows beside a gradient of zeros: the loss, and what is done to the result as a whole.
ZEROS = {"zero-gradient", "no-step"}
BESIDE_ZEROS = {*STRUCTURAL, *FORWARD_SLIPS, *LOGS, *MEAN_LOSS_SLIPS}


def is_hidden(number, pair):
    """Whether one of the two leaves nothing of the other in the answer."""
    if zeros := ZEROS & set(pair):
        other = next(slug for slug in pair if slug not in zeros)
        return other not in (BESIDE_ZEROS if number == "8.2" else STRUCTURAL)
    return number in HIDDEN.get(pair, HIDDEN.get(pair[::-1], ("", [])))[1]


@pytest.mark.parametrize("number", PROGRAMS)
def test_two_slips_at_once_are_both_named(number):
    """Every pair that one program can hold; one of the two is missing only where it is hidden."""
    tried = shown = 0
    for pair in itertools.combinations([*PROGRAMS[number][2], *STRUCTURAL], 2):
        function = with_slips(number, *pair)
        if function is None:
            continue
        tried += 1
        verdict = exercises.check(number, function)
        assert not verdict.passed, pair
        if is_hidden(number, pair):
            assert len(verdict.mistakes) < 2 or ZEROS & set(verdict.mistakes), pair
        else:
            assert set(verdict.mistakes) == set(pair), pair
            shown += 1
    assert shown >= 0.75 * tried > 0  # else too much is excused


# The same slips, written otherwise


def by_loops(W, X, y, reg):
    """Loops as in the notebook, and math.exp, which raises where np.exp overflows."""
    N, C = len(X), W.shape[1]
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(N):
        S_i = [float(X[i] @ W[:, j]) for j in range(C)]
        E = [math.exp(s) for s in S_i]
        for j in range(C):
            dW[:, j] += (E[j] / sum(E) - (j == y[i])) * X[i]
        loss += math.log(sum(E)) - S_i[y[i]]
    return loss / N + reg * np.sum(W * W), dW + 2 * reg * W


def overwriting(X, P, y):
    dW = np.zeros((X.shape[1], P.shape[1]))
    for i in range(len(X)):
        G = P[i].copy()
        G[y[i]] -= 1
        dW = np.outer(X[i], G) / len(X)
    return dW


def never_filled(W, X, y, reg):
    loss, dw = softmax_loss_vectorized(W, X, y, reg)
    dW = np.zeros_like(W)
    dw = dw + dW
    return loss, dW


def all_over_n(W, X, y, reg):
    loss, dW = softmax_loss_vectorized(W, X, y, 0.0)
    return loss + reg * np.sum(W * W) / len(X), dW + 2 * reg * W / len(X)


def mean_of_all_entries(W, X, y, reg):
    loss = -(np.eye(W.shape[1])[y] * log_softmax(X @ W)).mean()
    return loss + reg * np.sum(W * W), softmax_loss_vectorized(W, X, y, reg)[1]


def jacobians_of_p_alone(P):
    return P[:, :, None] * np.eye(P.shape[1])


def in_single_precision(W, X, y, reg):
    loss, dW = softmax_loss_vectorized(W.astype("f"), X.astype("f"), y, reg)
    return loss, (dW - reg * W).astype("f")


def fails_for_one(X, P, y):
    G = P - np.eye(P.shape[1])[y]
    return X.T @ G.squeeze()  # of one row it leaves a vector


OTHERWISE = {
    "an error for one example": ("7.3", fails_for_one, {"raised", "no-mean-gradient"}),
    "a tiny epsilon": (
        "3.1",
        lambda S, y: -np.log(softmax(S)[np.arange(len(y)), y] + 1e-300),
        {"log-epsilon"},
    ),
    "loops and math.exp": ("8.2", by_loops, {"raised", "no-shift", "no-mean-gradient"}),
    "overwritten at every turn": ("7.3", overwriting, {"last-example-only"}),
    "another name": ("8.2", never_filled, {"zero-gradient"}),
    "reg inside the mean": ("8.2", all_over_n, {"reg-divided-by-n"}),
    "mean of all entries": ("8.2", mean_of_all_entries, {"divided-by-classes"}),
    "diag(p)": ("6.1", jacobians_of_p_alone, {"diagonal-jacobian"}),
    "float32": ("8.2", in_single_precision, {"half-reg-gradient"}),
    "softmax of the columns": (
        "2.1",
        lambda S: np.exp(S - S.max(axis=0)) / np.exp(S - S.max(axis=0)).sum(axis=0),
        {"wrong-axis"},
    ),
    "one sum for all": (
        "2.1",
        lambda S: np.exp(S - S.max()) / np.exp(S - S.max()).sum(),
        {"wrong-axis"},
    ),
    "a softmax from outside, twice": ("2.1", lambda S: softmax(softmax(S)), {"double-softmax"}),
    "clipped p": (
        "3.1",
        lambda S, y: -np.log(np.clip(softmax(S)[np.arange(len(y)), y], 1e-9, None)),
        {"log-epsilon"},
    ),
    "a large epsilon": (
        "3.1",
        lambda S, y: -np.log(softmax(S)[np.arange(len(y)), y] + 1e-3),
        {"log-epsilon"},
    ),
    "uphill": (
        "8.3",
        lambda W, X_i, m, a: 2 * W - gradient_in_code.sgd_step(W, X_i, m, a),
        {"sign"},
    ),
    "only reg": (
        "8.2",
        lambda W, X, y, reg: (0.0, 2 * reg * W),
        {"no-data-gradient", "constant-answer"},
    ),
    "p + Y": (
        "6.3",
        lambda p, m: p + np.eye(p.size)[[m]],
        {"sign"},
    ),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_slip_is_named_however_it_is_written(name):
    number, function, slugs = OTHERWISE[name]
    verdict = exercises.check(number, function)
    assert not verdict.passed
    assert set(verdict.mistakes) == slugs


# Wrong in no way that has a name


def with_scores(change):
    """The right answer to 7.2 for other scores, labels or weights than those asked for."""

    def f(W, X, y, reg):
        return softmax_loss_vectorized(*change(W, X, y), reg)

    return f


def with_shift(shift):
    def f(S):
        E = np.exp(S - shift(S))
        return E / E.sum(axis=1, keepdims=True)

    return f


def with_gradient(change):
    def f(W, X, y, reg):
        loss, dW = softmax_loss_vectorized(W, X, y, reg)
        return loss, change(W, X, y, reg, dW)

    return f


def squares(W, X, y, reg):
    G = X @ W - np.eye(W.shape[1])[y]
    return np.mean(G**2) + reg * np.sum(W * W), X.T @ G / len(X) + 2 * reg * W


UNNAMED = {
    "three times": ("8.2", with_gradient(lambda W, X, y, reg, dW: 3 * dW)),
    "plus one": ("8.2", with_gradient(lambda W, X, y, reg, dW: dW + 1)),
    "absolute values": ("8.2", with_gradient(lambda W, X, y, reg, dW: np.abs(dW))),
    "normalized": ("8.2", with_gradient(lambda W, X, y, reg, dW: dW / np.linalg.norm(dW))),
    "sorted": ("8.2", with_gradient(lambda W, X, y, reg, dW: np.sort(dW, axis=1))),
    "classes in reverse": ("8.2", with_gradient(lambda W, X, y, reg, dW: dW[:, ::-1])),
    "last row free of reg": (
        "8.2",
        with_gradient(lambda W, X, y, reg, dW: dW - 2 * reg * np.eye(len(W))[-1:].T * W),
    ),
    "data over D": (
        "8.2",
        with_gradient(lambda W, X, y, reg, dW: (dW - 2 * reg * W) / len(W) + 2 * reg * W),
    ),
    "labels off by one": ("8.2", with_scores(lambda W, X, y: (W, X, (y + 1) % W.shape[1]))),
    "half the weights": ("8.2", with_scores(lambda W, X, y: (W / 2, X, y))),
    "without the first example": (
        "8.2",
        with_scores(lambda W, X, y: (W, X[1:], y[1:]) if len(y) > 1 else (0 * W, X, y)),
    ),
    "the first example alone": ("8.2", with_scores(lambda W, X, y: (W, X[:1] / 2, y[:1]))),
    "squared error": ("8.2", squares),
    "the smallest taken off": ("2.1", with_shift(lambda S: S.min(axis=1, keepdims=True))),
    "the mean taken off": ("2.1", with_shift(lambda S: S.mean(axis=1, keepdims=True))),
    "half of the largest taken off": (
        "2.1",
        with_shift(lambda S: S.max(axis=1, keepdims=True) / 2),
    ),
    "powers of two": ("2.1", lambda S: softmax(S * np.log(2))),
    "no division": ("2.1", lambda S: np.exp(S - S.max(axis=1, keepdims=True))),
    "squares of p": ("2.1", lambda S: softmax(S) ** 2),
    "the largest p": ("3.1", lambda S, y: -log_softmax(S).max(axis=1)),
    "loss in bits": ("3.1", lambda S, y: cross_entropy(S, y) / np.log(2)),
    "loss over N": ("3.1", lambda S, y: cross_entropy(S, y) / len(y)),
    "median": (
        "3.2",
        lambda W, X, y, reg: np.median(cross_entropy(X @ W, y)) + reg * np.sum(W * W),
    ),
    "p p^T alone": ("6.1", lambda P: -P[:, :, None] * P[:, None, :]),
    "diagonal of ones": ("6.1", lambda P: np.eye(P.shape[1]) - P[:, :, None] * P[:, None, :]),
    "only the right class": ("6.3", lambda p, m: np.eye(p.size)[[m]] * p),
    "1 taken off everywhere": ("6.3", lambda p, m: p - 1),
    "X of p": ("7.3", lambda X, P, y: X.T @ (P**2 - np.eye(P.shape[1])[y]) / len(y)),
    "twice the slope": ("9.2", lambda W, X, y, U: 2 * gradient_check.slope_along(W, X, y, U)),
}


@pytest.mark.parametrize("name", UNNAMED)
def test_what_has_no_name_gets_none(name):
    number, function = UNNAMED[name]
    verdict = exercises.check(number, function)
    assert not verdict.passed
    assert verdict.mistakes == ()
    assert "expected" in repr(verdict)
    task = engine.find_task(number)
    assert any(asked in repr(verdict) for asked in (task.question, *task.questions.values()))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    st.sampled_from(["2.1", "3.1", "6.1", "6.3", "7.3"]),
    st.integers(0, 9),
    st.integers(1, 9),
)
def test_noise_has_no_name(number, seed, decade):
    solution = engine.find_task(number).solution

    def noisy(*arguments):
        right = np.asarray(solution(*arguments), float)
        noise = np.random.default_rng(seed).normal(size=right.shape)
        return right + 10.0 ** -(decade / 2) * noise

    assert exercises.check(number, noisy).mistakes == ()


# Right, in other styles


def jacobian_by_hand(P):
    return np.stack([np.diag(p) - np.outer(p, p) for p in P])


def all_transposed(W, X, y, reg):
    """One column for every example."""
    S = W.T @ X.T
    S = S - S.max(axis=0)
    E = np.exp(S)
    G = E / E.sum(axis=0)
    L = np.log(E.sum(axis=0)) - S[y, np.arange(len(y))]
    G[y, np.arange(len(y))] -= 1
    return np.mean(L) + reg * np.linalg.norm(W) ** 2, (G @ X).T / len(y) + reg * (W + W)


def example_by_example(X, P, y):
    dW = np.zeros((X.shape[1], P.shape[1]))
    for x, p, m in zip(X, P, y, strict=True):
        dW += np.outer(x, p)
        dW[:, m] -= x
    return dW / len(X)


def by_jacobians(W, X, y, reg):
    """Eq. (4) to (13), one factor after the other, where no p underflows; else eq. (14)."""
    loss, dW = softmax_loss_vectorized(W, X, y, reg)
    P = softmax(X @ W)
    if P.min() > 1e-200 and P.dtype == float:
        rows = [
            [dLi_dWj(P[i : i + 1], y[i], X[i : i + 1], j)[0] for j in range(W.shape[1])]
            for i in range(len(X))
        ]
        dW = np.mean(rows, axis=0).T + 2 * reg * W
    return loss, dW


def by_complex_step(W, X, y, U):
    return softmax_loss_vectorized(W + 1e-30j * U, X, y, 0.0)[0].imag / 1e-30


RIGHT = {
    "log-sum-exp by logaddexp": (
        "3.1",
        lambda S, y: np.logaddexp.reduce(S, axis=1) - S[np.arange(len(S)), y],
    ),
    "exp of log_softmax": ("2.1", lambda S: np.exp(log_softmax(S))),
    "row by row": ("2.1", lambda S: [np.exp(s - max(s)) / sum(np.exp(s - max(s))) for s in S]),
    "shifted further than needed": (
        "2.1",
        lambda S: softmax(S - S.max(axis=1, keepdims=True) - 5),
    ),
    "one over the sum of gaps": (
        "2.1",
        lambda S: (
            [[1 / sum(np.exp(np.minimum(t - s, 700)) for t in row) for s in row] for row in S]
            if np.ptp(S, axis=1).max() < 600
            else softmax(S)
        ),
    ),
    "sum over n": (
        "3.2",
        lambda W, X, y, reg: sum(cross_entropy(X @ W, y)) / len(y) + reg * (W.ravel() @ W.ravel()),
    ),
    "a table for each example": ("6.1", jacobian_by_hand),
    "einsum": (
        "6.1",
        lambda P: np.einsum("nk,kc->nkc", P, np.eye(P.shape[1])) - np.einsum("nk,nc->nkc", P, P),
    ),
    "a row as a list": ("6.3", lambda p, m: [[q - (j == m) for j, q in enumerate(p[0])]]),
    "an outer product": (
        "7.2",
        lambda p, m, X_i: np.outer(X_i, p - np.eye(p.size)[m]),
    ),
    "an example at a time": ("7.3", example_by_example),
    "columns for examples": ("8.2", all_transposed),
    "factor by factor": ("8.2", by_jacobians),
    "the naive one": ("8.2", softmax_loss_naive),
    "in long double": (
        "8.2",
        lambda W, X, y, reg: softmax_loss_vectorized(
            W.astype(np.longdouble), X.astype(np.longdouble), y, reg
        ),
    ),
    "by complex step": ("9.2", by_complex_step),
    "W changed at the end": (
        "8.3",
        lambda W, X_i, m, a: W - a * softmax_loss_vectorized(W, X_i, [m], 0.0)[1],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes_in_any_style(name):
    number, function = RIGHT[name]
    verdict = exercises.check(number, function)
    assert verdict.passed, verdict
    assert verdict.mistakes == ()


# What is said


def told(number, *slugs):
    verdict = exercises.check(number, with_slips(number, *slugs))
    return repr(verdict), verdict.explain()


@pytest.mark.parametrize(
    ("slugs", "convention"),
    [
        (("half-reg-loss", "half-reg-gradient"), "0.5 reg sum(W W)"),
        (("no-mean-loss", "no-mean-gradient"), "a sum over the examples"),
        (("no-reg-loss", "no-reg-gradient"), "no regularization"),
    ],
)
def test_a_convention_kept_in_both_is_said(slugs, convention):
    message, explanation = told("8.2", *slugs)
    for text in (message, explanation):
        assert "your dW is the gradient of your own loss" in text
        assert convention in text
    for slug in slugs:  # kept in one only, it is no convention
        message, explanation = told("8.2", slug)
        assert "convention" not in message + explanation
        assert "gradient" in explanation


def test_it_is_said_which_of_the_two_is_off():
    assert "The loss is right; dW is not." in told("8.2", "sign")[0]
    assert "dW is right; the loss is not." in told("8.2", "no-mean-loss")[0]
    assert "dW is not the gradient of the loss beside it" in told("8.2", "sign")[1]
    assert "not the gradient of your own loss" in told("8.2", "sign", "no-mean-loss")[1]
    assert "gradient of" not in told("8.2", "no-shift")[1]  # both right, on ordinary scores

    def both_squared(W, X, y, reg):
        loss, dW = softmax_loss_vectorized(W, X, y, reg)
        return loss**2, 2 * loss * dW

    explanation = exercises.check("8.2", both_squared).explain()
    assert "dW is the gradient of your own loss: the slip is in both" in explanation


def test_factors_are_said_as_measured():
    times_three = exercises.check("8.2", UNNAMED["three times"][1])
    assert "In dW, the data's part comes with the factor 3" in times_three.explain()
    assert 'exercises.check("8.2", f).explain()' in repr(times_three)


@pytest.mark.parametrize(
    ("number", "function", "said"),
    [
        ("0.1", lambda a, y: 50 * np.mean(a == y), "share comes with the factor 50"),
        ("5.2", lambda f, x, h: 3 * row_jacobian(f, x, h), "J comes with the factor 3"),
        ("10.2", lambda *arguments: True, "verdict is the same in every case"),
        ("8.2", lambda W, X, y, reg: first_of_all(W, X, y, reg), "only the first example counts"),
    ],
)
def test_what_all_answers_have_in_common_is_said(number, function, said):
    verdict = exercises.check(number, function)
    assert verdict.mistakes == ()
    assert said in verdict.explain()
    assert said not in repr(verdict)


def first_of_all(W, X, y, reg):
    loss, dW = softmax_loss_vectorized(W, X[:1], y[:1], 0.0)
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W


def flat(text):
    return "".join(text.split())


def test_html_and_text_say_the_same():
    verdict = exercises.check("8.2", with_slips("8.2", "half-reg-loss", "half-reg-gradient"))
    for message in (verdict, verdict.explain()):
        seen = html.unescape(re.sub("<[^>]+>", " ", message._repr_html_()))
        assert flat(seen) == flat(repr(message).replace("`", ""))


# Names once given without proof


def with_values(loss, dW):
    """The right answer to 8.2, of which one value or both are made anew."""

    def f(W, X, y, reg):
        right = softmax_loss_vectorized(W, X, y, reg)
        return loss(X, right[0]), dW(W, reg, right[1])

    return f


def as_it_is(*arguments):
    return arguments[-1]


@pytest.mark.parametrize(
    ("number", "function", "slugs"),
    [
        ("8.2", with_values(lambda X, loss: 1.0, as_it_is), {"constant-answer"}),
        ("8.2", with_values(lambda X, loss: 0.0, as_it_is), {"constant-answer"}),
        (
            "8.2",
            with_values(lambda X, loss: float(len(X)), lambda W, *_: np.ones(W.shape)),
            {"constant-answer"},
        ),
        ("8.2", with_values(as_it_is, lambda W, reg, dW: 2 * reg * W), {"no-data-gradient"}),
        ("7.2", lambda p, m, X_i: X_i.T @ (1 - np.eye(p.size)[[m]]), set()),
        ("8.3", lambda W, X_i, m, a: W, {"no-step"}),
    ],
)
def test_no_name_without_proof(number, function, slugs):
    assert set(exercises.check(number, function).mistakes) == slugs


def test_float32_on_the_way_is_told():
    def narrow(W, X, y, reg):
        loss, dW = softmax_loss_vectorized(W.astype("f"), X.astype("f"), y, reg)
        return float(loss), dW.astype(float)

    verdict = exercises.check("8.2", narrow)
    assert "single-precision" in verdict.mistakes
    assert "agrees to 7 digits" in repr(verdict)


def test_what_the_cases_share_is_said():
    def without_square(W, X, y, reg):
        loss, dW = softmax_loss_vectorized(W, X, y, reg)
        return loss + reg, dW

    verdict = exercises.check("8.2", without_square)
    assert "It is right wherever reg = 0, and nowhere else." in repr(verdict)
    assert verdict.score == (8, 15)


def test_another_convention_passes_when_it_is_chosen():
    def half(W, X, y, reg):
        return softmax_loss_vectorized(W, X, y, reg / 2)

    def summed(W, X, y, reg):
        loss, dW = softmax_loss_vectorized(W, X, y, reg / len(X))
        return loss * len(X), dW * len(X)

    for convention, function in (("half-reg", half), ("sum", summed)):
        assert exercises.check("8.2", function, convention=convention).passed
        assert not exercises.check("8.2", function).passed
        assert not exercises.check("8.2", softmax_loss_vectorized, convention=convention).passed
    with pytest.raises(ValueError, match="'half-reg'"):
        exercises.check("8.2", half, convention="mean")
