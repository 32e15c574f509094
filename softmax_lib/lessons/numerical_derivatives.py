"""Lesson 04, numerical derivatives: a slope from two points, or from one complex one.

What notebook 04 shows and does not spell out: error against step, the explorer, three exercises.
"""

import numpy as np

from softmax_lib.explorer import Explorer, choice, ladder, slider
from softmax_lib.figures import (
    INK,
    METHOD_STYLES,
    PALETTE,
    draw_error_curves,
    error_axis,
    house_style,
    ink,
    new_figure,
    show,
)
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import real_alone
from softmax_lib.lessons.slips import patch
from softmax_lib.words import number

NAMES = {"forward": "forward", "central": "central", "complex": "complex step"}
ORDERS = {"forward": 1, "central": 2}


@house_style
def plot_orders(steps, errors):
    """Draw errors against the falling steps, with the line that each method's order predicts.

    `errors` has those of ``"forward"`` and ``"central"`` differences, relative, by norm.
    """
    ruled = (steps <= 1.1e-2) & (steps >= 0.9e-4)  # truncation alone, in both methods
    k = int(np.argmin(abs(np.log10(steps) + 2)))
    lines, slopes, best = {}, {}, {}
    for method, order in ORDERS.items():
        error = errors[method]
        line = error[k] * (steps / steps[k]) ** order
        lines[method] = np.where(line > 0.3 * error.min(), line, np.nan)
        slopes[method] = np.polyfit(np.log10(steps[ruled]), np.log10(error[ruled]), 1)[0]
        best[method] = steps[error.argmin()]
    fig, ax = new_figure(height=4.2)
    labels = {
        "forward": (f"forward: order {ORDERS['forward']}", 1e-5, (-8, 6)),
        "central": (f"central: order {ORDERS['central']}", 1e-4, (12, -4)),
    }
    ylabel = "relative error of $dL/dS$, by norm"
    title = "A smaller step helps, until rounding rules"
    draw_error_curves(ax, steps, errors, lines, labels, ylabel=ylabel, title=title)
    fact = (
        f"Where truncation rules, the error falls like h to the power {slopes['forward']:.1f} for "
        f"forward differences and {slopes['central']:.1f} for central ones. The best step of "
        f"forward is ≈ {best['forward']:.0e}, that of central ≈ {best['central']:.0e}."
    )
    show(
        fig,
        fact,
        f"Log-log plot of the relative error against the step h, from {steps.max():.0e} down to "
        f"{steps.min():.0e}, with a straight line for each order. {fact} Below it, both climb.",
    )


class _SecantAndTangent(Explorer):
    """The loss along one score: its tangent, the slope that a step measures, and the error."""

    title = "A measured slope, and how wrong it is"
    size = (7.0, 4.0)
    steps = 10 ** np.arange(-16, 0.75, 0.5)
    sides = np.array([-5.0, 5.0])

    def controls(self):
        return {
            "method": choice("method", [(name, method) for method, name in NAMES.items()]),
            "x": slider("score x", -3, 3, 1, step=0.5),
            "h": ladder("step h", self.steps, 1.0, "{:.0e}".format),
        }

    def build(self, fig):
        left, right = fig.subplots(ncols=2, width_ratios=(1, 1.1))
        x = np.linspace(*self.sides, 201)
        left.plot(x, _loss(x), color=INK, linewidth=1.6)
        left.set(xlim=self.sides, ylim=(-0.7, 5), xlabel="score $x$", ylabel="loss $f(x)$")
        wide = {"color": PALETTE["gray"], "linewidth": 5, "alpha": 0.45}
        (self.tangent,) = left.plot(self.sides, [0, 0], **wide)
        (self.secant,) = left.plot(self.sides, [0, 0])
        (self.ends,) = left.plot([], [], "o", markersize=7, markeredgecolor="white", zorder=4)
        mono = {"family": "DejaVu Sans Mono", "fontsize": 9.5, "linespacing": 1.4, "va": "top"}
        self.words = left.text(0.03, 0.97, "", transform=left.transAxes, **mono)

        self.place = error_axis(right, [0.0, 1e-16, 9.0])
        right.set(xscale="log", xlim=(3e-17, 6), xlabel="step $h$")
        right.set_xticks(10.0 ** np.arange(-16, 1, 4))
        right.set_title("relative error", fontsize=10.5, weight="normal")
        places = (1e-13, 3e-2), (1e-3, 2e-10), (1e-15, 8e-15)
        self.dots = {}
        for (method, name), at in zip(NAMES.items(), places, strict=True):
            style = METHOD_STYLES[method] | {"linestyle": "", "markersize": 4.5, "zorder": 3}
            if method == "central":  # where two coincide, both are seen
                style |= {"markersize": 7, "zorder": 2}
            (self.dots[method],) = right.plot([], [], **style)
            right.text(*at, name, color=ink(style["color"]), weight="bold", fontsize=9.5)
        ring = {"markersize": 13, "mfc": "none", "mew": 1.6, "zorder": 5}
        (self.ring,) = right.plot([], [], "o", color=INK, **ring)
        moving = [self.tangent, self.secant, self.ends, self.words, self.ring]
        return [*moving, *self.dots.values()]

    def update(self, method, x, h):
        slope = float(1 / (1 + np.exp(-x)))
        measured = _measured(method, x, h)
        for name, dots in self.dots.items():
            errors = [abs(_measured(name, x, step) - slope) / slope for step in self.steps]
            dots.set_data(self.steps, self.place(errors))
        error = abs(measured - slope) / slope
        self.ring.set_data([h], self.place([error]))
        between = {"forward": (x, x + h), "central": (x - h, x + h), "complex": (x,)}[method]
        self.tangent.set_ydata(_loss(x) + slope * (self.sides - x))
        self.secant.set_ydata(_loss(between[0]) + measured * (self.sides - between[0]))
        self.ends.set_data(between, [_loss(at) for at in between])
        for artist in (self.secant, self.ends):
            artist.set_color(METHOD_STYLES[method]["color"])
        self.words.set_text(f"measured {measured:.12f}\ntrue     {slope:.12f}")
        fact = (
            f"At x = {number(x)}, {NAMES[method]} with h = {h:.0e}: slope ≈ {measured:.12f} where "
            f"{slope:.12f} is true. Relative error ≈ {f'{error:.0e}' if error else 0}."
        )
        return fact, (
            f"Left, the curve log(1 + e^x) with its tangent at x = {number(x)} and a line of the "
            "measured slope; right, relative errors of forward, central and complex step against "
            f"the step on log axes, with a ring at the chosen one. {fact}"
        )


