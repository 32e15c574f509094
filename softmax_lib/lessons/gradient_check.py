"""What `09_gradient_check.ipynb` needs: a problem, error pictures, the explorer, exercises."""

import ipywidgets as widgets
import numpy as np

from softmax_lib.explorer import Explorer
from softmax_lib.figures import (
    INK,
    METHOD_STYLES,
    PALETTE,
    draw_entry_errors,
    draw_step_sweep,
    house_style,
    new_figure,
    show,
)
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.slips import FORWARD, HEIGHTS, at_height
from softmax_lib.loss import softmax_loss_vectorized
from softmax_lib.sweep import step_sweep


def problem():
    """A small problem, made afresh: W (4, 3), X (6, 4), y (6,), reg, and a direction U (4, 3)."""
    rng = np.random.default_rng(8)
    W, X = rng.normal(size=(4, 3)), rng.normal(size=(6, 4))
    U = rng.normal(size=(4, 3))
    return W, X, np.array([0, 2, 1, 1, 0, 2]), 0.05, U / np.linalg.norm(U)


# Pictures


@house_style
def plot_sweeps(*sweeps):
    """Draw error against h for each precision, measured and predicted, side by side."""
    fig, axes = new_figure(width=9.6, height=4.2, ncols=len(sweeps), sharey=True)
    fig.suptitle("The markers lie where the lines predict", x=0.01, ha="left")
    ratios = []
    for ax, sweep in zip(axes, sweeps, strict=True):
        draw_step_sweep(ax, sweep, title=f"In {np.dtype(sweep.dtype).name}")
        ratios += [
            sweep.errors[method][ruled] / sweep.truncation[method][ruled]
            for method in sweep.errors
            if (ruled := _truncation_rules(sweep, method)).any()
        ]
    low = min(errors.min() for errors in [e[e > 0] for s in sweeps for e in s.errors.values()])
    lowest = int(np.floor(np.log10(low) - 0.5))
    axes[0].set_ylim(10.0**lowest, 30)
    axes[0].set_yticks(10.0 ** np.arange(0, lowest, -3))
    axes[1].set_ylabel("")
    close = np.all(np.abs(np.concatenate(ratios) - 1) < 0.1)
    show(
        fig,
        "Where truncation is a hundred times rounding, measurement and prediction differ by "
        f"{'less' if close else 'more'} than 10 %. In float32 the turn comes earlier and higher.",
        "Two log-log plots of the relative error against h, float64 and float32. In each, markers "
        "of the forward, central and complex step lie on predicted lines, falling with h, then "
        "near or below them, rising again, but for the complex step.",
    )


def _truncation_rules(sweep, method):
    """Where truncation is the whole error: far above rounding, and h small enough for Taylor."""
    truncation = sweep.truncation[method]
    return (truncation > 100 * sweep.rounding[method]) & (truncation < 1e-2)


@house_style
def plot_three_checks(checks, bound):
    """Draw the entry errors of several gradient checks, one panel each, with their floors."""
    fig, axes = new_figure(width=9.6, height=3.6, ncols=len(checks))
    fig.suptitle("The complex step tells a bug from rounding", x=0.01, ha="left")
    facts = [
        f"{title}: {draw_entry_errors(ax, check, bound, title=title, others=checks.values())[0]}"
        for ax, (title, check) in zip(axes, checks.items(), strict=True)
    ]
    for ax in axes[1:]:
        ax.set_ylabel("")
    show(
        fig,
        " ".join(facts),
        f"{len(checks)} log plots on one scale: the relative error of each entry, by class, with "
        f"the rounding floor of each entry and a line at {bound:.0e}.",
    )


# The explorer

_STEPS = np.logspace(0, -16, 33)


