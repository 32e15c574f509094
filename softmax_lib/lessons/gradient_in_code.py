"""What `08_gradient_in_code.ipynb` needs: the stages of the mending, the stepper, the tasks."""

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Rectangle

from softmax_lib.explorer import Explorer
from softmax_lib.figures import (
    CLASS_COLORS,
    CLASS_MARKERS,
    INK,
    MATRIX_COLORS,
    PALETTE,
    error_axis,
    house_style,
    new_figure,
    show,
)
from softmax_lib.forward import cross_entropy, scores, softmax
from softmax_lib.gradcheck import relative_error
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.matrix_shapes import CLASSES, FEATURES
from softmax_lib.lessons.scores_to_weights import half_trained_fruits
from softmax_lib.lessons.slips import (
    FORWARD,
    GAPS,
    HEIGHTS,
    LOG,
    SLOPE,
    SUM,
    at_height,
)
from softmax_lib.loss import softmax_loss_vectorized

__all__ = [
    "TASKS",
    "explore",
    "half_trained_fruits",
    "numpy_calls",
    "plot_learning_rates",
    "plot_stages",
]


def numpy_calls(function, *arrays):
    """How often ``function(*arrays)`` hands numpy work: a piece read or written, or arithmetic."""
    calls = 0

    def plain(value):
        return value.view(np.ndarray) if isinstance(value, Counted) else value

    class Counted(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
            nonlocal calls
            calls += 1
            if out is not None:
                options["out"] = tuple(map(plain, out))
            result = getattr(ufunc, method)(*map(plain, inputs), **options)
            if out is not None:
                return out[0]
            return result.view(Counted) if isinstance(result, np.ndarray) else result

        def __getitem__(self, key):
            nonlocal calls
            calls += 1
            return super().__getitem__(key)

        def __setitem__(self, key, value):
            nonlocal calls
            calls += 1
            plain(self)[key] = value  # numpy's own would read the piece, too

    function(*(np.array(a).view(Counted) for a in arrays))
    return calls


# Pictures


@house_style
def plot_stages(checks, bound=1e-8):
    """Draw the entry errors of every stage of the mending, a panel for each way of asking.

    Parameters
    ----------
    checks : dict of str to dict of str to GradientCheck
        By panel, then by stage.
    bound : float
        Drawn as a line; entries above it are counted.
    """
    fig, axes = new_figure(height=4.0, ncols=len(checks), sharey=True)
    fig.suptitle(
        "Six fruits and reg > 0 see every slip; easier questions miss some", x=0.01, ha="left"
    )
    every = [check for panel in checks.values() for check in panel.values()]
    floors = [check.floor[np.isfinite(check.floor)] for check in every]
    everything = [*(check.entry_errors for check in every), *floors, bound]
    counts = {}
    for ax, (name, panel) in zip(axes, checks.items(), strict=True):
        place = error_axis(ax, *everything)
        for k, check in enumerate(panel.values()):
            D, C = check.entry_errors.shape
            for j in range(C):
                x = k + (np.arange(D) + j * D - (C * D - 1) / 2) * 0.8 / (C * D)
                errors = place(check.entry_errors[:, j])
                look = {"color": CLASS_COLORS[j], "markersize": 4.2, "linestyle": ""}
                ax.vlines(x, bound, np.maximum(errors, bound), color=CLASS_COLORS[j], lw=0.8)
                ax.plot(x, errors, marker=CLASS_MARKERS[j], **look)
                ax.hlines(check.floor[:, j], x - 0.035, x + 0.035, color=PALETTE["gray"], lw=2)
        ax.axhline(bound, color=INK, linewidth=1.2, linestyle="--")
        ax.set_xticks(range(len(panel)), panel, rotation=38, ha="right", rotation_mode="anchor")
        ax.set_xlim(-0.6, len(panel) - 0.4)
        ax.set_title(name, weight="normal", fontsize=10.5)
        counts[name] = [int((check.entry_errors >= bound).sum()) for check in panel.values()]
    axes[0].set_ylabel("relative error of an entry")
    for j in range(C):
        look = {"color": CLASS_COLORS[j], "marker": CLASS_MARKERS[j], "linestyle": ""}
        axes[0].plot([], [], label=CLASSES[j], **look)
    axes[0].plot([], [], color=PALETTE["gray"], linewidth=2, label="rounding floor")
    axes[0].plot([], [], color=INK, linewidth=1.2, linestyle="--", label=f"bound {bound:g}")
    fig.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, columnspacing=1.4
    )
    stages = list(next(iter(checks.values())))
    show(
        fig,
        f"Entries above {bound:g}, of {every[0].entry_errors.size}: "
        + "; ".join(
            f"{name}: "
            + (", ".join(f"{k} ({s})" for s, k in zip(stages, n, strict=True) if k) or "none")
            for name, n in counts.items()
        )
        + ".",
        f"{len(checks)} log plots of the relative error of every entry, with {len(stages)} groups "
        "of markers each, one a stage. Entries that are off stand near 1, on a stem; the others "
        f"lie below a dashed line at {bound:g}, near gray dashes, their rounding floors. Panel by "
        "panel, the groups that still have stems: "
        + "; ".join(
            f"{name}, {', '.join(s for s, k in zip(stages, n, strict=True) if k) or 'none'}"
            for name, n in counts.items()
        )
        + ".",
    )


