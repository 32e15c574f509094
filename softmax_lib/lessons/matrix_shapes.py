"""What `01_matrix_shapes.ipynb` needs: six fruits, the pictures of a product, exercises."""

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Rectangle

from softmax_lib.explorer import Explorer
from softmax_lib.figures import (
    INK,
    MATRIX_COLORS,
    METHOD_STYLES,
    PALETTE,
    error_axis,
    house_style,
    new_figure,
    show,
)
from softmax_lib.gradcheck import unit_roundoff
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.slips import instead_of

FEATURES = ("heavy", "long", "yellow", "red")
CLASSES = ("apple", "banana", "cherry")


def fruits():
    """Six fruits in whole numbers: X (6, 4), weights W (4, 3) and labels y (6,), made afresh."""
    X = [[2, 1, 1, 3], [2, 3, 4, 0], [0, 1, 0, 4], [1, 3, 3, 1], [3, 1, 3, 1], [0, 1, 1, 3]]
    W = [[1, 0, -2], [-1, 2, -1], [0, 1, -1], [1, -1, 2]]
    return np.array(X, float), np.array(W, float), np.array([0, 1, 2, 1, 0, 2])


# Pictures


def _number(value):
    return f"{value:g}".replace("-", "−")


class _Matrix:
    """A matrix drawn as cells one unit wide and high; y grows downward."""

    def __init__(self, ax, M, left, top, name, symbol=None):
        self.rows, self.columns = M.shape
        self.left, self.top, self.color = left, top, MATRIX_COLORS[name]
        self.ink = "#8A5F00" if name == "W" else self.color  # orange letters are too pale on white
        self.add(ax, left, top, self.columns, self.rows, facecolor=self.color, alpha=0.14)
        x, y = left + np.arange(1, self.columns), top + np.arange(1, self.rows)
        ax.vlines(x, top, top + self.rows, color="white", linewidth=1)
        ax.hlines(y, left, left + self.columns, color="white", linewidth=1)
        for (i, j), value in np.ndenumerate(M):
            ax.text(*self.middle(i, j), _number(value), ha="center", va="center")
        self.label = f"{symbol or name} {_shape(M)}"

    @staticmethod
    def add(ax, left, top, width, height, **style):
        """A rectangle of cells."""
        return ax.add_patch(Rectangle((left, top), width, height, **style))

    def middle(self, i, j):
        """Where the number of entry (i, j) stands."""
        return self.left + j + 0.5, self.top + i + 0.5

    def outline(self, ax, i=None, j=None, **style):
        """A frame around row i, column j, or the entry where both are given."""
        left, width = (self.left, self.columns) if j is None else (self.left + j, 1)
        top, height = (self.top, self.rows) if i is None else (self.top + i, 1)
        style = {"fill": False, "edgecolor": self.color, "linewidth": 2.6, "zorder": 3} | style
        return self.add(ax, left, top, width, height, **style)


def _draw_product(ax, X, W, S, rows, names, columns, symbols=("X", "W", "S = X W")):
    """X left of S and W above it, so that S[i, j] stands where row i and column j cross.

    `names` holds the names of X's columns and those of W's rows. Returns the three drawn matrices.
    """
    D, C = W.shape
    top, left = D + 2, X.shape[1] + 2.2
    drawn = (
        _Matrix(ax, X, 0, top, "X", symbols[0]),
        _Matrix(ax, W, left, 0, "W", symbols[1]),
        _Matrix(ax, S, left, top, "S", symbols[2]),
    )
    small = {"fontsize": 9, "color": PALETTE["gray"]}
    for d, name in enumerate(names[0]):
        ax.text(d + 0.5, top - 0.12, name, ha="center", va="bottom", **small)
    for d, name in enumerate(names[1]):
        ax.text(left - 0.15, d + 0.5, name, ha="right", va="center", **small)
    for j, name in enumerate(columns):
        ax.text(left + j + 0.5, -0.12, name, ha="center", va="bottom", **small)
    for i, name in enumerate(rows):
        ax.text(-0.15, top + i + 0.5, name, ha="right", va="center", **small)
    below, above = top + len(X) + 0.2, -0.85
    for matrix, x, y, va in zip(
        drawn,
        (X.shape[1] / 2, left + C / 2, left + C / 2),
        (below, above, below),
        ("top", "bottom", "top"),
        strict=True,
    ):
        ax.text(x, y, matrix.label, color=matrix.ink, weight="bold", ha="center", va=va)
    ax.set(xlim=(-2.1, left + C + 0.2), ylim=(below + 0.9, above - 0.8))
    ax.axis("off")
    return drawn


