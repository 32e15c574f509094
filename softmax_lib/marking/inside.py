"""What runs in a student's kernel: it calls their function when asked, and judges nothing.

The notebook can change anything in here, as it can in all of its own kernel. All that it gains is
to choose what it answers, and an answer that is right is what was asked for.
"""

import importlib
import inspect
import json
import time
from pathlib import Path

from IPython import get_ipython

from softmax_lib import exercises
from softmax_lib.exercises import calls, engine
from softmax_lib.lessons.conditions import defaults, foreign, home
from softmax_lib.marking.wire import decode, encode

_found = {}  # task -> the student's function


def settle():
    """Make ready what the notebook meets.

    ``quit()`` and ``exit()`` end nothing: the kernel would go, and the notebook with it. Its own
    calls of ``check`` find blanks: judging is done outside, and once is enough.
    """
    get_ipython().ask_exit = lambda *_: None
    check = engine.check

    def blank(*arguments): ...

    exercises.check = engine.check = lambda number, *_, **__: check(number, blank)


def answer(folder):
    """Do what ``request.json`` asks, and write ``reply.json`` beside it."""
    request = json.loads(Path(folder, "request.json").read_text(encoding="utf-8"))
    reply = {"look": look, "call": call, "peak": peak}[request.pop("do")](**request)
    Path(folder, "reply.json").write_text(json.dumps(reply), encoding="utf-8")


def look(number, names):
    """The first of these names that is a function of the student's, described; or nothing."""
    for name in names:
        function = get_ipython().user_ns.get(name)
        module = str(getattr(function, "__module__", ""))
        if callable(function) and not module.startswith("softmax_lib"):
            _found[number] = function
            try:
                source = inspect.getsource(function)
            except Exception:  # made in another way than by a cell's text
                source = ""
            attempt = calls.Attempt(function, [])
            homes = {
                name: foreign(calls.Attempt(value, [])) or home(value)  # by a helper
                for name, value in attempt.globals.items()
            }
            count = len(engine.find_task(number).cases()[0])
            parameters = calls.argument_names(function, count)
            said = {"name": name, "source": source, "parameters": parameters}
            said["defaults"] = [home(value) for value in defaults(function)]
            return {**said, "homes": homes, "data": attempt.data}
    return {}


def call(number, arguments, seconds):
    """What one call did, as `softmax_lib.exercises.calls.call` records it."""
    deadline = time.monotonic() + seconds
    run = calls.call(_found[number], values(number, arguments), None, deadline)
    seen = {name: value for name, value in vars(run).items() if name not in ("arguments", "got")}
    return {**seen, "got": encode(run.got)}


def peak(number, arguments, seconds):
    """The bytes that one call holds at most."""
    attempt = calls.Attempt(_found[number], [], time.monotonic() + seconds)
    return {"peak": attempt.peak(*values(number, arguments))}


def values(number, arguments):
    """The arguments; a function among them comes out of the task's own cases, or of a lesson."""
    made = []
    for kind, *rest in arguments:
        if kind == "case":
            case, place = rest
            made.append(engine.find_task(number).cases()[case][place])
        elif kind == "named":
            made.append(getattr(importlib.import_module(rest[0]), rest[1]))
        else:
            made.append(decode([kind, *rest]))
    return tuple(made)
