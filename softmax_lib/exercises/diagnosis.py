"""What a student's function did, and what that proves.

`diagnose` calls the function on every case of a task, compares, and keeps findings: slugs of the
catalogue that the answers prove, and the rows and sentences that show it. Nothing the function does
gets out of here, except the user's own interrupt.
"""

import copy
import dis
import inspect
import io
import itertools
import os
import sysconfig
import traceback
import types
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from softmax_lib.exercises.catalogue import MISTAKES
from softmax_lib.exercises.rewrites import rewritings
from softmax_lib.exercises.slips import BREAKING, Proof, fitted, plain_slips, prove
from softmax_lib.exercises.timer import TimeUp, watched

__all__ = ["Diagnosis", "Finding", "Run", "argument_names", "describe_argument", "diagnose"]

# By the bits of the narrowest float in inputs or answer. float32 carries 7 digits, of which scores
# of several thousand cost four; float16 carries 3.
RTOL_NARROW = {16: 2e-2, 32: 1e-3}
# Where the right answer is exactly 0, rounding is all that may come.
ATOL_AT_ZERO = 1e-12

ROWS_SHOWN = 6
CHARACTERS_SHOWN = 1000


@dataclass
class Run:
    """One call of the student's function: what went in, what came, what was seen on the way."""

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


@dataclass
class Finding:
    """What one run shows: proven slugs, rows (name, expected, got), sentences. Empty: right."""

    slugs: tuple = ()
    rows: tuple = ()
    notes: tuple = ()

    @property
    def right(self):
        """True when nothing speaks against the answer."""
        return not (self.slugs or self.rows or self.notes)

    def __add__(self, other):
        """Everything that either shows."""
        return Finding(
            self.slugs + tuple(slug for slug in other.slugs if slug not in self.slugs),
            self.rows + other.rows,
            self.notes + tuple(note for note in other.notes if note not in self.notes),
        )


@dataclass
class Diagnosis:
    """The runs, a finding for each, and what only all runs together show."""

    runs: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    overall: Finding = field(default_factory=Finding)
    attempted: bool = True
    evidence: tuple = ()
    keeps_state: bool = False

    @property
    def passed(self):
        """True when every run was right."""
        return self.attempted and self.overall.right and all(found.right for found in self.findings)

    @property
    def mistakes(self):
        """The slugs proven by any run, in the catalogue's order."""
        if not self.attempted:
            return ("not-attempted",)
        proven = {slug for found in [*self.findings, self.overall] for slug in found.slugs}
        return tuple(slug for slug in MISTAKES if slug in proven)


