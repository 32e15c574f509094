"""Error against step: a derivative of the softmax loss along one direction, beside its theory.

An experiment on `gradcheck`'s three methods, for the notebooks that draw it: the measured errors
stand beside a theory that is computed from the moments of the scores and fitted to nothing.
"""

from dataclasses import dataclass

import numpy as np

from softmax_lib import inputs
from softmax_lib.gradcheck import METHODS, _difference, _normal, _step, unit_roundoff
from softmax_lib.loss import for_loops, softmax_loss_vectorized


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
    loss = for_loops(loss)
    if np.iscomplexobj(W):
        raise TypeError(
            f"W is complex ({W.dtype}), needed real: the sweep adds the imaginary part itself."
        )
    u = unit_roundoff(W.dtype)
    if U is None:
        U = _normal(seed, W.shape, np.float64)
        U /= np.linalg.norm(U)
    U = inputs.matrix(U, "U", "(D, C)")
    if U.shape != W.shape:
        raise ValueError(f"U has shape {U.shape}, needed W's shape {W.shape}: a direction for W.")
    if steps is None:
        smallest = -15 if u < 1e-10 else -7
        steps = np.logspace(0, smallest, 1 - 3 * smallest)
    methods = _methods(methods)
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


def _methods(methods):
    """A tuple of the names of methods, at least one."""
    listed = (methods,) if isinstance(methods, str) else methods
    if not isinstance(listed, (tuple, list)) or not listed:
        names = ", ".join(map(repr, METHODS))
        raise ValueError(f"methods is {inputs.shortened(methods)}, needed some of {names}.")
    return tuple(inputs.choice(method, "an entry of methods", METHODS) for method in listed)


@np.errstate(all="ignore")
def _derivatives_along(W, X, y, reg, U):
    """First three derivatives of the loss along U, from the moments of s = X U under P, in float64.

    And the sum of the absolute terms of the first: what rounding in a sum of them is relative to.
    """
    W, X, U = (a.astype(np.float64) for a in (W, X, U))
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
