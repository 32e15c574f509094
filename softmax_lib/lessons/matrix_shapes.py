"""What `01_matrix_shapes.ipynb` needs: six fruits, the pictures of a product, exercises."""

import itertools

import numpy as np
from matplotlib.patches import Rectangle

from softmax_lib.explorer import Explorer, choice, slider
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    MATRIX_COLORS,
    PALETTE,
    Table,
    centered,
    draw_error_curves,
    house_style,
    ink,
    new_figure,
    show,
)
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import answers, loops
from softmax_lib.lessons.slips import patch
from softmax_lib.words import listed, number, shape, times

FEATURES = ("heavy", "long", "yellow", "red")
CLASSES = ("apple", "banana", "cherry")


def fruits():
    """Six fruits in whole numbers: X (6, 4), weights W (4, 3) and labels y (6,), made afresh."""
    X = [[2, 1, 1, 3], [2, 3, 4, 0], [0, 1, 0, 4], [1, 3, 3, 1], [3, 1, 3, 1], [0, 1, 1, 3]]
    W = [[1, 0, -2], [-1, 2, -1], [0, 1, -1], [1, -1, 2]]
    return np.array(X, float), np.array(W, float), np.array([0, 1, 2, 1, 0, 2])


# Pictures


def _fruit_rows(X):
    y = fruits()[2]
    return [f"{i} {CLASSES[y[i]]}" if i < len(y) else f"{i}" for i in range(len(X))]


def _draw_product(ax, X, W, rows, names, columns, symbols=("X", "W", "S = X W")):
    """X left of S and W above it, so that S[i, j] stands where row i and column j cross.

    `names` holds the names of X's columns and those of W's rows. Returns the three tables.
    """
    top, left = len(W) + 2, X.shape[1] + 2.2
    x, w = Table(ax, X, 0, top, name="X"), Table(ax, W, left, 0, name="W")
    s = Table(ax, X @ W, left, top, name="S")
    x.names(rows, names[0])
    w.names(names[1], columns)
    x.label(f"{symbols[0]} {shape(X)}")
    w.label(f"{symbols[1]} {shape(W)}", above=True).set_y(-0.85)
    s.label(f"{symbols[2]} {shape(X @ W)}")
    Table.clear(ax, -2.1, s.right + 0.2, -1.65, x.bottom + 1.1)
    return x, w, s


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
        self.tables = _draw_product(ax, X, W, _fruit_rows(X), names, CLASSES[:C], symbols)
        partial = np.cumsum(X[:, :, None] * W, axis=1)  # (N, D, C)
        low, high = min(0, partial.min()), max(0, partial.max())
        self.unit = self.bars_width / (high - low or 1)
        self.zero = self.bars_left - low * self.unit

        ax.vlines(self.zero, 0, D + 1, color=PALETTE["gray"], linewidth=1)
        centered(ax, self.zero, -0.12, "0", va="bottom", fontsize=9, color=PALETTE["gray"])
        self.heading = ax.text(-2, -0.12, "", va="bottom", weight="bold")
        self.lines = [centered(ax, 1.4, d + 0.5, ha="right") for d in range(D + 1)]
        self.lines[D].set_weight("bold")
        self.bars = [
            ax.add_patch(Rectangle((self.zero, d + 0.2), 0, 0.6, linewidth=0.8))
            for d in range(D + 1)
        ]
        self.bars[D].set_color(MATRIX_COLORS["S"])
        x, w, s = self.tables
        self.row, self.column = x.frame(i=0), w.frame(j=0)
        self.pair = [t.frame(0, 0, edgecolor=INK, linewidth=1.8) for t in (x, w)]
        self.score = s.spotlight()
        self.artists = [
            *(self.heading, *self.lines, *self.bars, self.row, self.column, *self.pair),
            *self.score.artists,
        ]

    def move(self, i, j, added=None):
        """Show score (i, j) with the first `added` of its products summed; return the sum."""
        D = len(self.W)
        added = D if added is None else added
        products = self.X[i] * self.W[:, j]
        sums = np.concatenate([[0.0], np.cumsum(products)])
        self.heading.set_text(f"S[{i}, {j}], product by product")
        looks = (
            {"facecolor": "white", "edgecolor": PALETTE["vermillion"], "hatch": "////"},
            {"facecolor": PALETTE["sky"], "edgecolor": PALETTE["blue"], "hatch": ""},
        )
        for d, product in enumerate(products):
            words = f"{times(self.X[i, d], self.W[d, j])} = {number(product)}"
            self.lines[d].set(text=words, visible=d < added)
            place = {"x": self.zero + self.unit * sums[d], "width": self.unit * product}
            self.bars[d].set(visible=d < added, **place, **looks[int(product >= 0)])
        total = sums[added]
        self.lines[D].set_text(f"sum = {number(total)}")
        self.bars[D].set_width(self.unit * total)
        x, w, _ = self.tables
        self.row.set_xy(x.corner(i=i))
        self.column.set_xy(w.corner(j=j))
        places = x.corner(i, max(added - 1, 0)), w.corner(max(added - 1, 0), j)
        for frame, place in zip(self.pair, places, strict=True):
            frame.set(xy=place, visible=0 < added < D)
        self.score.move(i, j, number(total))
        return total