@house_style
def plot_learning_rates(X, W, y, i):
    """Draw losses after one step on example i alone, against the learning rate."""
    rates = np.logspace(-3, 0, 61)
    dW = X[[i]].T @ (softmax(scores(X[[i]], W)) - (np.arange(W.shape[1]) == y[i]))
    after = np.array([cross_entropy(scores(X, W - rate * dW), y) for rate in rates])  # (K, N)
    before = cross_entropy(scores(X, W), y)
    own, mean = after[:, i], after.mean(axis=1)
    best = rates[mean.argmin()]
    shift = after[np.argmin(abs(rates - 0.3))] - before
    payers = np.sort(np.argsort(shift)[-2:])
    fig, ax = new_figure(height=3.5)
    ax.set_title(f"A step on fruit {i} alone: good for fruit {i} at any rate, not for the rest")
    style = {"linewidth": 2.2}
    ax.plot(rates, own, color=CLASS_COLORS[y[i]], **style)
    ax.plot(rates, mean, color=INK, linestyle="--", **style)
    for k in payers:
        ax.plot(rates, after[:, k], color=CLASS_COLORS[y[k]], linestyle=":", linewidth=1.8)
    ax.axhline(before.mean(), color=PALETTE["gray"], linewidth=1)
    note = {"textcoords": "offset points", "fontsize": 9.5}
    ax.annotate(f"fruit {i} itself", (rates[20], own[20]), (6, 5), color=CLASS_COLORS[y[i]], **note)
    ax.annotate("mean before the step", (rates[0], before.mean()), (2, 4), color="#555555", **note)
    ax.annotate("mean after", (rates[6], mean[6]), (2, -15), color=INK, **note)
    first = max(payers, key=lambda k: after[-1, k])
    at = np.searchsorted(after[:, first], 3.2)
    name = " and ".join(map(str, payers))
    ax.annotate(
        f"fruits {name}, {CLASSES[y[first]]}s", (rates[at], 3.2), (-8, 0), ha="right",
        color="#8A5F00", **note,
    )  # fmt: skip
    ax.set(xscale="log", ylim=(0, 4), xlabel="learning rate η", ylabel="loss after the step")
    ax.grid(True)
    falls = bool((np.diff(own) < 0).all())
    show(
        fig,
        f"The loss of fruit {i} falls at every larger rate: {falls}. The mean over all fruits is "
        f"lowest near η = {best:.1g}, and at η = 1 it is {mean[-1]:.1f}, up from "
        f"{before.mean():.2f}. Fruits {payers[0]} and {payers[1]} pay.",
        f"Losses against the learning rate, from 0.001 to 1, log axis. A solid line, fruit {i}, "
        f"falls from {before[i]:.2f} toward 0. A dashed line, the mean, first falls with it, turns "
        f"near {best:.1g} and leaves the picture. Two dotted lines, fruits {payers[0]} and "
        f"{payers[1]}, climb steeply from there on.",
    )


# The loop stepper

CODES = ("mended", "without 1/N", "without 2 reg W")
REG = 0.1


