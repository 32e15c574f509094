"""Numbers, shapes and values as words: what captions, tables, alt texts and verdicts share.

A minus is a minus sign, in an exponent too, and what is zero has none; only `as_typed` writes as
Python does. Whatever may differ between machines is the caller's to mark with ``≈``.
"""

import re
from fractions import Fraction

import numpy as np

__all__ = ["as_typed", "bracketed", "describe", "describe_argument", "digits", "fraction", "listed"]
__all__ += ["number", "probability", "rough", "shape", "shortened", "signed", "sure", "times"]
__all__ += ["told_apart", "two_digits", "with_unit"]


def _spelled(text):
    """A number that Python wrote: with a real minus, and an exponent that has no plus and no 0."""
    return re.sub(r"(?<=e)[-+]\d+", lambda power: str(int(power[0])), text).replace("-", "−")


def number(value, places=None):
    """A number with so many decimals, or with those needed; what rounds to zero is ``0``.

    Parameters
    ----------
    value : float
    places : int, optional
        Decimals, all of them written; by default only those needed, six digits at most.

    Examples
    --------
    >>> number(-2.0), number(0.25), number(-0.25, 3), number(1e-17, 3), number(-1e-9)
    ('−2', '0.25', '−0.250', '0', '−1e−9')
    """
    if places is not None:
        value = round(float(value), places)
        return _spelled(f"{value:.{places}f}") if value else "0"
    return _spelled(f"{value + 0.0:g}")


def signed(value, places=3):
    """A number with its sign, plus or minus; what rounds to zero has none.

    Examples
    --------
    >>> signed(0.5), signed(-2, 0), signed(-1e-9)
    ('+0.500', '−2', '0.000')
    """
    text = f"{value:+.{places}f}"
    return _spelled(text) if float(text) else text[1:]


def digits(value):
    """Three decimals, or one digit and a power of ten: for numbers of any size.

    Examples
    --------
    >>> digits(0.25), digits(-4.2e-9), digits(0.0), digits(float("inf"))
    ('0.250', '−4e−9', '0', 'inf')
    """
    if not np.isfinite(value) or value == 0:
        return _spelled(f"{value + 0:g}")
    return _spelled(f"{value:.3f}" if 0.001 <= abs(value) < 1000 else f"{value:.0e}")


def rough(value):
    """Two digits of a small number, all digits before the point of a larger one.

    Examples
    --------
    >>> rough(0.0625), rough(1234.5), rough(-3e-9), rough(float("inf"))
    ('0.062', '1234', '−3.0e−9', 'inf')
    """
    if 10 <= abs(value) < 1e5:
        return _spelled(f"{value:.0f}")
    plain = value == 0 or 0.01 <= abs(value) < 10 or not np.isfinite(value)
    return _spelled(f"{value + 0.0:.2g}" if plain else f"{value:.1e}")


def two_digits(value):
    """Two digits of a number; a power of ten only below 0.0001 and from ten billion on.

    Examples
    --------
    >>> two_digits(0.0123), two_digits(123456), two_digits(1.23e-5)
    ('0.012', '120,000', '1.2e−5')
    """
    return _spelled(f"{float(f'{value:.2g}') + 0.0:,.10g}")


def with_unit(value, units):
    """A value with two digits, in the first of the units, largest first, that it reaches.

    Examples
    --------
    >>> with_unit(0.00123, {"s": 1.0, "ms": 1e-3})
    '1.2 ms'
    """
    unit, size = next((pair for pair in units.items() if value >= pair[1]), list(units.items())[-1])
    return f"{two_digits(value / size)} {unit}"


def probability(p):
    """A probability with three decimals, zeros too.

    Examples
    --------
    >>> probability(0.25), probability(0)
    ('0.250', '0.000')
    """
    return f"{p:.3f}"


def sure(p):
    """A probability, or a loss, with digits enough to tell it from 0 and 1.

    Examples
    --------
    >>> sure(0.25), sure(0.00012), sure(0.99999)
    ('0.250', '1.2e−4', '0.999990')
    """
    if 0 < p < 0.001:
        return _spelled(f"{p:.1e}")
    return f"{p:.6f}" if 0.9995 <= p < 1 else f"{p:.3f}"


def fraction(value, over=None):
    """A number as the fraction that it is, if its denominator is 64 at most.

    Parameters
    ----------
    value : float
    over : int, optional
        A denominator to keep, reduced or not.

    Examples
    --------
    >>> fraction(-0.375), fraction(2.0), fraction(0.1234), fraction(0.5, over=64)
    ('−3/8', '2', '0.123', '32/64')
    """
    if over:
        return _spelled(f"{value * over:.0f}/{over}")
    exact = Fraction(float(value)).limit_denominator(64)
    text = str(exact) if abs(exact - value) < 1e-9 else f"{value:.3g}"
    return _spelled(text)


def times(a, b, text=number):
    """A product written out, a negative second factor in brackets.

    Examples
    --------
    >>> times(2, -1), times(-2, 0.5)
    ('2 × (−1)', '−2 × 0.5')
    """
    return f"{text(a)} × {bracketed(b, text)}"


