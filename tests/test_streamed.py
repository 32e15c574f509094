"""What only the streamed loss promises: any number of blocks, X on disk, little memory.

Its contract and its accuracy within one block are tested with the other losses, in test_loss.py.
"""

import math
import tracemalloc

import numpy as np
import oracles
import pytest

from softmax_lib import loss as loss_module
from softmax_lib import softmax_loss_streamed, softmax_loss_vectorized

MB = 2**20
u = 2.0**-53


def problem(N=29, D=4, C=3, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    W, X = rng.normal(size=(D, C)), rng.normal(size=(N, D))
    return W.astype(dtype), X.astype(dtype), rng.integers(C, size=N)


@pytest.fixture
def blocks_of(monkeypatch):
    """A function that sets the rows of a block."""
    return lambda rows: monkeypatch.setattr(loss_module, "_rows_of_a_block", lambda *sizes: rows)


# Blocks


@pytest.mark.parametrize("rows", [1, 2, 7, 28, 29, 30])
@pytest.mark.parametrize("dtype", oracles.U)
def test_any_blocks_agree_with_sixty_digits(blocks_of, rows, dtype):
    """Catches a last block dropped or counted as whole, and a mean taken block by block."""
    blocks_of(rows)
    W, X, y = problem(dtype=dtype)
    value, dW = softmax_loss_streamed(W, X, y, 0.1)
    exact_value, exact_dW = oracles.softmax_loss(W, X, y, 0.1)
    assert oracles.relative_error(value, exact_value) <= 8 * oracles.U[dtype]
    assert oracles.relative_error(dW, exact_dW) <= 16 * oracles.U[dtype]


def test_complex_weights_in_several_blocks(blocks_of):
    """Catches a block whose imaginary part is dropped when it is added."""
    blocks_of(5)
    W, X, y = problem()
    W = W + 1e-20j * np.random.default_rng(1).normal(size=W.shape)
    value, dW = softmax_loss_streamed(W, X, y, 0.1)
    exact_value, exact_dW = oracles.softmax_loss(W, X, y, 0.1)
    assert oracles.relative_error(value.imag, exact_value.imag) <= 1e-14
    assert oracles.relative_error(dW.imag, oracles.imag(exact_dW)) <= 1e-14


def test_confident_and_wrong_answers_in_different_blocks(blocks_of):
    """Catches -log(p) and p - 1 in one block, an overflow in the next."""
    blocks_of(1)
    S = np.array([[200.0, 0.5, 0.0, 1.0], [700.0, -700.0, 0.0, 1.0], [0.0, 0.0, 50.0, 1.0]])
    y = [0, 1, 2]
    value, dW = softmax_loss_streamed(S, np.eye(3), y, 0)
    exact_value, dS, _, _ = oracles.softmax_loss_of_scores(S, y)
    assert oracles.relative_error(value, exact_value) <= 4 * u
    for ours, exact in zip(dW, dS, strict=True):  # row by row: the large ones hide no small one
        assert oracles.relative_error(ours, exact) <= 1e-13


@pytest.mark.parametrize("N", [32, 33, 64, 96, 97])
@pytest.mark.parametrize("dtype", oracles.U)
def test_sums_of_sums_meet_where_the_rows_end(blocks_of, N, dtype):
    """Catches 32 blocks, which make a sum of sums, lost or doubled where no block follows them."""
    blocks_of(1)
    W, X, y = problem(N, dtype=dtype)
    _, dW = softmax_loss_streamed(W, X, y, 0.1)
    _, exact_dW = oracles.softmax_loss(W, X, y, 0.1)
    assert oracles.relative_error(dW, exact_dW) <= 16 * oracles.U[dtype]


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 8), (np.float32, 2)])
def test_many_blocks_do_not_drift(blocks_of, dtype, limit):
    """Catches one long running sum, in float32 above all: each block rounds what came before."""
    blocks_of(2)
    N, C = 20_000, 4
    X = np.random.default_rng(3).random((N, 2)).astype(dtype)
    y = np.zeros(N, int)
    value, dW = softmax_loss_streamed(np.zeros((2, C), dtype), X, y, 0)
    mean = np.array([math.fsum(column) / N for column in X.T.astype(float)])
    exact = np.outer(mean, [-0.75, 0.25, 0.25, 0.25])  # equally likely classes, the right one is 0
    assert value == pytest.approx(np.log(C), rel=4 * oracles.U[dtype])
    assert np.linalg.norm(dW - exact) <= limit * oracles.U[dtype] * np.linalg.norm(exact)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 4), (np.float32, 1.5)])
