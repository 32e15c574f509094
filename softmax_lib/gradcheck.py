"""Numerical derivatives, and how far they may be trusted.

Three methods, for a function f and a step h:

* ``"forward"``: (f(x + h) - f(x)) / h, truncation error h f''/2
* ``"central"``: (f(x + h) - f(x - h)) / 2h, truncation error h^2 f'''/6
* ``"complex"``: Im f(x + ih) / h, truncation error h^2 f'''/6 and no subtraction, so h may be tiny

The first two subtract two nearly equal numbers, so a rounding error of about u |f| / h comes on
top, with u the unit roundoff (2^-53 in float64, 2^-24 in float32). Their default steps balance the
two errors for an f and an x of order one; the complex step needs no balance.
"""

from dataclasses import dataclass

import numpy as np

from softmax_lib import inputs

METHODS = ("forward", "central", "complex")


def unit_roundoff(dtype):
    """u, half the spacing of the numbers next to 1: the relative error of one rounding."""
    return float(np.finfo(dtype).eps) / 2


def default_step(method, dtype):
    """Step for f and x of order one: sqrt(u) forward, cbrt(u) central; complex: h^2 vanishes."""
    u = unit_roundoff(dtype)
    return {"forward": u ** (1 / 2), "central": u ** (1 / 3), "complex": u * 1e-4}[method]


def numerical_gradient(f, x, method="central", h=None):
    """Derivative of f at x by differences, one entry of x at a time.

    Parameters
    ----------
    f : callable
        Takes an array like x, returns a number or an array (no tuple). For the complex step it
        must accept a complex array and keep its imaginary part: no abs, no conj, no float().
    x : array_like, any shape
        Where to differentiate; never changed. Integers are taken as float64.
    method : {"central", "forward", "complex"}
    h : float, optional
        The step. By default sqrt(u) for forward and cbrt(u) for central differences, which balance
        truncation and rounding for an x of order one; 1e-4 u for the complex step.

    Returns
    -------
    ndarray, shape f(x).shape + x.shape
        For a number-valued f, the gradient in the shape of x. For a row-valued f and a row x, the
        Jacobian in numerator layout (with their axes of length 1 in between).

    Raises
    ------
    TypeError
        f returns no numbers, or drops the imaginary part of a complex step.
    ValueError
        x not finite, h not positive, or so small that x + h rounds to x; f(x) not finite.

    References
    ----------
    W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions",
    SIAM Review 40(1), 1998.

    Examples
    --------
    >>> gradient = numerical_gradient(lambda x: np.sum(x**3), [1.0, 2.0])
    >>> np.abs(gradient - [3.0, 12.0]).max() < 1e-8
    np.True_
    """
    inputs.function(f, "f", "f(x) -> a number or an array")
    x = _point(x)
    h = _step(h, method, x.dtype)
    columns = []
    for index in np.ndindex(x.shape):
        direction = np.zeros_like(x)
        direction[index] = 1
        entry = f"x[{', '.join(map(str, index))}]" if index else "x"
        what = f"{entry} = {x[index]:.6g}"
        columns.append(_difference(f, x, direction, method, h, what))
    return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)


