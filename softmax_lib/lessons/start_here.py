"""What `00_start_here.ipynb` needs: the self-test, the map of the series, pictures, exercises."""

import sys

import numpy as np
from matplotlib.patches import FancyBboxPatch

from softmax_lib.datasets import load_digits
from softmax_lib.figures import (
    INK,
    MATRIX_COLORS,
    PALETTE,
    Table,
    arrow,
    centered,
    draw_tiles,
    house_style,
    new_figure,
    round_ticks,
    show,
)
from softmax_lib.gradcheck import gradient_check
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.slips import patch
from softmax_lib.loss import softmax_loss_vectorized
from softmax_lib.training import predict

_AGAIN = "Close this page and run `make lab` again, or choose the kernel of `.venv`."
_STYLES = (
    {"color": PALETTE["blue"], "linestyle": "-", "marker": "o"},
    {"color": PALETTE["vermillion"], "linestyle": "--", "marker": "^"},
)  # of the right gradient, and of the forgetful one


def self_test():
    """Try everything the series needs; return a line for each: a tick, or what to do."""
    lines = []
    for what, test, mend in (
        ("Python is 3.11 or newer", lambda: sys.version_info >= (3, 11), _AGAIN),
        ("numpy is 2.0 or newer", lambda: _version("numpy") >= (2, 0), _AGAIN),
        ("matplotlib is 3.9 or newer", lambda: _version("matplotlib") >= (3, 9), _AGAIN),
        ("ipywidgets is 8.1 or newer", lambda: _version("ipywidgets") >= (8, 1), _AGAIN),
        ("the digits are here, byte for byte", lambda: len(load_digits().y_train) > 0, ""),
        ("a gradient check passes", _small_check, "Please report it: the numbers are wrong here."),
    ):
        try:
            problem = "" if test() else mend
        except Exception as error:  # whatever is broken, the other lines are worth having
            problem = f"{error} {mend}".strip()
        lines.append(f"✗ {what}: {problem}" if problem else f"✓ {what}")
    return "\n".join(lines)


def _version(package):
    from importlib.metadata import version

    return tuple(int(part) for part in version(package).split(".")[:2])


def _small_check():
    X, y = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]]), [0, 3]
    return gradient_check(lambda W: softmax_loss_vectorized(W, X, y, 0.1), np.ones((3, 4))).passed


def _image_row(images, titles, height, top=-2, title="", **look):
    """A figure of images of 64 pixels side by side, each below its title."""
    fig, ax = new_figure(height=height, title=title)
    draw_tiles(ax, images, titles, **look)
    Table.clear(ax, -0.2, 10 * len(images) - 1.8, top, 8.2, aspect="equal")
    return fig


@house_style
def plot_digits(X, y):
    """Draw the first image of each class, in a row."""
    first = [int(np.argmax(y == j)) for j in range(10)]
    show(
        _image_row(X[first, :64], [f"$y_i = {j}$" for j in range(10)], 0.9),
        f"One training image of each of the {len(np.unique(y))} classes, 8 × 8 pixels.",
        "Ten small gray images of handwritten digits, 0 to 9, coarse but legible.",
    )


@house_style
def plot_columns(M, title, caption):
    """Draw each column of a (65, 10) matrix as an image of its 64 pixels, without the bias."""
    images = M[:64].T.reshape(10, 8, 8)
    middle = images[:, 2:6, 3:5].mean(axis=(1, 2))
    show(
        _image_row(images, range(10), 1.15, title=title, largest=np.abs(images).max()),
        f"{caption} Blue is positive, orange negative, white 0.",
        f"{title}: ten images of 8 × 8 cells, one for each class, in blue, white and orange. In "
        f"the middle of the image, class {np.argmax(middle)} is the most positive and class "
        f"{np.argmin(middle)} the most negative.",
    )


@house_style
def plot_misread(W, X, y):
    """Draw the first test images whose class W gets wrong, with what was read and what it is."""
    guessed = predict(W, X)
    wrong = np.flatnonzero(guessed != y)
    first = wrong[:8]
    titles = [f"read {guessed[i]}\nis {y[i]}" for i in first]
    show(
        _image_row(X[first, :64], titles, 1.2, top=-3.6),
        f"Some of the ≈ {len(wrong)} images of {len(y)} that were misread.",
        "A row of small gray images of digits, each with what was read and what it is; most are "
        "smudged, broken or oddly written.",
    )


@house_style
def plot_losses(runs, title):
    """Draw the loss on the training set against the steps done, on a log axis.

    `runs` maps to a `Training` the right gradient's name, then the forgetful one's, if any.
    """
    fig, ax = new_figure(height=3.1, title=title)
    ax.set(yscale="log", xlabel="steps done", ylabel="loss $L$, all examples")
    facts = []
    for (name, run), style in zip(runs.items(), _STYLES, strict=False):
        steps, loss = run.history.steps, run.history.loss
        ax.plot(steps, loss, markevery=5, markersize=5, label=f"{name} gradient", **style)
        facts.append(f"{name} gradient, {loss[0]:.2f} before and ≈ {loss[-1]:.3g} after")
    round_ticks(ax.yaxis, *ax.get_ylim())
    ax.grid(True, axis="y")
    if len(runs) > 1:
        ax.legend(loc="best")
    caption = f"Loss of the training images: {'; '.join(facts)}."
    show(fig, caption, f"The loss against the steps of training, on a log axis. {caption}")


