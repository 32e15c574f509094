"""What comes in is checked here, once, at the door of every public function.

An error says what came, what was needed, and the likely reason. `TypeError` is for types,
`ValueError` for values and shapes. Nothing is clipped, cast or dropped in silence. What is accepted
on purpose:

* lists, nested lists, and anything that numpy turns into a numeric array (a DataFrame's values);
* integers and booleans for X, W and S: computed in float64; float16: computed in float32;
* a complex W or S, for the complex step.

No function here reads a large X to look for NaN. A non-finite *result* is what sends `blame` to
look for the culprit.
"""

import operator

import numpy as np


def matrix(values, name, axes, *, complex_ok=False, cast=True):
    """`values` as a two-dimensional floating-point array.

    Parameters
    ----------
    values : array_like
    name : str
        What the caller calls it, for the messages.
    axes : str
        The needed shape in symbols, such as ``"(N, D)"``.
    complex_ok : bool
        Whether a complex dtype is accepted.
    cast : bool
        False leaves a narrow dtype as it is: `floating` is then the caller's to apply, strip by
        strip where the whole is too large to copy.

    Raises
    ------
    TypeError
        Not numbers: text, objects, a sparse matrix, complex numbers where none are allowed.
    ValueError
        Ragged lists, masked entries, another number of axes, an axis of length 0.
    """
    a = numbers(values, name)
    if a.dtype.kind == "c" and not complex_ok:
        raise TypeError(
            f"{name} is complex ({a.dtype}), but only the weights W or the scores S may be: "
            f"the complex step moves what we differentiate by, nothing else."
        )
    if a.ndim != 2:
        raise ValueError(f"{name} has shape {a.shape}, needed {axes}.{_axis_hint(a, name)}")
    if 0 in a.shape:
        raise ValueError(
            f"{name} has shape {a.shape}: it is empty. Did a filter or a slice select nothing?"
        )
    return floating(a) if cast else a


def floating(a):
    """An array of numbers in a dtype to compute in: a copy of a narrow one, else `a` itself."""
    if a.dtype.kind in "biu":
        return a.astype(np.float64)
    return a.astype(np.float32) if a.dtype.str[1:] == "f2" else a  # float16, either byte order


def numbers(values, name):
    """`values` as an array of any shape and of a numeric dtype."""
    if type(values) is np.ndarray and values.dtype.kind in "biufc":
        return values
    if callable(values):
        raise TypeError(f"{name} is a function, needed numbers. Are the arguments in their order?")
    if hasattr(values, "toarray"):
        raise TypeError(
            f"{name} is a {type(values).__name__}, a sparse matrix: pass {name}.toarray()."
        )
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} is a masked array with masked entries: fill or drop them first, "
            f"or their hidden values would count."
        )
    try:
        a = np.asarray(values)
    except ValueError as ragged:
        raise ValueError(
            f"{name} is not a rectangular table of numbers: its rows differ in length."
        ) from ragged
    if a.dtype.kind not in "biufc":
        raise TypeError(
            f"{name} has dtype {a.dtype}, needed numbers. "
            f"Does it hold text, None, or rows of different lengths?"
        )
    return a


def function(f, name, needed):
    """`f`, when it can be called."""
    if not callable(f):
        raise TypeError(
            f"{name} is a {type(f).__name__}, needed a function, {needed}. "
            f"Pass the function itself, not what it returned."
        )
    return f


def _axis_hint(a, name):
    if a.ndim == 1:
        return f" For a single row keep both axes: {name}[None, :], or a slice i:i+1 of its matrix."
    if a.ndim > 2:
        return f" Images become rows with {name}.reshape(len({name}), -1)."
    return ""


def scores_array(S):
    """The scores S as a floating-point or complex array (N, C) with C >= 2."""
    S = matrix(S, "S", "(N, C)", complex_ok=True)
    _need_two_classes(S, "S")
    return S


