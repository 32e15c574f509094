"""What `02_stability_shift.ipynb` needs: shares, the reach of exp, five shifts, exercises."""

import itertools

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Patch

from softmax_lib.explorer import Explorer, choice, ladder, slider
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    PALETTE,
    Bars,
    centered,
    error_axis,
    house_style,
    ink,
    legend_above,
    new_figure,
    note,
    show,
)
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import numpy_alone
from softmax_lib.lessons.slips import FORWARD, patch
from softmax_lib.words import digits, listed, number, probability, rough

# Four rows whose right answer is known without exp: log p are scores of p, and so is log p + t.
P = np.array([[5, 2, 1], [1, 4, 3], [3, 1, 6], [2, 7, 1]]) / [[8], [8], [10], [10]]
LEVELS = np.array([[1.0], [0.2], [-0.3], [-1.0]])  # (N, 1), in units of the size of the scores
LEVEL_NAMES = ("s", "0.2 s", "−0.3 s", "−s")

SHIFTS = {
    "none": lambda S: 0,
    "per row": lambda S: S.max(axis=1, keepdims=True),
    "whole matrix": lambda S: S.max(),
    "per column": lambda S: S.max(axis=0),
    "wrong sign": lambda S: -S.max(axis=1, keepdims=True),
}

# Sizes near which something breaks, for the slider.
THRESHOLDS = (44, 45, 88, 89, 104, 355, 356, 365, 368, 370, 372, 373, 708, 709, 710, 711, 712, 720)

# How a row comes out: color and hatching, so that neither is needed alone.
VERDICTS = {
    "right": {"facecolor": PALETTE["sky"], "edgecolor": "white"},
    "wrong": {"facecolor": PALETTE["orange"], "edgecolor": INK, "hatch": "////"},
    "lost": {"facecolor": "#D9D9D9", "edgecolor": INK, "hatch": "xxxx"},
}

# The explorer's facts about a row: their heights above the bars, their words, their colors.
FACTS_AT = (1.38, 1.27, 1.15)
SIGNS = {"right": "✓ right", "wrong": "✗ wrong", "lost": "✗ lost"}
VERDICT_INK = {"right": INK, "wrong": "#8A5A00", "lost": "#A33B00"}


def spread_rows(size, dtype=np.float64):
    """Four rows of scores, one far up, one far down, whose probabilities are known beforehand.

    Row i of S (4, 3) is log P_i + t_i with t_i = size * (1, 0.2, -0.3, -1): the size moves the rows
    apart and leaves the right answer P (4, 3), in float64, where it was.
    """
    return (np.log(P) + size * LEVELS).astype(dtype), P.copy()


def _exponents(S, shift):
    """S - shift(S), exp of it, its row sums Z, and their ratio; nothing is checked or warned of."""
    with np.errstate(all="ignore"):
        T = S - shift(S)
        E = np.exp(T)
        Z = E.sum(axis=1, keepdims=True)
        return T, Z, E / Z


def _verdict(right, got):
    if not np.isfinite(got).all() or abs(got.sum() - 1) > 0.01:
        return "lost"
    return "right" if (abs(got - right) <= 0.01 * right).all() else "wrong"


