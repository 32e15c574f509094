"""What `07_scores_to_weights.ipynb` needs: the factors as tables, the transpose, outer products."""

from functools import partial

import numpy as np

from softmax_lib.derivation import dLi_dp, dLi_dWj, dp_dSi, dSi_dWj
from softmax_lib.explorer import Explorer, choice, slider
from softmax_lib.figures import (
    CLASS_COLORS,
    CLASS_MARKERS,
    INK,
    PALETTE,
    Table,
    arrow,
    centered,
    draw_error_groups,
    house_style,
    ink,
    new_figure,
    note,
    show,
    sign_color,
)
from softmax_lib.forward import cross_entropy, scores, softmax
from softmax_lib.gradcheck import default_step, unit_roundoff
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.matrix_shapes import CLASSES, FEATURES, fruits
from softmax_lib.lessons.slips import ROW, SLOPE, SUM, patch
from softmax_lib.words import bracketed, fraction, listed, number, shape, signed

_decimals = partial(number, places=3)


def half_trained_fruits():
    """The six fruits of notebook 01, X (6, 4) and y (6,), with weights W (4, 3) that are logs."""
    X, _, y = fruits()
    return X, np.log([[1, 1, 0.5], [1, 5, 1], [1, 1, 1], [2, 1, 8]]), y


@house_style
def plot_chain(p, m, X_i, j):
    """Draw the product of the three factors in two steps, with what each zero leaves out."""
    first, J, last = dLi_dp(p, m), dp_dSi(p), dSi_dWj(X_i, j, p.shape[1])
    middle = first @ J  # (1, C)
    row = dLi_dWj(p, m, X_i, j)
    C, D = last.shape

    title = "One entry picks a row, then one row picks an entry"
    fig, ax = new_figure(height=4.2, title=title)
    wide, half, above, below = 1.25, (C - 1) / 2, 1.2, 1.2 + C + 2.6
    left, center, right = 0.0, (C + 0.5) * wide, (C + 0.5 + D + 0.9) * wide
    bold = {"weight": "bold", "va": "center"}
    ax.text(0, 0.4, f"Step 1. Entry m = {m} alone is not zero: it picks row {m}.", **bold)
    words = f"Step 2. Row j = {j} alone is not zero: it picks entry {j}."
    ax.text(0, below - 0.8, words, **bold)
    of_i, of_S, of_j = "$dL_i/dp$", "$dL_i/dS_i$", f"$dL_i/dW_{j}$"
    tables = []
    for M, x, y, name, label in (
        (first, left, above + half, "P", of_i),
        (J, center, above, "S", "$dp/dS_i$"),
        (middle, right, above + half, "S", of_S),
        (middle, left, below + half, "S", of_S),
        (last, center, below, "X", f"$dS_i/dW_{j}$"),
        (row, right, below + half, "dW", of_j),
    ):
        tables.append(Table(ax, M, x, y, name=name, width=wide, text=fraction))
        tables[-1].label(f"{label}  {shape(M)}", fontsize=10)
    a, b, c, d, e, f = tables
    a.frame(0, m)
    b.frame(i=m)
    d.frame(0, j)
    e.frame(i=j)
    for result in (c, f):
        centered(ax, result.left - 0.42 * wide, result.top + 0.5, "=", fontsize=14)
    Table.clear(ax, -0.1, f.right + 0.1, 0, f.bottom + half + 0.9)
    used = [
        (np.count_nonzero(first.T * J), J.size),
        (np.count_nonzero(np.abs(middle.T * last) > 1e-12), last.size),
    ]
    show(
        fig,
        f"Of the {used[0][1]} products of the first step {used[0][0]} are not zero, of the "
        f"{used[1][1]} of the second {used[1][0]}. What comes out is {fraction(middle[0, j])} "
        f"times X_i = ({listed(X_i[0], fraction)}).",
        f"Two products of tables. First dL_i/dp, ({listed(first[0], fraction)}), times the "
        f"Jacobian dp/dS_i; row {m} of the Jacobian is framed, and the product is "
        f"({listed(middle[0], fraction)}). Then this row times dS_i/dW_{j}, whose row {j}, "
        f"framed, is X_i, the others 0; the product is ({listed(row[0], fraction)}).",
    )


