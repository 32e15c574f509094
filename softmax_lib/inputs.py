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
import warnings

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
    """An array of numbers in a dtype to compute in: a copy of one that is none, else `a` itself."""
    return a.astype(_computed_in(a.dtype), copy=False)


def _computed_in(dtype):
    """A native dtype: float64 for whole numbers, at least float32 for all others."""
    return np.promote_types(dtype, np.float64 if dtype.kind in "biu" else np.float32)


def numbers(values, name):
    """`values` as an array of any shape and of a numeric dtype."""
    a = _array(values, name, "a rectangular table of numbers")
    if a.dtype.kind not in "biufc":
        raise TypeError(f"{name} has dtype {a.dtype}, needed numbers. {_object_hint(a, name)}")
    return a


def _array(values, name, needed):
    """`values` as an array of any dtype; what numpy cannot read, or would misread, is named."""
    if type(values) is np.ndarray:
        return values
    if callable(values):
        raise TypeError(f"{name} is a function, needed numbers. Are the arguments in their order?")
    if hasattr(values, "toarray"):
        raise TypeError(
            f"{name} is a {type(values).__name__}, a sparse matrix: pass {name}.toarray()."
        )
    try:
        if np.ma.is_masked(values):
            raise UserWarning
        with warnings.catch_warnings():  # in a list, numpy turns a masked entry into NaN and warns
            warnings.filterwarnings("error", ".*masked element")
            return np.asarray(values)
    except UserWarning:
        raise ValueError(
            f"{name} holds masked entries: fill or drop them first, or their hidden values would "
            f"count."
        ) from None
    except ValueError as ragged:
        raise ValueError(f"{name} is not {needed}: its rows differ in length.") from ragged
    except (TypeError, RuntimeError) as refusal:
        hint = f" Pass {name}.detach().numpy()." if hasattr(values, "detach") else ""
        raise TypeError(f"numpy cannot read {name}, a {type(values).__name__}.{hint}") from refusal


def _object_hint(a, name):
    if a.dtype.kind == "O" and all(hasattr(entry, "__float__") for entry in a.flat):
        return f"All its entries are numbers: np.asarray({name}).astype(float) makes them floats."
    return "Does it hold text, None, or rows of different lengths?"


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
    """W (D, C), in the wider dtype of the two, and X (N, D), with the shared axis D compared."""
    W = matrix(W, "W", "(D, C)", complex_ok=True)
    X = matrix(X, "X", "(N, D)", cast=cast_X)
    if X.shape[1] != W.shape[0]:
        raise ValueError(
            f"X has shape {X.shape} but W has shape {W.shape}: X's second axis must equal W's "
            f"first (D).{_product_hint(X, W)}"
        )
    _need_two_classes(W, "W")
    if W.dtype != X.dtype:
        W = W.astype(np.promote_types(W.dtype, _computed_in(X.dtype)), copy=False)
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
    needed = "needed 0 <= y_i < C" + ("" if C is None else f" = {C}")
    if low < 0:
        i = int(np.argmin(y >= 0))
        raise ValueError(
            f"y[{i}] is {y[i]}, {needed}. "
            f"numpy would quietly read a negative label as a class counted from the end."
        )
    if C is None and high > 10 * N + 1000:
        raise ValueError(
            f"y[{np.argmax(y)}] is {high}, far above N = {N}, and no C is given. {IDS}"
        )
    if C is not None and high >= C:
        i = int(np.argmax(y >= C))
        hint = " Do your labels start at 1? Subtract 1." if low >= 1 and high == C else ""
        raise ValueError(f"y[{i}] is {y[i]}, {needed}, the number of columns of the scores.{hint}")
    return y


def _label_hint(y, N):
    if y.ndim == 0:
        return " A single label is still a list: [y]." if y.dtype.kind in "iu" else ""
    if y.size == N:
        return " Flatten it with y.ravel()."
    if y.ndim != 2 or len(y) != N:
        return ""
    one_hot = np.all((y == 0) | (y == 1)) and np.all(np.count_nonzero(y, axis=1) == 1)
    hint = " Is it one-hot? Its labels are Y.argmax(axis=1)." if one_hot else ""
    return f'{hint} For targets see "Targets that are not one label" in notebook 08.'