@house_style
def plot_exp_range():
    """Draw exp on a log axis, as far as each dtype can follow it."""
    fig, ax = new_figure(height=3.7, title="Where exp leaves the numbers")
    s, decades = np.array([-860.0, 860.0]), np.log10(np.e)
    ax.plot(s, s * decades, color=PALETTE["gray"], linewidth=1.2, linestyle=":")
    words = {"ha": "right", "color": PALETTE["gray"], "transform": ax.transAxes}
    ax.text(0.98, 0.15, "dotted: exp on paper, which has no end", **words)
    ends = {}
    for name, color, width in (
        ("float64", PALETTE["blue"], 3),
        ("float32", PALETTE["vermillion"], 7),
    ):
        info = np.finfo(name)
        # Half the smallest number rounds to 0.
        low = float(np.log(float(info.smallest_subnormal)) - np.log(2))
        high = float(np.log(float(info.max)))
        ends[name] = low, high
        x = np.array([low, high])
        look = {"marker": "o", "markersize": 8, "solid_capstyle": "butt"}
        ax.plot(x, x * decades, color=color, linewidth=width, **look)
        bold = {"va": "center", "color": ink(color), "weight": "bold", "bbox": None}
        note(ax, f"{name}: inf above {high:.2f}", (high, high * decades), (-14, 3), **bold)
        words = f"{name}: 0 below about {number(low, 0)}"
        note(ax, words, (low, low * decades), (14, -3), **bold)
    ax.set_yticks(np.arange(-300, 301, 100), [f"$10^{{{k}}}$" for k in range(-300, 301, 100)])
    ax.set(xlabel="score $s$", ylabel="$e^s$ (log axis)")
    ax.grid(True)
    show(
        fig,
        "; ".join(
            f"{name} holds exp(s) for s between {number(low, 1)} and {number(high, 1)}"
            for name, (low, high) in ends.items()
        )
        + ".",
        "On a log axis exp is a straight rising line. A long thick piece of it, around 0, belongs "
        "to float64, a short one to float32; beyond its upper end each dtype has inf, beyond its "
        "lower end 0, while the dotted line goes on.",
    )


@house_style
def plot_survivors(shifts):
    """Draw, for each kind of shift and each row, at which sizes of scores the row is right.

    `shifts` maps a name to ``shift(S)``, what is subtracted from S before exp.
    """
    sizes = np.r_[1:1000, np.geomspace(1e3, 1e4, 200)]
    N = len(P)
    fig, ax = new_figure(height=4.7, title="Which rows survive, shift by shift")
    facts, places = [], []
    for g, (kind, shift) in enumerate(shifts.items()):
        came = np.array(
            [
                [_verdict(*pair) for pair in zip(right, _exponents(S, shift)[2], strict=True)]
                for S, right in map(spread_rows, sizes)
            ]
        )  # (sizes, N)
        rows = g * (N + 1) + np.arange(N)
        for i, row in enumerate(rows):
            _strip(ax, sizes, came[:, i], row)
        places += [*rows]
        fate, when = _fate(sizes, came)
        facts.append(f"{kind}: {fate} {when}")
        beside = {"y": rows.mean(), "transform": ax.get_yaxis_transform(), "va": "center"}
        ax.text(1.015, s=f"{fate}\n{when}", fontsize=9.5, **beside)
        ax.text(-0.11, s=kind, ha="right", weight="bold", **beside)
    ax.set_yticks(places, LEVEL_NAMES * len(shifts), fontsize=8.8)
    ax.tick_params(axis="y", length=0)
    ax.set(xscale="log", xlim=(1, 1e4), xlabel="size $s$ of the scores")
    ax.set_ylim(places[-1] + 0.7, -0.7)
    ax.spines["left"].set_visible(False)
    names = "right", "wrong numbers", "lost: nan or all zero"
    looks = zip(names, VERDICTS.values(), strict=True)
    legend_above(ax, handles=[Patch(label=name, **look) for name, look in looks])
    show(
        fig,
        f"Shift {'; '.join(facts)}.",
        f"Horizontal strips in {len(shifts)} groups, one a kind of shift; in each group four "
        "strips, one a row, the highest row on top. Along a strip the scores grow from size 1 to "
        "10000, and the strip changes from right to wrong or lost where the row breaks. "
        + " ".join(f"{fact[0].upper()}{fact[1:]}." for fact in facts),
    )


def _strip(ax, sizes, verdicts, y):
    """One horizontal strip, a piece for each run of equal verdicts."""
    starts = [0, *(np.flatnonzero(verdicts[1:] != verdicts[:-1]) + 1), len(sizes) - 1]
    for a, b in itertools.pairwise(starts):
        ax.barh(y, sizes[b] - sizes[a], left=sizes[a], height=0.86, linewidth=0,
                **VERDICTS[verdicts[a]])  # fmt: skip


def _fate(sizes, came):
    """What becomes of rows whose verdicts are came (sizes, N), and when."""
    if (came == "right").all():
        return "right", "at every size"
    if not (came == "right").all(axis=1).any():
        return "never", "all right"
    return "a row is lost", f"from s = {sizes[(came == 'lost').any(axis=1).argmax()]:.0f} on"