@house_style
def plot_turn(rows):
    """Draw the rows dL_i/dW_j of one example, as they come, (C, D), and transposed, (D, C)."""
    C, D = rows.shape
    title = "The rows of the derivation become the columns of dL/dW"
    fig, ax = new_figure(height=3.3, title=title)
    look = {"width": 1.3, "text": fraction}
    stacked = Table(ax, rows, 2.3, 1.6 + (D - C) / 2, **look)
    turned = Table(ax, rows.T, stacked.right + 5.0, 1.6, **look)
    names = [f"class {k}" for k in range(C)]
    stacked.names(columns=FEATURES[:D])
    stacked.names([f"$dL_i/dW_{k}$" for k in range(C)], color=INK, fontsize=10.5)
    turned.names(FEATURES[:D], names)
    for table in (stacked, turned):
        table.cells.set_facecolor("none")
        for k, color in enumerate(CLASS_COLORS[:C]):
            line = {"i": k} if table is stacked else {"j": k}
            table.frame(**line, fill=True, zorder=0.5, facecolor=color, edgecolor=color, alpha=0.3)
            table.frame(**line, edgecolor=color, linewidth=1.6)
    middle = (stacked.top + stacked.bottom) / 2
    start, end = stacked.right + 0.4, turned.left - 2.0
    arrow(ax, (start, middle), (end, middle))
    centered(ax, (start + end) / 2, middle - 0.2, ".T", va="bottom", weight="bold")
    bold = {"color": INK, "fontsize": 10}
    stacked.label(f"stacked: {shape(rows)}", **bold)
    turned.label(f"$dL_i/dW$: {shape(rows.T)}, as W", **bold)
    Table.clear(ax, -0.1, turned.right + 0.1, 0.8, turned.bottom + 0.9)
    named = "; ".join(f"class {k}, {listed(row, fraction)}" for k, row in enumerate(rows))
    show(
        fig,
        f"{C} rows of length {D} in a stack, {shape(rows)}; transposed, {C} columns of length "
        f"{D}, {shape(rows.T)}.",
        f"Left, a table with one colored row a class: {named}. An arrow, named .T, leads to the "
        f"right: the same numbers and colors as the columns of a table of shape {shape(rows.T)}.",
    )


