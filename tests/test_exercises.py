"""The checker: what it accepts, names, survives and says; then every real task."""

import ast
import copy
import functools
import inspect
import io
import itertools
import json
import math
import re
import subprocess
import sys
import textwrap
import types
import warnings
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from reading import flat, seen, squeezed

from softmax_lib import exercises, lessons
from softmax_lib.exercises import check, comparing, diagnosis, engine
from softmax_lib.lessons import LESSONS, Task, source_of
from softmax_lib.lessons.conditions import Broken
from softmax_lib.lessons.slips import QUESTIONS, SENTENCES, section_on
from softmax_lib.messages import Message

properties = settings(max_examples=settings.default.max_examples // 10)

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


# A lesson of our own, with a task for every kind of answer


def product(X, W):
    """Scores, eq. (1)."""
    secret_product = X @ W
    return secret_product


RNG = np.random.default_rng(3)
PAIRS = [
    (RNG.normal(size=(N, D)), RNG.normal(size=(D, C)))
    for N, D, C in ((3, 2, 4), (7, 4, 3), (1, 5, 2))
]
SCORES = [X @ W for X, W in PAIRS]
SPECIALS = [np.array([1.0, 0.0, 3.0]), np.array([-1.0, 2.0]), np.array([4.0, 5.0])]


def penalty(W, reg):
    """Loss and gradient of the regularization."""
    return float(reg * np.sum(W * W)), 2 * reg * W


def square_matrix(p):
    """A matrix that is not symmetric: row k times k."""
    return np.arange(1.0, 1 + p.size)[:, None] * p


FIELDS = {
    "hints": ("one", "two", "three"),
    "equation": "eq. (1)",
    "reread": '01_matrix_shapes, "Rows meet columns"',
    "question": "Which axis counts the classes?",
}


def exercise(number, title, signature, solution, cases, **fields):
    """A task; a case that is no tuple is the one argument."""
    tuples = [case if isinstance(case, tuple) else (case,) for case in cases]
    make = functools.partial(copy.deepcopy, tuples)
    name, returns = re.match(r"\w+", signature)[0], signature.partition(" -> ")[2]
    returns = tuple(returns.strip("()").split(", "))
    return Task(number, title, name, returns, solution, make, **{**FIELDS, **fields})


TINY = (1 + 1e-20j, 2 + 3e-20j, -4 + 1e-20j)  # a complex step: the imaginary part is the derivative
ROWS = [np.array([row]) for row in ([0.5, 2.0, 3.0], [7.0, 1.5], [1.0, 1.0, 1.0, 1.0])]
REGS = [(W, 0.5 + k) for k, (_, W) in enumerate(PAIRS)]
TASKS = (
    exercise("0.1", "Scores", "scores(X, W) -> S", product, PAIRS),
    exercise("0.2", "Penalty", "penalty(W, reg) -> (loss, dW)", penalty, REGS),
    exercise("0.3", "Square", "square(p) -> J", square_matrix, ROWS),
    exercise("0.4", "Logarithm", "logs(x) -> L", lambda x: np.log(x), SPECIALS),
    exercise("0.5", "Complex step", "loss(w) -> L", lambda w: w * w, TINY),
    exercise("0.6", "Count", "count(n) -> k", lambda n: 3 * n, (1, 2, 5)),
    exercise("0.7", "Shape", "shape(n) -> (N, C)", lambda n: (n, n + 1), (2, 5, 9)),
    exercise("0.8", "Sign", "sign(n) -> is_positive", lambda n: n > 0, (1, -2, 3)),
    exercise("0.9", "Word", "word(n) -> word", lambda n: f"({n}, C)", (1, 2, 3)),
    exercise("0.10", "Labels", "labels(S) -> y", lambda S: S.argmax(axis=1), SCORES),
    exercise("0.11", "Right ones", "right(S) -> mask", lambda S: S > 0, SCORES),
    exercise("0.12", "Both signs", "both(n) -> (a, b)", lambda n: (n > 0, n < 0), (1, -2, 3)),
    exercise("0.13", "Mean", "mean(x) -> m", lambda x: float(x.mean()), SPECIALS),
)
pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture(scope="module", autouse=True)
def fake_lesson():
    """The lesson above, in the place of 00; and a second one that cannot be imported."""
    module = types.ModuleType("softmax_lib.lessons.of_the_test")
    module.TASKS = TASKS
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        patch.setattr(lessons, "LESSONS", ("of_the_test", "not_there"))
        yield


@pytest.fixture
def real_lessons(monkeypatch):
    monkeypatch.setattr(lessons, "LESSONS", LESSONS)


# Right answers, however written


class WithArray:
    """What a DataFrame is to numpy."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


class Subclass(np.ndarray):
    pass


RIGHT = {
    "the product itself": ("0.1", lambda X, W: X @ W),
    "longdouble": ("0.1", lambda X, W: (X @ W).astype(np.longdouble)),
    "Fortran order": ("0.1", lambda X, W: np.asfortranarray(X @ W)),
    "a list of rows": ("0.1", lambda X, W: list(X @ W)),
    "a subclass": ("0.1", lambda X, W: (X @ W).view(Subclass)),
    "an object with __array__": ("0.1", lambda X, W: WithArray(X @ W)),
    "with defaults": ("0.1", lambda X, W, out=None, *, again=1: X @ W),
    "any arguments": ("0.1", lambda *both: both[0] @ both[1]),
    "a ufunc": ("0.1", np.matmul),
    "partial": ("0.1", functools.partial(np.einsum, "nd,dc->nc")),
    "numpy scalar": ("0.2", lambda W, reg: (reg * np.sum(W**2), 2 * reg * W)),
    "0-d array": ("0.2", lambda W, reg: (np.array(reg * np.sum(W**2)), 2 * reg * W)),
    "float32 loss": ("0.2", lambda W, reg: (np.float32(reg * np.sum(W**2)), 2 * reg * W)),
    "a list for a tuple": ("0.2", lambda W, reg: [reg * np.sum(W**2), (2 * reg * W).tolist()]),
    "inf and nan": ("0.4", lambda x: np.array([np.log(v) if v != 0 else -np.inf for v in x])),
    "complex step": ("0.5", lambda w: np.asarray(w) ** 2),
    "a float for a count": ("0.6", lambda n: 3.0 * n),
    "a 0-d float for a count": ("0.6", lambda n: np.array(3.0 * n)),
    "numpy's integer": ("0.6", lambda n: np.uint8(3 * n)),
    "a fraction": ("0.6", lambda n: Fraction(6 * n, 2)),
    "a decimal": ("0.6", lambda n: Decimal(3 * n)),
    "a list for a shape": ("0.7", lambda n: [n, n + 1]),
    "an array for a shape": ("0.7", lambda n: np.array([n, n + 1])),
    "a numpy bool": ("0.8", lambda n: np.bool_(n > 0)),
    "0 and 1 for a yes": ("0.8", lambda n: int(n > 0)),
    "blanks and capitals": ("0.9", lambda n: f" ( {n},c )"),
    "labels as a list": ("0.10", lambda S: [int(np.argmax(row)) for row in S]),
    "labels in a small dtype": ("0.10", lambda S: S.argmax(axis=1).astype(np.int8)),
    "a mask as a list": ("0.11", lambda S: (S > 0).tolist()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes_however_it_is_written(name):
    number, function = RIGHT[name]
    verdict = check(number, function)
    assert verdict.passed, verdict
    assert verdict.mistakes == ()
    assert verdict
    assert "right, on all 3 cases" in repr(verdict)
    assert "nothing to explain" in verdict.explain()


@properties
@given(hnp.arrays(np.float64, (3,), elements=st.floats(-1, 1)), st.sampled_from([-300, -9, 0, 300]))
def test_the_bound_is_relative_at_every_scale(noise, decade):
    noise = noise / max(1.0, np.linalg.norm(noise))
    vector = 10.0**decade * np.array([1.0, -1.0, 1.0])
    vectors = exercise("0.1", "V", "v(k) -> v", lambda k: k * vector, (1, 2, 3))
    assert diagnosis.diagnose(vectors, lambda k: k * vector * (1 + 1e-9 * noise)).passed
    if np.linalg.norm(noise) > 0.1:
        assert not diagnosis.diagnose(vectors, lambda k: k * vector * (1 + 1e-6 * noise)).passed


def off_by(share):
    """The square, in float64 and somewhat off."""
    return lambda S: np.asarray(S, float) ** 2 * (1 + share)


NARROW = np.array([0.1, 3.0, 200.0])


@pytest.mark.parametrize(
    ("solution", "cases", "answer", "fields", "passes"),
    [
        # around zero only rounding passes, or what the task allows
        (lambda k: np.zeros(3), (1, 2, 3), lambda k: np.full(3, 1e-16), {}, True),
        (lambda k: np.zeros(3), (1, 2, 3), lambda k: np.full(3, 1e-8), {}, False),
        (lambda k: np.zeros(3), (1, 2, 3), lambda k: np.full(3, 1e-8), {"atol": 1e-7}, True),
        (lambda k: np.zeros(3), (1, 2, 3), lambda k: np.full(3, 1e-6), {"atol": 1e-7}, False),
        # a tiny right answer is not zero
        (lambda k: k * 1e-300, (1, 2, 3), lambda k: 0.0, {}, False),
        (lambda k: k * 1e-300, (1, 2, 3), lambda k: k / 1e300, {}, True),
        # inputs in few digits widen the bound for answers in many
        (off_by(0), [NARROW.astype("f4")], off_by(1e-4), {}, True),
        (lambda S: S * S, [NARROW.astype("f4")], off_by(1e-2), {}, False),
        (lambda S: S * S, [NARROW.astype("f2")], off_by(1e-2), {}, True),
        (lambda S: S * S, [NARROW], off_by(1e-7), {}, False),
        # answers in few digits are held to a bound of their own
        (lambda S: S * S, [NARROW], lambda S: off_by(1e-2)(S).astype("f4"), {}, False),
        (lambda S: S * S, [NARROW], lambda S: off_by(1e-4)(S).astype("f4"), {}, True),
        (lambda S: S * S, [NARROW], off_by(1e-4), {}, False),
    ],
)
def test_how_far_off_an_answer_may_be(solution, cases, answer, fields, passes):
    some = exercise("0.1", "Some", "some(k) -> v", solution, cases, **fields)
    assert diagnosis.diagnose(some, answer).passed is passes


@pytest.mark.parametrize(
    ("logarithm", "passes"),
    [
        (lambda x: np.log(np.maximum(x, 1e-300)), False),  # a number for -inf and nan
        (lambda x: np.where(np.isfinite(np.log(x)), np.log(x), np.nan), False),  # nan for -inf
        (lambda x: np.where(x == 0, np.inf, np.log(x)), False),
        (lambda x: -np.log(1 / x), True),
    ],
)
def test_infinities_and_nans_must_stand_in_their_places(logarithm, passes):
    assert check("0.4", logarithm).passed is passes


# Not attempted

STUBS = {
    "docstring and dots": '"""Scores."""\n    ...',
    "dots": "...",
    "docstring alone": '"""Scores."""',
    "pass": "pass",
    "docstring and pass": '"""Scores."""\n    pass',
    "return": "return",
    "return None": '"""Scores."""\n    return None',
    "return dots": "return ...",
    "raise": "raise NotImplementedError",
    "raise with a reason": '"""Scores."""\n    raise NotImplementedError("your turn")',
    "raise, called": "raise NotImplementedError()",
    "a blank to fill": "S = ...\n    return S",
    "two blanks to fill": "loss = ...\n    dW = ...\n    return loss, dW",
    "scaffold": "S = X @ W\n    raise NotImplementedError",
    "a comment": "# your code here\n    pass",
}


def defined(body, arguments="X, W"):
    """The function that a cell with this body defines; its source is nowhere to be read."""
    space = {"np": np}
    exec(f"def scores({arguments}):\n    {body}\n", space)
    return space["scores"]


@pytest.mark.parametrize("name", STUBS)
def test_a_stub_is_not_attempted(name):
    verdict = check("0.1", defined(STUBS[name]))
    assert not verdict.passed
    assert verdict.mistakes == ("not-attempted",)
    assert repr(verdict) == '○ 0.1 not attempted yet. A hint: exercises.hint("0.1")'
    assert seen(verdict._repr_html_()) == repr(verdict)
    assert SENTENCES["not-attempted"] in verdict.explain()


def decorated(function):
    return functools.wraps(function)(lambda *arguments: function(*arguments))


@pytest.mark.parametrize(
    "stub",
    [
        lambda: None,
        lambda X: ...,
        defined("...", "self"),
        functools.lru_cache(defined("pass", "X")),
        decorated(defined("pass")),
    ],
)
def test_stubs_with_other_parameters_lambdas_and_decorated_stubs_are_not_attempted(stub):
    assert check("0.1", stub).mistakes == ("not-attempted",)


NOT_STUBS = {
    "a constant": ("return 0", ()),
    "a text": ("return 'S'", ("wrong-return",)),
    "work without a return": ("S = X @ W", ("wrong-return",)),
    "a print": ("print(X)", ("wrong-return",)),
    "an argument": ("return X", ()),
    "one blank of two": ("return X, ...", ("wrong-return",)),
    "another error": ("raise ValueError('your turn')", ("raised",)),
    "an error in one case": (
        "if len(X) == 1: raise NotImplementedError\n    return X @ W",
        ("raised",),
    ),
    "a generator": ("yield None", ("wrong-return",)),
}


@pytest.mark.parametrize("name", NOT_STUBS)
def test_what_does_something_is_attempted(name):
    body, mistakes = NOT_STUBS[name]
    verdict = check("0.1", defined(body))
    assert not verdict.passed
    assert "not-attempted" not in verdict.mistakes
    assert set(mistakes) <= set(verdict.mistakes)
    assert "✗ 0.1 Scores: not yet." in repr(verdict)


def test_not_implemented_inside_a_library_is_an_error_of_the_call():
    class Other:
        def __array_ufunc__(self, *args, **kwargs):
            return NotImplemented

    assert check("0.1", lambda X, W: X + Other()).mistakes == ("raised",)


# What has a name


NAMED = [
    ("raised", "0.1", lambda X: X),
    ("raised", "0.1", lambda X, W: sys.exit()),
    ("wrong-return", "0.1", lambda X, W: "S"),
    ("wrong-return", "0.1", lambda X, W: (row for row in X @ W)),
    ("wrong-return", "0.1", lambda X, W: {"S": X @ W}),
    ("wrong-return", "0.1", lambda X, W: (X @ W, X)),
    ("wrong-return", "0.1", lambda X, W: [[1.0], [2.0, 3.0]]),
    ("wrong-return", "0.1", lambda X, W: product),
    ("wrong-return", "0.2", lambda W, reg: (reg * np.sum(W * W),)),
    ("wrong-return", "0.2", lambda W, reg: (reg * np.sum(W * W), None)),
    ("wrong-return", "0.8", lambda n: 0.5),
    ("wrong-return", "0.9", lambda n: n),
    ("swapped-return half-reg-gradient", "0.2", lambda W, reg: (reg * W, reg * np.sum(W * W))),
    ("swapped-return", "0.7", lambda n: (n + 1, n)),
    ("wrong-shape", "0.1", lambda X, W: (X @ W).ravel()),
    ("wrong-shape", "0.1", lambda X, W: (X @ W)[None]),
    ("wrong-shape constant-answer", "0.1", lambda X, W: 1.5),
    ("wrong-shape", "0.2", lambda W, reg: ([reg * np.sum(W * W)], 2 * reg * W)),
    ("wrong-shape", "0.1", lambda X, W: (X @ W).T if len(X) == 7 else np.zeros((2, 2, 2))),
    ("wrong-shape wrong-dtype", "0.2", lambda W, reg: ([reg], (2 * reg * W).astype(int))),
    ("transposed", "0.1", lambda X, W: W.T @ X.T),
    ("transposed", "0.3", lambda p: square_matrix(p).T),
    ("wrong-dtype", "0.1", lambda X, W: (X @ W).astype(int)),
    ("wrong-dtype", "0.1", lambda X, W: (X @ W) + 0j),
    ("wrong-dtype", "0.1", lambda X, W: (X @ W).astype(object)),
    ("wrong-dtype", "0.1", lambda X, W: (X @ W).astype(str)),
    ("wrong-dtype", "0.1", lambda X, W: (X @ W).astype(np.float16)),
    ("wrong-dtype", "0.1", lambda X, W: X @ W > 0),
    ("wrong-dtype", "0.5", lambda w: (w * w).real),
    ("wrong-dtype", "0.10", lambda S: S.argmax(axis=1).astype(float)),
    ("wrong-dtype", "0.11", lambda S: (S > 0).astype(int)),
    ("mutates-input", "0.1", lambda X, W: (np.add(X, 1, out=X) - 1) @ W),
    ("mutates-input constant-answer", "0.2", lambda W, reg: (0.0, W.sort(axis=0) or W)),
]


@pytest.mark.parametrize(("slugs", "number", "function"), NAMED)
def test_the_mistake_is_named(slugs, number, function):
    verdict = check(number, function)
    assert not verdict.passed
    assert not verdict
    assert verdict.mistakes == tuple(slugs.split())
    for slug in verdict.mistakes:
        assert slug in verdict.explain()
        assert SENTENCES[slug] in verdict.explain()
    assert "(behind it: eq. (1))." in repr(verdict)


def test_every_slug_has_a_sentence_and_its_question_asks():
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
    assert all(question.endswith("?") for question in QUESTIONS.values())
    assert set(QUESTIONS) - {"kept-state"} <= set(SENTENCES)  # which is said, and has no name


UNNAMED = [
    ("0.1", lambda X, W: X @ W + 1),
    ("0.1", lambda X, W: np.full((len(X), W.shape[1]), np.nan)),
    ("0.3", lambda p: np.outer(p, p)),
    ("0.5", lambda w: complex((w * w).real, 2 * (w * w).imag)),
    ("0.6", lambda n: 2 * n),
    ("0.7", lambda n: (n, n)),
    ("0.7", lambda n: (n + 1, n) if n == 2 else (n, n)),  # swapped in one case, by luck
    ("0.9", lambda n: f"(C, {n})"),
    ("0.10", lambda S: S.argmin(axis=1)),
    ("0.12", lambda n: (n < 0, n > 0)),  # swapped, or the wrong sign in both: not certain
]


@pytest.mark.parametrize(("number", "function"), UNNAMED)
def test_what_is_not_certain_is_not_claimed(number, function):
    verdict = check(number, function)
    assert not verdict.passed
    assert verdict.mistakes == ()
    assert "Which axis counts the classes?" in repr(verdict)
    assert "expected" in repr(verdict)
    assert "got" in repr(verdict)
    assert "The slip by name" not in repr(verdict)
    assert "prove no slip" in verdict.explain()


def test_parameters_in_another_order_are_said_to_be():
    verdict = check("0.2", lambda reg, W: penalty(W, reg))
    assert not verdict.passed
    assert "the order (reg, W), but it is called with (W, reg)." in repr(verdict)
    assert "Does your first line read as asked, def penalty(W, reg)?" in repr(verdict)
    assert "Your first line" not in repr(check("0.2", lambda reg, V: (reg, V)))


# What is survived


def deep():
    return deep()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text()
    | st.binary() | hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_side=4)),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)
    | st.dictionaries(st.text(), inner),
    max_leaves=6,
)  # fmt: skip


@properties
@given(ANYTHING, st.sampled_from(["0.1", "0.2", "0.3", "0.4", "0.9", "0.10", "0.13"]))
def test_any_value_is_a_verdict_that_does_not_pass(value, number):
    # One value cannot be right for three different cases.
    verdict = check(number, lambda *arguments: value)
    assert not verdict.passed
    assert seen(verdict._repr_html_()) == flat(repr(verdict))


def test_what_is_printed_goes_into_the_verdict_bounded(capsys):
    def talkative(X, W):
        for k in range(10_000):
            print("line", k)
        print("to stderr", file=sys.stderr)
        return X @ W

    verdict = check("0.1", talkative)
    assert verdict.passed
    assert capsys.readouterr() == ("", "")
    assert "line 0\n" in repr(verdict)
    assert "line 10\n" not in repr(verdict)
    assert repr(verdict).endswith("…")
    assert "…" in repr(check("0.6", lambda n: print("a\n" * 11)))
    assert "…" not in repr(check("0.6", lambda n: print("a\n" * 10)))

    long_line = check("0.1", lambda X, W: print("x" * 5000))
    assert "xxx" in repr(long_line)
    assert "x" * 101 not in repr(long_line)
    assert "error stream" in repr(check("0.1", lambda X, W: print("error stream", file=sys.stderr)))


def test_warnings_go_into_the_verdict_whatever_the_filters(recwarn):
    def overflow(X, W):
        return np.exp(1e4 * np.abs(X @ W)) + np.exp(-1e4 * np.abs(X @ W) - 1e4)

    for action in ("error", "ignore", "always"):
        warnings.simplefilter(action)
        with np.errstate(all="raise"):
            verdict = check("0.1", overflow)
        assert "RuntimeWarning: overflow encountered in exp" in repr(verdict)
        assert "underflow" not in repr(verdict)  # a right softmax underflows all the time
        assert verdict.mistakes == ()
    assert len(recwarn) == 0


def test_an_error_shows_the_students_lines_and_no_others():
    def inner(S):
        return S.reshape(1000, 1000)

    def outer(X, W):
        return inner(X @ W)

    text = repr(check("0.1", outer))
    assert "return inner(X @ W)" in text
    assert "return S.reshape(1000, 1000)" in text
    assert "ValueError: cannot reshape" in text
    assert "diagnosis.py" not in text
    assert "got = " not in text
    assert "Case 1: X = [[" in text

    in_numpy = repr(check("0.1", lambda X, W: np.linalg.inv(X)))
    assert "np.linalg.inv(X)" in in_numpy
    assert "LinAlgError" in in_numpy
    assert in_numpy.count("line ") == 2  # one frame, and the question

    without_source = repr(check("0.1", defined("return X @ W.T")))
    assert "line 2, in scores\n" in without_source
    assert "RecursionError" in (text := repr(check("0.1", lambda X, W: deep())))
    assert text.count("in deep") == 3


def test_parameters_that_do_not_fit_are_said_without_a_traceback():
    text = repr(check("0.1", lambda X: X))
    assert "It is called with 2 arguments, but takes (X)" in text
    assert "def scores(X, W)?" in text
    assert "stopped with an error" not in text


def test_memory_between_calls_is_found():
    calls = []

    def counts(X, W):
        calls.append(1)
        return X @ W + (len(calls) > 3)

    verdict = check("0.1", counts)
    assert not verdict.passed
    assert verdict.mistakes == ()
    assert "it gives another answer than before" in repr(verdict)
    assert "What does your function keep from one call to the next?" in repr(verdict)
    assert "Right on 3 of 3 cases" in repr(verdict)

    def accumulates(W, reg, total=[]):  # noqa: B006
        total.append(reg * np.sum(W * W))
        return sum(total), 2 * reg * W

    text = repr(check("0.2", accumulates))
    assert "it gives another answer than before" in text
    assert "What does your function keep from one call to the next?" in text


def test_a_result_written_into_later_is_judged_as_it_came():
    buffer = np.zeros((7, 4))

    def reuses(X, W):
        buffer[:] = 0
        buffer[: len(X), : W.shape[1]] = X @ W
        return buffer[: len(X), : W.shape[1]]

    assert check("0.1", reuses).passed


def test_inputs_are_copies_and_views_of_them_may_come_back():
    given_cases = TASKS[0].cases()
    same = Task("0.1", "Same", "same", ("X",), lambda X, W: X, lambda: given_cases, **FIELDS)
    before = copy.deepcopy(given_cases)
    assert diagnosis.diagnose(same, lambda X, W: X).passed

    def clears(X, W):
        X[:] = 0
        W.shape = (W.size,)
        return X

    found = diagnosis.diagnose(same, clears)
    assert "mutates-input" in found.mistakes
    assert found.runs[0].changed == ("X", "W")
    for old, new in zip(before, given_cases, strict=True):
        for a, b in zip(old, new, strict=True):
            np.testing.assert_array_equal(a, b)


# What is shown


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="`\r\x00"), min_size=1)
ROWS = st.lists(st.tuples(st.text("ab<&", min_size=1), st.text("x>'\"")), min_size=2)
KINDS = st.sampled_from(["title", "text", "code"])
BLOCKS = st.lists(st.tuples(KINDS, TEXTS) | st.tuples(st.just("table"), ROWS), min_size=1)


@properties
@given(BLOCKS)
def test_html_and_text_say_the_same(blocks):
    message = Message(blocks)
    assert seen(message._repr_html_()) == flat(message)


def test_html_is_escaped_and_colored_at_the_border_only():
    verdict = check("0.1", lambda X, W: print("<script>alert(1)</script> & `code`"))
    source = verdict._repr_html_()
    assert "<script>" not in source
    assert "&lt;script&gt;" in source
    assert "border-left: 4px solid #D55E00" in source
    assert not re.search(r"(?<![-\w])(color|background)", source)
    assert source.count("<strong>✗ 0.1 Scores") == 1
    assert source.count("<strong>") == 2  # the question is the other
    assert "#009E73" in check("0.1", product)._repr_html_()
    assert "#56B4E9" in check("0.1", lambda X, W: ...)._repr_html_()
    assert "<code>S.shape</code>" in Message([("text", "Look at `S.shape`.")])._repr_html_()


def test_the_table_aligns_and_shows_entries_that_differ():
    def one_off(X, W):
        S = X @ W
        S[1 % len(S), 1] += 1
        return S

    text = repr(check("0.1", one_off))
    X, W = PAIRS[0]
    row = re.search(r"S\[1, 1\] +(\S+) +(\S+)", text)
    assert float(row[1]) == pytest.approx((X @ W)[1, 1], rel=1e-5)
    assert float(row[2]) == pytest.approx((X @ W)[1, 1] + 1, rel=1e-5)
    assert "1 of 12 entries of S differ." in text
    assert text.count("S[") == 1
    head = next(line for line in text.splitlines() if "expected" in line)
    entry = next(line for line in text.splitlines() if "S[1, 1]" in line)
    assert head.index("expected") == entry.index(row[1])
    assert head.index("got") == entry.rindex(row[2])
    assert repr(check("0.1", lambda X, W: X @ W + 1)).count("S[") == comparing.ROWS_SHOWN


def test_the_line_that_is_shown_brings_the_case_back():
    verdict = check("0.1", lambda X, W: X @ W if len(X) == 3 else X @ W * 2)
    text = repr(verdict)
    assert verdict.score == (1, 3)
    assert "Right on 1 of 3 cases" in text
    assert "Case 2" in text
    lines = [line.strip() for line in text.splitlines()]
    at = lines.index('X, W = exercises.case("0.1", 2)')
    space = {"exercises": exercises, "scores": product}
    exec(f"{lines[at]}\nS = {lines[at + 1]}", space)
    np.testing.assert_array_equal(space["S"], product(*PAIRS[1]))

    def my_loss(w):
        return 0j

    lines = [line.strip() for line in repr(check("0.5", my_loss)).splitlines()]
    at = lines.index('(w,) = exercises.case("0.5", 1)')
    assert lines[at + 1] == "my_loss(w)"


# Asking


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: check(1.2, product), TypeError, r'text such as "1\.2", and comes first; got 1\.2'),
        (lambda: check(product, "0.1"), TypeError, "comes first; got a function"),
        (lambda: check("0.1", product(*PAIRS[0])), TypeError, "without parentheses"),
        (lambda: check("0.1", None), TypeError, r'check\("0\.1", scores\); got NoneType'),
        (lambda: check("11.1", product), ValueError, "the notebooks go from 0 to 1"),
        (lambda: check("-1.1", product), ValueError, "the notebooks go from 0 to 1"),
        (lambda: check("softmax", product), ValueError, "notebook and place"),
        (lambda: check("", product), ValueError, "notebook and place"),
        (lambda: check("0.99", product), ValueError, r"of_the_test has 0\.1, 0\.2, .*0\.13"),
        (lambda: check("0", product), ValueError, "There is no exercise '0'"),
        (lambda: exercises.hint("0.99"), ValueError, "There is no exercise"),
        (lambda: exercises.hint("0.1", 0), ValueError, "level is 1, 2 or 3; got 0"),
        (lambda: exercises.hint("0.1", 4), ValueError, "level is 1, 2 or 3; got 4"),
        (lambda: exercises.hint("0.1", True), ValueError, "level is 1, 2 or 3; got True"),
        (lambda: exercises.solution("0.99"), ValueError, "There is no exercise"),
        (lambda: exercises.case("0.1", 0), ValueError, "cases 1 to 3; got 0"),
        (lambda: exercises.case("0.1", 4), ValueError, "cases 1 to 3; got 4"),
        (lambda: exercises.case("0.1", "1"), ValueError, "cases 1 to 3; got '1'"),
    ],
)
def test_a_call_that_cannot_work_says_why(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def test_one_exercise_imports_one_lesson():
    # LESSONS names a second lesson that does not exist.
    assert exercises.hint("0.1").startswith("0.1 Scores, hint 1 of 3")
    with pytest.raises(ModuleNotFoundError):
        exercises.hint("1.1")


def test_hints_lead_to_the_next_and_then_to_the_solution():
    for level, text in enumerate(("one", "two", "three"), 1):
        message = exercises.hint("0.1", level)
        assert f"hint {level} of 3" in message
        assert text in message.splitlines()
    assert 'exercises.hint("0.1", 2)' in exercises.hint("0.1")
    assert 'exercises.hint("0.1", 3)' in exercises.hint("0.1", 2)
    last = 'One way to write it: exercises.solution("0.1")'
    assert exercises.hint("0.1", 3).splitlines()[-1] == last
    assert "solution" not in exercises.hint("0.1", 2)
    assert exercises.hint("0.1") == exercises.hint("0.1", 1)


def test_the_solution_shown_is_the_source_that_runs():
    shown = textwrap.dedent("\n".join(exercises.solution("0.1").splitlines()[1:]))
    space = {}
    exec(shown, space)
    assert check("0.1", space["product"]).passed
    assert seen(exercises.solution("0.1")._repr_html_()) == flat(exercises.solution("0.1"))


def test_a_case_is_made_afresh():
    first, second = exercises.case("0.1", 2), exercises.case("0.1", 2)
    assert isinstance(first, tuple)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.shares_memory(a, b)
    assert exercises.case("0.1")[0].shape == (3, 2)


def test_progress_shows_the_session():
    assert exercises.progress() == "No exercise has been checked in this session."
    exercises.hint("0.1")
    exercises.solution("0.1")
    exercises.case("0.1")
    assert exercises.progress() == "No exercise has been checked in this session."
    check("0.1", lambda X, W: X)
    check("0.1", product)
    check("0.2", lambda W, reg: 0)
    check("0.3", lambda p: ...)
    lines = exercises.progress().splitlines()
    assert lines[0] == "1 of 13 exercises right"
    assert len(lines) == 2 + len(TASKS)
    assert re.fullmatch(r"\s+0\.1 +Scores +✓ right +2", lines[2])
    assert re.fullmatch(r"\s+0\.2 +Penalty +✗ not yet +1", lines[3])
    assert re.fullmatch(r"\s+0\.3 +Square +○ not attempted +0", lines[4])
    assert re.fullmatch(r"\s+0\.4 +Logarithm +· not checked +0", lines[5])
    check("0.1", lambda X, W: X)
    assert exercises.progress().splitlines()[0] == "0 of 13 exercises right"
    assert seen(exercises.progress()._repr_html_()) == flat(exercises.progress())


USED = """
from softmax_lib import exercises
guess = exercises.predict("Which?", ["a", "b"])
guess.choose(1), guess.reveal("a"), repr(guess), guess._repr_html_(), exercises.report
"""
LESSONS_ALONE = """
import importlib, pkgutil
from softmax_lib import lessons
for module in pkgutil.iter_modules(lessons.__path__):
    importlib.import_module(f"softmax_lib.lessons.{module.name}")
"""
HEAVY = """
ipywidgets matplotlib IPython softmax_lib.marking nbclient nbformat csv tqdm jupyter_client zipfile
"""
NEEDLESS = {*HEAVY.split(), *(f"softmax_lib.lessons.{name}" for name in LESSONS)}


@pytest.mark.parametrize(
    ("program", "needless"), [(USED, NEEDLESS), (LESSONS_ALONE, {"softmax_lib.exercises"})]
)
def test_nothing_is_imported_that_is_not_needed(program, needless):
    program += "import sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not needless & set(done.stdout.split())


# The data class

WHOLE = {
    "number": "1.2",
    "title": "Scores",
    "name": "scores",
    "returns": ("S",),
    "solution": product,
    "cases": lambda: PAIRS,
    **FIELDS,
}


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("number", "1.0", ValueError),
        ("number", 1.2, TypeError),
        ("name", "", TypeError),
        ("returns", "loss, dW", ValueError),
        ("returns", ("loss,dW",), ValueError),
        ("solution", None, TypeError),
        ("cases", [()], TypeError),
        ("hints", ("a", "b"), ValueError),
        ("hints", ("a", "b", " "), ValueError),
        ("equation", "", TypeError),
        ("rtol", math.nan, ValueError),
        ("atol", -1.0, ValueError),
    ],
)
def test_a_malformed_task_names_its_field(field, value, error):
    with pytest.raises(error, match=field):
        Task(**{**WHOLE, field: value})


def test_a_task_knows_its_stub():
    pair = Task(**{**WHOLE, "name": "f", "solution": lambda W, reg=0.5: (0.0, W)})
    assert pair.stub == "def f(W, reg=0.5):\n    ..."
    with pytest.raises(AttributeError):
        pair.number = "1.3"


# Every real task


REAL = [task for k in range(len(LESSONS)) for task in engine.lesson_tasks(k)]
each_task = pytest.mark.parametrize("task", REAL, ids=lambda task: task.number)


def cells_of(notebook, kind):
    """The sources of a notebook's cells of one kind."""
    cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def same_values(a, b):
    """Equal but for rounding: entry by entry, to 1e-6 of the entry or 1000 ulps of the largest."""
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same_values, a, b))
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or not {a.dtype.kind, b.dtype.kind} <= set("biufc"):
        return a.shape == b.shape == () and a.item() == b.item()
    eps = max((np.finfo(x.dtype).eps for x in (a, b) if x.dtype.kind in "fc"), default=0.0)
    floor = 1e3 * eps * np.abs(a[np.isfinite(a)].astype(complex)).max(initial=0.0)
    parts = [np.stack([x.real, x.imag]).astype(float) for x in (a, b)]
    return np.allclose(*parts, rtol=1e-6, atol=floor, equal_nan=True)