class StepExplorer(Explorer):
    """One step h, one method, one precision: the slope on the curve, and its error on the map."""

    title = "A difference is a slope between two points"
    size = (9.4, 3.9)
    play = "h"

    def controls(self):
        """The step, the method, the precision: sliders, which the arrow keys move."""
        self.problem = problem()
        self.sweeps = {
            dtype: step_sweep(*self._cast(dtype), U=self.problem[4], steps=_STEPS)
            for dtype in ("float64", "float32")
        }
        steps = [(f"{h:.0e}", k) for k, h in reversed(list(enumerate(_STEPS)))]
        return {
            "h": widgets.SelectionSlider(options=steps, value=1, description="step h"),
            "method": widgets.SelectionSlider(
                options=["forward", "central", "complex"], value="forward", description="method"
            ),
            "dtype": widgets.SelectionSlider(
                options=["float64", "float32"], description="precision"
            ),
        }

    def _cast(self, dtype):
        W, X, y, reg, _ = self.problem
        return W.astype(dtype), X.astype(dtype), y, reg

    def build(self, fig):
        """The curve of the loss and the map's axes stand; slope, points and errors move."""
        W, X, y, reg, U = self.problem
        self.left, self.right = fig.subplots(ncols=2, width_ratios=(1, 1.15))
        t = np.linspace(-1.25, 1.25, 101)
        self.loss = [softmax_loss_vectorized(W + s * U, X, y, reg)[0] for s in t]
        self.left.plot(t, self.loss, color=INK)
        self.left.set(xlabel="t", ylabel="loss at $W + t\\,U$", title="The slope at t = 0")
        self.left.set_xlim(-1.3, 1.3)
        low, high = min(self.loss), max(self.loss)
        self.left.set_ylim(low - 0.15 * (high - low), high + 0.1 * (high - low))
        (tangent,) = self.left.plot(
            t, softmax_loss_vectorized(W, X, y, reg)[0] + self.sweeps["float64"].slope * t,
            color=PALETTE["gray"], linestyle=":", label="true slope",
        )  # fmt: skip
        self.left.legend(handles=[tangent], loc="upper center")
        self.right.set(xscale="log", yscale="log", xlim=(3e-17, 3), ylim=(1e-18, 1e3))
        self.right.set(xlabel="step $h$", ylabel="relative error", title="Its error")
        self.right.grid(True, axis="y")
        (self.secant,) = self.left.plot([], [], linewidth=2)
        (self.ends,) = self.left.plot([], [], "o")
        (self.line,) = self.right.plot([], [], linewidth=1.4)
        (self.points,) = self.right.plot([], [], linestyle="", markersize=4)
        (self.here,) = self.right.plot([], [], "o", markersize=13, mfc="none", mew=2, color=INK)
        return [self.secant, self.ends, self.line, self.points, self.here]

    def update(self, h, method, dtype):
        """Put the secant through the two points, and ring the present step on the map."""
        W, X, y, reg = self._cast(dtype)
        U, step = self.problem[4].astype(dtype), W.dtype.type(_STEPS[h])
        sweep, style = self.sweeps[dtype], METHOD_STYLES[method]
        t = {"forward": [0, step], "central": [-step, step], "complex": [0, 1j * step]}[method]
        L = np.array([softmax_loss_vectorized(W + s * U, X, y, reg)[0] for s in t])
        slope = L[1].imag / step if method == "complex" else (L[1] - L[0]) / (t[1] - t[0])
        t, L = np.real(t), L.real
        self.secant.set_data([-1.25, 1.25], L[0] + slope * (np.array([-1.25, 1.25]) - t[0]))
        self.ends.set_data(t, L)
        self.line.set_data(sweep.steps, sweep.truncation[method] + sweep.rounding[method])
        errors = np.maximum(sweep.errors[method], 3e-18)
        self.points.set_data(sweep.steps, errors)
        self.here.set_data([step], [errors[h]])
        for artist in (self.secant, self.ends, self.line, self.points):
            artist.set_color(style["color"])
        self.points.set_marker(style["marker"])
        truncation, rounding = sweep.truncation[method][h], sweep.rounding[method][h]
        rules = "truncation" if truncation > rounding else "rounding"
        caption = (
            f"{method}, {dtype}, h = {step:.0e}: theory expects a relative error of "
            f"{_decade(truncation + rounding)}, and {rules} rules."
        )
        alt = (
            f"Left, the loss along U with a line through {_places(method, step)}. Right, the error "
            f"of the {method} slope against h in {dtype}, with a ring at h = {step:.0e}. {caption}"
        )
        return caption, alt


def _decade(error):
    return f"about 1e{round(np.log10(error)):+d}"


def _places(method, step):
    return {
        "forward": f"t = 0 and t = {step:.0e}",
        "central": f"t = −{step:.0e} and t = {step:.0e}",
        "complex": "t = 0, with the slope from the imaginary part",
    }[method]


def explore():
    """The explorer of this lesson."""
    return StepExplorer()


# Exercises


@task(
    "9.1",
    "Complex-step derivative",
    returns="slope",
    cases=lambda: [(np.exp, 0.5, 1e-20), (np.sin, 2.0, 1e-8), (np.square, -3.0, 1e-100)],
    hints=(
        "Which part of f(x + ih) holds the slope?",
        "f(x + ih) = f(x) + ih f'(x) - ...: keep the imaginary part, then undo the h.",
        "Begin with `value = f(x + 1j * h)`.",
    ),
    equation="eq. (3), and how its slope was measured",
    reread='03_cross_entropy_loss, "The slope, before we have a formula"',
    question="What must you divide by, so that the answer does not depend on h?",
)
def complex_step(f, x, h):
    """Derivative of f at the number x, from the imaginary part of one value."""
    return f(x + 1j * h).imag / h


