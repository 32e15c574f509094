"""Slips by name: every one in every task where it can be made, and two at a time.

The wrong answers here are programs: the source of an answer with holes, and for each slip what a
student would write into one of them. They share no code with the slips that the tasks declare.
"""

import functools
import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmax_lib import exercises, softmax_loss_vectorized
from softmax_lib.exercises import engine
from softmax_lib.exercises.slips import parameters
from softmax_lib.lessons import LESSONS
from softmax_lib.lessons.slips import SENTENCES

pytestmark = pytest.mark.usefixtures("session")

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
FORWARD_SLIPS = {
    "no-shift": {"shift": ""},
    "global-shift": {"shift": " - S.max()"},
    "column-shift": {"shift": " - S.max(axis=0)"},
    "wrong-shift-sign": {"shift": " + S.max(axis=1, keepdims=True)"},
    "wrong-axis": {"axis": "axis=0"},
    "double-softmax": {"times": "2"},
}
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
OF_ONE_EXAMPLE = (
    {"p": "P", "mean": "", **SLOPES},
    {
        **TWICE,
        **SLOPE_SLIPS,
        "zero-gradient": {"dS": "np.zeros(p.shape)"},
        "divided-by-classes": {"mean": " / p.size"},
    },
)
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
    "2.1": (
        f"def f(S):{FORWARD}    {{last}}\n    return P",
        {**FORWARD_HOLES, "scores": "S", "last": ""},
        {**FORWARD_SLIPS, "last-example-only": {"last": "P[:-1] = 0"}},
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
        *OF_ONE_EXAMPLE,
    ),
    "7.2": (
        "def f(p, m, X_i):\n    P = p\n    P = {p}\n    Y = np.eye(p.size)[[m]]\n"
        "    dS = {minus}({dS})\n    return X_i.T @ dS{mean}",
        *OF_ONE_EXAMPLE,
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


TASKS = [task for k in range(len(LESSONS)) for task in engine.lesson_tasks(k)]
DERIVATIVES = [
    pytest.param(task, name, id=f"{task.number} {name}")
    for task in TASKS
    for name in task.returns
    if task.kinds.get(name) in ("gradient", "derivative")
]


@pytest.mark.parametrize(("task", "name"), DERIVATIVES)
def test_zeros_and_the_opposite_are_named_wherever_a_derivative_is_asked_for(task, name):
    names = parameters(task)

    def changed(factor):
        def f(*arguments):
            values = task.solution(*arguments)
            start = arguments[names.index("W")] if task.step in names else 0.0
            if isinstance(values, tuple):
                k = task.returns.index(name)
                return (*values[:k], factor * values[k], *values[k + 1 :])
            return start + factor * (values - start)

        return f

    zeros = "no-step" if task.step in names else "zero-gradient"
    assert set(exercises.check(task.number, changed(-1)).mistakes) == {"sign"}
    assert set(exercises.check(task.number, changed(0)).mistakes) == {zeros}


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


# Wrong in no way that has a name


@settings(max_examples=settings.default.max_examples // 25)
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


def test_many_wrong_values_share_the_rows_of_the_table():
    """Catches a table that fills the screen, six rows for each of five values."""
    five = exercises.check("8.1", lambda S, T, E, Z, P, y: (P - 1, Z - 1, E - 1, T - 1, S - 1))
    rows = re.findall(r"^ +(d\w)\[", repr(five), re.M)
    assert rows == ["dP", "dZ", "dE", "dT", "dS"]