def diagnose(task, function):
    """Run `function` on every case of `task` and say what that proves.

    Parameters
    ----------
    task : softmax_lib.lessons.Task
    function : callable
        The student's.

    Returns
    -------
    Diagnosis
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # of ours; `call` sets its own
        warnings.simplefilter("ignore")
        runs = [
            call(function, arguments, task.solution(*copy.deepcopy(arguments)))
            for arguments in task.cases()
        ]
        empty = is_stub(function)
        if all(run.unfinished or is_blank(run.got) or (empty and run.got is None) for run in runs):
            return Diagnosis(attempted=False)
        order = exchanged_order(task, runs)
        findings = [judge(task, run, order) for run in runs]
        if not all("transposed" in found.slugs or found.right for found in findings):
            findings = [without_transposed(found) for found in findings]
        overall, keeps_state = Finding(), False
        if findings[0].right:
            again = call(function, runs[0].arguments, runs[0].expected)
            if not is_cut_short(again) and not judge(task, again, order).right:
                note = (
                    "Called again with the inputs of case 1, it gives another answer than before."
                )
                overall, keeps_state = Finding(notes=(note,)), True
        proof = Proof()
        if not all(found.right for found in findings) and worth_asking(runs):
            try:
                proof = proven(task, function, runs, order)
                shown = [shown_at(proof, *pair) for pair in zip(runs, findings, strict=True)]
            except Exception:  # values that fail whatever they are asked prove nothing more
                proof, shown = Proof(), findings
            findings = shown
            overall += Finding(proof.slugs, notes=proof.notes)
        evidence = (*([note] if keeps_state else []), *proof.evidence)
        return Diagnosis(runs, findings, overall, evidence=evidence, keeps_state=keeps_state)


def worth_asking(runs):
    """Whether the function answers at all, and with answers small enough to ask for many more."""
    try:
        small = all(leaves(run.got, 10**5) is not None for run in runs)
    except Exception:  # a list that does not tell its length
        return False
    return small and not all(run.error for run in runs) and not any(run.stopped for run in runs)


def exchanged_order(task, runs):
    """The order that turns every tuple that came into the right one, or None.

    One run proves nothing: small whole numbers agree by luck. So the same order must do for all.
    """
    runs = [run for run in runs if not run.error]
    if len(runs) < 2 or not all(
        is_a(run.expected, tuple)
        and type(run.got) in (tuple, list)
        and len(run.got) == len(run.expected) == len(runs[0].expected) <= 4
        and (len(run.expected) > 2 or not all(is_a(v, bool, np.bool_) for v in run.expected))
        for run in runs
    ):
        return None

    def right(run, values):
        return judged(task, run, values).right

    if all(right(run, run.got) for run in runs):
        return None
    for order in itertools.permutations(range(len(runs[0].expected))):
        if all(right(run, [run.got[k] for k in order]) for run in runs):
            return order
    for kinds in (kinds_by_shape, kinds_by_size):
        if len(runs[0].expected) == 2 and all(
            kinds(run.got) == kinds(run.expected)[::-1] != kinds(run.expected) for run in runs
        ):
            return (1, 0)
    return None


def kinds_by_shape(values):
    """What tells the values of a tuple apart without looking at the numbers: text, or the shape."""
    arrays = [as_array(value, limit=10**6) for value in values]
    return [
        "text" if is_a(value, str) else "other" if array is None else array.shape
        for value, array in zip(values, arrays, strict=True)
    ]


def kinds_by_size(values):
    """The same for values that have a wrong shape besides: how many numbers there are."""
    return [
        kind if isinstance(kind, str) else int(np.prod(kind)) for kind in kinds_by_shape(values)
    ]


def proven(task, function, runs, order):
    """What the numbers of a wrong answer prove, on the cases and on inputs of our own."""
    if any(run.misfit or is_cut_short(run) for run in runs):
        return Proof()
    pairs = [
        (values_of(task, run.expected), values_of(task, run.got, order))
        for run in runs
        if not run.error
    ]
    pairs = [pair for pair in pairs if None not in pair]
    proof = plain_slips(task.returns, pairs, task.rtol) if len(pairs) == len(runs) else Proof()
    in_time = True

    def answer(arguments):
        nonlocal in_time
        run = call(function, arguments)
        in_time = in_time and not is_cut_short(run)
        return None if run.error else values_of(task, run.got, order)

    found = prove(task, answer)
    if not in_time:
        return proof
    if found.evidence:  # more precise
        proof = replace(proof, evidence=())
    proof += found
    return proof if proof.slugs else proof + rewritten_slips(task, runs, order)


def rewritten_slips(task, runs, order):
    """Proof of the slip of the solution's rewritings that give all that came; none if they differ.

    What came may be transposed throughout, a second slip, or in a shape of its own.

    A yes or no is right by luck: it proves something only where both come instead of the other.
    """
    if any(run.error for run in runs):
        return Proof()
    proofs = set()
    for slug, function in rewritings(task.solution):
        missed, ways = set(), set()
        try:
            for run in runs:
                turned = function(*copy.deepcopy(run.arguments))
                ways.add(came_as(task, replace(run, expected=turned), order))
                if None in ways or len(ways) > 1:
                    break
                pairs = list(zip(parts(run.expected), parts(turned), strict=True))
                if not all(np.isfinite(came).all() for _, came in pairs):
                    break  # many slips break: no proof of this one
                for right, came in pairs:
                    yes_or_no = right.dtype == bool and right.shape == came.shape
                    missed |= set(right[right != came].tolist()) if yes_or_no else {True, False}
            else:
                if len(missed) == 2:
                    proofs.add((slug, *ways))
        except Exception:  # a rewriting that fails
            continue
    if len(proofs) != 1:
        return Proof()
    slug, way = proofs.pop()
    return Proof((slug, *["transposed"] * (way == "transposed")), whole=way == "as asked")


def came_as(task, run, order):
    """How a result is right: as asked, transposed, reshaped; None if it is not."""
    got = run.got if order is None else [run.got[k] for k in order]
    if judged(task, run, got).right:
        return "as asked"
    values = zip(values_of(task, run.got, order) or (), parts(run.expected), strict=False)
    fits = [fitted(value, right.shape) for value, right in values]
    got = [value for value, _ in fits]
    if not judged(task, run, got[0] if len(got) == 1 else got).right:
        return None
    return "transposed" if any(transposed for _, transposed in fits) else "reshaped"


def parts(values):
    """What a solution returned, as arrays."""
    return [np.asarray(value) for value in (values if is_a(values, tuple) else (values,))]


def is_cut_short(run):
    """True for a call that ended, or never began, because the time was over."""
    return run.stopped or not run.tried


def values_of(task, got, order=None):
    """What came as a list of arrays, one a name; None for each that is no array of numbers."""
    values = got if len(task.returns) > 1 else [got]
    if len(task.returns) > 1 and not (
        type(values) in (tuple, list) and len(values) == len(task.returns)
    ):
        return None
    if order is not None:
        values = [values[k] for k in order]
    return [real_array(value) for value in values]


def real_array(value):
    """Real numbers as an array of floats, also when they came as complex ones or objects."""
    array = as_array(value, limit=10_000)
    if array is None or array.size > 10_000:
        return None
    if array.dtype.kind == "c":
        return array.real if not array.imag.any() else None
    return array if array.dtype.kind == "f" else array.astype(float)


def shown_at(proof, run, found):
    """The finding of one run, with the proven slips that it shows.

    A slip that breaks large scores shows where the answer is not finite, the others elsewhere.
    """
    if found.right:
        return found
    arrays = [as_array(v, 10**6) for v in (run.got if type(run.got) is tuple else [run.got])]
    broken = bool(run.error) or any(
        a is not None and a.dtype.kind in "fc" and not np.isfinite(a).all() for a in arrays
    )
    slugs = [slug for slug in proof.slugs if (slug in BREAKING) == broken]
    turned = "transposed" in proof.slugs and all(turned_shape(row) for row in found.rows)
    if turned or proof.whole:
        found = replace(found, slugs=tuple(s for s in found.slugs if s != "wrong-shape"))
    return found + Finding(tuple(slugs))


def turned_shape(row):
    """Whether a row on a shape says no more than that the result is transposed."""
    name, expected, got = row
    return not name.endswith(": shape") or expected.strip("()").split(", ")[::-1] == got.strip(
        "()"
    ).split(", ")


def without_transposed(found):
    """The finding less its claim, which another run does not bear out."""
    if "transposed" not in found.slugs:
        return found
    slugs = tuple(slug for slug in found.slugs if slug != "transposed")
    if any("shape" in name for name, *_ in found.rows):
        slugs = ("wrong-shape", *slugs)
    return Finding(slugs, found.rows, found.notes)


# Calling


class BoundedText(io.StringIO):
    """Takes any amount of print, keeps the beginning; a function's ``close`` does not close it."""

    def close(self):
        """Stay open."""

    def write(self, text):
        """Keep what still fits, and say that all was written."""
        super().write(text[: max(0, CHARACTERS_SHOWN - self.tell())])
        return len(text)


