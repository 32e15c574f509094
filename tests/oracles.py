"""What the tests measure against: the softmax loss in 60 digits, sharing no code with the library.

The loss of an example is log1p(sum over l != m of exp(S_il - S_im)): no shift, because exponents
have no bounds here. Only the probabilities are taken relative to the largest score, so that the
tiny imaginary part of one close to 1 is not rounded away.
"""

import mpmath
import numpy as np

mp = mpmath.MPContext()  # its own context: no other test sees its precision
mp.dps = 60

U = {np.float32: 2.0**-24, np.float64: 2.0**-53}  # the unit roundoff


def exact(values):
    """Floats or complex numbers as mpmath numbers, digit for digit, in an array of objects."""
    a = np.asarray(values)
    if a.dtype == object:  # exact already
        return a

    def number(v):
        return mp.mpc(float(v.real), float(v.imag)) if a.dtype.kind == "c" else mp.mpf(float(v))

    return np.array([number(v) for v in a.ravel()], dtype=object).reshape(a.shape)


def softmax_loss_of_scores(S, y):
    """(mean loss, its gradient by S (N, C), the losses (N,), the probabilities (N, C))."""
    S = exact(S)
    N = len(S)
    P, dS, L = np.empty_like(S), np.empty_like(S), np.empty(N, dtype=object)
    for i, m in enumerate(np.asarray(y)):
        L[i] = mp.log1p(sum_of_others([mp.exp(S_il - S[i, m]) for S_il in S[i]], m))
        top = max(range(len(S[i])), key=lambda l, i=i: mp.re(S[i, l]))
        E = [mp.exp(S_il - S[i, top]) for S_il in S[i]]
        Z = 1 + sum_of_others(E, top)
        P[i] = [E_j / Z for E_j in E]
        dS[i] = P[i] / N
        dS[i, m] = -sum_of_others(P[i], m) / N
    return mp.fsum(L) / N, dS, L, P


def sum_of_others(row, m):
    return mp.fsum(value for l, value in enumerate(row) if l != m)


def softmax_loss(W, X, y, reg):
    """(loss, dW): eq. (1), (3), (14) and the regularization."""
    W, X, reg = exact(W), exact(X), mp.mpf(float(reg))
    data_loss, dS, _, _ = softmax_loss_of_scores(X @ W, y)
    return data_loss + reg * mp.fsum((W * W).ravel()), X.T @ dS + 2 * reg * W


def relative_error(ours, reference):
    """|ours - reference| / |reference| by norm, in 60 digits; inf where ours is not finite.

    A reference below the smallest normal number is not representable: it counts as that number.
    """
    if not np.isfinite(np.asarray(ours)).all():
        return np.inf
    reference = exact(reference).ravel()
    size = max(mp.norm(list(reference)), mp.mpf(float(np.finfo(np.asarray(ours).dtype).tiny)))
    return float(mp.norm(list(exact(ours).ravel() - reference)) / size)


def imag(values):
    """The imaginary parts, exact or not: what a complex step reads."""
    if isinstance(values, (complex, np.ndarray)) and np.asarray(values).dtype != object:
        return np.imag(values)
    return np.vectorize(lambda z: z.imag, otypes=[object])(np.asarray(values, dtype=object))


def layouts(a):
    """The numbers of a matrix in every layout that a caller may hand over, by name."""
    a = np.asarray(a)
    frozen = a.copy()
    frozen.flags.writeable = False
    padded = np.zeros((2 * a.shape[0], 3 * a.shape[1]), a.dtype)
    padded[::2, ::3] = a

    class Frame:
        """As a DataFrame: no array, but turns into one."""

        def __array__(self, dtype=None, copy=None):
            return np.array(a, dtype=dtype)

    return {
        "read-only": frozen,
        "Fortran": np.asfortranarray(a),
        "strided": padded[::2, ::3],
        "backward": a[::-1, ::-1].copy()[::-1, ::-1],
        "swapped bytes": a.astype(a.dtype.newbyteorder()),
        "nested lists": a.tolist(),
        "nested tuples": tuple(map(tuple, a)),
        "idle mask": np.ma.masked_array(a),
        "frame": Frame(),
    }