def _number(value, places=4):
    value = round(float(value), places)
    return f"{value:.{places}f}".replace("-", "−") if value else "0"


def _short(value):
    return _number(value, 3)


def _listed(values):
    return ", ".join(map(_number, values))


class _Grid:
    """A matrix as cells `width` wide and 1 high, y growing downward."""

    def __init__(self, ax, M, left, top, name, width, text=_number):
        self.left, self.top, self.width, self.shape = left, top, width, M.shape
        rows, columns = M.shape
        size = (width * columns, rows)
        color = MATRIX_COLORS[name]
        ax.add_patch(Rectangle((left, top), *size, facecolor=color, alpha=0.14))
        self.color = color
        self.numbers = {
            at: ax.text(*self.middle(*at), text(value), ha="center", va="center", fontsize=9.5)
            for at, value in np.ndenumerate(M)
        }

    def middle(self, i, j):
        return self.left + self.width * (j + 0.5), self.top + i + 0.5

    def label(self, ax, text, above=1.05):
        x = self.left + self.width * self.shape[1] / 2
        ax.text(x, self.top - above, text, ha="center", va="bottom", weight="bold")

    def frame(self, ax, rows=1, columns=1, **style):
        style = {"fill": False, "edgecolor": self.color, "linewidth": 2.4, "zorder": 3} | style
        return ax.add_patch(Rectangle((0, 0), self.width * columns, rows, **style))

    def put(self, frame, i, j):
        frame.set_xy((self.left + self.width * j, self.top + i))