class _Meeting:
    """Row i of X and column j of W in frames, their products in lines, the score they add up to.

    The lines stand left of W, each in the row of its feature, with a bar from one partial sum to
    the next.
    """

    bars_left, bars_width = 1.7, 3.4

    def __init__(self, ax, X, W, names=(FEATURES, FEATURES), symbols=("X", "W", "S = X W")):
        self.X, self.W = X, W
        D, C = W.shape
        names = [some[:D] for some in names]
        self.drawn = _draw_product(ax, X, W, X @ W, _fruit_rows(X), names, CLASSES[:C], symbols)
        partial = np.cumsum(X[:, :, None] * W, axis=1)  # (N, D, C)
        low, high = min(0, partial.min()), max(0, partial.max())
        self.unit = self.bars_width / (high - low or 1)
        self.zero = self.bars_left - low * self.unit

        ax.vlines(self.zero, 0, D + 1, color=PALETTE["gray"], linewidth=1)
        ax.text(self.zero, -0.12, "0", ha="center", va="bottom", fontsize=9, color=PALETTE["gray"])
        self.heading = ax.text(-2, -0.12, "", va="bottom", weight="bold")
        self.lines = [ax.text(1.4, d + 0.5, "", ha="right", va="center") for d in range(D)]
        self.total = ax.text(1.4, D + 0.5, "", ha="right", va="center", weight="bold")
        self.bars = [_Matrix.add(ax, 0, d + 0.2, 0, 0.6, linewidth=0.8) for d in range(D)]
        self.sum_bar = _Matrix.add(ax, 0, D + 0.2, 0, 0.6, color=MATRIX_COLORS["S"])
        x, w, s = self.drawn
        self.row, self.column = x.outline(ax, i=0), w.outline(ax, j=0)
        self.pair = [m.outline(ax, i=0, j=0, edgecolor=INK, linewidth=1.8) for m in (x, w)]
        self.cell = s.outline(ax, i=0, j=0, fill=True, facecolor=MATRIX_COLORS["S"])
        self.score = ax.text(0, 0, "", ha="center", va="center", weight="bold", zorder=4)
        self.score.set_color("white")

    @property
    def artists(self):
        """All that moves."""
        return [
            *(self.heading, *self.lines, self.total, *self.bars, self.sum_bar),
            *(self.row, self.column, *self.pair, self.cell, self.score),
        ]

    def move(self, i, j, added=None):
        """Show score (i, j) with the first `added` of its products summed; return the sum."""
        D = len(self.W)
        added = D if added is None else added
        products = self.X[i] * self.W[:, j]
        sums = np.concatenate([[0.0], np.cumsum(products)])
        self.heading.set_text(f"S[{i}, {j}], product by product")
        for d, (line, bar) in enumerate(zip(self.lines, self.bars, strict=True)):
            line.set_text(f"{_factors(self.X[i, d], self.W[d, j])} = {_number(products[d])}")
            line.set_visible(d < added)
            bar.set_visible(d < added)
            bar.set_x(self.zero + self.unit * sums[d])
            bar.set_width(self.unit * products[d])
            positive = products[d] >= 0
            bar.set(
                facecolor=PALETTE["sky"] if positive else "white",
                edgecolor=PALETTE["blue"] if positive else PALETTE["vermillion"],
                hatch="" if positive else "////",
            )
        total = sums[added]
        self.total.set_text(f"sum = {_number(total)}")
        self.sum_bar.set(x=self.zero, width=self.unit * total)
        x, w, s = self.drawn
        self.row.set_xy((x.left, x.top + i))
        self.column.set_xy((w.left + j, w.top))
        for frame, place in zip(self.pair, ((x, i, added - 1), (w, added - 1, j)), strict=True):
            matrix, row, column = place
            frame.set_xy((matrix.left + column, matrix.top + row))
            frame.set_visible(0 < added < D)
        self.cell.set_xy((s.left + j, s.top + i))
        self.score.set_position(s.middle(i, j))
        self.score.set_text(_number(total))
        return total


