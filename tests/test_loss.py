"""The one contract of all losses, f(W, X, y, reg) -> (loss, dW). Tests run on each of them."""

import functools
from fractions import Fraction

import autograd
import autograd.numpy as anp
import numpy as np
import oracles
import pytest
from autograd.scipy.special import logsumexp as autograd_logsumexp

from softmax_lib import (
    relative_error,
    softmax_loss_naive,
    softmax_loss_streamed,
    softmax_loss_vectorized,
    train,
)

LOSSES = [softmax_loss_naive, softmax_loss_vectorized, softmax_loss_streamed]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.__name__.split("_")[-1])
# The naive loss is the derivation with the shift and nothing else: what takes more is theirs.
each_exact_loss = pytest.mark.parametrize("loss", LOSSES[1:], ids=["vectorized", "streamed"])


def problem(N=12, D=4, C=5, scale=1.0, dtype=np.float64, seed=0):
    """W (D, C), X (N, D), y (N,). N, D and C differ, so that a wrong shape fails."""
    rng = np.random.default_rng(seed)
    W = (scale * rng.normal(size=(D, C))).astype(dtype)
    return W, rng.normal(size=(N, D)).astype(dtype), rng.integers(C, size=N)


def bound(W, X):
    """8 u (1 + max_ij sum_d |X_id W_dj|): what rounding in S = X W alone may cost."""
    u = oracles.U[np.result_type(W, X).type]
    return 8 * u * (1 + np.max(np.abs(X).astype(float) @ np.abs(W).astype(float)))


# Accuracy, against 60 digits


@each_loss
@pytest.mark.parametrize("dtype", oracles.U)
@pytest.mark.parametrize("reg", [0.0, 0.1, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1e-4, 0.1, 1.0, 10.0, 1e3, 1e5])
def test_loss_and_gradient_agree_with_sixty_digits(loss, dtype, reg, scale):
    """Catches any lost digit, a regularization summed or halved in the wrong precision included."""
    W, X, y = problem(scale=scale, dtype=dtype)
    value, dW = loss(W, X, y, reg)
    exact_value, exact_dW = oracles.softmax_loss(W, X, y, reg)
    assert oracles.relative_error(value, exact_value) <= bound(W, X)
    assert oracles.relative_error(dW, exact_dW) <= bound(W, X)


@each_loss
@pytest.mark.parametrize(
    ("N", "D", "C"), [(1, 3, 2), (2, 1, 3), (3, 50, 7), (100, 2, 3), (5, 6, 40)]
)
def test_every_shape_agrees_with_sixty_digits(loss, N, D, C):
    """Catches loops with two limits swapped, and one example or two classes treated apart."""
    W, X, y = problem(N, D, C, seed=N)
    value, dW = loss(W, X, y, 0.05)
    exact_value, exact_dW = oracles.softmax_loss(W, X, y, 0.05)
    assert oracles.relative_error(value, exact_value) <= bound(W, X)
    assert oracles.relative_error(dW, exact_dW) <= bound(W, X)


@each_loss
@pytest.mark.parametrize("dtype", oracles.U)
@pytest.mark.parametrize("scale", [1.0, 1e2, 1e4, 1e6, 1e8])
def test_given_the_scores_no_digit_is_lost(loss, dtype, scale):
    """Catches lost digits that the rounding of X W hides: here X = I, so S = W exactly."""
    W, _, y = problem(D=6, scale=scale, dtype=dtype)
    value, dW = loss(W, np.eye(6, dtype=dtype), y[:6], 0)
    exact_value, dS, _, _ = oracles.softmax_loss_of_scores(W, y[:6])
    limit = 1e-14 if dtype is np.float64 else 1e-6
    assert oracles.relative_error(value, exact_value) <= limit
    assert oracles.relative_error(dW, dS) <= limit


