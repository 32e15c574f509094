"""Student code that is hostile by accident: endless, stubborn, noisy, forgetful, enormous.

`check` must come back with a verdict that teaches, and leave the session as it found it; only the
user's own interrupt gets out.
"""

import functools
import os
import queue
import signal
import sys
import threading
import unittest.mock
import warnings

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from reading import flat, seen

from softmax_lib import exercises, lessons
from softmax_lib.exercises import engine, timer

NUMBERS = [task.number for k in range(len(lessons.LESSONS)) for task in engine.lesson_tasks(k)]


def right(X, W):
    """Exercise 1.1, done."""
    return X @ W


@pytest.fixture(autouse=True)
def little_patience(session, monkeypatch):
    monkeypatch.setattr(engine, "SECONDS_PER_CHECK", 1.0)


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    """Every check puts back what it borrowed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `&` has it ignored
    numbers = [signal.SIGINT, timer.SIGNAL]
    before = [signal.getsignal(number) for number in numbers]
    screens = sys.stdout, sys.stderr
    yield
    assert [signal.getsignal(number) for number in numbers] == before
    assert (sys.stdout, sys.stderr) == screens


# What does not come back


def endless(X, W):
    while True:
        X = X + 0


def careful(X, W):
    while True:
        try:
            X = X + 0
        except Exception:
            X = W


def stubborn(X, W):
    while True:
        try:
            X = X + 0
        except:  # noqa: E722
            X = W


def waiting(X, W):
    threading.Event().wait()


# Windows wakes nobody who waits for a thread.
WAITING = [waiting] if hasattr(signal, "pthread_kill") else []


@pytest.mark.parametrize("function", [endless, careful, stubborn, *WAITING])
def test_what_does_not_come_back_is_stopped(function):
    verdict = exercises.check("1.1", function)
    text = repr(verdict)
    assert verdict.mistakes == ("raised",)
    assert "It did not come to its end:" in text
    assert f"in {function.__name__}: " in text
    assert "its time was over" in text
    assert "so 4 of the cases were not tried" in text
    assert "when does it end?" in text
    assert "stopped" in verdict.explain()
    assert exercises.check("1.1", right).passed


def test_an_error_of_ones_own_is_not_called_endless():
    verdict = exercises.check("1.1", lambda X, W: X @ W.T)
    assert engine.ENDLESS not in verdict.explain()
    assert "not tried" not in repr(verdict)
    assert "It stopped with an error:" in repr(verdict)


def test_a_case_that_does_not_end_does_not_hide_those_that_did():
    def second(X, W):
        return endless(X, W) if X.shape == exercises.case("1.1", 3)[0].shape else X @ W

    text = repr(exercises.check("1.1", second))
    assert "Right on 2 of 5 cases" in text
    assert "Case 3" in text
    assert "so 2 of the cases were not tried" in text


def test_a_check_inside_a_check_ends_with_the_outer_one():
    inner = []

    def checks_itself(X, W):
        inner.append(exercises.check("1.1", right).passed)
        return endless(X, W)

    assert "its time was over" in repr(exercises.check("1.1", checks_itself))
    assert inner == [True]


def test_where_there_are_no_threads_there_is_no_limit(monkeypatch):
    def no_threads(self):
        raise RuntimeError("can't start new thread")

    def lasting(X, W):
        handlers.append(signal.getsignal(signal.SIGINT))
        return X @ W

    handlers = []
    monkeypatch.setattr(threading.Thread, "start", no_threads)
    before = signal.getsignal(signal.SIGINT)
    assert exercises.check("1.1", lasting).passed
    assert set(handlers) == {before}


def test_outside_the_main_thread_there_is_no_limit():
    verdicts = queue.Queue()
    thread = threading.Thread(target=lambda: verdicts.put(exercises.check("1.1", right)))
    thread.start()
    assert verdicts.get(timeout=60).passed
    thread.join(60)


# The user's own interrupt


def test_it_is_said_that_nothing_stops_a_function(monkeypatch, capfd):
    """Catches a cell that runs on for ever without a word."""
    monkeypatch.setattr(timer, "PAUSE", 0.001)

    def stubborn(X, W):
        for _ in range(300):
            try:
                while True:
                    pass
            except BaseException:
                X = X + 0
        return X @ W

    text = repr(exercises.check("1.1", stubborn))
    assert "It did not come to its end:" not in text  # case 1 did, and case 2 was not begun
    said = "Your function catches whatever would stop it: interrupt the kernel, or restart it.\n"
    assert capfd.readouterr().err == said


def test_the_users_interrupt_stops_the_cell(capsys):
    def pressed(X, W):
        print("started")
        signal.raise_signal(signal.SIGINT)
        return X @ W

    with pytest.raises(KeyboardInterrupt):
        exercises.check("1.1", pressed)
    print("after")
    assert capsys.readouterr().out == "after\n"
    assert exercises.check("1.1", right).passed


# In a kernel, where the series is read


@pytest.fixture(scope="module")
def kernel():
    """A kernel with the library imported, and little patience."""
    manager, client = start_new_kernel(startup_timeout=120)
    try:
        run(client, "from softmax_lib import exercises\nfrom softmax_lib.exercises import engine")
        run(client, "engine.SECONDS_PER_CHECK = 1.0")
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, code, on_display=None):
    """(reply's status, error's name, all texts shown) of a cell."""
    texts = []

    def hear(message):
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            texts.append("\n".join(content["traceback"]))
        elif kind in ("stream", "execute_result", "display_data"):
            texts.append(content.get("text") or content["data"]["text/plain"])
        if kind == "display_data" and on_display:
            on_display()

    # After an error a kernel aborts what comes in at once, unless it is told not to.
    options = {"stop_on_error": False, "timeout": 120, "output_hook": hear}
    reply = client.execute_interactive(code, **options)["content"]
    return reply["status"], reply.get("ename", ""), "\n".join(texts)


ENDLESS = """
def scores(X, W):
    display("running")
    while True:
        try:
            X = X + 0
        except Exception:
            pass
{before}display(exercises.check("1.1", scores))
print("went", "on")
"""


@pytest.mark.parametrize("before", ["", "async def moment(): pass\nawait moment()\n"])
def test_in_a_kernel_an_endless_loop_is_stopped_and_the_kernel_stays_usable(kernel, before):
    """The second cell awaits, so that the kernel handles interrupts in its other way."""
    _, client = kernel
    status, _, text = run(client, ENDLESS.format(before=before))
    assert status == "ok"
    assert "its time was over" in text
    assert "in scores: " in text
    assert run(client, "6 * 7") == ("ok", "", "42")
    assert "right, on all 5 cases" in run(client, 'exercises.check("1.1", lambda X, W: X @ W)')[2]


def test_in_a_kernel_the_users_interrupt_stops_the_cell(kernel):
    manager, client = kernel
    patient = ENDLESS.format(before="engine.SECONDS_PER_CHECK = 600\n")
    status, error, text = run(client, patient, on_display=manager.interrupt_kernel)
    assert (status, error) == ("error", "KeyboardInterrupt")
    assert "went on" not in text
    assert run(client, "engine.SECONDS_PER_CHECK = 1.0\n6 * 7") == ("ok", "", "42")


# What breaks, whatever it is asked


def fails(*arguments):
    raise RuntimeError("whatever it is asked")


class Liar:
    __class__ = property(fails)
    __getattribute__ = __repr__ = __eq__ = fails
    __hash__ = None


class LyingFunction:
    """Can be called, and has no other attribute to show."""

    __getattr__ = fails

    def __call__(self, *arguments):
        return Liar()


class BadWarning(UserWarning):
    __str__ = fails


class BadList(list):
    __len__ = fails


class BadError(Exception):
    __str__ = fails


def wrapped_in_itself():
    def function(*arguments):
        return 0

    function.__wrapped__ = function
    return function


def in_itself():
    items = []
    items.append(items)
    return items


def deep(k):
    return deep(k + 1)


def says(*actions):
    """A function that does all this and returns nothing of use."""
    return lambda *arguments: [action() for action in actions][-1] and None


def raises(error):
    def function(*arguments):
        raise error

    return function


def generator(*arguments):
    yield from arguments


async def later(*arguments):
    return arguments


async def stream(*arguments):
    yield arguments


DEEP = functools.reduce(lambda inner, _: [inner], range(10**5), 0)
HOSTILE = {
    "raises": raises(ZeroDivisionError("by no examples")),
    "leaves": says(sys.exit),
    "leaves by raising": raises(SystemExit("done")),
    "a group of errors": raises(ExceptionGroup("two", [ValueError("a"), TypeError("b")])),
    "a stop": raises(StopIteration()),
    "recursion": lambda *a: deep(0),
    "recursion through repr": lambda *a: repr(DEEP),
    "too much memory": lambda *a: np.empty((10**9, 10**9)),
    "prints": says(lambda: print("S =", 1)),
    "prints on a closed screen": says(sys.stdout.isatty, lambda: sys.stdout.close(), print),
    "takes the screen away": says(lambda: setattr(sys, "stdout", None)),
    "prints beside the screen": says(lambda: os.write(2, b"")),
    "a warning without a text": says(lambda: warnings.warn(BadWarning(), stacklevel=1)),
    "turns warnings into errors": says(
        lambda: warnings.simplefilter("error"), lambda: warnings.warn("x", stacklevel=1)
    ),
    "turns overflow into an error": says(
        lambda: np.seterr(all="raise"), lambda: np.exp(np.array([1e4]))
    ),
    "None sometimes": lambda *a: None if np.size(a[0]) % 2 else 0,
    "a text": lambda *a: "0.5",
    "a list": lambda *a: [1, "2", None],
    "a ragged list": lambda *a: [[1.0], [1.0, 2.0]],
    "a list in itself": lambda *a: in_itself(),
    "a list of big arrays": lambda *a: [np.zeros((1000, 1000))] * 3,
    "a tuple of tuples": lambda *a: ((1, 2), (3, (4, 5))),
    "a generator": generator,
    "a generator expression": lambda *a: (x for x in a),
    "a map": lambda *a: map(abs, a),
    "a coroutine": later,
    "an asynchronous generator": stream,
    "objects": lambda *a: np.array([[1, None], ["a", {}]], dtype=object),
    "numbers as objects": lambda *a: np.array([[1.5, 2.5]], dtype=object),
    "complex numbers": lambda *a: np.full((2, 3), 1 + 1e-3j),
    "complex, and not a number": lambda *a: complex("nan+infj"),
    "an array too large to compare": lambda *a: np.broadcast_to(1.0, (10**8, 10**8)),
    "a list too large to compare": lambda *a: [0.0] * 10**6,
    "a large array for each value": lambda *a: (np.broadcast_to(1.0, (10**8, 10**8)),) * 2,
    "a masked array": lambda *a: np.ma.masked_array([1.0, 2.0], mask=[True, False]),
    "a record": lambda *a: np.zeros(2, dtype=[("a", float)]),
    "a matrix": lambda *a: np.asmatrix([[1.0, 2.0]]),
    "a liar": lambda *a: Liar(),
    "two liars": lambda *a: (Liar(), Liar()),
    "a liar as a function": LyingFunction(),
    "a function that wraps itself": wrapped_in_itself(),
    "a mock": unittest.mock.MagicMock(return_value=0.125),
    "a class": dict,
    "a method": [].append,
    "the inputs": lambda *a: a,
    "a list without a length": lambda *a: BadList(),
    "an error without a text": raises(BadError()),
    "the end of a generator": raises(GeneratorExit()),
    "a module": lambda *a: np,
    "a huge integer": lambda *a: 10**400,
    "bytes": lambda *a: b"S",
    "a date": lambda *a: np.datetime64("2018-01-01"),
    "an empty array": lambda *a: np.zeros((0, 4)),
    "an empty tuple": lambda *a: (),
    "a set": lambda *a: {1.0},
    "many warnings": says(*[lambda k=k: warnings.warn(f"{k}", stacklevel=1) for k in range(99)]),
}


# These go through every exercise; the others through one in four, another four for each.
EVERYWHERE = {"objects", "an array too large to compare", "a tuple of tuples", "two liars"}


@pytest.mark.parametrize("name", HOSTILE)
def test_exercises_answer_whatever_comes(name, monkeypatch):
    monkeypatch.setattr(engine, "SECONDS_PER_CHECK", 60.0)
    filters, errors = list(warnings.filters), np.geterr()
    start, step = (0, 1) if name in EVERYWHERE else (list(HOSTILE).index(name) % 4, 4)
    for number in NUMBERS[start::step]:
        verdict = exercises.check(number, HOSTILE[name])
        text = f"{verdict!r}\n{verdict.explain()}"
        assert not verdict.passed, number
        assert len(text) < 4000
        assert seen(verdict._repr_html_()) == flat(repr(verdict))
        if verdict.state == "not yet":
            assert "(behind it: " in text
            assert text.count("?") >= 1
    assert warnings.filters == filters
    assert np.geterr() == errors
