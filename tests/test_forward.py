"""Equations (1) to (3): what `scores`, `softmax`, `log_softmax` and `cross_entropy` promise."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special

from softmax_lib import cross_entropy, dL_dS, log_softmax, scores, softmax

BOUND = {np.float64: 1e-14, np.float32: 1e-6}
SCALES = [10.0**k for k in range(9)]


def random_scores(scale, dtype=np.float64, N=12, C=5, seed=0):
    rng = np.random.default_rng(seed)
    return (scale * rng.normal(size=(N, C))).astype(dtype), rng.integers(C, size=N)


# Accuracy, against 60 digits


@pytest.mark.parametrize("dtype", BOUND)
@pytest.mark.parametrize("scale", SCALES)
def test_the_forward_pass_agrees_with_sixty_digits(scale, dtype):
    """Catches any lost digit: a missing or wrong shift, log of a rounded p, p - 1, a lossy mean."""
    S, y = random_scores(scale, dtype)
    loss, dS, L, P = oracles.softmax_loss_of_scores(S, y)
    log_P = np.vectorize(oracles.mp.log, otypes=[object])(P)
    assert oracles.relative_error(softmax(S), P) <= BOUND[dtype]
    assert oracles.relative_error(log_softmax(S), log_P) <= BOUND[dtype]
    assert oracles.relative_error(cross_entropy(S, y), L) <= BOUND[dtype]
    assert oracles.relative_error(np.mean(cross_entropy(S, y), dtype=float), loss) <= BOUND[dtype]
    assert oracles.relative_error(dL_dS(softmax(S), y), dS) <= BOUND[dtype]


@pytest.mark.parametrize("gap", [1, 30, 37, 40, 100, 300, 500, 690, 700])
def test_a_confident_right_answer_keeps_its_digits(gap):
    """Catches -log(p) and p - 1, which are exactly 0 once p rounds to 1 (a gap over 37)."""
    S, y = np.array([[gap, 0.0, -0.5, 0.25]]), [0]
    _, dS, L, _ = oracles.softmax_loss_of_scores(S, y)
    assert oracles.relative_error(cross_entropy(S, y), L) <= 1e-12
    assert oracles.relative_error(dL_dS(softmax(S), y), dS) <= 1e-12


def test_each_row_has_its_own_shift():
    """Catches slip 12: one shift for the whole matrix underflows every row but the largest."""
    S = np.array([[0.0, 1.0], [1e6, 1e6 + 1]])
    P = softmax(S)
    assert np.array_equal(P[0], P[1])
    assert np.allclose(P[0], [1 / (1 + np.e), np.e / (1 + np.e)], rtol=1e-15, atol=0)


def test_many_classes_in_any_layout_cost_no_digits():
    """Catches a sum over the classes in storage order: its rounding grows with C in float32."""
    S, y = random_scores(1, np.float32, N=3, C=2000)
    L = oracles.softmax_loss_of_scores(S, y)[2]
    assert oracles.relative_error(cross_entropy(np.asfortranarray(S), y), L) <= 2e-7


# Finite wherever the true value is


def test_huge_scores_stay_finite():
    """Catches a shift that overflows: the gap of 1e308 and -1e308 is not a float."""
    S = np.array([[1e308, -1e308, 0.0], [-1e308, -1e308, -1e308]])
    assert np.array_equal(softmax(S), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    assert np.allclose(cross_entropy(S, [0, 2]), [0, np.log(3)], rtol=1e-15, atol=0)
    assert cross_entropy([[1e308, 0.0]], [1]) == [1e308]


@pytest.mark.parametrize("value", [0.0, -5e-324, 5e-324, 1e-310, -745.2, 1e8, -1.7e308, 1.7e308])
def test_equal_scores_give_equal_probabilities(value):
    """Catches a sum of exponentials that is 0 or inf: unshifted scores below -745 are 0/0."""
    S = np.full((2, 4), value)
    assert np.array_equal(softmax(S), np.full((2, 4), 0.25))
    assert np.allclose(cross_entropy(S, [0, 3]), np.log(4), rtol=1e-15, atol=0)
    assert np.allclose(log_softmax(S), -np.log(4), rtol=1e-15, atol=0)


def test_impossible_classes_have_probability_zero():
    """Catches -inf - (-inf) and 0 * inf: a masked-out class must not poison its row."""
    S = np.array([[0.0, -np.inf, 0.0], [-np.inf, 3.0, -np.inf]])
    assert np.array_equal(softmax(S), [[0.5, 0, 0.5], [0, 1, 0]])
    assert np.allclose(cross_entropy(S, [2, 1]), [np.log(2), 0], rtol=1e-15, atol=0)


def test_log_softmax_is_finite_where_the_probability_underflows():
    """Catches log(softmax(S)), slip 4: -inf once the gap passes 745."""
    S = np.array([[0.0, -1e4, 1e4]])
    assert softmax(S)[0, 1] == 0
    assert np.array_equal(log_softmax(S), [[-1e4, -2e4, 0.0]])


# Complex scores: what a complex step needs


@pytest.mark.parametrize("h", [1e-20, 1e-8, 0.1])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0, 1e3])
def test_imaginary_parts_keep_fourteen_digits(scale, h):
    """Catches abs, conj, a shift by modulus, numpy's complex log1p: Im holds a derivative."""
    S, y = random_scores(scale, seed=2)
    S = S + 1j * h * np.random.default_rng(3).normal(size=S.shape)
    _, dS, L, P = oracles.softmax_loss_of_scores(S, y)
    log_P = np.vectorize(oracles.mp.log, otypes=[object])(P)
    pairs = [(cross_entropy(S, y), L), (softmax(S), P), (log_softmax(S), log_P)]
    for ours, reference in [*pairs, (dL_dS(softmax(S), y), dS)]:
        assert oracles.relative_error(ours, reference) <= 1e-14
        assert oracles.relative_error(oracles.imag(ours), oracles.imag(reference)) <= 1e-14