@house_style
def plot_shift_check(t, errors, bound):
    """Draw the absolute error of d/dt p(S + t 1), which is 0, against t, added to every score.

    `errors` holds the largest entry of the numerical derivative for each way to compute p, and
    `bound` says what rounding may do, generously.
    """
    title = "The derivative of p along t is 0. What do differences find?"
    fig, ax = new_figure(height=4.0, title=title)
    place = error_axis(ax, *errors.values(), bound)
    looks = ("vermillion", "x", 5), ("blue", "o", 3.5)
    for (name, error), (color, marker, size) in zip(errors.items(), looks, strict=True):
        ax.plot(t, place(error), marker, color=PALETTE[color], markersize=size, label=name)
    ax.axhline(bound, color=INK, linewidth=1.4, linestyle="--", label=f"bound {bound:g}")
    tiny, huge = np.log([np.finfo(float).tiny, np.finfo(float).max])
    for end in (tiny, huge):
        ax.axvline(end, color=PALETTE["gray"], linewidth=1, linestyle="--")
        words = {"transform": ax.get_xaxis_transform(), "color": PALETTE["gray"]}
        side, ha = (15, "left") if end < 0 else (-15, "right")
        ax.text(end + side, 0.62, f"t = {number(round(end))}", ha=ha, **words)
    ax.set(xlabel="$t$, added to every score", ylabel="absolute error")
    legend_above(ax)
    facts = []
    for name, error in errors.items():
        finite = t[np.isfinite(error)]
        held = "below" if np.nanmax(error) < bound else "in part far above"
        reach = f"{number(finite.min())} to {number(finite.max())}"
        facts.append(
            f"{name.capitalize()}: a number for t from {reach}, {held} the bound of {bound:g}."
        )
    caption = " ".join(facts)
    show(
        fig,
        caption,
        "Log plot of the absolute error against t, with a level line at the bound. The shifted "
        "errors are tiny or exactly 0, at every t. The unshifted ones are so in the middle, climb "
        f"steeply left of t = {number(tiny, 0)}, and are marked as not finite at both ends. "
        f"{caption}",
    )


class _ShareExplorer(Explorer):
    """Three scores, made positive, then divided by their sum."""

    title = "Scores, made positive, become shares"
    size = (7.0, 3.1)
    make = {"exp": np.exp, "square": np.square}  # noqa: RUF012

    def controls(self):
        return {
            **{f"s{k}": slider(f"score {k}", -3, 3, k, step=0.5) for k in range(3)},
            "add": slider("add to all", -3, 3, 0, step=0.5),
            "times": slider("all times", 0, 2, 1, step=0.5),
            "by": choice("made positive by", list(self.make)),
        }

    def build(self, fig):
        titles = ("scores", "made positive", "shares $p$, their sum is 1")
        limits, gaps = ((-10.8, 10.8), (0, 1.25), (0, 1.25)), (1.0, 0.06, 0.06)
        ticks, axes = ([], [], [0, 0.5, 1]), fig.subplots(ncols=3)
        self.bars = [
            Bars(ax, gap, CLASS_COLORS[:3], width=0.6) for ax, gap in zip(axes, gaps, strict=True)
        ]
        for ax, title, limit, marks in zip(axes, titles, limits, ticks, strict=True):
            ax.set(xlim=(-0.6, 2.6), ylim=limit, yticks=marks)
            ax.set_title(title, fontsize=11)
        self.total = centered(axes[1], 1, 1.17, weight="bold")
        return [*self.bars, self.total]

    def update(self, s0, s1, s2, add, times, by):
        scores = times * np.array([s0, s1, s2]) + add
        positive = self.make[by](scores)
        total = positive.sum()
        shares = positive / total if total else np.full(3, np.nan)
        # Those in the middle are drawn relative to the largest.
        heights = scores, positive / (positive.max() or 1), np.nan_to_num(shares)
        texts = (
            [number(value) for value in scores],
            [digits(value) for value in positive],
            [probability(value) if total else "0 / 0" for value in shares],
        )
        for bars, values, words in zip(self.bars, heights, texts, strict=True):
            bars.move(values, words)
        self.total.set_text(f"their sum Z = {digits(total)}")
        caption = (
            f"Scores {', '.join(texts[0])}; by {by} {', '.join(texts[1])}; "
            f"shares {', '.join(texts[2])}."
        )
        return caption, f"Three bar charts side by side, three classes each. {caption}"


