"""What comes in is checked here, once, at the door of every public function.

An error says what came, what was needed, and the likely reason. `TypeError` is for types,
`ValueError` for values and shapes. Nothing is clipped, cast or dropped in silence. What is accepted
on purpose:

* lists, nested lists, and anything that numpy turns into a numeric array (a DataFrame's values);
* integers and booleans for X, W and S: computed in float64; float16: computed in float32;
* a complex W or S, for the complex step;
* either byte order: what comes out is in the machine's own.

No function here reads a large X to look for NaN. A non-finite *result* is what sends `finite` to
look for the culprit. What a function of the caller's returns comes in as well:
`loss_and_gradient` judges it.
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
        The needed shape in symbols, such as ``"(N, D)"``. A first axis of ``1`` and a second of
        ``C`` (at least two classes) are enforced.
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
        Ragged lists, masked entries, another number of axes, an axis of length 0, one class.
    """
    a = numbers(values, name)
    if a.dtype.kind == "c" and not complex_ok:
        raise TypeError(
            f"{name} is complex ({a.dtype}), but only the weights W or the scores S may be: "
            f"the complex step moves what we differentiate by, nothing else."
        )
    if a.ndim != 2:
        raise ValueError(
            f"{name} has shape {a.shape}, needed {axes}."
            + first(
                (
                    a.ndim == 1,
                    f" For a single row keep both axes: {name}[None, :], or slice i:i+1.",
                ),
                (a.ndim > 2, f" Images become rows with {name}.reshape(len({name}), -1)."),
            )
        )
    if 0 in a.shape:
        raise ValueError(
            f"{name} has shape {a.shape}: it is empty. Did a filter or a slice select nothing?"
        )
    if axes.startswith("(1,") and len(a) != 1:
        raise ValueError(f"{name} has shape {a.shape}, needed {axes}: one example, kept as a row.")
    if axes.endswith("C)") and a.shape[1] < 2:
        raise ValueError(
            f"{name} has shape {a.shape}: one class only. With C = 1 every probability is 1 and "
            f"there is nothing to learn; two classes need two columns."
        )
    return floating(a) if cast else a


def first(*hints):
    """Of pairs (condition, hint), the first hint whose condition holds; else no hint."""
    return next((hint for holds, hint in hints if holds), "")


def floating(a):
    """An array of numbers in a dtype to compute in: a copy of one that is none, else `a` itself.

    It is a native dtype: float64 for whole numbers, at least float32 for all others.
    """
    least = np.float64 if a.dtype.kind in "biu" else np.float32
    return a.astype(np.promote_types(a.dtype, least), copy=False)


def numbers(values, name):
    """`values` as an array of any shape and of a numeric dtype."""
    a = _array(values, name, "a rectangular table of numbers")
    if a.dtype.kind not in "biufc":
        floats = a.dtype.kind == "O" and all(hasattr(entry, "__float__") for entry in a.flat)
        raise TypeError(
            f"{name} has dtype {a.dtype}, needed numbers. "
            + first(
                (floats, f"All of it is: np.asarray({name}).astype(float) makes them floats."),
                (True, "Does it hold text, None, or rows of different lengths?"),
            )
        )
    return a


def _array(values, name, needed):
    """`values` as an array of any dtype; what numpy cannot read, or would misread, is named."""
    if type(values) is np.ndarray:
        return values
    if callable(values) or hasattr(values, "toarray"):
        raise TypeError(
            f"{name} is a "
            + first(
                (callable(values), "function, needed numbers. Are the arguments in their order?"),
                (True, f"{type(values).__name__}, a sparse matrix: pass {name}.toarray()."),
            )
        )
    try:
        if not _masked(values):
            return np.asarray(values)
    except ValueError as ragged:
        raise ValueError(f"{name} is not {needed}: its rows differ in length.") from ragged
    except (TypeError, RuntimeError) as refusal:
        hint = f" Pass {name}.detach().numpy()." if hasattr(values, "detach") else ""
        raise TypeError(f"numpy cannot read {name}, a {type(values).__name__}.{hint}") from refusal
    raise ValueError(
        f"{name} holds masked entries: fill or drop them first, or their hidden values would count."
    )