@pytest.mark.parametrize("gap", [20, 40, 200, 600])
def test_imaginary_parts_of_confident_answers_keep_their_digits(gap):
    """Catches log(1 + z) rounded at 1 + z: the derivative of a tiny loss would be 0."""
    S, y = np.array([[gap + 1e-20j, 0.5 - 2e-20j, 3e-20j]]), [0]
    _, dS, L, _ = oracles.softmax_loss_of_scores(S, y)
    for ours, reference in [(cross_entropy(S, y), L), (dL_dS(softmax(S), y), dS)]:
        assert oracles.relative_error(ours, reference) <= 1e-12
        assert oracles.relative_error(oracles.imag(ours), oracles.imag(reference)) <= 1e-12


def test_a_complex_shift_of_a_row_changes_nothing():
    """Catches a shift by the real part alone: with complex K, p and L are unchanged too."""
    S, y = random_scores(2.0, seed=4)
    S = S + 1e-3j * np.random.default_rng(5).normal(size=S.shape)
    K = (np.arange(12) - 5.5 + 1j * np.linspace(-0.5, 0.5, 12))[:, None]
    for f in (softmax, log_softmax, lambda S: cross_entropy(S, y)):
        assert np.allclose(f(S + K), f(S), rtol=1e-13, atol=1e-14)


def test_the_largest_score_is_chosen_by_its_real_part():
    """Catches argmax of a complex row, or of its modulus: exp of what remains would overflow."""
    S = np.array([[0.0 + 900j, 800.0], [-900.0, 5.0]])
    assert np.allclose(softmax(S), [[0, 1], [0, 1]], atol=1e-300)