def call(function, arguments, expected=None):
    """Call `function` on a copy of `arguments`; keep what came, was printed and was changed.

    Everything is caught, `SystemExit` too; `KeyboardInterrupt` alone passes: it is the user's.

    Parameters
    ----------
    function : callable
    arguments : tuple
        Left as they are: the function gets a deep copy.
    expected : object
        Kept in the run.

    Returns
    -------
    Run
    """
    run = Run(arguments, expected)
    given = copy.deepcopy(arguments)
    misfit = signature_misfit(function, given)
    if misfit:
        run.error, run.misfit = misfit, True
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
            run.got = kept(watched(function, *given))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is this one
            own = own_frames(frames, function)
            run.error = short_traceback(error, own)
            run.stopped = is_a(error, TimeUp)
            run.tried = not run.stopped or error.called
            own_raise = own[-1:] == frames[-1:] != []
            run.unfinished = own_raise and is_a(error, NotImplementedError)
    run.printed = screen.getvalue()
    run.warned = tuple(dict.fromkeys(map(warning_text, caught)))
    changed = [not unchanged(*pair) for pair in zip(arguments, given, strict=True)]
    if any(changed):
        names = argument_names(function, len(given))
        run.changed = tuple(itertools.compress(names, changed))
    return run


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
        said = f"stopped after {error.seconds:g} s"
    else:
        form = traceback.TracebackException(type(error), error, None).format_exception_only
        said = "".join(form()).strip()
    return "\n".join([*lines, shortened(said, 400)])


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


