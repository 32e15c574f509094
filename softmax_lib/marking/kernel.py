"""Runs one notebook and judges its answers: a process of its own for each.

The notebook runs in a kernel A. The verdicts are made here, in a process in which nothing of the
notebook's is ever executed: each call of a student's function is a question to A, and what comes
back is data. So what the notebook changes in `softmax_lib` changes no verdict.
"""

import ast
import contextlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import types
from pathlib import Path

from softmax_lib.exercises import calls, engine
from softmax_lib.marking import notes
from softmax_lib.marking.submissions import code_of, questions
from softmax_lib.marking.wire import decode, encode

__all__ = ["mark"]

INSIDE = "__import__('softmax_lib.marking.inside', fromlist=['inside'])."
SECONDS_PER_CHECK = 10.0  # of all calls of a task: a question to the kernel costs a few ms
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# What a reply may raise that is not what `inside` writes.
UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
UNREADABLE += (EOFError, MemoryError, RecursionError)
IMPORTS = (ast.Import, ast.ImportFrom)


class Lost(BaseException):
    """The kernel is gone, or its cell took too long: with the reason, as a student may read it."""


class Kernel:
    """A student's kernel, in an empty folder that goes with it."""

    def __init__(self, seconds_per_cell, deadline):
        self.seconds_per_cell, self.deadline = seconds_per_cell, deadline

    def __enter__(self):
        from nbclient import NotebookClient
        from nbformat.v4 import new_notebook

        class Quiet(NotebookClient):
            """Keeps errors alone of what cells show: a loop that prints would fill the memory."""

            def output(self, outs, message, display_id, cell_index):
                """Keep it, or not."""
                if message["msg_type"] == "error":
                    return super().output(outs, message, display_id, cell_index)
                return None

        self.open = contextlib.ExitStack()
        place = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.folder = Path(self.open.enter_context(place))
        (self.folder / "work").mkdir()
        self.client = Quiet(
            new_notebook(),
            kernel_name="python3",
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            shutdown_kernel="immediate",
            extra_arguments=["--HistoryManager.enabled=False"],
            resources={"metadata": {"path": str(self.folder / "work")}},
        )
        self.client.log.disabled = True  # its errors are our rows
        env = dict(os.environ, TQDM_DISABLE="1", IPYTHONDIR=str(self.folder / "ipython"))
        quiet = subprocess.DEVNULL
        self.open.enter_context(self.client.setup_kernel(env=env, stdout=quiet, stderr=quiet))
        self.run(INSIDE + "settle()")
        return self

    def __exit__(self, *reason):
        return self.open.__exit__(*reason)

    def run(self, source):
        """Run a cell; its error as (name, text, line of the cell), or None."""
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from nbformat.v4 import new_code_cell

        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Lost("The time of the notebook was over.")
        self.client.timeout = math.ceil(min(self.seconds_per_cell, left))  # whole seconds
        cell = new_code_cell(source)
        self.client.nb.cells.append(cell)
        try:
            self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
        except DeadKernelError:
            raise Lost("The kernel died in its cell.") from None
        except CellTimeoutError:
            raise Lost(f"Its cell took longer than {self.client.timeout:g} s.") from None
        return next((error_in(out) for out in cell.outputs if out.output_type == "error"), None)

    def ask(self, **request):
        """What the student's side replies."""
        (self.folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        reply = self.folder / "reply.json"
        reply.unlink(missing_ok=True)
        self.run(INSIDE + f"answer({str(self.folder)!r})")
        try:
            return dict(json.loads(reply.read_text(encoding="utf-8")))
        except UNREADABLE:
            raise Lost("Its kernel gave no answer that can be read.") from None


def error_in(output):
    """(name, text, line number in the cell or 0) of an error that a cell shows."""
    shown = ANSI.sub("", "\n".join(output.traceback))
    place = re.search(r"^\s*Cell In\[\d+\], line (\d+)", shown, re.MULTILINE)
    return output.ename, output.evalue, int(place[1]) if place else 0


class Remote(calls.Elsewhere):
    """A student's function, as the checker sees it: its text here, its calls in the kernel.

    What the checker reads of a function's code it reads from a twin, compiled of the same text and
    never called.
    """

    def __init__(self, kernel, task, seen):
        self.kernel, self.task, self.error = kernel, task, ""
        self.__name__ = str(seen["name"])
        self.cases = task.cases()
        names = [str(name) for name in seen["parameters"]]
        self.__wrapped__ = twin(str(seen["source"]), names)
        space = self.__wrapped__.__globals__
        for name, home in seen["homes"].items():
            space[str(name)] = types.SimpleNamespace(__module__=str(home))
        homes = map(str, seen["defaults"])
        self.__defaults__ = tuple(types.SimpleNamespace(__module__=home) for home in homes)
        space.update((str(name), 0.0) for name in seen["data"])

    def __call__(self, *arguments):
        """The value alone, for a condition that asks for one."""
        run = self.call(arguments, None, time.monotonic() + SECONDS_PER_CHECK)
        if run.error:
            raise RuntimeError(run.error)
        return run.got

    def call(self, arguments, expected, deadline):
        """One call, recorded in the kernel as `softmax_lib.exercises.calls.call` records it."""
        run = calls.Run(arguments, expected)
        seconds = min(1e6, deadline - time.monotonic())
        if seconds <= 0:
            run.error, run.stopped, run.tried = "not tried", True, False
            return run
        seen = self.ask("call", arguments, seconds)
        try:
            run.got = decode(seen["got"])
            for name in ("error", "meaning", "printed"):
                setattr(run, name, str(seen[name])[:2000])
            for name in ("misfit", "unfinished", "stopped"):
                setattr(run, name, bool(seen[name]))
            run.changed, run.warned = (tuple(map(str, seen[n])) for n in ("changed", "warned"))
        except UNREADABLE as error:
            raise Lost(f"Its kernel gave an answer that cannot be read: {error}.") from None
        self.error = self.error or run.error
        return run

    def peak(self, arguments, deadline):
        """The bytes that one call holds at most beyond its arguments; None where it raises."""
        found = self.ask("peak", arguments, max(0.0, deadline - time.monotonic())).get("peak")
        return found if isinstance(found, int) else None

    def ask(self, what, arguments, seconds):
        """Put the question to the kernel."""
        sent = [self.sent(k, value, arguments) for k, value in enumerate(arguments)]
        number = self.task.number
        return self.kernel.ask(do=what, number=number, arguments=sent, seconds=seconds)

    def sent(self, k, value, arguments):
        """One argument; a function by the place where the kernel has the same one."""
        if not callable(value):
            return encode(value)
        home = getattr(value, "__module__", "numpy")  # ufuncs of numpy 2.0 do not say
        if getattr(sys.modules.get(home), value.__name__, None) is value:
            return ["named", home, value.__name__]
        others = [encode(v) for j, v in enumerate(arguments) if j != k]
        for i, case in enumerate(self.cases):
            same_code = getattr(case[k], "__code__", 0) == getattr(value, "__code__", 1)
            if same_code and others == [encode(v) for j, v in enumerate(case) if j != k]:
                return ["case", i, k]
        return ["named", home, value.__qualname__]


def twin(source, parameters):
    """A function with the code of this text, never to be called; without one, its parameters."""
    with contextlib.suppress(Exception):
        source = textwrap.dedent(source)
        codes = [compile(source, "<cell>", "exec")]
        for code in codes:
            codes += [part for part in code.co_consts if isinstance(part, types.CodeType)]
        code = next(c for c in codes[1:] if not c.co_freevars)
        defaults = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.arguments)]
        function = types.FunctionType(code, {}, argdefs=(None,) * len(defaults[0].defaults))
        function.__kwdefaults__ = {a.arg: None for a in defaults[0].kwonlyargs}
        return function
    return eval(f"lambda {', '.join(n for n in parameters if n.isidentifier())}: 0", {})


