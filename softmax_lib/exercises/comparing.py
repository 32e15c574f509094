"""An answer beside the right one: what looking proves, and the rows and sentences that show it."""

import itertools
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from softmax_lib.exercises.calls import is_a
from softmax_lib.words import describe, shortened, told_apart

__all__ = ["Finding", "as_array", "exchanged_order", "judge", "widened"]

# By the bits of the narrowest float in inputs or answer. float32 carries 7 digits, of which scores
# of several thousand cost four; float16 carries 3.
RTOL_NARROW = {16: 2e-2, 32: 1e-3}
# Where the right answer is exactly 0, rounding is all that may come.
ATOL_AT_ZERO = 1e-12

ROWS_SHOWN = 6
MOST = 10_000  # numbers in a list, or in an array inside: a case asks for no more


@dataclass
class Finding:
    """What one run shows: proven slugs, rows (name, expected, got), sentences. Empty: right.

    `wrong` names the values that are, `misshapen` those that came in another shape.
    """

    slugs: tuple = ()
    rows: tuple = ()
    notes: tuple = ()
    misshapen: tuple = ()
    wrong: tuple = ()

    @property
    def right(self):
        """True when nothing speaks against the answer."""
        return not (self.slugs or self.rows or self.notes)

    def __add__(self, other):
        """Everything that either shows."""
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return Finding(*(one + tuple(x for x in more if x not in one) for one, more in both))


def judge(task, run, order=None):
    """What one run shows: the error, or the answer beside the expected one; and changed inputs."""
    found = Finding(("raised",), wrong=task.returns) if run.error else judged(task, run, order)
    if order is not None and not run.error:
        note = f"The values came in another order than ({', '.join(task.returns)})."
        found = Finding(("swapped-return",), notes=(note,)) + found
    if run.changed:
        names = " and ".join(run.changed)
        note = f"The call changed its input {names}, which its caller still needs."
        found += Finding(("mutates-input",), notes=(note,))
    return found


def judged(task, run, order=None):
    """What came, its values put in that order, beside the run's right answer."""
    got = run.got if order is None else [run.got[k] for k in order]
    bounds = widened((task.rtol, task.atol), run.arguments)
    return compare(task.returns, run.expected, got, bounds)


def widened(bounds, values):
    """The bounds, or what the narrowest float among some values can reach."""
    dtypes = [value.dtype for value in values if is_a(value, np.ndarray, np.generic)]
    bits = [np.finfo(dtype).bits for dtype in dtypes if dtype.kind in "fc"]
    return max(bounds[0], RTOL_NARROW.get(min(bits, default=64), 0.0)), bounds[1]


def compare(names, expected, got, bounds):
    """Compare by the kind of the expected value; one that fails when it is looked at is wrong."""
    try:
        if is_a(expected, tuple):
            return compare_tuple(names, expected, got, bounds)
        by_kind = compare_text if is_a(expected, str) else compare_numbers
        found = by_kind(names[0], expected, got, bounds)
        return found if found.right else replace(found, wrong=names)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return wrong_kind(names, expected, got)