@house_style
def plot_product(X, W, i, j):
    """Draw X W with row i and column j framed, and the score where they cross."""
    fig, ax = new_figure(width=6.0, height=5.0, title="Row meets column")
    total = _Meeting(ax, X, W).move(i, j)
    show(
        fig,
        f"Row {i} of X and column {j} of W cross at S[{i}, {j}] = {number(total)}.",
        f"Three tables of numbers. X, shape {shape(X)}, stands left of S, shape {shape(X @ W)}; "
        f"W, shape {shape(W)}, stands above S. Row {i} of X is framed, {listed(X[i])}; so is "
        f"column {j} of W, {listed(W[:, j])}. Where they cross, the score {number(total)} is "
        "lit; its products stand beside W, one a line.",
    )


@house_style
def plot_bias(X1, W1, i, j):
    """Draw [X 1] times [W; b], the column of ones and the row b in frames, and one score summed."""
    title = "b is one more row of W, read through a column of ones"
    fig, ax = new_figure(width=6.0, height=5.4, title=title)
    names = (*FEATURES, "ones"), (*FEATURES, "b")
    meeting = _Meeting(ax, X1, W1, names, symbols=("[X 1]", "[W; b]", "S"))
    total = meeting.move(i, j)
    x, w, _ = meeting.tables
    x.frame(j=X1.shape[1] - 1, linestyle="--", linewidth=1.8)
    w.frame(i=len(W1) - 1, linestyle="--", linewidth=1.8)
    last = f"{times(X1[i, -1], W1[-1, j])} = {number(X1[i, -1] * W1[-1, j])}"
    show(
        fig,
        f"{shape(X1)} times {shape(W1)} gives {shape(X1 @ W1)}. The last of the "
        f"{X1.shape[1]} products in S[{i}, {j}] = {number(total)} is the bias: {last}.",
        f"A product of two tables. X, shape {shape(X1)}, ends in a framed column of ones; W, "
        f"shape {shape(W1)}, ends in a framed row b, {listed(W1[-1])}. Row {i} and column {j} "
        f"are lit, and their products stand one a line: the last, {last}, is the bias alone.",
    )


@house_style
def plot_announced(X, W, y):
    """Draw the product of the swapped shapes, X (D, N) and W (N, C), and the labels beside it."""
    S = X @ W
    title = f"{len(S)} rows of scores, {len(y)} labels"
    fig, ax = new_figure(width=6.4, height=4.4, title=title)
    fruit, columns = [f"{i}" for i in range(len(y))], [f"{j}" for j in range(W.shape[1])]
    *_, s = _draw_product(ax, X, W, FEATURES, (fruit, fruit), columns)
    labels = Table(ax, y[:, None], s.right + 0.8, s.top, color=PALETTE["gray"])
    labels.label(f"y ({len(y)},)", above=True, color=INK)
    labels.frame(linewidth=1)
    for i in range(len(S), len(y)):
        labels.frame(i, 0, edgecolor=PALETTE["vermillion"], linestyle="--")
    middle = s.top + (len(S) + len(y)) / 2
    ax.text(-2, 1.2, "A row is a feature,\na column a fruit.", va="center", weight="bold")
    reading = f"S[0, 0] adds up column 0 of W,\nweighted by how {FEATURES[0]} each fruit is."
    ax.text(-2, 3.0, reading, va="center")
    color = ink(PALETTE["vermillion"])
    ax.text(labels.right + 0.2, middle, "never\nread", color=color, va="center")
    ax.set_xlim(right=labels.right + 1.8)
    ax.set_ylim(bottom=max(ax.get_ylim()[0], labels.bottom + 0.2))
    show(
        fig,
        f"{shape(X)} times {shape(W)} gives {shape(S)}, a row for each feature. "
        f"Of {len(y)} labels the last {len(y) - len(S)} find no row.",
        f"A product of two tables: X, shape {shape(X)}, has the features as rows and the fruits "
        f"as columns; W, shape {shape(W)}; S, shape {shape(S)}. A column of {len(y)} labels "
        f"stands beside S: {len(S)} stand beside a row of S, the last {len(y) - len(S)} hang "
        "below it in dashed frames, marked never read.",
    )