# Comparing


def is_a(value, *kinds):
    """`isinstance` by the true type: a value can lie about its ``__class__`` or fail there."""
    return issubclass(type(value), kinds)


# Comparing


def judge(task, run, order=None):
    """What one run shows: the error, or the answer beside the expected one; and changed inputs."""
    if run.error:
        found = Finding(("raised",))
    elif order is None:
        found = judged(task, run, run.got)
    else:
        note = f"The values came in another order than ({', '.join(task.returns)})."
        note = note if task.returns else "The values came in another order."
        found = Finding(("swapped-return",), notes=(note,))
        found += judged(task, run, [run.got[k] for k in order])
    if run.changed:
        names = " and ".join(run.changed)
        note = f"The call changed its input {names}, which its caller still needs."
        found += Finding(("mutates-input",), notes=(note,))
    return found


def judged(task, run, got):
    """What `got` shows beside the run's right answer.

    Inputs in float32 leave even float64 arithmetic free to round to their digits. An object whose
    own methods fail is of the wrong kind.
    """
    task = replace(task, rtol=max(task.rtol, narrow_rtol(run.arguments)))
    try:
        return compare(task, task.returns, run.expected, got)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return wrong_kind("returned", run.expected, got, task.returns)


def compare(task, names, expected, got):
    """Compare by the kind of the expected value."""
    name = names[0] if len(names) == 1 else "result"
    if is_a(expected, tuple):
        return compare_tuple(task, names, expected, got)
    if is_a(expected, str):
        return compare_text(name, expected, got)
    return compare_numbers(task, name, np.asarray(expected), got)


def compare_tuple(task, names, expected, got):
    """Compare value by value; a tuple that is one value, such as a shape, also as a whole."""
    one_value = len(task.returns) == 1 and type(got) in (tuple, list)
    if one_value and len(got) != len(expected) and all(is_a(part, int) for part in got):
        return Finding(rows=((names[0], str(expected), shortened(str(tuple(got)), 60)),))
    if len(names) != len(expected):
        whole = names[0] if len(names) == 1 else "result"
        names = tuple(f"{whole}[{k}]" for k in range(len(expected)))
    row_of_numbers = is_a(got, np.ndarray) and got.ndim == 1
    if not (is_a(got, list, tuple) or row_of_numbers) or len(got) != len(expected):
        return wrong_kind("returned", expected, got, names)
    found = Finding()
    for name, right, came in zip(names, expected, got, strict=True):
        found += compare(task, (name,), right, came)
    return found


