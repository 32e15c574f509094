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
import tracemalloc
import types
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import numpy as np

from softmax_lib.exercises.timer import TimeUp, limited
from softmax_lib.lessons.errors import meaning
from softmax_lib.words import shortened

__all__ = ["Attempt", "Elsewhere", "Run", "argument_names", "call", "is_a", "is_blank", "is_stub"]

CHARACTERS_SHOWN = 1000
# Where the code of a frame lies that is not the student's.
LIBRARY = (os.path.dirname(np.__file__), os.path.dirname(os.path.dirname(__file__)))
LIBRARY += (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
LIBRARY += ("<frozen ", "<__array_function__")


@dataclass
class Run:
    """One call: `error` is what it raised, as text, `stopped` says that its time was over."""

    arguments: tuple
    expected: object
    got: object = None
    error: str = ""
    meaning: str = ""
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


class Elsewhere:
    """A function that runs in another process: it has a `call` and a `peak` of its own."""


def call(function, arguments, expected=None, deadline=float("inf")):
    """Call `function` on a deep copy of `arguments`; keep what came, was printed and was changed.

    Everything is caught, `SystemExit` too; `KeyboardInterrupt` alone passes: it is the user's. The
    `deadline` is by `time.monotonic`.
    """
    if is_a(function, Elsewhere):
        return function.call(arguments, expected, deadline)
    run = Run(arguments, expected)
    given = copy.deepcopy(arguments)
    seconds = min(1e6, deadline - time.monotonic())
    signature = signature_of(function)
    try:
        signature.bind(*given)
    except TypeError as error:
        count = f"{len(given)} argument" + "s" * (len(given) > 1)
        takes = ", ".join(signature.parameters)
        run.error = f"It is called with {count}, but takes ({takes}): {error}."
        run.misfit = True
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
            own = [frame for frame in frames if not frame.filename.startswith(LIBRARY)]
            said = text_of(error)
            lines = [f"line {f.lineno}, in {f.name}" + f": {f.line}" * bool(f.line) for f in own]
            run.error = "\n".join([*lines[-3:], shortened(said, 400)])
            run.meaning = meaning(type(error), said)
            run.stopped = is_a(error, TimeUp)
            run.unfinished = own[-1:] == frames[-1:] != [] and is_a(error, NotImplementedError)
    run.printed = screen.getvalue()
    run.warned = tuple(dict.fromkeys(text_of(warning.message) for warning in caught))
    changed = [state(a) != state(b) for a, b in zip(arguments, given, strict=True)]
    run.changed = tuple(itertools.compress(argument_names(function, len(given)), changed))
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


def signature_of(function):
    """A function's signature; any arguments for those, mostly written in C, that have none."""
    try:
        return inspect.signature(function)
    except Exception:
        return inspect.signature(lambda *arguments: None)


def argument_names(function, count):
    """Names for `count` arguments, from the function's parameters where it has them."""
    parameters = signature_of(function).parameters.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return tuple(names[:count]) + tuple(f"argument {k + 1}" for k in range(len(names), count))


def state(value):
    """What an argument holds, so that a change in place can be told."""
    if is_a(value, np.ndarray) and not value.dtype.hasobject:
        return value.shape, value.dtype, value.tobytes()
    if is_a(value, list, tuple):
        return [state(part) for part in value]
    return repr(value) if is_a(value, bool, int, float, complex, str, np.generic) else None


def text_of(error):
    """An error or a warning as Python's last line shows it, or that it was stopped there."""
    if is_a(error, TimeUp):
        return "stopped: its time was over"
    said = traceback.TracebackException(type(error), error, None).format_exception_only()
    return "".join(said).strip()


# The code itself

# What a body of a docstring, `...`, `pass` or `return None` compiles to: work needs another.
STUB_INSTRUCTIONS = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}


def code_of(function):
    """The code object of a Python function, or None."""
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except Exception:  # it wraps itself, or its attributes fail
        return None
    return code if is_a(code, types.CodeType) else None


def is_stub(function):
    """True when all the code can do is return a constant, such as None."""
    code = code_of(function)
    if code is None:
        return False
    return {step.opname for step in dis.get_instructions(code)} <= STUB_INSTRUCTIONS


def is_blank(value):
    """True for ``...``, alone or as every value of a tuple: a blank that was not filled."""
    return value is ... or (type(value) is tuple and bool(value) and all(v is ... for v in value))


@dataclass
class Attempt:
    """What the conditions of a task look at: the function, and its runs on the task's cases."""

    function: object
    runs: list
    deadline: float = float("inf")

    @property
    def steps(self):
        """The instructions of the function's code and of the functions inside."""
        codes = [code for code in [code_of(self.function)] if code]
        for code in codes:
            codes += [const for const in code.co_consts if is_a(const, types.CodeType)]
        return [(code, step) for code in codes for step in dis.get_instructions(code)]

    @property
    def globals(self):
        """The global names that the code reads and their values, where it is of Python."""
        space = getattr(inspect.unwrap(self.function), "__globals__", {}) if self.steps else {}
        names = [step.argval for _, step in self.steps if step.opname == "LOAD_GLOBAL"]
        return {name: space[name] for name in names if name in space}

    @property
    def data(self):
        """The notebook's numbers and arrays that the code reads by their global names."""
        return tuple(n for n, v in self.globals.items() if is_a(v, int, float, np.ndarray))

    @property
    def loops(self):
        """How many loops stand in the code: as many as there are places to jump back to."""
        return len({(id(code), s.argval) for code, s in self.steps if "BACKWARD" in s.opname})

    def call(self, *arguments):
        """One call more."""
        return call(self.function, arguments, deadline=self.deadline)

    def peak(self, *arguments):
        """The bytes that one call holds at most beyond its arguments; None where it raises."""
        if is_a(self.function, Elsewhere):
            return self.function.peak(arguments, self.deadline)

        def traced(*given):
            tracemalloc.start()
            try:
                self.function(*given)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        return call(traced, arguments, deadline=self.deadline).got