def _masked(values):
    """Whether an entry is masked, at any depth of lists and tuples."""
    if not isinstance(values, (list, tuple)):
        return np.ma.is_masked(values)
    kinds = set(map(type, values))  # few, however long a row of numbers is
    deeper = any(issubclass(kind, (list, tuple, np.ma.MaskedArray)) for kind in kinds)
    return deeper and any(map(_masked, values))


def function(f, name, needed):
    """`f`, when it can be called."""
    if not callable(f):
        raise TypeError(
            f"{name} is a {type(f).__name__}, needed a function, {needed}. "
            f"Pass the function itself, not what it returned."
        )
    return f


def weights_and_inputs(W, X, *, cast_X=True):
    """W (D, C), in the wider dtype of the two, and X (N, D), with the shared axis D compared."""
    W = matrix(W, "W", "(D, C)", complex_ok=True)
    X = matrix(X, "X", "(N, D)", cast=cast_X)
    if X.shape[1] != W.shape[0]:
        raise ValueError(
            f"X has shape {X.shape} but W has shape {W.shape}: X's second axis must equal W's "
            f"first (D).{_product_hint(X, W)}"
        )
    if W.dtype != X.dtype:
        W = W.astype(np.promote_types(W.dtype, floating(X[:0]).dtype), copy=False)
    return W, X


def _product_hint(X, W):
    return first(
        (X.shape[1] == W.shape[1], " Did you pass W transposed?"),
        (X.shape[0] == W.shape[0], " Did you pass X transposed?"),
        (X.shape[0] == W.shape[1], " Did you swap X and W?"),
        (X.shape[1] + 1 == W.shape[0], " Is the bias column of ones missing from X?"),
        (X.shape[1] == W.shape[0] + 1, " Does X have a bias column that W has no row for?"),
    )


def labels(y, N, C, D=None):
    """The labels y as an integer array (N,) with every entry in 0 … C-1.

    D, the columns of X where the caller has X, tells an X that came transposed. Where C is None the
    labels are to tell it: then they may not be so large that they must be ids.
    """
    y = _array(y, "y", "a flat list of labels")
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}, needed (N,) = ({N},).{_label_hint(y, N)}")
    if len(y) != N:
        hint = f" X has {D} columns: did you pass X transposed?" if len(y) == D else ""
        raise ValueError(
            f"y has {len(y)} labels but there are N = {N} examples (rows of X or S).{hint}"
        )
    if y.dtype.kind not in "iu":
        raise TypeError(_label_type(y))
    low, high = np.minimum.reduce(y), np.maximum.reduce(y)
    bound = 10 * N + 1000 if C is None else C
    if low < 0 or high >= bound:
        i = np.argmin((y >= 0) & (y < bound))
        start = low >= 1 and high == bound
        raise ValueError(
            f"y[{i}] is {y[i]}, needed 0 <= y_i < C{'' if C is None else f' = {C}'}"
            + first(
                (
                    y[i] < 0,
                    ". numpy would quietly read a negative label as a class counted from the end.",
                ),
                (C is None, f", and no C is given; N = {N}. {IDS}"),
                (
                    start,
                    ", the number of columns of the scores. Do your labels start at 1? Subtract 1.",
                ),
                (True, ", the number of columns of the scores."),
            )
        )
    return y


def _label_hint(y, N):
    one_hot = y.ndim == 2 and np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1)
    labels_of = "Is it one-hot? Its labels are Y.argmax(axis=1). " if one_hot else ""
    return first(
        (y.ndim == 0 and y.dtype.kind in "iu", " A single label is still a list: [y]."),
        (y.ndim == 0, f" It is one {type(y[()]).__name__}, no list of labels."),
        (y.size == N, " Flatten it with y.ravel()."),
        (
            y.ndim == 2 and len(y) == N,
            f' {labels_of}For shares of several classes see notebook 13, "Other targets".',
        ),
    )


