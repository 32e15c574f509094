"""One call of a student's function: what went in, what came, and what was seen on the way.

Nothing the function does gets out of here, except the user's own interrupt.
"""

import copy
import dis
import inspect
import io
import itertools
import os
import sysconfig
import time
import traceback
import types
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import numpy as np

from softmax_lib.exercises.timer import TimeUp, limited

__all__ = ["Run", "argument_names", "call", "code_of", "is_a", "is_blank", "is_stub"]

CHARACTERS_SHOWN = 1000


@dataclass
class Run:
    """One call: `error` is what it raised, as text, `stopped` says that its time was over."""

    arguments: tuple
    expected: object
    got: object = None
    error: str = ""
    misfit: bool = False
    unfinished: bool = False
    stopped: bool = False
    tried: bool = True
    changed: tuple = ()
    printed: str = ""
    warned: tuple = ()


class BoundedText(io.StringIO):
    """Takes any amount of print, keeps the beginning; a function's ``close`` does not close it."""

    def close(self):
        """Stay open."""

    def write(self, text):
        """Keep what still fits, and say that all was written."""
        super().write(text[: max(0, CHARACTERS_SHOWN - self.tell())])
        return len(text)


def call(function, arguments, expected=None, deadline=None):
    """Call `function` on a copy of `arguments`; keep what came, was printed and was changed.

    Everything is caught, `SystemExit` too; `KeyboardInterrupt` alone passes: it is the user's.

    Parameters
    ----------
    function : callable
    arguments : tuple
        Left as they are: the function gets a deep copy.
    expected : object
        Kept in the run.
    deadline : float, optional
        When the time is over, by `time.monotonic`.

    Returns
    -------
    Run
    """
    run = Run(arguments, expected)
    given = copy.deepcopy(arguments)
    seconds = 1e6 if deadline is None else deadline - time.monotonic()
    if misfit := signature_misfit(function, given):
        run.error, run.misfit = misfit, True
        return run
    if seconds <= 0:
        run.error, run.stopped, run.tried = "not tried", True, False
        return run
    screen = BoundedText()
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", under="ignore"),
        redirect_stdout(screen),
        redirect_stderr(screen),
    ):
        warnings.simplefilter("default")
        try:
            run.got = kept(limited(function, given, seconds))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is this one
            own = own_frames(frames, function)
            run.error = short_traceback(error, own)
            run.stopped = is_a(error, TimeUp)
            run.unfinished = own[-1:] == frames[-1:] != [] and is_a(error, NotImplementedError)
    run.printed = screen.getvalue()
    run.warned = tuple(dict.fromkeys(map(warning_text, caught)))
    changed = [not unchanged(*pair) for pair in zip(arguments, given, strict=True)]
    if any(changed):
        names = argument_names(function, len(given))
        run.changed = tuple(itertools.compress(names, changed))
    return run


def is_a(value, *kinds):
    """`isinstance` by the true type: a value can lie about its ``__class__`` or fail there."""
    return issubclass(type(value), kinds)


def kept(value, depth=2):
    """A result that a later call cannot write into; a coroutine closed, as nobody awaits it."""
    if inspect.iscoroutine(value):
        value.close()
    if type(value) is np.ndarray and value.nbytes <= 10**7:
        return value.copy()
    if type(value) in (tuple, list) and len(value) <= 4 and depth > 0:
        return type(value)(kept(part, depth - 1) for part in value)
    return value


def warning_text(warning):
    """What a recorded warning says, if it can say it."""
    try:
        return f"{warning.category.__name__}: {warning.message}"
    except Exception:
        return warning.category.__name__


def signature_misfit(function, arguments):
    """The sentence for a function that does not take these arguments, or ``""``."""
    try:
        signature = inspect.signature(function)
    except Exception:
        return ""  # some functions written in C have none
    try:
        signature.bind(*arguments)
    except TypeError as error:
        count = f"{len(arguments)} argument" + "s" * (len(arguments) > 1)
        return f"It is called with {count}, but takes ({', '.join(signature.parameters)}): {error}."
    return ""


def argument_names(function, count):
    """Names for `count` arguments, from the function's parameters where it has them."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except Exception:
        parameters = ()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return tuple(names[:count]) + tuple(f"argument {k + 1}" for k in range(len(names), count))


def own_frames(frames, function):
    """The frames that are the student's: neither ours nor an installed library's."""
    code = code_of(function)
    home = code.co_filename if code else None
    library = (
        os.path.dirname(np.__file__),
        os.path.dirname(os.path.dirname(__file__)),
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        "<frozen ",
        "<__array_function__",
    )
    return [f for f in frames if f.filename == home or not f.filename.startswith(library)]


def short_traceback(error, frames):
    """The student's last three lines, then the error itself, or that it was stopped there."""
    lines = []
    for frame in frames[-3:]:
        source = f": {frame.line}" if frame.line else ""
        lines.append(f"line {frame.lineno}, in {frame.name}{source}")
    if is_a(error, TimeUp):
        said = "stopped: its time was over"
    else:
        form = traceback.TracebackException(type(error), error, None).format_exception_only
        said = "".join(form()).strip()
    return "\n".join([*lines, said if len(said) <= 400 else said[:399] + "…"])


def unchanged(before, after):
    """True when an argument still holds what it held: same shape, dtype and bytes."""
    if type(before) is not type(after):
        return False
    if is_a(before, np.ndarray) and not before.dtype.hasobject:
        return (before.shape, before.dtype, before.tobytes()) == (
            after.shape,
            after.dtype,
            after.tobytes(),
        )
    if is_a(before, list, tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if is_a(before, bool, int, float, complex, str, np.generic):
        return repr(before) == repr(after)
    return True


# Stubs

# What a body of a docstring and `...`, `pass`, `return None` or `raise NotImplementedError("why")`
# compiles to, in every Python from 3.11 on. Work of any kind needs another instruction.
STUB_INSTRUCTIONS = {
    *("RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "MAKE_CELL", "PUSH_NULL", "PRECALL", "CALL"),
    *("LOAD_CONST", "LOAD_GLOBAL", "RETURN_CONST", "RETURN_VALUE", "RAISE_VARARGS"),
}


def code_of(function):
    """The code object of a Python function, or None."""
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except Exception:  # it wraps itself, or its attributes fail
        return None
    return code if is_a(code, types.CodeType) else None


def is_stub(function):
    """True when all the code can do is return None or ``...``, or raise NotImplementedError."""
    code = code_of(function)
    if code is None:
        return False
    steps = list(dis.get_instructions(code))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    raises = any(step.opname == "RAISE_VARARGS" for step in steps)
    return (
        {step.opname for step in steps} <= STUB_INSTRUCTIONS
        and all(s.argval == "NotImplementedError" for s in steps if s.opname == "LOAD_GLOBAL")
        and (raises or constants[-1:] in ([None], [...]))
    )


def is_blank(value):
    """True for ``...``, alone or as every value of a tuple: a blank that was not filled."""
    return value is ... or (type(value) is tuple and bool(value) and all(v is ... for v in value))
