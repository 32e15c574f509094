"""What fell at the edges of the input space, each as a test: long double, ids, masks.

The rows of bad calls stand in test_bad_input.py; here are the kinds that need a setting.
"""

import re
import warnings

import numpy as np
import pytest

import softmax_lib as sl

LOSSES = [sl.softmax_loss_naive, sl.softmax_loss_vectorized, sl.softmax_loss_streamed]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.__name__.split("_")[-1])
N, D, C = 6, 3, 4
rng = np.random.default_rng(0)
X, W, y = rng.normal(size=(N, D)), rng.normal(size=(D, C)), np.array([0, 1, 2, 3, 0, 1])
P = sl.softmax(X @ W)


def says(exception, sentence):
    """The error, in one line."""
    return pytest.raises(exception, match=rf"^[^\n]*{sentence}[^\n]*$")


# Long double


def test_a_right_gradient_in_long_double_passes():
    """Catches a check that calls a zero gradient of a constant wrong."""
    check = sl.gradient_check(lambda x: (np.longdouble(3), 0 * x), np.ones(2, np.longdouble))
    assert check.passed
    wrong = sl.gradient_check(lambda x: (np.sum(x**2), 3 * x), np.ones(2, np.longdouble))
    assert not wrong.passed


@each_loss
def test_a_loss_too_large_for_a_float_is_said_with_sizes_beyond_it(loss):
    """Catches `|W| up to inf` beside "all inputs are finite", and blame on the long double."""
    wider = np.finfo(np.longdouble).maxexp > 1024
    large = np.ldexp(np.longdouble(1), 1400 if wider else 1023)
    with says(ValueError, r"beyond what float64 can hold.*\|W\| up to \d[.\d]*e\+\d+,"):
        loss(np.array([[large, -large]]), np.ones((1, 1), np.longdouble), [1], 0.0)


# Differences that cannot see


@pytest.mark.parametrize("directions", [None, 3])
@pytest.mark.parametrize(("method", "power"), [("forward", 2), ("central", 3), ("complex", 3)])
def test_a_right_gradient_of_zero_passes(method, power, directions):
    """Catches truncation taken for a slope: at 0, x^2 moves by h forward, x^3 by h^2 central."""

    def f(x):
        return np.sum(x**power), power * x ** (power - 1)

    check = sl.gradient_check(f, np.zeros(3), method, directions=directions)
    assert check.passed
    assert check.numerical.any()  # not 0/0
    assert "truncation" in repr(check)


@pytest.mark.parametrize("method", ["forward", "central", "complex"])
@pytest.mark.parametrize("slope", [1.0, 1e-3])
def test_a_wrong_gradient_of_zero_fails(method, slope):
    """Catches the same leniency met by a dW that is never filled: the slope stays as h doubles."""
    check = sl.gradient_check(
        lambda x: (np.sum(x**2) + slope * np.sum(x), np.zeros(3)), np.zeros(3), method
    )
    assert not check.passed
    assert check.tolerance <= 0.01
    assert (
        sl.gradient_check(
            lambda x: (np.sum(x**2), 0.0 * x.real), np.zeros(3), "forward", tolerance=0.5
        ).passed
        is False
    )  # a tolerance that was asked for is kept


def test_one_entry_of_zero_earns_no_leniency():
    """Catches the rule for a gradient of 0 met by one whose other entries are wrong."""
    x = np.array([0.0, 1e-9])
    check = sl.gradient_check(lambda x: (np.sum(x**2), np.array([0.0, 1e-7])), x, "forward")
    assert not check.passed


def quadratic(x):
    return 1 + np.sum(x**2), 2 * x


@pytest.mark.parametrize(
    ("f", "x", "method", "h", "advice"),
    [
        (quadratic, np.float32([0.1, 0.2]), "central", 1e-6, r"h = 3\.9e-03 or float64 for x"),
        (quadratic, np.float32([1e-4, 2e-4]), "central", None, r"Take float64 for x and inside f"),
        (
            lambda x: (float(quadratic(np.float32(x))[0]), quadratic(np.float32(x))[1]),
            np.array([0.01, 0.02]), "central", None, r"float32 .*h = 3\.9e-03 or float64",
        ),
        (quadratic, np.array([0.1, 0.2]), "central", 1e-15, r"Take h = 4\.8e-06$"),
        (quadratic, np.array([1e-12, 2e-12]), "central", None, r"Take the complex step$"),
    ],
    ids=["float32, small h", "float32", "float32 inside f", "float64, small h", "float64"],
)  # fmt: skip
def test_a_check_that_rounding_hides_says_so_and_what_to_take(f, x, method, h, advice):
    """Catches a bare FAILED where no gradient could have passed."""
    check = sl.gradient_check(f, x, method, h)
    assert not check.passed
    assert re.search(r"Rounding in float\d\d hides the gradient", repr(check))
    assert re.search(advice, repr(check)), repr(check)


