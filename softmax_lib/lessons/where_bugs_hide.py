"""What `10_where_bugs_hide.ipynb` needs: a dozen bugs, the panel, the hunt, exercises."""

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Rectangle

from softmax_lib.explorer import Explorer
from softmax_lib.figures import (
    CLASS_COLORS,
    CLASS_MARKERS,
    INK,
    PALETTE,
    house_style,
    new_figure,
    show,
)
from softmax_lib.forward import cross_entropy, softmax
from softmax_lib.gradcheck import gradient_check
from softmax_lib.lessons import task, tasks_of
from softmax_lib.loss import softmax_loss_vectorized


def problem(N=6, C=3, size=1.0, D=4):
    """W (D, C) with entries of about `size`, X (N, D) and y (N,), made afresh."""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(6, D))[:N]
    return size * rng.normal(size=(D, C)), X, np.array([2, 0, 1, 1, 2, 0])[:N] % C


# The bugs: each a loss of the usual contract with one thing wrong. They change a right answer, so
# that each says its mistake in a line; only the shifts are written out, for they act inside.


def _right(W, X, y, reg):
    """The loss, and its gradient in two parts: data and regularization."""
    loss, dW = softmax_loss_vectorized(W, X, y, reg)
    return loss, dW - 2 * reg * W, 2 * reg * W


def _shifted_by(K, W, X, y, reg):
    """Loss and gradient from exp(S - K), as many write them."""
    E = np.exp(X @ W - K)  # (N, C)
    P = E / E.sum(axis=1, keepdims=True)
    Y = np.eye(W.shape[1])[y]
    loss = -np.log(P[np.arange(len(y)), y]).mean() + reg * np.sum(W * W)
    return loss, X.T @ (P - Y) / len(y) + 2 * reg * W


def no_shift(W, X, y, reg):
    """Take exp of the scores as they are."""
    return _shifted_by(0, W, X, y, reg)


def matrix_shift(W, X, y, reg):
    """Subtract one maximum for the whole matrix."""
    return _shifted_by((X @ W).max(), W, X, y, reg)


def log_epsilon(W, X, y, reg):
    """Add 1e-12 inside the logarithm."""
    _, data, ridge = _right(W, X, y, reg)
    p_m = softmax(X @ W)[np.arange(len(y)), y]
    return -np.log(p_m + 1e-12).mean() + reg * np.sum(W * W), data + ridge


def no_reg_gradient(W, X, y, reg):
    """Forget 2 reg W in the gradient."""
    loss, data, _ = _right(W, X, y, reg)
    return loss, data


def half_reg_gradient(W, X, y, reg):
    """Write reg W where 2 reg W belongs."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, data + ridge / 2


def no_mean_gradient(W, X, y, reg):
    """Do not divide the gradient by N."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, len(y) * data + ridge


def last_example_only(W, X, y, reg):
    """Compute the gradient after the loop, for the last example."""
    loss, _, ridge = _right(W, X, y, reg)
    return loss, _right(W, X[-1:], y[-1:], reg)[1] + ridge


def divided_by_classes(W, X, y, reg):
    """Divide the gradient by C where N belongs."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, data * len(y) / W.shape[1] + ridge


def labels_across(W, X, y, reg):
    """Pick P[y, range(N)] where P[range(N), y] belongs, in loss and gradient."""
    N, P = len(y), softmax(X @ W)
    loss = -np.log(P[y, np.arange(N)]).mean() + reg * np.sum(W * W)
    G = P[y]  # row i: what picking P[y_i, i] does to the scores of example y_i
    G[np.arange(N), np.arange(N)] -= 1
    return loss, X[y].T @ G / N + 2 * reg * W


def sign(W, X, y, reg):
    """Compute Y - P where P - Y belongs."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, ridge - data


def half_reg_throughout(W, X, y, reg):
    """Use reg/2 in the loss and reg W in the gradient."""
    _, data, ridge = _right(W, X, y, reg)
    return cross_entropy(X @ W, y).mean() + reg / 2 * np.sum(W * W), data + ridge / 2


def sum_throughout(W, X, y, reg):
    """Sum over the examples, in loss and gradient."""
    _, data, ridge = _right(W, X, y, reg)
    return cross_entropy(X @ W, y).sum() + reg * np.sum(W * W), len(y) * data + ridge


