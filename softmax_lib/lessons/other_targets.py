"""What `13_other_targets.ipynb` needs: errors of three gradients, the explorer, exercises."""

import ipywidgets as widgets
import numpy as np

from softmax_lib.explorer import Explorer
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    PALETTE,
    error_axis,
    house_style,
    new_figure,
    show,
)
from softmax_lib.forward import softmax
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import numpy_alone
from softmax_lib.lessons.slips import FORWARD, HEIGHTS, at_height, instead_of


@house_style
def plot_checks(checks, bound):
    """Draw the error of every entry of several gradients, by the complex step and by differences.

    Parameters
    ----------
    checks : dict of str to tuple of GradientCheck
        For each target, the check by central differences and the check by the complex step.
    bound : float
        The complex step must stay below it.
    """
    fig, ax = new_figure(height=3.4)
    errors = {
        name: [np.ravel(check.entry_errors) for check in pair] for name, pair in checks.items()
    }
    place = error_axis(ax, *(e for pair in errors.values() for e in pair))
    styles = (("central", "s", PALETTE["blue"]), ("complex step", "^", PALETTE["green"]))
    for group, pair in enumerate(errors.values()):
        for k, (one, (_, marker, color)) in enumerate(zip(pair, styles, strict=True)):
            x = group + 0.26 * (k - 0.5) + np.linspace(-0.1, 0.1, one.size)
            ax.plot(x, place(one), marker, color=color, markersize=4)
    for name, marker, color in styles:
        ax.plot([], [], marker, color=color, label=name)
    ax.axhline(bound, color=INK, linewidth=1.2, linestyle="--", label=f"bound {bound:g}")
    ax.set_xticks(range(len(checks)), checks)
    ax.set_ylabel("relative error of an entry")
    ax.set_title("Three targets, one formula: every entry agrees", pad=24)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, fontsize=9)
    below = {name: int((pair[1] < bound).sum()) for name, pair in errors.items()}
    counts = ", ".join(f"{below[name]} of {errors[name][1].size} for {name}" for name in checks)
    show(
        fig,
        f"By the complex step, entries below {bound:g}: {counts}.",
        f"Log plot of the relative error of every entry of dW, in {len(checks)} groups: "
        f"{', '.join(checks)}. Squares, central differences, lie decades above triangles, the "
        f"complex step, which lie below a dashed line at {bound:g}.",
    )


# The explorer

TARGETS = {
    "one label": np.array([[0.0, 1.0, 0.0]]),
    "smoothed, 0.1": np.full((1, 3), 0.1 / 3) + 0.9 * np.eye(3)[[1]],
    "smoothed, 0.3": np.full((1, 3), 0.3 / 3) + 0.7 * np.eye(3)[[1]],
    "two readers disagree": np.array([[0.5, 0.5, 0.0]]),
}


def entropy(q):
    """The entropy of a row of targets: the least cross-entropy that any p can have, a number."""
    held = q[q > 0]
    return float(np.sum(held * np.log(1 / held)))


class Pull(Explorer):
    """Probabilities beside their targets, and the slope p - q that pulls one to the other."""

    title = "p is pulled toward q"
    size = (8.0, 3.5)

    def controls(self):
        """A slider for each score, and the target."""
        sliders = {
            f"s{k}": widgets.FloatSlider(
                start, min=-8, max=8, step=0.5, description=f"score of class {k}",
                readout_format=".1f",
            )
            for k, start in enumerate((1.0, 2.0, -1.0))
        }  # fmt: skip
        target = widgets.ToggleButtons(options=list(TARGETS), description="target q")
        return {**sliders, "target": target}

    def build(self, fig):
        """Left, p as bars and q as black lines across them; right, the slopes."""
        left, right = fig.subplots(ncols=2)
        classes = range(3)
        left.set(xlim=(-0.6, 2.6), ylim=(0, 1.25), title="belief: bars $p$, target: lines $q$")
        right.set(xlim=(-0.6, 2.6), ylim=(-1.15, 1.15), title="slope of the loss: $p - q$")
        for ax in (left, right):
            ax.set_xticks(classes, [f"class {k}" for k in classes])
        right.axhline(0, color=INK, linewidth=1)
        self.bars = left.bar(classes, [0.5] * 3, 0.7, color=CLASS_COLORS[:3])
        self.lines = [
            left.plot([k - 0.42, k + 0.42], [0, 0], color=INK, linewidth=3)[0] for k in classes
        ]
        self.slopes = right.bar(classes, [0.5] * 3, 0.5)
        self.numbers = [right.text(k, 0, "", ha="center", va="bottom") for k in classes]
        middle = {"ha": "center", "va": "center", "fontsize": 9}
        self.scores = [left.text(k, 1.07, "", **middle) for k in classes]
        self.says = left.text(-0.5, 1.18, "", va="center", fontsize=10)
        return [
            *self.bars, *self.lines, *self.slopes, *self.numbers, *self.scores, self.says,
        ]  # fmt: skip

    def update(self, s0, s1, s2, target):
        """Move bars, lines and slopes to the scores and the target."""
        q, p = TARGETS[target], softmax(np.array([[s0, s1, s2]]))
        slope = (p - q)[0]
        loss, least = float(-np.sum(q * np.log(p))), entropy(q)
        for k in range(3):
            self.bars[k].set_height(p[0, k])
            self.lines[k].set_ydata([q[0, k]] * 2)
            self.slopes[k].set_height(slope[k])
            self.slopes[k].set_color(PALETTE["blue" if slope[k] >= 0 else "vermillion"])
            self.numbers[k].set_text(_signed(slope[k]))
            self.numbers[k].set_y(slope[k] + 0.03 if slope[k] >= 0 else slope[k] - 0.14)
        self.says.set_text(f"loss {loss:.3f}, at least {least:.3f}")
        rows = [", ".join(f"{value:.3f}" for value in row[0]) for row in (p, q)]
        at = [f"{score:.1f}".replace("-", "−") for score in (s0, s1, s2)]
        for text, score in zip(self.scores, at, strict=True):
            text.set_text(f"score {score}")
        caption = f"{target}: loss {loss:.3f}, and no p can reach less than {least:.3f}."
        return caption, (
            f"Scores ({', '.join(at)}). Left, bars p = ({rows[0]}) with lines at q = ({rows[1]}). "
            f"Right, bars of the slope p − q = ({', '.join(map(_signed, slope))}), "
            f"blue above 0, orange-red below. {caption}"
        )


