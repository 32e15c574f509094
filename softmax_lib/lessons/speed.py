"""What `12_speed.ipynb` needs: a stopwatch, the roofline, the gradient checks, exercises."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from softmax_lib.explorer import Explorer, ladder
from softmax_lib.figures import (
    CLASS_COLORS,
    CLASS_MARKERS,
    INK,
    MATRIX_COLORS,
    PALETTE,
    draw_error_groups,
    house_style,
    new_figure,
    note,
    round_ticks,
    show,
)
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import memory, read_once
from softmax_lib.lessons.slips import patch
from softmax_lib.words import two_digits, with_unit

# The stopwatch


def least_times(contestants, rounds=5, seconds=0.4):
    """Least time of each function by name, in seconds, over rounds in which all take turns.

    A machine does other things besides; the least time is the one they disturbed least. Rounds end
    when `seconds` are spent, after two at least.
    """
    least = dict.fromkeys(contestants, np.inf)
    started = time.perf_counter()
    for turn in range(rounds):
        for name, function in contestants.items():
            begin = time.perf_counter()
            function()
            least[name] = min(least[name], time.perf_counter() - begin)
        if turn and time.perf_counter() - started > seconds:
            break
    return least


@dataclass(frozen=True)
class Machine:
    """What a machine can do at best: operations a second, and bytes of large arrays a second."""

    rate: float
    bandwidth: float

    def at_best(self, operations, moved):
        """Seconds that so many operations on so many bytes take at least."""
        return max(operations / self.rate, moved / self.bandwidth)


def measure_machine(X):
    """Rate of a large square product, and the faster of copying X and of reading it once.

    Copying moves every byte twice: read, then written. X is read by a product with one column.
    """
    A, column = np.ones((512, 512), X.dtype), np.ones((X.shape[1], 1), X.dtype)
    other, product = np.zeros_like(X), np.empty_like(A)
    times = least_times(
        {
            "product": lambda: np.matmul(A, A, out=product),
            "copy": lambda: np.copyto(other, X),
            "read": lambda: X @ column,
        },
        rounds=20,
        seconds=0.6,
    )
    bandwidth = max(2 * X.nbytes / times["copy"], X.nbytes / times["read"])
    return Machine(2 * len(A) ** 3 / times["product"], bandwidth)


def reading_rates(kilobytes):
    """Bytes a second that are read, over and over, from an array of so many kB; one per size."""
    rates = []
    for kB in kilobytes:
        x = np.ones(kB * 1000 // 8)
        times = max(1, 10_000 // kB)

        def read(x=x, times=times):
            for _ in range(times):
                x.max()  # no BLAS: on one thread

        rates.append(times * x.nbytes / least_times({"read": read}, seconds=0.03)["read"])
    return rates


def blas():
    """Name and version of the BLAS that numpy was built with."""
    found = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


# Pictures


_of_time = partial(with_unit, units={"s": 1.0, "ms": 1e-3, "µs": 1e-6})
_of_bytes = partial(with_unit, units={"GB": 1e9, "MB": 1e6, "kB": 1e3})
_of_rate = partial(with_unit, units={"billion": 1e9, "million": 1e6})  # operations a second


@house_style
def plot_roofline(machine, points, title, join=False):
    """Draw what the machine could do at best, and what was done.

    `points` maps a label to (operations per byte, operations a second).
    """
    fig, ax = new_figure(height=3.6, title=title)
    ridge = machine.rate / machine.bandwidth
    intensities, rates = np.array(list(points.values())).T
    x = np.array([min(intensities.min(), ridge) / 6, ridge, max(intensities.max(), ridge) * 4])
    ax.plot(x, np.minimum(machine.rate, x * machine.bandwidth), color=INK, linewidth=2.4)
    if join:
        ax.plot(intensities, rates, color=MATRIX_COLORS["X"], linewidth=1)
    low = min(rates.min(), machine.bandwidth * x[0])
    ax.set(xscale="log", yscale="log", ylim=(low / 2.5, machine.rate * 4), xlim=(x[0], x[2]))
    shares = {}
    for k, (label, (intensity, rate)) in enumerate(points.items()):
        best = min(machine.rate, intensity * machine.bandwidth)
        shares[label] = rate / best
        ax.plot([intensity] * 2, [rate, best], ":", color=PALETTE["gray"], linewidth=1.2, zorder=1)
        look = {"color": CLASS_COLORS[k], "linestyle": "", "markersize": 8}
        ax.plot(intensity, rate, marker=CLASS_MARKERS[k], label=label, **look)
    # Names in a list beside the plot: points of a machine that is busy may lie anywhere.
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), borderaxespad=0.2)
    bold = {"weight": "bold", "bbox": None}
    note(ax, "arithmetic limits", (x[2], machine.rate), (-4, 5), **bold)
    middle = np.sqrt(x[0] * ridge)
    note(ax, "bytes limit", (middle, middle * machine.bandwidth), (-6, 4), **bold)
    ax.set(xlabel="operations per byte of X that is read", ylabel="operations a second")
    ax.grid(True)
    told = ", ".join(f"{label}: {_of_rate(rate)}" for label, (_, rate) in points.items())
    above = " Above the roof: something else ran while it was measured. Measure again."
    show(
        fig,
        f"On the machine that ran this: at best {_of_rate(machine.rate)} operations a second, and "
        f"{two_digits(machine.bandwidth / 1e9)} GB a second. Share of the best reached: "
        + ", ".join(
            f"{label} {two_digits(100 * s)}\N{NO-BREAK SPACE}%" for label, s in shares.items()
        )
        + "."
        + above * (max(shares.values()) > 1.1),
        "Log-log plot of operations a second against operations per byte. A line, the roof, rises "
        f"to a ridge at {two_digits(ridge)} operations per byte, then runs flat. Below it "
        f"stand markers, in operations a second: {told}.",
    )


def _draw_dots(ax, values, written, color):
    """Draw a dot for each named value on a log axis, top to bottom; the values, and in words.

    No bars: on a log axis their lengths would mean nothing.
    """
    places = np.arange(len(values))[::-1]
    sizes = np.array(list(values.values()))
    ax.hlines(places, 0, 1, transform=ax.get_yaxis_transform(), color="#E3E3E3", linewidth=0.8)
    ax.plot(sizes, places, "o", color=color, markersize=8)
    for place, value in zip(places, sizes, strict=True):
        note(ax, written(value), (value, place), (8, 0), va="center")
    ax.set_yticks(places, list(values))
    ax.set(xscale="log", ylim=(-0.6, len(values) - 0.4))
    ax.tick_params(axis="y", length=0)
    ax.grid(True, axis="x")
    return sizes, ", ".join(f"{name} {written(value)}" for name, value in values.items())


@house_style
def plot_times(times, best=None):
    """Draw the time per example of each version, and the least that bytes and operations allow."""
    title = "Loss and gradient: time per example"
    fig, ax = new_figure(height=0.55 * len(times) + 1.3, title=title)
    seconds, told = _draw_dots(ax, times, _of_time, MATRIX_COLORS["X"])
    low = min(seconds.min(), best or np.inf)
    ax.set(xlim=(low / 3, seconds.max() * 5), xlabel="seconds per example (log axis)")
    ax.set_ylim(-0.6, len(times) - 0.2 + 0.3 * bool(best))
    bound = ""
    if best:
        ax.axvline(best, color=INK, linestyle="--", linewidth=1.4)
        words = f"at best {_of_time(best)}"
        note(ax, words, (best, len(times) - 0.4), (5, 0), va="center", weight="bold")
        bound = f" At best, with X read once: {_of_time(best)}."
    show(
        fig,
        f"Time per example on the machine that ran this: {told}.{bound}",
        f"Dots on a log axis, from top to bottom: {told}.{bound}",
    )


@house_style
def plot_reading(kilobytes, rates):
    """Draw how fast numbers are read again, against the size of the array they stand in."""
    fig, ax = new_figure(height=3.2, title="How fast an array is read again, by its size")
    ax.plot(kilobytes, np.array(rates) / 1e9, "o-", color=MATRIX_COLORS["X"])
    ax.set(xscale="log", ylim=(0, 1.15 * max(rates) / 1e9))
    ax.set_xticks([10, 100, 1e3, 1e4, 1e5], ["10 kB", "100 kB", "1 MB", "10 MB", "100 MB"])
    ax.set(xlabel="size of the array that is read again", ylabel="GB read a second")
    ax.grid(True)
    told = ", ".join(
        f"{two_digits(rate / 1e9)} GB/s at {_of_bytes(1e3 * kB)}"
        for kB, rate in zip(kilobytes, rates, strict=True)
    )
    show(
        fig,
        f"On the machine that ran this the fastest size is read {max(rates) / rates[-1]:.1f} "
        "times as fast as the largest.",
        f"Reading rate against the size of the array, log axis: {told}.",
    )


@house_style
def plot_blocks(times, whole, row_bytes):
    """Draw the time of one loss and gradient against the rows of a block, beside whole X."""
    rows, seconds = np.array(list(times)), np.array(list(times.values()))
    fig, ax = new_figure(height=3.6, title="One loss and gradient, by the rows of a block")
    ax.plot(rows, 1e3 * seconds, "o-", color=MATRIX_COLORS["X"])
    ax.axhline(1e3 * whole, color=INK, linestyle="--", linewidth=1.4)
    note(ax, "whole X", (rows[0], 1e3 * whole), (0, -4), weight="bold")
    low, top = 1e3 * min(seconds.min(), whole) / 1.4, 1e3 * max(seconds.max(), whole) * 1.3
    ax.set(xscale="log", yscale="log", ylim=(low, top))
    ax.set_xticks(rows, [f"{r}\n{_of_bytes(r * row_bytes)}" for r in rows])
    ax.minorticks_off()
    round_ticks(ax.yaxis, low, top)
    ax.set(xlabel="rows of a block, and their bytes", ylabel="milliseconds")
    ax.grid(True, axis="y")
    best = int(rows[seconds.argmin()])
    told = ", ".join(f"{r} rows {_of_time(t)}" for r, t in times.items())
    show(
        fig,
        f"On the machine that ran this, {best} rows a block are fastest: {_of_time(times[best])}, "
        f"against {_of_time(whole)} for the whole of X.",
        f"Time against the rows of a block, log axes: {told}. A dashed line: whole X in "
        f"{_of_time(whole)}.",
    )


@house_style
def plot_checks(checks, bound):
    """Draw entry errors of several complex-step checks side by side, under one bound.

    `checks` maps a version to its `GradientCheck`.
    """
    fig, ax = new_figure(height=3.6)
    every = [check.entry_errors for check in checks.values()]
    title = "Every version passes the same check"
    draw_error_groups(ax, every, bound=bound, names=list(checks), title=title, scale=[2.0**-53])
    ax.axhline(2.0**-53, color=PALETTE["gray"], linewidth=1.2)
    note(ax, "unit roundoff", (ax.get_xlim()[1], 2.0**-53), (-2, -2), bbox=None)
    off = {name: int((e >= bound).sum()) for name, e in zip(checks, every, strict=True)}
    size = every[0].size
    wrong = ", ".join(f"{name} {count}" for name, count in off.items() if count)
    fact = f"Entries of dW off by {bound:g} or more, of {size} in each version: {wrong or 'none'}."
    show(
        fig,
        fact,
        f"Log plot of the relative error of every entry against the complex step: {len(checks)} "
        f"groups of {size} markers, one group a version, against a dashed line at {bound:g} and "
        f"another at the unit roundoff. {fact}",
    )


@house_style
def plot_rates(rates, name):
    """Draw operations a second of products done in several ways; `name` is the BLAS."""
    title = "A matrix product, with a BLAS and without"
    fig, ax = new_figure(height=0.5 * len(rates) + 1.2, title=title)
    values, told = _draw_dots(ax, rates, _of_rate, PALETTE["sky"])
    ax.set(xlim=(values.min() / 5, values.max() * 30), xlabel="operations a second (log axis)")
    show(
        fig,
        f"The BLAS of the numpy that ran this: {name}. Operations a second: {told}.",
        f"Dots on a log axis, from top to bottom: {told}.",
    )


# The explorer

N = 60_000
TURN = 20e-6  # seconds that one turn of the block loop costs besides: a few calls of numpy


class _Roofline(Explorer):
    """Operations, bytes and passes of the block loop, counted: what limits a loss and gradient."""

    title = "What limits one loss and gradient, N = 60,000, float64"
    size = (9.0, 3.9)
    limits = ("arithmetic", "bytes", "passes")

    def controls(self):
        """Sizes of the problem; cache, rate and bandwidth of the machine."""

        def pick(description, value, *values):
            return ladder(description, values, value, "{:,}".format)

        return {
            "C": pick("C", 10, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000),
            "D": pick("D", 785, 65, 257, 785, 3073, 12289),
            "rows": pick("rows of a block", N, 1, 4, 16, 64, 256, 1024, 4096, 16384, N),
            "cache": pick("MB of cache", 2, 0.25, 0.5, 1, 2, 4, 8, 16, 32),
            "rate": pick("billion operations/s", 100, 10, 20, 50, 100, 200, 500, 1000),
            "bandwidth": pick("GB/s", 10, 5, 10, 20, 50, 100, 200),
        }

    def build(self, fig):
        ax, bars = fig.subplots(ncols=2)
        ax.set(xscale="log", yscale="log", xlim=(0.15, 2500), ylim=(0.02, 4000))
        ax.set(xlabel="operations per byte", ylabel="billion operations a second")
        for axis, ticks in ((ax.xaxis, (1, 10, 100, 1000)), (ax.yaxis, (0.1, 1, 10, 100, 1000))):
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.set_title("The roof, and what blocks make of it", fontsize=10.5)
        ax.grid(True)
        (self.roof,) = ax.plot([], [], color=INK, linewidth=2.2)
        (self.gap,) = ax.plot([], [], ":", color=PALETTE["gray"], linewidth=1.4)
        (self.point,) = ax.plot([], [], "o", color=MATRIX_COLORS["X"], markersize=9)
        bars.set(xscale="log", xlim=(5e-2, 3e6), ylim=(-1.9, 2.6))
        bars.set_xticks([1, 1e3, 1e5], ["1 ms", "1 s", "100 s"])
        bars.minorticks_off()
        bars.set_yticks([2, 1, 0], self.limits)
        bars.set_title("Time that each would take alone", fontsize=10.5)
        colors = (PALETTE["orange"], MATRIX_COLORS["X"], PALETTE["gray"])
        self.dots = [
            bars.plot([], [], marker, color=color, markersize=9)[0]
            for marker, color in zip("os^", colors, strict=True)
        ]
        bars.grid(True, axis="x")
        self.numbers = [bars.text(1, k, "", va="center") for k in (2, 1, 0)]
        place = {"x": 0.13, "va": "center", "fontsize": 9.5}
        self.words = [bars.text(y=at, s="", **place) for at in (-0.75, -1.2, -1.65)]
        return [self.roof, self.gap, self.point, *self.dots, *self.numbers, *self.words]

    def update(self, C, D, rows, cache, rate, bandwidth):
        block = rows * (D + C) * 8  # of X and S
        readings = 1 if block <= cache * 1e6 else 2
        operations = 4 * N * D * C
        # X is read; W is read and dW written; an S that leaves the cache is written and read.
        moved = 8 * (readings * N * D + 2 * D * C + 2 * (readings - 1) * N * C)
        passes = -(-N // rows)
        alone = np.array([operations / rate / 1e9, moved / bandwidth / 1e9, passes * TURN])
        total = max(alone[:2]) + alone[2]
        intensity, reached = operations / moved, operations / total / 1e9
        ridge = rate / bandwidth
        self.roof.set_data([0.01, ridge, 1e4], [0.01 * bandwidth, rate, rate])
        best = min(rate, intensity * bandwidth)
        self.gap.set_data([intensity] * 2, [reached, best])
        self.point.set_data([intensity], [reached])
        for k, x in enumerate(np.maximum(1e3 * alone, 0.1)):
            self.dots[k].set_data([x], [2 - k])
            self.numbers[k].set(x=1.6 * x, text=_of_time(alone[k]))
        limit = self.limits[int(alone.argmax())]
        read = f"X is read {'once' if readings == 1 else 'twice'}"
        lines = (
            f"a block: {_of_bytes(block)}, cache {cache:g} MB: {read}",
            f"{two_digits(intensity)} operations per byte, ridge at {two_digits(ridge)}",
            f"in all {_of_time(total)}: {limit} limit" + "s" * (limit == "arithmetic"),
        )
        for text, line in zip(self.words, lines, strict=True):
            text.set_text(line)
        told = ", ".join(
            f"{name} {_of_time(seconds)}" for name, seconds in zip(self.limits, alone, strict=True)
        )
        return (
            f"{read}; {lines[2]}.",
            f"Left, a roof that rises to {rate} billion operations a second at a ridge of "
            f"{two_digits(ridge)} operations per byte, and a point at {two_digits(intensity)} "
            f"operations per byte, {_of_rate(1e9 * reached)} operations a second. Right, "
            f"three dots: {told}. C = {C}, D = {D}, {rows} rows a block; {lines[0]}.",
        )


explore = _Roofline


# Exercises


@task(
    "12.1",
    "What reading X once can gain at best",
    returns="gain",
    cases=lambda: [
        (8000, 785, 10, 8, 4e10, 1e10),
        (60000, 785, 2, 8, 5e10, 2e10),
        (4096, 512, 1000, 4, 1e11, 1e10),
        (49000, 3073, 10, 4, 1e11, 8e9),
        (1797, 65, 9, 8, 2e10, 1.6e10),
        (1000, 50, 30, 8, 4e10, 1.6e10),  # half, a quarter, an eighth of the operations: all differ
    ],
    hints=(
        "Two best times, one with X read twice and one with X read once. What is their ratio?",
        "Eq. (1) takes 2NDC operations and eq. (14) as many; X has N D itemsize bytes. A best "
        "time is the larger of the two times.",
        "Begin with `arithmetic = 4 * N * D * C / rate`.",
    ),
    equation="eqs. (1) and (14), counted",
    reread='12_speed, "What the machine could do at best"',
    question="Which is larger, the time of the operations or that of the bytes?",
    slips=patch("""
        - max(arithmetic, 2 * reading) / max(arithmetic, reading)
        + min(arithmetic, 2 * reading) / min(arithmetic, reading)
        # the smaller of two times is taken
        ? If the bytes need 2 s and the operations 1 s, when is the machine done at best?
        + (arithmetic + 2 * reading) / (arithmetic + reading)
        # the two times are added, where they can overlap
        ? Must a machine stop to calculate while it reads?
        + max(arithmetic, reading) / max(arithmetic, 2 * reading)
        # it is the reciprocal: the new time over the old one
        ? Is a version that takes half the time 2 times faster, or 0.5 times?
        + 2 * reading / reading  # the operations are left out
        ? What if the operations take longer than the bytes?
        - 4 * N * D * C / rate
        + 2 * N * D * C / rate  # 2NDC operations are counted, half of all
        ? How many products does one call make, and how many operations is each of their terms?
        + N * D * C / rate  # NDC operations are counted, a quarter of all
        ? How many products does one call make, and how many operations is each of their terms?
        - N * D * itemsize
        + N * D  # the bytes of a number are left out
        ? How many bytes has one entry of X?
        + 8 * N * D * itemsize  # bits are counted, where the bandwidth is in bytes
        ? In which unit does itemsize come, and in which the bandwidth?
    """),
)
def gain_at_best(N, D, C, itemsize, rate, bandwidth):
    """How many times faster one reading of X is than two, at best."""
    arithmetic = 4 * N * D * C / rate
    reading = N * D * itemsize / bandwidth
    return max(arithmetic, 2 * reading) / max(arithmetic, reading)


def _moment_cases():
    """From kind to nasty: blocks that fit, a short last block, one block, a far origin."""
    rng = np.random.default_rng(112)
    X = rng.normal(size=(6, 4)) * [1.0, 2.0, 0.5, 3.0]
    return [(X, 3), (X + 2.0, 4), (X[:5], 7), (rng.normal(size=(11, 3)) + 1e6, 2)]


def _many_rows():
    return np.random.default_rng(114).normal(size=(20_000, 20)), 100


@task(
    "12.2",
    "Mean and standard deviation of every column in one reading",
    returns="mean, std",
    cases=_moment_cases,
    hints=(
        "Which two sums over the rows are enough for a mean and a variance?",
        "The variance is the mean of the squares minus the square of the mean, and a shift of "
        "all rows by the first one, X[0], does not change it.",
        "Begin with `total, squares = np.zeros(X.shape[1]), np.zeros(X.shape[1])`.",
    ),
    equation="eq. (10), a block of rows at a time",
    reread='12_speed, "Both: blocks of rows"',
    question="What do you make of the two sums, and which digits does a subtraction leave?",
    slips=patch("""
        - origin = len(X), X[0]
        + origin = len(X), 0 * X[0]  # the squares of a far column swallow its spread
        ? How many digits have the squares here, and how many are left of their difference?
        - np.sqrt(variance)
        + variance  # the root is missing: it is the variance
        ? Which unit has your std?
        + np.sqrt(variance * N / (N - 1))  # it is divided by N - 1
        ? By what does the text divide: by N, or by N - 1?
        + np.mean([X[k : k + rows].std(axis=0) for k in range(0, N, rows)], axis=0)
        # the blocks' own deviations are averaged
        ? Do two blocks that each vary little, about different means, vary little as one?
        - return origin + mean
        + return np.mean([X[k : k + rows].mean(axis=0) for k in range(0, N, rows)], axis=0)
        # the blocks' own means are averaged
        ? How much should a last, shorter block count?
        + return mean  # the mean is not moved back
        ? What was taken off every row before it was summed?
        - squares / N - mean * mean
        + squares / N  # the square of the mean is not taken off
        ? About which point are the squares taken: the mean, or another one?
        - away * away
        + away / away  # the square of a quotient stands where that of a number belongs
        ? What is away / away, whatever away is?
        - range(0, N, rows)
        + range(0, N - N % rows, rows)  # the last, shorter block is left out
        ? How many rows has the last block here?
        - len(X), X[0]
        + len(X) // rows * rows, X[0]  # the last, shorter block is left out
        - total += away.sum(axis=0)
        -     squares +=
        + total = away.sum(axis=0)
        +     squares =  # only the last block counts
        ? What do your sums hold after the second block?
    """),
    questions={
        "wrong-shape": "Which axis of a block counts the rows, and is each block summed?",
    },
    conditions=(
        memory(
            _many_rows,
            1_000_000,  # X has 3.2 million bytes, a block of 100 rows 16,000
            "The values are right; the text asks for blocks of rows, and yours makes something as "
            "large as X on the way. What does a call on all of X hold?",
        ),
        read_once,
    ),
)
def column_moments(X, rows):
    """Mean and standard deviation of every column of X, read once, in blocks of rows."""
    N, origin = len(X), X[0]
    total, squares = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for start in range(0, N, rows):
        away = X[start : start + rows] - origin  # the shift keeps the squares small
        total += away.sum(axis=0)
        squares += (away * away).sum(axis=0)
    mean = total / N
    variance = squares / N - mean * mean
    return origin + mean, np.sqrt(variance)


def _score_cases():
    """From kind to nasty: small scores, a short last block, rising and falling by thousands."""
    rng = np.random.default_rng(113)
    S = rng.normal(size=(4, 6))
    climb = 1000.0 * np.arange(7) + rng.normal(size=(3, 7))
    apart = S + np.array([[900.0], [0.0], [-900.0], [0.0]])  # one top for all rows breaks two
    level = [(climb, 2), (-climb, 2), (S - 900.0, 2)]
    return [(S, 3), (S[:3], 4), (S[:, :5], 1), (S, 9), *level, (S + 400.0, 3), (apart, 4)]


def _many_classes():
    return np.random.default_rng(115).normal(size=(20, 20_000)), 100


@task(
    "12.3",
    "A running log-sum-exp over blocks of classes",
    returns="lse",
    cases=_score_cases,
    hints=(
        "When a later block brings a larger score, what becomes of the sum so far?",
        "The shift of eq. (2): sum exp(s - a) times exp(a - b) is sum exp(s - b).",
        "Begin with `top, total = np.full(len(S), -np.inf), np.zeros(len(S))`.",
    ),
    equation="eq. (2), and its shift",
    reread='02_stability_shift, "The shift"',
    question="Relative to which maximum was each part of the sum computed?",
    slips=patch("""
        - np.maximum(top, block.max(axis=1))
        + np.zeros(len(S))  # no-shift
        + np.full(len(S), S.max())  # global-shift
        + -S.max(axis=1)  # wrong-shift-sign
        + np.minimum(top, block.max(axis=1))  # the smaller of two tops is kept
        ? Which of the two tops keeps every exponent at 0 or below?
        + np.maximum(top, block.max())  # global-shift
        ? What is left of a row of scores near -900 when another row holds 900?
        - total *= np.exp(top - higher)
        + pass  # the sum so far is not scaled when the top moves
        ? Relative to which maximum was the sum so far computed, and which one holds now?
        - np.exp(top - higher)
        + np.exp(higher - top)  # the sum so far is scaled the wrong way
        ? When the top rises by 3, do the old terms grow or shrink beside the new ones?
        - return top + np.log(total)
        + return np.log(total)  # the top is not added back
        ? What was taken off every score before its exp?
        + return total  # it is the sum, not its logarithm
        ? What is the last step of lse?
        + blocks = [S[:, k : k + width] for k in range(0, S.shape[1], width)]
        + return sum(np.logaddexp.reduce(block, axis=1) for block in blocks)
        # the logarithms of the blocks are added
        ? Is the logarithm of a sum the sum of the logarithms?
        + total[:-1], top[:-1] = 1, 0
        + return top + np.log(total)  # last-example-only
        - range(0, S.shape[1], width)
        + range(0, S.shape[1] - S.shape[1] % width, width)  # the last, narrower block is left out
        ? How many columns has the last block here?
        - higher = np.maximum(top, block.max(axis=1))
        + higher, total = block.max(axis=1), 0 * total  # only the last block counts
        ? What does your result hold after the second block?
    """),
    questions={
        "wrong-shape": "How many numbers come back for one row of S?",
    },
    conditions=(
        memory(
            _many_classes,
            1_000_000,  # S has 3.2 million bytes, a block of 100 classes 16,000
            "The values are right; the text asks for blocks of classes, and yours makes something "
            "as large as S on the way. What does a call on all of S hold?",
        ),
        read_once,
    ),
)
def running_logsumexp(S, width):
    """log sum_l exp(S_il) for every row, S read once, in blocks of `width` classes."""
    top, total = np.full(len(S), -np.inf), np.zeros(len(S))
    for start in range(0, S.shape[1], width):
        block = S[:, start : start + width]
        higher = np.maximum(top, block.max(axis=1))
        total *= np.exp(top - higher)
        total += np.exp(block - higher[:, None]).sum(axis=1)
        top = higher
    return top + np.log(total)


TASKS = tasks_of(__name__)