BUGS = (
    no_shift,
    matrix_shift,
    log_epsilon,
    no_reg_gradient,
    half_reg_gradient,
    no_mean_gradient,
    last_example_only,
    divided_by_classes,
    labels_across,
    sign,
    half_reg_throughout,
    sum_throughout,
)

CONDITIONS = {  # the usual problem: N = 6, D = 4, C = 3, entries of W about 1, reg = 0.1
    "small W": {"size": 0.01},
    "large W": {"size": 1000.0},
    "reg = 0": {"reg": 0.0},
    "N = C": {"N": 3},
    "one example": {"N": 1},
}


def outcome(f, N=6, C=3, size=1.0, reg=0.1):
    """Error of f's gradient by norm (None where the check itself breaks), and whether it passes."""
    W, X, y = problem(N, C, size)
    try:
        with np.errstate(all="ignore"):
            check = gradient_check(lambda W: f(W, X, y, reg), W)
    except (ValueError, IndexError):  # a loss that is not finite, or labels that fit no column
        return None, False
    return check.error, check.passed


# Pictures


@house_style
def plot_panel(outcomes):
    """Draw what the gradient check says of each bug under each condition.

    `outcomes` maps a bug's name to one (error, passed) a condition, in the order of CONDITIONS.
    """
    fig, ax = new_figure(width=6.5, height=4.2)
    fig.suptitle("Where the check passes wrong code", x=0.01, ha="left")
    ax.set(xlim=(0, len(CONDITIONS)), ylim=(len(outcomes), 0))
    for row, results in enumerate(outcomes.values()):
        for column, (error, passed) in enumerate(results):
            color = PALETTE["vermillion"] if passed else "#E3F1EC"
            ax.add_patch(
                Rectangle((column + 0.03, row + 0.06), 0.94, 0.88, color=color, linewidth=0)
            )
            word = "! passes" if passed else "✓" if error else "✓ breaks"
            ax.text(
                column + 0.5, row + 0.5, word, ha="center", va="center", fontsize=9,
                color="white" if passed else INK, weight="bold" if passed else "normal",
            )  # fmt: skip
    ax.set_xticks(np.arange(len(CONDITIONS)) + 0.5, CONDITIONS)
    ax.set_yticks(np.arange(len(outcomes)) + 0.5, outcomes)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    wrong = {name: sum(passed for _, passed in results) for name, results in outcomes.items()}
    never = [name for name, count in wrong.items() if count == 0]
    always = [name for name, count in wrong.items() if count == len(CONDITIONS)]
    show(
        fig,
        f"Of {len(outcomes) * len(CONDITIONS)} checks of wrong code, {sum(wrong.values())} pass. "
        f"Always found: {', '.join(never)}. Never found: {', '.join(always)}.",
        "A table, one row a bug, one column a condition. "
        + " ".join(f"{name} passes in {count} of 5." for name, count in wrong.items()),
    )


@house_style
def plot_ratios(outcomes):
    """Draw the error by norm of each bug against the size of W: {name: [(size, error)]}."""
    fig, ax = new_figure(height=4.0)
    ax.set(xscale="log", yscale="log", xlabel="size of the entries of W", ylim=(1e-11, 100))
    ax.set_title("Small weights hide three bugs of these four")
    ax.set_ylabel("relative error by norm")
    ax.grid(True, axis="y")
    ends = {}
    for k, (name, points) in enumerate(outcomes.items()):
        found = [(size, error) for size, error in points if error is not None]
        sizes, errors = map(np.array, zip(*found, strict=True))
        ax.plot(
            sizes, errors, color=CLASS_COLORS[k], marker=CLASS_MARKERS[k], linestyle="-",
            linewidth=1.2, markersize=5, label=name,
        )  # fmt: skip
        broken = [size for size, error in points if error is None]
        if broken:  # one row of crosses a bug
            height = 8.0 if any(lost for _, lost in ends.values()) else 40.0
            ax.plot(broken, [height] * len(broken), "x", color=CLASS_COLORS[k], markersize=8, mew=2)
        ends[name] = (errors[0], bool(broken))
    ax.axhline(1e-6, color=INK, linewidth=1.2, linestyle="--")
    ax.text(points[0][0], 1.5e-6, "bound 1e-06", va="bottom")
    ax.text(30, 18, "not finite:", ha="right", va="center")
    ax.legend(loc="center right", bbox_to_anchor=(1, 0.53), fontsize=9)
    hidden = [name for name, (error, _) in ends.items() if error < 1e-6]
    show(
        fig,
        f"At the smallest W the errors of {', '.join(hidden)} are below 1e-6: nothing to see. "
        f"Not finite for large W: {', '.join(n for n, (_, broken) in ends.items() if broken)}.",
        "Log-log plot of the gradient check's error against the size of the weights, one line a "
        "bug. Some lines lie at rounding level on the left; crosses at the top mark losses that "
        "are no longer finite on the right.",
    )