class _LoopStepper(Explorer):
    title = "Two loops fill dW, one column at a time"
    size = (6.8, 5.0)
    play = "step"

    def __init__(self):
        self.X, self.W, self.y = half_trained_fruits()
        self.P = softmax(scores(self.X, self.W))
        self.G = self.P - (np.arange(self.W.shape[1]) == self.y[:, None])
        self.right = softmax_loss_vectorized(self.W, self.X, self.y, REG)[1]
        self.states = {code: self._states(code) for code in CODES}
        super().__init__()

    def _states(self, code):
        """dW after each step: at the start, after every (i, j), after the last line."""
        share = 1 if code == "without 1/N" else 1 / len(self.X)
        states = [np.zeros_like(self.W)]
        for i, j in np.ndindex(self.P.shape):
            dW = states[-1].copy()
            dW[:, j] += self.G[i, j] * self.X[i] * share
            states.append(dW)
        last = 0.0 if code == "without 2 reg W" else 2 * REG
        return [*states, states[-1] + last * self.W]

    def controls(self):
        return {
            "step": widgets.IntSlider(14, 0, self.P.size + 1, description="step"),
            "code": widgets.SelectionSlider(options=CODES, description="code"),
        }

    def build(self, fig):
        ax = fig.subplots()
        N, D = self.X.shape
        mono = {"family": "DejaVu Sans Mono", "fontsize": 9.5, "va": "center"}
        self.bar = ax.add_patch(
            Rectangle((-0.3, 0), 14.1, 1, facecolor=PALETTE["yellow"], alpha=0.6, zorder=0.5)
        )
        self.code = [ax.text(0, k + 0.5, "", **mono) for k in range(8)]
        self.says = [ax.text(14.5, k + 0.5, "", va="center", fontsize=10) for k in range(8)]
        top = 10.6
        self.x = _Grid(ax, self.X, 2.6, top, "X", 0.85, text=lambda v: f"{v:g}")
        self.p = _Grid(ax, self.P, 7.8, top, "P", 1.6, text=_short)
        self.dw = _Grid(ax, self.W, 16.5, top, "dW", 2.0)
        self.x.label(ax, f"$X$  {self.X.shape}")
        self.p.label(ax, f"$P$  {self.P.shape}")
        self.dw.label(ax, f"$dW$  {self.W.shape}")
        small = {"fontsize": 9, "color": PALETTE["gray"]}
        for i, m in enumerate(self.y):
            ax.text(2.4, top + i + 0.5, f"{i} {CLASSES[m]}", ha="right", va="center", **small)
        for grid in (self.p, self.dw):
            for j, name in enumerate(CLASSES):
                x, _ = grid.middle(0, j)
                ax.text(x, top - 0.12, name, ha="center", va="bottom", **small)
        for d, name in enumerate(FEATURES):
            ax.text(16.3, top + d + 0.5, name, ha="right", va="center", **small)
        self.verdict = ax.text(13.2, top + D + 1.0, "", va="center", weight="bold")
        self.frames = {
            "x": self.x.frame(ax, columns=D),
            "p": self.p.frame(ax),
            "dw": self.dw.frame(ax, rows=D),
        }
        ax.set(xlim=(-0.4, 22.7), ylim=(top + N + 0.2, -0.3))
        ax.axis("off")
        return [
            *(self.bar, *self.code, *self.says, self.verdict, *self.frames.values()),
            *self.dw.numbers.values(),
        ]

    def update(self, step, code):
        N, C = self.P.shape
        over_n = "" if code == "without 1/N" else " / N"
        lines = (
            "dW = zeros((D, C))",
            "for i in range(N):",
            "    for j in range(C):",
            "        if j != y[i]:",
            f"            dW[:, j] += P[i, j] * X[i]{over_n}",
            "        else:",
            f"            dW[:, j] += (P[i, j] - 1) * X[i]{over_n}",
            "" if code == "without 2 reg W" else "dW += 2 * reg * W",
        )
        for text, line in zip(self.code, lines, strict=True):
            text.set_text(line)
        dW = self.states[code][step]
        for at, value in np.ndenumerate(dW):
            self.dw.numbers[at].set_text(_short(value))
            self.dw.numbers[at].set_color(INK if round(float(value), 9) else "#9A9A9A")
        inside = 0 < step <= N * C
        for frame in self.frames.values():
            frame.set_visible(inside)
        if inside:
            i, j = divmod(step - 1, C)
            line, says, fact = self._turn(i, j, code)
            self.x.put(self.frames["x"], i, 0)
            self.p.put(self.frames["p"], i, j)
            self.dw.put(self.frames["dw"], 0, j)
            fact = (
                f"Step {step} of {N * C + 1}: {fact} Column {j} of dW is now ({_listed(dW[:, j])})."
            )
        elif step == 0:
            line, says = 0, ["Before the loops:", "all entries are 0."]
            fact = "Step 0: dW is made, all zeros."
        else:
            added = "Nothing" if code == "without 2 reg W" else f"2 reg W, reg = {REG},"
            line, says = 7, ["After the loops:", f"{added} is added."]
            fact = f"The last step, after both loops: {added} is added."
        self.bar.set_y(line)
        for k, text in enumerate(self.says):
            text.set_text(says[k] if k < len(says) else "")
        right = relative_error(dW, self.right) <= 1e-12
        done = step == N * C + 1
        verdict = ("dW is right" if right else "dW is WRONG") if done else "dW is not complete"
        self.verdict.set_text(f"{verdict}{'' if right or done else ' yet'}.")
        caption = f"{fact} The code is {code}; {verdict}."
        alt = (
            f"Lines of code, {code}, with line {line + 1} marked. Below, tables of X and P"
            + (f" with row {i} of X and entry ({i}, {j}) of P framed" if inside else "")
            + ", and the table dW with the columns "
            + "; ".join(f"({_listed(column)})" for column in dW.T)
            + (f", column {j} framed" if inside else "")
            + f". Beside the code: {'; '.join(says[:2])}."
        )
        return caption, alt

    def _turn(self, i, j, code):
        """Line, words beside the code, and fact of one turn of the inner loop."""
        m, g = self.y[i], self.G[i, j]
        one = int(j == m)
        share = 1 if code == "without 1/N" else 1 / len(self.X)
        over_n = "" if share == 1 else "/N"
        term = g * self.X[i] * share
        says = [
            f"i = {i}, {CLASSES[m]}",
            f"j = {j}, {CLASSES[j]}",
            "",
            f"$p_j - 1[j = m]$ = {_number(self.P[i, j])} − {one}",
            f"   = {_number(g)}",
            f"times $X_i${over_n}:",
            f"({', '.join(_number(v) for v in term[:2])},",
            f" {', '.join(_number(v) for v in term[2:])})",
        ]
        return (
            6 if one else 4,
            says,
            f"fruit {i} ({CLASSES[m]}), class {j} ({CLASSES[j]}): {_number(g)} times "
            f"X_i{over_n} is ({_listed(term)}).",
        )


