"""What `09_gradient_check.ipynb` needs: a problem, error pictures, the explorer, exercises."""

import numpy as np

from softmax_lib.explorer import Explorer, choice, ladder
from softmax_lib.figures import (
    INK,
    METHOD_STYLES,
    PALETTE,
    centered,
    draw_entry_errors,
    draw_step_sweep,
    error_axis,
    house_style,
    new_figure,
    show,
)
from softmax_lib.gradcheck import unit_roundoff
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import evaluations, no_warning
from softmax_lib.lessons.slips import FORWARD, HEIGHTS, at_height, patch
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
    title = "On the predicted line at large h, near or below it at small h"
    fig, axes = new_figure(width=9.6, height=4.2, title=title, ncols=len(sweeps), sharey=True)
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
    title = "The complex step tells a bug from rounding"
    fig, axes = new_figure(width=9.6, height=3.6, title=title, ncols=len(checks))
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


class _StepExplorer(Explorer):
    """One step h, one method, one precision: the slope on the curve, and its error on the map."""

    title = "A difference is a slope between two points"
    size = (9.4, 3.9)
    play = "h"
    pace = 500  # 33 steps
    views = ("whole curve", "zoom in to h")

    def controls(self):
        self.problem = problem()
        self.sweeps = {
            dtype: step_sweep(*self._cast(dtype), U=self.problem[4], steps=_STEPS)
            for dtype in ("float64", "float32")
        }
        places = range(len(_STEPS))[::-1]
        return {
            "h": ladder("step h", places, 1, lambda k: f"{_STEPS[k]:.0e}"),
            "method": choice("method", list(METHOD_STYLES)),
            "dtype": choice("precision", list(self.sweeps)),
            "view": choice("view", self.views),
        }

    def _cast(self, dtype):
        W, X, y, reg, _ = self.problem
        return W.astype(dtype), X.astype(dtype), y, reg

    def _losses(self, dtype, t):
        """The loss at W + t U for every t, computed in the precision."""
        W, X, y, reg = self._cast(dtype)
        U = self.problem[4].astype(dtype)
        kind = np.result_type(dtype, 1j) if np.iscomplexobj(t) else dtype
        return np.array([softmax_loss_vectorized(W + s * U, X, y, reg)[0] for s in t.astype(kind)])

    def build(self, fig):
        # The curve's axes hold t, or t in units of h, from -1.3 to 1.3, and the losses' range from
        # 0 to 1: so a zoom changes no axis, and is as quick as all else.
        left, right = fig.subplots(ncols=2, width_ratios=(1, 1.15))
        left.set(xlim=(-1.3, 1.3), ylim=(-0.15, 1.25), xticks=[-1, 0, 1], yticks=[])
        left.set(xlabel=" ", ylabel="loss at $W + t\\,U$", title="The slope at t = 0")
        self.height = error_axis(right, [0.0, 1e-18, 1e3])
        right.set(xscale="log", xlim=(3e-17, 3), xlabel="step $h$", title="Its relative error")
        (self.tangent,) = left.plot([], [], color=PALETTE["gray"], linestyle=":")
        (self.curve,) = left.plot([], [], color=INK, drawstyle="steps-mid")
        (self.secant,) = left.plot([], [], linewidth=2)
        (self.ends,) = left.plot([], [], "o")
        self.unit = centered(left, 0, -0.33)
        left.text(1.25, 1.19, "dotted: true slope", ha="right", va="center", fontsize=9.5)
        (self.line,) = right.plot([], [], linewidth=1.4)
        (self.points,) = right.plot([], [], linestyle="", markersize=4)
        (self.here,) = right.plot([], [], "o", markersize=13, mfc="none", mew=2, color=INK)
        return [
            *(self.tangent, self.curve, self.secant, self.ends, self.unit),
            *(self.line, self.points, self.here),
        ]

    def update(self, h, method, dtype, view):
        step, zoomed = np.dtype(dtype).type(_STEPS[h]), view == self.views[1]
        sweep, style = self.sweeps[dtype], METHOD_STYLES[method]
        t = np.array({"forward": [0, 1], "central": [-1, 1], "complex": [0, 1j]}[method]) * step
        L = self._losses(dtype, t)
        slope = L[1].imag / step if method == "complex" else (L[1] - L[0]) / (t[1] - t[0])
        t, L = np.real(t), np.real(L).astype(float)
        unit = float(step) if zoomed else 1.0
        x = np.linspace(-1.25, 1.25, 126 if zoomed else 51)
        losses = self._losses(dtype, x * unit).astype(float)
        stairs = len(np.unique(losses))
        low = losses.min()
        high = max(losses.max(), low + 3 * unit_roundoff(dtype) * abs(low))

        def place(loss):
            return (loss - low) / (high - low)

        self.curve.set_data(x, place(losses))
        self.curve.set_drawstyle("steps-mid" if zoomed else "default")
        reach = np.array([-1.25, 1.25])
        self.secant.set_data(reach, place(L[0] + float(slope) * (reach * unit - t[0])))
        at_zero = self._losses(dtype, np.zeros(1)).item()
        self.tangent.set_data(reach, place(at_zero + float(sweep.slope) * reach * unit))
        self.ends.set_data(t / unit, place(L))
        self.unit.set_text(f"$t$, in steps of h = {step:.0e}" if zoomed else "$t$")
        self.line.set_data(sweep.steps, sweep.truncation[method] + sweep.rounding[method])
        error, heights = sweep.errors[method][h], self.height(sweep.errors[method])
        self.points.set_data(sweep.steps, heights)
        self.here.set_data([step], [heights[h]])
        for artist in (self.secant, self.ends, self.line, self.points):
            artist.set_color(style["color"])
        self.points.set_marker(style["marker"])
        truncation, rounding = sweep.truncation[method][h], sweep.rounding[method][h]
        rules = "truncation" if truncation > rounding else "rounding"
        caption = (
            f"{method}, {dtype}, h = {step:.0e}: "
            f"relative error ≈ {f'{error:.1e}' if error else 0}. "
            f"Theory expects about {truncation + rounding:.0e}: {rules} rules."
        )
        if zoomed and stairs < len(x) / 2:
            caption += (
                f" From so near, the curve is a staircase: ≈ {stairs} heights at {len(x)} places."
            )
        places = {
            "forward": f"t = 0 and t = {step:.0e}",
            "central": f"t = −{step:.0e} and t = {step:.0e}",
            "complex": "t = 0, with the slope from the imaginary part",
        }[method]
        alt = (
            f"Left, the loss along U{', from −1.25 h to 1.25 h,' if zoomed else ''} with a line "
            f"through {places}. Right, the error of the {method} slope against h in {dtype}, with "
            f"a ring at h = {step:.0e}. {caption}"
        )
        return caption, alt