def _factors(a, b):
    return f"{_number(a)} × {_number(b)}" if b >= 0 else f"{_number(a)} × ({_number(b)})"


def _fruit_rows(X):
    y = fruits()[2]
    return [f"{i} {CLASSES[y[i]]}" if i < len(y) else f"{i}" for i in range(len(X))]


def _listed(values):
    return ", ".join(map(_number, values))


@house_style
def plot_product(X, W, i, j):
    """Draw X W with row i and column j framed, and the score where they cross."""
    fig, ax = new_figure(width=6.0, height=5.0)
    total = _Meeting(ax, X, W).move(i, j)
    ax.set_title("Row meets column")
    show(
        fig,
        f"Row {i} of X and column {j} of W cross at S[{i}, {j}] = {_number(total)}.",
        f"Three tables of numbers. X, shape {_shape(X)}, stands left of S, shape {_shape(X @ W)}; "
        f"W, shape {_shape(W)}, stands above S. Row {i} of X is framed, {_listed(X[i])}; so is "
        f"column {j} of W, {_listed(W[:, j])}. Where they cross, the score {_number(total)} is "
        "lit; its products stand beside W, one a line.",
    )


@house_style
def plot_bias(X1, W1, i, j):
    """Draw [X 1] times [W; b], the column of ones and the row b in frames, and one score summed."""
    fig, ax = new_figure(width=6.0, height=5.4)
    ax.set_title("b is one more row of W, read through a column of ones")
    names = (*FEATURES, "ones"), (*FEATURES, "b")
    meeting = _Meeting(ax, X1, W1, names, symbols=("[X 1]", "[W; b]", "S"))
    total = meeting.move(i, j)
    x, w, _ = meeting.drawn
    x.outline(ax, j=X1.shape[1] - 1, linestyle="--", linewidth=1.8)
    w.outline(ax, i=len(W1) - 1, linestyle="--", linewidth=1.8)
    last = f"{_factors(X1[i, -1], W1[-1, j])} = {_number(X1[i, -1] * W1[-1, j])}"
    show(
        fig,
        f"{_shape(X1)} times {_shape(W1)} gives {_shape(X1 @ W1)}. The last of the "
        f"{X1.shape[1]} products in S[{i}, {j}] = {_number(total)} is the bias: {last}.",
        f"A product of two tables. X, shape {_shape(X1)}, ends in a framed column of ones; W, "
        f"shape {_shape(W1)}, ends in a framed row b, {_listed(W1[-1])}. Row {i} and column {j} "
        f"are lit, and their products stand one a line: the last, {last}, is the bias alone.",
    )


