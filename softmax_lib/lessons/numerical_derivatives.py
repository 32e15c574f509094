"""What `04_numerical_derivatives.ipynb` needs: error against step, the explorer, exercises."""

import numpy as np

from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.slips import instead_of

__all__ = ["TASKS"]


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
    equation="eq. (3), and how its slope is measured",
    reread='04_numerical_derivatives, "The complex step"',
    question="Which of the four products in (a + ib)(x + ih) are real, and with which sign?",
    slips=(
        *instead_of(
            "a * x - b * h",
            ("i times i is taken to be 1", "(x * x + h * h) * x + b * h"),
            ("i times i is taken to be 1", "a * x + b * h", "What is ib times ih: is it positive?"),
            ("the terms with h squared are missing", "x * x * x", "Is ih times ih real?"),
            ("each part is cubed by itself", "x * x * x - h * h * h"),
        ),
        *instead_of(
            "a * h + b * x",
            ("i times i is taken to be 1", "(x * x + h * h) * h + b * x"),
            (
                "the term with h cubed is missing",
                "3 * x * x * h",
                "What is (ih)(ih)(ih), and which of the two parts does it join?",
            ),
            (
                "the imaginary part is divided by h",
                "(a * h + b * x) / h",
                "Which number stands beside i, before anything is divided?",
            ),
            (
                "each part is cubed by itself",
                "h * h * h",
                "Is (x + ih)(x + ih) equal to x x + (ih)(ih), or is there more?",
            ),
        ),
    ),
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


ONE_SIDED = "To which sides of A do you step, and how far apart are the two places?"
ALONE = "How many entries differ between A and the place at which you ask f?"


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
    equation="eq. (3), and how its slope is measured",
    reread='04_numerical_derivatives, "One entry at a time"',
    question="While one entry moves, what do the others do, and where do they stand afterwards?",
    slips=(
        *instead_of(
            "(f(A + step) - f(A - step)) / (2 * h)",
            ("the difference is a forward one", "(f(A + step) - f(A)) / h", ONE_SIDED),
            ("the difference is a backward one", "(f(A) - f(A - step)) / h", ONE_SIDED),
            ("sign", "(f(A - step) - f(A + step)) / (2 * h)"),
        ),
        *instead_of(
            " / (2 * h)",
            ("the run is taken to be h", " / h", "How long is the way from A - h to A + h?"),
            ("it is multiplied by h", " / 2 * h", "How does Python work out a / 2 * h?"),
            ("it is not divided by the run", "", "A slope is rise over run: where is the run?"),
        ),
        *instead_of(
            "step[at] = h",
            ("all entries move at once", "step[...] = h", ALONE),
            ("a whole row moves at once", "step[at[0]] = h", ALONE),
        ),
        (
            "what has moved stays moved",
            "        step = np.zeros(A.shape)\n",
            "        step = np.zeros(A.shape) if not G.any() else step\n",
            "When the second entry moves, where does the first one stand?",
        ),
        ("last-example-only", "    return G", "    G.ravel()[:-1] = 0\n    return G"),
    ),
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
    equation="eq. (3), and the errors of its slope",
    reread='04_numerical_derivatives, "The order of a method"',
    question="With e = c h^k, what does the quotient of your two errors say about k?",
    slips=(
        *instead_of(
            "rise / run",
            ("no logarithm is taken", "(e_1 / e_2) / (h_1 / h_2)"),
            ("no logarithm is taken", "e_1 / e_2"),
            (
                "the logarithm of the steps is missing",
                "rise",
                "By how much does log h change here?",
            ),
            ("the logarithm of the steps is missing", "rise / np.log(2)"),
            (
                "no logarithm is taken",
                "(e_1 - e_2) / (h_1 - h_2)",
                "If a step 10 times smaller errs 100 times less, is the order 10, or is it 2?",
            ),
            (
                "steps stand over errors",
                "run / rise",
                "On log axes, which of the two is drawn upward: the error or the step?",
            ),
            ("one error alone makes k, so c counts too", "np.log(e_1) / np.log(h_1)"),
            (
                "one error alone makes k, so c counts too",
                "np.log(e_2) / np.log(h_2)",
                "Which k does your line give for the single error 5 h, and which is right?",
            ),
            ("sign", "-rise / run", "Does the error grow or shrink when the step grows?"),
            (
                "the sign is lost",
                "abs(rise / run)",
                "Which sign has k if a smaller step errs more?",
            ),
            ("k is rounded", "np.round(rise / run)", "Must k be whole where two errors meet?"),
        ),
        (
            "the steps are taken to be a factor 10 apart",
            "np.log(h_1 / h_2)",
            "np.log(10)",
            "How many times smaller than the first step is the second one here?",
        ),
    ),
)
def order(h_1, e_1, h_2, e_2):
    """The k of errors that grow like c h^k, from the errors e_1 and e_2 at two steps."""
    rise, run = np.log(e_1 / e_2), np.log(h_1 / h_2)
    return rise / run


TASKS = tasks_of(__name__)
