"""Bad calls, each with its exception and the sentence it must say; and what is accepted instead.

An error says what came, what was needed, and the likely reason. The table is the promise: `says` is a
regular expression of the message's substance.
"""

# ruff: noqa: E501 - a table is read by its rows

import functools
import re
import warnings

import numpy as np
import pytest
from scipy import sparse

import softmax_lib as sl

# N, D and C are pairwise different, so that a hint names one cause only.
N, D, C = 6, 3, 4
rng = np.random.default_rng(0)
X, W, y = rng.normal(size=(N, D)), rng.normal(size=(D, C)), np.array([0, 1, 2, 3, 0, 1])
S = X @ W
P = sl.softmax(S)
p, X_i = P[:1], X[:1]
nan, inf = np.nan, np.inf


def changed(a, index, value):
    """A copy of `a` with one entry changed."""
    a = np.array(a)
    a[index] = value
    return a


class Frame:
    """As a DataFrame: no array, but turns into one; with a text column, into objects."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.columns = list(range(self.values.shape[1]))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


class Series:
    """As a pandas Series of one number: its repr has two lines."""

    def __array__(self, dtype=None, copy=None):
        return np.array([0.1], dtype=dtype)

    def __repr__(self):
        return "0    0.1\ndtype: float64"


class Tensor:
    """As a torch tensor that requires a gradient: numpy must not read it."""

    def __array__(self, dtype=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self):
        return self


masked = np.ma.masked_array(X, mask=changed(np.zeros(X.shape, bool), (2, 1), True))
hidden = np.ma.masked_array(3, mask=True)
loaders = [sl.load_digits, sl.load_cifar10, sl.load_fashion_mnist]
losses = [sl.softmax_loss_naive, sl.softmax_loss_vectorized, sl.softmax_loss_streamed]


def loss_call(W=W, X=X, y=y, reg=0.1):
    """The arguments of a loss, one of them bad."""
    return W, X, y, reg


# (what is wrong, arguments, exception, what the message must say)
BAD_LOSS_CALLS = [
    # Shapes of W and X
    ("W transposed", loss_call(W=W.T), ValueError, r"X has shape \(6, 3\) but W has shape \(4, 3\).*W transposed"),
    ("X transposed", loss_call(X=X.T), ValueError, r"\(3, 6\).*\(3, 4\).*second axis must equal W's first \(D\).*X transposed"),
    ("W and X swapped", loss_call(W=X, X=W), ValueError, r"X has shape \(3, 4\) but W has shape \(6, 3\).*swap X and W"),
    ("bias column missing", loss_call(W=np.ones((D + 1, C + 1))), ValueError, r"bias column of ones missing from X"),
    ("bias row missing", loss_call(W=np.ones((7, C)), X=np.ones((N, 8))), ValueError, r"bias column that W has no row for"),
    ("D differs", loss_call(W=np.ones((D + 5, C))), ValueError, r"\(6, 3\).*\(8, 4\).*second axis must equal"),
    ("X one example, flat", loss_call(X=X[0]), ValueError, r"X has shape \(3,\), needed \(N, D\).*X\[None, :\]"),
    ("W one column, flat", loss_call(W=W[:, 0]), ValueError, r"W has shape \(3,\), needed \(D, C\)"),
    ("X images", loss_call(X=np.ones((N, 8, 8))), ValueError, r"X has shape \(6, 8, 8\), needed \(N, D\).*reshape\(len\(X\), -1\)"),
    ("X a number", loss_call(X=3.0), ValueError, r"X has shape \(\), needed \(N, D\)\.$"),
    ("X without examples", loss_call(X=np.ones((0, D)), y=[]), ValueError, r"X has shape \(0, 3\).*empty.*select nothing"),
    ("X without features", loss_call(X=np.ones((N, 0))), ValueError, r"X has shape \(6, 0\).*empty"),
    ("one class", loss_call(W=np.ones((D, 1)), y=[0] * N), ValueError, r"W has shape \(3, 1\): one class only.*two columns"),
    # What X and W hold
    ("NaN in X", loss_call(X=changed(X, (4, 2), nan)), ValueError, r"X\[4, 2\] is nan.*needs finite"),
    ("inf in X", loss_call(X=changed(X, (1, 0), -inf)), ValueError, r"X\[1, 0\] is -inf.*needs finite"),
    ("NaN in W", loss_call(W=changed(W, (2, 3), nan)), ValueError, r"W\[2, 3\] is nan"),
    ("inf in W", loss_call(W=changed(W, (0, 1), inf)), ValueError, r"W\[0, 1\] is inf"),
    ("a column of NaN", loss_call(X=changed(X, (slice(None), 1), nan)), ValueError, r"X\[0, 1\] is nan \(6 entries of X are not finite\)"),
    ("NaN as imaginary part", loss_call(W=changed(W + 0j, (1, 1), complex(0, nan))), ValueError, r"W\[1, 1\] is nanj"),
    ("diverged weights", loss_call(W=1e200 * W, X=1e200 * X), ValueError, r"beyond what float64 can hold.*all inputs are finite \(\|X\| up to \S+, \|W\| up to \S+, reg = 0\.1\).*diverge"),
    ("diverged weights, float32", loss_call(W=np.float32(1e30 * W), X=np.float32(1e30 * X)), ValueError, r"beyond what float32"),
    ("a loss too large, its gradient not", ([[1e308, -1e308]], [[1.0]], [1], 0), ValueError, r"beyond what float64 can hold"),
    ("a gradient too large, its loss not", (np.float32([[3e38, 0]]), np.float32([[0]]), [0], 1), ValueError, r"beyond what float32 can hold"),
    ("X ragged", loss_call(X=[[1.0, 2.0, 3.0], [1.0]]), ValueError, r"X is not a rectangular table.*rows differ in length"),
    ("X objects", loss_call(X=X.astype(object)), TypeError, r"X has dtype object, needed numbers.*np\.asarray\(X\)\.astype\(float\)"),
    ("X a frame with text", loss_call(X=Frame([[1, "a", 2]] * N)), TypeError, r"X has dtype .*needed numbers.*text"),
    ("X text", loss_call(X=[["1", "2", "3"]] * N), TypeError, r"X has dtype <U1, needed numbers.*text"),
    ("X with None in it", loss_call(X=[[None, 0, 1]] * N), TypeError, r"X has dtype object.*Does it hold text, None"),
    ("X dates", loss_call(X=np.zeros((N, D), "datetime64[s]")), TypeError, r"X has dtype datetime64.*needed numbers"),
    ("X sparse", loss_call(X=sparse.csr_matrix(X)), TypeError, r"X is a csr_matrix, a sparse matrix.*X\.toarray\(\)"),
    ("X masked", loss_call(X=masked), ValueError, r"X holds masked entries: fill or drop them"),
    ("X masked in a list", loss_call(X=[[np.ma.masked, 0.0, 1.0]] * N), ValueError, r"X holds masked entries"),
    ("X masked in rows", loss_call(X=list(np.ma.masked_greater(X, 0.5))), ValueError, r"X holds masked entries"),
    ("X a tensor", loss_call(X=Tensor()), TypeError, r"cannot read X, a Tensor\. Pass X\.detach\(\)\.numpy\(\)"),
    ("W a tensor", loss_call(W=Tensor()), TypeError, r"cannot read W, a Tensor"),
    ("X complex", loss_call(X=X + 0j), TypeError, r"X is complex \(complex128\).*weights W.*complex step"),
    ("X a function", loss_call(X=np.sin), TypeError, r"X is a function, needed numbers"),
    # Labels
    ("label -1", loss_call(y=changed(y, 3, -1)), ValueError, r"y\[3\] is -1, needed 0 <= y_i < C = 4.*counted from the end"),
    ("label C", loss_call(y=changed(y, 2, C)), ValueError, r"y\[2\] is 4, needed 0 <= y_i < C = 4, the number of columns of the scores\.$"),
    ("labels from 1", loss_call(y=[1, 2, 3, 4, 1, 2]), ValueError, r"y\[3\] is 4.*start at 1\? Subtract 1"),
    ("labels far too large", loss_call(y=np.array([10, 20, 30, 11, 1, 2])), ValueError, r"y\[0\] is 10, needed 0 <= y_i < C = 4.*scores\.$"),
    ("whole floats", loss_call(y=y.astype(float)), TypeError, r"y holds floats \(float64\).*y\.astype\(int\)"),
    ("fractions", loss_call(y=y + 0.5), TypeError, r"y holds floats.*not whole numbers.*regression"),
    ("a missing label", loss_call(y=changed(y.astype(float), 1, nan)), TypeError, r"y holds floats.*y\[1\] is nan: is a label missing"),
    ("booleans", loss_call(y=y > 1), TypeError, r"y holds booleans.*mask.*astype\(int\)"),
    ("text labels", loss_call(y=["cat", "dog"] * 3), TypeError, r"dtype <U3, needed integer labels.*np\.unique"),
    ("object labels", loss_call(y=y.astype(object)), TypeError, r"y holds Python objects.*astype\(int\)"),
    ("labels too large", loss_call(y=[2**70, 0, 1, 2, 3, 0]), TypeError, r"y holds Python objects, needed integer labels\. 1180.* too far from 0"),
    ("labels too far below", loss_call(y=[0, -(2**70), 1, 2, 3, 0]), TypeError, r"-1180.* too far from 0 for a label\. Are these ids"),
    ("an infinite label", loss_call(y=[0, 1, 2, inf, 3, 0]), TypeError, r"y holds floats.*y\[3\] is inf: is a label missing there\?$"),
    ("a label None", loss_call(y=[0, 1, None, 2, 3, 0]), TypeError, r"y holds Python objects.*y\[2\] is None: is a label missing there\?$"),
    ("complex labels", loss_call(y=y + 0j), TypeError, r"y has dtype complex128, needed integer labels"),
    ("one-hot", loss_call(y=np.eye(C, dtype=int)[y]), ValueError, r"y has shape \(6, 4\), needed \(N,\) = \(6,\).*one-hot.*argmax\(axis=1\)"),
    ("column of labels", loss_call(y=y[:, None]), ValueError, r"y has shape \(6, 1\).*y\.ravel\(\)"),
    ("a square of labels", loss_call(y=[[0, 1], [2, 3]]), ValueError, r"y has shape \(2, 2\), needed \(N,\) = \(6,\)\.$"),
    ("a single label", loss_call(X=X_i, y=np.uint8(2)), ValueError, r"y has shape \(\), needed \(N,\) = \(1,\).*single label is still a list: \[y\]"),
    ("too few labels", loss_call(y=y[:5]), ValueError, r"y has 5 labels but there are N = 6 examples \(rows of X or S\)\.$"),
    ("X transposed, W to match", loss_call(W=np.ones((N, C)), X=X.T), ValueError, r"y has 6 labels but there are N = 3.*X has 6 columns: did you pass X transposed"),
    ("too many labels", loss_call(y=[*y, 0]), ValueError, r"y has 7 labels but there are N = 6"),
    ("labels None", loss_call(y=None), ValueError, r"y has shape \(\), needed \(N,\) = \(6,\)\. It is one NoneType, no list of labels\.$"),
    ("labels a set", loss_call(y=set(range(N))), ValueError, r"It is one set, no list of labels"),
    ("labels ragged", loss_call(y=[[0], [1, 2]]), ValueError, r"y is not a flat list of labels"),
    ("labels masked", loss_call(y=np.ma.masked_equal(y, 3)), ValueError, r"y holds masked entries.*drop them"),
    # reg
    ("reg negative", loss_call(reg=-0.1), ValueError, r"reg is -0\.1, needed a finite number >= 0.*reward large weights"),
    ("reg NaN", loss_call(reg=nan), ValueError, r"reg is nan, needed a finite number >= 0\.$"),
    ("reg inf", loss_call(reg=inf), ValueError, r"reg is inf, needed a finite number >= 0"),
    ("reg text", loss_call(reg="0.1"), TypeError, r"reg is '0\.1', needed one real number >= 0"),
    ("reg complex", loss_call(reg=0.1 + 0j), TypeError, r"reg is \(0\.1\+0j\), needed one real number"),
    ("reg array", loss_call(reg=[0.1, 0.2]), TypeError, r"reg is \[0\.1, 0\.2\], needed one real number"),
    ("reg of two lines", loss_call(reg=Series()), TypeError, r"reg is 0 0\.1 dtype: float64, needed one real number"),
    ("reg masked", loss_call(reg=np.ma.masked), TypeError, r"reg is masked, needed one real number"),
    ("reg a tensor", loss_call(reg=Tensor()), TypeError, r"reg is .*Tensor.*, needed one real number"),
    ("reg ragged", loss_call(reg=[[1], [1, 2]]), TypeError, r"reg is \[\[1\], \[1, 2\]\], needed one real number"),
    ("reg true", loss_call(reg=True), TypeError, r"reg is True, needed one real number"),
    ("reg a long text", loss_call(reg="x" * 99), TypeError, r"reg is 'x{36}\.\.\., needed one"),
    ("reg too large for a float", loss_call(reg=10**400), TypeError, r"reg is 1000.*needed one real number"),
]  # fmt: skip


def total(x):
    return np.sum(x)


def total_pair(x):
    return np.sum(x), np.ones_like(x)


# (function, arguments, keywords, exception, what the message must say)
BAD_CALLS = [
    # forward.py
    (sl.scores, (X, W.T), {}, ValueError, r"\(6, 3\).*\(4, 3\).*W transposed"),
    (sl.scores, (X + 0j, W), {}, TypeError, r"X is complex"),
    (sl.scores, (X, W[:, :1]), {}, ValueError, r"one class only"),
    (sl.scores, (changed(X, (5, 1), nan), W), {}, ValueError, r"X\[5, 1\] is nan: S = X W needs finite"),
    (sl.scores, (X, changed(W, (1, 0), inf)), {}, ValueError, r"W\[1, 0\] is inf"),
    (sl.scores, (1e200 * X, 1e200 * W), {}, ValueError, r"S = X W is beyond what float64 can hold.*\|X\| up to"),
    (sl.softmax, (S[0],), {}, ValueError, r"S has shape \(4,\), needed \(N, C\).*S\[None, :\]"),
    (sl.softmax, (S[:, :1],), {}, ValueError, r"S has shape \(6, 1\): one class only"),
    (sl.softmax, (S[:0],), {}, ValueError, r"S has shape \(0, 4\).*empty"),
    (sl.softmax, ([["a", "b"]],), {}, TypeError, r"S has dtype <U1"),
    (sl.softmax, (changed(S, (2, 1), nan),), {}, ValueError, r"S\[2, 1\] is nan: softmax needs finite"),
    (sl.softmax, (changed(S, (2, 1), inf),), {}, ValueError, r"S\[2, 1\] is inf"),
    (sl.softmax, (changed(S, 3, -inf),), {}, ValueError, r"S\[3, 0\] is -inf \(4 entries"),
    (sl.softmax, (changed(changed(S, (0, 0), -inf), (4, 2), nan),), {}, ValueError, r"S\[4, 2\] is nan: "),
    (sl.softmax, (tuple(np.ma.masked_greater(S, 0.5)),), {}, ValueError, r"S holds masked entries"),
    (sl.log_softmax, (changed(S, (1, 2), -inf),), {}, ValueError, r"S\[1, 2\] is -inf: log_softmax needs"),
    (sl.log_softmax, ([[1.7e308, -1.7e308]],), {}, ValueError, r"log_softmax is beyond what float64"),
    (sl.log_softmax, (S[None],), {}, ValueError, r"S has shape \(1, 6, 4\), needed \(N, C\)"),
    (sl.cross_entropy, (S, changed(y, 5, -1)), {}, ValueError, r"y\[5\] is -1"),
    (sl.cross_entropy, (S, y[:3]), {}, ValueError, r"y has 3 labels but there are N = 6"),
    (sl.cross_entropy, (S, np.eye(C)[y]), {}, ValueError, r"one-hot"),
    (sl.cross_entropy, (S, y / 1), {}, TypeError, r"y holds floats"),
    (sl.cross_entropy, (y, S), {}, ValueError, r"S has shape \(6,\)"),
    (sl.cross_entropy, (changed(S, (1, 1), nan), y), {}, ValueError, r"S\[1, 1\] is nan: the loss needs"),
    (sl.cross_entropy, (changed(changed(S, (0, 3), -inf), (2, 2), -inf), y), {}, ValueError, r"S\[2, 2\] is -inf, and 2 is the right class of example 2"),
    (sl.cross_entropy, ([[1.7e308, -1.7e308]], [1]), {}, ValueError, r"the loss is beyond what float64"),
    (sl.cross_entropy, (X, [np.ma.masked, 0, 1, 0, 1, 2]), {}, ValueError, r"y holds masked entries"),
    # derivation.py
    (sl.dLi_dp, (p[0], 1), {}, ValueError, r"p has shape \(4,\), needed \(1, C\).*p\[None, :\]"),
    (sl.dLi_dp, (P, 1), {}, ValueError, r"p has shape \(6, 4\), needed \(1, C\): one example"),
    (sl.dLi_dp, (S[:1], 1), {}, ValueError, r"p's rows are not probabilities.*softmax first"),
    (sl.dLi_dp, (p, 4), {}, ValueError, r"m is 4, needed a class 0 <= m < C = 4"),
    (sl.dLi_dp, (p, -1), {}, ValueError, r"m is -1"),
    (sl.dLi_dp, (p, 1.0), {}, TypeError, r"m is 1\.0, needed an integer"),
    (sl.dLi_dp, (p, True), {}, TypeError, r"m is True, needed an integer"),
    (sl.dLi_dp, (p, hidden), {}, TypeError, r"m is masked_array.*needed an integer"),
    (sl.dLi_dp, (p, "1"), {}, TypeError, r"m is '1', needed an integer"),
    (sl.dLi_dp, (changed(p, (0, 2), nan), 1), {}, ValueError, r"p\[0, 2\] is nan"),
    (sl.dp_dSi, (P,), {}, ValueError, r"p has shape \(6, 4\), needed \(1, C\): one example"),
    (sl.dp_dSi, ([[1e308, 1e308]],), {}, ValueError, r"not probabilities"),
    (sl.dp_dSi, ([[1.5, -0.5]],), {}, ValueError, r"not probabilities \(entries >= 0 that sum to 1\)"),
    (sl.dp_dSi, ([[0.2, 0.2]],), {}, ValueError, r"not probabilities"),
    (sl.dp_dSi, ([[1.0]],), {}, ValueError, r"p has shape \(1, 1\): one class only"),
    (sl.dp_dSi, ([[0.5, inf]],), {}, ValueError, r"p\[0, 1\] is inf"),
    (sl.dSi_dWj, (X, 0, C), {}, ValueError, r"X_i has shape \(6, 3\), needed \(1, D\): one example, kept as a row"),
    (sl.dSi_dWj, (X[0], 0, C), {}, ValueError, r"X_i has shape \(3,\).*X_i\[None, :\]"),
    (sl.dSi_dWj, (X_i, C, C), {}, ValueError, r"j is 4, needed a class 0 <= j < C = 4"),
    (sl.dSi_dWj, (X_i, 0, 1), {}, ValueError, r"C is 1, needed an integer >= 2"),
    (sl.dSi_dWj, (X_i, 0, 4.0), {}, TypeError, r"C is 4\.0, needed an integer"),
    (sl.dSi_dWj, (X_i, 0, 2**31), {}, ValueError, r"C is \d+, needed an integer up to"),
    (sl.dSi_dWj, (X_i, 0, 2**31 - 1), {}, ValueError, r"C is 2147483647, needed an integer up to 1000000"),
    (sl.dSi_dWj, (changed(X_i, (0, 1), nan), 0, C), {}, ValueError, r"X_i\[0, 1\] is nan: dS_i/dW_j needs finite"),
    (sl.dSi_dWj, (X_i + 0j, 0, C), {}, TypeError, r"X_i is complex"),
    (sl.dLi_dWj, (p, 0, X, 1), {}, ValueError, r"X_i has shape \(6, 3\), needed \(1, D\)"),
    (sl.dLi_dWj, (P, 0, X_i, 1), {}, ValueError, r"p has shape \(6, 4\), needed \(1, C\): one example"),
    (sl.dLi_dWj, (p, 4, X_i, 1), {}, ValueError, r"m is 4"),
    (sl.dLi_dWj, (p, 0, X_i, -1), {}, ValueError, r"j is -1"),
    (sl.dLi_dWj, (p, 0, changed(X_i, (0, 0), inf), 1), {}, ValueError, r"X_i\[0, 0\] is inf: dL_i/dW_j"),
    (sl.dLi_dWj, (X_i, 0, p, 1), {}, ValueError, r"p's rows are not probabilities"),
    (sl.dL_dS, (S, y), {}, ValueError, r"P's rows are not probabilities.*softmax first"),
    (sl.dL_dS, (P[0], y), {}, ValueError, r"P has shape \(4,\), needed \(N, C\)"),
    (sl.dL_dS, (changed(P, 3, 2 * P[3]), y), {}, ValueError, r"P's rows are not probabilities"),
    (sl.dL_dS, (P.T, y), {}, ValueError, r"P's rows are not probabilities"),
    (sl.dL_dS, (P, changed(y, 0, C)), {}, ValueError, r"y\[0\] is 4"),
    (sl.dL_dS, (changed(P, (3, 1), nan), y), {}, ValueError, r"P\[3, 1\] is nan"),
    (sl.dL_dW, (X, P[:4], W, 0), {}, ValueError, r"dS has shape \(4, 4\), needed \(N, C\) = \(6, 4\)"),
    (sl.dL_dW, (X, P[0], W, 0), {}, ValueError, r"dS has shape \(4,\), needed \(N, C\)"),
    (sl.dL_dW, (X, P.T, W, 0), {}, ValueError, r"dS has shape \(4, 6\), needed \(N, C\) = \(6, 4\)"),
    (sl.dL_dW, (X.T, P, W, 0), {}, ValueError, r"X transposed"),
    (sl.dL_dW, (X, P, W, -1), {}, ValueError, r"reg is -1\.0"),
    (sl.dL_dW, (X, changed(P, (1, 1), nan), W, 0), {}, ValueError, r"dS\[1, 1\] is nan: dL/dW needs finite"),
    # gradcheck.py
    (sl.numerical_gradient, (X, total), {}, TypeError, r"f is a ndarray, needed a function"),
    (sl.numerical_gradient, (3.0, X), {}, TypeError, r"f is a float, needed a function.*not what it returned"),
    (sl.numerical_gradient, (total, np.add), {}, TypeError, r"x is a function, needed numbers"),
    (sl.numerical_gradient, (total, "x"), {}, TypeError, r"x has dtype <U1"),
    (sl.numerical_gradient, (total, X + 0j), {}, TypeError, r"x is complex.*the method adds i h itself"),
    (sl.numerical_gradient, (total, []), {}, ValueError, r"x has shape \(0,\): it is empty"),
    (sl.numerical_gradient, (total, [[1], [1, 2]]), {}, ValueError, r"x is not a rectangular table"),
    (sl.numerical_gradient, (total, masked), {}, ValueError, r"x holds masked entries"),
    (sl.numerical_gradient, (total, changed(X, (2, 2), nan)), {}, ValueError, r"x\[2, 2\] is nan: a difference"),
    (sl.numerical_gradient, (total, X), {"method": "backward"}, ValueError, r"method is 'backward', needed one of 'forward', 'central', 'complex'"),
    (sl.numerical_gradient, (total, X), {"h": 0}, ValueError, r"h is 0\.0, needed a finite number > 0"),
    (sl.numerical_gradient, (total, X), {"h": "small"}, TypeError, r"h is 'small', needed one real number > 0"),
    (sl.numerical_gradient, (total, X), {"h": nan}, ValueError, r"h is nan"),
    (sl.numerical_gradient, (total, np.ones(2)), {"h": 1e-17}, ValueError, r"h = 1e-17 is too small: x\[0\] = 1 plus h rounds back.*larger h"),
    (sl.numerical_gradient, (total, np.ones(2, np.float32)), {"h": 1e-9}, ValueError, r"rounds back to itself in float32"),
    (sl.numerical_gradient, (total, np.ones(2, np.float32)), {"h": 1e-60}, ValueError, r"h is 1e-60, which float32 can only hold as 0\.0"),
    (sl.numerical_gradient, (total, np.ones(2, np.float32)), {"h": 1e60}, ValueError, r"which float32 can only hold as inf"),
    (sl.numerical_gradient, (total, 2.0), {"h": 1e-17}, ValueError, r"too small: x = 2 plus h"),
    (sl.numerical_gradient, (total_pair, X), {}, TypeError, r"f returned a tuple, needed a number.*lambda x: f\(x\)\[0\]"),
    (sl.numerical_gradient, (lambda x: None, X), {}, TypeError, r"f\(x\) has dtype object, needed numbers"),
    (sl.numerical_gradient, (lambda x: "1", X), {}, TypeError, r"f\(x\) has dtype <U1"),
    (sl.numerical_gradient, (lambda x: nan, X), {}, ValueError, r"f returned a value that is not finite"),
    (sl.numerical_gradient, (lambda x: [1, inf], X), {}, ValueError, r"f returned a value that is not finite"),
    (sl.numerical_gradient, (lambda x: np.abs(x).sum(), X), {"method": "complex"}, TypeError, r"imaginary part, which holds the derivative, is lost.*abs"),
    (sl.numerical_gradient, (lambda x: np.ma.masked, X), {}, ValueError, r"f\(x\) holds masked entries"),
    (sl.relative_error, (X, X.T), {}, ValueError, r"a has shape \(6, 3\) but b has shape \(3, 6\).*transposed"),
    (sl.relative_error, (X[0], X_i), {}, ValueError, r"a row where the other is a column"),
    (sl.relative_error, (X, 1.0), {}, ValueError, r"a has shape \(6, 3\) but b has shape \(\)"),
    (sl.relative_error, ("a", "a"), {}, TypeError, r"a has dtype <U1, needed numbers"),
    (sl.relative_error, (X, None), {}, TypeError, r"b has dtype object, needed numbers"),
    (sl.relative_error, (X, np.ma.masked), {}, ValueError, r"b holds masked entries"),
    (sl.gradient_check, (X, total_pair), {}, TypeError, r"f is a ndarray, needed a function, f\(x\) -> \(value, gradient\)"),
    (sl.gradient_check, (total_pair(X), X), {}, TypeError, r"f is a tuple.*not what it returned"),
    (sl.gradient_check, (total, X), {}, TypeError, r"f returned one float64, needed the pair \(loss, gradient\)"),
    (sl.gradient_check, (lambda x: None, X), {}, TypeError, r"f returned None: does it end with `return loss, dW`"),
    (sl.gradient_check, (lambda x: total_pair(x)[::-1], X), {}, ValueError, r"f returned \(gradient, loss\), needed the other order"),
    (sl.gradient_check, (lambda x: (1.0, X.T), X), {}, ValueError, r"gradient of shape \(3, 6\), needed the shape of x, \(6, 3\).*transposed"),
    (sl.gradient_check, (lambda x: (1.0, X[:2]), X), {}, ValueError, r"shape \(2, 3\), needed the shape of x, \(6, 3\)\.$"),
    (sl.gradient_check, (lambda x: (np.ma.masked, x), X), {}, ValueError, r"the loss from f holds masked"),
    (sl.gradient_check, (lambda x: (1.0, None), X), {}, TypeError, r"the gradient from f has dtype object"),
    (sl.gradient_check, (lambda x: (nan, X), X), {}, ValueError, r"not finite"),
    (sl.gradient_check, (lambda x: ("1", X), X), {}, TypeError, r"the loss from f has dtype <U1"),
    (sl.gradient_check, (lambda x: (1.0, X.astype(str)), X), {}, TypeError, r"dtype <U"),
    (sl.gradient_check, (total_pair, X), {"directions": 0}, ValueError, r"directions is 0, needed an integer >= 1"),
    (sl.gradient_check, (total_pair, X), {"directions": 2**70}, ValueError, r"directions is \d+, needed an integer up to"),
    (sl.gradient_check, (total_pair, X), {"directions": 2.5}, TypeError, r"directions is 2\.5, needed an integer"),
    (sl.gradient_check, (total_pair, X), {"directions": hidden}, TypeError, r"directions is masked_array"),
    (sl.gradient_check, (total_pair, X), {"directions": True}, TypeError, r"directions is True, needed an integer"),
    (sl.gradient_check, (total_pair, X), {"directions": 2, "h": 1e-40}, ValueError, r"h = 1e-40 is too small"),
    (sl.gradient_check, (total_pair, X), {"directions": 2, "seed": -1}, ValueError, r"seed is -1, needed an integer >= 0"),
    (sl.gradient_check, (total_pair, X), {"directions": 2, "seed": "a"}, TypeError, r"seed is 'a', needed an integer"),
    (sl.gradient_check, (total_pair, X), {"tolerance": 0}, ValueError, r"tolerance is 0\.0, needed a finite number > 0"),
    (sl.gradient_check, (total_pair, X), {"tolerance": inf}, ValueError, r"tolerance is inf, needed a finite"),
    (sl.gradient_check, (lambda x: (float(np.abs(x).sum()), X), X), {"method": "complex"}, TypeError, r"imaginary part.*lost"),
    (sl.step_sweep, (W + 0j, X, y, 0.1), {}, TypeError, r"W is complex.*the sweep adds the imaginary part itself"),
    (sl.step_sweep, (changed(W, (1, 1), nan), X, y, 0.1), {}, ValueError, r"W\[1, 1\] is nan: the slope along U"),
    (sl.step_sweep, (W, changed(X, (1, 1), inf), y, 0.1), {}, ValueError, r"X\[1, 1\] is inf"),
    (sl.step_sweep, (W, X, y, 0.1), {"U": W.T}, ValueError, r"U has shape \(4, 3\), needed W's shape \(3, 4\)"),
    (sl.step_sweep, (W, X, y, 0.1), {"U": W.ravel()}, ValueError, r"U has shape \(12,\), needed \(D, C\)"),
    (sl.step_sweep, (W, X, y, 0.1), {"U": 1e150 * W}, ValueError, r"the slope along U is beyond what float64 can hold"),
    (sl.step_sweep, (W, X, y, 0.1), {"U": 0 * W}, ValueError, r"does not change along U.*another U"),
    (sl.step_sweep, (W, X, y, 0.1), {"U": changed(W, (0, 2), inf)}, ValueError, r"U\[0, 2\] is inf"),
    (sl.step_sweep, (W, X, y, 0.1), {"U": 1j * W}, TypeError, r"U is complex"),
    (sl.step_sweep, (W, X, y, 0.1), {"steps": [1e-3, 0]}, ValueError, r"every step in steps is 0\.0, needed a finite number > 0"),
    (sl.step_sweep, (W, X, y, 0.1), {"steps": []}, ValueError, r"steps is empty"),
    (sl.step_sweep, (W, X, y, 0.1), {"steps": "many"}, TypeError, r"steps has dtype <U4, needed numbers"),
    (sl.step_sweep, (np.float32(W), np.float32(X), y, 0.1), {"steps": 1e-50}, ValueError, r"every step in steps is 1e-50, which float32 can only hold as 0\.0"),
    (sl.step_sweep, (W, X, y, 0.1), {"methods": ["centre"]}, ValueError, r"an entry of methods is 'centre', needed one of"),
    (sl.step_sweep, (W, X, y, 0.1), {"methods": None}, ValueError, r"methods is None, needed some of 'forward'"),
    (sl.step_sweep, (W, X, y, 0.1), {"methods": []}, ValueError, r"methods is \[\], needed some of"),
    (sl.step_sweep, (W, X, y, 0.1), {"methods": 5}, ValueError, r"methods is 5, needed some of"),
    (sl.step_sweep, (W, X, y, 0.1), {"seed": 1.5}, TypeError, r"seed is 1\.5, needed an integer"),
    (sl.step_sweep, (W, X, y, 0.1), {"loss": 3}, TypeError, r"loss is a int, needed a function"),
    (sl.step_sweep, (W, X, y, 0.1), {"loss": functools.partial(lambda *a: None)}, TypeError, r"^loss returned None: does it end"),
    # training.py
    (sl.train, (X[0], y), {}, ValueError, r"X has shape \(3,\), needed \(N, D\)"),
    (sl.train, (changed(X, (4, 2), nan), y), {}, ValueError, r"X\[4, 2\] is nan"),
    (sl.train, (X + 0j, y), {}, TypeError, r"X is complex"),
    (sl.train, (X, y / 1), {}, TypeError, r"y holds floats \(float64\), needed integer labels"),
    *[(sl.train, (X, [n, 0, 1, 2, 3, 0]), {}, TypeError, r"y holds floats.*too far from 0 for a label") for n in (2**63, -1e300)],
    (sl.train, (X, 0 * y), {}, ValueError, r"y holds label 0 only: one class"),
    (sl.train, (X, np.array([], int)), {}, ValueError, r"y has 0 labels but there are N = 6"),
    (sl.train, (X.T, y), {}, ValueError, r"y has 6 labels.*X has 6 columns: did you pass X transposed"),
    (sl.train, (X, y, 2), {}, ValueError, r"needed 0 <= y_i < C = 2"),
    (sl.train, (X, y, 1), {}, ValueError, r"C is 1, needed an integer >= 2"),
    (sl.train, (X, y, 4.0), {}, TypeError, r"C is 4\.0, needed an integer"),
    (sl.train, (X, y, hidden), {}, TypeError, r"C is masked_array.*needed an integer"),
    (sl.train, (X, y, 2**70), {}, ValueError, r"C is \d+, needed an integer up to 1000000"),
    (sl.train, (X, y, 2**31 - 1), {}, ValueError, r"C is 2147483647, needed an integer up to 1000000"),
    (sl.train, (X, y), {"learning_rate": 0}, ValueError, r"learning_rate is 0\.0, needed a finite number > 0"),
    (sl.train, (X, y), {"learning_rate": "0.1"}, TypeError, r"learning_rate is '0\.1', needed one real number"),
    (sl.train, (X, y), {"reg": -1}, ValueError, r"reg is -1\.0, needed a finite number >= 0"),
    (sl.train, (X, y), {"batch_size": 0}, ValueError, r"batch_size is 0, needed an integer >= 1"),
    (sl.train, (X, y), {"epochs": -1}, ValueError, r"epochs is -1, needed an integer >= 0"),
    (sl.train, (X, y), {"seed": None}, TypeError, r"seed is None, needed an integer"),
    (sl.train, (X, y), {"progress": np.array([1, 0])}, TypeError, r"progress is array\(\[1, 0\]\), needed True"),
    (sl.train, (X, y), {"loss": functools.partial(lambda *a: None)}, TypeError, r"^loss returned None: does it end"),
    (sl.train, (X, y), {"validation": X[:2]}, TypeError, r"validation is a ndarray, needed a pair \(X_val, y_val\)"),
    (sl.train, (X, y), {"validation": (X,)}, TypeError, r"validation is a tuple, needed a pair \(X_val, y_val\)"),
    (sl.train, (X, y), {"validation": (X[:, 1:], y)}, ValueError, r"In validation, \(X_val, y_val\): X has shape \(6, 2\) but W has shape \(3, 4\)"),
    (sl.train, (X, y), {"validation": (X, y + 1)}, ValueError, r"In validation, \(X_val, y_val\): y\[3\] is 4, needed 0 <= y_i < C = 4"),
    (sl.train, (X, y), {"validation": (nan * X, y)}, ValueError, r"In validation, \(X_val, y_val\): X\[0, 0\] is nan"),
    (sl.predict, (W.T, X), {}, ValueError, r"Did you pass W transposed\?"),
    (sl.predict, (X, W), {}, ValueError, r"Did you swap X and W\?"),
    (sl.predict, (W, X[0]), {}, ValueError, r"keep both axes: X\[None, :\]"),
    (sl.accuracy, (W, X, y[1:]), {}, ValueError, r"y has 5 labels"),
    (sl.accuracy, (W, X, y + 1), {}, ValueError, r"needed 0 <= y_i < C = 4"),
    (sl.accuracy, (W, X, y * 1.0), {}, TypeError, r"y holds floats"),
    # datasets.py
    (sl.load_digits, (), {"seed": 0.5}, TypeError, r"seed is 0\.5, needed an integer"),
    (sl.load_digits, (), {"seed": -1}, ValueError, r"seed is -1, needed an integer >= 0"),
    (sl.load_digits, (), {"seed": None}, TypeError, r"seed is None, needed an integer"),
    *[(load, (), {"bias": 1}, TypeError, r"bias is 1, needed True \(a last column of ones\) or False\.") for load in loaders],
    *[(load, (), {"download": "yes"}, TypeError, r"download is 'yes', needed True \(fetch the files if they are not") for load in loaders[1:]],
    *[(load, (), {"dtype": np.float16}, TypeError, r"dtype is .*float16.*, needed numpy\.float32 or numpy\.float64\.") for load in loaders[1:]],
    *[(load, (), {"dtype": int}, TypeError, r"dtype is <class 'int'>, needed numpy\.float32 or numpy\.float64\.") for load in loaders[1:]],
]  # fmt: skip


def assert_says(call, exception, says):
    """The call raises just this exception, with this substance, in one readable paragraph."""
    with np.errstate(all="raise"), pytest.raises(exception) as caught:
        call()
    message = str(caught.value)
    assert caught.type is exception
    assert re.search(says, message), message
    assert len(message) < 320
    assert "\n" not in message
    assert message.rstrip().endswith((".", "?"))


@pytest.mark.parametrize(
    ("arguments", "exception", "says"),
    [pytest.param(*row[1:], id=row[0]) for row in BAD_LOSS_CALLS],
)
@pytest.mark.parametrize("loss", losses, ids=lambda f: f.__name__.split("_")[-1])
def test_a_bad_call_of_a_loss_says_what_is_wrong(loss, arguments, exception, says):
    """Catches slip 13: garbage that passes silently, or an error that names no cause."""
    assert_says(lambda: loss(*arguments), exception, says)


@pytest.mark.parametrize(
    ("function", "arguments", "keywords", "exception", "says"),
    [pytest.param(*row, id=f"{row[0].__name__}-{i}") for i, row in enumerate(BAD_CALLS)],
)
def test_a_bad_call_says_what_is_wrong(function, arguments, keywords, exception, says):
    """Catches the same at every other door; no numpy message, no warning in place of an error."""
    assert_says(lambda: function(*arguments, **keywords), exception, says)


def test_a_masked_entry_is_refused_where_warnings_are_ignored():
    """Catches trust in numpy's warning, an error only in these tests: its NaN would be computed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rows in ([[np.ma.masked, 0.0, 1.0]] * N, list(np.ma.masked_greater(X, 0.5))):
            assert_says(lambda rows=rows: sl.softmax(rows), ValueError, "S holds masked entries")
            deep = [X.tolist(), tuple(rows)]
            assert_says(
                lambda x=deep: sl.numerical_gradient(total, x), ValueError, "x holds masked"
            )


def test_every_public_function_has_bad_calls():
    """Catches a new function without a checked door."""
    public = {getattr(sl, name) for name in sl.__all__}
    covered = {function for function, *_ in BAD_CALLS} | set(losses)
    assert {f for f in public if not isinstance(f, type)} == covered


# What is accepted on purpose


@pytest.mark.parametrize("index", [1, np.int8(1), np.uint64(1), np.array(1)])
def test_a_class_may_be_any_integer(index):
    """Catches a door too narrow: a label taken out of y is a numpy integer."""
    assert np.array_equal(sl.dLi_dp(p, index), sl.dLi_dp(p, 1))
    assert np.array_equal(sl.dSi_dWj(X_i, index, C), sl.dSi_dWj(X_i, 1, C))


def test_rounded_probabilities_are_probabilities():
    """Catches a sum compared with 1 exactly: float32 and float16 rows are off by their rounding."""
    for dtype in (np.float32, np.float16):
        assert sl.dL_dS(sl.softmax(S).astype(dtype), y).shape == S.shape
    many = sl.softmax(rng.normal(size=(3, 5000)).astype(np.float32))
    assert sl.dL_dS(many, [0, 1, 2]).shape == many.shape
