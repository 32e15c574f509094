"""Lesson 03, cross-entropy: the price of a probability, at both ends of the number line.

What notebook 03 shows and does not spell out: three pictures, the explorer, four exercises.
"""

import numpy as np

from softmax_lib.explorer import Explorer, choice, score_sliders
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    PALETTE,
    Bars,
    error_axis,
    house_style,
    ink,
    new_figure,
    note,
    show,
)
from softmax_lib.forward import cross_entropy, scores, softmax
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import numpy_alone
from softmax_lib.lessons.slips import (
    EPSILONS,
    FORWARD,
    HEIGHTS,
    LOG,
    PENALTY,
    patch,
    shift_cases,
)
from softmax_lib.words import listed, number, signed, sure

# The plain logarithm, the patched one, the stable one: three curves that run on top of each other
# for a while, so each is thinner than the one below it.
STYLES = (
    {"color": PALETTE["vermillion"], "linestyle": (0, (3, 2)), "linewidth": 1.6, "zorder": 3},
    {"color": PALETTE["orange"], "linestyle": "-", "linewidth": 3.4, "zorder": 2.5},
    {"color": PALETTE["sky"], "linestyle": "-", "linewidth": 8, "alpha": 0.55, "zorder": 2},
)


@house_style
def plot_minus_log(C):
    """Draw -log p_m against p_m, with the losses worth knowing by heart marked."""
    fig, ax = new_figure(height=3.4, title="The less you gave to the truth, the more you pay")
    p = np.linspace(0.004, 1, 400)
    ax.plot(p, -np.log(p), color=PALETTE["blue"])
    points = (
        (1.0, "sure and right: 0", (-4, 12)),
        (1 / 2, f"a coin toss: log 2 = {np.log(2):.2f}", (8, 8)),
        (1 / C, f"knows nothing, C = {C}: log C = {np.log(C):.2f}", (8, 15)),
        (0.01, f"sure and wrong, $p_m$ = 0.01: {-np.log(0.01):.2f}", (10, -3)),
    )
    for at, text, away in points:
        ax.plot(at, -np.log(at), "o", color=PALETTE["vermillion"], clip_on=False, zorder=3)
        note(ax, text, (at, -np.log(at)), away, va="bottom")
    ax.set(xlim=(0, 1), ylim=(0, 5.6), xlabel="$p_m$, probability given to the right label")
    ax.set_ylabel("$L_i = -\\log\\ p_m$")
    ax.grid(True)
    losses = ", ".join(f"{-np.log(at) + 0:.2f} at {at:.3g}" for at, *_ in points)
    show(
        fig,
        f"-log p_m is 0 at p_m = 1 and grows without bound toward p_m = 0: {losses}.",
        "A falling curve, steep near p_m = 0 and flat near 1, with four points marked: sure and "
        "right, a coin toss, knowing nothing, sure and wrong.",
    )


