"""What can be measured on a wrong answer, in sentences, whether its slip has a name or not."""

import itertools

import numpy as np

from softmax_lib.exercises.slips import kind_of, parameters, sizes
from softmax_lib.gradcheck import gradient_check
from softmax_lib.words import fraction

__all__ = ["consistency", "factors_of", "halves", "in_common", "the"]

# A slip in both values that makes them agree with each other: what other courses ask for.
CONSISTENT = {
    ("half-reg-gradient", "half-reg-loss"): "0.5 reg sum(W W) in the loss and reg W in dW",
    ("no-mean-gradient", "no-mean-loss"): "a sum over the examples instead of their mean",
    ("no-reg-gradient", "no-reg-loss"): "no regularization",
}


def the(task, k):
    """Value k as it stands in a sentence."""
    return "the loss" if kind_of(task, k) == "loss" else task.returns[k]


# Where it is right


def halves(task, findings):
    """A sentence on which of several values are right in all cases, when some are."""
    wrong = {name for found in findings for name in found.wrong}
    right = [k for k, name in enumerate(task.returns) if name not in wrong]
    wrong = [k for k, name in enumerate(task.returns) if name in wrong]
    if not right or not wrong:
        return ()
    said = f"{listed(task, right)} right; {listed(task, wrong)} not."
    in_words = kind_of(task, right[0]) == "loss"  # a name of code keeps its small letter
    return (said[0].upper() + said[1:] if in_words else said,)


def listed(task, values):
    """Some values and their verb."""
    *most, last = (the(task, k) for k in values)
    return f"{', '.join(most)} and {last} are" if most else f"{last} is"


def in_common(task, runs, right):
    """A sentence on what makes a case easy and all right ones share, or hard and all wrong ones."""
    easy, hard = zip(*(traits_of(task, run.arguments) for run in runs), strict=True)
    wrong = [not one for one in right]
    for verdict, traits, cases in (("right", easy, right), ("wrong", hard, wrong)):
        for trait in dict.fromkeys(itertools.chain(*traits)):
            if [trait in some for some in traits] == cases and not all(cases):
                return (f"It is {verdict} wherever {trait}, and nowhere else.",)
    return ()


def traits_of(task, arguments):
    """What makes a case easy, and what makes it hard, in half sentences."""
    size = sizes(task, arguments)
    easy, hard = ["there is one example"] * (size["N"] == 1), []
    for name, value in zip(parameters(task), arguments, strict=True):
        if name == task.reg and value == 0:
            easy.append(f"{name} = 0")
        elif not isinstance(value, np.ndarray):
            continue
        elif value.dtype.kind == "f":
            hard += [f"{name} is in {value.dtype}"] * (value.dtype != np.float64)
            large = np.abs(value).max(initial=0.0)
            hard += [f"{name} holds numbers over {b}" for b in (10, 100, 500) if large > b]
        elif task.axes.get(name) == "N" and len(np.unique(value)) < size["C"]:
            hard.append("a class has no example")
    return easy, hard


# By which factors it is wrong


def factors_of(task, k, answers):
    """A sentence on the factors that value k's parts come with in all cases, by least squares."""
    name = "the step" if task.step in parameters(task) else the(task, k)
    answers = [a for a in answers if a.came is not None and a.came.shape == a.right.shape]
    if len(answers) > 1 and all(np.isin(a.right, (0, 1)).all() for a in answers):
        if all((a.came == 1 - a.right).all() for a in answers):
            return (f"In every case {name} is the opposite of what is asked for.",)
        same = len({a.came.tobytes() for a in answers}) == 1
        return (f"{name} is the same in every case, whatever comes in.",) * same
    found = []
    for answer in answers:
        start, *parts = np.broadcast_arrays(*answer.parts)
        came, parts = np.ravel(answer.came - start), np.stack(parts, axis=-1).reshape(-1, 2)
        there = parts.any(axis=0)
        finite = np.isfinite(came).all() and np.isfinite(parts).all()
        if not finite or (there.all() and came.size == 2):
            continue
        if there.all() and came.size == 1:  # of one number, reg's factor only if the data's is 1
            there[0], came = False, came - parts[:, 0]
        factors = np.full(2, np.nan)
        factors[there] = np.linalg.lstsq(parts[:, there], came, rcond=None)[0]
        if np.linalg.norm(parts[:, there] @ factors[there] - came) > 1e-6 * np.linalg.norm(came):
            return ()
        found.append((factors, answer.size))
    data, reg = (growth([(f[j], size) for f, size in found if f[j] == f[j]]) for j in (0, 1))
    if task.reg not in parameters(task):
        return (f"In every case {name} comes with the factor {data}.",) if data else ()
    parts = (("the data's part", data), ("reg's part", reg))
    said = [f"{part} comes with the factor {factor}" for part, factor in parts if factor]
    return (f"In {name}, {' and '.join(said)}.",) if said and data is not None else ()


def growth(factors):
    """What these factors are in every case: ``"−1/2 times N over C"``, "" for 1; None: no such."""
    for above, below in itertools.product(("", "N", "C", "D"), repeat=2):
        rest = [factor * size[below] / size[above] for factor, size in factors]
        if len(rest) > 1 and np.ptp(rest) <= 1e-6 * max(map(abs, rest)):
            number = [fraction(rest[0])] * bool(abs(rest[0] - 1) > 1e-3)
            product = " times ".join(number + [above] * bool(above)) or "1" * bool(below)
            return product + f" over {below}" * bool(below)
    return None


# The student's gradient against the student's own loss


def consistency(task, ask, run, slugs):
    """Whether a gradient is that of the loss which comes with it, and if so by a convention.

    Central differences of the student's own loss along three directions, on an ordinary case:
    ``ask(arguments)`` calls the student's function and gives its values, or None. Returns a
    sentence, or "", and whether it tells of a convention.
    """
    names = parameters(task)
    weights = [k for k, name in enumerate(names) if task.axes.get(name) == "DC"]
    kinds = [kind_of(task, k) for k in range(len(task.returns))]
    if kinds != ["loss", "gradient"] or len(weights) != 1:
        return "", False
    (at,), arguments = weights, run.arguments
    W = arguments[at]

    def loss_and_gradient(W):
        loss, dW = ask((*arguments[:at], W, *arguments[at + 1 :]))
        return float(loss.reshape(())), dW.reshape(W.shape)

    try:
        values = loss_and_gradient(W)
        check = gradient_check(loss_and_gradient, W, h=1e-5, directions=3, tolerance=1e-5)
    except (AttributeError, TypeError, ValueError):  # no loss, no gradient, or none that is finite
        return "", False
    both = zip(values, run.expected, strict=True)
    loss_is, dW_is = (np.allclose(came, right, rtol=1e-6) for came, right in both)
    name, kept = task.returns[1], CONSISTENT.get(tuple(sorted(slugs)))
    if loss_is and dW_is:
        return "", False
    if not check.passed:
        beside = f"{name} is not the gradient of the loss beside it"
        own = f"your {name} is not the gradient of your own loss either"
        return f"By central differences, {beside if loss_is or dW_is else own}.", False
    if dW_is:
        return f"{name} is right; what is off in the loss is the same at every W.", False
    if not kept:
        return f"Your {name} is the gradient of your own loss: the slip is in both.", False
    said = (
        f"By central differences, your {name} is the gradient of your own loss: you keep to "
        f"another convention, {kept}. It is consistent, and not the one asked for."
    )
    return said, True