def compare_text(name, expected, got):
    """Compare texts; blanks and capitals do not count."""
    if not is_a(got, str):
        return wrong_kind(name, expected, got)
    if "".join(str(got).split()).casefold() == "".join(expected.split()).casefold():
        return Finding()
    return Finding(rows=((name, repr(expected), shortened(repr(str(got)), 60)),))


def compare_numbers(task, name, expected, got):
    """Compare a number or an array: kind, shape, dtype, then values by norm."""
    array = as_array(got, limit=10 * expected.size + 1000)
    if array is None:
        return wrong_kind(name, expected, got)
    found = wrong_dtype(name, expected, array, strict=is_a(got, np.ndarray))
    if array.shape != expected.shape:
        row = (f"{name}: shape", str(expected.shape), str(array.shape))
        found = Finding(("wrong-shape",), rows=(row,)) + found
    if "wrong-dtype" in found.slugs:
        return found
    if array.shape == expected.shape and close(task, expected, array):
        return found
    if expected.dtype.kind == "b" and not np.isin(array, (0, 1)).all():
        return wrong_kind(name, expected, got)
    turned = expected.ndim == 2 and array.shape == expected.shape[::-1] != (1, 1)
    if turned and close(task, expected, array.T):
        rows = found.rows or entry_rows(task, name, expected, array).rows
        return Finding(("transposed",), rows, ("Transposed, your result would be right.",))
    if array.shape != expected.shape:
        if array.size == expected.size and close(task, expected, array.reshape(expected.shape)):
            found += Finding(notes=("The numbers are right; the shape is not.",))
        return found
    return entry_rows(task, name, expected, array)


def wrong_kind(name, expected, got, names=()):
    """A finding for a value that is not of the kind asked for."""
    return Finding(("wrong-return",), rows=((name, describe(expected, names), describe(got)),))


def as_array(got, limit):
    """`got` as a plain array; None when it is no number, array or list of up to `limit` numbers."""
    if is_a(got, np.ndarray):
        return np.asarray(got)
    if is_a(got, Fraction, Decimal):
        return np.asarray(float(got))
    if is_a(got, list, tuple):
        if leaves(got, limit) is None:
            return None
    elif not is_a(got, bool, int, float, complex, np.generic) and not hasattr(
        type(got), "__array__"
    ):
        return None
    try:
        array = np.asarray(got)
    except Exception:  # ragged lists; an __array__ that fails
        return None
    return array if array.dtype.kind in "biufc" else None


def leaves(nested, limit, depth=0):
    """How many numbers stand in nested lists; None when there are more than `limit` or no end."""
    if not is_a(nested, list, tuple):
        size = nested.size if is_a(nested, np.ndarray) else 1
        return size if size <= limit else None
    if depth > 8 or len(nested) > limit:
        return None
    total = 0
    for part in nested:
        count = leaves(part, limit, depth + 1)
        if count is None or (total := total + count) > limit:
            return None
    return total


def wrong_dtype(name, expected, array, strict):
    """A finding for a dtype that cannot hold the right answer, or that means something else.

    Numbers and lists count by their values. Arrays (`strict`) of integers or of truth values serve
    as indices, where floats fail and 0/1 means something else than False/True: there the kind must
    be right.
    """
    want, came = expected.dtype.kind.replace("u", "i"), array.dtype.kind.replace("u", "i")
    strict = strict and expected.ndim > 0
    why = ""
    if came not in "bifc":
        why = "these are not numbers"
    elif came == "c" and want != "c":
        why = "nothing here is complex"
    elif want == "c" and came != "c" and (expected.imag != 0).any():
        why = "the imaginary part is missing"
    elif want in "bi" and came != want and strict:
        why = {"b": "True and False are asked for", "i": "whole numbers are asked for"}[want]
    elif want == "f" and came in "bi" and strict and not whole(expected):
        why = "it drops everything after the point"
    elif array.dtype == np.float16 != expected.dtype:
        why = "it keeps three digits"
    if not why:
        return Finding()
    row = (f"{name}: dtype", str(expected.dtype), str(array.dtype))
    return Finding(("wrong-dtype",), (row,), (f"The dtype of {name} is {array.dtype}: {why}.",))


