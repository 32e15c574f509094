"""What `13_other_targets.ipynb` needs: errors of three gradients, the explorer, exercises."""

import numpy as np

from softmax_lib.explorer import Explorer, choice, score_sliders
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    Bars,
    centered,
    draw_error_groups,
    house_style,
    new_figure,
    show,
)
from softmax_lib.forward import softmax
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import numpy_alone, pair
from softmax_lib.lessons.slips import FORWARD, HEIGHTS, at_height, patch
from softmax_lib.words import listed, number, probability, signed


@house_style
def plot_checks(checks, bound):
    """Draw the error of every entry of several gradients.

    `checks` maps a target to its check by central differences and that by the complex step, which
    must stay below the bound.
    """
    central, fine = (
        [check.entry_errors for check in by] for by in zip(*checks.values(), strict=True)
    )
    fig, ax = new_figure(height=3.4)
    title = "Three targets, one formula: every entry agrees"
    errors = {"central": central, "complex": fine}
    draw_error_groups(ax, errors, bound=bound, names=list(checks), title=title)
    counts = ", ".join(
        f"{(e < bound).sum()} of {e.size} for {name}" for name, e in zip(checks, fine, strict=True)
    )
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


class _Pull(Explorer):
    """Probabilities beside their targets, and the slope p - q that pulls one to the other."""

    title = "p is pulled toward q"
    size = (8.0, 3.5)

    def controls(self):
        target = choice("target q", list(TARGETS))
        return {**score_sliders(8, (1, 2, -1)), "target": target}

    def build(self, fig):
        left, right = fig.subplots(ncols=2)
        left.set(xlim=(-0.6, 2.6), ylim=(0, 1.25), title="belief: bars $p$, target: lines $q$")
        right.set(xlim=(-0.6, 2.6), ylim=(-1.15, 1.15), title="slope of the loss: $p - q$")
        self.p = Bars(left, 0, CLASS_COLORS[:3], width=0.7)
        self.slopes = Bars(right, 0.09, width=0.5)
        reach = np.array([-0.42, 0.42])
        self.q = [left.plot(k + reach, [0, 0], color=INK, linewidth=3)[0] for k in range(3)]
        self.scores = [centered(left, k, 1.07, fontsize=9) for k in range(3)]
        self.says = left.text(-0.5, 1.18, "", va="center", fontsize=10)
        return [self.p, *self.q, self.slopes, *self.scores, self.says]

    def update(self, s0, s1, s2, target):
        S, q = np.array([[s0, s1, s2]]), TARGETS[target]
        p = softmax(S)
        slopes = [signed(slope) for slope in (p - q)[0]]
        loss, least = float(-np.sum(q * np.log(p))), entropy(q)
        self.p.move(p[0], [""] * 3)
        self.slopes.move((p - q)[0], slopes)
        for line, text, height, score in zip(self.q, self.scores, q[0], S[0], strict=True):
            line.set_ydata([height] * 2)
            text.set_text(f"score {number(score, 1)}")
        self.says.set_text(f"loss {loss:.3f}, at least {least:.3f}")
        caption = f"{target}: loss {loss:.3f}, and no p can reach less than {least:.3f}."
        return caption, (
            f"Scores ({listed(S, lambda score: number(score, 1))}). Left, bars "
            f"p = ({listed(p, probability)}) with lines at q = ({listed(q, probability)}). "
            f"Right, bars of the slope p − q = ({', '.join(slopes)}), "
            f"blue above 0, orange-red below. {caption}"
        )


explore = _Pull


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
    slips=patch("""
        - epsilon / C)
        + epsilon / (C - 1))  # epsilon is shared by the other classes alone
        ? What should a row be when epsilon is 1, and what is yours?
        + epsilon)  # every class gets the whole of epsilon
        + 0.0)  # nothing is spread over the classes
        ? Which classes share epsilon, and how much does each of them get?
        - += 1 - epsilon
        + += 1  # the label keeps its whole 1
        + = 1 - epsilon  # the label has no share of epsilon
        - Q[np.arange(len(y)), y]
        + Q[:, y]  # every-label
    """),
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
        *patch("""
            - T - np.log(Z)
            + np.log(E / Z)  # log-of-zero
            + S - np.log(Z)  # unshifted-score
            + np.log(E / Z + 1e-12)  # log-epsilon
            - Q * log_P
            + (Q == Q.max(axis=1, keepdims=True)) * log_P
            # the largest share is taken for the label
            - E / Z - Q
            + Q - E / Z  # sign
            + E / Z  # no-minus-one
        """),
    ),
    conditions=(numpy_alone, pair),
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
        *patch("""
            - a[kept] / a.sum()
            + a[kept] / len(a)  # the weights are divided by N, not by their sum
            + a[kept] / len(kept)  # the weights are divided by how many are not 0
            + a[kept]  # the weights are not divided by anything
            + np.ones(len(kept)) / len(kept)  # the weights are taken as yes or no
            ? Does an example of weight 3 move your result more than one of weight 1?
            - share[:, None] * dS
            + dS / len(kept)  # the weights are taken as yes or no
        """),
        *(
            slip
            for total in ("len(kept)", "len(a)", "a.sum()")
            for slip in patch(f"""
                - a[kept] / a.sum()
                + np.ones(len(kept)) / {total}
                + X = a[:, None] * X
                + S = X[kept] @ W
                + T = S - S.max(axis=1, keepdims=True)
                + log_P = T - np.log(np.exp(T).sum(axis=1, keepdims=True))
                # the weights multiply X, where they belong to the losses
                ? What does p become for an example whose x is doubled, and may it change?
            """)
        ),
        *patch("""
            - reg * np.sum(W * W)
            + reg * np.sum(W * W) / a.sum()  # reg is divided by the sum of the weights
            ? To what does reg belong: to the examples, or to the weights W?
            - 2 * reg * W
            + 2 * reg * W / a.sum()  # reg is divided by the sum of the weights
            - T - np.log(np.exp(T).sum(axis=1, keepdims=True))
            + np.log(np.exp(T) / np.exp(T).sum(axis=1, keepdims=True))  # log-of-zero
        """),
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