def test_every_lesson_has_two_to_four_exercises_numbered_from_one():
    counts = Counter(int(task.number.partition(".")[0]) for task in REAL)
    assert all(2 <= counts[k] <= 4 for k in range(len(LESSONS))), counts
    expected = [f"{k}.{n + 1}" for k in range(len(LESSONS)) for n in range(counts[k])]
    assert [task.number for task in REAL] == expected


@each_task
@pytest.mark.usefixtures("real_lessons")
def test_the_solution_passes_without_a_remark(task):
    verdict = check(task.number, task.solution)
    assert verdict.passed, verdict
    assert len(verdict.message.splitlines()) == 1  # no remark, no warning
    assert inspect.getdoc(task.solution)
    assert exercises.solution(task.number).count("def ") >= 1
    assert engine.find_task(task.number) is task


@each_task
@pytest.mark.usefixtures("real_lessons")
def test_the_stub_is_not_attempted(task):
    space = {}
    exec(task.stub, space)
    verdict = check(task.number, space[task.name])
    assert verdict.mistakes == ("not-attempted",)
    assert list(inspect.signature(space[task.name]).parameters) == list(
        inspect.signature(task.solution).parameters
    )


@each_task
def test_the_signature_names_what_comes_back(task):
    values = task.solution(*task.cases()[0])
    assert len(task.returns) in (1, len(values) if isinstance(values, tuple) else 1)
    assert task.question.endswith("?")
    assert not task.title.endswith(".")
    assert re.fullmatch(r"eqs?\. \(\d+\).*|[^.]+", task.equation)