def weights_and_inputs(W, X, *, cast_X=True):
    """W (D, C) and X (N, D), with the shared axis D compared."""
    W = matrix(W, "W", "(D, C)", complex_ok=True)
    X = matrix(X, "X", "(N, D)", cast=cast_X)
    if X.shape[1] != W.shape[0]:
        raise ValueError(
            f"X has shape {X.shape} but W has shape {W.shape}: X's second axis must equal W's "
            f"first (D).{_product_hint(X, W)}"
        )
    _need_two_classes(W, "W")
    return W, X


def _product_hint(X, W):
    if X.shape[1] == W.shape[1]:
        return " Did you pass W transposed?"
    if X.shape[0] == W.shape[0]:
        return " Did you pass X transposed?"
    if X.shape[0] == W.shape[1]:
        return " Did you swap X and W?"
    if X.shape[1] + 1 == W.shape[0]:
        return " Is the bias column of ones missing from X?"
    if X.shape[1] == W.shape[0] + 1:
        return " Does X have a bias column that W has no row for?"
    return ""


def _need_two_classes(a, name):
    if a.shape[1] < 2:
        raise ValueError(
            f"{name} has shape {a.shape}: one class only. With C = 1 every probability is 1 and "
            f"there is nothing to learn; two classes need two columns."
        )


def labels(y, N, C, D=None):
    """The labels y as an integer array (N,) with every entry in 0 … C-1.

    D, the columns of X where the caller has X, tells an X that came transposed.
    """
    if np.ma.is_masked(y):
        raise ValueError("y is a masked array with masked entries: drop those examples first.")
    try:
        y = np.asarray(y)
    except ValueError as ragged:
        raise ValueError("y is not a flat list of labels: its rows differ in length.") from ragged
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}, needed (N,) = ({N},).{_label_hint(y, N, C)}")
    if len(y) != N:
        hint = f" X has {D} columns: did you pass X transposed?" if len(y) == D else ""
        raise ValueError(
            f"y has {len(y)} labels but there are N = {N} examples (rows of X or S).{hint}"
        )
    if y.dtype.kind not in "iu":
        raise TypeError(_label_type(y))
    low, high = np.minimum.reduce(y), np.maximum.reduce(y)
    if low < 0:
        i = int(np.argmax(y < 0))
        raise ValueError(
            f"y[{i}] is {y[i]}, needed 0 <= y_i < C = {C}. "
            f"numpy would quietly read a negative label as a class counted from the end."
        )
    if high >= C:
        i = int(np.argmax(y >= C))
        hint = " Do your labels start at 1? Subtract 1." if low >= 1 and high == C else ""
        raise ValueError(
            f"y[{i}] is {y[i]}, needed 0 <= y_i < C = {C}, "
            f"the number of columns of the scores.{hint}"
        )
    return y


def _label_hint(y, N, C):
    if y.shape == (N, C):
        return " Is it one-hot? Its labels are Y.argmax(axis=1)."
    if y.ndim == 0:
        return " A single label is still a list: [y]." if y.dtype.kind in "iu" else ""
    return " Flatten it with y.ravel()." if y.size == N else ""


def _label_type(y):
    if y.dtype.kind == "f":
        whole = np.all(np.isfinite(y)) and np.all(y == np.round(y))
        hint = (
            "They are whole numbers: y.astype(int) makes them labels."
            if whole
            else "They are not whole numbers: are these targets of a regression?"
        )
        return f"y holds floats ({y.dtype}), needed integer labels. {hint}"
    if y.dtype.kind == "b":
        return "y holds booleans, which numpy would use as a mask: y.astype(int) makes them labels."
    if y.dtype.kind == "O":
        return (
            "y holds Python objects (dtype object), needed integer labels. "
            "If they are whole numbers, y.astype(int) makes them labels."
        )
    return (
        f"y has dtype {y.dtype}, needed integer labels. "
        f"Text labels become integers with np.unique(y, return_inverse=True)[1]."
    )


def regularization(reg):
    """`reg` as a Python float, finite and not negative."""
    reg = _real_number(reg, "reg", ">= 0")
    if not 0 <= reg < np.inf:
        raise ValueError(
            f"reg is {reg}, needed a finite number >= 0: a negative one would reward large weights."
        )
    return reg


