"""What `06_softmax_jacobian.ipynb` needs: the two cases on a heatmap, the explorer, exercises."""

import numpy as np
from matplotlib.patches import Rectangle

from softmax_lib.derivation import dL_dS, dLi_dp, dp_dSi
from softmax_lib.explorer import Explorer, ladder, score_sliders, slider
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    PALETTE,
    Table,
    centered,
    error_axis,
    house_style,
    legend_above,
    new_figure,
    note,
    pale,
    show,
)
from softmax_lib.forward import softmax
from softmax_lib.gradcheck import unit_roundoff
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import memory
from softmax_lib.lessons.slips import ROW, patch
from softmax_lib.words import digits, fraction, listed, number, probability

# The two cases of eq. (7), told apart by color, by mark and by words.
_MARK = {"linestyle": "", "markersize": 7, "fillstyle": "none", "markeredgewidth": 1.5}
SAME, OTHER = (
    {
        "fill": fill,
        "words": f"k {sign} c",
        "formula": f"k {sign} c:  ${formula}$",
        "mark": _MARK | {"color": color, "marker": marker},
    }
    for color, fill, marker, sign, formula in (
        (PALETTE["blue"], PALETTE["sky"], "o", "=", "p_k\\,(1 - p_k)"),
        ("#A84A00", PALETTE["vermillion"], "x", "≠", "-\\,p_k\\,p_c"),
    )
)
LARGEST = 0.25  # no entry of J is larger: p (1 - p) is at most 1/4, and p_k p_c <= p_k (1 - p_k)


def _case(k, c):
    return SAME if k == c else OTHER


def _tint(case, value):
    """The case's color, as strong as the entry is large; still pale enough for a dark number."""
    return pale(case["fill"], 0.1 + 0.65 * min(abs(value) / LARGEST, 1))


def _colors(J):
    """A color for each entry of a Jacobian, in the order of a table's cells."""
    return [_tint(_case(*place), value) for place, value in np.ndenumerate(J)]


def _mark_cases(ax, table):
    """The mark of its case in the upper left corner of every cell of a Jacobian."""
    marks = []
    for place in np.ndindex(table.rows, table.columns):
        left, top = table.corner(*place)
        at = left + 0.14 * table.width, top + 0.18
        marks += ax.plot(*at, zorder=3, **_case(*place)["mark"])
    return marks


def _draw_jacobian(ax, p, text=digits, fontsize=10.5):
    """J of one row of probabilities, as a heatmap in `ax`; the axes count classes."""
    C = p.shape[1]
    J = dp_dSi(p)
    table = Table(ax, J, text=text, fontsize=fontsize)
    table.fill(J, color=_colors(J))
    _mark_cases(ax, table)
    ax.set(xlim=(0, C), ylim=(C, 0), aspect="equal")
    ax.set_xticks(np.arange(C) + 0.5, [f"$S_{{i{c}}}$" for c in range(C)])
    ax.set_yticks(np.arange(C) + 0.5, [f"$p_{k}$" for k in range(C)])
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    ax.spines[:].set_visible(False)


def _key(ax, x, y, step, **style):
    """What each mark means, one line a case."""
    for line, case in enumerate((SAME, OTHER)):
        at = y + line * step
        ax.plot(x, at, clip_on=False, **case["mark"])
        ax.text(x + 0.22, at, case["formula"], va="center", color=case["mark"]["color"], **style)


@house_style
def plot_jacobian(p, over):
    """Draw the Jacobian at p (1, C), the two cases told apart, in fractions over `over`."""
    fig, (ax, beside) = new_figure(height=3.6, ncols=2, width_ratios=(1.15, 1))

    def in_parts(value):
        return fraction(value, over)

    _draw_jacobian(ax, p, in_parts, 12)
    ax.set_ylabel("the probability that moves, $k$")
    ax.set_xlabel("the score that moves it, $c$")
    ax.xaxis.set_label_position("top")
    ax.set_title("Which score moves which probability")
    beside.set(xlim=(0, 3), ylim=(3, 0))
    beside.axis("off")
    _key(beside, 0.15, 0.5, 0.45, fontsize=12)
    strength = "The stronger the color, the larger the\nentry. Full strength is 1/4."
    words = f"p = ({listed(p, probability)})\n\n{strength}"
    beside.text(0, 1.75, words, va="center", fontsize=10)
    J = dp_dSi(p)
    diagonal = np.eye(len(J), dtype=bool)
    rows = "; ".join(listed(row, in_parts) for row in J)
    show(
        fig,
        f"The {diagonal.sum()} entries with k = c are "
        f"{'positive' if (J[diagonal] > 0).all() else 'not all positive'}, the "
        f"{(~diagonal).sum()} with k ≠ c "
        f"{'negative' if (J[~diagonal] < 0).all() else 'not all negative'}.",
        f"A table of {len(J)} by {len(J)} cells. Entries on the diagonal are blue with a circle, "
        f"the others orange with a cross; larger entries have a stronger color. "
        f"Row by row: {rows}.",
    )