def _loss(x):
    """Loss of two classes, the right one's score 0, the other's x."""
    return np.log1p(np.exp(x))


def _measured(method, x, h):
    if method == "complex":
        return float(_loss(x + 1j * h).imag / h)
    if method == "central":
        return float((_loss(x + h) - _loss(x - h)) / (2 * h))
    return float((_loss(x + h) - _loss(x)) / h)


explore = _SecantAndTangent


# Exercises


@task(
    "4.1",
    "A complex step by hand",
    returns="real, imaginary",
    cases=lambda: [(2.0, 1.0), (1.0, 0.5), (-1.5, 0.25), (0.0, 2.0), (3.0, 1e-4), (-0.5, -3.0)],
    hints=(
        "Multiply (x + ih)(x + ih) out first, as you would for real numbers. What is i times i?",
        "(x + ih)^2 = (x^2 - h^2) + i 2xh. Multiply that by x + ih, and sort the terms by i.",
        "Begin with the square: `a, b = x * x - h * h, 2 * x * h`.",
    ),
    equation="(x + ih)^3, multiplied out",
    reread='04_numerical_derivatives, "The complex step"',
    question="Which of the four products in (a + ib)(x + ih) are real, and with which sign?",
    slips=patch("""
        - a * x - b * h
        + (x * x + h * h) * x + b * h  # i times i is taken to be 1
        + a * x + b * h  # i times i is taken to be 1
        ? What is ib times ih: is it positive?
        + x * x * x  # the terms with h squared are missing
        ? Is ih times ih real?
        + x * x * x - h * h * h  # each part is cubed by itself
        - a * h + b * x
        + (x * x + h * h) * h + b * x  # i times i is taken to be 1
        + 3 * x * x * h  # the term with h cubed is missing
        ? What is (ih)(ih)(ih), and which of the two parts does it join?
        + (a * h + b * x) / h  # the imaginary part is divided by h
        ? Which number stands beside i, before anything is divided?
        + h * h * h  # each part is cubed by itself
        ? Is (x + ih)(x + ih) equal to x x + (ih)(ih), or is there more?
    """),
    conditions=(real_alone,),
)
def cube_step(x, h):
    """Real and imaginary part of (x + ih)^3, from real numbers alone."""
    a, b = x * x - h * h, 2 * x * h  # (x + ih)^2 = a + ib
    return a * x - b * h, a * h + b * x


def _entries(A):
    return float(np.sum(np.sin(A) * np.arange(1, A.size + 1).reshape(A.shape)))


def _product_sum(A):
    return float(np.sum(A[0] * A[-1] ** 2))


def _log_sum(A):
    return float(np.log(np.sum(np.exp(A))))


def _slope_cases():
    rng = np.random.default_rng(42)
    return [
        (_product_sum, np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]]), 1e-4),
        (_log_sum, rng.normal(size=(2, 4)), 1e-4),
        (_entries, rng.normal(size=(4, 3)), 1e-3),
        (_entries, rng.normal(size=5), 1e-4),
        (_log_sum, 100 * np.ones((1, 2)), 1e-4),
        (_entries, 3.0 + np.arange(6.0).reshape(2, 3), 0.25),  # a step so large that h counts
    ]


