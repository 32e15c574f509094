"""What must hold for every loss, whatever comes in: properties, found by search, not by example.

Run with HYPOTHESIS_PROFILE=fuzz for 20,000 examples of each (`make fuzz`).
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from softmax_lib import softmax_loss_naive, softmax_loss_streamed, softmax_loss_vectorized

LOSSES = [softmax_loss_naive, softmax_loss_vectorized, softmax_loss_streamed]


@st.composite
def problems(draw):
    """W (D, C), X (N, D), y (N,), reg."""
    N, D, C = draw(st.integers(1, 9)), draw(st.integers(1, 4)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    W, X = 10.0 ** draw(st.integers(-3, 3)) * rng.normal(size=(D, C)), rng.normal(size=(N, D))
    if draw(st.booleans()):  # scores that are equal, and whole
        W, X = np.round(W), np.round(X)
    return W, X, rng.integers(C, size=N), draw(st.sampled_from([0.0, 1e-3, 0.1, 2.0]))


@given(problems())
def test_every_loss_is_what_the_equations_say(data):
    """Catches an example, a feature or a class treated apart, and three codes that drift apart.

    What follows from (1), (3) and (14) needs no test of its own: that the loss is convex, that rows
    of dW sum to 0 without reg, that two sets of examples add up, that classes have no order.
    """
    W, X, y, reg = data
    S, N = X @ W, len(X)
    P, Y = special.softmax(S, axis=1), np.eye(W.shape[1])[y]
    expected = np.mean(special.logsumexp(S, axis=1) - S[np.arange(N), y]) + reg * np.sum(W * W)
    dW_expected = X.T @ (P - Y) / N + 2 * reg * W
    # What rounding is relative to: the terms, which may be larger than their sum.
    size = 1 + np.max(np.abs(X) @ np.abs(W))
    dW_size = size * (1 + np.abs(X).max()) + 2 * reg * np.abs(W).max()
    for loss in LOSSES:
        value, dW = loss(W, X, y, reg)
        assert type(value) is float
        assert value >= 0
        assert abs(value - expected) <= 1e-13 * (size + expected)
        assert dW.shape == W.shape
        assert np.abs(dW - dW_expected).max() <= 1e-13 * dW_size