def compare_tuple(names, expected, got, bounds):
    """Compare value by value; a tuple that is one value, such as a shape, also as a whole."""
    if len(names) == 1:
        one_value = type(got) in (tuple, list) and all(is_a(part, int) for part in got)
        if one_value and len(got) != len(expected):
            return Finding(rows=((names[0], str(expected), shortened(str(tuple(got)), 60)),))
        names = tuple(f"{names[0]}[{k}]" for k in range(len(expected)))
    row_of_numbers = is_a(got, np.ndarray) and got.ndim == 1
    if not (is_a(got, list, tuple) or row_of_numbers) or len(got) != len(expected):
        return wrong_kind(names, expected, got)
    values = zip(names, expected, got, strict=True)
    found = [compare((name,), right, came, bounds) for name, right, came in values]
    wrong = sum(not one.right for one in found)
    few = max(1, ROWS_SHOWN // wrong) if wrong > 2 else None  # lest the table fill the screen
    return sum((replace(one, rows=one.rows[:few]) for one in found), Finding())


def compare_text(name, expected, got, bounds):
    """Compare texts; blanks and capitals do not count."""
    if not is_a(got, str):
        return wrong_kind((name,), expected, got)
    if "".join(str(got).split()).casefold() == "".join(expected.split()).casefold():
        return Finding()
    return Finding(rows=((name, repr(expected), shortened(repr(str(got)), 60)),))


def compare_numbers(name, expected, got, bounds):
    """Compare a number or an array: kind, shape, dtype, then values by norm."""
    expected, array = np.asarray(expected), as_array(got)
    if array is None:
        return wrong_kind((name,), expected, got)
    found = wrong_dtype(name, expected, array, strict=is_a(got, np.ndarray))
    if array.shape != expected.shape:
        row = (f"{name}: shape", str(expected.shape), str(array.shape))
        found = Finding(rows=(row,), misshapen=(name,)) + found
    bounds = widened(bounds, (expected, array))
    if found.slugs or agree(expected, array, bounds):  # of a wrong dtype the numbers say nothing
        return found
    if expected.dtype.kind == "b" and not np.isin(array, (0, 1)).all():
        return wrong_kind((name,), expected, got)
    if array.shape == expected.shape:
        found = entry_rows(name, expected, array, bounds)
    if agree(expected, array.T, bounds):
        notes = ("Transposed, your result would be right.",)
        return Finding((), found.rows, notes, found.misshapen)
    reshaped = array.reshape(expected.shape) if array.size == expected.size else array
    if found.misshapen and agree(expected, reshaped, bounds):
        found += Finding(notes=("The numbers are right; the shape is not.",))
    return found


def agree(expected, array, bounds):
    """Whether shape and numbers are right."""
    return array.shape == expected.shape and not differing(expected, array, bounds).any()


def wrong_kind(names, expected, got):
    """A finding for a value, or for several, not of the kind asked for."""
    name = names[0] if len(names) == 1 else "returned"
    row = (name, describe(expected, names), describe(got))
    return Finding(("wrong-return",), rows=(row,), wrong=names)


def as_array(got):
    """`got` as a plain array; None when it is no number, array or nested list of numbers."""
    numeric = is_a(got, list, tuple, bool, int, float, complex, np.ndarray, np.generic)
    try:
        if is_a(got, Fraction, Decimal):
            return np.asarray(float(got))
        listed = is_a(got, list, tuple)
        if listed and (len(got) > MOST or any(is_a(p, np.ndarray) and p.size > MOST for p in got)):
            return None
        if not (numeric or hasattr(type(got), "__array__")) or np.ma.is_masked(got):
            return None
        array = np.asarray(got)
    except KeyboardInterrupt:
        raise
    except BaseException:  # ragged lists; whatever fails when it is looked at
        return None
    return array if is_a(got, np.ndarray) or array.dtype.kind in "biufc" else None


def wrong_dtype(name, expected, array, strict):
    """A finding for a dtype that cannot hold the right answer, or that means something else.

    Numbers and lists count by their values. Arrays (`strict`) of integers or of truth values serve
    as indices, where floats fail and 0/1 means something else than False/True: there the kind must
    be right.
    """
    want, came = (a.dtype.kind.replace("u", "i") for a in (expected, array))
    strict = strict and expected.ndim > 0
    if came not in "bifc":
        why = "these are not numbers"
    elif came == "c" and want != "c":
        why = "nothing here is complex"
    elif want == "c" and came != "c" and (expected.imag != 0).any():
        why = "the imaginary part is missing"
    elif want in "bi" and came != want and strict:
        why = {"b": "True and False are asked for", "i": "whole numbers are asked for"}[want]
    elif want == "f" and came in "bi" and strict and not whole(expected):
        why = "it drops everything after the point"
    elif array.dtype == np.float16 != expected.dtype:
        why = "it keeps three digits"
    else:
        return Finding()
    row = (f"{name}: dtype", str(expected.dtype), str(array.dtype))
    return Finding(("wrong-dtype",), (row,), (f"The dtype of {name} is {array.dtype}: {why}.",))


def whole(array):
    """True when every entry is a whole number."""
    return bool((np.isfinite(array) & (array == np.trunc(array))).all())


def differing(expected, array, bounds):
    """Which entries are off: none when infinities and NaNs fit and the rest agrees by norm.

    Else those further off than an entry's share of the bound. Real and imaginary parts are held to
    their own norms: in a complex step the imaginary part is the derivative, and twenty orders of
    magnitude smaller.
    """
    if {expected.dtype.kind, array.dtype.kind} <= set("biu"):
        return np.asarray(expected != array)
    if "c" in (expected.dtype.kind, array.dtype.kind):
        parts = ((expected.real, array.real), (expected.imag, array.imag))
        return np.logical_or(*(differing(*pair, bounds) for pair in parts))
    right, came = (a.astype(np.result_type(a, np.float64)) for a in (expected, array))
    finite = np.isfinite(right) & np.isfinite(came)
    differ = np.array(~finite & (right != came) & ~(np.isnan(right) & np.isnan(came)))
    right, came = right[finite], came[finite]
    # Divided by the largest entry first, so that no square overflows or underflows.
    scale = float(np.max(np.abs([right, came]), initial=0.0))
    if scale > 0:
        size = np.linalg.norm(right / scale)
        bound = bounds[0] * size + max(bounds[1], ATOL_AT_ZERO if size == 0 else 0.0) / scale
        off = np.abs(right / scale - came / scale)
        if np.linalg.norm(off) > bound:
            differ[finite] = off > bound / np.sqrt(off.size)
    return differ


def entry_rows(name, expected, array, bounds):
    """The first entries that differ, expected against got, and how many there are."""
    places = np.argwhere(differing(expected, array, bounds))  # of a number, the place is empty
    rows = [
        (f"{name}[{', '.join(map(str, at))}]", expected[tuple(at)], array[tuple(at)])
        for at in places[:ROWS_SHOWN]
    ]
    rows = tuple((at.removesuffix("[]"), *told_apart(*values)) for at, *values in rows)
    count = (f"{len(places)} of {expected.size} entries of {name} differ.",) * (expected.ndim > 0)
    return Finding(rows=rows, notes=count) + single_precision(name, expected, array)


def single_precision(name, expected, array):
    """What numbers prove that agree to the digits of float32 and no further."""
    digits = next((k for k in (7, 6, 5) if not differing(expected, array, (10.0**-k, 0)).any()), 0)
    if array.dtype != np.float64 or not digits:
        return Finding()
    narrowed = (array.astype(np.float32) == array).all() and not whole(array)
    said = (f"{name} agrees to {digits} digits.",)
    return Finding(("single-precision",) * bool(narrowed), notes=said)


def exchanged_order(task, runs):
    """The order that turns every tuple that came into the right one, or None.

    One run proves nothing: small whole numbers agree by luck. So the same order must do for all,
    or, for two values, the kinds of all are exchanged (a number for an array, a text for a number).
    """
    runs = [run for run in runs if not run.error]
    came = [run.got if type(run.got) in (tuple, list) else () for run in runs]
    right = [run.expected if is_a(run.expected, tuple) else () for run in runs]
    lengths = {len(values) for values in came + right}
    if len(runs) < 2 or len(lengths) > 1 or not 2 <= max(lengths) <= 5:
        return None
    (count,) = lengths
    if count == 2 and all(is_a(value, bool, np.bool_) for value in right[0]):
        return None
    for order in itertools.permutations(range(count)):
        if all(judged(task, run, order).right for run in runs):
            return order if order != tuple(range(count)) else None
    sizes = [[list(map(size, v)) for v in both] for both in zip(came, right, strict=True)]
    exchanged = count == 2 and all(a == b[::-1] != b for a, b in sizes)
    return (1, 0) if exchanged else None


def size(value):
    """What tells values apart without a look at the numbers: how many; of others the type."""
    array = as_array(value)
    return type(value) if array is None else array.size