def test_many_classes_do_not_drift(dtype, limit):
    """Catches the others' mass as one long running sum over the classes (in float32: 2.7 u)."""
    C = 5000
    S = np.random.default_rng(4).normal(size=C).astype(dtype)
    W, y = np.array([S, S, S]), [7, 8, 9]
    value, dW = softmax_loss_streamed(W, np.eye(3, dtype=dtype), y, 0)
    exact_value, dS, _, _ = oracles.softmax_loss_of_scores(W, y)
    assert oracles.relative_error(value, exact_value) <= limit * oracles.U[dtype]
    assert oracles.relative_error(dW, dS) <= 4 * oracles.U[dtype]


@pytest.mark.parametrize("dtype", oracles.U)
def test_long_blocks_do_not_drift(dtype):
    """Catches blocks so long, where X and W are narrow, that a column of X S drifts in one sum."""
    N, D, C = 60_000, 3, 3
    X = 0.5 + np.random.default_rng(3).random((N, D)).astype(dtype)
    value, dW = softmax_loss_streamed(np.zeros((D, C), dtype), X, np.zeros(N, int), 0)
    mean = np.array([math.fsum(column) / N for column in X.T.astype(float)])
    exact = np.outer(mean, [-2 / 3, 1 / 3, 1 / 3])
    assert value == pytest.approx(np.log(C), rel=4 * oracles.U[dtype])
    assert np.linalg.norm(dW - exact) <= 4 * oracles.U[dtype] * np.linalg.norm(exact)


@pytest.mark.parametrize("C", [64, 65, 130])
def test_the_strips_of_classes_meet(C):
    """Catches a last strip left out, of the scores or of reg W, or one that is counted twice."""
    W, X, y = problem(N=5, D=2, C=C)
    y[0] = C - 1
    value, dW = softmax_loss_streamed(W, X, y, 0.1)
    exact_value, exact_dW = oracles.softmax_loss(W, X, y, 0.1)
    assert oracles.relative_error(value, exact_value) <= 16 * u
    for ours, exact in zip(dW.T, exact_dW.T, strict=True):  # class by class
        assert oracles.relative_error(ours, exact) <= 1e-13


def test_the_sum_of_many_squared_weights_does_not_drift():
    """Catches a dot product over a million equal weights."""
    W = np.full((200_000, 5), 0.1)
    value, _ = softmax_loss_streamed(W, np.zeros((1, len(W))), [0], 1.0)
    exact = W.size * oracles.mp.mpf(0.1) ** 2 + oracles.mp.log(5)
    # numpy before 2.3 adds squares a little less evenly: 5.4e-16 here, where a dot product drifts
    # to 1.8e-14.
    assert oracles.relative_error(value, exact) <= 8 * u


def test_long_double_is_kept_to_its_last_digits():
    """Catches a factor in double precision: where long double is wider, its digits are lost."""
    W, X, y = problem(dtype=np.longdouble)
    _, dW = softmax_loss_streamed(W, X, y, 0.1)
    _, expected = softmax_loss_vectorized(W, X, y, 0.1)
    assert np.abs(dW - expected).max() <= 8 * np.finfo(np.longdouble).eps * np.abs(expected).max()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float16, bool])
def test_narrow_inputs_are_widened_block_by_block(blocks_of, dtype):
    """Catches pixels that wrap, or a dtype that the blocks decide one by one."""
    W, X, y = problem()
    X = (3 * np.abs(X)).astype(dtype)
    expected, dW_expected = softmax_loss_vectorized(W, X, y, 0.1)
    blocks_of(5)
    value, dW = softmax_loss_streamed(W, X, y, 0.1)
    assert value == pytest.approx(expected, rel=1e-14)
    assert np.allclose(dW, dW_expected, rtol=1e-12, atol=1e-15)