def explore():
    """Step through the two loops, example by example, class by class, while dW fills up."""
    return _LoopStepper()


# Exercises


def _score_cases():
    rng = np.random.default_rng(71)
    X, W, y = half_trained_fruits()

    def made(N, C, size, labels=None):
        return softmax(size * rng.normal(size=(N, C))), rng.integers(0, labels or C, N)

    return [
        (softmax(scores(X, W)), y),
        made(5, 4, 1.0),
        made(1, 3, 1.0),
        made(4, 2, 1.0),
        made(7, 5, 2.0, labels=3),
        (made(6, 4, 1.0)[0].astype(np.float32), np.array([3, 0, 0, 2, 3, 0])),
    ]


@task(
    "8.1",
    "Gradient of the mean loss by the scores",
    returns="dS",
    cases=_score_cases,
    hints=(
        "After your function has run, must the caller's P still be a table of probabilities?",
        "dL/dS = (P − Y)/N: every row loses 1 in one place, its label's.",
        "Begin with `dS = P.copy()`.",
    ),
    equation="eq. (14)",
    reread='08_gradient_in_code, "The same in matrices"',
    question="How many entries of P does your line with the 1 change, and in whose array?",
    slips=(
        *SLOPE,
        ("no-mean-gradient", "-= 1\n    return dS / len(y)", "-= 1 / len(y)\n    return dS"),
        ("last-example-only", "return dS", "dS[:-1] = 0\n    return dS"),
    ),
)
def score_gradient(P, y):
    """dL/dS, shape (N, C): P - Y over N, made in a copy of P."""
    rows = np.arange(len(y))
    dS = P.copy()
    dS[rows, y] -= 1
    return dS / len(y)


def _loss_cases():
    """Each is there for a mistake that passes on others."""
    rng = np.random.default_rng(72)
    X, W, y = half_trained_fruits()

    def made(N, D, C, size, reg, labels=None):
        y = rng.integers(0, labels or C, N)
        return size * rng.normal(size=(D, C)), rng.normal(size=(N, D)), y, reg

    single = [a.astype(np.float32) if np.ndim(a) == 2 else a for a in made(6, 3, 4, 1.0, 0.1)]
    gaps = made(7, 3, 5, 1500.0, 0.0)
    far = np.array([[2.0, 1.0], [900.0, 1.0], [-950.0, 1.0], [0.5, 1.0]])  # rows far apart
    return [
        (W, X, y, 0.1),
        made(5, 3, 4, 1e-3, 0.0),  # small W
        made(5, 4, 3, 1.0, 0.0),  # reg = 0
        made(8, 2, 3, 1.0, 20.0),  # a large reg
        made(7, 5, 4, 8.0, 0.5),  # a large W
        gaps,  # scores thousands apart
        (np.array([[1.0, 1.0, 1.5], [0.0, 2.0, -1.0]]), far, np.array([1, 0, 2, 1]), 0.0),
        *(at_height(*made(4, 3, 5, 1.0, 0.0), height) for height in HEIGHTS),
        (GAPS.copy(), np.eye(3), np.array([1, 0, 3]), 0.0),
        made(1, 4, 3, 1.0, 0.1),  # one example
        made(6, 5, 2, 1.0, 0.1),  # two classes
        made(9, 4, 5, 1.0, 0.1, labels=3),  # two classes that no example has
        tuple(single),
    ]


