"""What can be measured on a wrong answer, in sentences, whether its slip has a name or not."""

import itertools
from fractions import Fraction

import numpy as np

from softmax_lib.exercises.comparing import number, right_values
from softmax_lib.exercises.slips import kind_of, parameters, sizes

__all__ = ["consistency", "factors_of", "halves", "in_common", "the"]

# A slip in both values that makes them agree with each other: what other courses ask for.
CONSISTENT = {
    ("half-reg-gradient", "half-reg-loss"): "0.5 reg sum(W W) in the loss and reg W in dW",
    ("no-mean-gradient", "no-mean-loss"): "a sum over the examples instead of their mean",
    ("no-reg-gradient", "no-reg-loss"): "no regularization",
}


def the(task, k):
    """Value k as it stands in a sentence."""
    name = task.returns[k] if task.returns else "the result"
    return "the loss" if kind_of(task, k) == "loss" else name


# Where it is right


def halves(task, runs, order):
    """A sentence on which of several values are right in all cases, when some are."""
    values = [right_values(task, run, order) for run in runs]
    if not all(values):
        return ()
    right = [the(task, k) for k, column in enumerate(zip(*values, strict=True)) if all(column)]
    wrong = [the(task, k) for k in range(len(task.returns)) if the(task, k) not in right]
    if not right or not wrong:
        return ()
    said = f"{listed(right)} right; {listed(wrong)} not."
    return (said[0].upper() + said[1:] if said.startswith("the ") else said,)


def listed(names):
    """Names and their verb."""
    *most, last = names
    return f"{', '.join(most)} and {last} are" if most else f"{last} is"


def in_common(task, runs, right):
    """A sentence on what all right cases share and no other has, when there is such a thing."""
    if not any(right) or all(right):
        return ()
    traits = [traits_of(task, run.arguments) for run in runs]
    for trait in dict.fromkeys(itertools.chain(*traits)):
        has = [trait in some for some in traits]
        if has == right:
            return (f"It is right wherever {trait}, and nowhere else.",)
        if has == [not one for one in right]:
            return (f"It is wrong wherever {trait}, and nowhere else.",)
    return ()


def traits_of(task, arguments):
    """What can be said of a case in half a sentence."""
    size, traits = sizes(task, arguments), []
    traits += ["there is one example"] * (size["N"] == 1)
    traits += ["there are two classes"] * (size["C"] == 2)
    for name, value in zip(parameters(task), arguments, strict=True):
        if isinstance(value, bool | int | float):
            traits.append(f"{name} = {number(value)}")
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
            traits += [f"{name} is in {value.dtype}"] * (value.dtype != np.float64)
            large = np.abs(value).max()
            traits += [f"{name} holds numbers over {b}" for b in (10, 100, 500) if large > b]
        elif isinstance(value, np.ndarray) and task.axes.get(name) == "N" and size["C"] > 1:
            empty = len(np.unique(value)) < size["C"]
            traits += ["a class has no example"] * empty
    return traits


# By which factors it is wrong


def factors_of(task, k, answers):
    """A sentence on the factors that value k's parts come with in all cases, by least squares."""
    name = the(task, k)
    answers = [a for a in answers if a.came is not None and a.came.shape == a.right.shape]
    if answers and all(np.isin(a.right, (0, 1)).all() for a in answers):
        if all((a.came == 1 - a.right).all() for a in answers):
            return (f"In every case {name} is the opposite of what is asked for.",)
        same = len({a.came.tobytes() for a in answers}) == 1
        return (f"{name} is the same in every case, whatever comes in.",) * same
    found = []
    for answer in answers:
        parts = np.stack(np.broadcast_arrays(answer.data, answer.reg), axis=-1).reshape(-1, 2)
        came, there = np.ravel(answer.came - answer.start), parts.any(axis=0)
        if not (np.isfinite(came).all() and np.isfinite(parts).all()) or (
            there.sum() > 1 and came.size < 3
        ):
            continue
        factors = np.full(2, np.nan)
        factors[there] = np.linalg.lstsq(parts[:, there], came, rcond=None)[0]
        if np.linalg.norm(parts[:, there] @ factors[there] - came) > 1e-6 * np.linalg.norm(came):
            return ()
        found.append((factors, answer.size))
    data, reg = (growth([(f[j], size) for f, size in found if f[j] == f[j]]) for j in (0, 1))
    if task.reg not in parameters(task):
        return (f"In every case {name} comes with the factor {data}.",) if data not in "01" else ()
    parts = (("the data's part", data), ("reg's part", reg))
    said = [f"{part} comes with the factor {factor}" for part, factor in parts if factor not in "1"]
    return (f"In {name}, {' and '.join(said)}.",) if said and data else ()