@house_style
def plot_announced(X, W, y):
    """Draw the product of the announced shapes, X (D, N) and W (N, C), and the labels beside it."""
    S = X @ W
    fig, ax = new_figure(width=6.4, height=4.4)
    ax.set_title(f"{len(S)} rows of scores, {len(y)} labels")
    fruit, columns = [f"{i}" for i in range(len(y))], [f"{j}" for j in range(W.shape[1])]
    *_, s = _draw_product(ax, X, W, S, FEATURES, (fruit, fruit), columns)
    left = s.left + s.columns + 0.8
    for i, label in enumerate(y):
        read = i < len(S)
        style = {"edgecolor": INK, "linewidth": 1} if read else {"edgecolor": PALETTE["vermillion"]}
        hatch = {"hatch": "", "linestyle": "-"} if read else {"hatch": "///", "linestyle": "--"}
        _Matrix.add(ax, left, s.top + i, 1, 1, facecolor="white", **style, **hatch)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(left + 0.5, s.top + i + 0.5, label, ha="center", va="center", bbox=box)
    ax.text(left + 0.5, s.top - 0.12, f"y ({len(y)},)", ha="center", va="bottom", weight="bold")
    middle = s.top + (len(S) + len(y)) / 2
    ax.text(-2, 1.2, "A row is a feature,\na column a fruit.", va="center", weight="bold")
    reading = f"S[0, 0] adds up column 0 of W,\nweighted by how {FEATURES[0]} each fruit is."
    ax.text(-2, 3.0, reading, va="center")
    ax.text(left + 1.2, middle, "never\nread", color=PALETTE["vermillion"], va="center")
    ax.set_xlim(right=left + 2.8)
    ax.set_ylim(bottom=max(ax.get_ylim()[0], s.top + len(y) + 0.2))
    show(
        fig,
        f"{_shape(X)} times {_shape(W)} gives {_shape(S)}, a row for each feature. "
        f"Of {len(y)} labels the last {len(y) - len(S)} find no row.",
        f"A product of two tables: X, shape {_shape(X)}, has the features as rows and the fruits "
        f"as columns; W, shape {_shape(W)}; S, shape {_shape(S)}. A column of {len(y)} labels "
        f"stands beside S: {len(S)} stand beside a row of S, the last {len(y) - len(S)} hang "
        "below it, hatched, marked never read.",
    )


def _shape(M):
    return f"({', '.join(map(str, M.shape))})"


@house_style
def plot_step_errors(steps, linear, curved, X_i, W_c, c):
    """Draw the error of central differences against h, for a score and for its exponential.

    Parameters
    ----------
    steps : array_like, shape (K,)
        The steps h, rising.
    linear : array_like, shape (K, D, C)
        Relative error of each entry of dS_ic/dW.
    curved : array_like, shape (M,)
        Relative error by norm for exp(S_ic), at the first M <= K steps.
    X_i, W_c : array_like, shapes (1, D) and (D, 1)
        The example and the column that make the score.
    c : int
        The class of that column.
    """
    steps, linear, curved = map(np.asarray, (steps, linear, curved))
    score = (X_i @ W_c).item()
    smallest = np.abs(X_i).min()
    floor = unit_roundoff(float) * (1 + abs(score) / (steps * smallest))
    own, others = linear[:, :, c], np.delete(linear, c, axis=2).reshape(len(steps), -1)
    bent = steps[: len(curved)]

    fig, ax = new_figure(height=4.4)
    place = error_axis(ax, linear, curved, floor)
    ax.set_xscale("log")
    style = {"linestyle": "", "color": METHOD_STYLES["central"]["color"]}
    ax.plot(bent, place(curved), color=PALETTE["vermillion"], marker="^", linewidth=1.2)
    ax.plot(steps, floor, color=PALETTE["gray"])
    for errors, marker, size, fill, label in (
        (own, "s", 5, "full", f"$j = c$: {own.shape[1]} entries"),
        (others, "o", 9, "none", f"$j \\neq c$: {others.shape[1]} entries"),
    ):
        x = np.repeat(steps, errors.shape[1])
        look = style | {"marker": marker, "markersize": size, "fillstyle": fill}
        ax.plot(x, place(errors).ravel(), label=label, **look)
    words = {"textcoords": "offset points", "va": "center"}
    k = len(bent) - 4
    ax.annotate(
        "of $\\exp(S_{ic})$:\ntruncation rises like $h^2$", (bent[k], curved[k]), (-12, 4),
        ha="right", color=PALETTE["vermillion"], **words,
    )  # fmt: skip
    floor_name = f"rounding floor\nfor $|X_{{id}}| = {smallest:g}$"
    ax.annotate(floor_name, (steps[-1], floor[-1]), (0, 26), ha="right", **words)
    ax.set(xlabel="step $h$", ylabel="relative error")
    ax.set_title("A score is linear in W: rounding errors, no truncation")
    ax.legend(title="$dS_{ic}/dW_{dj}$", loc="lower left", bbox_to_anchor=(0.01, 0.1))
    ruled = (bent >= 1e-4) & (bent <= 1e-1)
    slope = np.polyfit(np.log10(bent[ruled]), np.log10(curved[ruled]), 1)[0]
    exact = steps[(linear == 0).all(axis=(1, 2))].min()
    caption = (
        f"The score: the {others.shape[1]} entries with j ≠ c are exactly right at every h, the "
        f"{own.shape[1]} with j = c from h = {exact:g} on. Its exponential, for contrast: where "
        f"truncation rules, the error rises like h^{slope:.0f}."
    )
    show(
        fig,
        caption,
        f"Log-log plot of the relative error against h, from {steps[0]:g} to {steps[-1]:g}. The "
        "errors of the score lie along a line that falls like 1/h, the rounding floor, and are "
        "exactly 0 at the right end. The errors of its exponential fall with them, turn, and rise.",
    )