@each_task
def test_a_solution_written_in_other_roundings_passes(task):
    rng = np.random.default_rng(0)

    def nudged(value):
        if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
            eps = np.finfo(value.dtype).eps
            step = rng.integers(-1, 2, value.shape).astype(value.real.dtype)
            return value * (1 + eps * step)
        return value

    def otherwise(*arguments):
        return task.solution(*map(nudged, arguments))

    assert diagnosis.diagnose(task, otherwise).passed


@each_task
def test_the_hints_hold_no_solution(task):
    body = ast.parse(source_of(task.solution)).body[0].body
    for node in (node for node in body if isinstance(node, ast.Return)):
        value = squeezed(ast.unparse(node.value))
        told = value if len(value) > 6 else f"return{value}"
        assert not any(told in squeezed(hint) for hint in task.hints)


@each_task
def test_the_cases_are_many_fixed_and_fresh(task):
    first, second = task.cases(), task.cases()
    assert len(first) >= 3
    assert isinstance(first, list)
    for one, other in zip(first, second, strict=True):
        assert isinstance(one, tuple)
        for a, b in zip(one, other, strict=True):
            if isinstance(a, np.ndarray):
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)
                assert not np.shares_memory(a, b)
                assert a.size <= 10_000
            elif not callable(a):
                assert repr(a) == repr(b)