@house_style
def plot_saturation(S_i, factors):
    """Draw the Jacobian of the same scores multiplied by several factors, side by side."""
    title = "Where the model is sure, its probabilities hardly move"
    fig, axes = new_figure(height=3.1, title=title, ncols=len(factors))
    facts, tables = [], []
    for ax, factor in zip(axes, factors, strict=True):
        p = softmax(factor * S_i)
        J = dp_dSi(p)
        _draw_jacobian(ax, p, fontsize=10)
        ax.set_title(f"scores × {factor}", fontsize=11)
        ax.set_xlabel(f"p = ({listed(p, probability)})", fontsize=10)
        facts.append(f"{np.abs(J).max():.2f} for scores × {factor}")
        tables.append(f"scores × {factor}: {'; '.join(listed(row, digits) for row in J)}")
    show(
        fig,
        f"Largest entry of J: {', '.join(facts)}.",
        f"{len(factors)} tables, cells colored as before: the stronger the color, the larger "
        f"the entry. {'. '.join(tables)}.",
    )


@house_style
def plot_errors(P, errors, h):
    """Draw the relative error of every entry of every Jacobian, with what theory says of it.

    Since p_k is known to u p_k, its difference over h is known to u p_k / h; relative to
    J_kc = p_k (1[k=c] - p_c) that is u / (h |1[k=c] - p_c|). Truncation adds at most h^2 / 6.
    `errors` (N, C, C) are those of central differences of step h, entry (i, k, c).
    """
    C = P.shape[1]
    same = np.broadcast_to(np.eye(C, dtype=bool), errors.shape)
    off = P[:, None, :] * ~np.eye(C, dtype=bool)  # (N, C, C): p_c where c is another class than k
    factor = np.where(same, off.sum(axis=2, keepdims=True), P[:, None, :])
    u = unit_roundoff(P.dtype)
    x = np.geomspace(factor.min() / 2, 1.3, 100)
    floor, truncation = u / (h * x), h**2 / 6

    fig, ax = new_figure(height=3.6, title="Every entry is right, to what a difference can see")
    place = error_axis(ax, errors, floor, truncation)
    ax.plot(x, floor, color=PALETTE["gray"])
    ax.axhline(truncation, color=INK, linewidth=1.2, linestyle="--")
    for case, chosen in ((SAME, same), (OTHER, ~same)):
        name = f"{case['words']}: {chosen.sum()} entries"
        ax.plot(factor[chosen], place(errors[chosen]), label=name, **case["mark"])
    gray = {"color": PALETTE["gray"], "bbox": None}
    note(ax, "rounding floor\n(notebook 09)", (x[30], floor[30]), (8, 6), **gray)
    note(ax, "truncation, at most $h^2/6$", (x[0], truncation), (4, -4), **gray)
    ax.set(xscale="log", xlabel="$|1[k=c] - p_c|$, the factor beside $p_k$ in (7)")
    ax.set_ylabel("relative error")
    legend_above(ax)
    allowed = 10 * (u / (h * factor) + truncation)
    good = int((errors <= allowed).sum())
    show(
        fig,
        f"{good} of {errors.size} entries are within ten times the rounding floor and the "
        f"truncation error: {(errors <= allowed)[same].sum()} with k = c, "
        f"{(errors <= allowed)[~same].sum()} with k ≠ c.",
        f"Log-log plot of the relative error of central differences against the factor beside "
        f"p_k: circles where k = c, crosses where k ≠ c, {errors.size} in all. A falling line of "
        f"slope −1 is the rounding floor, a dashed level line the largest truncation error. "
        f"The marks of both cases lie along these lines or below.",
    )