@each_exact_loss
@pytest.mark.parametrize("gap", [1, 30, 40, 200, 700])
def test_a_confident_right_answer_keeps_its_digits(loss, gap):
    """Catches -log(p) and p - 1: exactly 0 once p rounds to 1, and training stops too early."""
    W = np.array([[gap, 0.5, 0.0], [-0.25, gap, 0.0]])
    value, dW = loss(W, np.eye(2), [0, 1], 0)
    exact_value, dS, _, _ = oracles.softmax_loss_of_scores(W, [0, 1])
    assert oracles.relative_error(value, exact_value) <= 1e-12
    assert oracles.relative_error(dW, dS) <= 1e-12


@pytest.mark.parametrize("gap", [0, 30, 40, 800, 1e5, 1e300])
def test_the_naive_loss_is_finite_on_scores_of_any_gap(gap):
    """Catches the log of a p that underflowed, or an exp without the shift, in the naive loss."""
    W, X, y = np.array([[gap, 0.5, 0.0], [-0.25, gap, 0.0]]), np.eye(2), [0, 2]
    value, dW = softmax_loss_naive(W, X, y, 0)
    exact_value, dS, _, _ = oracles.softmax_loss_of_scores(W, y)
    assert oracles.relative_error(value, exact_value) <= 1e-15
    assert oracles.relative_error(dW, dS) <= 1e-15


@each_loss
def test_a_wrapper_around_a_loss_is_not_taken_for_it(loss):
    """Catches training by the loss that a student's function wraps, in place of theirs."""
    calls = []

    @functools.wraps(loss)
    def mine(*arguments):
        calls.append(arguments)
        return loss(*arguments)

    _, X, y = problem()
    train(X, y, batch_size=12, epochs=3, loss=mine)
    assert len(calls) == 7  # one look at the start; a step and a measurement each epoch


@each_exact_loss
def test_many_equal_losses_do_not_drift(loss):
    """Catches a running sum: 3000 equal terms all round the same way."""
    W, X, y = problem(N=3000, D=2, C=3, scale=0.0)
    assert loss(W, X, y, 0)[0] == pytest.approx(np.log(3), rel=1e-15)


# Oracles that share no code with ours


@each_loss
@pytest.mark.parametrize("reg", [0.0, 0.3])
def test_autograd_agrees(loss, reg):
    """Catches a gradient of another function than the loss: autograd only sees the loss."""
    W, X, y = problem(seed=1)

    def theirs(W):
        S = anp.dot(X, W)
        L = autograd_logsumexp(S, axis=1) - S[np.arange(len(y)), y]
        return anp.mean(L) + reg * anp.sum(W * W)

    value, dW = loss(W, X, y, reg)
    assert value == pytest.approx(theirs(W), rel=1e-14)
    assert relative_error(dW, autograd.grad(theirs)(W)) <= 1e-14


# Finite wherever the true loss is


@each_exact_loss
def test_scores_of_1e308_have_a_loss(loss):
    """Catches the gap of two scores overflowing although the mean loss does not."""
    W, ones = np.array([[1e308, -1e308]]), np.ones((4, 1))
    assert loss(W, ones, [0, 0, 0, 0], 0)[0] == 0
    value, dW = loss(W, ones, [0, 0, 0, 1], 0)
    assert value == pytest.approx(0.5e308, rel=1e-15)
    assert np.array_equal(dW, [[0.25, -0.25]])


@each_loss
def test_the_sum_of_the_losses_may_overflow(loss):
    """Catches sum(L) / N: ten losses of 1e308 have a mean."""
    value, dW = loss([[1e308, 0.0]], np.ones((10, 1)), [1] * 10, 0)
    assert value == pytest.approx(1e308, rel=1e-14)
    assert np.allclose(dW, [[1, -1]], rtol=1e-15, atol=0)


@each_exact_loss
def test_a_float32_loss_may_be_larger_than_float32(loss):
    """Catches a loss kept in float32: the gap is a Python float, far from inf."""
    W = np.array([[3e38, -3e38]], np.float32)
    value, dW = loss(W, np.ones((1, 1), np.float32), [1], 0)
    assert value == 2 * float(W[0, 0])
    assert dW.tolist() == [[1, -1]]