explore_shares = _ShareExplorer


class _ShiftExplorer(Explorer):
    """Four rows of probabilities, for any size of scores, either dtype and five kinds of shift."""

    title = "p = exp(S − shift) / Z, row by row"
    size = (7.4, 3.9)
    play = "scale"

    def controls(self):
        sizes = sorted({*(k * 10**e for e in range(4) for k in range(1, 10)), *THRESHOLDS, 10_000})
        scale = ladder("size s of the scores", sizes, 20, str)
        scale.layout.width = "27em"
        return {
            "scale": scale,
            "dtype": choice("dtype", ["float64", "float32"]),
            "kind": choice("shift", list(SHIFTS)),
        }

    def build(self, fig):
        N, C = P.shape
        ax = fig.subplots()
        ax.set(xlim=(-0.5, N - 0.5), ylim=(0, 1.45), yticks=[0, 0.25, 0.5, 0.75, 1])
        names = [f"row {i}\nscores near {name}" for i, name in enumerate(LEVEL_NAMES)]
        ax.set_xticks(range(N), names)
        ax.tick_params(axis="x", length=0)
        ax.grid(True, axis="y")
        beside = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "center"}
        for y, name in zip(FACTS_AT, ("largest exponent", "$Z_i$"), strict=False):
            ax.text(-0.015, y, name, **beside)
        self.dtype = ax.text(-0.015, FACTS_AT[-1], "", **beside)
        x = np.arange(N)[:, None] + 0.27 * (np.arange(C) - 1)  # (N, C)
        self.centers, self.bars = x.ravel(), []
        for n, at in enumerate(x.flat):
            label = f"class {n}" if n < C else None
            self.bars += ax.bar(at, 1, 0.24, color=CLASS_COLORS[n % C], label=label, zorder=2)
        # One artist for all that is alike: twelve texts and twelve hatches would take too long.
        look = {"linestyle": "", "color": INK, "markeredgewidth": 0, "zorder": 4}
        self.words = {
            word: ax.plot([], [], marker=rf"$\mathrm{{{word}}}$", markersize=size, **look)[0]
            for word, size in (("nan", 18), ("0", 8))
        }
        low = np.arange(0, 0.81, 0.05)
        self.strokes = [[[(at - 0.12, y), (at + 0.12, y + 0.2)] for y in low] for at in x.flat]
        self.hatching = ax.add_collection(
            LineCollection([], colors=PALETTE["gray"], linewidths=1, zorder=2.5)
        )
        look = {"color": INK, "linewidth": 2.5, "zorder": 3, "label": "right $p_k$"}
        ticks = ax.hlines(P.ravel(), x.ravel() - 0.13, x.ravel() + 0.13, **look)
        self.facts = [[centered(ax, i, y, fontsize=10) for y in FACTS_AT] for i in range(N)]
        fig.legend(loc="upper right", ncols=4, fontsize=9.5, columnspacing=1.2, handlelength=1.4)
        moving = [*self.bars, self.hatching, ticks, *self.words.values()]
        return [*moving, self.dtype, *itertools.chain(*self.facts)]

    def update(self, scale, dtype, kind):
        S, right = spread_rows(scale, dtype)
        T, Z, got = _exponents(S, SHIFTS[kind])
        verdicts = [_verdict(*pair) for pair in zip(right, got, strict=True)]
        self.dtype.set_text(f"in {dtype}")
        lost, zero = ~np.isfinite(got.ravel()), got.ravel() == 0
        for n, bar in enumerate(self.bars):
            bar.set_height(1 if lost[n] else got.flat[n])
            bar.set_facecolor("#EEEEEE" if lost[n] else CLASS_COLORS[n % P.shape[1]])
        self.hatching.set_segments(
            [line for lines, gone in zip(self.strokes, lost, strict=True) if gone for line in lines]
        )
        self.words["nan"].set_data(self.centers[lost], np.full(lost.sum(), 1.04))
        self.words["0"].set_data(self.centers[zero], np.full(zero.sum(), 0.04))
        for i, (exponent, total, verdict) in enumerate(self.facts):
            exponent.set_text(rough(T[i].max()))
            total.set_text(rough(Z[i, 0]))
            verdict.set(text=SIGNS[verdicts[i]], color=VERDICT_INK[verdicts[i]])
        rows = "; ".join(
            f"row {i}: p = {listed(got[i], probability)}, {verdicts[i]}" for i in range(len(P))
        )
        return (
            f"Scores of size {scale} in {dtype}, shift {kind}: "
            f"{verdicts.count('right')} of {len(P)} rows are right.",
            f"Bars of the probabilities of {len(P)} rows, three classes each, for scores of size "
            f"{scale} in {dtype} and shift {kind}, beside ticks at the right answer. {rows}.",
        )