# The explorer

HUNTED = (no_reg_gradient, divided_by_classes, no_shift, last_example_only, half_reg_throughout)
_SIZES, _REGS = (0.01, 1.0, 1000.0), (0.0, 0.1, 1.0)


class BugHunt(Explorer):
    """A loss with a hidden bug; the settings of the check are the reader's instruments."""

    title = "Find the bug"
    size = (9.0, 3.9)

    def controls(self):
        """Case, size of W, reg, N, and whether to reveal the bug: sliders, for the arrow keys."""
        sizes = [(f"{size:g}", size) for size in _SIZES]
        return {
            "case": widgets.IntSlider(1, 1, len(HUNTED), description="case"),
            "size": widgets.SelectionSlider(options=sizes, value=1.0, description="size of W"),
            "reg": widgets.SelectionSlider(options=_REGS, value=0.1, description="reg"),
            "N": widgets.SelectionSlider(options=[1, 3, 6], value=6, description="N"),
            "reveal": widgets.IntSlider(0, 0, 1, description="reveal the bug"),
        }

    def build(self, fig):
        """Axes and the line of agreement stand; the entries and the words move."""
        ax, words = fig.subplots(ncols=2, width_ratios=(1, 1.25))
        ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        ax.set(xlabel="measured slope (scaled)", ylabel="entry of dW (scaled)", title="12 entries")
        ax.plot([-1, 1], [-1, 1], color=PALETTE["gray"], linestyle=":")
        ax.text(0.78, 0.92, "agree", ha="right", color=PALETTE["gray"])
        self.entries = [
            ax.plot([], [], CLASS_MARKERS[j], color=CLASS_COLORS[j], label=f"class {j}")[0]
            for j in range(3)
        ]
        ax.legend(loc="lower right", fontsize=9)
        words.axis("off")
        self.words = words.text(0, 0.95, "", va="top", fontsize=11, linespacing=1.7)
        return [*self.entries, self.words]

    def update(self, case, size, reg, N, reveal):
        """Check the bug under the settings, and say what a check can see."""
        bug, (W, X, y) = HUNTED[case - 1], problem(N, 3, size)
        with np.errstate(all="ignore"):
            at_zero = bug(0 * W, X, y, reg)[0]
            try:
                check = gradient_check(lambda W: bug(W, X, y, reg), W)
                a, b = check.analytic, check.numerical
                verdict = "passes" if check.passed else f"FAILS, error {check.error:.0e}"
                size_of_b = np.sum(b * b)
                fit = (
                    f"dW is {np.sum(a * b) / size_of_b:.3f} times the measured slopes"
                    if size_of_b > 0
                    else "all measured slopes are 0"
                )
            except ValueError:
                a = b = np.full(W.shape, np.nan)
                verdict, fit = "breaks: the loss is not finite", "no slopes to compare"
        scale = max(np.abs(a).max(), np.abs(b).max()) or 1.0
        for j, entry in enumerate(self.entries):
            entry.set_data(b[:, j] / scale, a[:, j] / scale)
        name = f"It was {bug.__name__}." if reveal else "What is wrong?"
        lines = [
            f"case {case} at N = {N}, D = 4, C = 3, reg = {reg:g}, W of size {size:g}",
            f"the gradient check {verdict}",
            fit,
            f"loss at W = 0: {at_zero:.4f}   (log C = 1.0986)",
            name,
        ]
        self.words.set_text("\n".join(lines))
        caption = f"Case {case}: the gradient check {verdict}. {name}"
        return (
            caption,
            "Entries of dW against measured slopes, beside the words: "
            f"{'; '.join(lines[:-1])}. {name}",
        )


