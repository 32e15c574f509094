"""Lesson 05, the chain rule: three links from a weight to the loss.

What notebook 05 shows and does not spell out: four pictures, the shape train, three exercises.
"""

import textwrap
from functools import partial

import numpy as np

from softmax_lib.explorer import Explorer, choice, slider
from softmax_lib.figures import (
    INK,
    MATRIX_COLORS,
    METHOD_STYLES,
    PALETTE,
    Table,
    arrow,
    centered,
    draw_error_curves,
    draw_error_groups,
    house_style,
    ink,
    new_figure,
    note,
    show,
)
from softmax_lib.forward import cross_entropy, softmax
from softmax_lib.gradcheck import default_step, numerical_gradient, relative_error
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.slips import patch
from softmax_lib.words import bracketed, digits, listed, number, shape

_two = partial(number, places=2)


# Pictures


@house_style
def plot_chain(values, rates):
    """Draw w, s, p and L forward on nodes, and ds/dw, dp/ds, dL/dp back on the same edges."""
    names = ("w", "s", "p", "L")
    back = [1.0]
    for rate in reversed(rates):
        back.insert(0, back[0] * rate)  # dL/dw, dL/ds, dL/dp, dL/dL
    title = "Values go forward, slopes come back on the same edges"
    fig, ax = new_figure(height=2.9, title=title)
    forward, backward = ink(PALETTE["green"]), ink(MATRIX_COLORS["dW"])
    ground = {"boxstyle": "circle,pad=0.35", "facecolor": "white", "edgecolor": INK}
    for k, (name, value) in enumerate(zip(names, values, strict=True)):
        centered(ax, k, 0, f"${name}$", fontsize=14, bbox=ground)
        centered(ax, k, 0.62, _two(value), color=forward, weight="bold")
        centered(ax, k, -0.66, _two(back[k]), color=backward, weight="bold")
        centered(ax, k, -0.98, f"$dL/d{name}$", color=backward)
    edges = zip(("ds/dw", "dp/ds", "dL/dp"), rates, strict=True)
    for k, (name, rate) in enumerate(edges):
        arrow(ax, (k + 0.2, 0.1), (k + 0.8, 0.1), color=forward)
        arrow(ax, (k + 0.8, -0.1), (k + 0.2, -0.1), color=backward)
        centered(ax, k + 0.5, 0.34, f"${name}$ = {_two(rate)}")
        centered(ax, k + 0.5, -0.36, f"× {bracketed(rate, _two)}", color=backward)
    centered(ax, -0.62, 0.62, "forward:\nvalues", color=forward)
    centered(ax, -0.62, -0.66, "back:\nslopes", color=backward)
    ax.set(xlim=(-0.95, 3.3), ylim=(-1.2, 0.85))
    ax.axis("off")
    pairs = [f"{name} = {_two(v)}" for name, v in zip(names, values, strict=True)]
    slopes = [f"dL/d{name} = {_two(b)}" for name, b in zip(names, back, strict=True)]
    show(
        fig,
        f"Forward: {', '.join(pairs)}. Back, from right to left: {', '.join(slopes[::-1])}. Each "
        "slope is the one to its right times the rate of the edge between them.",
        f"Four nodes in a line, w, s, p, L, joined by arrows to the right and back. On the edges "
        f"stand the rates {listed(rates, _two)}. {'; '.join(pairs)}. Below: "
        f"{'; '.join(slopes)}.",
    )


@house_style
def plot_chain_errors(errors):
    """Draw how far the product of three measured factors is from the measured whole.

    `errors` has, by method, for each class j, the relative error of each entry of dL_i/dW_j.
    """
    fig, ax = new_figure(height=3.7)
    names = [f"class j = {j}: {len(e)} entries" for j, e in enumerate(errors["central"])]
    title = "Product of the three factors against the whole"
    draw_error_groups(ax, errors, names=names, title=title)
    names_of = {"central": "central differences", "complex": "the complex step"}
    worst = ", ".join(f"≈ {np.max(e):.0e} by {names_of[m]}" for m, e in errors.items())
    size = np.size(errors["central"])
    show(
        fig,
        f"The chain rule, measured on {size} entries. Largest error: {worst}.",
        f"Errors of the {size} entries on a log axis, in a group for each of the {len(names)} "
        f"classes. Those of the complex step lie some five decades below those of central "
        f"differences. Largest error: {worst}.",
    )