explore = _ShiftExplorer


# Exercises


def _softmax_cases():
    rng = np.random.default_rng(1)
    level = np.array([[3000.0], [-3000.0], [0.0], [-800.0], [500.0]])
    return [
        (np.log([[1.0, 2.0, 5.0], [4.0, 3.0, 1.0]]),),
        (rng.normal(size=(5, 3)),),
        (rng.normal(size=(5, 3)) + level,),
        (np.array([[710.0, 708.0]]),),
        (np.array([[-900.0, -901.0, -902.0, -905.0]]),),
        ((rng.normal(size=(5, 6)) + level / 10).astype(np.float32),),
        (np.array([[0.0, 4000.0, -4000.0, 3999.0], [9000.0, 0.0, 1.0, 2.0]]),),
    ]


@task(
    "2.1",
    "Softmax that no scores can break",
    returns="P",
    cases=_softmax_cases,
    hints=(
        "What is the largest exponent you want to hand to exp, in every row?",
        "log K = -max_l S_il has one value a row: an array of shape (N, 1).",
        "Begin with `T = S - S.max(axis=1, keepdims=True)`.",
    ),
    equation="eq. (2)",
    reread='02_stability_shift, "One maximum for each row"',
    question="Over which axis do you take maximum and sum, and which shape do they have?",
    rtol=1e-10,
    slips=(
        *FORWARD,
        *patch("""
            - S - S.max(axis=1, keepdims=True)
            + S - S.min(axis=1, keepdims=True)  # the smallest score is taken off
            ? After your shift, which is the largest exponent of a row?
            + S - S.mean(axis=1, keepdims=True)  # the mean is taken off
            ? After your shift, how large can the largest exponent of a row be?
            + np.clip(S, -700, 700)
            # the scores are cut off, where a shift would leave their differences
            ? What do the scores 3000 and 3001 become in your code?
            + S - np.abs(S).max(axis=1, keepdims=True)  # the largest size is taken off
            ? Which number do you take off a row of scores near -1000?
            + S / S.max(axis=1, keepdims=True)  # the scores are divided, not shifted
            ? Does p stay the same when all scores of a row are divided by one number?
            - E = np.exp(T)
            + E = np.exp(S) / np.exp(S.max(axis=1, keepdims=True))  # no-shift
            - E / E.sum(axis=1, keepdims=True)
            + E / T.sum(axis=1, keepdims=True)  # the denominator sums the exponents, not their exp
            ? Which numbers must the denominator sum so that a row of P sums to 1?
            + T - np.log(E.sum(axis=1, keepdims=True))
            # the logarithm of the probabilities comes back
            ? What do the entries of one of your rows sum to?
            + E  # it is not divided by the row's sum
            ? What do the entries of one of your rows sum to?
            + E / (E.sum(axis=1, keepdims=True) + 1e-6)
            # a constant in the denominator makes the rows sum to less than 1
            ? After the shift, can the denominator be 0 at all?
            + E / (E.sum(axis=1, keepdims=True) + 1e-7)
            # a constant in the denominator makes the rows sum to less than 1
            + E / (E.sum(axis=1, keepdims=True) + 1e-8)
            # a constant in the denominator makes the rows sum to less than 1
            + np.round(E / E.sum(axis=1, keepdims=True), 2)  # it is rounded
            ? Which digits of a probability may be dropped?
            + np.round(E / E.sum(axis=1, keepdims=True), 3)  # it is rounded
            + np.round(E / E.sum(axis=1, keepdims=True), 4)  # it is rounded
            + np.round(E / E.sum(axis=1, keepdims=True), 6)  # it is rounded
            - return P
            + P[:-1] = 0
            + return P  # last-example-only
        """),
    ),
    conditions=(numpy_alone,),
)
def stable_softmax(S):
    """Row-wise softmax whose exponents are never above 0."""
    T = S - S.max(axis=1, keepdims=True)  # (N, C)
    E = np.exp(T)
    P = E / E.sum(axis=1, keepdims=True)
    return P