def explore():
    """The explorer of this lesson."""
    return BugHunt()


# Exercises


@task(
    "10.1",
    "What a check with these settings notices",
    returns="mean, classes, ridge, shift",
    cases=lambda: [
        (6, 3, 0.1, 900.0),
        (1, 3, 0.1, 5.0),
        (3, 3, 0.0, 700.0),
        (4, 2, 0.0, 720.0),
        (5, 5, 1.0, 20.0),
    ],
    hints=(
        "For each bug ask: with which number is the wrong formula the right one?",
        "1/N is 1 at N = 1; 1/C is 1/N at N = C; 2 reg W is 0 at reg = 0; exp ends at 709.78.",
        "Begin with `mean = N > 1`.",
    ),
    equation="eq. (14), and its wrong versions",
    reread='10_where_bugs_hide, "Read it by columns"',
    question="At which setting does each wrong formula give the right number?",
)
def notices(N, C, reg, largest_score):
    """Whether a gradient check sees: no mean, divided by classes, no reg gradient, no shift."""
    limit = np.log(np.finfo(np.float64).max)
    return N > 1, N != C, reg > 0, bool(largest_score > limit)


def _check_cases():
    W, X, y = problem()
    hidden = problem(N=3)
    functions = (softmax_loss_vectorized, no_reg_gradient, sign, no_mean_gradient, sum_throughout)
    return [
        *((f, W, X, y, 0.1) for f in functions),
        (divided_by_classes, W, X, y, 0.1),
        (divided_by_classes, *hidden, 0.1),
        (no_reg_gradient, 1e-3 * W, X, y, 1e-5),
        (no_mean_gradient, W, 1e-5 * X, y, 0.0),  # slopes so small that a fixed bound passes it
    ]


@task(
    "10.2",
    "A gradient check of your own",
    returns="verdict",
    cases=_check_cases,
    hints=(
        "One entry of W at a time: up by h, down by h, and only f's loss is used.",
        "Compare by norm: norm(dW - slopes) <= 1e-6 * norm(slopes).",
        "Begin with `h = 1e-5` and `slopes = np.zeros(W.shape)`.",
    ),
    equation="eq. (14), and its judge",
    reread='09_gradient_check, "Three derivatives decide"',
    question="Which part of what f returns gives the slopes, and which part is on trial?",
)
def passes(f, W, X, y, reg):
    """Whether f's gradient agrees with central differences of f's loss, to 1e-6 by norm."""
    h = 1e-5
    dW = f(W, X, y, reg)[1]
    slopes = np.zeros(W.shape)
    for d in range(W.shape[0]):
        for j in range(W.shape[1]):
            step = np.zeros(W.shape)
            step[d, j] = h
            rise = f(W + step, X, y, reg)[0] - f(W - step, X, y, reg)[0]
            slopes[d, j] = rise / (2 * h)
    return bool(np.linalg.norm(dW - slopes) <= 1e-6 * np.linalg.norm(slopes))


def _charge_cases():
    W, X, y = problem(N=5)
    functions = (softmax_loss_vectorized, sum_throughout, half_reg_throughout, no_reg_gradient)
    return [(f, W, X, y, 0.25) for f in functions]


@task(
    "10.3",
    "Whether the loss is the loss we mean",
    returns="verdict",
    cases=_charge_cases,
    hints=(
        "Two losses that you know without any softmax: which?",
        "At W = 0 the loss is log C; reg adds reg * sum(W * W), and nothing else.",
        "Begin with `nothing = f(0 * W, X, y, reg)[0]`.",
    ),
    equation="eq. (3), where it is known",
    reread='10_where_bugs_hide, "What no gradient check can see"',
    question="By how much must the loss grow when reg goes from 0 to reg?",
)
def charges_right(f, W, X, y, reg):
    """Whether f's loss is log C at W = 0, and grows by reg * sum(W * W) when reg comes in."""
    nothing = f(0 * W, X, y, reg)[0] - np.log(W.shape[1])
    price = f(W, X, y, reg)[0] - f(W, X, y, 0.0)[0] - reg * np.sum(W * W)
    return bool(abs(nothing) <= 1e-9 and abs(price) <= 1e-9)


TASKS = tasks_of(__name__)