@task(
    "8.2",
    "Loss and gradient of the whole set",
    returns="loss, dW",
    cases=_loss_cases,
    hints=(
        "Forward: scores, one shift a row, log-sum-exp. Back: P − Y. Which of them needs reg?",
        "The loss is mean_i L_i + reg sum(W W); dL/dW = X^T (P − Y)/N + 2 reg W.",
        "Begin with `S = X @ W`, and take each row's largest score off the row.",
    ),
    equation="eq. (14)",
    reread='08_gradient_in_code, "The same in matrices"',
    question="Does every term of your loss have its derivative in dW, with the same factor?",
    slips=(*FORWARD, *LOG, *SLOPE, *SUM),
)
def softmax_loss(W, X, y, reg):
    """Loss and gradient of the whole set: X W forward, X^T (P - Y)/N + 2 reg W back."""
    rows = np.arange(len(X))
    S = X @ W  # (N, C)
    T = S - S.max(axis=1, keepdims=True)  # one shift a row: no exponent above 0
    E = np.exp(T)
    Z = E.sum(axis=1, keepdims=True)  # (N, 1)
    log_P = T - np.log(Z)  # never the logarithm of a probability
    L_i = -log_P[rows, y]
    loss = float(L_i.mean() + reg * np.sum(W * W))
    dS = E / Z  # P, (N, C)
    dS[rows, y] -= 1
    return loss, X.T @ dS / len(y) + 2 * reg * W  # (D, C)


def _step_in_full(W, X_i, m, learning_rate):
    rows, y = [0], [m]
    S = X_i @ W
    T = S - S.max(axis=1, keepdims=True)
    E = np.exp(T)
    dS = E / E.sum(axis=1, keepdims=True)
    dS[rows, y] -= 1
    return W - learning_rate * (X_i.T @ dS)


def _step_cases():
    rng = np.random.default_rng(73)
    X, W, y = half_trained_fruits()
    return [
        (W, X[4:5], int(y[4]), 0.1),
        (W, X[0:1], 2, 0.5),
        (rng.normal(size=(3, 5)), rng.normal(size=(1, 3)), 4, 1.0),
        (rng.normal(size=(5, 2)), rng.normal(size=(1, 5)), 0, 0.01),
        (1000 * rng.normal(size=(2, 4)), rng.normal(size=(1, 2)), 1, 30.0),
        *(
            at_height(rng.normal(size=(3, 5)), rng.normal(size=(1, 3)), 2, 0.5, height)
            for height in HEIGHTS
        ),
    ]


@task(
    "8.3",
    "Weights after one step on one example",
    returns="W_new",
    cases=_step_cases,
    hints=(
        "Which shape must the step have, so that it can be taken off W?",
        "dL_i/dW = X_i^T (p − Y_i), and a step goes against it.",
        "Begin with `p = softmax(X_i @ W)`, shape (1, C).",
    ),
    equation="eq. (14)",
    reread='08_gradient_in_code, "One step, by hand"',
    question="After your step, is the probability of the right class larger than before?",
    slips=(
        *FORWARD,
        *SLOPE,
    ),
    model=_step_in_full,
)
def sgd_step(W, X_i, m, learning_rate):
    """Weights after one step on one example, without regularization; W stays as it is."""
    S_i = X_i @ W  # (1, C)
    G_i = softmax(S_i)
    G_i[0, m] -= 1
    return W - learning_rate * (X_i.T @ G_i)


def _parts_cases():
    rng = np.random.default_rng(74)
    X, W, y = half_trained_fruits()
    data = softmax_loss_vectorized(W, X, y, 0.0)[1]
    cases = [(a * data + b * W, data, W) for a, b in ((1, 0.2), (6, 0.2), (1, 0), (-1, 0.2))]
    for D, C, a, b in ((3, 5, 8.0, 1.5), (5, 2, 0.5, -0.1)):
        data, W = rng.normal(size=(2, D, C))
        cases.append((a * data + b * W, data, W))
    return cases


@task(
    "8.4",
    "What a gradient is made of",
    returns="a, b",
    cases=_parts_cases,
    hints=(
        "D times C equations, two unknowns. What are the columns of such a system?",
        "Least squares: flatten data and W into the two columns, dW into the right side.",
        "Begin with `np.stack([data.ravel(), W.ravel()], axis=1)`.",
    ),
    equation="eq. (14)",
    reread='08_gradient_in_code, "The loss has two parts, the gradient one"',
    question="Do your a and b give back dW, entry by entry?",
    atol=1e-9,
)
def parts(dW, data, W):
    """The numbers (a, b) with dW = a data + b W, by least squares over all entries."""
    columns = np.stack([np.ravel(data), np.ravel(W)], axis=1)  # (D C, 2)
    a, b = np.linalg.lstsq(columns, np.ravel(dW), rcond=None)[0]
    return float(a), float(b)


TASKS = tasks_of(__name__)
