"""What must hold for every loss, whatever comes in: properties, found by search, not by example.

Run with HYPOTHESIS_PROFILE=fuzz for 20,000 examples of each (`make fuzz`).
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from softmax_lib import (
    accuracy,
    log_softmax,
    predict,
    relative_error,
    softmax,
    softmax_loss_naive,
    softmax_loss_streamed,
    softmax_loss_vectorized,
)

LOSSES = [softmax_loss_naive, softmax_loss_vectorized, softmax_loss_streamed]


@st.composite
def problems(draw, classes=(2, 5)):
    """A loss, W (D, C), X (N, D), y (N,), reg and a random generator for what else is needed."""
    N, D, C = draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(*classes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = 10.0 ** draw(st.integers(-3, 2))
    W, X = scale * rng.normal(size=(D, C)), rng.normal(size=(N, D))
    if draw(st.booleans()):  # scores that are equal, and whole
        W, X = np.round(W), np.round(X)
    reg = draw(st.sampled_from([0.0, 1e-3, 0.1, 2.0]))
    return draw(st.sampled_from(LOSSES)), W, X, rng.integers(C, size=N), reg, rng


def size_of_terms(W, X, reg):
    """What rounding in a loss, or in an entry of dW, is relative to."""
    scores = np.max(np.abs(X) @ np.abs(W))
    return 1 + scores + reg * np.sum(W * W), (1 + scores) * (
        1 + np.abs(X).max()
    ) + 2 * reg * np.abs(W).max()


def close(a, b, size):
    return np.max(np.abs(np.asarray(a) - b)) <= 1e-13 * size


@given(problems(), st.floats(0, 1))
def test_the_loss_is_convex_along_every_line(data, t):
    """Catches a wrong sign, or a shift that differs between two points: f(mix) above the chord."""
    loss, W, X, y, reg, rng = data
    V = W + rng.normal(size=W.shape) * 10.0 ** rng.integers(-2, 2)
    mix = loss((1 - t) * W + t * V, X, y, reg)[0]
    chord = (1 - t) * loss(W, X, y, reg)[0] + t * loss(V, X, y, reg)[0]
    assert mix <= chord + 1e-13 * max(size_of_terms(W, X, reg)[0], size_of_terms(V, X, reg)[0])


@given(problems())
def test_the_gradient_is_monotone(data):
    """Catches a gradient of another function: <dW(V) - dW(W), V - W> is never below 0."""
    loss, W, X, y, reg, rng = data
    V = W + rng.normal(size=W.shape) * 10.0 ** rng.integers(-2, 2)
    step = V - W
    rise = np.vdot(loss(V, X, y, reg)[1] - loss(W, X, y, reg)[1], step)
    size = max(size_of_terms(W, X, reg)[1], size_of_terms(V, X, reg)[1])
    assert rise >= -1e-13 * size * np.abs(step).sum()


@given(problems(), st.integers(1, 5))
def test_two_sets_of_examples_add_up_to_their_weighted_mean(data, extra):
    """Catches a sum for the mean, an example left out, reg counted once an example."""
    loss, W, X, y, reg, rng = data
    X2, y2 = rng.normal(size=(extra, X.shape[1])), rng.integers(W.shape[1], size=extra)
    both = loss(W, np.vstack([X, X2]), np.concatenate([y, y2]), reg)
    a = len(X) / (len(X) + extra)
    first, second = loss(W, X, y, reg), loss(W, X2, y2, reg)
    sizes = size_of_terms(W, np.vstack([X, X2]), reg)
    for joined, one, two, size in zip(both, first, second, sizes, strict=True):
        assert close(joined, a * one + (1 - a) * two, size)


@given(problems())
def test_regularization_adds_its_own_part_and_nothing_else(data):
    """Catches slip 7 (no 2 reg W), a factor of one half, reg divided by N, a loss below 0."""
    loss, W, X, y, reg, _ = data
    value, dW = loss(W, X, y, 0)
    value2, dW2 = loss(W, X, y, reg)
    sizes = size_of_terms(W, X, reg)
    assert type(value) is type(value2) is float
    assert value >= 0
    assert dW.shape == dW2.shape == W.shape
    assert close(value2, value + reg * np.sum(W * W), sizes[0])
    assert close(dW2, dW + 2 * reg * W, sizes[1])


@given(problems())
def test_classes_have_no_order(data):
    """Catches a class treated apart from the others: dW's columns move with W's."""
    loss, W, X, y, reg, rng = data
    order = rng.permutation(W.shape[1])
    where = np.argsort(order)  # of the old class in the new order
    value, dW = loss(W, X, y, reg)
    value2, dW2 = loss(W[:, order], X, where[y], reg)
    assert close(value2, value, size_of_terms(W, X, reg)[0])
    assert close(dW2, dW[:, order], size_of_terms(W, X, reg)[1])


@given(problems())
def test_features_have_no_order(data):
    """Catches a feature treated apart: dW's rows move with W's rows and X's columns."""
    loss, W, X, y, reg, rng = data
    order = rng.permutation(len(W))
    value, dW = loss(W, X, y, reg)
    value2, dW2 = loss(W[order], X[:, order], y, reg)
    assert close(value2, value, size_of_terms(W, X, reg)[0])
    assert close(dW2, dW[order], size_of_terms(W, X, reg)[1])