# The explorer


class _Collapse(Explorer):
    """J as a heatmap, the row of eq. (5) on its left, their product below it, and p - y."""

    title = "(5) times (7) collapses onto p − Y"
    size = (7.2, 4.1)

    def controls(self):
        factors = (1, 2, 5, 10, 20, 50, 60, 100, 200, 500)
        return {
            **score_sliders(6, (2, 0.5, -1)),
            "m": slider("right class m", 0, 2, 1),
            "t": ladder("all scores times", factors),
        }

    def build(self, fig):
        ax = fig.subplots()
        width, left, below = 1.35, 5.0, 3.75
        self.J = Table(ax, np.zeros((3, 3)), left, width=width, text=digits)
        self.upstream, self.product, self.fused = (
            Table(ax, np.zeros((1, 3)), *at, width=width, text=digits)
            for at in ((0, below), (left, below), (left, below + 1.15))
        )
        self.J.label("J, eq. (7)", above=True, color=INK).set_y(-0.62)
        ax.text(0, below - 0.12, "eq. (5): −1/$p_m$ at m, else 0", va="bottom", weight="bold")
        centered(ax, left - 0.45, below + 0.5, "×  J  =")
        ax.text(left - 0.12, below + 1.65, "$p - Y_i$ =", ha="right", va="center")
        _key(ax, 0.15, below + 1.5, 0.6)
        look = {"va": "bottom", "fontsize": 9.5}
        self.columns = [centered(ax, self.J.middle(0, c)[0], -0.12, **look) for c in range(3)]
        self.longest, self.right_end = 2.1, left - 0.15
        place = {"x": self.right_end - self.longest - 0.12, "ha": "right", "va": "center"}
        self.names = [ax.text(y=k + 0.5, s="", **place) for k in range(3)]
        self.bars = [
            ax.add_patch(Rectangle((0, k + 0.22), 1, 0.56, facecolor=CLASS_COLORS[k]))
            for k in range(3)
        ]
        frame = {"edgecolor": INK, "zorder": 4}
        self.row, self.entry = self.J.frame(i=0, **frame), self.upstream.frame(0, 0, **frame)
        end = self.J.right + 0.15
        self.verdict = ax.text(end, below + 1.08, "", va="center", weight="bold", fontsize=9.5)
        Table.clear(ax, -0.1, end + 1.3, -1.1, below + 2.4)
        return [
            *(self.J, self.upstream, self.product, self.fused),
            *(*_mark_cases(ax, self.J), *self.columns, *self.bars, *self.names),
            *(self.row, self.entry, self.verdict),
        ]

    def update(self, s0, s1, s2, m, t):
        S_i = t * np.array([[s0, s1, s2]])
        p = softmax(S_i)
        J, upstream, fused = dp_dSi(p), dLi_dp(p, m), dL_dS(p, [m])
        with np.errstate(all="ignore"):
            product = upstream @ J
        self.J.fill(J, color=_colors(J))
        self.upstream.fill(upstream, ["#DDDDDD" if k == m else "#F5F5F5" for k in range(3)])
        self.product.fill(product, "#E6E6E6")
        self.fused.fill(fused, "#E6E6E6")
        for k, length in enumerate(self.longest * p[0]):
            self.bars[k].set(x=self.right_end - length, width=length)
            name = f"{'right:  ' if k == m else ''}$p_{k}$ = {digits(p[0, k])}"
            self.names[k].set(text=name, weight="bold" if k == m else "normal")
            self.columns[k].set_text(f"$S_{{i{k}}}$ = {number(S_i[0, k])}")
        self.row.set_y(m)
        self.entry.set_x(self.upstream.width * m)
        if np.allclose(product, fused, rtol=1e-6, atol=0):
            verdict, sign, color = "the same", "✓ the\nsame", INK
        elif np.isfinite(product).all():
            verdict, sign, color = "digits are lost", "✗ digits\nlost", OTHER["mark"]["color"]
        else:
            verdict, sign, color = "the product is lost", "✗ lost", OTHER["mark"]["color"]
        self.verdict.set(text=sign, color=color)
        scores = listed(S_i)
        caption = (
            f"Scores {scores}, right class {m}: (5) times (7) is ({listed(product[0], digits)}), "
            f"p − Y is ({listed(fused[0], digits)}): {verdict}."
        )
        rows = "; ".join(listed(row, digits) for row in J)
        return caption, (
            f"Bars of p = ({listed(p, digits)}). Beside them the table J, a circle where k = c and "
            f"a cross elsewhere, row by row: {rows}. Row {m} is framed. The row of eq. (5) is "
            f"({listed(upstream, digits)}). Below J stand the product, "
            f"({listed(product, digits)}), and p − Y, ({listed(fused, digits)}): {verdict}."
        )