def _label_type(y):
    """What y holds in place of integers, and how labels come of it."""
    y_list, cast = y.tolist(), "y.astype(int) makes them labels."
    odd = [
        n is None or (isinstance(n, (float, np.floating)) and not np.isfinite(n)) for n in y_list
    ]
    huge = [n for n in y_list if isinstance(n, (int, float)) and 2**63 <= abs(n) < np.inf]
    held = {"f": f"holds floats ({y.dtype})", "b": "holds booleans", "O": "holds Python objects"}
    return f"y {held.get(y.dtype.kind, f'has dtype {y.dtype}')}, needed integer labels." + first(
        (any(odd), f" y[{np.argmax(odd)}] is {y[np.argmax(odd)]}: is a label missing there?"),
        (huge, f" {shortened((*huge, 0)[0])} is too far from 0 for a label. {IDS}"),
        (y.dtype.kind == "O", f" If they are whole numbers, {cast}"),
        (y.dtype.kind == "b", f" numpy would use them as a mask: {cast}"),
        (y.dtype.kind == "f" and np.all(y == np.round(y)), f" They are whole numbers: {cast}"),
        (y.dtype.kind == "f", " They are not whole numbers: are these targets of a regression?"),
        (y.dtype.kind in "SUT", f" Text labels become integers with {UNIQUE}."),
    )


UNIQUE = "np.unique(y, return_inverse=True)[1]"
IDS = f"Are these ids? {UNIQUE} numbers the classes from 0."


def regularization(reg):
    """`reg` as a Python float, finite and not negative."""
    return reg if type(reg) is float and 0 <= reg < np.inf else _real_number(reg, "reg", ">= 0")


def loss_inputs(W, X, y, reg, *, cast_X=True):
    """The four arguments that every loss shares, checked."""
    W, X = weights_and_inputs(W, X, cast_X=cast_X)
    return W, X, labels(y, X.shape[0], W.shape[1], X.shape[1]), regularization(reg)


def loss_and_gradient(result, shape, f="f", x="W", *, complex_ok=False):
    """What a loss function returned, as two arrays of numbers: the loss, () and the gradient.

    The one judge of a pair, for `train`, `gradient_check` and whoever else calls a function that
    a student wrote. Whether the numbers are finite is not asked.

    Parameters
    ----------
    result : object
        What the function returned.
    shape : tuple of int
        The needed shape of the gradient.
    f, x : str
        What the messages call the function, and the array that it was differentiated by.
    complex_ok : bool
        Whether complex numbers are accepted, as a complex step needs.

    Raises
    ------
    TypeError
        None, no pair, no numbers.
    ValueError
        The pair in the wrong order, a loss an example, a gradient of another shape.
    """
    if result is None:
        raise TypeError(f"{f} returned None: does it end with `return loss, dW`?")
    several = isinstance(result, (tuple, list))
    if not several or len(result) != 2:
        came = f"{len(result)} values" if several else f"one {type(result).__name__}"
        raise TypeError(f"{f} returned {came}, needed the pair (loss, gradient).")
    L, dW = numbers(result[0], f"the loss from {f}"), numbers(result[1], f"the gradient from {f}")
    if L.shape == shape and dW.shape == () != shape:
        raise ValueError(f"{f} returned (gradient, loss), needed the other order.")
    if L.shape != ():
        raise ValueError(
            f"{f} returned a loss of shape {L.shape}, needed one number: "
            f"the mean over the examples, plus the regularization."
        )
    if dW.shape != shape:
        hint = " Is it transposed?" if dW.shape == shape[::-1] else ""
        raise ValueError(
            f"{f} returned a gradient of shape {dW.shape}, needed the shape of {x}, {shape}.{hint}"
        )
    if not complex_ok and "c" in (L.dtype.kind, dW.dtype.kind):
        raise TypeError(f"{f} returned complex numbers, needed real ones.")
    return L, dW