@house_style
def plot_step_errors(steps, errors):
    """Draw the error of central differences against the rising steps h.

    `errors` are relative, by norm: first of the score, then of what bends, its exponential.
    """
    steps = np.asarray(steps)
    (name, straight), (bent_name, bent) = errors.items()
    labels = {name: (name, steps[-4], (-8, -4)), bent_name: (bent_name, steps[-4], (-8, 4))}
    fig, ax = new_figure(height=3.8)
    draw_error_curves(ax, steps, errors, labels=labels, title="A score has no truncation error")
    exact = steps[np.asarray(straight) == 0].min()
    ruled = (steps >= 1e-4) & (steps <= 1e-1)
    slope = np.polyfit(np.log10(steps[ruled]), np.log10(np.asarray(bent)[ruled]), 1)[0]
    caption = (
        f"The error of the {name} falls as h grows, and is exactly 0 from h = {exact:g} on; that "
        f"of its {bent_name} turns, and rises like h^{slope:.0f}."
    )
    show(fig, caption, f"Log-log plot of the relative error against h. {caption}")


# Explorers


class _ProductExplorer(Explorer):
    """Pick a row of X and a column of W, and add up their products; the six fruits by default."""

    title = "Row meets column"
    size = (6.0, 5.0)

    def __init__(self, X=None, W=None):
        self.X, self.W = fruits()[:2] if X is None else (X, W)
        super().__init__()

    def controls(self):
        (N, D), C = self.X.shape, self.W.shape[1]
        return {
            "i": slider("row i of X", 0, N - 1),
            "j": slider("column j of W", 0, C - 1),
            "added": slider("products added", 0, D, D),
        }

    def build(self, fig):
        self.meeting = _Meeting(fig.subplots(), self.X, self.W)
        return [self.meeting]

    def update(self, i, j, added):
        total = self.meeting.move(i, j, added)
        D = len(self.W)
        products = [times(self.X[i, d], self.W[d, j]) for d in range(added)]
        caption = f"S[{i}, {j}] = {' + '.join(products)} = {number(total)}"
        if added == 0:
            caption = f"S[{i}, {j}]: no product added yet, the sum is 0"
        elif added < D:
            caption += f", after {added} of {D} products"
        alt = (
            f"Row {i} of X, {listed(self.X[i])}, and column {j} of W, {listed(self.W[:, j])}, "
            f"are framed. Where they cross, S[{i}, {j}] is lit and shows {number(total)}, the "
            f"sum of the first {added} of {D} products."
        )
        return caption, alt


explore = _ProductExplorer


