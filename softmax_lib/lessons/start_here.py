"""What `00_start_here.ipynb` needs: the self-test, the map of the series, pictures, exercises."""

import sys

import numpy as np
from matplotlib.patches import FancyBboxPatch

from softmax_lib.datasets import load_digits
from softmax_lib.figures import INK, MATRIX_COLORS, PALETTE, house_style, new_figure, show
from softmax_lib.gradcheck import gradient_check
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.slips import instead_of
from softmax_lib.loss import softmax_loss_vectorized

_AGAIN = "Close this page and run `make lab` again, or choose the kernel of `.venv`."


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


@house_style
def plot_map():
    """Draw the way through the series: forward from X to L, back from L to dL/dW."""
    fig, ax = new_figure(height=3.9)
    ax.set(xlim=(-1, 101), ylim=(0, 56))
    ax.axis("off")

    def box(x, y, width, color, symbol, shape, above="", below=""):
        outline = {"boxstyle": "round,pad=0,rounding_size=1.5", "facecolor": "white"}
        ax.add_patch(FancyBboxPatch((x, y), width, 12, edgecolor=color, linewidth=2.2, **outline))
        for height, text, style in (
            (14, above, {"weight": "bold", "fontsize": 10}),
            (7.8, symbol, {"fontsize": 13}),
            (2.7, shape, {"fontsize": 9}),
            (-2.2, below, {"fontsize": 9, "color": PALETTE["gray"]}),
        ):
            ax.text(x + width / 2, y + height, text, ha="center", va="center", **style)

    def arrow(x, y, length, above="", below=""):
        ax.annotate(
            "", (x + length, y), (x, y), arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.6}
        )
        middle = {"x": x + length / 2, "ha": "center", "va": "center"}
        ax.text(y=y + 2.4, s=above, weight="bold", fontsize=10, **middle)
        ax.text(y=y - 2.4, s=below, fontsize=9, color=PALETTE["gray"], **middle)

    ax.text(0, 54, "Forward: how wrong are the weights?", weight="bold", va="center")
    box(0, 37, 16, MATRIX_COLORS["X"], "$X,\\ W$", "(N, D), (D, C)")
    box(29, 37, 16, MATRIX_COLORS["S"], "$S$", "scores (N, C)")
    box(58, 37, 16, MATRIX_COLORS["P"], "$P$", "probab. (N, C)")
    box(87, 37, 13, INK, "$L$", "loss")
    arrow(17, 43, 11, "(1)", "notebook 01")
    arrow(46, 43, 11, "(2)", "02")
    arrow(75, 43, 11, "(3)", "03")

    ax.text(0, 28, "Back: which way to change them?", weight="bold", va="center")
    box(84, 8, 16, PALETTE["gray"], "$dL_i/dp$", "(1, C)", "(5)", "05")
    box(57, 8, 16, MATRIX_COLORS["P"], "$dp/dS_i$", "(C, C)", "(6), (7)", "06")
    box(30, 8, 16, MATRIX_COLORS["S"], "$dS_i/dW_j$", "(C, D)", "(8) to (13)", "01, 07")
    box(0, 8, 16, MATRIX_COLORS["dW"], "$dL/dW$", "(D, C)", "(14)", "07, 08")
    for x, length in ((83, -9), (56, -9), (29, -12)):
        arrow(x, 14, length)
    product = "eq. (4), notebook 05, multiplies the three factors; 09 and 10 prove the product"
    ax.text(50, 1, product, ha="center", va="center", fontsize=9.5)
    show(
        fig,
        "Fourteen equations: three lead forward to the loss, the others lead back to its gradient.",
        "A map in two rows. Forward: X and W give the scores S by eq. (1) in notebook 01, S gives "
        "the probabilities P by eq. (2) in notebook 02, P gives the loss L by eq. (3) in notebook "
        "03. Back, from right to left: the factor dL_i/dp, eq. (5), then dp/dS_i, eq. (6) and (7), "
        "then dS_i/dW_j, eq. (8) to (13); their product, eq. (4), gives dL/dW, eq. (14).",
    )