@house_style
def plot_both_ends(losses):
    """Draw three ways to compute the loss of two classes, against the gap between their scores.

    `losses` maps names to ``f(S, y) -> (N,)``: the plain logarithm, the patched, the stable one.
    """
    fig, (left, right) = new_figure(height=3.9, ncols=2)
    wrong_gaps, right_gaps = np.arange(0.0, 901.0), np.arange(1.0, 61.0)
    wrong, right_by = {}, {}
    with np.errstate(all="ignore"):
        for name, loss in losses.items():
            wrong[name] = loss(np.stack([0 * wrong_gaps, -wrong_gaps], axis=1), np.full(901, 1))
            right_by[name] = loss(np.stack([0 * right_gaps, -right_gaps], axis=1), np.full(60, 0))
    plain, patched, stable = losses
    place = error_axis(right, right_by[plain], right_by[stable])
    for name, style in zip(losses, STYLES, strict=True):
        shown = np.where(np.isfinite(wrong[name]), wrong[name], np.nan)
        left.plot(wrong_gaps, shown, **style)
        shown = np.where(right_by[name] >= 0, place(np.maximum(right_by[name], 0)), np.nan)
        right.plot(right_gaps, shown, label=name, **style)

    last = wrong_gaps[np.isfinite(wrong[plain])][-1]
    cap = wrong[patched][-1]
    zero = right_gaps[right_by[plain] == 0][0]
    ends = right_gaps[right_by[patched] > 0][-1]
    cross = {"marker": "X", "markersize": 9, "zorder": 4, "markeredgecolor": "white"}
    left.plot(last, last, color=PALETTE["vermillion"], **cross)
    right.plot(ends, right_by[patched][right_gaps == ends][0], color=PALETTE["orange"], **cross)
    red, amber = ink(PALETTE["vermillion"]), ink(PALETTE["orange"])
    note(left, f"infinite beyond {last:.0f}", (last, last), (-12, 0), color=red, va="center")
    note(left, f"stuck at {cap:.1f}", (640, cap), (0, 6), color=amber, ha="center", va="bottom")
    left.set(xlim=(0, 900), ylim=(0, 920), xlabel="gap, right class behind", ylabel="$L_i$")
    left.set_title("Sure and wrong: $p_m$ becomes 0", fontsize=11)
    left.grid(True)
    note(right, f"0 from {zero:.0f} on", (60, place([0.0])[0]), (-2, 6), color=red, ha="right")
    note(
        right, f"negative\nbeyond {ends:.0f}", (ends, right_by[patched][right_gaps == ends][0]),
        (-12, -4), color=amber, va="top",
    )  # fmt: skip
    right.set(xlim=(0, 60), xlabel="gap, right class ahead")
    right.set_title("Sure and right: $p_m$ becomes 1", fontsize=11)
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    show(
        fig,
        f"Wrong by a gap: the plain logarithm is infinite beyond {last:.0f}, the patched one stops "
        f"at {cap:.1f}. Right by a gap: the plain one is exactly 0 from {zero:.0f} on, the patched "
        f"one negative beyond {ends:.0f}. Log-sum-exp with log1p follows the true loss at both "
        f"ends.",
        f"Two panels, the loss of two classes against the gap between their scores. Left, wrong "
        f"answers: the stable loss is a straight line up to a gap of 900; the plain one lies on it "
        f"and ends at a cross at {last:.0f}; the patched one is flat at {cap:.1f}. Right, right "
        f"answers, log axis: the stable loss falls on a straight line; the plain one lies on it "
        f"and falls to exactly 0 at {zero:.0f}; the patched one lies on it, too, and ends at a "
        f"cross at {ends:.0f}, for beyond it is below 0.",
    )


@house_style
def plot_slope_errors(leads, errors):
    """Draw how far the measured slope of each loss is from p_m - 1, against the lead.

    `leads` says by how much the right one of two classes leads, and `errors` the relative error of
    the slope there, of the plain logarithm, the patched one, the stable one.
    """
    fig, ax = new_figure(height=3.9, title="Does each loss know its own slope?")
    place = error_axis(ax, *errors.values())
    for (name, error), style in zip(errors.items(), STYLES, strict=True):
        ax.plot(leads, place(error), label=name, **style)
    ax.axvline(0, color=PALETTE["gray"], linewidth=0.8)
    ax.axhline(1, color=INK, linewidth=1, linestyle=":")
    note(ax, "nothing of the slope is left", (-3, 1), (0, -6), ha="center")
    ax.set(xlim=(leads[0], leads[-1]), xlabel="lead of the right class: wrong | right")
    ax.set_ylabel("relative error of the slope")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    plain, patched, stable = errors.values()
    lost = leads[(plain > 0.9) & (patched > 0.9)].min()
    behind = -leads[(patched > 0.9) & (leads < 0)].max()
    fact = (
        f"Without log1p the slope is lost from a lead ≈ {lost:.0f} on, patched or not; the patch "
        f"loses it, too, wherever the right class is {behind:.0f} or more behind. The error of the "
        f"stable loss is at most ≈ {stable.max():.0e}."
    )
    show(
        fig,
        fact,
        f"Relative error of the slope on a log axis, against the lead of the right class from "
        f"{number(leads[0])} to {number(leads[-1])}. One curve stays low all the way; the plain "
        f"one climbs to 1 on the right, the patched one on both sides. {fact}",
    )