class _ViewExplorer(Explorer):
    """The product of the six fruits as columns, as rows and entry by entry: eq. (8) to (12)."""

    title = "One product, read in five ways"
    size = (6.4, 4.9)

    def controls(self):
        views = [
            ("W, columns (8)", 8),
            ("Wᵀ, rows (9)", 9),
            ("X, rows (10)", 10),
            ("S, entries (11)", 11),
            ("S, rows (12)", 12),
        ]
        return {"view": choice("read", views), "cells": choice("as", ["numbers", "symbols"])}

    def build(self, fig):
        self.X, self.W, _ = fruits()
        ax = fig.subplots()
        self.x = Table(ax, self.X, 1.6, 5, name="X")
        self.w = Table(ax, self.W, 7.6, 0, name="W", width=1.4)
        self.s = Table(ax, self.X @ self.W, 7.6, 5, name="S", width=1.4)
        self.x.label(f"X {shape(self.X)}")
        self.s.label(f"S = X W {shape(self.X @ self.W)}")
        self.w_label = self.w.label("", above=True)
        self.frames = [self.s.frame(0, 0) for _ in self.s.numbers]
        self.pieces = [centered(ax, 0, 0) for _ in self.s.numbers]
        Table.clear(ax, 0, self.s.right + 2.6, -1.7, self.s.bottom + 1.1)
        return [self.x, self.w, self.s, *self.frames, *self.pieces, self.w_label]

    def update(self, view, cells):
        transposed = view == 9
        W = self.W.T if transposed else self.W
        self.w.width = 1.0 if transposed else 1.4  # in line with X's columns, or with those of S
        self.w.fill(W, left=1.6 if transposed else 7.6, top=1.2 if transposed else 0)
        self.w_label.set_text(f"{'Wᵀ' if transposed else 'W'} {shape(W)}")
        above = self.w.top - (0.3 if transposed else 0.95)
        self.w_label.set_position(((self.w.left + self.w.right) / 2, above))
        if cells == "symbols":
            self._write_symbols(view)
        else:
            self.x.fill(self.X)
            self.s.fill(self.X @ self.W)
        for artist in (*self.frames, *self.pieces):
            artist.set_visible(False)
        read = zip(self.frames, self.pieces, self._pieces(view), strict=False)
        for frame, name, (bounds, color, text, at) in read:
            frame.set(bounds=bounds, edgecolor=color, visible=True)
            name.set(position=at, text=text, color=color, visible=True)
        return self._words(view, cells)

    def _pieces(self, view):
        """What is read: of each piece its frame, its color, its name and where that stands."""
        table, symbol, by = {
            8: (self.w, "$W_{0}$", "columns"),
            9: (self.w, "$W_{0}^\\top$", "rows"),
            10: (self.x, "$X_{0}$", "rows"),
            11: (self.s, "", "entries"),
            12: (self.s, "$S_{0} = X_{0}W$", "rows"),
        }[view]
        width = table.width * (table.columns if by == "rows" else 1)
        height = table.rows if by == "columns" else 1
        rows = [None] if by == "columns" else range(table.rows)
        columns = [None] if by == "rows" else range(table.columns)
        for k, place in enumerate(itertools.product(rows, columns)):
            left, top = table.corner(*place)
            beside = left + width + 1.3 if table is self.s else left - 0.6
            at = (left + width / 2, top - 0.4) if by == "columns" else (beside, top + 0.5)
            color = ink(CLASS_COLORS[k] if table is self.w else table.color)
            bounds = left + 0.06, top + 0.06, width - 0.12, height - 0.12
            yield bounds, color, symbol.format(k + 1), at

    def _write_symbols(self, view):
        for table, letter in ((self.x, "X"), (self.w, "W"), (self.s, "S")):
            for text, (i, j) in zip(
                table.numbers, np.ndindex(table.rows, table.columns), strict=True
            ):
                i, j = (j, i) if view == 9 and table is self.w else (i, j)
                symbol = f"{letter}_{{{i + 1}{j + 1}}}"
                if table is self.s and view == 11:
                    symbol = f"X_{i + 1}W_{j + 1}"
                text.set(text=f"${symbol}$", color=INK)

    def _words(self, view, cells):
        (N, D), C = self.X.shape, self.W.shape[1]
        words = {
            8: f"W, shape {(D, C)}: {C} columns of shape {(D, 1)}, one for each class.",
            9: f"Wᵀ, shape {(C, D)}: {C} rows of shape {(1, D)}, each as long as a row of X.",
            10: f"X, shape {(N, D)}: {N} rows of shape {(1, D)}, one for each fruit.",
            11: f"S, shape {(N, C)}, entry by entry: row i of X times column j of W.",
            12: f"S, shape {(N, C)}: {N} rows of shape {(1, C)}, row i of X times all of W.",
        }
        caption = f"({view}) {words[view]}"
        alt = f"X stands left of S, W above; what is read is framed, cells hold {cells}. {caption}"
        return caption, alt