explore = _StepExplorer


# Exercises


@task(
    "9.1",
    "Complex-step derivative",
    returns="slope",
    cases=lambda: [
        (np.exp, 0.5, 1e-20),
        (np.sin, 2.0, 1e-8),
        (np.square, -3.0, 1e-100),
        (np.sin, 4.0, 1e-9),  # f is below 0 there
    ],
    hints=(
        "Which part of f(x + ih) holds the slope?",
        "f(x + ih) = f(x) + ih f'(x) - ...: keep the imaginary part, then undo the h.",
        "Begin with `value = f(x + 1j * h)`.",
    ),
    equation="the complex step",
    reread='04_numerical_derivatives, "The complex step"',
    question="What must you divide by, so that the answer does not depend on h?",
    slips=patch("""
        - f(x + 1j * h).imag / h
        + f(x + 1j * h).imag  # the h is not undone
        + (f(x + h) - f(x - h)) / (2 * h)
        # it is a central difference, and suffers from its rounding
        ? What is x + h, in floats, when h is 1e-100?
        + (f(x + h) - f(x)) / h  # it is a forward difference, and suffers from its rounding
        ? What is x + h, in floats, when h is 1e-100?
        + abs(f(x + 1j * h)) / h  # the size of the complex value is taken, not its imaginary part
        ? Which part of f(x + ih) is f(x), and which holds the slope?
        + f(x + 1j * h).real / h  # the real part is divided by h, where the slope is in the other
        ? Which part of f(x + ih) is f(x), and which holds the slope?
        + -f(x + 1j * h).imag / h  # sign
        + 0 * x  # zero-gradient
        ? Is what you give to f complex, or has it no imaginary part?
        + f(x + 1e-2 * 1j).imag / 1e-2  # the h that was given is not used
        ? Which step does your line take when h is 1e-100?
        + f(x + 1e-3 * 1j).imag / 1e-3  # the h that was given is not used
        + f(x + 1e-4 * 1j).imag / 1e-4  # the h that was given is not used
    """),
    questions={
        "zero-gradient": "Is what you give to f complex, or has it no imaginary part?",
        "wrong-dtype": "Which part of f(x + ih) is asked for: is it a real number?",
    },
    rereads={"zero-gradient": '04_numerical_derivatives, "The complex step"'},
    conditions=(evaluations(1),),
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
    reread='09_gradient_check, "The derivatives are moments"',
    question="Which of the C rates belongs to the right class of each example?",
    slips=(
        *FORWARD,
        *patch("""
            - - s[np.arange(len(y)), y]  # no-minus-one
            + + s[np.arange(len(y)), y]  # sign
            + - s[np.arange(len(y)), y - 1]  # labels-from-one
            + - s[:, y].mean(axis=1)  # every-label
            ? Which of the N labels belongs to example i?
            - np.sum(P * s, axis=1)
            + (P * s)[np.arange(len(y)), y]  # diagonal-jacobian
            + np.mean(s, axis=1)  # the mean of s is taken with equal weights
            ? By which numbers are the C rates weighted in E_p[s]?
            - return np.mean(
            + return 1 / np.linalg.norm(U) * np.mean(  # it is divided by the length of U
            ? If U were twice as long, should the slope along it be the same?
            + s[:-1] = P[:-1] = 0
            + return np.mean(  # last-example-only
        """),
    ),
    questions={
        "wrong-shape": "How many slopes has a loss along one direction?",
        "no-minus-one": "Which of the C rates belongs to the right class of example i?",
    },
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
        "Begin with the third power of h, and call it `cube`.",
    ),
    equation="the two errors of a difference",
    reread='09_gradient_check, "Predict the best step"',
    question="What power of h is left when you multiply the equation by h squared?",
    slips=patch("""
        - cube ** (1 / 3)
        + cube ** (1 / 2)  # a square root is taken
        ? What power of h is left when you multiply the equation by h squared?
        + cube ** 1 / 3  # the power is taken before the division
        ? In which order does Python work out a ** 1 / 3?
        + cube  # no root is taken
        ? Is what you have h, or a power of h?
        - 3 * u * abs(L) / abs(third)
        + 6 * u * abs(L) / abs(third)  # a factor of the derivative is lost
        ? What is the derivative of h^2 / 6 by h?
        + u * abs(L) / abs(third)  # a factor of the derivative is lost
        + 1.5 * u * abs(L) / abs(third)  # a factor of the derivative is lost
        + 3 * u * abs(third) / abs(L)  # L and the third derivative have changed places
        ? Does more rounding, a larger |L|, ask for a larger step or a smaller one?
        + 3 * abs(L) / abs(third)  # u is missing
        ? Where is the rounding in your formula?
    """),
    questions={
        "wrong-dtype": "Which sign has the number that you take the root of?",
    },
)
def best_central_step(L, third, u):
    """The step where u |L| / h + h^2 |third| / 6 is smallest."""
    cube = 3 * u * abs(L) / abs(third)
    return cube ** (1 / 3)


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
    slips=patch("""
        - np.maximum(np.abs(a), np.abs(b))
        + np.abs(b)  # the size is that of b alone
        ? If a and b change places, should the error change?
        + np.abs(a)  # the size is that of a alone
        ? If a and b change places, should the error change?
        + np.abs(a) + np.abs(b)  # the size is the sum of both
        ? Is the larger of the two asked for, or their sum?
        + np.maximum(a, b)  # the size of a negative number is lost
        ? Which is larger here, -3 or -2, and which is larger in size?
        + max(np.abs(a).max(), np.abs(b).max())  # it is relative to the largest entry of all
        ? Is the size one for the array, or one for each entry?
        - np.where(size > 0, size, 1)
        + size  # 0 is divided by 0
        ? What do you divide by where both entries are 0?
        + np.maximum(1e-6, size)  # a constant in the denominator swallows small entries
        ? Which size have the smallest entries here, and which has your constant?
        + np.maximum(1e-7, size)  # a constant in the denominator swallows small entries
        + np.maximum(1e-8, size)  # a constant in the denominator swallows small entries
        + np.maximum(1e-6, np.abs(a) + np.abs(b))
        # the size is the sum of both, and a constant swallows small entries
        ? Is the larger of the two asked for, or their sum, or a constant?
        + np.maximum(1e-7, np.abs(a) + np.abs(b))
        # the size is the sum of both, and a constant swallows small entries
        + np.maximum(1e-8, np.abs(a) + np.abs(b))
        # the size is the sum of both, and a constant swallows small entries
        - np.abs(a - b)
        + (a - b)  # the sign of the difference stays
        ? May an error be negative here?
    """),
    questions={
        "wrong-shape": "One number for all, or one for each entry?",
    },
    conditions=(no_warning,),
)
def entry_errors(a, b):
    """|a - b| / max(|a|, |b|) entry by entry, and 0 where both entries are 0."""
    size = np.maximum(np.abs(a), np.abs(b))
    return np.abs(a - b) / np.where(size > 0, size, 1)


TASKS = tasks_of(__name__)
