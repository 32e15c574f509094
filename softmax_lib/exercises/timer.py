"""Stops a student's function that does not come back.

When its time is over, a thread of ours signals the main thread, again and again until the function
is left: `TimeUp` is raised wherever the function is at that moment, which no ``except Exception``
catches. A browser's Python has no threads, and looks at the clock itself, at every turn of a loop.
Outside the main thread there is no limit. The user's own interrupt is another signal, and stays
what it is.
"""

import _thread
import contextlib
import signal
import sys
import threading
import time

__all__ = ["TimeUp", "limited"]

PAUSE = 0.02  # between one signal and the next
STUBBORN = "Your function catches whatever would stop it: interrupt the kernel, or restart it."
SIGNAL = getattr(signal, "SIGUSR2", getattr(signal, "SIGBREAK", None))  # no kernel listens to it


class TimeUp(BaseException):
    """The function has had its time."""


def limited(function, arguments, seconds):
    """``function(*arguments)``, stopped by `TimeUp` when it takes longer than so many seconds."""
    if sys.platform == "emscripten":
        return watched(function, arguments, seconds)
    if threading.current_thread() is not threading.main_thread():
        return function(*arguments)
    running, ended, main = True, threading.Event(), threading.get_ident()

    def stop(number, frame):
        if running:
            raise TimeUp

    def insist():
        wait, left = seconds, 100  # signals, after which it is said that they do not help
        while not ended.wait(wait):
            wait, left = PAUSE, left - 1
            if not left:
                print(STUBBORN, file=sys.__stderr__, flush=True)
            if hasattr(signal, "pthread_kill"):  # a true signal wakes a function that sleeps
                signal.pthread_kill(main, SIGNAL)
            else:
                _thread.interrupt_main(SIGNAL)

    thread, before = threading.Thread(target=insist, daemon=True), signal.signal(SIGNAL, stop)
    try:
        with contextlib.suppress(RuntimeError):  # no threads, no limit
            thread.start()
        return function(*arguments)
    finally:
        running = False  # first of all, and without a call: between two calls no signal is seen
        ended.set()
        if thread.ident:
            thread.join()
        signal.signal(SIGNAL, before)


def watched(function, arguments, seconds):
    """As `limited`, without a thread: each jump and each call looks whether the time is over."""
    watch, end = sys.monitoring, time.monotonic() + seconds

    def look(*place):
        if time.monotonic() > end:
            raise TimeUp

    watch.use_tool_id(watch.PROFILER_ID, __name__)
    for event in (watch.events.JUMP, watch.events.PY_START):
        watch.register_callback(watch.PROFILER_ID, event, look)
    try:
        watch.set_events(watch.PROFILER_ID, watch.events.JUMP | watch.events.PY_START)
        return function(*arguments)
    finally:
        watch.set_events(watch.PROFILER_ID, 0)
        watch.free_tool_id(watch.PROFILER_ID)