def _level_cases():
    return [("float64", 2), ("float32", 3), ("float64", 10), ("float32", 1000), ("float64", 10**6)]


@task(
    "2.2",
    "Largest level that C equal scores can have",
    returns="t",
    cases=_level_cases,
    hints=(
        "The row is t, t, …, t. What is its Z, as a formula in C and t?",
        "Z = C exp(t) must not exceed np.finfo(dtype).max. Solve for t.",
        "Begin with `largest = float(np.finfo(dtype).max)`.",
    ),
    equation="eq. (2)",
    reread='02_stability_shift, "Where exp ends"',
    question="With C classes, which number overflows first: exp(t), or the sum of C of them?",
    slips=patch("""
        - np.log(float(np.finfo(dtype).max)) - np.log(C)
        + np.log(float(np.finfo(dtype).max)) + np.log(C)  # sign
        + np.log(float(np.finfo(dtype).max) * C)  # it is inf, whatever comes in
        ? What comes of the largest number of a dtype when it is multiplied by C?
        + float(np.finfo(dtype).max) / C
        # the level of exp(t) is asked for, and comes as the number itself
        ? If exp(t) may be as large as your answer, how large may t be?
        + np.log(float(np.finfo(dtype).max))  # the sum over the classes is forgotten
        ? How many exponentials are added to Z?
        + np.log(float(np.finfo(dtype).max)) / C
        # the logarithm is divided by C, where its argument should be
        ? What is log(a / C): log(a) / C, or something else?
        + np.log10(float(np.finfo(dtype).max) / C)  # the logarithm has base 10
        ? Which logarithm undoes exp?
        + np.log2(float(np.finfo(dtype).max) / C)  # the logarithm has base 2
        ? Which logarithm undoes exp?
        - np.finfo(dtype)
        + np.finfo(float)  # the dtype is ignored
        ? What is the largest number in float32?
    """),
)
def largest_level(dtype, C):
    """Largest t for which C equal scores t have a finite Z: log(max / C)."""
    return float(np.log(float(np.finfo(dtype).max)) - np.log(C))


def _odds_cases():
    return [
        (np.log([[1.0, 2.0, 5.0]]), 2, 0),
        (np.array([[0.5, -1.0, 2.0, 0.0]]), 1, 2),
        (np.array([[1000.0, 1001.5, 1003.0]]), 2, 0),
        (np.array([[0.0, -2000.0, -2001.5]]), 1, 2),
        (np.array([[-5000.0, 0.0, -4998.0, -5003.0]]), 0, 2),
        (np.array([[100.0, -300.0, -298.0]], np.float32), 2, 1),
    ]


