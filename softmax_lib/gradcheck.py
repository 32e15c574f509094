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
from softmax_lib.loss import softmax_loss_vectorized

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
        Takes an array like x, returns a number or an array. For the complex step it must accept a
        complex array and keep its imaginary part: no abs, no conj, no float().
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
        _must_move(x, direction, method, h, f"{_name(index)} = {x[index]:.6g}")
        columns.append(_difference(f, x, direction, method, h))
    return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)


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
    with np.errstate(all="ignore"):
        largest = np.max(np.abs([a.real, a.imag, b.real, b.imag]), axis=0)
        if not entrywise:
            largest = largest.max(initial=0.0)
        # Divided by a power of two, which rounds nothing, sums and squares stay in range.
        scale = np.ldexp(1.0, np.frexp(np.maximum(largest, np.finfo(dtype).tiny))[1] - 1)
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

    @property
    def passed(self):
        """Whether the error by norm is within the tolerance (a NaN is not)."""
        return self.error <= self.tolerance

    def __repr__(self):
        sign, verdict = ("<=", "passed") if self.passed else (">", "FAILED")
        return (
            f"gradient check {verdict}: relative error by norm {self.error:.1e} {sign} "
            f"{self.tolerance:.1e} ({self.method}, h = {self.h:.1e}, {self.numerical.size} numbers)"
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
        hides the gradient, the check fails rather than passes by luck.
    seed : int
        Of the random directions.

    Returns
    -------
    GradientCheck

    Raises
    ------
    TypeError
        f does not return a pair (value, gradient), or drops the imaginary part of a complex step.
    ValueError
        The gradient's shape is not x's; h or x do not fit; the value is not finite.

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
    value, gradient = _pair(f(x.copy()), x.shape)

    def loss(at):
        return _pair(f(at), x.shape)[0]

    if directions is None:
        analytic = gradient
        numerical = numerical_gradient(loss, x, method, h)
    else:
        directions = inputs.integer(directions, "directions", least=1)
        units = [_unit(U) for U in _normal(seed, (directions, *x.shape), x.dtype)]
        for U in units:
            _must_move(x, U, method, h, "every entry of x")
        analytic = np.array([np.vdot(U, gradient) for U in units])
        numerical = np.array([_difference(loss, x, U, method, h) for U in units])

    u = unit_roundoff(x.dtype)
    noise = 0.0 if method == "complex" else u * abs(value) / h
    with np.errstate(all="ignore"):
        floor = noise / np.abs(numerical) if noise else np.zeros(numerical.shape)
    if tolerance is None:
        expected = {"forward": u ** (1 / 2), "central": u ** (2 / 3), "complex": u}[method]
        size = np.linalg.norm(numerical)
        norm_floor = noise * np.sqrt(numerical.size) / size if size > 0 else 0.0
        tolerance = min(max(1000 * expected, 3 * norm_floor), 0.01)
    else:
        tolerance = inputs.positive(tolerance, "tolerance")
    return GradientCheck(
        analytic=analytic,
        numerical=numerical,
        error=relative_error(analytic, numerical),
        entry_errors=relative_error(analytic, numerical, entrywise=True),
        floor=floor,
        tolerance=tolerance,
        method=method,
        h=h,
        value=value,
    )


@dataclass(frozen=True, eq=False)
class StepSweep:
    """What `step_sweep` found: for each method, measured error and theory against the step.

    Attributes
    ----------
    steps : ndarray, shape (K,)
        The steps h.
    errors : dict of str to ndarray, shape (K,)
        Measured |difference - slope| / |slope|.
    truncation, rounding : dict of str to ndarray, shape (K,)
        What theory says of the two parts, relative to |slope|; computed from the moments of the
        scores, nothing fitted.
    slope : float
        The true derivative along U, from the moments, in float64.
    U : ndarray, shape (D, C)
    dtype : numpy.dtype
        Of the weights that were moved.
    """

    steps: np.ndarray
    errors: dict
    truncation: dict
    rounding: dict
    slope: float
    U: np.ndarray
    dtype: np.dtype


def step_sweep(
    W, X, y, reg, U=None, steps=None, methods=METHODS, loss=softmax_loss_vectorized, seed=0
):
    """Error of the derivative of the softmax loss along one direction, against the step h.

    Parameters
    ----------
    W, X, y, reg
        As in `softmax_loss_vectorized`; W real. The wider dtype of W and X is the sweep's.
    U : array_like, shape (D, C), optional
        The direction; by default random, of length 1.
    steps : array_like, shape (K,), optional
        Steps h > 0; by default three a decade from 1 down to 1e-15 (float64) or 1e-7 (float32).
    methods : str or sequence of str
        Some of "forward", "central", "complex".
    loss : callable
        f(W, X, y, reg) -> (loss, dW); only its loss is used.
    seed : int
        Of the random direction.

    Returns
    -------
    StepSweep

    Raises
    ------
    TypeError, ValueError
        Inputs that do not fit, a zero direction, or one along which the loss does not change.

    Notes
    -----
    With s = X_i U, the derivatives of L_i along U are E_p[s] - s_m, Var_p(s) and the third central
    moment of s under p; the regularization adds 2 reg <W, U> to the first and 2 reg |U|^2 to the
    second. Truncation: forward h |L''| / 2, central and complex h^2 |L'''| / 6. Rounding: each loss
    is off by up to about u |L|, so forward 2 u |L| / h and central u |L| / h; the complex step adds
    up the terms of L' itself, E_p[s - s_m] and 2 reg W U, so u times their absolute sum. All of it
    over |L'|.

    Examples
    --------
    >>> sweep = step_sweep(np.zeros((2, 3)), [[1.0, 2.0]], [0], reg=0.0, steps=[1e-2, 1e-3])
    >>> sweep.errors["central"][1] < sweep.errors["central"][0] / 50  # ten times smaller: ~ h^2
    np.True_
    """
    W, X, y, reg = inputs.loss_inputs(W, X, y, reg)
    inputs.function(loss, "loss", "loss(W, X, y, reg) -> (loss, dW)")
    if np.iscomplexobj(W):
        raise TypeError(
            f"W is complex ({W.dtype}), needed real: the sweep adds the imaginary part itself."
        )
    W = W.astype(np.result_type(W, X))  # a float32 W beside a float64 X would be moved in float32
    u = unit_roundoff(W.dtype)
    if U is None:
        U = _unit(_normal(seed, W.shape, np.float64))
    U = inputs.matrix(U, "U", "(D, C)")
    if U.shape != W.shape:
        raise ValueError(f"U has shape {U.shape}, needed W's shape {W.shape}: a direction for W.")
    if steps is None:
        smallest = -15 if u < 1e-10 else -7
        steps = np.logspace(0, smallest, 1 - 3 * smallest)
    methods = (methods,) if isinstance(methods, str) else tuple(methods)
    for method in methods:
        inputs.choice(method, "method", METHODS)
    steps = inputs.numbers(steps, "steps").ravel()
    if len(steps) == 0:
        raise ValueError("steps is empty, needed at least one step h > 0.")
    steps = np.array([_step(h, "central", W.dtype, "every step in steps") for h in steps])

    slope, curvature, third, terms = _derivatives_along(W, X, y, reg, U)
    if not np.isfinite([slope, curvature, third]).all():
        inputs.blame("the slope along U", W=W, X=X, U=U)
    if slope == 0:
        raise ValueError("The loss does not change along U to first order: choose another U.")

    def along(at):
        return loss(at, X, y, reg)[0]

    direction = U.astype(W.dtype)
    slopes = {
        method: np.array([_difference(along, W, direction, method, h) for h in steps])
        for method in methods
    }
    value = abs(along(W))
    with np.errstate(all="ignore"):
        errors = {method: abs(slopes[method] - slope) for method in methods}
        noise = u * value / steps
        truncation = {
            "forward": steps * abs(curvature) / 2,
            "central": steps**2 * abs(third) / 6,
            "complex": steps**2 * abs(third) / 6,
        }
        rounding = {
            "forward": 2 * noise,
            "central": noise,
            "complex": np.full(steps.shape, u * terms),
        }
        errors, truncation, rounding = (
            {method: part[method] / abs(slope) for method in methods}
            for part in (errors, truncation, rounding)
        )
    return StepSweep(
        steps=steps,
        errors=errors,
        truncation=truncation,
        rounding=rounding,
        slope=slope,
        U=U,
        dtype=W.dtype,
    )


def _derivatives_along(W, X, y, reg, U):
    """First three derivatives of the loss along U, from the moments of s = X U under P, in float64.

    And the sum of the absolute terms of the first: what rounding in a sum of them is relative to.
    """
    W, X, U = (a.astype(np.float64) for a in (W, X, U))
    with np.errstate(all="ignore"):
        S = X @ W
        P = np.exp(S - S.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)  # (N, C)
        s = X @ U  # (N, C)
        s_m = s[np.arange(len(y)), y][:, None]
        # E_p[s] - s_m as E_p[s - s_m]: the differences are exact where the mean would cancel.
        first = np.sum(P * (s - s_m), axis=1)
        d = s - np.sum(P * s, axis=1, keepdims=True)
        second, third = np.sum(P * d**2, axis=1), np.sum(P * d**3, axis=1)
        return (
            float(first.mean() + 2 * reg * np.sum(W * U)),
            float(second.mean() + 2 * reg * np.sum(U * U)),
            float(third.mean()),
            float(np.sum(P * abs(s - s_m), axis=1).mean() + 2 * reg * np.sum(abs(W * U))),
        )


def _difference(f, x, direction, method, h):
    """Derivative of f at x along `direction`, as an array (0-d for a number)."""
    h = x.dtype.type(h)
    with np.errstate(all="ignore"):
        step = h * direction
        ahead = x + (1j * step if method == "complex" else step)
        behind = x - step if method == "central" else x.copy()
    f_ahead = _values(f, ahead)
    if method == "complex":
        if f_ahead.dtype.kind != "c":
            raise TypeError(
                "f returned a real number for a complex input: the imaginary part, which holds the "
                "derivative, is lost. Does f call abs, float, np.real, or store into a real array?"
            )
        with np.errstate(all="ignore"):
            return f_ahead.imag / h
    f_behind = _values(f, behind)
    with np.errstate(all="ignore"):
        return (f_ahead - f_behind) / (2 * h if method == "central" else h)


def _must_move(x, direction, method, h, what):
    with np.errstate(all="ignore"):
        stays = method != "complex" and np.all(x + x.dtype.type(h) * direction == x)
    if stays:
        raise ValueError(
            f"h = {h:.1g} is too small: {what} plus h rounds back to itself in {x.dtype}. "
            f"Take a larger h."
        )


def _values(f, x):
    returned = f(x)
    try:
        value = np.array(returned)  # a copy: f may fill the same array at every call
    except ValueError:
        value = np.array(None)
    if value.dtype.kind not in "biufc":
        raise TypeError(
            f"f returned a {type(returned).__name__}, needed a number or an array of numbers. "
            f"Does it return (loss, gradient)? Then pass lambda x: f(x)[0]."
        )
    if not np.isfinite(value).all():
        raise ValueError("f returned a value that is not finite: a difference of it says nothing.")
    return value.astype(np.float64) if value.dtype.kind in "biu" else value


def _pair(result, shape):
    try:
        value, gradient = result
    except (TypeError, ValueError):
        raise TypeError(
            f"f returned a {type(result).__name__}, needed a pair (value, gradient), "
            f"as in `return loss, dW`."
        ) from None
    if np.ndim(value) != 0:
        raise TypeError(
            f"f's first result has shape {np.shape(value)}, needed one number, the loss. "
            f"Did f return (dW, loss), or one loss an example?"
        )
    gradient = np.asarray(gradient)
    if gradient.shape != shape:
        raise ValueError(
            f"f returned a gradient of shape {gradient.shape}, needed x's shape {shape}. "
            f"Is it transposed?"
        )
    return value, gradient


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
    if not np.isfinite(x).all():
        inputs.blame("a difference", x=x)
    return x


def _step(h, method, dtype, name="h"):
    inputs.choice(method, "method", METHODS)
    if h is None:
        return default_step(method, dtype)
    h = inputs.positive(h, name)
    with np.errstate(all="ignore"):
        held = dtype.type(h)
    if not 0 < held < np.inf:
        raise ValueError(f"{name} is {h}, which {dtype} can only hold as {held}.")
    return h


def _normal(seed, shape, dtype):
    rng = np.random.default_rng(inputs.integer(seed, "seed", least=0))
    return rng.standard_normal(shape).astype(dtype)


def _unit(U):
    return U / np.linalg.norm(U)


def _name(index):
    return f"x[{', '.join(map(str, index))}]" if index else "x"