def whole(array):
    """True when every entry is a whole number."""
    return bool((np.isfinite(array) & (array == np.trunc(array))).all())


def close(task, expected, array):
    """True when infinities and NaNs stand in the same places and the rest agrees by norm.

    Real and imaginary parts are held to their own norms: in a complex step the imaginary part is
    the derivative, and twenty orders of magnitude smaller.
    """
    if {expected.dtype.kind, array.dtype.kind} <= set("biu"):
        return bool(np.array_equal(expected, array))
    if "c" in (expected.dtype.kind, array.dtype.kind):
        return close(task, expected.real, array.real) and close(task, expected.imag, array.imag)
    right, came = widened(expected), widened(array)
    special = ~(np.isfinite(right) & np.isfinite(came))
    if not np.array_equal(right[special], came[special], equal_nan=True):
        return False
    right, came = right[~special], came[~special]
    # Divided by the largest entry first, so that no square overflows or underflows.
    scale = max(largest(right), largest(came))
    if scale == 0:
        return True
    size = np.linalg.norm(right / scale)
    bound = tolerance(task, expected, array) * size
    bound += max(task.atol, ATOL_AT_ZERO if size == 0 else 0.0) / scale
    return bool(np.linalg.norm(right / scale - came / scale) <= bound)


def widened(array):
    """The array in float64, or as it is when wider."""
    return array.astype(np.result_type(array, np.float64))


def largest(array):
    """The largest absolute value, 0 for an empty array."""
    return float(np.max(np.abs(array), initial=0.0))


def tolerance(task, expected, array):
    """The task's rtol, or what the narrower of the two dtypes can reach."""
    return max(task.rtol, narrow_rtol((expected, array)))


def narrow_rtol(values):
    """What the narrowest float among some values can reach; 0 when all are float64 or no floats."""
    dtypes = [value.dtype for value in values if is_a(value, np.ndarray, np.generic)]
    bits = [np.finfo(dtype).bits for dtype in dtypes if dtype.kind in "fc"]
    return RTOL_NARROW.get(min(bits, default=64), 0.0)


def entry_rows(task, name, expected, array):
    """The first entries that differ, expected against got, and how many there are."""
    if expected.ndim == 0:
        return Finding(rows=((name, *distinct(expected[()], array[()])),))
    where = np.argwhere(differing(task, expected, array))
    rows = tuple(
        (f"{name}[{', '.join(map(str, at))}]", *distinct(expected[tuple(at)], array[tuple(at)]))
        for at in where[:ROWS_SHOWN]
    )
    return Finding(rows=rows, notes=(f"{len(where)} of {expected.size} entries of {name} differ.",))


def differing(task, expected, array):
    """Which entries are further off than an entry's share of the bound on the norm."""
    if "c" in (expected.dtype.kind, array.dtype.kind):
        return differing(task, expected.real, array.real) | differing(
            task, expected.imag, array.imag
        )
    right, came = widened(expected), widened(array)
    finite = np.isfinite(right) & np.isfinite(came)
    differ = (right != came) & ~(np.isnan(right) & np.isnan(came))
    scale = max(largest(right[finite]), largest(came[finite]))
    if scale > 0:
        size = np.linalg.norm(right[finite] / scale)
        share = tolerance(task, expected, array) * size + task.atol / scale
        share /= np.sqrt(finite.sum())
        differ[finite] = np.abs(right[finite] / scale - came[finite] / scale) > share
    return differ


