"""Equations (4) to (14), one function a factor, named after what it returns.

The chain of eq. (4), for one example (a row X_i, scores S_i, probabilities p, right class m):

    dL_i/dW_j  =  dL_i/dp   dp/dS_i   dS_i/dW_j
     (1, D)        (1, C)    (C, C)     (C, D)

Jacobians are in numerator layout: an f of length a, differentiated by an x of length b, gives
(a, b). A gradient by a matrix takes the matrix's shape: column j of dL/dW is the transpose of the
row dL/dW_j.
"""

import numpy as np

from softmax_lib import inputs


@np.errstate(all="ignore")
def dLi_dp(p, m):
    """Derivative of L_i = -log p_m by the probabilities, eq. (5): -1/p_m at m, zero elsewhere.

    Parameters
    ----------
    p : array_like, shape (1, C)
        Probabilities of one example.
    m : int
        Its right class, 0 <= m < C.

    Returns
    -------
    ndarray, shape (1, C)
        Where p_m has underflowed to 0 the entry is -inf: the reason to fuse softmax and loss.

    Raises
    ------
    TypeError, ValueError
        p not a row of probabilities, m not a class.

    Examples
    --------
    >>> dLi_dp([[0.5, 0.25, 0.25]], 1)
    array([[ 0., -4.,  0.]])
    """
    p = inputs.probabilities(p, "p", "(1, C)")
    m = inputs.class_index(m, p.shape[1], "m")
    row = np.zeros_like(p)
    row[0, m] = -1 / p[0, m]
    return row