def test_impossible_classes_may_be_complex():
    """Catches nan from (-inf + 0j) in a complex multiplication."""
    S = np.array([[1e-20j, -np.inf, 0.0]])
    assert np.allclose(softmax(S).imag, [[0.25e-20, 0, -0.25e-20]], rtol=1e-14, atol=0)
    assert cross_entropy(S, [2])[0].imag == pytest.approx(0.5e-20, rel=1e-14)


# Properties


@st.composite
def score_matrices(draw, largest=1e6):
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 6)))
    return draw(arrays(np.float64, shape, elements=st.floats(-largest, largest)))


@given(score_matrices(largest=1.7e308))
def test_rows_are_probabilities(S):
    """Catches a sum over the wrong axis: rows sum to 1, and the order of the scores is kept."""
    P = softmax(S)
    assert P.shape == S.shape
    assert (P >= 0).all()
    assert np.allclose(P.sum(axis=1), 1, rtol=1e-14, atol=0)
    assert np.array_equal(P.max(axis=1), P[np.arange(len(S)), S.argmax(axis=1)])


@given(score_matrices())
def test_scipy_agrees(S):
    """Catches a mistake that oracles.py might share with us, and two functions drifting apart."""
    P, log_P = special.softmax(S, axis=1), special.log_softmax(S, axis=1)
    assert np.allclose(softmax(S), P, rtol=1e-9, atol=1e-300)
    assert np.allclose(log_softmax(S), log_P, rtol=1e-12, atol=1e-15)
    assert (log_softmax(S) <= 0).all()
    for m in range(S.shape[1]):
        L = cross_entropy(S, [m] * len(S))
        assert (L >= 0).all()
        assert np.allclose(L, -log_P[:, m], rtol=1e-12, atol=1e-15)


# The contract: shapes, dtypes, inputs


def test_scores_are_rows_times_columns():
    """Catches W X, X^T W, and labels of axes turned: N, D and C differ here."""
    X, W = np.arange(10.0).reshape(2, 5), np.arange(15.0).reshape(5, 3) ** 2
    S = scores(X, W)
    assert S.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert S[i, j] == sum(X[i, d] * W[d, j] for d in range(5))


@pytest.mark.parametrize(
    ("given_as", "computed_in"),
    [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.int64, np.float64),
        (np.uint8, np.float64),
        (np.bool_, np.float64),
        (np.complex128, np.complex128),
        (np.complex64, np.complex64),
    ],
)
def test_dtypes(given_as, computed_in):
    """Catches integers that wrap, float16 sums (80,000 is inf), and a float32 quietly widened."""
    S = (200 * np.array([[1, 0, 1], [0, 1, 1]])).astype(given_as)
    loss, products = lambda S: cross_entropy(S, [0, 2]), lambda S: scores(S.real, S.T)
    for f in (softmax, log_softmax, loss, products):
        assert f(S).dtype == computed_in
        assert np.allclose(f(S), f(S.astype(computed_in)), rtol=1e-15, atol=0)


@pytest.mark.parametrize("mixed", [(np.float32, np.float64), (np.float64, np.float32)])
def test_scores_take_the_wider_dtype(mixed):
    """Catches a result rounded to the narrower of two dtypes."""
    X, W = np.ones((2, 3), mixed[0]), np.ones((3, 2), mixed[1])
    assert scores(X, W).dtype == np.float64


@pytest.mark.parametrize("kind", [float, np.float32, complex])
def test_valid_input_is_met_in_silence(kind):
    """Catches a warning on valid input, also for a caller who made them all errors."""
    big = 600 if kind is not np.float32 else 80
    S = np.array([[big, -big, 0], [1e-3, 0, -5 * big], [0, 0, 0]]).astype(kind)
    S[2] += S.dtype.type(1e-30) * (1j if kind is complex else 1)
    with np.errstate(all="raise"):
        softmax(S)
        log_softmax(S)
        cross_entropy(S, [0, 1, 2])
        softmax([[0.0, -np.inf, -744.9]])
        scores([[1e-200, 1.0]], [[1e-200, 1.0], [0.0, 1e-320]])
