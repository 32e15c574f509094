"""Slips by name: every one in every task where it can be made, and two at a time.

The wrong answers here are programs: the source of an answer with holes, and for each slip what a
student would write into one of them. They share no code with `softmax_lib.exercises.variants`.
"""

import functools

import numpy as np
import pytest

from softmax_lib import exercises
from softmax_lib.exercises import engine
from softmax_lib.exercises.catalogue import MISTAKES


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """A session of its own for every test."""
    monkeypatch.setattr(engine, "_session", {})


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
SLOPES = {"dS": "P - Y"}
SLOPE_SLIPS = {
    "no-minus-one": {"dS": "P"},
    "diagonal-jacobian": {"dS": "-Y * (1 - P)"},
    "sign": {"dS": "Y - P"},
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
    "1.1": (
        "def f(X, W):\n    S = np.zeros((len(X), W.shape[1]))\n    for i in range(len(X)):\n"
        "        {fill}\n    return {sign}S",
        {"fill": "S[i] = X[i] @ W", "sign": ""},
        {
            "last-example-only": {"fill": "S[-1] = X[-1] @ W"},
            "sign": {"sign": "-"},
        },
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
    "4.1": (
        "def f(p, Y_i):\n    return {row}",
        {"row": "-Y_i / p"},
        {"sign": {"row": "Y_i / p"}, "zero-gradient": {"row": "np.zeros(p.shape)"}},
    ),
    "5.1": (
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
    "5.2": (
        "def f(v, p):\n    P = p\n    p = {p}\n    J = {J}\n    return {sign}v @ J",
        {"p": "P", "J": "np.diag(p[0]) - p.T @ p", "sign": ""},
        {
            **TWICE,
            "diagonal-jacobian": {"J": "np.diag(p[0] * (1 - p[0]))"},
            "zero-gradient": {"J": "np.zeros((v.size, v.size))"},
            "sign": {"sign": "-"},
        },
    ),
    "5.3": (
        "def f(p, m):\n    P = p\n    P = {p}\n    Y = np.eye(p.size)[[m]]\n    return {dS}{mean}",
        {"p": "P", "mean": "", **SLOPES},
        {
            **TWICE,
            **SLOPE_SLIPS,
            "zero-gradient": {"dS": "np.zeros(p.shape)"},
            "divided-by-classes": {"mean": " / p.size"},
        },
    ),
    "6.1": (
        "def f(X_i, j, C):\n    J = np.zeros((C, X_i.size))\n    {fill}\n    return J",
        {"fill": "J[j] = X_i[0]"},
        {"sign": {"fill": "J[j] = -X_i[0]"}, "zero-gradient": {"fill": ""}},
    ),
    "6.2": (
        "def f(p, m, X_i):\n    P = p\n    P = {p}\n    Y = np.eye(p.size)[[m]]\n"
        "    dS = {dS}\n    return X_i.T @ dS{mean}",
        {"p": "P", "mean": "", **SLOPES},
        {
            **TWICE,
            **SLOPE_SLIPS,
            "zero-gradient": {"dS": "np.zeros(p.shape)"},
            "divided-by-classes": {"mean": " / p.size"},
        },
    ),
    "6.3": (
        "def f(X, P, y):\n    P = {p}\n    Y = np.eye(P.shape[1])[y]\n    dS = {dS}\n"
        "    return X{rows}.T @ dS{rows}{mean}",
        {"p": "P", **GRADIENT},
        {**TWICE, **GRADIENT_SLIPS, "zero-gradient": {"dS": "np.zeros(P.shape)"}},
    ),
    "7.1": (
        "def f(P, y):\n    P = {p}\n    Y = np.eye(P.shape[1])[y]\n    dS = ({dS}){mean}\n"
        "    {last}\n    return dS",
        {"p": "P", "last": "", **SLOPES, "mean": " / len(y)"},
        {
            **TWICE,
            **GRADIENT_SLIPS,
            "last-example-only": {"last": "dS[:-1] = 0"},
            "zero-gradient": {"dS": "np.zeros(P.shape)"},
        },
    ),
    "7.2": (
        f"def f(W, X, y, reg):{FORWARD}    rows = np.arange(len(y))\n    L = {{L}}\n"
        "    loss = {mean_loss}{reg_loss}\n    Y = np.eye(W.shape[1])[y]\n    dS = {dS}\n"
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
    "7.3": (
        f"def f(W, X_i, m, learning_rate):{FORWARD}    Y = np.eye(W.shape[1])[[m]]\n"
        "    dS = {dS}\n    return W - learning_rate * X_i.T @ dS",
        {**FORWARD_HOLES, **SLOPES, "scores": "X_i @ W"},
        {
            **{slug: FORWARD_SLIPS[slug] for slug in FORWARD_SLIPS if slug != "global-shift"},
            **SLOPE_SLIPS,
            "zero-gradient": {"dS": "np.zeros(P.shape)"},
        },
    ),
    "8.2": (
        f"def f(W, X, y, U):{FORWARD}    Y = np.eye(W.shape[1])[y]\n    dS = {{dS}}\n"
        "    return np.sum((X @ U){rows} * dS{rows}){mean}",
        {**FORWARD_HOLES, **GRADIENT, "scores": "X @ W"},
        {**FORWARD_SLIPS, **GRADIENT_SLIPS, "zero-gradient": {"dS": "np.zeros(P.shape)"}},
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
    assert MISTAKES[slug].question in repr(verdict)
    assert MISTAKES[slug].sentence in verdict.explain()


@pytest.mark.parametrize("number", PROGRAMS)
def test_a_program_without_a_slip_passes(number):
    assert exercises.check(number, program(number)).passed