@house_style
def plot_first_factor(p_m, errors):
    """Draw the error of dL_i/dp, by norm, against the rising probabilities p_m, beside the theory.

    `errors` has those of two methods: ``"central"`` and ``"complex"``.
    """
    truncation = default_step("central", float) ** 2 / (3 * p_m**2)
    fig, ax = new_figure(height=3.7)
    draw_error_curves(
        ax, p_m, errors, {"central": truncation},
        xlabel="probability of the right class, $p_m$", ylabel="relative error of $dL_i/dp$",
        title="Eq. (5), measured for right answers and for wrong ones",
    )  # fmt: skip
    ax.set_xlim(3e-5, 1.6)
    k = len(p_m) // 4
    color = ink(METHOD_STYLES["central"]["color"])
    note(ax, "$h^2 / (3\\,p_m^2)$", (p_m[k], truncation[k]), (10, 4), color=color)
    small = p_m <= 1e-2
    slope = np.polyfit(np.log10(p_m[small]), np.log10(errors["central"][small]), 1)[0]
    fact = (
        "Below p_m = 0.01 the error of central differences goes like p_m to the power "
        f"{number(slope, 1)}. The complex step errs by ≈ {errors['complex'].max():.0e} at most."
    )
    show(
        fig,
        fact,
        f"Log-log plot of the relative error against p_m, from {p_m[0]:g} to {p_m[-1]:.2g}, with a "
        f"line of theory. {fact} Toward p_m = 1 the central errors leave the line.",
    )


@house_style
def plot_paths(factors, m, j):
    """Draw every path from the weights of class j to the loss of a right class m, live ones thick.

    `factors` are dL_i/dp (1, C), dp/dS_i (C, C) and dS_i/dW_j (C, D).
    """
    first, middle, last = factors
    C, D = last.shape
    fig, ax = new_figure(height=4.0, title="From each weight, one open path to the loss")
    at = {
        "W": [(0.0, y) for y in _spread(D)],
        "S": [(2.0, y) for y in _spread(C)],
        "p": [(4.4, y) for y in _spread(C)],
        "L": [(6.4, 0.5)],
    }
    for table, source, goal in ((last, "W", "S"), (middle, "S", "p"), (first, "p", "L")):
        for (row, column), value in np.ndenumerate(table):
            alive = {"S": column == j and row == m, "W": row == j, "p": column == m}[source]
            (x0, y0), (x1, y1) = at[source][column], at[goal][row]
            style = {"color": PALETTE["gray"], "linewidth": 1.0}
            if value == 0:
                style["linestyle"] = (0, (1, 3))
            elif alive:
                style = {"color": MATRIX_COLORS["dW"], "linewidth": 3.0, "zorder": 1.5}
            ax.plot([x0, x1], [y0, y1], **style)
            if alive:
                t = {"W": 0.38, "S": 0.27, "p": 0.5}[source]
                place = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                middle_of = {"ha": "center", "va": "center", "fontsize": 9.5, "weight": "bold"}
                note(ax, _two(value), place, (0, 0), zorder=4, **middle_of)
    names = {
        "W": [f"$W_{{{d}{j}}}$" for d in range(D)],
        "S": [f"$S_{{i{c}}}$" for c in range(C)],
        "p": [f"$p_{k}$" for k in range(C)],
        "L": ["$L_i$"],
    }
    colors = {kind: ink(MATRIX_COLORS[kind.upper()]) for kind in "WSp"} | {"L": INK}
    for kind, places in at.items():
        for (x, y), name in zip(places, names[kind], strict=True):
            ground = {"boxstyle": "circle,pad=0.3", "facecolor": "white", "linewidth": 1.6}
            ground["edgecolor"] = colors[kind]
            centered(ax, x, y, name, fontsize=12, zorder=5, color=colors[kind], bbox=ground)
    for x, text in (
        (1.0, f"$dS_i/dW_{j}$ {shape(last)}"),
        (3.2, f"$dp/dS_i$ {shape(middle)}"),
        (5.4, f"$dL_i/dp$ {shape(first)}"),
    ):
        centered(ax, x, -0.22, text, va="top")
    ax.set(xlim=(-0.5, 6.9), ylim=(-0.38, 1.14))
    ax.axis("off")
    paths = first.T * middle * last[:, 0]  # (C, 1)(C, C)(C,) -> (C, C), one path each
    dead = middle.size - np.count_nonzero(paths)
    caption = (
        f"Dotted: derivative exactly 0. From one weight to the loss {np.count_nonzero(paths)} of "
        f"{paths.size} paths is open: over S_i{j} and p_{m}."
    )
    show(
        fig,
        caption,
        f"A network in four columns: {D} weights of class {j}, {C} scores, {C} probabilities, the "
        f"loss. All {D} weights lead to score {j} by thick lines, to the other scores by dotted "
        f"ones. Every score leads to every probability, but of these {middle.size} lines {dead} "
        f"are on no open path. Only p_{m} leads to the loss, with the derivative "
        f"{_two(first[0, m])}.",
    )