@house_style
def plot_check_errors(checks):
    """Draw the errors of gradient checks, by name, on one log axis; the right one comes first."""
    fig, ax = new_figure(height=1.9, title="A right and a wrong gradient are worlds apart")
    bound = next(iter(checks.values())).tolerance
    ax.set(xscale="log", xlim=(1e-10, 3), ylim=(-1, 1.4), xlabel="relative error of the gradient")
    ax.axhline(0, color=PALETTE["gray"], linewidth=1)
    ax.axvline(bound, color=INK, linestyle="--", linewidth=1.2)
    ax.text(1.3 * bound, -0.75, f"bound {bound:.1e}: by so much a measured slope may err")
    facts = []
    for (name, check), style in zip(checks.items(), _STYLES, strict=True):
        ax.plot(check.error, 0, markersize=11, **style)
        ax.text(check.error, 0.5, f"{name}\n{check.error:.2g}", ha="center", color=style["color"])
        facts.append(f"{name} ≈ {check.error:.2g}")
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    caption = f"Errors of the check: {', '.join(facts)}; the bound is {bound:.1e}."
    show(fig, caption, f"One log axis from 1e-10 to 1 with two markers. {caption}")


@house_style
def plot_map():
    """Draw the way through the series: forward to the loss, back to its gradient, the proof."""
    fig, ax = new_figure(height=4.5)
    Table.clear(ax, -0.5, 102.5, 0, 65)

    def box(middle, top, symbol, shape, color, below="", width=17):
        outline = {"boxstyle": "round,pad=0,rounding_size=1.5", "facecolor": "white"}
        corner = (middle - width / 2, top)
        ax.add_patch(FancyBboxPatch(corner, width, 12, edgecolor=color, linewidth=2.2, **outline))
        centered(ax, middle, top + 4.4, symbol, fontsize=13)
        centered(ax, middle, top + 9.3, shape, fontsize=8.5)
        centered(ax, middle, top + 14.4, below, fontsize=9, color=PALETTE["gray"])

    for top, words in (
        (2, "Forward: how wrong are the weights?"),
        (25, "Back: how does each arrow above answer a small change?"),
        (49, "Multiply, then prove, then use"),
    ):
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(0, top, words, weight="bold", va="center", bbox=ground, zorder=3)
    scores, shares, gray = MATRIX_COLORS["S"], MATRIX_COLORS["P"], PALETTE["gray"]
    box(9, 5, "$X,\\ W$", "(N, D), (D, C)", MATRIX_COLORS["X"])
    box(37, 5, "$S$", "scores (N, C)", scores)
    box(65, 5, "$P$", "shares (N, C)", shares)
    box(93, 5, "$L$", "loss, a number", INK)
    for middle, number, *factor in (
        (23, "(1) in 01", "$dS_i/dW_j$", "(C, D)", scores, "(8) to (13) in 01, 07"),
        (51, "(2) in 02", "$dp/dS_i$", "(C, C)", shares, "(6), (7) in 06"),
        (79, "(3) in 03", "$dL_i/dp$", "(1, C)", INK, "(5) in 05"),
    ):
        arrow(ax, (middle - 5, 11), (middle + 5, 11))
        centered(ax, middle, 8, number, fontsize=8.5, weight="bold")
        ax.plot([middle, middle], [12.5, 28], color=gray, linewidth=1, linestyle=":")
        box(middle, 28, *factor)
    for right, left in ((79, 51), (51, 23)):
        arrow(ax, (right - 9.5, 34), (left + 9.5, 34))
    for middle, *end in (
        (10.5, "$dL_i/dW_j$", "(4) in 05", gray),
        (37.5, "$dL/dW$", "(14) in 07, 08", MATRIX_COLORS["dW"]),
        (64.5, "prove it", "04, 09, 10", gray),
        (91.5, "use it", "from 11 on", gray),
    ):
        box(middle, 52, *end, width=21)
        if middle < 90:
            arrow(ax, (middle + 11, 58), (middle + 16, 58))
    show(
        fig,
        "Equations (1) to (14), and where each notebook has its place.",
        "A map in three rows. Forward: X and W give the scores S by eq. (1) in notebook 01, S "
        "gives the probabilities P by eq. (2) in 02, P gives the loss L by eq. (3) in 03. Back: "
        "under each arrow stands its derivative, from right to left dL_i/dp, eq. (5) in 05, "
        "dp/dS_i, eq. (6) and (7) in 06, and dS_i/dW_j, eq. (8) to (13) in 01 and 07. Last row: "
        "their product, eq. (4) in 05, gives dL/dW, eq. (14) in 07 and 08; 04, 09 and 10 prove it; "
        "11 and those after it use it.",
    )