@each_loss
def test_a_float32_regularization_may_be_larger_than_float32(loss):
    """Catches the same for the part of reg, which every loss answers."""
    W = np.array([[1e20, -3e20]], np.float32)
    value, _ = loss(W, np.zeros((1, 1), np.float32), [1], 0.5)
    assert value == pytest.approx(0.5 * np.sum(W.astype(float) ** 2), rel=1e-14)


@each_loss
def test_without_regularization_huge_weights_cost_nothing(loss):
    """Catches 0 * inf = nan: W * W overflows before reg = 0 meets it."""
    value, dW = loss([[1e200, -1e300]], [[0.0]], [0], 0)
    assert value == pytest.approx(np.log(2), rel=1e-15)
    assert dW.tolist() == [[0, 0]]


@each_loss
@pytest.mark.parametrize(
    ("w", "reg"), [(1e200, 1e-200), (1e-150, 1e300), (0.1, 1e308), (5e-324, 1e308)]
)
def test_regularization_is_finite_wherever_it_can_be_held(loss, w, reg):
    """Catches W * W and 2 * reg, each beyond the largest float although the products are not."""
    value, dW = loss([[w, -w]], [[0.0]], [0], reg)
    size = Fraction(w) * Fraction(reg)
    assert value == pytest.approx(float(2 * size * Fraction(w)) + np.log(2), rel=1e-14)
    assert np.allclose(dW, [[float(2 * size), -float(2 * size)]], rtol=1e-14, atol=0)


@each_loss
@pytest.mark.parametrize("score", [0.0, 5e-324, 1e-310, -1e308, 1.7e308])
def test_equal_scores_of_any_size_cost_log_C(loss, score):
    """Catches a shift that fails at the ends of the range."""
    value, dW = loss(np.full((1, 3), score), np.ones((2, 1)), [0, 2], 0)
    assert value == pytest.approx(np.log(3), rel=1e-15)
    assert np.allclose(dW, [[-1 / 6, 1 / 3, -1 / 6]], rtol=1e-14, atol=0)


@each_loss
def test_valid_input_is_met_in_silence(loss):
    """Catches a warning on valid input, also for a caller who made them all errors."""
    with np.errstate(all="raise"):
        loss([[1e308, -1e308], [0.0, 1e-310]], np.eye(2), [0, 1], 1e-320)
        loss([[600 + 1e-30j, 1e-200j]], [[1.0]], [0], 1e-200)
        loss(np.array([[80.0, 0.0]], np.float32), np.ones((1, 1), np.float32), [0], 1e-30)
        loss([[1e200, 0.0]], [[1e-200]], [0], 0)


# Complex weights: what a complex step needs


@each_loss
@pytest.mark.parametrize("h", [1e-20, 1e-6])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_the_imaginary_part_keeps_fourteen_digits(loss, h, scale):
    """Catches abs, conj, a real accumulator: Im is the derivative that a complex step reads."""
    W, X, y = problem(scale=scale, seed=4)
    W = W + 1j * h * np.random.default_rng(5).normal(size=W.shape)
    value, dW = loss(W, X, y, 0.1)
    exact_value, exact_dW = oracles.softmax_loss(W, X, y, 0.1)
    assert type(value) is complex
    assert dW.dtype == np.complex128
    assert oracles.relative_error(value, exact_value) <= 1e-14
    assert oracles.relative_error(dW, exact_dW) <= 1e-14
    assert oracles.relative_error(value.imag, exact_value.imag) <= 1e-14 * max(1, scale)
    assert oracles.relative_error(dW.imag, oracles.imag(exact_dW)) <= 1e-14 * max(1, scale)


@each_loss
@pytest.mark.parametrize("gap", [40, 200, 600])
def test_the_imaginary_part_of_a_confident_answer_keeps_its_digits(loss, gap):
    """Catches log(1 + z) rounded at 1 + z: a small loss would have no derivative."""
    W = np.array([[gap + 1e-20j, 0.5 - 2e-20j, 3e-20j]])
    value, dW = loss(W, [[1.0]], [0], 0)
    exact_value, dS, _, _ = oracles.softmax_loss_of_scores(W, [0])
    assert oracles.relative_error(value.imag, exact_value.imag) <= 1e-12
    assert oracles.relative_error(dW.imag, oracles.imag(dS)) <= 1e-12