def bracketed(value, text=number):
    """A number as a factor behind another: in brackets where it is negative.

    Examples
    --------
    >>> bracketed(2), bracketed(-0.5)
    ('2', '(−0.5)')
    """
    return f"({text(value)})" if value < 0 else text(value)


def listed(values, text=number):
    """Numbers with commas between them, each written by `text`.

    Examples
    --------
    >>> listed([1, -2.5]), listed([0.5, 0.25], fraction), listed([1, 2], lambda v: number(v, 1))
    ('1, −2.5', '1/2, 1/4', '1.0, 2.0')
    """
    return ", ".join(map(text, np.ravel(values)))


def shape(M):
    """The shape of an array as it is read aloud: ``(6, 4)``, ``(6,)``.

    Examples
    --------
    >>> shape(np.zeros((6, 4))), shape(np.zeros(6))
    ('(6, 4)', '(6,)')
    """
    return str(tuple(map(int, np.shape(M))))


def shortened(text, length):
    """A text, cut at so many characters.

    Examples
    --------
    >>> shortened("a long story", 7)
    'a long…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def as_typed(value, places=6):
    """A number as it is typed and printed in Python, with so many digits.

    Examples
    --------
    >>> as_typed(-0.25), as_typed(-0.0), as_typed(1e-20), as_typed(np.True_)
    ('-0.25', '0', '1e-20', 'True')
    """
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return str(value)
    return f"{value + 0.0:.{places}g}"  # no minus before a zero


def told_apart(a, b):
    """Two numbers as typed, with as many digits as tell them apart.

    Examples
    --------
    >>> told_apart(0.1, 0.2), told_apart(0.1, 0.1 + 1e-8)
    (('0.1', '0.2'), ('0.1', '0.10000001'))
    """
    pairs = [(as_typed(a, places), as_typed(b, places)) for places in (6, 9, 12, 17)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def describe(value, names=()):
    """What kind of value it is; none of its own methods is trusted.

    Parameters
    ----------
    value : object
    names : tuple of str
        Names for the values of a tuple.

    Examples
    --------
    >>> describe((0.5, np.zeros((5, 3))), ("loss", "dW"))
    'a tuple of 2 values: loss, a number; dW, an array of shape (5, 3)'
    >>> describe(None), describe("dW"), describe(i for i in range(3))
    ('None', "the text 'dW'", 'a value of type generator')
    """
    kind = type(value)
    if value is None or value is ... or issubclass(kind, bool | np.bool_):
        return str(value)
    if issubclass(kind, np.ma.MaskedArray):
        return f"{describe(np.ma.getdata(value))}, masked"
    if issubclass(kind, np.ndarray):
        value = np.asarray(value)
        if value.dtype.kind not in "biufc":
            return f"an array of shape {value.shape} and dtype {value.dtype}"
        return f"an array of shape {value.shape}" if value.ndim else describe(value[()])
    if issubclass(kind, int | float | complex | np.number):
        return "a number"
    if issubclass(kind, str):
        return f"the text {shortened(repr(str(value)), 40)}"
    if kind not in (tuple, list):
        return f"a value of type {kind.__name__}"
    said = f"a {kind.__name__} of {len(value)} value{'' if len(value) == 1 else 's'}"
    if not 0 < len(value) <= 4 or any(type(part) in (tuple, list) for part in value):
        return said
    parts = [describe(part) for part in value]
    if len(names) == len(parts):
        parts = [f"{name}, {part}" for name, part in zip(names, parts, strict=True)]
    return f"{said}: {'; '.join(parts)}"


def describe_argument(name, value):
    """An argument: small ones in full, arrays by shape, dtype and range.

    Examples
    --------
    >>> describe_argument("S", np.array([[1000.0, -2.5]])), describe_argument("h", 0.5)
    ('S = [[1000, -2.5]]', 'h = 0.5')
    >>> describe_argument("X", np.zeros((7, 4), np.float32)), describe_argument("f", np.sin)
    ('X: float32, shape (7, 4), from 0 to 0', 'f = sin')
    """
    if isinstance(value, np.ndarray) and value.size > 8:
        said = f"{name}: {value.dtype}, shape {value.shape}"
        if value.dtype.kind in "iuf":
            said += f", from {as_typed(value.min(), 3)} to {as_typed(value.max(), 3)}"
        return said
    if isinstance(value, np.ndarray):
        numbers = {"all": lambda entry: as_typed(entry, 4)}
        text = " ".join(np.array2string(value, separator=", ", formatter=numbers).split())
        return f"{name} = {text}" + f" in {value.dtype}" * (value.dtype not in (float, int))
    if isinstance(value, bool | int | float | complex | np.number):
        return f"{name} = {as_typed(value)}"
    if isinstance(value, str | tuple | list):
        return f"{name} = {shortened(repr(value), 80)}"
    title = getattr(value, "__name__", "").lstrip("_")  # of a type, or of a function
    return f"{name} = {title}" if title.isidentifier() else f"{name}: {describe(value)}"