class _ScoresToLoss(Explorer):
    """Three scores and a right class: p and the slopes as bars, and the place on the loss's map."""

    title = "From three scores to one loss, and its slopes"
    size = (7.0, 4.9)
    reach = 12.0  # two scores differ by at most this

    def controls(self):
        right = choice("right class m", [0, 1, 2], value=1)
        return {**score_sliders(6, (2, 0.5, -1)), "m": right}

    def build(self, fig):
        grid = fig.add_gridspec(2, 2, width_ratios=(1, 1.25))
        above, below = (fig.add_subplot(grid[row, 0]) for row in (0, 1))
        self.p = Bars(above, 0.12, CLASS_COLORS[:3], edgecolor=INK)
        self.slopes = Bars(below, 0.2, edgecolor=INK)
        above.set(ylim=(0, 1.32), yticks=(0, 0.5, 1), ylabel="probability")
        below.set(ylim=(-1.35, 1.35), yticks=(-1, 0, 1), ylabel="slope of $L_i$ by score")
        below.tick_params(axis="x", length=0)
        for ax in (above, below):
            ax.grid(True, axis="y")
        self.sum = above.text(0, 1.05, "", transform=above.transAxes, weight="bold", va="bottom")

        right = fig.add_subplot(grid[:, 1])
        axis = np.linspace(-self.reach, self.reach, 97)
        a, b = np.meshgrid(axis, axis)
        S = np.stack([0 * a, -a, -b], axis=-1).reshape(-1, 3)
        L = cross_entropy(S, np.zeros(len(S), int)).reshape(a.shape)
        right.axhspan(0, self.reach, xmin=0.5, color="#E8F3EE", zorder=0)
        for line in (right.axhline, right.axvline):
            line(0, color=PALETTE["gray"], linewidth=0.8)
        levels = (0.001, 0.1, 1, 3, 5, 7, 9, 11)
        lines = right.contour(a, b, L, levels=levels, colors=PALETTE["gray"], linewidths=1)
        right.clabel(lines, fmt="%g", fontsize=9)
        right.text(
            self.reach - 0.4, 4.3, "prediction right", ha="right", va="center",
            color=ink(PALETTE["green"]), weight="bold", fontsize=9.5,
        )  # fmt: skip
        look = {"color": PALETTE["purple"], "markeredgecolor": INK, "markersize": 11}
        (self.point,) = right.plot(0, 0, "o", clip_on=False, **look)
        right.set(xlim=axis[[0, -1]], ylim=axis[[0, -1]])
        right.set(xticks=range(-12, 13, 6), yticks=range(-12, 13, 6))
        right.set_xlabel("$S_0$", alpha=0)  # the room that the moving names need
        right.set_ylabel("$S_0$", alpha=0)
        right.set_title("Map of the loss: lines of equal $L_i$", fontsize=10.5, weight="normal")
        points = {"xycoords": "axes fraction", "textcoords": "offset points"}
        self.names = (
            right.annotate("", (0.5, 0), (0, -21), ha="center", va="top", **points),
            right.annotate("", (0, 0.5), (-27, 0), ha="right", va="center", rotation=90, **points),
        )
        return [self.p, self.slopes, self.sum, self.point, *self.names]

    def update(self, s0, s1, s2, m):
        S = np.array([[s0, s1, s2]])
        p, loss = softmax(S)[0], cross_entropy(S, [m])[0]
        slope = p.copy()
        slope[m] = -np.delete(p, m).sum()  # p_m - 1, without its cancellation
        self.p.move(p, map(sure, p), m)
        self.slopes.move(slope, map(signed, slope), m)
        result = f"−log {sure(p[m])} = {sure(loss)}"
        self.sum.set_text(f"$m$ = {m}:   $L_i$ = {result}")
        first, second = (k for k in range(3) if k != m)
        leads = S[0, m] - S[0, [first, second]]
        self.point.set_data([leads[0]], [leads[1]])
        for text, other in zip(self.names, (first, second), strict=True):
            text.set_text(f"lead over class {other}: $S_{m} - S_{other}$")
        if leads.min() > 0:
            verdict = "the prediction is right"
        elif leads.min() < 0:
            verdict = "the prediction is wrong"
        else:
            verdict = "the right class shares the lead"
        slopes = f"slopes by the scores {listed(slope, signed)}"
        caption = f"Right class {m}: L_i = {result}; {verdict}. In blue and red: {slopes}."
        return caption, (
            f"Bars: p = ({listed(p, sure)}) from scores ({listed(S)}); "
            f"below them, as bars from 0, {slopes}. Beside them contours of the loss over the two "
            f"leads of the right class, with a point at ({listed(leads)}), where "
            f"the loss is {sure(loss)}. The loss falls to 0 toward the upper right and grows "
            f"without bound toward the other sides."
        )


