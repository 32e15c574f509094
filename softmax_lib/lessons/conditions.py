"""What an exercise's text demands besides right values, to be put into ``Task.conditions``.

A condition looks at an attempt and returns a sentence when it is broken, ``""`` when it is kept. An
attempt has the student's ``function``, its ``globals`` (name: value of those that its code uses),
its ``loops`` (how many stand in its code), its ``runs`` on the task's cases (each with
``arguments``, ``got``, ``warned``), and ``peak(*arguments)``: how many bytes a call of it holds at
most, beyond what it is given; None where it raises.

A sentence becomes a remark under the verdict. As a `Broken` one it makes the answer fail.
"""

import io
from contextlib import redirect_stdout

__all__ = ["Broken", "answers", "loops", "memory", "no_warning", "numpy_alone"]


class Broken(str):
    """A sentence on a condition without which the answer is not the one asked for."""


def numpy_alone(attempt):
    """Nothing of this library is called: the answer is written out."""
    modules = {
        getattr(value, "__module__", None) or getattr(value, "__name__", "")
        for value in attempt.globals.values()
    }
    if any(str(name).partition(".")[0] == "softmax_lib" for name in modules):
        return (
            "It calls softmax_lib, where numpy alone was asked for: the point is to write it out."
        )
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
        try:
            with redirect_stdout(io.StringIO()):
                return "" if attempt.function(*arguments()) == right else sentence
        except Exception:
            return sentence

    return condition


def no_warning(attempt):
    """No case makes numpy warn."""
    warned = [text for run in attempt.runs for text in run.warned]
    return f"The values are right, and numpy warned on the way: {warned[0]}." if warned else ""
