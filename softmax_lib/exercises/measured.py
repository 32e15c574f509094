"""What can be measured on a wrong answer, in sentences, whether its slip has a name or not."""

import inspect
import itertools
from fractions import Fraction

import numpy as np

from softmax_lib.exercises.slips import sizes

__all__ = ["consistency", "in_common", "the"]

CONVENTIONS = {
    ("half-reg-gradient", "half-reg-loss"): "0.5 reg sum(W W) in the loss and reg W in dW",
    ("no-mean-gradient", "no-mean-loss"): "a sum over the examples instead of their mean",
    ("no-reg-gradient", "no-reg-loss"): "no regularization",
}


def the(task, k):
    """Value k as it stands in a sentence."""
    name = task.returns[k] if task.returns else "the result"
    return "the loss" if name == "loss" else name


# What all cases have in common


def in_common(task, k, answers):
    """A sentence on what value k has in common in all cases: itself, or the factors it comes with.

    "value k = a times the data's part + b times reg's", by least squares in every case.
    """
    name = the(task, k)
    answers = [a for a in answers if a.came is not None and a.came.shape == a.right.shape]
    if len({a.right.shape for a in answers}) == 1 and len({a.came.tobytes() for a in answers}) == 1:
        return (f"{name} is the same in every case, whatever comes in.",)
    if answers and all(np.isin(a.right, (0, 1)).all() and (a.came == 1 - a.right).all() for a in answers):
        return (f"In every case {name} is the opposite of what is asked for.",)
    found = []
    for answer in answers:
        parts = np.stack(np.broadcast_arrays(answer.data, answer.reg), axis=-1).reshape(-1, 2)
        came, there = np.ravel(answer.came - answer.start), parts.any(axis=0)
        if not np.isfinite(came).all() or there.sum() > 1 and came.size < 3:
            continue
        factors = np.full(2, np.nan)
        factors[there] = np.linalg.lstsq(parts[:, there], came, rcond=None)[0]
        if np.linalg.norm(parts[:, there] @ factors[there] - came) > 1e-6 * np.linalg.norm(came):
            return ()
        found.append((factors, sizes(task, answer.arguments)))
    data, reg = (growth([(f[j], size) for f, size in found if f[j] == f[j]]) for j in (0, 1))
    if "reg" not in inspect.signature(task.solution).parameters:
        return (f"In every case {name} comes with the factor {data}.",) if data not in "01" else ()
    said = [
        f"{part} comes with the factor {factor}"
        for part, factor in (("the data's part", data), ("reg's part", reg))
        if factor not in "1"
    ]
    return (f"In {name}, {' and '.join(said)}.",) if said and data else ()


def growth(factors):
    """The number, times or over N, C or D, that these factors are in every case; ``""``: none."""
    for above, below in itertools.product(("", "N", "C", "D"), repeat=2):
        rest = [factor * size[below] / size[above] for factor, size in factors]
        if len(rest) > 1 and np.ptp(rest) <= 1e-6 * max(map(abs, rest)):
            return quotient(rest[0], above, below)
    return ""


def quotient(number, above, below):
    """A number times one letter over another, as text.

    Examples
    --------
    >>> quotient(-0.5, "N", "C"), quotient(2.0, "", "N"), quotient(0.7, "", ""), quotient(1, "N", "")
    ('−N/(2 C)', '2/N', '0.7', 'N')
    """
    exact = Fraction(float(number)).limit_denominator(4)
    if abs(exact - number) > 1e-6 * abs(number):
        top, bottom = [f"{abs(number):.4g}", above], [below]
    else:
        top, bottom = [str(abs(exact.numerator)), above], [str(exact.denominator), below]
    top, bottom = ([part for part in line if part not in ("", "1")] for line in (top, bottom))
    text = " ".join(top) or "1"
    if bottom:
        text += f"/({' '.join(bottom)})" if len(bottom) > 1 else f"/{bottom[0]}"
    return f"−{text}" if number < 0 else text


# The student's gradient against the student's own loss


def consistency(task, ask, arguments, slugs):
    """Whether dW is the gradient of the loss that comes with it: a sentence, or a convention's.

    Central differences of the student's own loss along three directions, against dW.

    Parameters
    ----------
    task : softmax_lib.lessons.Task
        One with the values ``(loss, dW)``.
    ask : callable
        ``ask(arguments)`` calls the student's function: its values as arrays, or None.
    arguments : tuple
        Those of an ordinary case.
    slugs : sequence of str
        What has a name already.

    Returns
    -------
    evidence, notes : tuple of str
    """
    at, h = list(inspect.signature(task.solution).parameters).index("W"), 1e-5

    def loss_and_gradient(W):
        loss, dW = ask((*arguments[:at], W, *arguments[at + 1 :]))
        return float(loss.reshape(())), dW.reshape(W.shape)

    W = arguments[at]
    try:
        loss, dW = loss_and_gradient(W)
        errors = []
        for U in np.random.default_rng(7).normal(size=(3, *W.shape)):
            slope = (loss_and_gradient(W + h * U)[0] - loss_and_gradient(W - h * U)[0]) / (2 * h)
            errors.append(abs(np.sum(dW * U) - slope) / max(abs(slope), 1e-12))
    except (AttributeError, TypeError, ValueError):  # no loss, or no gradient
        return (), ()
    right = task.solution(*arguments)
    loss_is, dW_is = np.allclose(loss, right[0], rtol=1e-6), np.allclose(dW, right[1], rtol=1e-6)
    if loss_is and dW_is or not np.isfinite(errors).all():
        return (), ()
    if max(errors) <= 1e-5:
        kept = CONVENTIONS.get(tuple(sorted(slugs)))
        if kept is None:
            return ("Your dW is the gradient of your own loss: the slip is in both.",), ()
        said = (
            f"By central differences, your dW is the gradient of your own loss: you keep to "
            f"another convention, {kept}. It is consistent, and not the one asked for."
        )
        return (said,), (said,)
    if loss_is:
        said = "The loss is right on ordinary scores; dW is not its gradient, by central differences."
    elif dW_is:
        said = "dW is right on ordinary scores; it is not the gradient of the loss that comes with it."
    else:
        said = "By central differences, your dW is not the gradient of your own loss either."
    return (said,), ()