def _slope_cases():
    rng = np.random.default_rng(82)
    cases = []
    for N, D, C, size in ((5, 4, 3, 1.0), (7, 2, 4, 5.0), (1, 5, 3, 1.0), (6, 3, 2, 300.0)):
        W, U, X = rng.normal(size=(D, C)), rng.normal(size=(D, C)), rng.normal(size=(N, D))
        cases.append((size * W, X, rng.integers(0, C, N), U))
    for height in HEIGHTS:
        W, U, X = rng.normal(size=(3, 5)), rng.normal(size=(3, 5)), rng.normal(size=(4, 3))
        cases.append(at_height(W, X, np.array([1, 0, 4, 2]), U, height))
    return cases


@task(
    "9.2",
    "Slope of the mean loss along a direction",
    returns="slope",
    cases=_slope_cases,
    hints=(
        "How fast does each score of example i change when W moves along U?",
        "The slope of L_i is the mean of s = X_i U under p, minus s at the right class.",
        "Begin with `s = X @ U`, shape (N, C), and `P = softmax(X @ W)`.",
    ),
    equation="eq. (14), along U",
    reread='09_gradient_check, "Three numbers know it all"',
    question="Which of the C rates belongs to the right class of each example?",
    slips=(
        *FORWARD,
        ("no-minus-one", " - s[np.arange(len(y)), y]", ""),
        ("sign", " - s[np.arange(len(y)), y]", " + s[np.arange(len(y)), y]"),
        ("diagonal-jacobian", "np.sum(P * s, axis=1)", "(P * s)[np.arange(len(y)), y]"),
        ("last-example-only", "return np.mean(", "s[:-1] = P[:-1] = 0\n    return np.mean("),
    ),
)
def slope_along(W, X, y, U):
    """First derivative of the mean loss along U, from the moments: mean of E_p[s] - s_m."""
    S, s = X @ W, X @ U  # (N, C) both
    T = S - S.max(axis=1, keepdims=True)
    E = np.exp(T)
    P = E / E.sum(axis=1, keepdims=True)
    return np.mean(np.sum(P * s, axis=1) - s[np.arange(len(y)), y])


@task(
    "9.3",
    "Best step of the central difference",
    returns="h",
    cases=lambda: [
        (1.0, 1.0, 2.0**-53),
        (0.2, -3.0, 2.0**-53),
        (40.0, 0.5, 2.0**-24),
        (-2.0, 4.0, 1e-10),
    ],
    hints=(
        "The sum of two errors is smallest where its derivative by h is 0.",
        "Set -u |L| / h^2 + h |third| / 3 = 0 and solve for h.",
        "Begin with `cube = ...`, the third power of h.",
    ),
    equation="eq. (3), and the two errors of its slope",
    reread='09_gradient_check, "Predict the best step"',
    question="What power of h is left when you multiply the equation by h squared?",
)
def best_central_step(L, third, u):
    """The step where u |L| / h + h^2 |third| / 6 is smallest."""
    return (3 * u * abs(L) / abs(third)) ** (1 / 3)


def _pairs():
    rng = np.random.default_rng(84)
    a = rng.normal(size=(4, 3))
    b = a * (1 + np.array([1e-3, -0.5, 0.25]))
    holes = a.copy()
    holes[1] = 0
    return [
        (a, b),
        (holes, np.where(holes == 0, 0, b)),
        (np.array([0.0, 2.0, -3.0, 1e-9]), np.array([0.0, -2.0, 0.0, 2e-9])),
        (np.zeros((2, 5)), np.zeros((2, 5))),
    ]


@task(
    "9.4",
    "Relative error of each entry",
    returns="errors",
    cases=_pairs,
    hints=(
        "Relative to what? Choose a size that treats a and b alike.",
        "Divide |a - b| by the larger of |a| and |b|; where both are 0 there is no error.",
        "Begin with `size = np.maximum(np.abs(a), np.abs(b))`.",
    ),
    equation="eq. (14), and how it is compared",
    reread='09_gradient_check, "One number for the verdict"',
    question="What do you divide by where both entries are 0?",
)
def entry_errors(a, b):
    """|a - b| / max(|a|, |b|) entry by entry, and 0 where both entries are 0."""
    size = np.maximum(np.abs(a), np.abs(b))
    return np.abs(a - b) / np.where(size > 0, size, 1)


TASKS = tasks_of(__name__)