@house_style
def plot_outer_sum(X, G, y):
    """Draw the outer product X_i.T @ G_i of every example, and the table that they add up to."""
    terms = X[:, :, None] * G[:, None, :]  # (N, D, C)
    total = X.T @ G
    N, D, C = terms.shape
    across = -(-N // 2)
    wide, gap, lead = 1.65, 0.7, 1.75
    title = f"{N} outer products, one for each fruit, add up to one matrix product"
    fig, ax = new_figure(7.7, 4.6, title=title)
    largest = np.abs(terms).max()

    def table(M, left, top, name, **style):
        drawn = Table(ax, M, left, top, width=wide, text=_decimals, fontsize=8.8)
        drawn.fill(M, lambda value: sign_color(value, largest))
        drawn.frame(linewidth=1)
        drawn.label(name, above=True, color=INK, fontsize=9.5, **style)
        return drawn

    for i, term in enumerate(terms):
        k, line = i % across, i // across
        left, top = lead + k * (C * wide + gap), 1.3 + line * (D + 1.7)
        drawn = table(term, left, top, f"{i} {CLASSES[y[i]]}", weight="normal")
        if k == 0:
            drawn.names(FEATURES[:D], fontsize=8.8)
        if i < N - 1:
            centered(ax, drawn.right + gap / 2, top + D / 2, "+", fontsize=13)
    left = lead + across * (C * wide + gap) + 0.5
    result = table(total, left, 1.3 + (D + 1.7) / 2, r"$X^\top (P - Y)$")
    centered(ax, left - 0.5, result.top + D / 2, "=", fontsize=15)
    for j, name in enumerate(CLASSES[:C]):
        style = {"va": "top", "fontsize": 8.8, "color": PALETTE["gray"]}
        centered(ax, result.middle(0, j)[0], result.bottom + 0.15, name, **style)
    Table.clear(ax, 0, result.right + 0.15, 0, 1.3 + 2 * D + 1.7 + 0.2)
    sizes = np.linalg.norm(terms.reshape(N, -1), axis=1)
    most = np.sort(np.argsort(sizes)[-2:])
    share = sizes[most].sum() / sizes.sum()
    show(
        fig,
        f"Each term has the shape {shape(total)} of the sum. Fruits {most[0]} and {most[1]} bring "
        f"{100 * share:.0f} % of all that is added (sizes by norm). Blue cells are positive, "
        "vermillion ones negative.",
        f"{N} small tables of shape {shape(total)}, with plus signs between them, and after an "
        f"equals sign the table of their sum. The tables of fruits {most[0]} and {most[1]} are in "
        f"strong colors, the others nearly white. In the sum, the columns by class are "
        + "; ".join(f"{CLASSES[j]} {listed(total[:, j], _decimals)}" for j in range(C))
        + ".",
    )


@house_style
def plot_pushes(X, W, P, y, examples=(4, 3)):
    """Draw how far single examples push the columns of W, in the plane of two features.

    A push -(p_j - 1[j = m]) X_i is a multiple of X_i in all D features, so in any two of them too.
    """
    title = "The right class moves toward the example, the others away"
    share = {"ncols": len(examples), "sharex": True, "sharey": True}
    fig, axes = new_figure(height=3.2, title=title, **share)
    a, b = 0, 3
    sides = (-9, 0), (9, -13), (8, 6)
    facts, words = [], []
    for ax, i in zip(axes, examples, strict=True):
        m, at = y[i], X[i, [a, b]]
        g = P[i] - (np.arange(P.shape[1]) == m)
        ax.plot(*np.array([-at, at]).T * 9, color="#D9D9D9", linewidth=1, zorder=0.5)
        arrow(ax, (0, 0), at, linewidth=1.2)
        note(ax, "$X_i$", at, (5, -2), bbox=None)
        drawn = []
        for j, share in enumerate(g):
            start, push = W[[a, b], j], -share * at
            color = CLASS_COLORS[j]
            ax.plot(*start, CLASS_MARKERS[j], color=color, markersize=8, zorder=3)
            if np.linalg.norm(push) > 0.15:
                arrow(ax, start, start + push, color=color, linewidth=2.6)
                drawn.append(CLASSES[j])
            name = f"{CLASSES[j]} {signed(-share)} $X_i$"
            style = {"color": ink(color), "weight": "bold", "fontsize": 9.5, "bbox": None}
            note(ax, name, start, sides[j], va="center", **style)
        ax.set_title(f"Fruit {i}, {CLASSES[m]}: $p_m$ = {P[i, m]:.2f}", weight="normal")
        ax.set(xlim=(-3.3, 3.9), ylim=(-1.5, 2.9), xlabel=f"weight of “{FEATURES[a]}”")
        ax.set_aspect("equal")
        ax.grid(True)
        pushed = ", ".join(f"{CLASSES[j]} {signed(-share)}" for j, share in enumerate(g))
        facts.append(f"Fruit {i} ({CLASSES[m]}): {pushed}")
        words.append(f"fruit {i}, arrows from {', '.join(drawn) or 'none, all are too short'}")
    axes[0].set_ylabel(f"weight of “{FEATURES[b]}”")
    show(
        fig,
        f"Pushes, as multiples of X_i. {'. '.join(facts)}. For each fruit they sum to 0.",
        f"Two planes of the weights of {FEATURES[a]} and {FEATURES[b]}, with three points, the "
        "columns of W, and an arrow X_i from the origin. Thick arrows, all parallel to X_i, show "
        f"where a point is pushed: {'; '.join(words)}.",
    )


@house_style
def plot_chain_errors(errors, X, W, y, i, bound):
    """Draw the errors of dS_i/dW_j and of dL_i/dW_j at X, W, y, entry by entry, class by class.

    `errors` has, by the methods ``"central"`` and ``"complex"``, those of the entries of dS_i/dW_j
    for example i, (C, C, D), and those of dL_i/dW_j for all examples, (C, N, D); j first. Those of
    the complex step are compared with the bound.
    """
    P = softmax(scores(X, W))
    C = W.shape[1]
    derivatives = (
        np.array([dSi_dWj(X[i : i + 1], j, C) for j in range(C)]),
        (P - np.eye(C)[y]).T[:, :, None] * X,
    )
    # What a difference subtracts: the terms that a score sums, and the losses.
    sizes = ((np.abs(X[i]) @ np.abs(W))[:, None], cross_entropy(scores(X, W), y)[:, None])
    u, h = unit_roundoff(float), default_step("central", float)
    floors = [
        np.where(g != 0, u * size / (h * np.where(g, np.abs(g), 1)), np.nan)
        for g, size in zip(derivatives, sizes, strict=True)
    ]
    title = "Complex step: to the last digits. Central: down to its floor"
    sizes = {"width": 9.6, "height": 4.1, "width_ratios": (1, 1.2)}
    fig, axes = new_figure(title=title, ncols=2, sharey=True, **sizes)
    everything = [np.ravel(e) for pair in errors.values() for e in pair]
    everything += [floor[np.isfinite(floor)] for floor in floors]
    facts = []
    for k, (ax, name) in enumerate(zip(axes, ("dS_i/dW_j", "dL_i/dW_j"), strict=True)):
        of_both = {method: pair[k] for method, pair in errors.items()}
        names = [f"class {j}" for j in range(C)]
        title = f"${name}$: {floors[k].size} entries"
        draw_error_groups(ax, of_both, floors[k], bound, names=names, title=title, scale=everything)
        facts.append(f"{floors[k].size} entries of {name}, {np.isnan(floors[k]).sum()} of them 0")
    axes[1].set_ylabel("")
    axes[1].get_legend().remove()
    good = all((e < bound).all() for e in errors["complex"])
    none = [np.isnan(floor) for floor in floors]  # where the derivative is 0
    found = sum(
        np.count_nonzero((errors["central"][k][at] == 0) & (errors["complex"][k][at] == 0))
        for k, at in enumerate(none)
    )
    show(
        fig,
        f"{'; '.join(facts)}. By the complex step {'every' if good else 'NOT every'} error is "
        f"below {bound:g}. Of the {sum(at.sum() for at in none)} derivatives that are 0, "
        f"both methods find {found} as exactly 0.",
        "Two log plots of relative errors, in three groups each, one a class. Triangles, the "
        "complex step, lie at the bottom, below a dashed line, or on a line marked exactly 0. "
        "Squares, central differences, lie decades higher, near gray dashes, their rounding "
        "floors, or on the line marked exactly 0.",
    )


class _OuterExplorer(Explorer):
    """Pick a fruit i and a class j: the cells that one term of the gradient touches."""

    title = "Column meets row: one fruit fills a whole table"
    size = (7.0, 4.8)
    play = "i"
    modes = ("fruit i alone", "fruits 0 to i, added")

    def __init__(self):
        X, W, y = half_trained_fruits()
        self.X, self.y = X, y
        self.P = softmax(scores(X, W))
        self.G = self.P - (np.arange(W.shape[1]) == y[:, None])  # (N, C)
        self.terms = X[:, :, None] * self.G[:, None, :]  # (N, D, C)
        self.sums = self.terms.cumsum(axis=0)
        super().__init__()

    def controls(self):
        N, _, C = self.terms.shape
        return {
            "i": slider("fruit i", 0, N - 1, 4),
            "j": slider("class j", 0, C - 1, 1),
            "mode": choice("table shows", self.modes),
        }

    def build(self, fig):
        ax = fig.subplots()
        N, D, C = self.terms.shape
        top, left = N + 2.4, N * 0.95 + 2.0
        style = {"width": 1.75, "text": _decimals, "fontsize": 10}
        self.x = Table(ax, self.X.T, 0, top, name="X", width=0.95)
        self.g = Table(ax, self.G, left, 0.0, name="P", **style)
        self.dw = Table(ax, self.sums[-1], left, top, name="dW", **style)
        self.x.names(FEATURES[:D], range(N))
        fruits = [f"{i} {CLASSES[m]}" for i, m in enumerate(self.y)]
        self.g.names(fruits, [f"{j} {name}" for j, name in enumerate(CLASSES[:C])])
        self.g.label(f"$P - Y$  {shape(self.G)}", above=True).set_y(-1.0)
        self.x.label(rf"$X^\top$  {shape(self.X.T)}")
        self.result = self.dw.label("")
        self.heading = ax.text(-1.9, 0.0, "", va="center", weight="bold")
        self.factor = ax.text(-1.9, 1.0, "", va="center")
        self.lines = [ax.text(-1.9, 2.4 + d, "", va="center") for d in range(D)]
        self.place = ax.text(-1.9, 2.4 + D, "", va="center", fontsize=9.5)

        self.frames = {
            "x": self.x.frame(j=0),
            "g": self.g.frame(i=0),
            "column": self.dw.frame(j=0),
        }
        self.entry = self.g.spotlight()
        Table.clear(ax, -2.0, self.g.right + 0.2, -1.9, self.dw.bottom + 1.1)
        return [
            *(self.heading, self.factor, *self.lines, self.place, self.result),
            *(self.dw, *self.frames.values(), self.entry),
        ]

    def update(self, i, j, mode):
        m, g, X_i = self.y[i], self.G[i, j], self.X[i]
        added = mode == self.modes[1]
        shown = self.sums[i] if added else self.terms[i]
        largest = np.abs(self.sums).max()
        self.dw.fill(shown, lambda value: sign_color(value, largest))
        self.frames["x"].set_xy(self.x.corner(j=i))
        self.frames["g"].set_xy(self.g.corner(i=i))
        self.frames["column"].set_xy(self.dw.corner(j=j))
        self.entry.move(i, j, _decimals(g))
        one = int(j == m)
        self.heading.set_text(f"Fruit {i}, {CLASSES[m]}; class {j}, {CLASSES[j]}")
        self.factor.set_text(f"$p_j - 1[j = m]$ = {self.P[i, j]:.3f} − {one} = {_decimals(g)}")
        for d, line in enumerate(self.lines):
            product = f"{fraction(X_i[d])} × {bracketed(g, _decimals)}"
            line.set_text(f"{FEATURES[d]}: {product} = {_decimals(X_i[d] * g)}")
        what = rf"$X_i^\top (P_i - Y_i)$, i = {i}"
        if added:
            what = r"$X^\top (P - Y)$" if i == len(self.X) - 1 else f"sum, fruits 0 to {i}"
        self.result.set_text(f"{what}  {shape(shown)}")
        self.place.set_text(f"{'is added to' if added else 'fills'} column {j} of the table below")
        term = listed(X_i * g, _decimals)
        caption = f"Fruit {i} ({CLASSES[m]}), class {j}: {_decimals(g)} times X_i = ({term})."
        if added:
            caption += (
                f" With the fruits before it, column {j} is ({listed(shown[:, j], _decimals)})."
            )
        alt = (
            f"Three tables. Column {i} of X transposed, ({listed(X_i, fraction)}), meets row {i} "
            f"of P − Y, ({listed(self.G[i], _decimals)}), whose entry {j} is lit. The table where "
            f"they cross, {'the sum so far' if added else 'this term alone'}, has the columns "
            + "; ".join(f"({listed(column, _decimals)})" for column in shown.T)
            + f"; column {j} is framed."
        )
        return caption, alt


explore = _OuterExplorer


# Exercises


def _jacobian_cases():
    rng = np.random.default_rng(61)
    X, _, _ = fruits()
    return [
        (X[4:5], 1, 3),
        (X[0:1], 0, 2),
        (rng.normal(size=(1, 3)), 4, 5),
        (rng.normal(size=(1, 6)), 2, 4),
        (rng.normal(size=(1, 4)).astype(np.float32), 1, 2),
    ]


@task(
    "7.1",
    "Derivative of the scores by one class's weights",
    returns="J",
    cases=_jacobian_cases,
    hints=(
        "How many scores are there, and how many weights has class j?",
        "Eq. (13): row c belongs to the score S_ic. Which of the scores contain W_j?",
        "Begin with `J = np.zeros((C, X_i.shape[1]))`.",
    ),
    equation="eq. (13)",
    reread='07_scores_to_weights, "Which scores contain the weights of one class?"',
    question="Does a row of your J belong to a score, and a column to a weight?",
    slips=patch("""
        - J[j] = X_i[0]
        + J[:] = X_i[0]  # every row is filled
        ? Does a score of another class contain the weights W_j?
        + J[j] = 1  # ones stand where the features belong
        ? By which number is W_dj multiplied in S_ij?
        + J[j - 1] = X_i[0]  # the wrong row is filled
        ? From which number are the classes counted?
        + J[j] = X_i[0] / C  # the features are divided among the classes
        ? Is there a mean in eq. (1)?
        + J[j] = -X_i[0]  # sign
    """),
    questions={
        "transposed": "Numerator layout: do the rows of J belong to the scores, or to the weights?",
        "wrong-shape": "How many scores are there, and how many weights has one class?",
    },
)
def scores_jacobian(X_i, j, C):
    """Derivative of the C scores of one example by the weights of class j, eq. (13)."""
    J = np.zeros((C, X_i.shape[1]))
    J[j] = X_i[0]
    return J


def _example_cases():
    rng = np.random.default_rng(62)
    X, W, y = half_trained_fruits()

    def made(D, C, m, size):
        return softmax(size * rng.normal(size=(1, C))), m, rng.normal(size=(1, D))

    return [
        (np.array([[0.25, 0.625, 0.125]]), 0, X[4:5]),
        (softmax(scores(X[0:1], W)), int(y[0]), X[0:1]),
        made(3, 5, 4, 1.0),
        made(5, 2, 1, 1.0),
        made(2, 4, 2, 3.0),
        (np.array([[0.99, 0.0, 0.01]]), 0, np.array([[2.0, 0.0, -1.0, 3.0, 1.0]])),
    ]


@task(
    "7.2",
    "Gradient of one example's loss by W",
    returns="dW",
    cases=_example_cases,
    hints=(
        "By which number is X_i multiplied for class j, and where does the result stand?",
        "Eq. (14) for all j at once: the column X_i.T, (D, 1), times the row p − Y_i, (1, C).",
        "Begin with a copy of `p`, and take 1 off where the right class stands.",
    ),
    equation="eq. (14)",
    reread='07_scores_to_weights, "The transpose: from rows to columns"',
    question="Which column of your result belongs to the right class, and which sign has it?",
    slips=(
        *ROW,
        *patch("""
            - row[0, m] -= 1
            + row[0, m] = 0  # the column of the right class stays empty
            ? What is p_j - 1[j = m] for j = m?
            + row[0, m] = 1 - row[0, m]  # the right class's column is the other way round
            ? Toward X_i or away from it: where should a step move W_m?
        """),
    ),
    questions={
        "transposed": "Column j of dL/dW belongs to class j: which axis of yours counts them?",
        "wrong-shape": "Which product of a column (D, 1) and a row (1, C) has the shape of W?",
    },
)
def one_example_gradient(p, m, X_i):
    """dL_i/dW of one example, in the shape of W: column j is (p_j - 1[j = m]) X_i, transposed."""
    row = p.copy()  # (1, C)
    row[0, m] -= 1
    return X_i.T @ row  # (D, 1)(1, C)


def _batch_cases():
    rng = np.random.default_rng(63)
    X, W, y = half_trained_fruits()

    def made(N, D, C, size, labels=None):
        P = softmax(size * rng.normal(size=(N, C)))
        return rng.normal(size=(N, D)), P, rng.integers(0, labels or C, N)

    return [
        (X, softmax(scores(X, W)), y),
        made(5, 3, 4, 1.0),
        made(1, 4, 3, 1.0),
        made(7, 2, 5, 3.0, labels=2),
        made(8, 5, 2, 0.1),
        tuple(a.astype(np.float32) if a.dtype == float else a for a in made(6, 5, 3, 1.0)),
    ]


@task(
    "7.3",
    "Gradient of the mean loss by W",
    returns="dW",
    cases=_batch_cases,
    hints=(
        "The gradient of a mean is the mean of the gradients. Over what is the mean taken?",
        "X.T @ (P − Y) / N: take 1 off each row of P at its label, in a copy, then one product.",
        "Begin with `G = P.copy()`.",
    ),
    equation="eq. (14)",
    reread='07_scores_to_weights, "All examples: one matrix product"',
    question="If every example came twice, would your result stay as it is?",
    slips=(
        *SLOPE,
        *SUM,
        *patch("""
            - X.T @ dS / len(y)
            + X.T @ dS / X.shape[1]  # the division is by D, where the examples are to be counted
            ? Which axis of X counts the examples?
            + X.T @ dS / X.size
            # the division is by all entries of X, where the examples are to be counted
            ? How many terms does the mean over the examples have?
            + X.T @ (dS // len(y))  # the division drops what stands behind the point
            ? What is -1 // 6 in Python, and what is 0.5 // 6?
            + X[1:].T @ dS[1:] / len(y)  # the first example is left out
            ? At which number does your loop over the examples begin?
        """),
    ),
    questions={
        "transposed": "Which axis of W, and so of dW, counts the classes?",
        "wrong-shape": "Which shape must a gradient by W have?",
    },
)
def data_gradient(X, P, y):
    """Gradient of the mean loss by the weights, without the regularization: X.T @ (P - Y) / N."""
    rows = np.arange(len(y))
    dS = P.copy()  # (N, C); the caller still needs P
    dS[rows, y] -= 1
    return X.T @ dS / len(y)


def _sum_cases():
    X, W, y = half_trained_fruits()
    P = softmax(scores(X, W))
    right = data_gradient(X, P, y)
    one_feature = right.copy()
    one_feature[2, 1] += 0.5
    one_faint = right.copy()
    one_faint[2] = 1e-12  # far off for itself, nothing beside the largest entry
    lopsided = np.array([[1.0, 2.0, 0.0, 0.0], [-1.0, 0.0, 0.0, -2.0], [0.0, 0.0, 0.0, 0.0]])
    return [
        (right,),
        (X.T @ P / len(X),),
        (X.T @ P * -1e-12,),
        (1e8 * len(X) * right,),
        (right + 2 * 0.1 * W,),
        (one_feature,),
        (one_faint,),
        (right.T,),  # the columns of this one cancel, its rows do not
        (lopsided,),
        (np.array([[1.0, -3.0, 2.0], [-1.0, 3.0, -2.0]]),),
        (np.array([[1.0, -3.0], [-1.0, 3.0], [0.5, 0.0]]),),
        (np.zeros((2, 5)),),
    ]


@task(
    "7.4",
    "The check without differences",
    returns="passes",
    cases=_sum_cases,
    hints=(
        "There is one sum for every feature. Which axis of dW counts the classes?",
        "Each sum must be zero, a negative one too, up to 1e-9 of the largest entry of dW.",
        "Begin with the sums over the classes, `dW.sum(axis=1)`.",
    ),
    equation="eq. (14)",
    reread='07_scores_to_weights, "A check without differences"',
    question="Is your bound relative to the size of dW, and is every feature held to it?",
    slips=patch("""
        - axis=1
        + axis=0  # wrong-axis
        - (sums <= 1e-9 * np.abs(dW).max()).all()
        + abs(dW.sum()) <= 1e-9 * np.abs(dW).max()
        # one sum over all entries is tested, not one for each feature
        ? Can two sums that are not zero add up to zero?
        + np.allclose(dW.sum(axis=1), 0)  # the bound is a fixed number
        ? If every entry of dW were 1e12 times smaller, would your verdict change?
        + (sums <= 1e-9).all()  # the bound is a fixed number
        + (sums == 0).all()  # the sums are asked to be exactly zero
        ? Must floats that ought to cancel do so to the last digit?
        + (sums <= 1e-9 * np.abs(dW).max()).any()  # one feature that cancels is enough
        ? How many of the features must pass?
        + (sums < 1e-9 * np.abs(dW).max()).all()  # a dW of zeros fails, though its columns cancel
        ? Is 0 up to 0 off allowed, and what does < say to that?
        + (dW.sum(axis=1) <= 1e-9 * np.abs(dW).max()).all()  # a negative sum passes, however large
        ? Is a sum of -5 near zero?
        + (sums <= 1e-9 * np.abs(dW).max(axis=1)).all()
        # each feature is held to its own largest entry, not to that of dW
        ? Of which array is the largest entry asked for?
        + (sums > 1e-9 * np.abs(dW).max()).any()  # it says True when the check fails
        ? Which of the two says that the columns cancel, True or False?
    """),
    questions={
        "wrong-shape": "One verdict for dW, or one for each feature?",
    },
)
def columns_cancel(dW):
    """Whether the columns of dW, (D, C), sum to zero, up to 1e-9 of its largest entry."""
    sums = np.abs(dW.sum(axis=1))  # (D,), over the classes
    return bool((sums <= 1e-9 * np.abs(dW).max()).all())


TASKS = tasks_of(__name__)