explore = _Collapse


# Exercises


def _jacobians_cases():
    rng = np.random.default_rng(51)
    return [
        (np.array([[0.125, 0.25, 0.625], [0.5, 0.25, 0.25]]),),
        (softmax(rng.normal(size=(5, 3))),),
        (softmax(rng.normal(size=(1, 4))),),
        (softmax(3 * rng.normal(size=(3, 2))),),
        (np.array([[0.0, 0.75, 0.25], [1.0, 0.0, 0.0]]),),
        (softmax(rng.normal(size=(4, 6)).astype(np.float32)),),
    ]


@task(
    "6.1",
    "One Jacobian for every example",
    returns="J",
    cases=_jacobians_cases,
    hints=(
        "J[i, k, c] needs two probabilities, and both are of example i.",
        "Both cases of (7) in one: p_k (1[k = c] - p_c). np.eye(C) is 1[k = c].",
        "P[:, :, None] has shape (N, C, 1), P[:, None, :] has (N, 1, C).",
    ),
    equation="eq. (7)",
    reread='06_softmax_jacobian, "Two cases"',
    question="Which two indices does 1[k = c] compare, and how long are their axes?",
    slips=patch("""
        - same_class =
        + P = softmax(P)
        + same_class =  # double-softmax
        - (same_class - P[:, None, :])
        + (1 - P[:, None, :]) * same_class  # diagonal-jacobian
        + same_class  # diagonal-jacobian
        ? Does p_k change when the score of another class does?
        + (same_class - P[:, :, None])  # both factors have the same index: one p_k times another
        ? Along which axis does k run in each of your two factors?
        + (same_class + P[:, None, :])  # sign
        + abs(same_class - P[:, None, :])  # sign
        + (same_class - P[:, None, :] * (1 - same_class))
        # the diagonal lacks its second term: p_k stands there, not p_k (1 - p_k)
        ? When k = c, which two terms of (6) are there?
        + (1 - P[:, None, :])  # a 1 stands everywhere, where 1[k = c] belongs
        ? What is 1[k = c] for two different classes?
        - P[:, :, None] * (same_class - P[:, None, :])
        + P[:, :, None] * same_class - (P * P).sum(axis=1)[:, None, None]
        # the outer product p.T @ p has become one number
        ? How many axes has P[i], and what does .T do to an array of one axis?
        + P[:, :, None] * same_class - P.T @ P  # P.T @ P adds up all examples, where one belongs
        ? Of which examples are the probabilities that P.T @ P multiplies?
        - P[:, :, None] *
        + P[:, None, :] *  # both factors have the same index: one p_c times another
        ? Along which axis does k run in each of your two factors?
        + (np.arange(len(P)) == len(P) - 1)[:, None, None] * P[:, :, None] *  # last-example-only
    """),
    questions={
        "wrong-shape": "How many Jacobians are there, and along which axis do they lie?",
        "sign": "In which of the two cases does p_k grow with the score?",
    },
)
def jacobians(P):
    """The Jacobian of every example's softmax, eq. (7), shape (N, C, C)."""
    same_class = np.eye(P.shape[1], dtype=P.dtype)  # (C, C), 1 where k = c
    return P[:, :, None] * (same_class - P[:, None, :])  # (N, C, C)


def _through_cases():
    rng = np.random.default_rng(52)
    return [
        (np.array([[0.0, 1.0, 2.0]]), np.array([[0.125, 0.25, 0.625]])),
        (np.array([[0.0, -4.0, 0.0]]), np.array([[0.5, 0.25, 0.25]])),
        (rng.normal(size=(1, 4)), softmax(rng.normal(size=(1, 4)))),
        (np.ones((1, 5)), softmax(rng.normal(size=(1, 5)))),
        (rng.normal(size=(1, 2)).astype(np.float32), np.array([[0.75, 0.25]], np.float32)),
        (rng.normal(size=(1, 2000)), softmax(rng.normal(size=(1, 2000)))),
    ]