def _spread(count):
    """Heights from 1 down to 0, evenly."""
    return 0.5 - (np.arange(count) - (count - 1) / 2) / max(count - 1, 2)


# The explorer


def _examples():
    """The five examples of notebooks 03 to 05: X (5, 4), W (4, 3) and y (5,)."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), np.array([2, 0, 1, 0, 2])


def _measured(X, W, y, i, j):
    """The three factors and their product, all four by the complex step."""
    X_i, W_j = X[i : i + 1], W[:, j : j + 1]

    def loss_of(p):
        return -np.log(p[0, y[i]])

    def scores_of(W_j):
        return X_i @ np.hstack([W[:, :j], W_j, W[:, j + 1 :]])

    def jacobian(f, x):
        return numerical_gradient(f, x, "complex").reshape(np.size(f(x)), np.size(x)) + 0.0

    S_i = scores_of(W_j)
    return (
        jacobian(loss_of, softmax(S_i)),
        jacobian(softmax, S_i),
        jacobian(scores_of, W_j),
        jacobian(lambda W_j: cross_entropy(scores_of(W_j), [y[i]]), W_j),
    )


class _ShapeTrain(Explorer):
    """Three factors drawn as cars of a train; a transposed one may break a coupling.

    Those of any example and class; the notebook's five examples by default.
    """

    title = "The shape train: two sizes that meet must be equal"
    size = (7.0, 4.5)
    letters = (("1", "C"), ("C", "C"), ("C", "D"))
    names = ("dL_i/dp", "dp/dS_i", "dS_i/dW_j")
    gap = 1.35

    def __init__(self, X=None, W=None, y=None):
        self.X, self.W, self.y = _examples() if X is None else (X, W, y)
        self.measured = {
            (i, j): _measured(self.X, self.W, self.y, i, j)
            for i, j in np.ndindex(len(self.X), self.W.shape[1])
        }  # 4 ms each: too slow for every move
        super().__init__()

    def controls(self):
        factors = [("none", 0), *((name, k + 1) for k, name in enumerate(self.names))]
        return {
            "i": slider("example i", 0, len(self.X) - 1, 1),
            "j": choice("class j", list(range(self.W.shape[1])), value=2),
            "transposed": choice("transpose", factors),
        }

    def build(self, fig):
        D, C = self.W.shape
        ax = fig.subplots()
        self.wide = 2 * C + max(C, D) + 2 * self.gap
        Table.clear(ax, -0.2, self.wide + 0.2, -max(C, D) - 1.0, 5.1)
        ax.hlines(0.42, 0, self.wide, color=PALETTE["gray"], linewidth=2)
        numbers = {"text": digits, "fontsize": 8.5}
        self.cars = [
            Table(ax, np.zeros(size), name=name, **numbers)
            for size, name in (((1, C), "P"), ((C, C), "S"), ((C, D), "W"))
        ]
        wheel = {"color": INK, "markersize": 8, "markerfacecolor": "white"}
        self.wheels = [ax.plot([], [], "o", **wheel)[0] for _ in self.cars]
        self.titles = [centered(ax, 0, 0, weight="bold") for _ in self.cars]
        self.shapes = [centered(ax, 0, 1.05) for _ in self.cars]
        self.bars = [ax.plot([], [], linewidth=3, solid_capstyle="butt")[0] for _ in range(2)]
        self.meetings = [centered(ax, 0, -0.75, weight="bold") for _ in range(2)]

        left = self.wide / 2 - D / 2 + 0.6
        ax.text(left - 0.3, 4.5, "$dL_i/dW_j$ measured", ha="right", va="center")
        ax.text(left - 0.3, 2.9, "product", ha="right", va="center", weight="bold")
        self.product = Table(ax, np.zeros((1, D)), left, 2.4, name="dW", **numbers)
        self.whole = Table(ax, np.zeros((1, D)), left, 4.0, **numbers)
        self.verdict = ax.text(left + D + 0.3, 3.7, "", va="center", weight="bold")
        red = {"color": ink(PALETTE["vermillion"]), "fontsize": 9, "linespacing": 1.3}
        self.message = ax.text(left, 2.75, "", va="center", **red)
        return [
            *(*self.cars, self.product, self.whole),
            *(*self.wheels, *self.titles, *self.shapes, *self.bars, *self.meetings),
            *(self.verdict, self.message),
        ]

    def update(self, i, j, transposed):
        *factors, whole = self.measured[i, j]
        letters = list(self.letters)
        if transposed:
            factors[transposed - 1] = factors[transposed - 1].T
            letters[transposed - 1] = letters[transposed - 1][::-1]
        self._draw_cars(factors, letters, transposed)
        self.whole.fill(whole)
        try:
            product, message = factors[0] @ factors[1] @ factors[2], ""
        except ValueError as error:
            product, message = None, str(error)
        for artist in self.product.artists:
            artist.set_visible(product is not None)
        self.message.set_text("\n".join(textwrap.wrap(f"ValueError: {message}", 52)))
        self.message.set_visible(product is None)
        m = self.y[i]
        cars = f"Example {i}, right class m = {m}; weights of class j = {j}."
        shapes = "".join(map(shape, factors))
        train = (
            f"Three tables in a line, {shapes}, the first with the numbers "
            f"{listed(factors[0].ravel(), digits)}; the measured dL_i/dW_j is "
            f"{listed(whole.ravel(), digits)}."
        )
        if product is None:
            name = self.names[transposed - 1]
            k = 0 if factors[0].shape[1] != factors[1].shape[0] else 1
            a, b = factors[k].shape[1], factors[k + 1].shape[0]
            self.verdict.set_text("")
            fact = f"{name} is transposed: {a} meets {b}, and coupling {k + 1} breaks. {message}"
            return f"{cars} {fact}", f"{train} {fact}"
        self.product.fill(product)
        agree = relative_error(product, whole) <= 1e-13
        self.verdict.set_text("equal, to\n13 digits" if agree else "different")
        how = ""
        if transposed:
            how = f" {self.names[transposed - 1]} is transposed, and nothing changes."
        fact = f"{shapes} gives {shape(product)}, {'equal to' if agree else 'not'} the measured row"
        return f"{cars}{how} {fact}.", f"{train}{how} {fact}. {cars}"

    def _draw_cars(self, factors, letters, transposed):
        widths = [factor.shape[1] for factor in factors]
        left = (self.wide - sum(widths) - 2 * self.gap) / 2
        for k, (car, factor) in enumerate(zip(self.cars, factors, strict=True)):
            car.fill(factor, left=left, top=-len(factor))
            middle, spread = left + widths[k] / 2, min(0.8, widths[k] / 4)
            self.wheels[k].set_data([middle - spread, middle + spread], [0.2, 0.2])
            sign = f"(${self.names[k]}$)$^\\top$" if transposed == k + 1 else f"${self.names[k]}$"
            self.titles[k].set(text=f"{k + 1}: {sign}", position=(middle, -len(factor) - 0.5))
            self.shapes[k].set(text=f"({', '.join(letters[k])}) = {shape(factor)}", x=middle)
            left = car.right + self.gap
        for k, (bar, meeting) in enumerate(zip(self.bars, self.meetings, strict=True)):
            a, b = factors[k].shape[1], factors[k + 1].shape[0]
            start, end = self.cars[k].right, self.cars[k + 1].left
            color, sign, x = INK, "=", [start, end]
            if a != b:
                color, sign = PALETTE["vermillion"], "≠"
                x = [start, start + 0.4, np.nan, end - 0.4, end]
            bar.set(data=(x, [-0.25] * len(x)), color=color)
            meeting.set(text=f"{a} {sign} {b}", color=color, x=(start + end) / 2)


explore = _ShapeTrain


# Exercises


def _slope_cases():
    rng = np.random.default_rng(41)
    p, q = (softmax(2 * rng.normal(size=(1, C))) for C in (4, 5))
    return [
        (np.array([[0.5, 0.25, 0.25]]), np.array([[0.0, 1.0, 0.0]])),
        (p, np.array([[0.0, 0.0, 0.0, 1.0]])),
        (p, np.array([[0.025, 0.925, 0.025, 0.025]])),
        (q, softmax(rng.normal(size=(1, 5)))),
        (np.array([[1.0 - 1e-9, 1e-9]]), np.array([[0.25, 0.75]])),
    ]


@task(
    "5.1",
    "The first factor for any row of labels",
    returns="row",
    cases=_slope_cases,
    hints=(
        "Take pencil and paper: in which terms of the sum does p_k occur?",
        "Only the term -Y_ik log p_k contains p_k. For a one-hot row you must get eq. (5).",
        "What is the derivative of log p_k by p_k? Numpy divides row by row, entry by entry.",
    ),
    equation="eq. (5)",
    reread='05_chain_rule, "The first factor, on paper"',
    question="If Y_i is one-hot, is your row zero everywhere but at m, and negative there?",
    slips=patch("""
        - -Y_i / p
        + Y_i / p  # sign
        ? Does the loss rise or fall when the probability of a right class grows?
        + -p / Y_i  # p stands above, Y_i below
        ? What is the derivative of log p by p?
        + -1 / p  # Y_i is missing
        ? Which terms of the sum are there for a class whose Y_ik is 0?
        + -Y_i * np.log(p)  # the terms of the loss come back, not their slopes
        ? What is the derivative of log p by p?
        + -Y_i.max() * (np.arange(p.size) == Y_i.argmax()) / p  # one entry of Y_i alone is used
        ? How many entries of this Y_i are not 0, and how many of your row?
        + -1.0 * (np.arange(p.size) == Y_i.argmax()) / p
        # one entry of Y_i alone is used, as if it were 1
        ? How many entries of this Y_i are not 0, and how many of your row?
        + p - Y_i  # it is the derivative by the scores, p - Y_i
        ? By what do you differentiate here: by p, or by the scores?
        + -Y_i * p  # the slope of the logarithm is missing
        ? What is the derivative of log p by p?
    """),
    questions={
        "wrong-shape": "How many axes have p and Y_i, and how many has your row?",
    },
)
def slopes_by_p(p, Y_i):
    """Derivative by p of -sum_l Y_il log p_l, for any row Y_i of weights, eq. (5)."""
    return -Y_i / p


def _jacobian_cases():
    A = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]])
    x = np.array([[0.3, -1.2, 0.8, 0.1]])
    return [
        (_through(A), np.array([[1.0, 2.0]]), 1e-3),
        (_squares_and_product, np.array([[1.5, -0.5]]), 1e-4),
        (softmax, x, 1e-4),
        (_sum_of_sines, x, 1e-4),
        (_shares_of_squares, np.array([[1.0, 2.0, -0.5]]), 1e-4),
    ]


def _through(A):
    def times_A(x):
        return x @ A

    return times_A


def _squares_and_product(x):
    a, b = x[0]
    return np.array([[a * a, b * b, a * b]])


def _sum_of_sines(x):
    return np.sum(np.sin(x), axis=1, keepdims=True)


def _shares_of_squares(x):
    return x**2 / np.sum(x**2)


@task(
    "5.2",
    "Jacobian of a row by a row",
    returns="J",
    cases=_jacobian_cases,
    hints=(
        "Which entry of x do you move, and how many numbers of f(x) answer?",
        "The answers to a step of x_c are column c: (f(x + step) - f(x - step)) / 2h.",
        "Begin with `columns = []` and a loop over x.shape[1]; a step is zeros, and h at c.",
    ),
    equation="eq. (4)",
    reread='05_chain_rule, "From numbers to rows"',
    question="For one column: which entry of x moves, and how far apart are the two places?",
    rtol=1e-5,
    slips=patch("""
        - (f(x + step) - f(x - step))[0] / (2 * h)
        + (f(x + step) - f(x))[0] / h  # the difference is a forward one
        ? To which sides of x do you step?
        + (f(x) - f(x - step))[0] / h  # the difference is a backward one
        ? To which sides of x do you step?
        + (f(x + step) - f(x - step))[0] / h  # the run is taken to be h
        ? How far apart are the two places where you ask f?
        + (f(x + step) - f(x - step))[0] / 2 * h  # it is multiplied by h, where h should divide
        ? In which order does Python work out a / 2 * h?
        + (f(x - step) - f(x + step))[0] / (2 * h)  # sign
        - step[0, c] = h
        + step[:] = h  # all entries move at once
        ? How many entries differ between x and the place where you ask f?
        + step[0, : c + 1] = h  # steps pile up: what has moved stays moved
        ? When the second entry moves, where does the first one stand?
        - return np.stack
        + columns[:-1] = [0 * column for column in columns[:-1]]
        + return np.stack  # last-example-only
    """),
    questions={
        "wrong-shape": "Numerator layout: do the rows belong to f, or to x?",
        "transposed": "Numerator layout: do the rows belong to f, or to x?",
    },
)
def row_jacobian(f, x, h):
    """Jacobian of f at the row x in numerator layout, by central differences."""
    columns = []
    for c in range(x.shape[1]):
        step = np.zeros(x.shape)
        step[0, c] = h
        columns.append((f(x + step) - f(x - step))[0] / (2 * h))
    return np.stack(columns, axis=1)


def _size_cases():
    return [
        ((1, 3, 3, 4),),
        ((1, 10, 10, 3073),),
        ((2, 5, 3),),
        ((7, 2, 5, 3, 1),),
        ((1, 6, 4, 9, 2, 8),),
    ]


@task(
    "5.3",
    "Multiplications from either end",
    returns="left, right",
    cases=_size_cases,
    hints=(
        "From the left, what shape has the product of the first two tables?",
        "(a, b)(b, c) costs a b c. From the left the first size stays, from the right the "
        "last one.",
        "Begin with `left = right = 0` and a loop over the inner sizes, sizes[1:-1].",
    ),
    equation="eq. (4)",
    reread='05_chain_rule, "From which end?"',
    question="Which of the three sizes in a product vanishes, and which one is carried along?",
    slips=patch("""
        - len(sizes) - 1)
        + len(sizes) - 2)  # the last product is left out
        ? How many products does a chain of three tables have?
        - (1, len
        + (2, len  # the first product is left out
        ? How many products does a chain of three tables have?
        - left +=
        + left =  # only the last product counts
        ? What does your sum hold after the second product?
        - right +=
        + right =  # only the last product counts
        - sizes[0] * sizes[k] * sizes[k + 1]
        + sizes[k] * sizes[k + 1]  # the size that is carried along is missing
        ? How many multiplications does (a, b)(b, c) take?
        + sizes[k - 1] * sizes[k] * sizes[k + 1]
        # each table costs with its neighbor alone: nothing is carried along
        ? From the left, how many rows has the product of the first two tables?
        + sizes[0] * sizes[k + 1]  # the size that vanishes is left out
        + sizes[0] + sizes[k] + sizes[k + 1]  # it is a sum of sizes
        - sizes[k - 1] * sizes[k] * sizes[-1]
        + sizes[k - 1] * sizes[k]  # the size that is carried along is missing
        + sizes[k - 1] * sizes[k] * sizes[k + 1]
        # each table costs with its neighbor alone: nothing is carried along
        + sizes[k - 1] * sizes[-1]  # the size that vanishes is left out
        ? An entry of a product is a sum: of how many terms?
        + sizes[k - 1] + sizes[k] + sizes[-1]  # it is a sum of sizes
        ? How many multiplications does (a, b)(b, c) take?
        - return left, right
        + return int(np.prod(sizes)), right  # all sizes are multiplied
        ? Are the products made one after the other, or all at once?
        + return left, int(np.prod(sizes))  # all sizes are multiplied
    """),
)
def count_multiplications(sizes):
    """Multiplications of a chain of tables, from the left and from the right, eq. (4)."""
    left = right = 0
    for k in range(1, len(sizes) - 1):
        left += sizes[0] * sizes[k] * sizes[k + 1]
        right += sizes[k - 1] * sizes[k] * sizes[-1]
    return left, right


TASKS = tasks_of(__name__)