@task(
    "4.2",
    "Every slope of a function of an array",
    returns="G",
    cases=_slope_cases,
    hints=(
        "How many numbers can you move one by one, and what shape have all their slopes?",
        "For each entry alone: the central difference, (f up - f down) / 2h, all others at rest.",
        "Begin with `G = np.zeros(A.shape)` and `for at in np.ndindex(A.shape):`.",
    ),
    equation="the central difference",
    reread='04_numerical_derivatives, "One entry at a time"',
    question="While one entry moves, what do the others do, and where do they stand afterwards?",
    slips=patch("""
        - (f(A + step) - f(A - step)) / (2 * h)
        + (f(A + step) - f(A)) / h  # the difference is a forward one
        ? To which sides of A do you step, and how far apart are the two places?
        + (f(A) - f(A - step)) / h  # the difference is a backward one
        ? To which sides of A do you step, and how far apart are the two places?
        + (f(A - step) - f(A + step)) / (2 * h)  # sign
        - / (2 * h)
        + / h  # the run is taken to be h
        ? How long is the way from A - h to A + h?
        + / 2 * h  # it is multiplied by h
        ? How does Python work out a / 2 * h?
        - / (2 * h)  # it is not divided by the run
        ? A slope is rise over run: where is the run?
        - step[at] = h
        + step[...] = h  # all entries move at once
        ? How many entries differ between A and the place at which you ask f?
        + step[at[0]] = h  # a whole row moves at once
        ? How many entries differ between A and the place at which you ask f?
        - step = np.zeros(A.shape)
        + step = np.zeros(A.shape) if not G.any() else step  # what has moved stays moved
        ? When the second entry moves, where does the first one stand?
        - return G
        + G.ravel()[:-1] = 0
        + return G  # last-example-only
    """),
    rtol=1e-6,
)
def slopes(f, A, h):
    """Slope of the number f(A) by every entry of A, in the shape of A; A stays as it is."""
    G = np.zeros(A.shape)
    for at in np.ndindex(A.shape):
        step = np.zeros(A.shape)
        step[at] = h
        G[at] = (f(A + step) - f(A - step)) / (2 * h)
    return G


@task(
    "4.3",
    "Order of a method from two of its errors",
    returns="k",
    cases=lambda: [
        (0.1, 0.02, 0.01, 0.002),
        (0.1, 0.05, 0.01, 0.0005),
        (0.5, 0.3, 0.25, 0.0375),
        (1e-3, 4e-7, 2e-3, 1.6e-6),
        (1e-6, 2e-10, 1e-7, 2e-9),  # rounding: the smaller step errs more
        (0.2, 1e-3, 0.05, 5e-4),
    ],
    hints=(
        "An error c h^k has two unknowns and you have two errors. What goes when you divide them?",
        "e_1 / e_2 = (h_1 / h_2)^k. Which function brings an exponent down?",
        "Begin with `ratio = e_1 / e_2`.",
    ),
    equation="an error that grows like c h^k",
    reread='04_numerical_derivatives, "The order of a method"',
    question="With e = c h^k, what does the quotient of your two errors say about k?",
    slips=patch("""
        - rise / run
        + (e_1 / e_2) / (h_1 / h_2)  # no logarithm is taken
        + e_1 / e_2  # no logarithm is taken
        + rise  # the logarithm of the steps is missing
        ? By how much does log h change here?
        + rise / np.log(2)  # the logarithm of the steps is missing
        + (e_1 - e_2) / (h_1 - h_2)  # no logarithm is taken
        ? If a step 10 times smaller errs 100 times less, is the order 10, or is it 2?
        + run / rise  # steps stand over errors
        ? On log axes, which of the two is drawn upward: the error or the step?
        + np.log(e_1) / np.log(h_1)  # one error alone makes k, so c counts too
        + np.log(e_2) / np.log(h_2)  # one error alone makes k, so c counts too
        ? Which k does your line give for the single error 5 h, and which is right?
        + -rise / run  # sign
        ? Does the error grow or shrink when the step grows?
        + abs(rise / run)  # the sign is lost
        ? Which sign has k if a smaller step errs more?
        + np.round(rise / run)  # k is rounded
        ? Must k be whole where two errors meet?
        - np.log(h_1 / h_2)
        + np.log(10)  # the steps are taken to be a factor 10 apart
        ? How many times smaller than the first step is the second one here?
    """),
)
def order(h_1, e_1, h_2, e_2):
    """The k of errors that grow like c h^k, from the errors e_1 and e_2 at two steps."""
    rise, run = np.log(e_1 / e_2), np.log(h_1 / h_2)
    return rise / run


TASKS = tasks_of(__name__)