def growth(factors):
    """The number, times or over N, C or D, that these factors are in every case; ``""``: none."""
    for above, below in itertools.product(("", "N", "C", "D"), repeat=2):
        rest = [factor * size[below] / size[above] for factor, size in factors]
        if len(rest) > 1 and np.ptp(rest) <= 1e-6 * max(map(abs, rest)):
            return quotient(rest[0], above, below)
    return ""


def quotient(number, above, below):
    """A number times one letter over another, as text: ``"−N/(2 C)"``."""
    exact = Fraction(float(number)).limit_denominator(4)
    near = abs(exact - number) <= 1e-6 * abs(number)
    top = [str(abs(exact.numerator)) if near else f"{abs(number):.4g}", above]
    bottom = [str(exact.denominator) if near else "", below]
    top, bottom = ([part for part in line if part not in ("", "1")] for line in (top, bottom))
    text = " ".join(top) or "1"
    if bottom:
        text += f"/({' '.join(bottom)})" if len(bottom) > 1 else f"/{bottom[0]}"
    return f"−{text}" if number < 0 else text


# The student's gradient against the student's own loss


def consistency(task, ask, run, slugs):
    """Whether a gradient is that of the loss which comes with it: a sentence, or a convention's.

    Central differences of the student's own loss along three directions, on an ordinary case:
    ``ask(arguments)`` calls the student's function and gives its values, or None.

    Returns
    -------
    evidence, notes : tuple of str
    """
    names, h = parameters(task), 1e-5
    weights = [k for k, name in enumerate(names) if task.axes.get(name) == "DC"]
    kinds = [kind_of(task, k) for k in range(len(task.returns))]
    if kinds != ["loss", "gradient"] or len(weights) != 1:
        return (), ()
    (at,), arguments = weights, run.arguments
    W, (right_loss, right_dW) = arguments[at], run.expected

    def loss_and_gradient(W):
        loss, dW = ask((*arguments[:at], W, *arguments[at + 1 :]))
        return float(loss.reshape(())), dW.reshape(W.shape)

    try:
        loss, dW = loss_and_gradient(W)
        errors = []
        for U in np.random.default_rng(7).normal(size=(3, *W.shape)):
            slope = (loss_and_gradient(W + h * U)[0] - loss_and_gradient(W - h * U)[0]) / (2 * h)
            errors.append(abs(np.sum(dW * U) - slope) / max(abs(slope), 1e-12))
    except (AttributeError, TypeError, ValueError):  # no loss, or no gradient
        return (), ()
    loss_is, dW_is = np.allclose(loss, right_loss, rtol=1e-6), np.allclose(dW, right_dW, rtol=1e-6)
    if (loss_is and dW_is) or not np.isfinite(errors).all():
        return (), ()
    name = task.returns[1]
    if max(errors) <= 1e-5:
        if dW_is:
            return (f"{name} is right; what is off in the loss is the same at every W.",), ()
        kept = CONSISTENT.get(tuple(sorted(slugs)))
        if kept is None:
            return (f"Your {name} is the gradient of your own loss: the slip is in both.",), ()
        said = (
            f"By central differences, your {name} is the gradient of your own loss: you keep to "
            f"another convention, {kept}. It is consistent, and not the one asked for."
        )
        return (said,), (said,)
    if loss_is or dW_is:
        return (f"By central differences, {name} is not the gradient of the loss beside it.",), ()
    return (
        f"By central differences, your {name} is not the gradient of your own loss either.",
    ), ()