@np.errstate(all="ignore")
def relative_error(a, b, entrywise=False):
    """|a - b| / max(|a|, |b|), by norm or entry by entry; 0/0 counts as 0.

    Parameters
    ----------
    a, b : array_like
        Two arrays of one shape. Symmetric in the two.
    entrywise : bool
        False: one number, with the Euclidean norm of all entries: what a check passes or fails by.
        True: an array, each entry by itself: what is plotted.

    Returns
    -------
    float or ndarray
        Between 0 and 2. NaN where an entry is not finite, so that no comparison with it passes.

    Raises
    ------
    TypeError, ValueError
        No numbers, or two different shapes: never broadcast.

    Examples
    --------
    >>> relative_error([3.0, 4.0], [3.0, 4.5]) < 0.1
    True
    >>> relative_error([0.0, 1e-20], [0.0, -1e-20], entrywise=True)
    array([0., 2.])
    """
    a, b = inputs.numbers(a, "a"), inputs.numbers(b, "b")
    if a.shape != b.shape:
        raise ValueError(
            f"a has shape {a.shape} but b has shape {b.shape}: compare like with like. "
            f"Is one of them transposed, or a row where the other is a column?"
        )
    dtype = np.result_type(a, b, np.float64)  # wide enough that the error itself is not rounded
    a, b = a.astype(dtype), b.astype(dtype)
    norm = np.abs if entrywise else np.linalg.norm
    parts = np.abs([a.real, a.imag, b.real, b.imag])
    largest = np.max(parts, axis=0 if entrywise else None, initial=0.0)
    # Divided by a power of two, which rounds nothing, sums and squares stay in range.
    exponent = np.frexp(np.maximum(largest, np.finfo(dtype).tiny))[1] - 1
    scale = np.ldexp(largest.dtype.type(1), exponent)  # a 1 of that dtype: its range is wider
    a, b = a / scale, b / scale
    size = np.maximum(norm(a), norm(b))
    error = np.minimum(norm(a - b) / np.where(size > 0, size, 1), 2)
    error = np.where(np.isfinite(largest), error, np.nan)
    return error if entrywise else float(error)


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """What `gradient_check` found. Arrays have the shape of x, or (k,) along k directions.

    Attributes
    ----------
    analytic, numerical : ndarray
        The gradient that f returned, and the one by differences.
    error : float
        Relative error by norm: what passes or fails.
    entry_errors : ndarray
        Relative error of every entry: what is plotted.
    floor : ndarray
        Rounding floor of every entry, u |L| / (h |g|): no difference can see an error below it.
        0 for the complex step, inf where the entry g is 0.
    tolerance : float
        `error` must not exceed it.
    method : str
    h : float
    value : float
        f(x), the loss.
    note : str
        What the numbers do not say: that rounding hides the gradient and what to do about it, or
        that a gradient of 0 is met by no more than the truncation error. Empty otherwise.
    """

    analytic: np.ndarray
    numerical: np.ndarray
    error: float
    entry_errors: np.ndarray
    floor: np.ndarray
    tolerance: float
    method: str
    h: float
    value: float
    note: str = ""

    @property
    def passed(self):
        """Whether the error by norm is within the tolerance (a NaN is not)."""
        return self.error <= self.tolerance

    def __repr__(self):
        sign, verdict = ("<=", "passed") if self.passed else (">", "FAILED")
        return (
            f"gradient check {verdict}: relative error by norm {self.error:.1e} {sign} "
            f"{self.tolerance:.1e} ({self.method}, h = {self.h:.1e}, {self.numerical.size} numbers)"
            f"{self.note and '. '}{self.note}"
        )


def gradient_check(f, x, method="central", h=None, directions=None, tolerance=None, seed=0):
    """Compare the gradient that f returns with one that only uses f's value.

    Parameters
    ----------
    f : callable
        ``f(x) -> (value, gradient)``, such as ``lambda W: softmax_loss_vectorized(W, X, y, reg)``.
    x : array_like, any shape
        Where to check; never changed.
    method : {"central", "forward", "complex"}
    h : float, optional
        As in `numerical_gradient`.
    directions : int, optional
        Instead of every entry (two evaluations each), check the derivative along this many random
        unit directions: for large W. One wrong entry in a thousand still shows, only diluted.
    tolerance : float, optional
        By default 1000 times the error expected at the default step, sqrt(u), u^(2/3) or u, or
        3 times the rounding floor by norm where that is larger, but never above 1 %: if rounding
        hides the gradient, the check fails rather than passes by luck, and its `note` says which h
        or dtype to take. A gradient of exactly 0, whose relative error is always 1, passes where
        the difference sees no more than its own truncation error, which grows with h.
    seed : int
        Of the random directions.

    Returns
    -------
    GradientCheck

    Raises
    ------
    TypeError
        f does not return a pair of numbers, or drops the imaginary part of a complex step.
    ValueError
        The pair in the wrong order, a gradient of another shape than x; h or x that do not fit; a
        value that is not finite.

    Examples
    --------
    >>> x = np.array([1.0, -2.0, 3.0])
    >>> gradient_check(lambda x: (np.sum(x**2), 2 * x), x).passed
    True
    >>> gradient_check(lambda x: (np.sum(x**2), 3 * x), x).passed
    False
    """
    inputs.function(f, "f", "f(x) -> (value, gradient)")
    x = _point(x)
    h = _step(h, method, x.dtype)

    def pair(at):
        return inputs.loss_and_gradient(f(at), x.shape, "f", "x", complex_ok=True)

    def slopes(h):
        if directions is None:
            return numerical_gradient(lambda at: pair(at)[0], x, method, h)
        along = [
            _difference(lambda at: pair(at)[0], x, U, method, h, "every entry of x") for U in units
        ]
        return np.array(along)

    # Copies: f may fill the same arrays at every call.
    value, gradient = (inputs.floating(a).copy() for a in pair(x.copy()))
    analytic = gradient
    if directions is not None:
        directions = inputs.integer(directions, "directions", 1, inputs.MOST)
        units = [U / np.linalg.norm(U) for U in _normal(seed, (directions, *x.shape), x.dtype)]
        analytic = np.array([np.vdot(U, gradient) for U in units])
    numerical = slopes(h)

    u = unit_roundoff(x.dtype)
    floor, norm_floor = _rounding(u, value, numerical, method, h)
    expected = {"forward": u ** (1 / 2), "central": u ** (2 / 3), "complex": u}[method]
    seen = 3 * norm_floor if numerical.any() else 0.0
    own = min(max(1000 * expected, seen), 0.01)
    limit = own if tolerance is None else inputs.positive(tolerance, "tolerance")
    error, note = relative_error(analytic, numerical), ""
    if error > limit:
        note = _hidden(error, limit, x, value, gradient, numerical, method, h)
        zero = tolerance is None and not analytic.any() and 10 * norm_floor < 1
        # Twice the step: a truncation error is at least twice as large, a slope stays what it is.
        if zero and relative_error(slopes(2 * h), numerical) >= 0.3:
            limit, note = 1.0, "The gradient is 0: what the difference sees is its truncation"
    return GradientCheck(
        analytic=analytic,
        numerical=numerical,
        error=error,
        entry_errors=relative_error(analytic, numerical, entrywise=True),
        floor=floor,
        tolerance=limit,
        method=method,
        h=h,
        value=value.item(),
        note=note,
    )