@house_style
def plot_digits(X, y):
    """Draw the first image of each class, in a row."""
    fig, axes = new_figure(height=1.1, ncols=10)
    first = [int(np.argmax(y == j)) for j in range(10)]
    for j, (ax, i) in enumerate(zip(axes, first, strict=True)):
        ax.imshow(X[i, :64].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(f"$y_i = {j}$", fontsize=10, weight="normal", loc="center", pad=3)
        ax.axis("off")
    show(
        fig,
        f"One training image of each of the {len(np.unique(y))} classes, 8 × 8 pixels.",
        "Ten small gray images of handwritten digits, 0 to 9, coarse but legible.",
    )


@house_style
def plot_columns(M, title, caption):
    """Draw each column of a (65, 10) matrix as an image of its 64 pixels, without the bias."""
    images = M[:64].T.reshape(10, 8, 8)
    largest = np.abs(images).max()
    fig, axes = new_figure(height=1.45, ncols=10)
    fig.suptitle(title, x=0.01, ha="left")
    for j, ax in enumerate(axes):
        ax.imshow(images[j], cmap="RdBu_r", vmin=-largest, vmax=largest)
        ax.set_title(str(j), fontsize=10, weight="normal", loc="center", pad=3)
        ax.axis("off")
    show(
        fig,
        f"{caption} Red is positive, blue negative, white 0.",
        f"{title}: ten images of 8 × 8 cells, one a class, in red, white and blue. "
        + _darkest(images),
    )


def _darkest(images):
    centers = images[:, 2:6, 3:5].mean(axis=(1, 2))
    return (
        f"In the middle of the image, class {int(np.argmax(centers))} is the most positive and "
        f"class {int(np.argmin(centers))} the most negative."
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
    slips=(
        *instead_of(
            "np.mean(right)",
            (
                "the right answers are counted, and not divided by how many answers there are",
                "np.sum(right)",
                "Can a share be larger than 1?",
            ),
            ("it comes in percent", "100 * np.mean(right)", "Can a share be larger than 1?"),
            (
                "it is the share of the wrong answers",
                "np.mean(~right)",
                "Which share has a model that is always right, and which number do you give it?",
            ),
            (
                "it is 1 when all are right, and 0 when one is not",
                "np.all(right)",
                "What is 3 // 4 in Python, and what is 3 / 4?",
            ),
        ),
    ),
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
    slips=(
        *instead_of(
            "(f(x + h) - f(x - h)) / (2 * h)",
            (
                "the difference is a forward one",
                "(f(x + h) - f(x)) / h",
                "On which sides of x do you evaluate f?",
            ),
            (
                "the difference is a backward one",
                "(f(x) - f(x - h)) / h",
                "On which sides of x do you evaluate f?",
            ),
            (
                "only the second value is divided",
                "f(x + h) - f(x - h) / 2 * h",
                "Which part of your line does Python divide first?",
            ),
            (
                "only the second value is divided",
                "f(x + h) - f(x - h) / (2 * h)",
                "Which part of your line does Python divide first?",
            ),
            ("its sign is lost", "abs(f(x + h) - f(x - h)) / (2 * h)", "Can a slope be negative?"),
            ("sign", "(f(x - h) - f(x + h)) / (2 * h)", "Does f rise or fall to the right of x?"),
        ),
        *instead_of(
            "/ (2 * h)",
            ("the run is taken to be h", "/ h", "How long is the way from x - h to x + h?"),
            (
                "it is multiplied by h, where h should divide",
                "/ 2 * h",
                "In which order does Python work out a / 2 * h?",
            ),
        ),
    ),
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
    slips=(
        *instead_of(
            "W - rate * dW",
            (
                "sign",
                "W + rate * dW",
                "In which direction does the loss grow, and where do you go?",
            ),
            ("the rate is missing", "W - dW", "How far do you go if the rate is a tenth?"),
            (
                "the move comes alone",
                "rate * dW",
                "From where does W[0, 0] start, and where is it?",
            ),
            (
                "the move comes alone",
                "-rate * dW",
                "From where does W[0, 0] start, and where is it?",
            ),
            ("W itself is taken off W", "W - rate * W", "Which argument has your line no use for?"),
            (
                "the rate is taken off every entry",
                "W - rate",
                "Which argument has your line no use for?",
            ),
        ),
    ),
)
def downhill(W, dW, rate):
    """The weights, moved against the gradient by `rate` times it; W stays as it is."""
    return W - rate * dW


TASKS = tasks_of(__name__)