class _ProductExplorer(Explorer):
    title = "Row meets column"
    size = (6.0, 5.0)

    def __init__(self, X, W):
        self.X, self.W = X, W
        super().__init__()

    def controls(self):
        (N, D), C = self.X.shape, self.W.shape[1]
        return {
            "i": widgets.IntSlider(0, 0, N - 1, description="row i of X"),
            "j": widgets.IntSlider(0, 0, C - 1, description="column j of W"),
            "added": widgets.IntSlider(D, 0, D, description="products added"),
        }

    def build(self, fig):
        self.meeting = _Meeting(fig.subplots(), self.X, self.W)
        return self.meeting.artists

    def update(self, i, j, added):
        total = self.meeting.move(i, j, added)
        D = len(self.W)
        products = [_factors(self.X[i, d], self.W[d, j]) for d in range(added)]
        caption = f"S[{i}, {j}] = {' + '.join(products)} = {_number(total)}"
        if added == 0:
            caption = f"S[{i}, {j}]: no product added yet, the sum is 0"
        elif added < D:
            caption += f", after {added} of {D} products"
        alt = (
            f"Row {i} of X, {_listed(self.X[i])}, and column {j} of W, {_listed(self.W[:, j])}, "
            f"are framed. Where they cross, S[{i}, {j}] is lit and shows {_number(total)}, the "
            f"sum of the first {added} of {D} products."
        )
        return caption, alt


def explore(X=None, W=None):
    """Pick a row of X and a column of W, and add up their products; the six fruits by default."""
    fruit_X, fruit_W, _ = fruits()
    return _ProductExplorer(fruit_X if X is None else X, fruit_W if W is None else W)


# Exercises


def _score_cases():
    rng = np.random.default_rng(11)
    X, W, _ = fruits()
    counts = rng.integers(0, 5, (2, 3))  # whole numbers, and weights that are none
    return [
        (X, W),
        (rng.normal(size=(5, 2)), rng.normal(size=(2, 4))),
        (counts, rng.normal(size=(3, 4))),
        (1e3 * rng.normal(size=(1, 5)), rng.normal(size=(5, 2))),
        (rng.normal(size=(7, 3)).astype(np.float32), rng.normal(size=(3, 2)).astype(np.float32)),
    ]