def _many_classes():
    rng = np.random.default_rng(52)
    return rng.normal(size=(1, 2000)), softmax(rng.normal(size=(1, 2000)))


@task(
    "6.2",
    "A row times the Jacobian, without the Jacobian",
    returns="vJ",
    cases=_through_cases,
    hints=(
        "Write entry c of v J as a sum over k, with (7) put in. Which part needs only k = c?",
        "v J = v diag(p) - (v @ p.T) p: the first product is entry by entry, v @ p.T one number.",
        "Begin with `mean = (p * v).sum()`.",
    ),
    equation="eq. (7)",
    reread='06_softmax_jacobian, "Two cases"',
    question="Is the part that all entries share one number, and what is it for v = (1, …, 1)?",
    atol=1e-12,
    slips=patch("""
        - mean =
        + p = softmax(p)
        + mean =  # double-softmax
        - (p * v).sum()
        + p * v  # diagonal-jacobian
        - v - mean
        + v + mean  # sign
        - (p * v).sum()
        + v.mean()  # the mean of v is taken with equal weights
        ? Which weights has the mean of v in v J?
        + v.sum()  # the weights of the mean are missing
        ? Which weights has the mean of v?
        - p * (v - mean)
        + v - mean  # the p in front is missing
        ? What does a row of J have in front of all?
        + p * v - mean  # the mean is not multiplied by p
        ? What do the entries of v J sum to, and what do yours sum to?
        + p * v  # nothing is taken off: it is v times the diagonal p
        ? And the cases k != c?
    """),
    questions={
        "transposed": "Which shape has a row times a square matrix?",
        "wrong-shape": "Which shape has a row times a square matrix?",
    },
    conditions=(
        memory(
            _many_classes,
            2_000_000,  # a row of 2000 has 16,000 bytes, the Jacobian 32 million
            "The values are right; the text asks for no array larger than p, and with 2000 classes "
            "yours holds megabytes on the way. Is the Jacobian in there?",
        ),
    ),
)
def through_jacobian(v, p):
    """The row v J, eq. (7), without a (C, C) matrix: p_c (v_c - mean of v under p)."""
    mean = (p * v).sum()
    return p * (v - mean)  # (1, C)


def _slope_cases():
    rng = np.random.default_rng(53)
    return [
        (np.array([[0.125, 0.25, 0.625]]), 1),
        (softmax(rng.normal(size=(1, 4))), 3),
        (np.array([[1.0, 0.0, 0.0]]), 2),
        (softmax(np.array([[0.0, -720.0]])), 1),
        (softmax(rng.normal(size=(1, 5)).astype(np.float32)), 0),
        (softmax(np.array([[0.0, -95.0, 1.0]], np.float32)), 1),
    ]


@task(
    "6.3",
    "The slope of the loss by the scores, for every p",
    returns="dS_i",
    cases=_slope_cases,
    hints=(
        "Multiply (5) by (7) on paper first. What happens to p_m?",
        "The product is p - Y_i. No division is left.",
        "Begin with a copy: `row = p.copy()`.",
    ),
    equation="eq. (7) with (5)",
    reread='06_softmax_jacobian, "The collapse"',
    question="Which entries of your row differ from p, and what is there where p_m is 0?",
    slips=(
        *ROW,
        *patch("""
            - row[0, m] -= 1
            + row -= m  # the label's number is taken off all entries
            ? Is m an amount, or a place in the row?
            + row[0, m] = 1 - row[0, m]  # at the right class 1 - p_m stands, not p_m - 1
            ? Should the score of the right class rise or fall, so that the loss falls?
            + v = np.zeros_like(p)
            + v[0, m] = -1 / p[0, m]
            + row = p * (v - (p * v).sum())  # a p_m of 0 is divided by
            ? What is 0 times inf, and can the two be canceled on paper?
        """),
    ),
    questions={
        "wrong-shape": "How many axes has p, and how many has your row?",
    },
)
def slope_by_scores(p, m):
    """dL_i/dS_i, the product of (5) and (7), right for every p, even where p_m is 0."""
    row = p.copy()
    row[0, m] -= 1
    return row


TASKS = tasks_of(__name__)
