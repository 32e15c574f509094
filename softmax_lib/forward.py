"""The forward pass, equations (1) to (3): scores, probabilities, the loss of each example.

Every function works on rows: one example, one row. The shift by the row's largest score keeps `exp`
in range (slips 3 and 4 in `docs/equations.md`); `log1p` of *the others' mass* keeps the loss of a
confident, right answer from being rounded to 0. numpy's own warnings are off: what comes out is
looked at instead.
"""

import numpy as np

from softmax_lib import inputs


@np.errstate(all="ignore")
def scores(X, W):
    """Scores S = X W, eq. (1): entry (i, j) is the row X_i times the column W_j.

    Parameters
    ----------
    X : array_like, shape (N, D)
        Examples, one a row. Floats; integers are computed in float64.
    W : array_like, shape (D, C)
        Weights, one column a class. May be complex (for the complex step).

    Returns
    -------
    S : ndarray, shape (N, C)
        In the wider dtype of the two.

    Raises
    ------
    TypeError
        X complex, or entries that are not numbers.
    ValueError
        Shapes that do not meet, an empty array, a NaN or an infinity, one class only.

    Examples
    --------
    >>> scores([[1, 2, 0]], [[1, 0], [0, 1], [5, 5]])
    array([[1., 2.]])
    """
    W, X = inputs.weights_and_inputs(W, X)
    return inputs.finite(X @ W, "S = X W", X=X, W=W)  # (N, C)


@np.errstate(all="ignore")
def softmax(S):
    """Probabilities P, eq. (2), row by row: p_k = exp(S_ik) / Z_i, computed from shifted scores.

    Parameters
    ----------
    S : array_like, shape (N, C)
        Scores (logits). May be complex. A score of -inf is an impossible class: p_k = 0.

    Returns
    -------
    P : ndarray, shape (N, C)
        Each row sums to 1. Same dtype as S (integers: float64; float16: float32).

    Raises
    ------
    TypeError
        Entries that are not numbers.
    ValueError
        Not two axes, fewer than two classes, a NaN or +inf, a row of only -inf.

    Examples
    --------
    >>> softmax([[1000.0, 1000.0], [0.0, -np.inf]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    S = inputs.matrix(S, "S", "(N, C)", complex_ok=True)
    _, E, others = _shifted_exp(S)
    return _finite(E / (1 + others)[:, None], "softmax", S)  # (N, C)


@np.errstate(all="ignore")
def log_softmax(S):
    """Logarithms of eq. (2): log p_k = (S_ik - max S_i) - log sum_l exp(S_il - max S_i).

    Finite where `log(softmax(S))` is -inf: the shift protects the exponent, not the logarithm.

    Parameters
    ----------
    S : array_like, shape (N, C)
        Scores (logits). May be complex.

    Returns
    -------
    log_P : ndarray, shape (N, C)
        Every real part <= 0. Same dtype as S (integers: float64; float16: float32).

    Raises
    ------
    TypeError, ValueError
        As `softmax`; a score of -inf is refused here, because its logarithm is -inf.

    Examples
    --------
    >>> log_softmax([[0.0, -1000.0]])
    array([[    0., -1000.]])
    """
    S = inputs.matrix(S, "S", "(N, C)", complex_ok=True)
    highest, _, others = _shifted_exp(S)
    log_P = (S - highest[:, None]) - _log1p(others)[:, None]  # (N, C)
    return _finite(log_P, "log_softmax", S)


@np.errstate(all="ignore")
def cross_entropy(S, y):
    """Loss of each example, eq. (3): L_i = -log p_m with m = y_i, from the scores in one go.

    Computed as log1p(others) + (max S_i - S_im), where `others` is the sum of exp(S_il - max S_i)
    over every l but the largest: two terms that are never negative, so nothing cancels.

    Parameters
    ----------
    S : array_like, shape (N, C)
        Scores (logits), not probabilities. May be complex.
    y : array_like of int, shape (N,)
        Right classes, 0 <= y_i < C.

    Returns
    -------
    L : ndarray, shape (N,)
        One loss an example, in nats; their mean is the data part of L. Same dtype as S.

    Raises
    ------
    TypeError
        Labels that are not integers, scores that are not numbers.
    ValueError
        Shapes that do not fit, a label outside 0 … C-1, a loss that is not finite.

    Examples
    --------
    >>> cross_entropy([[0.0, 0.0], [0.0, -1000.0]], [0, 1])
    array([6.93147181e-01, 1.00000000e+03])
    """
    S = inputs.matrix(S, "S", "(N, C)", complex_ok=True)
    y = inputs.labels(y, *S.shape)
    highest, _, others = _shifted_exp(S)
    S_m = S[np.arange(len(S)), y]
    L = _log1p(others) + (highest - S_m)  # (N,)
    masked = np.isneginf(S_m.real) & np.isfinite(highest)
    if masked.any():
        i = int(masked.argmax())
        raise ValueError(
            f"S[{i}, {y[i]}] is -inf, and {y[i]} is the right class of example {i}: "
            f"an impossible class has happened, at an infinite loss. Did a mask cover it?"
        )
    if not np.isfinite(L).all():  # a mask of other classes did no harm
        S = np.where(np.isneginf(S.real) & np.isfinite(highest)[:, None], 0, S)
    return _finite(L, "the loss", S)


def _shifted_exp(S):
    """max S_i of each row, E = exp(S_i - max S_i), and E's row sums without the largest entry.

    The largest contributes exp(0) = 1 exactly, so Z_i exp(-max S_i) = 1 + others. Shapes (N,),
    (N, C), (N,). "Largest" is by real part, so that a complex step never moves the choice.
    """
    rows = np.arange(len(S))
    top = S.real.argmax(axis=1)
    highest = S[rows, top]  # (N,)
    E = np.exp(S - highest[:, None], order="C")  # (N, C), of real parts <= 0
    E[rows, top] = 0
    others = E.sum(axis=1)  # (N,)
    E[rows, top] = 1
    # A row whose largest score is NaN or infinite has no softmax; say so in every output.
    others[~np.isfinite(highest)] = np.nan
    return highest, E, others


def _log1p(z):
    """log(1 + z), also for complex z with a small real part, where numpy's rounds 1 + z first."""
    if z.dtype.kind != "c":
        return np.log1p(z)
    x, y = z.real, z.imag
    return np.log1p(x * (2 + x) + y * y) / 2 + 1j * np.arctan2(y, 1 + x)


def _finite(result, what, S):
    """`result`, or the blame on a row that went wrong: not on a -inf at work elsewhere."""
    right = np.isfinite(result).reshape(len(S), -1).all(axis=1)  # (N,)
    return result if right.all() else inputs.blame(what, S=np.where(right[:, None], 0, S))