def _signed(value):
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text.replace("-", "−")


def explore():
    """The explorer of notebook 13."""
    return Pull()


# Exercises


def _smoothed_cases():
    rng = np.random.default_rng(131)
    return [
        (np.array([2, 0]), 3, 0.3),
        (np.array([1, 0, 1]), 4, 0.1),
        (np.array([0, 0]), 2, 0.0),
        (np.array([1, 1, 0]), 5, 1.0),
        (rng.integers(0, 6, 9), 7, 0.25),
    ]


@task(
    "13.1",
    "Smoothed targets",
    returns="Q",
    cases=_smoothed_cases,
    hints=(
        "Which share does a class get that is not the label? How many classes share epsilon?",
        "q_k = (1 - epsilon) 1[k = m] + epsilon / C, and every row sums to 1.",
        "Begin with `Q = np.full((len(y), C), epsilon / C)`.",
    ),
    equation="eq. (3)",
    reread='13_other_targets, "Label smoothing"',
    question="What do the rows of your Q sum to?",
    slips=(
        *instead_of(
            "epsilon / C)",
            ("epsilon is shared by the other classes alone", "epsilon / (C - 1))"),
            ("every class gets the whole of epsilon", "epsilon)"),
            ("nothing is spread over the classes", "0.0)"),
        ),
        *instead_of(
            "+= 1 - epsilon",
            ("the label keeps its whole 1", "+= 1"),
            ("the label has no share of epsilon", "= 1 - epsilon"),
        ),
        ("every-label", "Q[np.arange(len(y)), y]", "Q[:, y]"),
    ),
)
def smoothed(y, C, epsilon):
    """Smoothed targets Q (N, C): epsilon is shared by all classes, the rest is the label's."""
    Q = np.full((len(y), C), epsilon / C)
    Q[np.arange(len(y)), y] += 1 - epsilon
    return Q


def _shares_cases():
    rng = np.random.default_rng(132)

    def made(N, D, C, size, reg, epsilon):
        y = rng.integers(0, C, N)
        W, X = size * rng.normal(size=(D, C)), rng.normal(size=(N, D))
        return W, X, smoothed(y, C, epsilon), reg

    mixed = rng.dirichlet(np.ones(3), size=5)  # no label at all: any row of sum 1
    return [
        made(5, 4, 3, 0.5, 0.0, 0.1),
        made(5, 4, 3, 0.5, 0.1, 0.0),
        (rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), mixed, 0.2),
        made(1, 3, 2, 1.0, 0.5, 0.2),
        made(6, 2, 5, 400.0, 0.0, 0.1),
        *(
            at_height(
                rng.normal(size=(3, 5)),
                rng.normal(size=(4, 3)),
                rng.dirichlet(np.ones(5), size=4),
                0.0,
                height,
            )
            for height in HEIGHTS
        ),
    ]