AXES = {
    **{"X": "ND", "W": "DC", "dW": "DC", "y": "N", "m": "", "p": "1C", "S_i": "1C"},
    **{"X_i": "1D", "Y_i": "1C"},
    **dict.fromkeys(("S", "P", "Y", "dS", "dL_dS"), "NC"),
}


@each_task
def test_n_d_and_c_are_pairwise_different(task):
    """In three cases at least: then a wrong shape fails; a square one may show what passes."""
    names = list(inspect.signature(task.solution).parameters)
    different = []
    for arguments in task.cases():
        sizes = {}
        for name, value in zip(names, arguments, strict=False):
            axes = AXES.get(name, "")
            if isinstance(value, np.ndarray) and value.ndim == len(axes):
                sizes.update(zip(axes, value.shape, strict=True))
        found = [sizes[axis] for axis in "NDC" if axis in sizes]
        different.append(len(set(found)) == len(found))
    assert different[0]
    assert sum(different) >= 3


@each_task
def test_the_sections_to_reread_are_there(task):
    for place in {task.reread, *(section_on(slug, task) for slug in SENTENCES)}:
        reread = re.fullmatch(r'(\d\d_\w+), "(.+)"', place)
        assert reread, place
        headings = re.findall("^#.+", "\n".join(cells_of(reread[1], "markdown")), flags=re.M)
        assert any(reread[2] in heading for heading in headings), headings