# One notebook


def mark(data, stem, seconds_per_cell, seconds):
    """Run a notebook's cells and judge its answers: ``tasks``, a dict for each, and ``notes``.

    The `stem` of its file's name may say which lesson it is.
    """
    engine.SECONDS_PER_CHECK = SECONDS_PER_CHECK
    cells = code_of(data)
    wanted = questions(stem, cells)
    book = Book(cells, wanted, seconds)
    while (lost := book.run_once(seconds_per_cell)) is not None:
        at, reason = lost
        if at is None or at in book.lost or time.monotonic() >= book.deadline:
            book.over = True
            break
        book.lost[at] = reason
    tasks = {number: book.row(number) for number in wanted}
    return {"tasks": tasks, "notes": notes.on_notebook(cells, wanted, book.names) + book.said}


class Book:
    """A notebook that is run, and run again without what took its kernel away."""

    def __init__(self, cells, wanted, seconds):
        self.cells, self.wanted, self.seconds = cells, wanted, seconds
        self.deadline = time.monotonic() + seconds
        self.answers, self.names = {}, {}
        self.lost = {}  # cell or task -> why it is left out
        self.errors = {}  # cell -> (name, text, line number)
        self.said = []
        self.over = False

    def run_once(self, seconds_per_cell):
        """Run all that is not lost; (cell or task, reason) when that took the kernel away."""
        at = None
        try:
            with Kernel(seconds_per_cell, self.deadline) as kernel:
                for k, source in enumerate(self.cells):
                    at = k
                    if k not in self.lost and source.strip():
                        self.run_cell(kernel, k, source)
                    for at, (place, names) in self.wanted.items():
                        if place == k and at not in self.answers and at not in self.lost:
                            self.judge(kernel, at, names)
        except Lost as lost:
            return at, str(lost)
        return None

    def run_cell(self, kernel, k, source):
        """Run a cell; where an import fails, those after it are run all the same."""
        error = kernel.run(source)
        if error is None:
            return
        self.errors[k] = error
        with contextlib.suppress(SyntaxError):
            for node in ast.parse(source).body:
                if isinstance(node, IMPORTS) and node.lineno > error[2] > 0:
                    kernel.run(ast.unparse(node))
                if isinstance(node, IMPORTS) and node.lineno <= error[2] <= node.end_lineno:
                    said = f"In code cell {k + 1}, `{ast.unparse(node)}` failed: {shown(error)}."
                    self.said += [["", said]] if ["", said] not in self.said else []

    def judge(self, kernel, number, names):
        """Check a task's answer, if there is one."""
        task = engine.find_task(number)
        seen = kernel.ask(do="look", number=number, names=names)
        if not seen:
            return
        try:
            function = Remote(kernel, task, seen)
        except UNREADABLE as error:
            raise Lost(f"Its kernel gave an answer that cannot be read: {error}.") from None
        verdict = engine.check(number, function)
        self.names[number] = function.__name__
        self.answers[number] = {
            "verdict": verdict.state,
            "score": verdict.score,
            "share": verdict.share,
            "slips": [slug for slug in verdict.mistakes if slug != "not-attempted"],
            "text": str.__str__(verdict.message),
            "html": verdict.message.html,
            "fingerprint": notes.fingerprint(str(seen["source"]), task),
            **located(function.error),
        }

    def row(self, number):
        """What becomes of a task: its answer, or why there is none."""
        place, names = self.wanted[number]
        error = self.errors.get(place)
        answer = self.answers.get(number)
        if answer is not None:
            undefined = re.search(r"^NameError: name '(\w+)' is not defined", answer["error"])
            missing = undefined and undefined[1]
            for k in sorted({*self.errors, *(k for k in self.lost if isinstance(k, int))}):
                if k != place and missing in bound(self.cells[k]) and answer["slips"] == ["raised"]:
                    answer |= {"verdict": "set-up failed", "slips": [], **self.failure(k)}
                    break
            return answer
        row = {
            "verdict": "missing",
            "score": (0, 0),
            "share": 0.0,
            "slips": [],
            "error": "",
            "line": "",
        }
        if place in self.lost or number in self.lost or self.over:
            over = f"The notebook took longer than {self.seconds:g} s."
            reason = self.lost.get(number) or self.lost.get(place) or over
            return row | {"verdict": "not run", "error": reason}
        if error:
            kind = "syntax error" if error[0] in SYNTAX else "not run"
            return row | {"verdict": kind, **self.failure(place)}
        return row | {"error": f"There is no function {names[0]}."}

    def failure(self, k):
        """The error of a cell that stopped, or why it was left out, and the line."""
        if k not in self.errors:
            return {"error": self.lost[k], "line": f"code cell {k + 1}"}
        error = self.errors[k]
        lines = self.cells[k].splitlines()
        source = lines[error[2] - 1].strip()[:200] if 0 < error[2] <= len(lines) else ""
        return {"error": shown(error), "line": f"code cell {k + 1}, line {error[2]}: {source}"}