@task(
    "13.2",
    "Loss and gradient for shares",
    returns="loss, dW",
    cases=_shares_cases,
    hints=(
        "Which of your lines for one label know that there is one label?",
        "L_i = - sum_k q_k log p_k, and dL_i/dS_i = p - q.",
        "Begin with `S = X @ W`, and take each row's largest score off the row.",
    ),
    equation="eq. (3) with (7)",
    reread='13_other_targets, "The gradient is p minus q"',
    question="Does every class of a row add its term to your loss?",
    slips=(
        *FORWARD,
        *instead_of(
            "T - np.log(Z)",
            ("log-of-zero", "np.log(E / Z)"),
            ("unshifted-score", "S - np.log(Z)"),
            ("log-epsilon", "np.log(E / Z + 1e-12)"),
        ),
        (
            "the largest share is taken for the label",
            "Q * log_P",
            "(Q == Q.max(axis=1, keepdims=True)) * log_P",
        ),
        ("sign", "E / Z - Q", "Q - E / Z"),
        ("no-minus-one", "E / Z - Q", "E / Z"),
    ),
    conditions=(numpy_alone,),
)
def loss_for_shares(W, X, Q, reg):
    """Loss and gradient for rows of targets Q (N, C), each of sum 1."""
    S = X @ W
    T = S - S.max(axis=1, keepdims=True)
    E = np.exp(T)
    Z = E.sum(axis=1, keepdims=True)
    log_P = T - np.log(Z)
    L_i = -(Q * log_P).sum(axis=1)
    dS = (E / Z - Q) / len(X)
    return L_i.mean() + reg * np.sum(W * W), X.T @ dS + 2 * reg * W


def _weighted_cases():
    rng = np.random.default_rng(133)

    def made(y, a, D, C, size, reg):
        y, a = np.array(y), np.array(a, dtype=float)
        return size * rng.normal(size=(D, C)), rng.normal(size=(len(y), D)), y, a, reg

    return [
        made([0, 2, 1, 0, 2], [1, 1, 1, 1, 1], 4, 3, 0.5, 0.1),
        made([0, 2, 1, 0, 2], [1, 3, 2, 1, 3], 4, 3, 0.5, 0.0),
        made([0, -1, 1, -1, 2, 1], [1, 0, 1, 0, 1, 1], 4, 3, 0.5, 0.1),
        made([1, -1], [2, 0], 3, 2, 1.0, 0.5),
        made([0, -1, 4, 3, 1, 2], [1, 0, 0.5, 2, 1, 1], 2, 5, 2000.0, 0.0),
    ]


@task(
    "13.3",
    "Loss and gradient with a weight for each example",
    returns="loss, dW",
    cases=_weighted_cases,
    hints=(
        "By what must the sum of a_i L_i be divided, so that equal weights give the plain mean?",
        "Row i of dL/dS is a_i (p - Y_i) over the sum of all weights.",
        "Begin with `kept = np.flatnonzero(a)`, and go on with these rows alone.",
    ),
    equation="eq. (14)",
    reread='13_other_targets, "Examples that count more"',
    question="What does your loss become when all weights are doubled?",
    slips=(
        *instead_of(
            "a[kept] / a.sum()",
            ("the weights are divided by N, not by their sum", "a[kept] / len(a)"),
            ("the weights are divided by how many are not 0", "a[kept] / len(kept)"),
            ("the weights are not divided by anything", "a[kept]"),
            (
                "examples without a label are left out, and the weights are ignored",
                "np.ones(len(kept)) / len(kept)",
            ),
        ),
        ("the gradient has no weights", "share[:, None] * dS", "dS / len(kept)"),
        *(
            (
                "the weights multiply X, where they belong to the losses",
                "a[kept] / a.sum()",
                f"np.ones(len(kept)) / {total}\n"
                "    X = a[:, None] * X\n    S = X[kept] @ W\n"
                "    T = S - S.max(axis=1, keepdims=True)\n"
                "    log_P = T - np.log(np.exp(T).sum(axis=1, keepdims=True))",
                "What does p become for an example whose x is doubled, and may it change?",
            )
            for total in ("len(kept)", "len(a)", "a.sum()")
        ),
        (
            "reg is divided by the sum of the weights",
            "reg * np.sum(W * W)",
            "reg * np.sum(W * W) / a.sum()",
            "To what does reg belong: to the examples, or to the weights W?",
        ),
        ("reg is divided by the sum of the weights", "2 * reg * W", "2 * reg * W / a.sum()"),
        (
            "log-of-zero",
            "T - np.log(np.exp(T).sum(axis=1, keepdims=True))",
            "np.log(np.exp(T) / np.exp(T).sum(axis=1, keepdims=True))",
        ),
    ),
)
def loss_with_weights(W, X, y, a, reg):
    """Loss and gradient where example i counts a_i >= 0 times; its label may be -1 if a_i is 0."""
    kept = np.flatnonzero(a)
    S = X[kept] @ W
    T = S - S.max(axis=1, keepdims=True)
    log_P = T - np.log(np.exp(T).sum(axis=1, keepdims=True))
    rows, share = np.arange(len(kept)), a[kept] / a.sum()
    loss = -(share * log_P[rows, y[kept]]).sum() + reg * np.sum(W * W)
    dS = np.exp(log_P)
    dS[rows, y[kept]] -= 1
    return loss, X[kept].T @ (share[:, None] * dS) + 2 * reg * W


TASKS = tasks_of(__name__)