@task(
    "1.1",
    "Scores by two loops",
    returns="S",
    cases=_score_cases,
    hints=(
        "How many scores are there, and which two lists of numbers make one of them?",
        "Eq. (1): S_ij sums the products of row i of X and column j of W, over the features d.",
        "Begin with `S = np.zeros((X.shape[0], W.shape[1]))`.",
    ),
    equation="eq. (1)",
    reread='01_matrix_shapes, "A row of scores"',
    question="Which D products make up one score, and does every score of S get its own?",
    slips=(
        ("last-example-only", "range(N)", "range(N - 1, N)"),
        (
            "only the first row is filled",
            "range(N)",
            "range(1)",
            "Under which loop does your line with return stand, and how often does that turn?",
        ),
        *instead_of(
            "np.sum(X[i] * W[:, j])",
            (
                "the last feature is left out",
                "np.sum((X[i] * W[:, j])[:-1])",
                "How many products make up one score, and how many do you add?",
            ),
            (
                "only the last feature counts",
                "(X[i] * W[:, j])[-1]",
                "What does S[i, j] hold after each turn of your innermost loop?",
            ),
            (
                "only the first feature counts",
                "(X[i] * W[:, j])[0]",
                "How many products make up one score, and how many do you add?",
            ),
            ("the mean of the products is taken", "np.mean(X[i] * W[:, j])", "Sum, or mean?"),
        ),
    ),
    questions={
        "raised": "Which of your two rows of numbers has length D, and which has another length?",
        "transposed": "Which index of S counts the examples: the first, or the second?",
    },
)
def scores_by_loops(X, W):
    """Scores S, one row of X and one column of W at a time, eq. (1)."""
    N, C = len(X), W.shape[1]
    S = np.zeros((N, C))
    for i in range(N):
        for j in range(C):
            S[i, j] = np.sum(X[i] * W[:, j])
    return S


def _shape_cases():
    return [
        ((6, 4), (4, 3), False),
        ((6, 4), (6, 3), True),
        ((1, 4), (4, 3), False),
        ((4,), (4, 3), False),
        ((4,), (4, 3), True),
        ((6, 4), (4,), False),
        ((6, 4), (6,), True),
        ((5,), (5,), False),
    ]


@task(
    "1.2",
    "Shape of a product",
    returns="shape",
    cases=_shape_cases,
    hints=(
        "Write two shapes side by side, (6, 4)(4, 3). Which numbers are left in the result?",
        "The last axis of the left factor meets the first axis of the right one; both vanish. "
        "A shape with one axis has only that one to lose.",
        "Begin with `if transpose:` and turn the tuple a around; `a[::-1]` does.",
    ),
    equation="eq. (1)",
    reread='01_matrix_shapes, "Keep both axes"',
    question="Which axes meet in this product, and what does .T do to an array of one axis?",
    slips=(
        (
            "transpose is ignored",
            "if transpose",
            "if False",
            "What is the shape of a once its axes have changed places?",
        ),
        (
            "both are transposed",
            "a = a[::-1]",
            "a, b = a[::-1], b[::-1]",
            "Which of the two matrices has the .T behind it in A.T @ B?",
        ),
        (
            "b is transposed, not a",
            "a = a[::-1]",
            "b = b[::-1]",
            "Which of the two matrices has the .T behind it in A.T @ B?",
        ),
        (
            "a number is given an axis",
            "a[:-1] + b[1:]",
            "(a[:-1] + b[1:] or (1,))",
            "How many axes has a single number, and which tuple says that?",
        ),
    ),
    questions={
        "raised": "What is a[1] when a has one axis only?",
        "wrong-return": "Is what you return a tuple of whole numbers?",
    },
)
def product_shape(a, b, transpose):
    """Shape of A @ B, or of A.T @ B: the two axes that meet vanish, the others stay."""
    if transpose:
        a = a[::-1]
    return a[:-1] + b[1:]