def distinct(expected, got):
    """Both numbers with 6 digits, or with as many as tell them apart."""
    for digits in (6, 9, 12, 17):
        texts = number(expected, digits), number(got, digits)
        if texts[0] != texts[1]:
            break
    return texts


def number(value, digits=6):
    """A number as text."""
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return str(value)
    return f"{value + 0.0:.{digits}g}"  # no minus before a zero


# Describing


def describe(value, names=()):
    """A value in a few words; none of the value's own methods is trusted.

    Parameters
    ----------
    value : object
    names : tuple of str
        Names for the values of a tuple.

    Returns
    -------
    str

    Examples
    --------
    >>> describe((0.5, np.zeros((5, 3))), ("loss", "dW"))
    'a tuple of 2 values: loss, a number; dW, an array of shape (5, 3)'
    >>> describe(None), describe(i for i in range(3))
    ('None', 'a generator')
    """
    kind = type(value)
    if value is None or value is ... or kind is bool:
        return repr(value)
    if issubclass(kind, np.ndarray):
        value = np.asarray(value)
        if value.dtype.kind not in "biufc":
            return f"an array of shape {value.shape} and dtype {value.dtype}"
        return f"an array of shape {value.shape}" if value.ndim else describe(value[()])
    if issubclass(kind, np.bool_):
        return repr(bool(value))
    if issubclass(kind, int | float | complex | np.number):
        return "a number"
    if issubclass(kind, str):
        return f"the text {shortened(repr(str(value)), 40)}"
    if kind in (tuple, list):
        said = f"a {kind.__name__} of {len(value)} value{'' if len(value) == 1 else 's'}"
        if 0 < len(value) <= 4 and not any(type(part) in (tuple, list) for part in value):
            parts = [describe(part) for part in value]
            if len(names) == len(parts):
                parts = [f"{name}, {part}" for name, part in zip(names, parts, strict=True)]
            said += ": " + "; ".join(parts)
        return said
    if issubclass(kind, type(i for i in ())):
        return "a generator"
    if issubclass(kind, type(describe) | type(len)):
        return "a function"
    return f"an object of type {kind.__name__}"


def describe_argument(name, value):
    """One argument of a case: small ones in full, arrays by shape, dtype and range.

    Parameters
    ----------
    name : str
    value : object

    Returns
    -------
    str

    Examples
    --------
    >>> describe_argument("S", np.array([[1000.0, -2.5]]))
    'S = [[1000, -2.5]]'
    >>> describe_argument("X", np.zeros((7, 4), np.float32))
    'X: float32, shape (7, 4), from 0 to 0'
    >>> describe_argument("f", np.sin), describe_argument("f", lambda x: x)
    ('f = sin', 'f: a function')
    """
    if isinstance(value, np.ndarray):
        if value.size <= 8:
            said = f"{name} = {nested(value.tolist())}"
            return said if value.dtype in (float, int) else f"{said} in {value.dtype}"
        said = f"{name}: {value.dtype}, shape {value.shape}"
        if value.dtype.kind in "iuf":
            said += f", from {number(value.min(), 3)} to {number(value.max(), 3)}"
        return said
    if isinstance(value, bool | int | float | complex | np.number):
        return f"{name} = {number(value)}"
    if isinstance(value, str | tuple | list):
        return f"{name} = {shortened(repr(value), 80)}"
    title = getattr(value, "__name__", "").lstrip("_")
    if title.isidentifier():  # a type, or a function that has a name
        return f"{name} = {title}"
    return f"{name}: {describe(value)}"


def nested(values):
    """Nested lists of numbers as text, four digits each."""
    if isinstance(values, list):
        return "[" + ", ".join(map(nested, values)) + "]"
    return number(values, 4)


def shortened(text, length):
    """The text, cut at `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