@each_loss
def test_a_complex_shift_of_all_scores_changes_nothing(loss):
    """Catches a shift by the real part alone: a constant column of X moves every score alike."""
    W, X, y = problem(seed=6)
    X[:, -1] = 1.0
    W = W + 1e-3j * np.random.default_rng(7).normal(size=W.shape)
    value, dW = loss(W, X, y, 0)
    shifted, dW_shifted = loss(W + np.eye(4)[:, [-1]] * (30 + 0.4j), X, y, 0)
    assert abs(shifted - value) <= 1e-13 * abs(value)
    assert relative_error(dW_shifted, dW) <= 1e-13


# The contract: dtypes, inputs


@each_loss
@pytest.mark.parametrize(
    ("W_dtype", "X_dtype", "dW_dtype"),
    [
        (np.float64, np.float64, np.float64),
        (np.float32, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.float64, np.float32, np.float64),
        (np.float16, np.float16, np.float32),
        (np.float16, np.float32, np.float32),
        (np.int64, np.float32, np.float64),
        (np.int8, np.uint8, np.float64),
        (np.bool_, np.bool_, np.float64),
        (np.complex64, np.float32, np.complex64),
        (np.complex64, np.float64, np.complex128),
        (np.complex128, np.int32, np.complex128),
    ],
)
def test_dtypes(loss, W_dtype, X_dtype, dW_dtype):
    """Catches a dW widened or narrowed in passing, and a loss that is a numpy scalar."""
    W, X = np.eye(3, 2).astype(W_dtype), np.ones((4, 3)).astype(X_dtype)
    value, dW = loss(W, X, [0, 1, 1, 0], 0.1)
    assert dW.dtype == dW_dtype
    assert type(value) is (complex if dW.dtype.kind == "c" else float)


@each_loss
def test_regularization_is_computed_in_the_wider_dtype(loss):
    """Catches 2 reg W in W's float32, where X makes dW float64."""
    W = np.full((3, 2), 0.1, np.float32)
    _, dW = loss(W, np.zeros((1, 3)), [0], 0.1)
    assert np.allclose(dW, 0.2 * W.astype(np.float64), rtol=1e-15, atol=0)


@each_loss
def test_longdouble_weights_still_give_a_python_number(loss):
    """Catches .item(), which leaves a longdouble what it was."""
    W, X, y = problem()
    value, dW = loss(W.astype(np.longdouble), X, y, 0.1)
    assert type(value) is float
    assert dW.dtype == np.longdouble
    assert type(loss(W.astype(np.clongdouble), X, y, 0.1)[0]) is complex


@each_loss
@pytest.mark.parametrize(
    "reg", [np.float32(0.25), np.array(0.25), Fraction(1, 4), -0.0, np.array(0), np.int64(0)]
)
def test_reg_may_be_any_real_number(loss, reg):
    """Catches a float32 or 0-d reg that changes dtypes or turns the loss to an array; 0 refused."""
    W, X, y = problem(dtype=np.float32, seed=11)
    value, dW = loss(W, X, y, reg)
    assert type(value) is float
    assert dW.dtype == np.float32
    assert value == loss(W, X, y, float(reg))[0]


@each_loss
@pytest.mark.parametrize(
    "y", [[1, 0, 2], (1, 0, 2), np.array([1, 0, 2], np.uint8), [np.int8(1), np.int64(0), 2]]
)
def test_labels_may_be_any_integers(loss, y):
    """Catches a label cast that wraps, or a mask made of labels."""
    W, X, _ = problem(N=3, D=2, C=4, seed=12)
    assert loss(W, X, y, 0.1)[0] == loss(W, X, np.array([1, 0, 2]), 0.1)[0]