explore = _ScoresToLoss


# Exercises


def _scores_cases():
    rng = np.random.default_rng(1)
    levels = np.array([[2000.0], [-2000.0], [0.0], [900.0], [400.0]])
    return [
        (np.array([[1.0, 0.0, 2.0], [0.5, 0.5, -1.0]]), np.array([2, 0])),
        (2 * rng.standard_normal((5, 3)), np.array([1, 0, 2, 2, 0])),
        (np.array([[0.0, -40.0], [-35.0, 0.0], [2.0, 1.0]]), np.array([1, 0, 1])),
        (levels + rng.standard_normal((5, 6)), np.array([4, 0, 3, 0, 5])),
        (1000 * rng.standard_normal((7, 4)), np.array([3, 0, 1, 2, 2, 0, 1])),
        *((rng.standard_normal((4, 5)) + height, np.array([1, 0, 4, 2])) for height in HEIGHTS),
        (np.array([[-1.0, 3.0]]), np.array([0])),
        ((150 * rng.standard_normal((4, 3))).astype(np.float32), np.array([0, 2, 1, 0])),
    ]


@task(
    "3.1",
    "Stable loss of each example",
    returns="L",
    cases=_scores_cases,
    hints=(
        "Which operation turned a tiny probability into 0, and can you do without it?",
        "Eq. (3) with the shift: log sum_l exp(S_il - max) - (S_im - max), one number a row.",
        "Begin with `T = S - S.max(axis=1, keepdims=True)`.",
    ),
    equation="eq. (3)",
    reread='03_cross_entropy_loss, "Where the logarithm breaks"',
    question="In the first row that differs, what does your log get, and what is taken off it?",
    slips=(
        *FORWARD,
        *LOG,
        *patch("""
            - -log_P[rows, y]
            + 1 - np.exp(log_P[rows, y])  # 1 - p_m stands where -log p_m belongs
            ? What does an answer cost whose p_m is 0: 1, or more?
            + -np.take(log_P, y)  # the labels of all examples are looked up in the first row
            ? From which row does your line take its second number?
            + np.exp(log_P[rows, y])  # p_m itself comes back
            ? What does a sure and right answer cost?
            - S - S.max(axis=1, keepdims=True)
            + S - S.min(axis=1, keepdims=True)  # the smallest score is taken off
            ? After your shift, which is the largest exponent of a row?
            + S.max(axis=1, keepdims=True) - S  # the scores have changed sign
            ? Which class has the largest exponent in your code, and which should?
            - return -log_P[rows, y]
            + p, Y = E / Z, np.eye(S.shape[1])[y]
            + return -(Y * np.log(p) + (1 - Y) * np.log(1 - p)).sum(axis=1)
            # every class is asked yes or no by itself: it is the loss of C sigmoids
            ? Which terms of the sum over l in eq. (3) are not 0?
            + p, Y = E / Z, np.eye(S.shape[1])[y]
            + return -(Y * np.log(p + 1e-12) + (1 - Y) * np.log(1 - p + 1e-12)).sum(axis=1)
            # every class is asked yes or no by itself: it is the loss of C sigmoids
            + log_P[:-1] = 0
            + return -log_P[rows, y]  # last-example-only
        """),
    ),
    questions={
        "wrong-shape": "How many losses should come back, and along which axis do yours lie?",
        "every-label": "Which shape has T[:, y], and which of its entries are losses?",
    },
    conditions=(numpy_alone,),
)
def stable_losses(S, y):
    """Loss of each example by log-sum-exp, eq. (3)."""
    rows = np.arange(len(S))
    T = S - S.max(axis=1, keepdims=True)  # (N, C), every entry <= 0
    E = np.exp(T)
    Z = E.sum(axis=1, keepdims=True)  # (N, 1)
    log_P = T - np.log(Z)  # never the logarithm of a probability
    return -log_P[rows, y]  # (N,)