@np.errstate(all="ignore")
def dp_dSi(p):
    """Jacobian of the softmax, eq. (6) and (7): p_k (1 - p_k) if k = c, else -p_k p_c.

    As a matrix, diag(p) - p^T p. Row k is the probability that moves, column c the score that
    moves it.

    Parameters
    ----------
    p : array_like, shape (1, C)
        Probabilities of one example.

    Returns
    -------
    ndarray, shape (C, C)
        Symmetric; every row and every column sums to 0.

    Raises
    ------
    TypeError, ValueError
        p not a row of probabilities.

    Examples
    --------
    >>> dp_dSi([[0.5, 0.5]])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    p = inputs.probabilities(p, "p", "(1, C)")
    return np.diag(p[0]) - p.T @ p  # (C, C) - (C, 1)(1, C)


def dSi_dWj(X_i, j, C):
    """Jacobian of the scores by one class's weights, eq. (13): row j is X_i, every other row is 0.

    Of the scores S_i = X_i W, written out in eq. (8) to (12), only S_ij = X_i W_j contains W_j.

    Parameters
    ----------
    X_i : array_like, shape (1, D)
        One example, a row.
    j : int
        The class whose weights we differentiate by, 0 <= j < C.
    C : int
        Number of classes, at most a million.

    Returns
    -------
    ndarray, shape (C, D)

    Raises
    ------
    TypeError, ValueError
        X_i not a row of numbers, j not a class.

    Examples
    --------
    >>> dSi_dWj([[7.0, 8.0]], 1, 3)
    array([[0., 0.],
           [7., 8.],
           [0., 0.]])
    """
    X_i = inputs.matrix(X_i, "X_i", "(1, D)")
    C = inputs.integer(C, "C", 2, inputs.MOST)
    j = inputs.class_index(j, C, "j")
    jacobian = np.zeros((C, X_i.shape[1]), X_i.dtype)
    jacobian[j] = X_i
    return inputs.finite(jacobian, "dS_i/dW_j", X_i=X_i)


@np.errstate(all="ignore")
def dLi_dWj(p, m, X_i, j):
    """The product of the chain (4), simplified, eq. (14): (p_j - 1[j = m]) X_i.

    Parameters
    ----------
    p : array_like, shape (1, C)
        Probabilities of one example.
    m : int
        Its right class.
    X_i : array_like, shape (1, D)
        The example, a row.
    j : int
        The class whose weights we differentiate by.

    Returns
    -------
    ndarray, shape (1, D)

    Raises
    ------
    TypeError, ValueError
        p not a row of probabilities, X_i not a row, j or m not a class.

    Examples
    --------
    >>> dLi_dWj([[0.25, 0.75]], 1, [[4.0, 8.0, 12.0]], 1)
    array([[-1., -2., -3.]])
    """
    p = inputs.probabilities(p, "p", "(1, C)")
    X_i = inputs.matrix(X_i, "X_i", "(1, D)")
    m = inputs.class_index(m, p.shape[1], "m")
    j = inputs.class_index(j, p.shape[1], "j")
    row = _minus_one_hot(p, [m])[:, [j]] * X_i  # (1, 1)(1, D)
    return inputs.finite(row, "dL_i/dW_j", X_i=X_i)


@np.errstate(all="ignore")
def dL_dS(P, y):
    """Gradient of the mean loss by the scores: (P - Y) / N, with Y the one-hot labels.

    p_m - 1 is computed as minus the sum of the other probabilities: the same number, but where
    p_m rounds to 1 it keeps the digits that the subtraction loses.

    Parameters
    ----------
    P : array_like, shape (N, C)
        Probabilities, from `softmax`.
    y : array_like of int, shape (N,)
        Right classes.

    Returns
    -------
    dS : ndarray, shape (N, C)
        Each row sums to 0.

    Raises
    ------
    TypeError, ValueError
        P not rows of probabilities, y not N labels 0 … C-1.

    Examples
    --------
    >>> dL_dS([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]], [0, 2])
    array([[-0.25  ,  0.125 ,  0.125 ],
           [ 0.0625,  0.0625, -0.125 ]])
    """
    P = inputs.probabilities(P, "P")
    y = inputs.labels(y, *P.shape)
    return _minus_one_hot(P, y) / len(P)


@np.errstate(all="ignore")
def dL_dW(X, dS, W, reg):
    """Gradient of the loss by the weights: X^T dS + 2 reg W, eq. (14) summed over the examples.

    Parameters
    ----------
    X : array_like, shape (N, D)
        Examples.
    dS : array_like, shape (N, C)
        `dL_dS(P, y)`, which holds the 1/N.
    W : array_like, shape (D, C)
        Weights.
    reg : float
        Regularization strength, >= 0, of reg * sum(W * W): no factor 1/2, hence the 2 here.

    Returns
    -------
    dW : ndarray, shape (D, C)
        The shape of W, in the widest dtype of the three: column j is the transpose of dL/dW_j.

    Raises
    ------
    TypeError, ValueError
        Shapes that do not fit, entries that are not finite numbers, reg < 0.

    Examples
    --------
    >>> dL_dW([[2.0, 4.0, 0.0]], [[-0.5, 0.5]], np.ones((3, 2)), 0.25)
    array([[-0.5,  1.5],
           [-1.5,  2.5],
           [ 0.5,  0.5]])
    """
    W, X = inputs.weights_and_inputs(W, X)
    dS = inputs.matrix(dS, "dS", "(N, C)", complex_ok=True)
    if dS.shape != (X.shape[0], W.shape[1]):
        raise ValueError(
            f"dS has shape {dS.shape}, needed (N, C) = ({X.shape[0]}, {W.shape[1]}), "
            f"one row an example of X and one column a class of W."
        )
    reg = inputs.regularization(reg)
    W = W.astype(np.result_type(W, dS), copy=False)
    dW = np.matmul(X.T, dS, dtype=W.dtype) + _l2(W, reg)[1]  # (D, N)(N, C) -> (D, C)
    return inputs.finite(dW.astype(W.dtype, copy=False), "dL/dW", reg, X=X, dS=dS, W=W)


def _minus_one_hot(P, y):
    """P - Y without cancellation: at the right class, minus the sum of the others. (N, C)"""
    rows = np.arange(len(P))
    G = P.copy()
    G[rows, y] = 0
    G[rows, y] = -G.sum(axis=1)
    return G


def _l2(W, reg):
    """reg * sum(W * W), and its gradient 2 reg W, in double precision or wider: one rule for all.

    reg goes in first, so that 0 times anything is 0; np.add.reduce, unlike a dot product, adds in
    pairs, which does not drift.
    """
    W = W.astype(np.promote_types(W.dtype, np.float64), copy=False)
    reg_W = reg * W
    return np.add.reduce(reg_W * W, axis=None).item(), 2 * reg_W
