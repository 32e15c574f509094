"""Loss and gradient in one call: eq. (1), (2), (3) forward, eq. (14) back. One contract for all:

    f(W, X, y, reg) -> (loss, dW)

W (D, C), X (N, D), y (N,) integers, reg >= 0. The loss is mean_i L_i + reg * sum(W * W), a Python
float; dW has the shape of W and the inputs' floating dtype. Inputs are never changed. A complex W
gives a Python complex, with its imaginary part kept: that is what the complex step differentiates.
"""

import cmath

import numpy as np

from softmax_lib import inputs
from softmax_lib.derivation import _minus_one_hot
from softmax_lib.forward import _log1p, _shifted_exp


def softmax_loss_naive(W, X, y, reg):
    """Softmax loss and its gradient, example by example and class by class, as it is derived.

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
    W, X, y, reg = inputs.loss_inputs(W, X, y, reg)
    N, C = len(X), W.shape[1]
    L_over_N = []  # summed at the end, in pairs: a running sum of N terms drifts
    dW = np.zeros(W.shape, np.result_type(W, X))
    with np.errstate(all="ignore"):
        for i in range(N):
            S_i = X[i] @ W  # (C,), eq. (1)
            top = np.argmax(S_i.real)
            E = np.exp(S_i - S_i[top])  # (C,), the largest is exp(0) = 1
            others = sum(E[l] for l in range(C) if l != top)
            m = y[i]
            gap = S_i[top].item() / 2 - S_i[m].item() / 2  # halved: the gap itself may overflow
            L_over_N.append(_log1p(others).item() / N + gap / (N / 2))  # eq. (3)
            p = E / (1 + others)  # (C,), eq. (2)
            for j in range(C):
                if j != m:
                    dW[:, j] += p[j] * X[i] / N  # eq. (14) with j != m
                else:  # p_m - 1, as minus the others' mass
                    dW[:, m] -= sum(p[l] for l in range(C) if l != m) * X[i] / N
        loss = np.sum(L_over_N).item() + _l2(W, reg)
        dW += 2 * (reg * W.astype(dW.dtype))
    return _finite(loss, dW, W, X)


def softmax_loss_vectorized(W, X, y, reg):
    """Softmax loss and its gradient in whole matrices: X W forward, X^T (P - Y)/N back.

    Parameters, returns, errors: as `softmax_loss_naive`, to the last digits but rounding.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
    >>> loss, dW = softmax_loss_vectorized(np.zeros((3, 4)), X, [0, 2], reg=0.1)
    >>> round(loss, 4), dW.shape
    (1.3863, (3, 4))
    """
    W, X, y, reg = inputs.loss_inputs(W, X, y, reg)
    N = len(X)
    with np.errstate(all="ignore"):
        S = X @ W  # (N, C), eq. (1)
        highest, E, others = _shifted_exp(S)
        # Halved and in double precision: the gap itself may overflow, or round in float32.
        gap = highest.astype(_wide(S)) / 2 - S[np.arange(N), y] / 2  # (N,)
        loss = np.sum(_log1p(others) / N + gap / (N / 2)).item() + _l2(W, reg)  # eq. (3)
        P = E / (1 + others)[:, None]  # (N, C), eq. (2)
        dS = _minus_one_hot(P, y) / N  # (N, C)
        dW = X.T @ dS + 2 * (reg * W.astype(S.dtype))  # (D, C), eq. (14) summed over the examples
    return _finite(loss, dW, W, X)


def softmax_loss_streamed(W, X, y, reg):
    """Softmax loss and its gradient, X read once: a block of rows goes forward and back at once.

    Parameters, returns, errors: as `softmax_loss_naive`. X may be a `numpy.memmap` larger than
    memory: beside the inputs and arrays of W's shape, less than 64 MB are held.

    Notes
    -----
    Scores stand as (C, B), a class a row, so that the sums over the classes add whole rows. The
    right class is taken out before `exp`: what remains is *the others' mass*, which eq. (3) and
    (14) both need undiminished by the rounding of a p_m close to 1.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])
    >>> loss, dW = softmax_loss_streamed(np.zeros((3, 4)), X, [0, 2], reg=0.1)
    >>> round(loss, 4), dW.shape
    (1.3863, (3, 4))
    """
    W, X, y, reg = inputs.loss_inputs(W, X, y, reg, cast_X=False)
    N, wide = len(X), _wide(W, X)
    B, loss, part, dWT = _rows_of_a_block(*W.shape, wide), 0.0, 0, 0
    with np.errstate(all="ignore"):
        for start in range(0, N, B):
            X_b = inputs.floating(X[start : start + B])  # (B, D); the last block may be smaller
            # (C, B), eq. (1): OpenBLAS is slow where a first factor has but a few rows.
            S = W.T @ X_b.T if W.shape[1] > _CLASSES else (X_b @ W).T.copy()
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
            # Halved and in double precision: the gap itself may overflow, or round in float32.
            gap = np.subtract(highest / 2, S_m / 2, dtype=wide) / (N / 2)
            loss += np.add.reduce(_log1p(rest) / wide.type(N) + gap)  # eq. (3)
            flat[right] = -others  # p_m - 1, as minus the others
            S *= S.dtype.type(1) / N / (1 + rest)  # (C, B), the transposed dS: eq. (2) and (14)
            part += S @ X_b  # (C, D)
            if start // B % 32 == 31:  # a sum of sums drifts less than a long sum
                dWT, part = np.add(dWT, part, dtype=wide), 0
        dWT, dW = dWT + part, np.empty(W.shape, S.dtype)  # (C, D), (D, C)
        for c in range(0, len(S), _CLASSES):
            # reg goes in first, so that 0 times anything is 0.
            reg_W = reg * W[:, c : c + _CLASSES].astype(wide)
            # np.add.reduce adds in pairs; a dot product would drift.
            loss += np.add.reduce(reg_W * W[:, c : c + _CLASSES], axis=None)
            dW[:, c : c + _CLASSES] = dWT[c : c + _CLASSES].T + 2 * reg_W
    return _finite(loss.item(), dW, W, X)


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


def _l2(W, reg):
    """reg * sum(W * W) in double precision; reg goes in first, so that 0 times anything is 0."""
    W = W.astype(_wide(W))
    return np.sum(reg * W * W).item()


def _wide(*arrays):
    return np.result_type(*arrays, np.float64)


def _finite(loss, dW, W, X):
    if not (cmath.isfinite(loss) and np.isfinite(dW).all()):
        inputs.blame("the loss or its gradient", X=X, W=W)
    return (complex if W.dtype.kind == "c" else float)(loss), dW
