"""Numbers and shapes as words: what captions, tables and alt texts of the series share.

A minus is a minus sign, and a zero is ``0``. Whatever may differ between machines is the caller's
to mark with ``≈``.
"""

from fractions import Fraction

import numpy as np

__all__ = ["digits", "fraction", "listed", "number", "shape", "signed", "times"]


def number(value, places=None):
    """A number with at most so many decimals, whole ones without; what rounds to zero is ``0``.

    Parameters
    ----------
    value : float
    places : int, optional
        Decimals, all of them written; by default only those needed, six digits at most.

    Examples
    --------
    >>> number(-2.0), number(0.25), number(-0.25, 3), number(1e-17, 3)
    ('−2', '0.25', '−0.250', '0')
    """
    if places is not None:
        value = round(float(value), places)
        return f"{value:.{places}f}".replace("-", "−") if value else "0"
    return f"{value + 0.0:g}".replace("-", "−")


def signed(value, places=3):
    """A number with its sign, plus or minus; what rounds to zero has none.

    Examples
    --------
    >>> signed(0.5), signed(-2, 0), signed(-1e-9)
    ('+0.500', '−2', '0.000')
    """
    text = f"{value:+.{places}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def digits(value):
    """At most seven characters in which small is not zero: for numbers of any size.

    Examples
    --------
    >>> digits(0.25), digits(-4.2e-9), digits(0.0), digits(float("inf"))
    ('0.250', '−4e-9', '0', 'inf')
    """
    if not np.isfinite(value) or value == 0:
        text = f"{value + 0:g}"
    elif 0.001 <= abs(value) < 1000:
        text = f"{value:.3f}"
    else:
        leading, power = f"{value:.0e}".split("e")
        text = f"{leading}e{int(power)}"
    return text[:1].replace("-", "−") + text[1:]


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
        return f"{value * over:.0f}/{over}".replace("-", "−")
    exact = Fraction(float(value)).limit_denominator(64)
    text = str(exact) if abs(exact - value) < 1e-9 else f"{value:.3g}"
    return text.replace("-", "−")


def times(a, b, text=number):
    """A product written out, a negative second factor in brackets.

    Examples
    --------
    >>> times(2, -1), times(-2, 0.5)
    ('2 × (−1)', '−2 × 0.5')
    """
    return f"{text(a)} × ({text(b)})" if b < 0 else f"{text(a)} × {text(b)}"


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