# Files larger than the memory that is used


@pytest.fixture
def on_disk(tmp_path):
    """A function that makes X on disk: all zeros (which take no room there), but some rows."""

    def make(shape, dtype, rows):
        X = np.memmap(tmp_path / "X", dtype=dtype, mode="w+", shape=shape)
        for i, row in rows.items():
            X[i] = row
        X.flush()
        del X
        return np.memmap(tmp_path / "X", dtype=dtype, mode="r", shape=shape)

    return make


def peak_memory(call):
    """(what the call returns, the most memory that it held at a time, in bytes)."""
    tracemalloc.start()
    try:
        return call(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("dtype", "N"), [(np.float32, 100_000), (np.uint8, 100_000)])
def test_a_file_is_read_block_by_block(on_disk, dtype, N):
    """Catches X copied, cast or masked whole; scores or probabilities kept for all rows."""
    D, C = 785, 10
    rng = np.random.default_rng(2)
    some = [0, 1, 4321, N // 2, N - 2, N - 1]
    rows = rng.integers(0, 200, size=(len(some), D)).astype(dtype)
    X = on_disk((N, D), dtype, dict(zip(some, rows, strict=True)))
    W = (0.01 * rng.normal(size=(D, C))).astype(np.float32)
    y = rng.integers(C, size=N)

    (value, dW), peak = peak_memory(lambda: softmax_loss_streamed(W, X, y, 0))

    assert peak < 64 * MB < X.size * W.itemsize
    # A row of zeros costs log C and moves no weight.
    L, dL = softmax_loss_vectorized(W, rows, y[some], 0)
    n = len(some)
    assert value == pytest.approx((n * L + (N - n) * np.log(C)) / N, rel=1e-6)
    assert np.allclose(dW, dL * (n / N), rtol=1e-4, atol=1e-5 * np.abs(dL).max() * n / N)


def test_many_classes_stay_in_little_memory():
    """Catches blocks of rows sized by the columns of X alone: their scores are the larger part."""
    N, D, C = 6000, 60, 1000  # a narrow X and complex scores
    rng = np.random.default_rng(3)
    X = rng.integers(0, 5, size=(N, D)).astype(np.uint8)
    W = 0.01 * rng.normal(size=(D, C)) + 0j
    y = rng.integers(C, size=N)

    (value, dW), peak = peak_memory(lambda: softmax_loss_streamed(W, X, y, 0))

    assert peak - 4 * W.nbytes < 64 * MB < N * C * W.itemsize + X.size * W.itemsize
    L, dL = softmax_loss_vectorized(W, X, y, 0)
    assert value == pytest.approx(L, rel=1e-12)
    assert np.allclose(dW, dL, rtol=1e-10, atol=1e-12 * np.abs(dL).max())


def test_few_columns_and_classes_stay_in_little_memory():
    """Catches blocks of hundreds of thousands of rows where a row is short and its numbers wide."""
    N = 500_000
    W, X, y = np.zeros((1, 2), np.clongdouble), np.ones((N, 1), np.uint8), np.zeros(N, np.uint8)
    (value, dW), peak = peak_memory(lambda: softmax_loss_streamed(W, X, y, 0))
    assert peak < 64 * MB
    assert value.real == pytest.approx(np.log(2), rel=1e-12)
    assert np.allclose(dW, [[-0.5, 0.5]])


def test_a_missing_value_in_a_file_is_named_in_little_memory(on_disk):
    """Catches a search for NaN that makes a mask, or a copy, as large as the file."""
    N, D = 50_000, 785
    X = on_disk((N, D), np.float32, {N - 3: np.where(np.arange(D) == 5, np.nan, 1)})

    def call():
        with pytest.raises(ValueError, match=rf"^X\[{N - 3}, 5\] is nan: the loss"):
            softmax_loss_streamed(np.zeros((D, 4), np.float32), X, np.zeros(N, int), 0)

    assert peak_memory(call)[1] < 32 * MB < N * D