def probabilities(P, name, axes="(N, C)"):
    """Rows of probabilities, such as P (N, C) or p (1, C)."""
    P = matrix(P, name, axes, complex_ok=True)
    R = P.real
    slack = 64 * np.sqrt(np.finfo(R.dtype).eps)
    finite(P, "a probability", **{name: P})
    if not (R.min() >= -slack and abs(R.sum(axis=1) - 1).max() <= slack):
        raise ValueError(
            f"{name}'s rows are not probabilities (entries >= 0 that sum to 1). "
            f"Did you pass scores? Then call softmax first."
        )
    return P


def class_index(j, C, name):
    """An integer class 0 … C-1."""
    return integer(j, name, 0, C - 1, f"a class 0 <= {name} < C = {C}")


MOST = 10**6  # classes, or directions: more are taken for a slip, before memory runs out


def integer(value, name, least, most=np.inf, needed=None):
    """`value` as a Python int from `least` to `most`; 2.0 and True are not integers."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, (bool, np.bool_)) or np.ma.is_masked(value):
        raise TypeError(f"{name} is {shortened(value)}, needed an integer.")
    if not least <= number <= most:
        bound = f"an integer >= {least}" if number < least else f"an integer up to {most}"
        raise ValueError(f"{name} is {shortened(number)}, needed {needed or bound}.")
    return number


def positive(value, name):
    """`value` as a Python float, finite and above 0."""
    return _real_number(value, name, "> 0")


def _real_number(value, name, bound):
    """`value` as a finite Python float > 0 or >= 0; text, True, complex, arrays are none."""
    try:
        a = np.asarray(value)
        # O: a Fraction, a Decimal.
        real = a.ndim == 0 and a.dtype.kind in "iufO" and not np.ma.is_masked(value)
        number = float(value) if real else None
    except (TypeError, ValueError, OverflowError, RuntimeError):
        number = None
    if number is None:
        raise TypeError(f"{name} is {shortened(value)}, needed one real number {bound}.")
    if not (0 < number < np.inf or (number == 0 and bound == ">= 0")):
        why = ": a negative one would reward large weights" if name == "reg" and number < 0 else ""
        raise ValueError(f"{name} is {number}, needed a finite number {bound}{why}.")
    return number


def choice(value, name, options):
    """`value` when it is one of `options` (strings)."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(
            f"{name} is {shortened(value)}, needed one of {', '.join(map(repr, options))}."
        )
    return value


def finite(result, what, reg=None, **arrays):
    """`result`, unless an entry is not finite: then blame `arrays`, its inputs."""
    if not np.isfinite(result).all():
        blame(what, reg, **arrays)
    return result


def blame(result, reg=None, kind=None, **arrays):
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
    # Not with .3g, which goes by float64 and turns a long double into inf.
    sizes = ", ".join(
        f"|{name}| up to {np.format_float_scientific(size, 2, trim='-')}"
        for name, size in largest.items()
    )
    sizes += "" if reg is None else f", reg = {reg:.3g}"
    kind = kind or np.result_type(*arrays.values()).type(0).real.dtype
    raise ValueError(
        f"{result} is beyond what {kind} can hold, though all inputs are finite ({sizes}). "
        f"Are the inputs scaled? Did training diverge?"
    )


def _strips(a):
    """(start, rows from there on), a few at a time: the whole may be a file beyond memory."""
    step = max(1, 2**20 // max(1, a[:1].size))
    return ((start, a[start : start + step]) for start in range(0, len(a), step))


def shortened(value):
    """`value` in one short line, for a message."""
    text = " ".join(repr(value).split())  # in one line
    return text if len(text) <= 40 else text[:37] + "..."