@np.errstate(all="ignore")
def _rounding(u, value, numerical, method, h):
    """The rounding floor u |L| / (h |g|) of every entry, and of all by norm."""
    noise = 0.0 if method == "complex" else u * float(abs(value)) / h
    floor = noise / np.abs(numerical) if noise else np.zeros(numerical.shape)
    size = np.linalg.norm(numerical)
    return floor, float(np.float64(noise * np.sqrt(numerical.size)) / size) if noise else 0.0


def _hidden(error, tolerance, x, value, gradient, numerical, method, h):
    """What to do where rounding alone explains an error above the tolerance; else nothing."""
    # f may compute in a narrower dtype than that of x.
    dtype = max((a.dtype for a in (x, value, gradient)), key=unit_roundoff)
    _, floor = _rounding(unit_roundoff(dtype), value, numerical, method, h)
    if not (3 * floor > tolerance and error <= 10 * floor):
        return ""
    best, narrow = default_step(method, dtype), unit_roundoff(dtype) > unit_roundoff(np.float64)
    mends = [f"h = {best:.1e}"] * (h < best / 2) + ["float64 for x and inside f"] * narrow
    return (
        f"Rounding in {dtype} hides the gradient: it alone may cost {floor:.1e}. "
        f"Take {' or '.join(mends or ['the complex step'])}"
    )


def _difference(f, x, direction, method, h, what=None):
    """Derivative of f at x along `direction`, as an array (0-d for a number).

    `what` names in an error what a step too small does not move; None lets it stand still.
    """
    ahead, behind, width = _points(x, direction, method, h)
    if what and np.array_equal(ahead, x):
        raise ValueError(
            f"h = {h:.1g} is too small: {what} plus h rounds back to itself in {x.dtype}. "
            f"Take a larger h."
        )
    f_ahead = _values(f, ahead)
    if method == "complex" and f_ahead.dtype.kind != "c":
        raise TypeError(
            "f returned a real number for a complex input: the imaginary part, which holds the "
            "derivative, is lost. Does f call abs, float, np.real, or store into a real array?"
        )
    f_behind = None if behind is None else _values(f, behind)
    with np.errstate(all="ignore"):
        return (f_ahead.imag if behind is None else f_ahead - f_behind) / width


@np.errstate(all="ignore")
def _points(x, direction, method, h):
    """Where f is asked, ahead and behind, and the distance that divides what it answers."""
    h = x.dtype.type(h)
    step = h * direction
    if method == "complex":
        return x + 1j * step, None, h
    return (x + step, x - step, 2 * h) if method == "central" else (x + step, x.copy(), h)


def _values(f, x):
    returned = f(x)
    if isinstance(returned, tuple):
        raise TypeError(
            "f returned a tuple, needed a number or an array of numbers. "
            "Does it return (loss, gradient)? Then pass lambda x: f(x)[0]."
        )
    value = inputs.floating(inputs.numbers(returned, "f(x)"))
    if not np.isfinite(value).all():
        raise ValueError("f returned a value that is not finite: a difference of it says nothing.")
    return value.copy()  # f may fill the same array at every call


def _point(x):
    x = inputs.numbers(x, "x")
    if x.dtype.kind == "c":
        raise TypeError(
            f"x is complex ({x.dtype}), needed real numbers: the method adds i h itself."
        )
    x = inputs.floating(x)
    if x.size == 0:
        raise ValueError(
            f"x has shape {x.shape}: it is empty, there is nothing to differentiate by."
        )
    return inputs.finite(x, "a difference", x=x)


@np.errstate(all="ignore")
def _step(h, method, dtype, name="h"):
    inputs.choice(method, "method", METHODS)
    if h is None:
        return default_step(method, dtype)
    h = inputs.positive(h, name)
    held = dtype.type(h)
    if not 0 < held < np.inf:
        raise ValueError(f"{name} is {h}, which {dtype} can only hold as {held}.")
    return h


def _normal(seed, shape, dtype):
    rng = np.random.default_rng(inputs.integer(seed, "seed", 0))
    return rng.standard_normal(shape).astype(dtype)