@each_task
def test_the_notebook_has_the_cell(task):
    (book,) = NOTEBOOKS.glob(f"{int(task.number.partition('.')[0]):02d}_*")
    call = f'exercises.check("{task.number}", {task.name})'
    cells = [source for source in cells_of(book.stem, "code") if call in source]
    assert len(cells) == 1
    stub = next(node for node in ast.parse(cells[0]).body if isinstance(node, ast.FunctionDef))
    assert stub.name == task.name
    assert ast.unparse(stub.args) == ast.unparse(ast.parse(task.stub).body[0].args)


# Mutants of the solutions

SWAPS = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt},
    **{ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
    **{ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd},
}
NAMES = {
    **{"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "T": "real"},
    **{"argmax": "argmin", "argmin": "argmax", "sum": "mean", "mean": "sum", "log": "log10"},
    **{"log1p": "log", "exp": "expm1", "expm1": "exp", "zeros": "ones", "zeros_like": "ones_like"},
}


def slips_of_the_pen(node):
    """What else may stand in a node, as new values of its fields."""
    if type(getattr(node, "op", None)) in SWAPS:
        yield {"op": SWAPS[type(node.op)]()}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        yield {"left": node.right, "right": node.left}
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield {"ops": [SWAPS[type(node.ops[0])](), *node.ops[1:]]}
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield {"value": not node.value}
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from ({"value": node.value + step} for step in (1, -1))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        yield {"slice": ast.Tuple(node.slice.elts[::-1], ast.Load())}
    for field in ("attr", "id"):
        if getattr(node, field, None) in NAMES:
            yield {field: NAMES[getattr(node, field)]}


def mutants(function):
    """(source, function) for every mutant of a function's source."""
    whole = ast.parse(source_of(function))
    del whole.body[0].body[0]  # the docstring is no code
    for place, node in enumerate(ast.walk(whole)):
        for which in range(len([*slips_of_the_pen(node)])):
            tree = copy.deepcopy(whole)
            slipped = next(itertools.islice(ast.walk(tree), place, None))
            vars(slipped).update([*slips_of_the_pen(slipped)][which])
            space = dict(function.__globals__)
            exec(compile(ast.fix_missing_locations(tree), "<mutant>", "exec"), space)
            yield ast.unparse(tree), space[tree.body[0].name]


@each_task
def test_no_mutant_that_changes_a_value_passes(task, monkeypatch):
    """A mutant is judged, and no slip looked for in it."""
    monkeypatch.setattr(diagnosis, "name_slips", lambda *_: set())
    monkeypatch.setattr(diagnosis, "consistency", lambda *_: ("", False))
    changed = same = 0
    for source, mutant in mutants(task.solution):
        found = diagnosis.diagnose(task, mutant, 10.0)
        if found.runs and all(same_values(run.expected, run.got) for run in found.runs):
            same += 1
        else:
            changed += 1
            assert not found.passed, source
    assert changed >= max(1, same)


def test_a_verdict_can_be_printed_on_a_screen_without_its_signs(monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        print(check("0.1", product))
        print(exercises.progress())
    screen.flush()
    assert screen.buffer.getvalue().startswith(b"v 0.1 Scores: right")
    assert b". not checked" in screen.buffer.getvalue()


def test_buttons_stand_under_a_verdict_beside_the_same_text():
    def pressed(verdict):
        box = verdict.widget()
        return {b.description: b for b in box.children[1].children}, box.children[-1]

    wrong = check("0.1", lambda X, W: X @ W + 1)
    buttons, below = pressed(wrong)
    assert set(buttons) == {"Hint", "Solution"}  # nothing was measured that is not shown
    for text in ("one", "two", "three", "three"):
        buttons["Hint"].click()
        assert text in below.value
    buttons["Solution"].click()
    assert "secret_product" in below.value
    assert set(pressed(check("0.1", lambda X, W: ...))[0]) == {"Hint"}
    bundle = wrong._repr_mimebundle_()
    assert bundle["text/plain"] == repr(wrong)
    assert bundle["text/html"] == wrong._repr_html_()


def test_what_the_text_demands_is_remarked_on_or_fails():
    def kept(attempt):
        return ""

    def broken(attempt):
        return f"It has {attempt.loops} loops and reads {sorted(attempt.globals)}."

    def insisted(attempt):
        return Broken(broken(attempt))

    def loop(X, W):
        S = np.zeros((len(X), W.shape[1]))
        for i in range(len(X)):
            for j in range(W.shape[1]):
                S[i, j] = X[i] @ W[:, j]
        return S

    for conditions, passed in (((kept,), True), ((kept, broken), True), ((insisted,), False)):
        demanding = exercise("0.1", "S", "s(X, W) -> S", product, PAIRS, conditions=conditions)
        found = diagnosis.diagnose(demanding, loop)
        assert found.passed is passed
        assert found.remarks == tuple(
            ["It has 2 loops and reads ['np']."] * (kept != conditions[-1])
        )


def test_a_number_of_the_notebook_is_pointed_out():
    for result in ("X @ W / N", "np.zeros((N, 2))"):
        space = {"np": np, "N": 3}
        exec(f"def scores(X, W):\n    return {result}", space)
        text = repr(check("0.1", space["scores"]))
        assert "It reads `N` of the notebook, whatever the arguments are." in text
        assert "Which argument holds what `N` stands for?" in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return X @ W + np.ones(9)", "laid over each other from the right"),
        ("return X + X.T", "are each other's transpose."),
        (
            "return X[99]",
            "Axis 0 has the length 3, and its place 99, counted from 0, was asked for.",
        ),
        ("return x @ W", "No line before has made `x`."),
        ("return X @ W.T @ W", "the left factor's last axis meets the right factor's first"),
        ("return eval('np', {'__builtins__': {}})", "`np` is numpy's usual name."),
        ("return X @ W[0, 0]", "`@` wants two arrays"),
        ("return X.sum(axis=1).max(axis=1)", "Axis 1 was asked for, and the array has 1"),
        ("return X.reshape(5, 5)", "numbers do not fill the shape (5,5)."),
        ("return np.hstack([X, W.T @ W])", "the lengths are 3 and 4"),
        ("return np.hstack([X, W[0]])", "equally many axes, and here they have 2 and 1."),
        ("return np.zeros(3, 4)", "what follows it, here 4, is read as a dtype."),
        ("return X.shape.T", "before the dot is of type tuple, which has no `T`."),
        ("return X.shape @ W.shape", "On the left of `@` stands a value of type tuple,"),
        ("return numpy.exp(X)", "`np` is numpy's usual name."),
        ("return max(X, -X)", "Python's own `max`, `min` and `sorted`"),
        ("return X.shape[2]", "A tuple was asked for a place that it does not have."),
        ("return X[X]", "Only whole numbers can be places."),
        ("return X[0, 0][0]", "A single number has no entries"),
        ("return print().T", "Something on this line is None"),
        ("return np.softmax(X @ W)", "There is no `softmax` in what stands before the dot."),
        ("return X(W)", "Is a `*` missing"),
        ("X = X.astype(int)\n    X /= 2", "An array of int64 cannot take a result of float64"),
        ("return np.zeros(len(X) / 1)", "A count must be a whole number"),
        ("return 1 / 0", "A number is divided by 0 here."),
        ("from math import exp\n    return exp(1e3)", "`math` stops where numpy would give inf."),
    ],
)
def test_an_error_is_said_in_words_with_a_question(body, said):
    text = repr(check("0.1", defined(body)))
    assert said in text
    assert re.search(r"^[^ ].*\?$", text, re.M)