def _label_type(y):
    if y.dtype.kind == "f":
        hint = "They are not whole numbers: are these targets of a regression?"
        if np.isnan(y).any():
            i = int(np.argmax(np.isnan(y)))
            hint = f"y[{i}] is nan: is a label missing? Drop the examples that have none."
        elif np.all(y == np.round(y)):
            hint = "They are whole numbers: y.astype(int) makes them labels."
        return f"y holds floats ({y.dtype}), needed integer labels. {hint}"
    if y.dtype.kind == "b":
        return "y holds booleans, which numpy would use as a mask: y.astype(int) makes them labels."
    if y.dtype.kind == "O":
        huge = [label for label in y if isinstance(label, int) and abs(label) >= 2**63]
        if huge:
            return f"y holds {shortened(huge[0])}, too large for a label. {IDS}"
        return (
            "y holds Python objects (dtype object), needed integer labels. "
            "If they are whole numbers, y.astype(int) makes them labels."
        )
    return (
        f"y has dtype {y.dtype}, needed integer labels. "
        f"Text labels become integers with np.unique(y, return_inverse=True)[1]."
    )


# For labels that cannot be classes 0 … C-1.
IDS = "Are these ids? np.unique(y, return_inverse=True)[1] numbers the classes from 0."


def regularization(reg):
    """`reg` as a Python float, finite and not negative."""
    reg = _real_number(reg, "reg", ">= 0")
    if not 0 <= reg < np.inf:
        why = ": a negative one would reward large weights" if reg < 0 else ""
        raise ValueError(f"reg is {reg}, needed a finite number >= 0{why}.")
    return reg


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
    for part, a in {"loss": L, "gradient": dW}.items():
        if a.dtype.kind == "c" and not complex_ok:
            raise TypeError(f"{f} returned a {part} of dtype {a.dtype}, needed real numbers.")
    return L, dW


def probabilities(P, name, axes="(N, C)"):
    """Rows of probabilities, such as P (N, C) or p (1, C)."""
    P = (row if axes.startswith("(1,") else matrix)(P, name, axes, complex_ok=True)
    _need_two_classes(P, name)
    R = P.real
    slack = 64 * np.sqrt(np.finfo(R.dtype).eps)
    finite(P, "a probability", **{name: P})
    with np.errstate(all="ignore"):
        fits = R.min() >= -slack and abs(R.sum(axis=1) - 1).max() <= slack
    if not fits:
        raise ValueError(
            f"{name}'s rows are not probabilities (entries >= 0 that sum to 1). "
            f"Did you pass scores? Then call softmax first."
        )
    return P


def row(values, name, axes, **accepted):
    """One example kept as a row, such as X_i (1, D)."""
    a = matrix(values, name, axes, **accepted)
    if a.shape[0] != 1:
        raise ValueError(f"{name} has shape {a.shape}, needed {axes}: one example, kept as a row.")
    return a


def class_index(j, C, name):
    """An integer class 0 … C-1."""
    j = integer(j, name)
    if not 0 <= j < C:
        raise ValueError(f"{name} is {j}, needed a class 0 <= {name} < C = {C}.")
    return j


def integer(value, name, least=None, most=None):
    """`value` as a Python int; 2.0 and True are not integers."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {shortened(value)}, needed an integer.") from None
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value}, a truth value, needed an integer.")
    if least is not None and number < least:
        raise ValueError(f"{name} is {number}, needed an integer >= {least}.")
    if most is not None and number > most:
        raise ValueError(f"{name} is {shortened(number)}, needed an integer up to {most}.")
    return number


def class_count(C):
    """C as a Python int: at least 2, and one that an array may have as an axis."""
    return integer(C, "C", least=2, most=2**31 - 1)


def positive(value, name):
    """`value` as a Python float, finite and above 0."""
    number = _real_number(value, name, "> 0")
    if not 0 < number < np.inf:
        raise ValueError(f"{name} is {number}, needed a finite number > 0.")
    return number


def _real_number(value, name, bound):
    """`value` as a Python float; text, True, complex numbers and arrays are none."""
    if type(value) is float:
        return value
    try:
        a = np.asarray(value)
        # O: a Fraction, a Decimal.
        if a.ndim == 0 and a.dtype.kind in "iufO" and not np.ma.is_masked(value):
            return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass
    raise TypeError(f"{name} is {shortened(value)}, needed one real number {bound}.")


def choice(value, name, options):
    """`value` when it is one of `options` (strings)."""
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{name} is {shortened(value)}, needed one of {listed}.")
    return value


def finite(result, what, reg=None, **arrays):
    """`result`, unless an entry is not finite: then blame `arrays`, its inputs."""
    if not np.isfinite(result).all():
        blame(what, reg, **arrays)
    return result


def blame(result, reg=None, **arrays):
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
    sizes += "" if reg is None else f", reg = {reg:.3g}"
    kind = np.result_type(*arrays.values()).type(0).real.dtype
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
