"""Equations (4) to (14): each factor against an independent derivative, and the whole chain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from softmax_lib import (
    cross_entropy,
    dL_dS,
    dL_dW,
    dLi_dp,
    dLi_dWj,
    dp_dSi,
    dSi_dWj,
    numerical_gradient,
    relative_error,
    scores,
    softmax,
)

C, D, N = 4, 3, 6  # pairwise different, so that a wrong shape fails


def example(seed=0, scale=1.0):
    """One example: X_i (1, D), W (D, C), its probabilities p (1, C)."""
    rng = np.random.default_rng(seed)
    X_i, W = rng.normal(size=(1, D)), scale * rng.normal(size=(D, C))
    return X_i, W, softmax(X_i @ W)


def close(ours, derivative, bound=1e-14):
    return ours.shape == derivative.shape and relative_error(ours, derivative) <= bound


# One factor at a time, each against the complex step


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_eq_7_is_the_jacobian_of_the_softmax(scale):
    """Catches the two cases mixed up, a missing p_k on the diagonal, and a transposed layout."""
    X_i, W, p = example(1, scale)
    jacobian = numerical_gradient(softmax, X_i @ W, "complex")  # (1, C, 1, C)
    assert close(dp_dSi(p), jacobian.reshape(C, C))


def test_batch_gradient_by_the_scores_is_the_derivative_of_the_mean():
    """Catches the 1/N left out, and labels of one example used for another."""
    rng = np.random.default_rng(4)
    S, y = rng.normal(size=(N, C)), rng.integers(C, size=N)
    derivative = numerical_gradient(lambda S: cross_entropy(S, y).mean(), S, "complex")
    assert close(dL_dS(softmax(S), y), derivative)


@pytest.mark.parametrize("reg", [0.0, 0.3])
def test_batch_gradient_by_the_weights_is_the_derivative_of_the_loss(reg):
    """Catches the 2 or the reg left out, X in place of X^T, and P in place of dS."""
    rng = np.random.default_rng(5)
    X, W, y = rng.normal(size=(N, D)), rng.normal(size=(D, C)), rng.integers(C, size=N)
    derivative = numerical_gradient(
        lambda W: cross_entropy(scores(X, W), y).mean() + reg * np.sum(W * W), W, "complex"
    )
    assert close(dL_dW(X, dL_dS(softmax(scores(X, W)), y), W, reg), derivative)


# The chain


@pytest.mark.parametrize("j", range(C))
@pytest.mark.parametrize("m", range(C))
def test_the_product_of_the_three_factors_is_eq_14(m, j):
    """Catches three factors that are each right alone and do not fit together: eq. (4)."""
    X_i, _, p = example(6)
    product = dLi_dp(p, m) @ dp_dSi(p) @ dSi_dWj(X_i, j, C)  # (1, C)(C, C)(C, D)
    assert close(product, dLi_dWj(p, m, X_i, j))


def test_column_j_of_the_batch_gradient_is_the_turned_row_of_eq_14():
    """Catches the turn from numerator layout (1, D) to the shape of W (D, C) made wrong."""
    rng = np.random.default_rng(8)
    X, W, y = rng.normal(size=(N, D)), rng.normal(size=(D, C)), rng.integers(C, size=N)
    P = softmax(X @ W)
    dW = dL_dW(X, dL_dS(P, y), W, reg=0)
    for j in range(C):
        rows = [dLi_dWj(P[i : i + 1], y[i], X[i : i + 1], j) for i in range(N)]
        assert np.allclose(dW[:, j], sum(rows)[0] / N, rtol=1e-13, atol=0)


@pytest.mark.filterwarnings("ignore:invalid value encountered in matmul:RuntimeWarning")
def test_an_underflowed_probability_breaks_the_chain_but_not_eq_14():
    """Catches a chain made to look safe: (5) is -inf, (7) is 0 there, and inf * 0 is nan."""
    p = softmax([[0.0, -800.0, -800.0]])
    assert dLi_dp(p, 1).tolist() == [[0, -np.inf, 0]]
    product = dLi_dp(p, 1) @ dp_dSi(p)
    assert np.isnan(product).any()
    assert dLi_dWj(p, 1, [[2.0, 4.0]], 1).tolist() == [[-2.0, -4.0]]
    assert dLi_dWj(p, 1, [[2.0, 4.0]], 0).tolist() == [[2.0, 4.0]]
    assert dL_dS(p, [1]).tolist() == [[1, -1, 0]]


@pytest.mark.parametrize("p_m", [5e-324, 1e-309])
def test_a_subnormal_probability_gives_minus_infinity_in_silence(p_m):
    """Catches an overflow warning: 1 / p_m is beyond the largest float."""
    with np.errstate(all="raise"):
        assert dLi_dp([[1.0, p_m]], 1).tolist() == [[0, -np.inf]]


# What is known without differences


@st.composite
def probabilities(draw):
    shape = (1, draw(st.integers(2, 6)))
    return softmax(draw(arrays(np.float64, shape, elements=st.floats(-15, 15))))


@given(probabilities(), st.integers(0, 2**32 - 1))
def test_the_jacobian_is_symmetric_sums_to_zero_and_measures_a_variance(p, seed):
    """Catches a sign or a factor in (7): v J v^T is the variance of v under p, never negative."""
    J = dp_dSi(p)
    v = np.random.default_rng(seed).normal(size=p.shape)
    assert np.array_equal(J, J.T)
    assert np.abs(J.sum(axis=0)).max() <= 1e-15
    assert np.abs(J.sum(axis=1)).max() <= 1e-15
    variance = np.sum(p * (v - np.sum(p * v)) ** 2)
    assert (v @ J @ v.T).item() == pytest.approx(variance, rel=1e-9, abs=1e-14)


def test_a_confident_gradient_keeps_the_digits_that_subtracting_one_loses():
    """Catches p_m - 1: for a gap of 50 it is exactly 0, and the right class never moves."""
    p = softmax([[50.0, 0.0, 0.0]])
    others = p[0, 1] + p[0, 2]
    assert p[0, 0] - 1 == 0
    assert dL_dS(p, [0])[0, 0] == -others
    assert dLi_dWj(p, 0, [[2.0]], 0)[0, 0] == -2 * others


# The contract


def test_factors_take_the_dtype_of_what_comes_in():
    """Catches a float32 widened in passing, and integers that stay integers."""
    p = np.array([[0.25, 0.75]], np.float32)
    X_i = np.array([[1.0, 2.0, 3.0]], np.float32)
    assert dLi_dp(p, 0).dtype == np.float32
    assert dp_dSi(p).dtype == np.float32
    assert dSi_dWj(X_i, 0, 2).dtype == np.float32
    assert dLi_dWj(p, 0, X_i, 1).dtype == np.float32
    assert dL_dS(p, [0]).dtype == np.float32
    assert dL_dW(X_i, dL_dS(p, [0]), np.ones((3, 2), np.float32), 0.1).dtype == np.float32
    assert dLi_dp([[0, 1]], 1).dtype == np.float64
    assert dSi_dWj([[1, 2]], 0, 2).dtype == np.float64


def test_complex_probabilities_keep_their_imaginary_part():
    """Catches a real array that swallows the complex step on its way through a factor."""
    S = np.array([[1.0, 0.5, -1.0]]) + 1e-20j * np.array([[1.0, -2.0, 0.5]])
    p = softmax(S)
    assert relative_error(dLi_dp(p, 1).imag, (-1 / p[0, 1]).imag * np.eye(3)[[1]]) <= 1e-14
    J = np.diag(p.real[0]) - p.real.T @ p.real
    assert relative_error(p.imag, 1e-20 * np.array([[1.0, -2.0, 0.5]]) @ J) <= 1e-14
    dJ = np.diag(p.imag[0]) - p.imag.T @ p.real - p.real.T @ p.imag
    assert relative_error(dp_dSi(p).imag, dJ) <= 1e-14
    assert relative_error(dLi_dWj(p, 0, [[2.0]], 1).imag, 2 * p.imag[:, [1]]) <= 1e-14
    dW = dL_dW([[2.0, 1.0]], dL_dS(p, [0]), 1e-20j * np.ones((2, 3)), 0.5)
    expected = np.array([[2.0], [1.0]]) * p.imag + 1e-20
    assert relative_error(dW.imag, expected) <= 1e-14


def test_factors_are_silent_where_products_underflow():
    """Catches a warning on valid input, also for a caller who made them all errors."""
    p, X_i = np.array([[1e-200, 1e-200, 1.0]]), np.array([[1e-200, 1.0]])
    with np.errstate(all="raise"):
        dp_dSi(p)
        dLi_dWj(p, 2, X_i, 0)
        dL_dS(np.array([[5e-324, 1.0], [1.0, 5e-324]]), [1, 0])
        dL_dW([[1e-200]], [[1e-200, -1e-200]], [[1e-200, 0.0]], 1e-200)
