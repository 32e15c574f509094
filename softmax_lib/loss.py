"""Loss and gradient in one call: eq. (1), (2), (3) forward, eq. (14) back. One contract for all:

    f(W, X, y, reg) -> (loss, dW)

W (D, C), X (N, D), y (N,) integers, reg >= 0. The loss is mean_i L_i + reg * sum(W * W), a Python
float; dW has the shape of W and the inputs' floating dtype. Inputs are never changed. A complex W
gives a Python complex, with its imaginary part kept: that is what the complex step differentiates.
"""

import cmath
import functools

import numpy as np

from softmax_lib import inputs
from softmax_lib.derivation import _l2
from softmax_lib.forward import _log1p

_CORES = []  # pairs: a loss with its door, and the core behind it


def for_loops(loss):
    """A loss as a loop calls it that has checked its inputs once, with `inputs.loss_inputs`.

    Of one of this file it is the core, which looks at no result. Of another, such as a student's,
    every result is judged.
    """
    inputs.function(loss, "loss", "loss(W, X, y, reg) -> (loss, dW)")

    def judged(W, X, y, reg):
        L, dW = inputs.loss_and_gradient(
            loss(W, X, y, reg), W.shape, judged.__name__, complex_ok=np.iscomplexobj(W)
        )
        return L.item(), dW  # a number: the array may be filled anew at every call

    judged.__name__ = getattr(loss, "__name__", "loss")  # a callable object may have none
    return next((core for door, core in _CORES if door is loss), judged)


def _checked(core, cast_X=True):
    """The public door of a loss: arguments and result are checked, here and nowhere else."""
    core = np.errstate(all="ignore")(core)

    @functools.wraps(core)
    def door(W, X, y, reg):
        W, X, y, reg = inputs.loss_inputs(W, X, y, reg, cast_X=cast_X)
        loss, dW = core(W, X, y, reg)
        plain = (complex if dW.dtype.kind == "c" else float)(loss)  # a plain number of Python's
        if not (cmath.isfinite(plain) and np.isfinite(dW).all()):
            # A long double may hold a loss that a plain number does not.
            kind = "float64" if np.isfinite(loss) and np.isfinite(dW).all() else None
            inputs.blame("the loss or its gradient", reg, kind, X=X, W=W)
        return plain, dW

    _CORES.append((door, core))
    return door


@_checked
def softmax_loss_naive(W, X, y, reg):
    """Softmax loss and its gradient, example by example and class by class, as it is derived.

    Right to rounding on ordinary scores. The last digits of a loss close to 0, and scores further
    apart than the largest float, are left to the other two.

    Parameters
    ----------
    W : array_like, shape (D, C)
        Weights; may be complex.
    X : array_like, shape (N, D)
        Examples.
    y : array_like of int, shape (N,)
        Right classes, 0 <= y_i < C.
    reg : float
        Regularization strength, >= 0.

    Returns
    -------
    loss : float or complex
        mean_i L_i + reg * sum(W * W).
    dW : ndarray, shape (D, C)
        dL/dW, in the wider floating dtype of W and X.

    Raises
    ------
    TypeError, ValueError
        Inputs that do not fit; the message says which, and the likely reason.

    Examples
    --------
    >>> loss, dW = softmax_loss_naive(np.zeros((3, 4)), [[1.0, 2.0, 3.0]], [0], reg=0.0)
    >>> round(loss, 4)  # no idea yet: log C
    1.3863
    >>> dW[:, 0]
    array([-0.75, -1.5 , -2.25])
    """
    N, C = len(X), W.shape[1]
    loss, dW = np.float64(0), np.zeros_like(W)  # a loss beyond float32 is one, too
    for i in range(N):
        S_i = X[i] @ W  # (C,), eq. (1)
        S_i = S_i - S_i[S_i.real.argmax()]  # the shift: no exponent is above 0
        Z_i = np.exp(S_i).sum()
        p = np.exp(S_i) / Z_i  # (C,), eq. (2)
        m = y[i]
        loss += (np.log(Z_i) - S_i[m]) / N  # -log p_m, eq. (3)
        for j in range(C):
            dW[:, j] += (p[j] - (j == m)) * X[i] / N  # (D,), eq. (14)
    l2, dl2 = _l2(W, reg)
    return loss + l2, (dW + dl2).astype(W.dtype, copy=False)


