"""Stops a student's function that does not come back, and leaves everything else running.

Python looks at signals between two steps of its own code, in the main thread. So a thread of ours
waits, and then makes the main thread believe that a signal came (`_thread.interrupt_main`); our
handler raises `TimeUp` wherever the student's function is at that moment. No ``except Exception``
catches it. The signal is not the one of the user's own interrupt, which therefore stays what it is.

Where there are no threads (Python in a browser), or outside the main thread, there is no limit.
"""

import _thread
import gc
import signal
import threading
from contextlib import contextmanager

__all__ = ["TimeUp", "time_limit", "watched"]

# How long a function that was stopped may take to let go, in seconds: asked once, then often.
GRACE = 1.0
ROUNDS = 50
# Signals that mean nothing to a notebook's kernel; the last is Windows'.
SIGNALS = ("SIGUSR2", "SIGUSR1", "SIGBREAK")
STUCK = (
    "\n○ {name}: after {seconds:g} seconds your function is still running, and it does not let "
    "itself be stopped. Interrupt the kernel: the button ■, or the menu Kernel; in a terminal, "
    "Ctrl+C. If that does not help either, restart it.\n"
)


class Signal(int):
    """A signal's number. To read `pending` makes Python believe that the signal came.

    Being no call, it is followed by no look at signals: a handler can leave one behind for the code
    it interrupted, instead of interrupting itself.
    """

    pending = property(_thread.interrupt_main)


SIGINT = Signal(signal.SIGINT)
_clock = None  # of the check that runs now


class TimeUp(BaseException):
    """The function has had its time. `seconds` is how much, `called` whether it ran at all."""

    def __init__(self, seconds, called=True):
        super().__init__(seconds)
        self.seconds = seconds
        self.called = called


class Clock:
    """One check's time, counted by a thread and enforced by two signal handlers."""

    def __init__(self, seconds, name, screen):
        self.seconds, self.name, self.screen = seconds, name, screen
        self.main = threading.get_ident()
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.up = False  # the time is over: no further call
        self.inside = False  # the student's function runs: only then is anything raised
        self.insisting = False  # raise again at once, until the function is left
        self.interrupted = False  # by the user
        self.again = False  # the user's interrupt is to be raised once more
        self.signal = None
        self.chance = 0
        self.collecting = gc.isenabled()
        self.before = {}

    def start(self):
        """Install the handlers and start counting; False where that cannot be."""
        usable = [Signal(getattr(signal, name)) for name in SIGNALS if hasattr(signal, name)]
        # None is a handler written in C, which could not be put back.
        usable = [number for number in usable if signal.getsignal(number) is not None]
        if not usable or signal.getsignal(signal.SIGINT) is None:
            return False
        self.signal = usable[0]
        try:
            threading.Thread(target=self.count, daemon=True).start()
            for number, handler in ((self.signal, self.stop), (signal.SIGINT, self.interrupt)):
                self.before[number] = signal.signal(number, handler)
        except (RuntimeError, ValueError):  # no threads; not the main thread
            self.end()
            return False
        return True

    def end(self):
        """Stop counting and put handlers and collector back, whatever the function did to them."""
        with self.lock:
            self.ended.set()
        if self.insisting and hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, ())  # a call that a sent signal precedes
        for number, handler in self.before.items():
            signal.signal(number, handler)
        (gc.enable if self.collecting else gc.disable)()

    def count(self):
        """Run in the thread: wait, stop the function, insist, and at last ask the user."""
        if self.ended.wait(self.seconds):
            return
        self.up = True
        _thread.interrupt_main(self.signal)
        if self.ended.wait(GRACE) or not self.inside:
            return
        self.insisting = True
        for _ in range(ROUNDS):
            with self.lock:  # never after the handlers were put back: the signal would be deadly
                if self.ended.is_set() or not self.inside:
                    return
                _thread.interrupt_main(self.signal)
                if hasattr(signal, "pthread_kill"):  # a true signal wakes a function that sleeps
                    signal.pthread_kill(self.main, self.signal)
            if self.ended.wait(GRACE / ROUNDS):
                return
        self.screen.write(STUCK.format(name=self.name, seconds=self.seconds + 2 * GRACE))
        self.screen.flush()

    def stop(self, number, frame):
        """Handle the signal of `count`, in the main thread."""
        if self.inside:
            self.throw(TimeUp(self.seconds), self.signal, self.insisting)

    def interrupt(self, number, frame):
        """Handle the user's own interrupt: it stops the cell, whatever the function catches."""
        if self.again and not self.inside:  # the first one got out
            self.again = False
            return
        pressed, insisting = not self.again, self.inside and (self.interrupted or self.up)
        self.interrupted, self.again = True, insisting
        self.throw(KeyboardInterrupt(), SIGINT, insisting, surely=pressed)

    def throw(self, error, number, insisting, surely=False):
        """Raise; when insisting, over and over, at some of the moments when Python looks.

        A bare ``except:`` in a loop catches what is raised once. What is raised a second time,
        before the loop's next round, gets out. Which moment that is depends on the Python and on
        how the function is nested, so it is left to chance. The garbage collector rests meanwhile:
        what is raised in an object's ``__del__`` gets out of nothing and is printed as ignored.
        """
        if insisting:
            gc.disable()
            self.chance = (1103515245 * self.chance + 12345) % 2**31
            now = self.chance >> 16 & 1
            _ = number.pending
            if not (now or surely):
                return
        raise error


@contextmanager
def time_limit(seconds, name, screen):
    """Give all calls of `watched` in this block so many seconds together.

    Parameters
    ----------
    seconds : float
    name : str
        What to call the function when nothing stops it: the exercise's number.
    screen : file
        Where that is said.
    """
    global _clock
    clock = Clock(seconds, name, screen)
    if _clock is not None or not clock.start():  # a check inside a check has the outer one's time
        yield
        return
    _clock = clock
    try:
        yield
    finally:
        _clock = None
        clock.end()


def watched(function, *arguments):
    """``function(*arguments)``, stopped when the time of the block around is over.

    Raises
    ------
    TimeUp
        The time is over; ``called`` is False when it was over before.
    KeyboardInterrupt
        The user interrupted, even when the function caught it.
    """
    clock = _clock
    if clock is None or clock.inside:
        return function(*arguments)
    if clock.up:
        raise TimeUp(clock.seconds, called=False)
    clock.inside = True
    try:
        return function(*arguments)
    finally:
        clock.inside = False
        if clock.interrupted:
            raise KeyboardInterrupt from None