@task(
    "2.3",
    "How many times more probable class k is than class l",
    returns="r",
    cases=_odds_cases,
    hints=(
        "Write p_k / p_l with eq. (2). What cancels?",
        "exp(a) / exp(b) = exp(a - b): subtract before you take exp.",
        "Begin with `gap = S_i[0, k] - S_i[0, l]`.",
    ),
    equation="eq. (2)",
    reread='02_stability_shift, "Only differences count"',
    question="Which two exponentials are left of p_k / p_l, and can both of them be 0?",
    slips=patch("""
        - np.exp(S_i[0, k] - S_i[0, l])
        + np.exp(S_i[0, k]) / np.exp(S_i[0, l])  # no-shift
        + (lambda p: p[0, k] / p[0, l])(np.exp(S_i) / np.exp(S_i).sum())  # no-shift
        + (lambda E: E[0, k] / E[0, l])(np.exp(S_i - S_i.max()))
        # a probability that underflows to 0 is used
        ? What is left of two probabilities that are both near exp(-2000)?
        + (lambda E: E[0, k] / (E.sum() - E[0, k]))(np.exp(S_i - S_i.max()))
        # k is held against all other classes, not against l
        ? Which argument has your line no use for?
        + np.exp(S_i[0, l] - S_i[0, k])  # k and l are exchanged: it is the reciprocal
        ? If class k is the more probable one, is your ratio above 1?
        + S_i[0, k] - S_i[0, l]  # the difference of the scores comes back, before exp
        ? Can a ratio of two probabilities be negative?
        + S_i[0, k] / S_i[0, l]  # the scores themselves are divided
        ? Can a ratio of two probabilities be negative?
    """),
)
def odds(S_i, k, l):
    """p_k / p_l of one row from its scores alone: exp(S_ik - S_il)."""
    return np.exp(S_i[0, k] - S_i[0, l])


def _survivor_cases():
    S = np.array(
        [[1.0, 2.0, 3.0], [709.5, 709.5, 709.5], [1000.0, 0.0, 0.0], [-800.0, -801.0, -900.0]]
    )
    spread = np.array([[900.0, 0.0], [-900.0, 899.0], [-1800.0, -950.0]])
    return [
        (S, 0.0),
        (S, S.max(axis=1, keepdims=True)),
        (S, S.max()),
        (S, S.max(axis=0)),
        (S, -S.max(axis=1, keepdims=True)),
        (spread, spread.max(axis=0)),
        ((S / 8).astype(np.float32), np.float32(0)),
        (np.array([[709.0, 709.0]]), 0.0),
    ]


@task(
    "2.4",
    "Which rows survive a given shift",
    returns="alive",
    cases=_survivor_cases,
    hints=(
        "Each row stands or falls with one number, the one that everything is divided by.",
        "Z must be neither 0 nor inf. A row can have finite exponentials and Z = inf.",
        "Begin with `Z = np.exp(S - shift).sum(axis=1)`.",
    ),
    equation="eq. (2)",
    reread='02_stability_shift, "Where exp ends"',
    question="What is Z for the first row that differs, and can one divide by it?",
    slips=patch("""
        - axis=1
        + axis=0  # wrong-axis
        - S - shift
        + S + shift  # wrong-shift-sign
        - (Z > 0) & np.isfinite(Z)
        + np.isfinite(E).all(axis=1)  # the exponentials are looked at, not their sum
        ? Can finite exponentials have a sum that is inf?
        + ((E > 0) & np.isfinite(E)).all(axis=1)
        # every exponential is asked to survive, not their sum
        ? Does it harm a row that one of its exponentials underflows to 0?
        + np.isfinite(Z)  # a Z of 0 passes
        ? What is 0 / 0 in the row that differs?
        + Z > 0  # an infinite Z passes
        ? What is inf / inf in the row that differs?
        + (Z == 0) | np.isinf(Z)  # it tells the rows that do not survive
        ? Does True stand for a row that survives, or for one that does not?
        + (E / Z[:, None]).sum(axis=1) == 1  # the probabilities are asked to sum to exactly 1
        ? Must floats that ought to sum to 1 do so to the last digit?
    """),
    questions={
        "wrong-axis": "Which axis does your sum do away with: that of the classes?",
    },
)
def surviving_rows(S, shift):
    """Which rows of exp(S - shift) have a Z that one can divide by: neither 0 nor inf."""
    with np.errstate(over="ignore"):
        E = np.exp(S - shift)  # (N, C)
        Z = E.sum(axis=1)  # (N,)
    return (Z > 0) & np.isfinite(Z)


TASKS = tasks_of(__name__)