def test_a_wrong_gradient_is_not_excused_by_rounding():
    """Catches the excuse given to whoever fails."""
    check = sl.gradient_check(lambda x: (np.sum(x**2), 3 * x), np.float32([1.0, 2.0]))
    assert not check.passed
    assert check.note == ""


# Labels that are ids, targets that are none


@pytest.mark.parametrize("labels", [[0, 10**12], [10**7, 0], np.array([0, 2**63], np.uint64)])
def test_ids_as_labels_are_refused_before_memory_is_asked_for(labels):
    """Catches a W of terabytes, one column for every number up to the largest id."""
    with says(ValueError, r"y\[\d\] is \d+.*no C is given; N = 2.*ids.*np\.unique"):
        sl.train(X[:2], labels)


def test_labels_may_be_far_apart_within_reason_or_when_C_is_given():
    """Catches the same refusal where classes have no examples here; the more, the larger N."""
    assert sl.train(X[:2], [0, 1019], epochs=1).W.shape == (D, 1020)
    assert sl.train(X[:2], [0, 1030], C=1031, epochs=1).W.shape == (D, 1031)


@each_loss
def test_smoothed_targets_are_sent_to_their_section(loss):
    """Catches the hint argmax, which throws the smoothing away."""
    smooth = 0.9 * np.eye(C)[y] + 0.025
    with says(ValueError, r'shares of several classes see notebook 13, "Other targets"') as caught:
        loss(W, X, smooth, 0.1)
    assert "argmax" not in str(caught.value)
    with says(ValueError, r"one-hot.*argmax.*notebook 13"):
        loss(W, X, np.eye(C)[y], 0.1)


def test_a_masked_right_class_is_named_as_that():
    """Catches `Is a value missing?` for a mask of -inf, and blame on a mask that did no harm."""
    S = np.array([[0.0, -np.inf, 1.0], [2.0, -np.inf, 0.0]])
    with says(ValueError, r"S\[1, 1\] is -inf, and 1 is the right class of example 1"):
        sl.cross_entropy(S, [0, 1])
    assert np.isfinite(sl.cross_entropy(S, [0, 2])).all()
    with says(ValueError, r"S\[0, 0\] is -inf \(3 entries"):
        sl.cross_entropy(np.full((1, 3), -np.inf), [1])
    with says(ValueError, r"beyond what float64 can hold"):
        sl.cross_entropy([[-1.7e308, -np.inf, 1.7e308]], [0])


# One dtype rule for reg W


@pytest.mark.parametrize("dtypes", [(np.float32, np.float64), (np.float64, np.longdouble)])
def test_dL_dW_adds_reg_in_the_widest_dtype(dtypes):
    """Catches 2 reg W rounded, or overflowing, in W's dtype where X makes dW wider."""
    narrow, wide = dtypes
    weights = W.astype(narrow)
    exact = 2 * np.longdouble(0.1) * weights.astype(np.longdouble)
    dW = sl.dL_dW(0 * X.astype(wide), 0 * P, weights, 0.1)
    assert dW.dtype == wide
    assert np.abs(dW - exact).max() <= np.finfo(wide).eps * np.abs(exact).max()
    large = np.full((D, C), np.finfo(narrow).max, narrow)
    if np.finfo(wide).maxexp > np.finfo(narrow).maxexp:
        assert np.isfinite(sl.dL_dW(X.astype(wide), 0 * P, large, 1.0)).all()
        for loss in LOSSES if wide is np.float64 else []:
            assert np.isfinite(loss(large, 0 * X, y, 1.0)[1]).all()


@pytest.mark.parametrize(
    "dtypes",
    [
        (np.float32, np.float32, np.float64),
        (np.float64, np.float64, np.longdouble),
        (np.float32, np.float64, np.float32),
        (np.float64, np.longdouble, np.float64),
        (np.float64, np.complex128, np.float64),
    ],
)
def test_dL_dW_multiplies_in_the_widest_dtype(dtypes):
    """Catches X^T dS rounded where W makes dW wider, and a dS that is wider than X and W."""
    wide = np.result_type(*dtypes)
    x, dS, w = (a.astype(dtype) for a, dtype in zip((X, P / 7, W), dtypes, strict=True))
    if wide.kind == "c":
        dS *= 1 + 1j
    dW = sl.dL_dW(x, dS, w, 0.1)
    exact = x.astype(wide).T @ dS.astype(wide) + 0.2 * w.astype(wide)
    assert dW.dtype == wide
    assert np.abs(dW - exact).max() <= 4 * np.finfo(wide).eps


