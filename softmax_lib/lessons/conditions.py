"""What an exercise's text demands besides right values, to be put into ``Task.conditions``.

A condition looks at an attempt and returns a sentence when it is broken, ``""`` when it is kept. An
attempt has the student's ``function``, its ``globals`` (name: value of those that its code uses),
its ``loops`` (how many stand in its code), its ``runs`` on the task's cases (each with
``arguments``, ``expected``, ``got``, ``error``, ``warned``), ``call(*arguments)``, which is one run
more, and ``peak(*arguments)``: how many bytes a call of it holds at most, beyond what it is given;
None where it raises.

A sentence becomes a remark under the verdict. As a `Broken` one it makes the answer fail.
"""

import sys
import types

import numpy as np

from softmax_lib.inputs import loss_and_gradient

__all__ = ["Broken", "answers", "evaluations", "in_full", "loops", "memory", "no_warning"]
__all__ += ["defaults", "foreign", "home", "numpy_alone", "pair", "read_once", "real_alone"]


NUMPYS = (np.ndarray, np.generic)
ALLOWED = {"", "__main__", "numpy", *sys.stdlib_module_names}


class Broken(str):
    """A sentence on a condition without which the answer is not the one asked for."""


def pair(attempt):
    """A loss and its gradient are such as `train` and `gradient_check` take, by the same judge."""
    run = attempt.runs[0]
    try:
        loss_and_gradient(run.got, run.expected[1].shape, "It", "W")
    except (TypeError, ValueError) as refusal:
        return f"The values are right; train and gradient_check refuse them: {refusal}"
    return ""


def home(value):
    """The name of the module that a value is or comes from, ``""`` where it does not say."""
    name = "__name__" if issubclass(type(value), types.ModuleType) else "__module__"
    return str(getattr(value, name, None) or "")


def defaults(function):
    """What a function's parameters are by default."""
    values = getattr(function, "__defaults__", None)
    return values if type(values) is tuple else ()


def foreign(attempt):
    """The library beside numpy that an answer calls, or a helper beside it does; else ``""``."""
    values, codes = list(attempt.globals.values()), {code for code, _ in attempt.steps}
    values += defaults(attempt.function)
    modules = [step.argval for _, step in attempt.steps if step.opname == "IMPORT_NAME"]
    for value in values:
        modules.append(home(value))
        beside = getattr(value, "__globals__", ()) is getattr(attempt.function, "__globals__", None)
        if beside and value.__code__ not in codes:
            codes.add(value.__code__)
            values += [value.__globals__.get(name) for name in value.__code__.co_names]
    libraries = [name.partition(".")[0] for name in modules]
    return next((name for name in libraries if name not in ALLOWED), "")


def numpy_alone(attempt):
    """No library but numpy is called: the answer is written out."""
    library = foreign(attempt)
    said = f"It calls {library}, where numpy alone was asked for: the point is to write it out."
    return said if library else ""


def real_alone(attempt):
    """No complex number is made in the code."""
    named = [step.argval for _, step in attempt.steps]
    said = "It has Python's complex numbers do the work: the point is to multiply out by hand."
    return said if any(isinstance(a, complex) or a == "complex" for a in named) else ""


def in_full(attempt):
    """What is computed from float64 comes in float64; this every exercise asks for."""
    for run in attempt.runs:
        kinds = {value.dtype for value in run.arguments if isinstance(value, np.ndarray)}
        came = run.got if type(run.got) is tuple else (run.got,)
        narrow = any(issubclass(type(value), NUMPYS) and value.dtype == "f" for value in came)
        if narrow and np.dtype(float) in kinds and np.dtype("f") not in kinds:
            return "What comes back is in float32, with 7 of the 16 digits that came in."
    return ""


def loops(count):
    """The answer goes through its examples or entries by this many loops of its own."""

    def condition(attempt):
        if attempt.loops >= count:
            return ""
        asked = {1: "a loop", 2: "two loops"}.get(count, f"{count} loops")
        return f"The values are right; the text asks for {asked}, and yours has {attempt.loops}."

    return condition


def memory(arguments, most, sentence):
    """A call holds at most so many bytes; `arguments()` makes inputs large enough to tell."""

    def condition(attempt):
        peak = attempt.peak(*arguments())
        return "" if peak is None or peak <= most else sentence

    return condition


def answers(arguments, right, sentence):
    """One more call, too strict for a case: what it must return, or the remark is made."""

    def condition(attempt):
        run = attempt.call(*arguments())
        return "" if np.array_equal(run.got, right) and not run.error else sentence

    return condition


def evaluations(most):
    """The function that comes first among the arguments is asked so many times at most."""

    def condition(attempt):
        asked = attempt.call(heard_exp, *attempt.runs[0].arguments[1:]).printed.count(HEARD)
        enough = {1: "one evaluation", 2: "two evaluations"}.get(most, f"{most} evaluations")
        said = f"The values are right; {enough} of f would do, and yours makes more."
        return said if asked > most else ""

    return condition


HEARD = "\N{INVISIBLE SEPARATOR}"


def heard_exp(x):
    """The exponential, whose every call is printed: so it is counted in another process too."""
    sys.stdout.write(HEARD)
    return np.exp(x)


class Fading(np.ndarray):
    """Numbers that are gone, by blocks or all at once, when they have been read."""

    def __getitem__(self, key):
        numbers = np.asarray(self)
        part = numbers[key].copy()
        if part.ndim == self.ndim:
            numbers[key] = np.nan
        return part

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        inputs = [a[:] if isinstance(a, Fading) else a for a in inputs]
        return getattr(ufunc, method)(*inputs, **options)


def read_once(attempt):
    """The array that comes first among the arguments is read in blocks, each of them once."""
    run = attempt.runs[0]
    X, *rest = run.arguments
    again = attempt.call(X.copy().view(Fading), *rest)
    if again.error or np.allclose(again.got, run.expected):
        return ""
    return "The values are right; the text has each block read once, and yours reads one again."


def no_warning(attempt):
    """No case makes numpy warn."""
    warned = [text for run in attempt.runs for text in run.warned]
    return f"The values are right, and numpy warned on the way: {warned[0]}." if warned else ""