def _mean_loss_in_full(W, X, y, reg):
    rows = np.arange(len(X))
    S = X @ W
    T = S - S.max(axis=1, keepdims=True)
    E = np.exp(T)
    Z = E.sum(axis=1, keepdims=True)
    log_P = T - np.log(Z)
    L_i = -log_P[rows, y]
    return L_i.mean() + reg * np.sum(W * W)


def _mean_cases():
    rng = np.random.default_rng(1)

    def made(N, D, C, size, reg):
        y = rng.integers(0, C, N)
        return size * rng.standard_normal((D, C)), rng.standard_normal((N, D)), y, reg

    return [
        (np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]]), np.eye(4, 3), np.array([0, 1, 1, 0]), 0.0),
        made(5, 4, 3, 0.5, 0.1),
        made(5, 4, 3, 0.5, 2.0),
        made(7, 3, 2, 400.0, 0.0),
        made(1, 4, 3, 1.0, 0.5),
        made(6, 2, 5, 0.01, 0.0),
        *shift_cases(made),
    ]


@task(
    "3.2",
    "Loss of the whole set",
    returns="loss",
    cases=_mean_cases,
    hints=(
        "Which part of the loss belongs to the examples, and which to the weights alone?",
        "A mean over N examples, plus reg times the sum of all squared weights.",
        "Begin with `L_i = cross_entropy(scores(X, W), y)`.",
    ),
    equation="eq. (3)",
    reread='03_cross_entropy_loss, "From one example to the whole set"',
    question="If every example came twice, what would happen to each part of your loss?",
    model=_mean_loss_in_full,
    slips=(
        *FORWARD,
        *LOG,
        *PENALTY[:6],
        *patch("""
            - reg * np.sum(W * W)
            + reg * np.mean(W * W)  # the squares of the weights are averaged
            ? What is asked for of the squares: their sum, or their mean?
            + reg * np.sum(W[:-1] ** 2)  # the last row of W is left out of the regularization
            ? Does the text make an exception for the weights of the bias?
            - L_i.mean()
            + L_i[-1] / len(L_i)  # last-example-only
            + -np.log(np.exp(-L_i).mean())  # the logarithm of the mean p is taken
            ? Is the logarithm of a mean the mean of the logarithms?
        """),
    ),
    questions={
        "wrong-shape": "How many numbers is a loss of the whole set?",
    },
)
def mean_loss(W, X, y, reg):
    """Loss of the whole set: the mean of eq. (3) over the examples, plus reg * sum(W * W)."""
    L_i = cross_entropy(scores(X, W), y)  # (N,)
    return L_i.mean() + reg * np.sum(W * W)


def _label_cases():
    return [
        (np.array([2, 0, 1, 0]), 3),
        (np.array([1, 0, 1]), 4),
        (np.array([1]), 2),
        (np.array([0, 0]), 5),
        (np.random.default_rng(1).integers(0, 4, 9), 6),
    ]