def loss_inputs(W, X, y, reg, *, cast_X=True):
    """The four arguments that every loss shares, checked."""
    W, X = weights_and_inputs(W, X, cast_X=cast_X)
    return W, X, labels(y, X.shape[0], W.shape[1], X.shape[1]), regularization(reg)


def probabilities(P, name, axes="(N, C)"):
    """Rows of probabilities, such as P (N, C) or p (1, C)."""
    P = matrix(P, name, axes, complex_ok=True)
    if axes.startswith("(1,") and P.shape[0] != 1:
        raise ValueError(f"{name} has shape {P.shape}, needed {axes}: one example, kept as a row.")
    _need_two_classes(P, name)
    R = P.real
    slack = 64 * np.sqrt(np.finfo(R.dtype).eps)
    with np.errstate(all="ignore"):
        fits = R.min() >= -slack and abs(R.sum(axis=1) - 1).max() <= slack
    if not np.isfinite(P).all():
        blame("a probability", **{name: P})
    if not fits:
        raise ValueError(
            f"{name}'s rows are not probabilities (entries >= 0 that sum to 1). "
            f"Did you pass scores? Then call softmax first."
        )
    return P


def row(values, name, axes):
    """One example kept as a row, such as X_i (1, D)."""
    a = matrix(values, name, axes)
    if a.shape[0] != 1:
        raise ValueError(f"{name} has shape {a.shape}, needed {axes}: one example, kept as a row.")
    return a


def class_index(j, C, name):
    """An integer class 0 … C-1."""
    j = integer(j, name)
    if not 0 <= j < C:
        raise ValueError(f"{name} is {j}, needed a class 0 <= {name} < C = {C}.")
    return j


def integer(value, name, least=None):
    """`value` as a Python int; 2.0 and True are not integers."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {_short(value)}, needed an integer.") from None
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value}, a truth value, needed an integer.")
    if least is not None and number < least:
        raise ValueError(f"{name} is {number}, needed an integer >= {least}.")
    return number


def positive(value, name):
    """`value` as a Python float, finite and above 0."""
    number = _real_number(value, name, "> 0")
    if not 0 < number < np.inf:
        raise ValueError(f"{name} is {number}, needed a finite number > 0.")
    return number


def _real_number(value, name, bound):
    """`value` as a Python float; text, True, complex numbers and arrays are none."""
    try:
        a = np.asarray(value)
        if a.ndim == 0 and a.dtype.kind in "iufO":  # O: a Fraction, a Decimal
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise TypeError(f"{name} is {_short(value)}, needed one real number {bound}.")


def choice(value, name, options):
    """`value` when it is one of `options` (strings)."""
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{name} is {_short(value)}, needed one of {listed}.")
    return value


def blame(result, **arrays):
    """Raise `ValueError` naming the first non-finite entry among `arrays`, `result`'s inputs."""
    arrays = {name: np.atleast_1d(a) for name, a in arrays.items()}
    for name, a in arrays.items():
        where, count = None, 0
        for start, strip in _strips(a):
            bad = ~np.isfinite(strip)
            if where is None and bad.any():
                i, *rest = (int(k) for k in np.argwhere(bad)[0])
                where = (start + i, *rest)
            count += int(bad.sum())
        if where:
            others = "" if count == 1 else f" ({count} entries of {name} are not finite)"
            raise ValueError(
                f"{name}[{', '.join(map(str, where))}] is {a[where]}{others}: {result} needs "
                f"finite numbers. Is a value missing, or did an earlier step overflow?"
            )
    largest = {
        name: max(np.abs(floating(strip)).max() for _, strip in _strips(a))
        for name, a in arrays.items()
    }
    sizes = ", ".join(f"|{name}| up to {size:.3g}" for name, size in largest.items())
    kind = np.result_type(*arrays.values()).type(0).real.dtype
    raise ValueError(
        f"{result} is beyond what {kind} can hold, though all inputs are finite ({sizes}). "
        f"Are the inputs scaled? Did training diverge?"
    )


def _strips(a):
    """(start, rows from there on), a few at a time: the whole may be a file beyond memory."""
    step = max(1, 2**20 // max(1, a[:1].size))
    return ((start, a[start : start + step]) for start in range(0, len(a), step))


def _short(value):
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