# Exercises


def _share_cases():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 11)
    half = np.where(np.arange(11) < 5, y, (y + 1) % 4)
    return [
        (np.array([0, 1, 2]), np.array([0, 1, 1])),
        (half, y),
        (rng.integers(0, 3, 7), rng.integers(0, 3, 7)),
        (np.array([2]), np.array([2])),
        ((y + 1) % 4, y),
    ]


@task(
    "0.1",
    "Share of right predictions",
    returns="share",
    cases=_share_cases,
    hints=(
        "Compare the two arrays entry by entry first, and look at what comes back.",
        "A mean counts True as 1 and False as 0.",
        "Begin with `right = predicted == y`.",
    ),
    equation="eq. (1)",
    reread='00_start_here, "Train it"',
    question="If 3 of 4 predictions are right, which number should come back?",
    slips=patch("""
        - np.mean(right)
        + np.sum(right)
        # the right answers are counted, and not divided by how many answers there are
        ? Can a share be larger than 1?
        + 100 * np.mean(right)  # it comes in percent
        ? Can a share be larger than 1?
        + np.mean(~right)  # it is the share of the wrong answers
        ? Which share has a model that is always right, and which number do you give it?
        + np.all(right)  # it is 1 when all are right, and 0 when one is not
        ? What is 3 // 4 in Python, and what is 3 / 4?
    """),
)
def share_right(predicted, y):
    """Share of the predictions that are right."""
    right = np.asarray(predicted) == np.asarray(y)
    return float(np.mean(right))


@task(
    "0.2",
    "Central difference",
    returns="slope",
    cases=lambda: [(np.sin, 0.0, 0.5), (np.exp, 1.0, 0.25), (np.square, -3.0, 0.125)],
    hints=(
        "Where does f go when x moves a little to the right, and a little to the left?",
        "A slope is rise over run; from x - h to x + h, how long is the run?",
        "Begin with `rise = f(x + h) - f(x - h)`.",
    ),
    equation="eq. (14)",
    reread='00_start_here, "Prove it"',
    question="How far apart are the places where you evaluate f, and what is divided by that?",
    slips=patch("""
        - (f(x + h) - f(x - h)) / (2 * h)
        + (f(x + h) - f(x)) / h  # the difference is a forward one
        ? On which sides of x do you evaluate f?
        + (f(x) - f(x - h)) / h  # the difference is a backward one
        ? On which sides of x do you evaluate f?
        + f(x + h) - f(x - h) / 2 * h  # only the second value is divided
        ? Which part of your line does Python divide first?
        + f(x + h) - f(x - h) / (2 * h)  # only the second value is divided
        + abs(f(x + h) - f(x - h)) / (2 * h)  # its sign is lost
        ? Can a slope be negative?
        + (f(x - h) - f(x + h)) / (2 * h)  # sign
        ? Does f rise or fall to the right of x?
        - / (2 * h)
        + / h  # the run is taken to be h
        ? How long is the way from x - h to x + h?
        + / 2 * h  # it is multiplied by h, where h should divide
        ? In which order does Python work out a / 2 * h?
    """),
)
def central_difference(f, x, h):
    """Slope of f at x from two values, a step h to either side."""
    return (f(x + h) - f(x - h)) / (2 * h)


def _downhill_cases():
    rng = np.random.default_rng(3)
    return [
        (np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.full((3, 2), 10.0), 0.1),
        (rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), 0.5),
        (rng.normal(size=(2, 5)), 1e6 * rng.normal(size=(2, 5)), 1e-3),
        (np.zeros((3, 4), np.float32), rng.normal(size=(3, 4)).astype(np.float32), 2.0),
    ]


@task(
    "0.3",
    "Weights after one small move",
    returns="W_new",
    cases=_downhill_cases,
    hints=(
        "The gradient says which way the loss grows. Which way do you want to go?",
        "Each weight moves by rate times its own number in dW: whole arrays do it at once.",
        "Begin with `move = rate * dW`.",
    ),
    equation="eq. (14)",
    reread='00_start_here, "Train it"',
    question="By how much should W[0, 0] move here, and from where does it start?",
    slips=patch("""
        - W - rate * dW
        + W + rate * dW  # sign
        ? In which direction does the loss grow, and where do you go?
        + W - dW  # the rate is missing
        ? How far do you go if the rate is a tenth?
        + rate * dW  # the move comes alone
        ? From where does W[0, 0] start, and where is it?
        + -rate * dW  # the move comes alone
        + W - rate * W  # W itself is taken off W
        ? Which argument has your line no use for?
        + W - rate  # the rate is taken off every entry
        ? Which argument has your line no use for?
    """),
    step="rate",
)
def downhill(W, dW, rate):
    """The weights, moved against the gradient by `rate` times it; W stays as it is."""
    return W - rate * dW


TASKS = tasks_of(__name__)