SYNTAX = ("SyntaxError", "IndentationError", "TabError")


def shown(error):
    """An error in a line."""
    text = re.sub(r" \(\d+\.py, line \d+\)$", "", " ".join(error[1].split()))
    return f"{error[0]}: {text[:300]}"


def located(error):
    """The error of a call and the student's line, out of what the checker kept of it."""
    lines = error.splitlines()
    frames = [line for line in lines if re.match(r"line \d+, in ", line)]
    rest = lines[len(frames) :]
    return {"error": rest[0] if rest else "", "line": frames[-1] if frames else ""}


def bound(source):
    """The names that a cell would have bound."""
    with contextlib.suppress(SyntaxError):
        tree = ast.parse(source)
        names = {
            n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store
        }
        for node in ast.walk(tree):
            if isinstance(node, IMPORTS):
                names |= {(a.asname or a.name).partition(".")[0] for a in node.names}
            names |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
        return names
    return set(re.findall(r"\w+", source))


def main():
    """Mark the notebook on standard input; the record goes into a file."""
    stem, record, seconds_per_cell, seconds = sys.argv[1:]
    marked = mark(sys.stdin.buffer.read(), stem, float(seconds_per_cell), float(seconds))
    Path(record).write_text(json.dumps(marked), encoding="utf-8")


if __name__ == "__main__":
    main()