@task(
    "3.3",
    "One-hot rows",
    returns="Y",
    cases=_label_cases,
    hints=(
        "How many ones does a row hold, and how many does the whole matrix hold?",
        "Y_il is 1 exactly where l = y_i: one pair (i, y_i) for each example.",
        "Begin with `Y = np.zeros((len(y), C))`.",
    ),
    equation="eq. (3)",
    reread='03_cross_entropy_loss, "Which row is one-hot?"',
    question="How many columns has your Y, and in which of them is the 1 of the first row?",
    slips=patch("""
        - Y[np.arange(len(y)), y] = 1
        + Y[:, y] = 1  # every-label
        ? How many ones stand in your first row?
        + Y[np.arange(len(y)), y - 1] = 1  # labels-from-one
        + Y[np.arange(1, len(y)), y[1:]] = 1  # the first row stays empty
        ? At which number does your loop begin, and what is the number of the first row?
        + Y[:] = 1
        + Y[np.arange(len(y)), y] = 0  # 0 and 1 are exchanged
        ? How many ones does a one-hot row hold?
        + Y[np.arange(len(y)), y] = y  # the labels themselves stand there, where a 1 belongs
        ? What stands in the row of an example with label 0?
        - return Y
        + Y[:-1] = 0
        + return Y  # last-example-only
    """),
    questions={
        "wrong-shape": "What has Y rows for, and how many columns if no example has the last?",
        "transposed": "Does a row of your Y belong to an example, or to a class?",
    },
)
def one_hot(y, C):
    """Labels as rows of Y: 1 at the right class, 0 elsewhere."""
    Y = np.zeros((len(y), C))
    Y[np.arange(len(y)), y] = 1
    return Y


def _shares_cases():
    return [
        (np.array([0, 0, 0, 1]), 2),
        (np.array([0, 1, 2, 0, 1, 2]), 3),
        (np.array([2, 0, 2, 2, 1, 2, 2, 0, 2, 2]), 3),
        (np.array([4, 1, 1, 4, 1]), 6),
        (np.random.default_rng(1).integers(0, 3, 40) ** 2, 7),
        (np.array([1, 1, 1]), 4),
    ]


@task(
    "3.4",
    "Loss of the class shares",
    returns="loss",
    cases=_shares_cases,
    hints=(
        "Every example gets the same row p. What is p_k, and what is p_m for example i?",
        "Eq. (3) for each example, with p_m the share of its own label, then the mean.",
        "Begin with `shares = np.bincount(y, minlength=C) / len(y)`.",
    ),
    equation="eq. (3)",
    reread='03_cross_entropy_loss, "What does a model that knows nothing pay?"',
    question="Which share does your log get for each example, and for a class that none has?",
    slips=(
        *patch("""
            - -np.log(shares[y])
            + -(np.eye(C)[y] * np.log(shares)).sum(axis=1)  # log-of-zero
        """),
        *(("log-epsilon", "np.log(shares[y])", f"np.log(shares[y] + {e})") for e in EPSILONS),
        *patch("""
            - .mean()
            + .mean() / len(set(y))  # divided-by-classes
            + [-1] / len(y)  # last-example-only
            - shares[y]
            + shares[y - 1]  # labels-from-one
            - -np.log(shares[y]).mean()
            + np.log(C)  # it is log C, the price of knowing nothing at all
            ? What does this model know that one with equal probabilities does not?
            + -np.log(shares[y].mean())  # the mean of the shares is taken, then its logarithm
            ? Is the logarithm of a mean the mean of the logarithms?
            + -np.log2(shares[y]).mean()  # the logarithm has base 2
            ? Which logarithm does eq. (3) take?
            - counts / len(y)
            + counts  # counts stand where shares belong
            ? What do the probabilities of your model sum to?
            + counts / C  # the counts are divided by C
            ? What do the probabilities of your model sum to?
        """),
    ),
)
def loss_of_shares(y, C):
    """Mean loss of a model whose p_k is the share of the examples that have label k."""
    counts = np.bincount(y, minlength=C)  # (C,), some perhaps 0
    shares = counts / len(y)
    return -np.log(shares[y]).mean()


TASKS = tasks_of(__name__)