@_checked
def softmax_loss_vectorized(W, X, y, reg):
    """Softmax loss and its gradient in whole matrices: X W forward, X^T (P - Y)/N back.

    Parameters, returns, errors: as `softmax_loss_naive`; finite wherever the true loss is.

    Notes
    -----
    The right class is taken out before `exp`: what remains is *the others' mass*, which eq. (3) and
    (14) both need undiminished by the rounding of a p_m close to 1.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
    >>> loss, dW = softmax_loss_vectorized(np.zeros((3, 4)), X, [0, 2], reg=0.1)
    >>> round(loss, 4), dW.shape
    (1.3863, (3, 4))
    """
    N, rows = len(X), np.arange(len(X))
    S = X @ W  # (N, C), eq. (1)
    highest, S_m = S[rows, S.argmax(axis=1)], S[rows, y]  # (N,); short rows: faster than max
    S[rows, y] = -np.inf  # exp makes it 0: the right class stands apart
    E = np.exp(S - highest[:, None])  # (N, C), shifted
    others = E.sum(axis=1)  # (N,)
    rest = others + np.expm1(S_m - highest)  # Z_i - 1, shifted
    E[rows, y] = -others  # p_m - 1, as minus the others
    E *= 1 / (N * (1 + rest))[:, None]  # (N, C), now dS = (P - Y)/N, eq. (2) and (14)
    l2, dl2 = _l2(W, reg)
    loss = np.add.reduce(_losses_over_N(rest, highest, S_m, N)) + l2  # eq. (3)
    return loss, (X.T @ E + dl2).astype(W.dtype, copy=False)  # (D, C)


@functools.partial(_checked, cast_X=False)
def softmax_loss_streamed(W, X, y, reg):
    """Softmax loss and its gradient, X read once: a block of rows goes forward and back at once.

    Parameters, returns, errors: as `softmax_loss_naive`. X may be a `numpy.memmap` larger than
    memory: beside the inputs and arrays of W's shape, less than 64 MB are held.

    Notes
    -----
    Scores stand as (C, B), a class a row, so that the sums over the classes add whole rows. The
    right class is taken out before `exp`, as in `softmax_loss_vectorized`.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
    >>> loss, dW = softmax_loss_streamed(np.zeros((3, 4)), X, [0, 2], reg=0.1)
    >>> round(loss, 4), dW.shape
    (1.3863, (3, 4))
    """
    N, wide = len(X), np.promote_types(W.dtype, np.float64)
    B, loss, part, dWT = _rows_of_a_block(*W.shape, wide), 0.0, None, None
    for start in range(0, N, B):
        # (B, D), the last block may be smaller; cast here, once for both products.
        X_b = X[start : start + B].astype(W.dtype, copy=False)
        # (C, B), eq. (1): OpenBLAS is slow where a first factor has but a few rows. `dot` does less
        # than `@` before it multiplies, which a few hundred rows can tell.
        S = np.dot(W.T, X_b.T) if W.shape[1] > _CLASSES else np.dot(X_b, W).T.copy()
        flat, n = S.reshape(-1), len(X_b)  # the same numbers, one after another, and
        # where S_im stands among them:
        right = n * y[start : start + n].astype(np.intp, copy=False) + np.arange(n)
        highest, S_m = np.maximum.reduce(S), flat[right]  # (B,); complex: by real part first
        flat[right] = -np.inf  # exp makes it 0
        others = 0
        for c in range(0, len(S), _CLASSES):
            E = S[c : c + _CLASSES]
            E -= highest
            np.exp(E, out=E)
            others += np.add.reduce(E)  # (B,)
        rest = others + np.expm1(S_m - highest)  # Z_i - 1, shifted
        loss += np.add.reduce(_losses_over_N(rest, highest, S_m, N))  # eq. (3)
        flat[right] = -others  # p_m - 1, as minus the others
        S *= 1 / (N * (1 + rest))  # (C, B), the transposed dS: eq. (2) and (14)
        part = _sum(part, np.dot(S, X_b))  # (C, D)
        if start // B % 32 == 31:  # a sum of sums drifts less than a long sum
            dWT, part = _sum(dWT, part.astype(wide, copy=False)), None
    dWT, dW = _sum(dWT, part), np.empty(W.shape, W.dtype)  # (C, D), (D, C)
    for c in range(0, len(S), _CLASSES):
        l2, dl2 = _l2(W[:, c : c + _CLASSES], reg)
        loss += l2
        dW[:, c : c + _CLASSES] = dWT[c : c + _CLASSES].T + dl2
    return loss, dW


# A strip of classes: what is done to one stays in cache.
_CLASSES = 64


def _rows_of_a_block(D, C, wide):
    """Rows that go forward and back together; never so many that their sum drifts.

    With few classes, as many as a million multiplications allow: up to there OpenBLAS may use
    kernels that do not copy their operands first. With many classes, or where that means a handful
    of rows, the copies cost less than the calls (measured): as many as 2^24 bytes hold.
    """
    if C <= 20 and D * C <= 50_000:
        return min(10**6 // (D * C), 4096)
    return max(1, min(2**24 // (max(D, C) * wide.itemsize), 4096))


def _sum(total, part):
    """total + part, in total's place. None is no part yet: to add to a 0 would cost a pass more."""
    return part if total is None else total if part is None else np.add(total, part, out=total)


def _losses_over_N(rest, highest, S_m, N):
    """L_i / N, eq. (3): log1p of Z_i - 1, shifted, plus the gap between highest and right score.

    Halved and in double precision: the gap itself may overflow, or round in float32.
    """
    wide = np.promote_types(S_m.dtype, np.float64)
    half_gap = np.subtract(highest / 2, S_m / 2, dtype=wide)
    return (_log1p(rest) / 2 + half_gap) / (N / 2)