@given(problems())
def test_the_rows_of_the_data_gradient_sum_to_zero(data):
    """Catches a missing -1: what one class gains the others lose, at every feature."""
    loss, W, X, y, _, _ = data
    _, dW = loss(W, X, y, 0)
    assert close(dW.sum(axis=1), 0, size_of_terms(W, X, 0)[1])


@given(problems())
def test_the_same_column_added_to_all_classes_changes_no_loss(data):
    """Catches a shift that is not undone: W + v 1^T moves all scores of a row alike."""
    loss, W, X, y, _, rng = data
    V = W + rng.normal(size=(len(W), 1)) * 10.0 ** rng.integers(-1, 3)
    value, dW = loss(W, X, y, 0)
    value2, dW2 = loss(V, X, y, 0)
    assert close(value2, value, size_of_terms(V, X, 0)[0] + size_of_terms(W, X, 0)[0])
    assert close(dW2, dW, size_of_terms(V, X, 0)[1] + size_of_terms(W, X, 0)[1])


@given(problems(classes=(2, 2)))
def test_two_classes_are_the_sigmoid(data):
    """Catches what only many classes hide: with two, p_1 = 1 / (1 + exp(s_0 - s_1))."""
    loss, W, X, y, reg, _ = data
    w = W[:, 1] - W[:, 0]
    sign = np.where(y == 1, 1, -1)
    s = sign * (X @ w)
    expected = np.mean(np.logaddexp(0, -s)) + reg * np.sum(W * W)
    slope = np.exp(-np.logaddexp(0, s)) * -sign  # (N,), of each loss by X_i w
    column = X.T @ slope / len(y)  # (D,), by w: plus for class 1, minus for class 0
    value, dW = loss(W, X, y, reg)
    assert close(value, expected, size_of_terms(W, X, reg)[0])
    assert close(dW, np.stack([-column, column], 1) + 2 * reg * W, size_of_terms(W, X, reg)[1])


@given(problems())
def test_log_softmax_is_idempotent_and_agrees_with_softmax(data):
    """Catches a normalization that is not one: log-probabilities are scores of the same p."""
    _, W, X, *_ = data
    S = X @ W
    log_P = log_softmax(S)
    assert close(log_softmax(log_P), log_P, 1 + np.abs(log_P).max())
    assert relative_error(np.exp(log_P), softmax(S)) <= 1e-13 * (1 + np.abs(log_P).max())
    assert (log_P <= 0).all()


@given(problems())
def test_the_most_probable_class_is_predicted(data):
    """Catches a prediction by other numbers than the scores, an accuracy over other examples."""
    _, W, X, y, _, _ = data
    classes = predict(W, X)
    P = softmax(X @ W)
    assert (P[np.arange(len(X)), classes] == P.max(axis=1)).all()
    assert accuracy(W, X, y) == np.mean(classes == y)


@given(problems())
def test_the_three_losses_agree(data):
    """Catches three codes of one formula that drift apart."""
    _, W, X, y, reg, _ = data
    value, dW = softmax_loss_vectorized(W, X, y, reg)
    for loss in (softmax_loss_naive, softmax_loss_streamed):
        value2, dW2 = loss(W, X, y, reg)
        assert close(value2, value, size_of_terms(W, X, reg)[0])
        assert close(dW2, dW, size_of_terms(W, X, reg)[1])