def test_a_reg_beyond_float32_is_answered_by_all():
    """Catches reg rounded to float32's inf by two losses, and 0 * inf."""
    zero, x = np.zeros((D, C), np.float32), X.astype(np.float32)
    answers = [loss(zero, x, y, 1e39) for loss in LOSSES]
    answers.append((np.log(C), sl.dL_dW(x, sl.dL_dS(P.astype(np.float32), y), zero, 1e39)))
    for value, dW in answers:
        assert value == pytest.approx(np.log(C), rel=1e-6)
        assert dW.dtype == np.float32
        assert np.isfinite(dW).all()


@each_loss
def test_an_overflow_of_reg_is_named_with_reg(loss):
    """Catches `beyond what float64 can hold` with the culprit left out."""
    with says(ValueError, r"beyond what float64 can hold.*reg = 1e\+308"):
        loss(10 * W, X, y, 1e308)


# Messages


def test_one_entry_of_a_gradient_that_is_not_finite_is_found():
    """Catches `all` in place of `any` where training looks for what diverged."""

    def loss(W, X, y, reg):
        L, dW = sl.softmax_loss_vectorized(W, X, y, reg)
        dW[1, 2] = np.inf if W.any() else 0
        return L, dW

    with says(ValueError, r"dW\[1, 2\] is inf though the loss is"):
        sl.train(X, y, loss=loss)


def test_a_row_wider_than_a_strip_is_searched():
    """Catches strips of no rows, where one row is more than what is searched at a time."""
    wide = np.zeros((3, 2**20 + 1), np.float32)
    wide[2, -1] = np.nan
    with says(ValueError, rf"X\[2, {2**20}\] is nan: S = X W"):
        sl.scores(wide, np.zeros((2**20 + 1, 2), np.float32))


# numpy's errors set to raise, torch


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_raises_from_within_where_numpy_is_told_to_raise(dtype):
    """Catches arithmetic of ours that under- or overflows outside a silent place."""
    tiny = np.finfo(dtype).tiny
    x, w = (X * 100).astype(dtype), (W * tiny).astype(dtype)
    with np.errstate(all="raise"):
        assert np.isfinite(sl.softmax(np.array([[0, -1000.0]], dtype))).all()
        assert np.isfinite(sl.log_softmax(np.array([[0, -1000.0]], dtype))).all()
        sl.train(X.astype(dtype) / 1000, y, reg=1e-30, learning_rate=float(tiny), epochs=1)
        for method in ("forward", "central", "complex"):
            for directions in (None, 2):
                f = lambda x: (x.sum() * 0 + tiny, np.full(x.shape, tiny))  # noqa: E731
                sl.gradient_check(f, w, method, h=1e-3, directions=directions)
        with pytest.raises(ValueError, match="diverged"):
            sl.train(x, y, reg=1.0, learning_rate=1e30, epochs=50)


def test_a_loss_of_the_students_keeps_its_warnings():
    """Catches a silence that spreads from our arithmetic to theirs."""

    def loss(W, X, y, reg):
        np.log(np.zeros(1))
        return sl.softmax_loss_vectorized(W, X, y, reg)

    with pytest.warns(RuntimeWarning, match="divide by zero"):
        sl.train(X, y, epochs=1, loss=loss)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        sl.gradient_check(lambda W: loss(W, X, y, 0.1), W)


def test_a_value_that_only_turns_into_an_array_warns_of_nothing():
    """Catches np.array(value), which asks a torch tensor for a copy that it does not know."""

    class Value:
        def __init__(self, number):
            self.number = number

        def __array__(self, dtype=None):  # as torch's: no `copy`
            return np.asarray(self.number, dtype)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient = sl.numerical_gradient(lambda x: Value(np.sum(x**2)), np.ones(2))
        check = sl.gradient_check(lambda x: (Value(np.sum(x**2)), Value(2 * x)), np.ones(2))
    assert np.allclose(gradient, 2)
    assert check.passed


def test_whole_numbers_of_f_keep_their_digits():
    """Catches integers of f computed in float32, which holds no 2**25 + 1."""
    jump = sl.numerical_gradient(
        lambda x: 2**25 + (x[0] > 0).astype(int), np.zeros(1), "forward", h=1.0
    )
    assert jump.tolist() == [1]