def _bias_cases():
    rng = np.random.default_rng(13)
    X, W, _ = fruits()
    return [
        (X, W, np.array([1.5, 0.0, -2.0])),
        (rng.normal(size=(7, 2)), rng.normal(size=(2, 5)), rng.normal(size=5)),
        (rng.normal(size=(1, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)),
        tuple(rng.normal(size=shape).astype(np.float32) for shape in ((4, 6), (6, 2), 2)),
    ]


@task(
    "1.3",
    "A bias inside W",
    returns="X1, W1",
    cases=_bias_cases,
    hints=(
        "X1 has one column more than X, W1 one row more than W.",
        "X1 W1 must equal X W + b: the new column of X1 is what b is multiplied by.",
        "Begin with `ones = np.ones((X.shape[0], 1))`.",
    ),
    equation="eq. (1)",
    reread='01_matrix_shapes, "A bias is one more row of W"',
    question="By which number is b multiplied in every row, and on which side does it stand?",
    slips=(
        *instead_of(
            "np.hstack([X, ones])",
            (
                "the column of ones stands first",
                "np.hstack([ones, X])",
                "Which row of W1 meets your column of ones, and is b that row?",
            ),
            ("no column of ones is added", "X", "Which number is each b_j multiplied by in X1 W1?"),
        ),
        *instead_of(
            "np.vstack([W, b])",
            (
                "b is the first row",
                "np.vstack([b, W])",
                "In which place is the column of ones asked for, and the row that meets it?",
            ),
            (
                "ones stand where b belongs",
                "np.vstack([W, np.ones(W.shape[1])])",
                "What must row D of W1 be, so that X1 W1 is X W + b?",
            ),
            ("no row is added", "W", "What must row D of W1 be, so that X1 W1 is X W + b?"),
        ),
        (
            "zeros stand where ones belong",
            "np.ones(",
            "np.zeros(",
            "What is left of b once your new column has multiplied it?",
        ),
        (
            "b is added to W",
            "np.vstack([W, b])",
            "np.vstack([W + b, b])",
            "Is b multiplied by the features too?",
        ),
    ),
)
def with_bias(X, W, b):
    """X with a last column of ones, W with b as its last row."""
    ones = np.ones((len(X), 1))
    return np.hstack([X, ones]), np.vstack([W, b])


def _gradient_cases():
    rng = np.random.default_rng(14)
    X, W, _ = fruits()
    return [
        (X, W, 3, 1),
        (rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), 1, 4),
        (rng.normal(size=(3, 6)), rng.normal(size=(6, 4)), 2, 0),
        (rng.normal(size=(1, 5)), rng.normal(size=(5, 2)), 0, 1),
    ]


@task(
    "1.4",
    "Derivative of one score by all weights",
    returns="G",
    cases=_gradient_cases,
    hints=(
        "Which weights appear in S_ic at all?",
        "Eq. (11): S_ic = X_i W_c. Its derivative by W_dc is the factor that W_dc has there.",
        "Begin with `G = np.zeros(W.shape)`.",
    ),
    equation="eq. (11)",
    reread='01_matrix_shapes, "Which scores does one weight move?"',
    question="Which column of W does S_ic contain, and which numbers multiply it?",
    slips=(
        *instead_of(
            "G[:, c] = X[i]",
            (
                "it is filled with weights",
                "G[:, c] = W[:, c]",
                "S_ic is linear in W_dc: which number multiplies it there?",
            ),
            (
                "every column is filled",
                "G[:] = X[i][:, None]",
                "Does a weight of another class move the score S_ic?",
            ),
            (
                "ones stand where the features belong",
                "G[:, c] = 1",
                "By which number is W_dc multiplied in S_ic?",
            ),
            (
                "the wrong example's features are taken",
                "G[:, c] = X[i - 1]",
                "Which row of X makes the score S_ic?",
            ),
            (
                "the wrong column is filled",
                "G[:, c - 1] = X[i]",
                "Which column of W does the score S_ic use?",
            ),
        ),
    ),
    questions={
        "raised": "What does i count and what c, and how long are the axes that you use them on?",
        "wrong-shape": "By how many weights do you differentiate, those of class c or all?",
        "transposed": "Has W its features along the first axis, or its classes?",
    },
)
def score_gradient(X, W, i, c):
    """Derivative of the one score S_ic by every weight, in the shape of W."""
    G = np.zeros(W.shape)
    G[:, c] = X[i]
    return G


TASKS = tasks_of(__name__)