explore_views = _ViewExplorer


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
    slips=patch("""
        - range(N)
        + range(N - 1, N)  # last-example-only
        + range(1)  # only the first row is filled
        ? Under which loop does your line with return stand, and how often does that turn?
        - np.sum(X[i] * W[:, j])
        + np.sum((X[i] * W[:, j])[:-1])  # the last feature is left out
        ? How many products make up one score, and how many do you add?
        + (X[i] * W[:, j])[-1]  # only the last feature counts
        ? What does S[i, j] hold after each turn of your innermost loop?
        + (X[i] * W[:, j])[0]  # only the first feature counts
        ? How many products make up one score, and how many do you add?
        + np.mean(X[i] * W[:, j])  # the mean of the products is taken
        ? Sum, or mean?
    """),
    questions={
        "transposed": "Which index of S counts the examples: the first, or the second?",
    },
    conditions=(loops(2),),
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
    slips=patch("""
        - if transpose
        + if False  # transpose is ignored
        ? What is the shape of a once its axes have changed places?
        - a = a[::-1]
        + a, b = a[::-1], b[::-1]  # both are transposed
        ? Which of the two matrices has the .T behind it in A.T @ B?
        + b = b[::-1]  # b is transposed, not a
        ? Which of the two matrices has the .T behind it in A.T @ B?
        - a[:-1] + b[1:]
        + (a[:-1] + b[1:] or (1,))  # a number is given an axis
        ? How many axes has a single number, and which tuple says that?
    """),
    questions={
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
    slips=patch("""
        - np.hstack([X, ones])
        + np.hstack([ones, X])  # the column of ones stands first
        ? Which row of W1 meets your column of ones, and is b that row?
        + X  # no column of ones is added
        ? Which number is each b_j multiplied by in X1 W1?
        - np.vstack([W, b])
        + np.vstack([b, W])  # b is the first row
        ? In which place is the column of ones asked for, and the row that meets it?
        + np.vstack([W, np.ones(W.shape[1])])  # ones stand where b belongs
        ? What must row D of W1 be, so that X1 W1 is X W + b?
        + W  # no row is added
        ? What must row D of W1 be, so that X1 W1 is X W + b?
        - np.ones(
        + np.zeros(  # zeros stand where ones belong
        ? What is left of b once your new column has multiplied it?
        - np.vstack([W, b])
        + np.vstack([W + b, b])  # b is added to W
        ? Is b multiplied by the features too?
    """),
)
def with_bias(X, W, b):
    """X with a last column of ones, W with b as its last row."""
    ones = np.ones((len(X), 1))
    return np.hstack([X, ones]), np.vstack([W, b])


def _far_weights():
    return np.array([[1.0, 2.0], [3.0, -4.0]]), np.full((2, 3), 1e20), 1, 2


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
    slips=patch("""
        - G[:, c] = X[i]
        + G[:, c] = W[:, c]  # it is filled with weights
        ? S_ic is linear in W_dc: which number multiplies it there?
        + G[:, c] = X[i] * W[:, c]  # the terms of the score stand there, not their slopes
        ? What is the derivative of x w by w?
        + G[:] = X[i][:, None]  # every column is filled
        ? Does a weight of another class move the score S_ic?
        + G[:, c] = 1  # ones stand where the features belong
        ? By which number is W_dc multiplied in S_ic?
        + G[:, c] = X[i - 1]  # the wrong example's features are taken
        ? Which row of X makes the score S_ic?
        + G[:, c - 1] = X[i]  # the wrong column is filled
        ? Which column of W does the score S_ic use?
    """),
    questions={
        "wrong-shape": "By how many weights do you differentiate, those of class c or all?",
        "transposed": "Has W its features along the first axis, or its classes?",
    },
    conditions=(
        answers(
            _far_weights,
            np.array([[0.0, 0.0, 3.0], [0.0, 0.0, -4.0]]),
            "The values are right; the text asks for the formula, and yours takes differences: "
            "beside weights of 1e20 they are lost.",
        ),
    ),
)
def score_gradient(X, W, i, c):
    """Derivative of the one score S_ic by every weight, in the shape of W."""
    G = np.zeros(W.shape)
    G[:, c] = X[i]
    return G


TASKS = tasks_of(__name__)
