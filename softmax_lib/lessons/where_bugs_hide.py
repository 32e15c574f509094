"""What `10_where_bugs_hide.ipynb` needs: a dozen bugs, the panel, the hunt, exercises."""

import ipywidgets as widgets
import numpy as np

from softmax_lib.explorer import Explorer, slider
from softmax_lib.figures import (
    CLASS_COLORS,
    CLASS_MARKERS,
    INK,
    PALETTE,
    Table,
    draw_verdicts,
    error_axis,
    house_style,
    new_figure,
    note,
    show,
)
from softmax_lib.forward import cross_entropy, softmax
from softmax_lib.gradcheck import gradient_check
from softmax_lib.lessons import task, tasks_of
from softmax_lib.lessons.conditions import answers
from softmax_lib.lessons.slips import patch
from softmax_lib.loss import softmax_loss_vectorized
from softmax_lib.words import number


def problem(N=6, C=3, size=1.0):
    """W (D, C) with entries of about `size`, X (N, D) and y (N,), made afresh."""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(6, 4))[:N]
    return size * rng.normal(size=(4, C)), X, np.array([2, 0, 1, 1, 2, 0])[:N] % C


# The bugs: each a loss of the usual contract with one thing wrong. They change a right answer, so
# that each says its mistake in a line; only the shifts are written out, for they act inside.


def _right(W, X, y, reg):
    """The loss, and its gradient in two parts: data and regularization."""
    loss, dW = softmax_loss_vectorized(W, X, y, reg)
    return loss, dW - 2 * reg * W, 2 * reg * W


def _shifted_by(K, W, X, y, reg):
    """Loss and gradient from exp(S - K), as many write them."""
    E = np.exp(X @ W - K)  # (N, C)
    P = E / E.sum(axis=1, keepdims=True)
    Y = np.eye(W.shape[1])[y]
    loss = -np.log(P[np.arange(len(y)), y]).mean() + reg * np.sum(W * W)
    return loss, X.T @ (P - Y) / len(y) + 2 * reg * W


def no_shift(W, X, y, reg):
    """Take exp of the scores as they are."""
    return _shifted_by(0, W, X, y, reg)


def matrix_shift(W, X, y, reg):
    """Subtract one maximum for the whole matrix."""
    return _shifted_by((X @ W).max(), W, X, y, reg)


def log_epsilon(W, X, y, reg):
    """Add 1e-12 inside the logarithm."""
    _, data, ridge = _right(W, X, y, reg)
    p_m = softmax(X @ W)[np.arange(len(y)), y]
    return -np.log(p_m + 1e-12).mean() + reg * np.sum(W * W), data + ridge


def no_reg_gradient(W, X, y, reg):
    """Forget 2 reg W in the gradient."""
    loss, data, _ = _right(W, X, y, reg)
    return loss, data


def half_reg_gradient(W, X, y, reg):
    """Write reg W where 2 reg W belongs."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, data + ridge / 2


def no_mean_gradient(W, X, y, reg):
    """Do not divide the gradient by N."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, len(y) * data + ridge


def last_example_only(W, X, y, reg):
    """Compute the gradient after the loop, for the last example."""
    loss, _, ridge = _right(W, X, y, reg)
    return loss, _right(W, X[-1:], y[-1:], reg)[1] + ridge


def divided_by_classes(W, X, y, reg):
    """Divide the gradient by C where N belongs."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, data * len(y) / W.shape[1] + ridge


def labels_across(W, X, y, reg):
    """Pick P[y, range(N)] where P[range(N), y] belongs, in loss and gradient."""
    N, P = len(y), softmax(X @ W)
    loss = -np.log(P[y, np.arange(N)]).mean() + reg * np.sum(W * W)
    G = P[y]  # row i: what picking P[y_i, i] does to the scores of example y_i
    G[np.arange(N), np.arange(N)] -= 1
    return loss, X[y].T @ G / N + 2 * reg * W


def sign(W, X, y, reg):
    """Compute Y - P where P - Y belongs."""
    loss, data, ridge = _right(W, X, y, reg)
    return loss, ridge - data


def half_reg_throughout(W, X, y, reg):
    """Use reg/2 in the loss and reg W in the gradient."""
    _, data, ridge = _right(W, X, y, reg)
    return cross_entropy(X @ W, y).mean() + reg / 2 * np.sum(W * W), data + ridge / 2


def sum_throughout(W, X, y, reg):
    """Sum over the examples, in loss and gradient."""
    _, data, ridge = _right(W, X, y, reg)
    return cross_entropy(X @ W, y).sum() + reg * np.sum(W * W), len(y) * data + ridge


BUGS = (
    no_shift,
    matrix_shift,
    log_epsilon,
    no_reg_gradient,
    half_reg_gradient,
    no_mean_gradient,
    last_example_only,
    divided_by_classes,
    labels_across,
    sign,
    half_reg_throughout,
    sum_throughout,
)

CONDITIONS = {  # the usual problem: N = 6, D = 4, C = 3, entries of W about 1, reg = 0.1
    "small W": {"size": 0.01},
    "large W": {"size": 1000.0},
    "reg = 0": {"reg": 0.0},
    "N = C": {"N": 3},
    "one example": {"N": 1},
}


def outcome(f, N=6, C=3, size=1.0, reg=0.1):
    """Error of f's gradient by norm (None where the check itself breaks), and whether it passes."""
    W, X, y = problem(N, C, size)
    try:
        with np.errstate(all="ignore"):
            check = gradient_check(lambda W: f(W, X, y, reg), W)
    except (ValueError, IndexError):  # a loss that is not finite, or labels that fit no column
        return None, False
    return check.error, check.passed


# Pictures


@house_style
def plot_panel(outcomes):
    """Draw what the gradient check says of each bug under each condition.

    `outcomes` maps a bug's name to one (error, passed) a condition, in the order of CONDITIONS.
    """
    fig, ax = new_figure(width=6.5, height=4.2, title="Where the check passes wrong code")
    words = [
        ["! passes" if passed else "✓" if error else "✓ breaks" for error, passed in results]
        for results in outcomes.values()
    ]
    draw_verdicts(ax, words, outcomes, CONDITIONS)
    ax.set_xlim(left=-1.9)
    wrong = {name: sum(passed for _, passed in results) for name, results in outcomes.items()}
    never = [name for name, count in wrong.items() if count == 0]
    always = [name for name, count in wrong.items() if count == len(CONDITIONS)]
    show(
        fig,
        f"Of {len(outcomes) * len(CONDITIONS)} checks of wrong code, {sum(wrong.values())} pass. "
        f"Always found: {', '.join(never)}. Never found: {', '.join(always)}.",
        "A table, one row a bug, one column a condition. "
        + " ".join(f"{name} passes in {count} of 5." for name, count in wrong.items()),
    )


@house_style
def plot_ratios(outcomes):
    """Draw the error by norm of each bug against the size of W: {name: [(size, error)]}."""
    fig, ax = new_figure(height=4.0, title="Small weights hide three bugs of these four")
    errors = {
        name: np.array([np.nan if error is None else error for _, error in points])
        for name, points in outcomes.items()
    }
    sizes, bound = [size for size, _ in next(iter(outcomes.values()))], 1e-6
    place = error_axis(ax, *errors.values())
    for k, (name, error) in enumerate(errors.items()):
        look = {"color": CLASS_COLORS[k], "marker": CLASS_MARKERS[k], "markersize": 12 - 3 * k}
        ax.plot(sizes, error, label=name, linewidth=1.2, **look)
        lost = np.isnan(error)
        ax.plot(np.array(sizes)[lost], place(error[lost]), linestyle="", **look)
    ax.axhline(bound, color=INK, linewidth=1.2, linestyle="--")
    note(ax, f"bound {bound:g}", (sizes[0], bound), (0, 2), bbox=None)
    ax.set(xscale="log", xlabel="size of the entries of W", ylabel="relative error by norm")
    ax.legend(loc="center right", bbox_to_anchor=(1, 0.53), fontsize=9)
    hidden = [name for name, error in errors.items() if error[0] < bound]
    show(
        fig,
        f"At the smallest W the errors of {', '.join(hidden)} are below {bound:g}: nothing to see. "
        f"Not finite for large W: {', '.join(n for n, e in errors.items() if np.isnan(e).any())}.",
        "Log-log plot of the gradient check's error against the size of the weights, one line a "
        "bug. Some lines lie at rounding level on the left; marks on a line at the top are of "
        "losses that are no longer finite on the right.",
    )


# The explorer

HUNTED = (no_reg_gradient, divided_by_classes, no_shift, last_example_only, half_reg_throughout)
TESTS = {"as usual": {}, **CONDITIONS}  # a gradient check each
KNOWN = ("loss at W = 0", "price of reg")  # numbers that are known without one


class _BugHunt(Explorer):
    """A loss with a hidden bug, tests to run, and twelve suspects: each test clears some."""

    title = "Which bug is it? Every test clears some of the twelve suspects"
    size = (8.4, 3.9)
    nobody = "nobody yet"

    def controls(self):
        names = [bug.__name__ for bug in BUGS]
        case = slider("case", 1, len(HUNTED))
        accused = widgets.Dropdown(options=[self.nobody, *names], description="I accuse")

        def take_back(_):
            accused.value = self.nobody

        case.observe(take_back, "value")  # an accusation belongs to one case
        tests = {
            name: widgets.ToggleButton(k == 0, description=name)
            for k, name in enumerate((*TESTS, *KNOWN))
        }
        return {"case": case, **tests, "accused": accused}

    def build(self, fig):
        self.found = {bug.__name__: _traces(bug) for bug in BUGS}
        panels, words = fig.subfigures(ncols=2, width_ratios=(1.75, 1))
        axes = panels.subplots(2, 3, sharex=True, sharey=True).ravel()
        self.entries, self.verdicts = [], []
        for ax, name in zip(axes, TESTS, strict=True):
            ax.set_title(name, fontsize=10.5)
            ax.set_yscale("symlog", linthresh=1e-6, linscale=0.6)
            ax.set(xlim=(-1.5, 12.5), ylim=(-60, 60), xticks=[])
            ax.set_yticks([-1, -1e-3, 0, 1e-3, 1], ["−1", "$-10^{-3}$", "0", "$10^{-3}$", "1"])
            ax.minorticks_off()
            ax.axhspan(-1e-6, 1e-6, color="#E3F1EC")
            ax.axhline(0, color=PALETTE["gray"], linewidth=0.8)
            for j in range(3):
                look = {"color": CLASS_COLORS[j], "markersize": 5}
                self.entries += ax.plot([], [], CLASS_MARKERS[j], **look)
            self.verdicts.append(ax.text(-1.2, 12, "", va="center", fontsize=8.5))
        panels.supylabel("(entry of dW − measured slope), scaled", fontsize=10)
        panels.supxlabel("entries of dW: ● class 0, ■ class 1, ▲ class 2", fontsize=10)
        ax = words.subplots()
        Table.clear(ax, 0, 1, -0.6, 17.2)
        ax.text(0, 0, "Suspects (– cleared)", weight="bold", va="center")
        self.suspects = [ax.text(0.03, k + 1, "", va="center") for k in range(len(BUGS))]
        self.known = [ax.text(0, 13.4 + k, "", va="center", fontsize=9.5) for k in range(2)]
        self.answer = ax.text(0, 16.2, "", va="center", weight="bold")
        return [*self.entries, *self.verdicts, *self.suspects, *self.known, self.answer]

    def update(self, case, accused, **run):
        guilty = HUNTED[case - 1].__name__
        traces = self.found[guilty]
        tests = [name for name, on in run.items() if on]
        seen = []
        for k, name in enumerate(TESTS):
            verdict, residuals, factor = traces[name]
            shown = residuals if run[name] else np.full((4, 3), np.nan)
            for j, entry in enumerate(self.entries[3 * k : 3 * k + 3]):
                entry.set_data(4 * j + np.arange(4), shown[:, j])
            said = f"FAILS: {factor} × slopes" if verdict == "FAILS" else verdict
            self.verdicts[k].set(**_as_run(said, run[name]))
            seen += [f"{name}: {said}"] if run[name] else []
        for text, name in zip(self.known, KNOWN, strict=True):
            said = f"{name}: {traces[name][0]}"
            text.set(**_as_run(said, run[name], f"{name}: not run"))
            seen += [said] if run[name] else []
        cleared = {
            name
            for name, theirs in self.found.items()
            if any(theirs[test][0] != traces[test][0] for test in tests)
        }
        for text, name in zip(self.suspects, self.found, strict=True):
            sign, color = ("–", "#9A9A9A") if name in cleared else ("?", INK)
            text.set(text=f"{sign} {name}", color=color)
        if accused == self.nobody:
            left = len(BUGS) - len(cleared)
            answer = f"{left} of {len(BUGS)} {'is' if left == 1 else 'are'} left."
        elif accused == guilty:
            answer = f"{accused}?\nYes, this is it."
        elif accused in cleared:
            answer = f"{accused}?\nNo: your tests clear it."
        elif any(self.found[accused][name][2] != traces[name][2] for name in TESTS):
            answer = f"{accused}?\nNo. Compare the numbers."
        else:
            answer = f"{accused}?\nNo, but no test here shows it."
        self.answer.set_text(answer)
        not_cleared = ", ".join(name for name in self.found if name not in cleared)
        caption = f"Case {case}, tests run: {len(tests)}. {' '.join(answer.split())}"
        return caption, (
            f"Residuals of dW in a panel a test, beside a list of suspects. "
            f"{'; '.join(seen) or 'No test is run'}. Not cleared: {not_cleared}. {caption}"
        )


def _as_run(said, run, otherwise="not run"):
    return {"text": said, "color": INK} if run else {"text": otherwise, "color": PALETTE["gray"]}


def _traces(bug):
    """What each test shows of a bug: a verdict; of a gradient check also residuals, a factor."""
    traces = {}
    with np.errstate(all="ignore"):
        for name, settings in TESTS.items():
            reg = settings.get("reg", 0.1)
            W, X, y = problem(**{k: v for k, v in settings.items() if k != "reg"})
            try:
                check = gradient_check(lambda W, X=X, y=y, reg=reg: bug(W, X, y, reg), W)
            except (ValueError, IndexError):
                traces[name] = "breaks", np.full(W.shape, np.nan), ""
                continue
            a, b = check.analytic, check.numerical
            scale = max(np.abs(a).max(), np.abs(b).max()) or 1.0
            factor = number(np.sum(a * b) / (np.sum(b * b) or 1.0), 3)
            traces[name] = "passes" if check.passed else "FAILS", (a - b) / scale, factor
        W, X, y = problem(N=3)
        nothing, free, charged = (
            bug(*at)[0] for at in ((0 * W, X, y, 0), (W, X, y, 0), (W, X, y, 1))
        )
        traces["loss at W = 0"] = f"{nothing / np.log(3):.3f} log C", None, ""
        traces["price of reg"] = f"{(charged - free) / np.sum(W * W):.3f} reg sum W²", None, ""
    return traces


explore = _BugHunt


# Exercises


@task(
    "10.1",
    "What a check with these settings notices",
    returns="no_mean, by_classes, no_reg, no_shift",
    cases=lambda: [
        (6, 3, 0.1, 900.0),
        (1, 3, 0.1, 5.0),
        (3, 3, 0.0, 700.0),
        (4, 2, 0.0, 712.0),
        (5, 5, 1.0, 95.0),
        (7, 4, 1e-4, 705.0),
    ],
    hints=(
        "For each bug ask: with which number is the wrong formula the right one?",
        "1/N is 1 at N = 1; 1/C is 1/N at N = C; 2 reg W is 0 at reg = 0; exp ends at 709.78.",
        "Begin with `no_mean = N > 1`.",
    ),
    equation="eq. (14), and its wrong versions",
    reread='10_where_bugs_hide, "Read it by columns"',
    question="At which setting does each wrong formula give the right number?",
    slips=patch("""
        - N > 1
        + N == 1  # it says where the check is blind
        ? At this setting, does the wrong formula give another number than the right one?
        + C > 1  # it depends on C, where N decides
        ? With which N is 1/N the same as 1?
        - N != C
        + N == C  # it says where the check is blind
        + N > C  # only an N above C is thought to show it
        ? Is 1/C equal to 1/N if N < C?
        + N < C  # only a C above N is thought to show it
        ? Is 1/C equal to 1/N if N > C?
        - reg > 0
        + reg == 0  # it says where the check is blind
        + reg > 0.1  # a small reg is thought not to show it
        ? Is 2 reg W then 0?
        + reg > 0.5  # a small reg is thought not to show it
        - largest_score > limit
        + largest_score <= limit  # it says where the check is blind
        + largest_score > 1000  # the limit is not where exp overflows
        ? What is the largest x with a finite exp(x), in float64?
        + largest_score > 88.7  # the limit is that of float32
        ? What is the largest x with a finite exp(x), in float64?
    """),
    questions={"constant-answer": "For which settings would each of your four answers change?"},
    reg="",  # an argument here, and no part of what comes back
)
def notices(N, C, reg, largest_score):
    """Whether a gradient check sees: no mean, divided by classes, no reg gradient, no shift."""
    limit = np.log(np.finfo(np.float64).max)
    return N > 1, N != C, reg > 0, bool(largest_score > limit)


def _check_cases():
    W, X, y = problem()
    D = len(W)
    hidden = problem(N=3)
    _, X_few, y_few = hidden
    sure = 25.0 * np.linalg.pinv(X_few) @ np.eye(W.shape[1])[y_few]
    functions = (softmax_loss_vectorized, no_reg_gradient, sign, no_mean_gradient, sum_throughout)
    return [
        *((f, W, X, y, 0.1) for f in functions),
        (divided_by_classes, W, X, y, 0.1),
        (divided_by_classes, *hidden, 0.1),
        (no_reg_gradient, 1e-3 * W, X, y, 1e-5),
        (no_mean_gradient, W, 1e-7 * X, y, 0.0),  # slopes so small that a fixed bound passes it
        (sign, sure, X_few, y_few, 0.0),  # every answer is right and sure: slopes near 1e-11
        # One feature so small that its slopes are rounding alone: the norm does not mind.
        (softmax_loss_vectorized, W, X * (1.0 - (1 - 1e-9) * (np.arange(D) == 1)), y, 0.0),
    ]


@task(
    "10.2",
    "A gradient check of your own",
    returns="verdict",
    cases=_check_cases,
    hints=(
        "One entry of W at a time: up by h, down by h, and only f's loss is used.",
        "Compare by norm: norm(dW - slopes) <= 1e-6 * norm(slopes).",
        "Begin with `h = 1e-5` and `slopes = np.zeros(W.shape)`.",
    ),
    equation="eq. (14), and its judge",
    reread='09_gradient_check, "One number for the verdict"',
    question="Do your slopes come from f's loss alone, and are they exact to 1e-6 themselves?",
    slips=patch("""
        - np.linalg.norm(dW - slopes) <= 1e-6 * np.linalg.norm(slopes)
        + np.linalg.norm(dW - slopes) <= 1e-6  # the bound is a fixed number
        ? If every slope were 1e7 times smaller, would your verdict change?
        + np.allclose(dW, slopes, atol=1e-4)  # the bound is a fixed number
        + np.allclose(dW, slopes, 1e-6)  # the bound is a fixed number
        + np.linalg.norm(dW - slopes) <= 2e-8 * np.linalg.norm(slopes)
        # the bound is stricter than 1e-6
        ? Which error does the text allow, and which does your line?
        + (abs(dW - slopes) <= 1e-6 * (abs(slopes) + abs(dW))).all()
        # every entry is held to its own size, not the whole to its norm
        + (abs(dW - slopes) <= 1e-6 * abs(slopes)).all()
        # every entry is held to its own size, not the whole to its norm
        ? How exact is the difference of two losses for an entry that is nearly 0?
        - slopes = np.zeros(W.shape)
        + right = softmax_loss_vectorized(W, X, y, reg)[1]
        + return bool(np.linalg.norm(dW - right) <= 1e-6 * np.linalg.norm(right))
        # it is compared with the right gradient, not with the slopes of f's own loss
        ? If f's loss and f's dW are wrong in the same way, what must a gradient check say?
        - f(W + step, X, y, reg)[0] - f(W - step, X, y, reg)[0]
        + 2 * (f(W + step, X, y, reg)[0] - f(W, X, y, reg)[0])
        # the difference is a forward one, too coarse for this bound
        ? How large is the error of a one-sided difference at h = 1e-5?
        + 2 * (f(W + step, X, y, reg)[0] - f(W - step, X, y, reg)[0])  # the run is taken to be h
        ? How far apart are the two places where you ask f?
    """),
    questions={
        "wrong-return": "Is it a verdict that comes back, or the error behind it?",
        "constant-answer": "Does a wrong f get the same verdict from you as a right one?",
    },
    reg="",  # an argument here, and no part of what comes back
)
def passes(f, W, X, y, reg):
    """Whether f's gradient agrees with central differences of f's loss, to 1e-6 by norm."""
    h = 1e-5
    dW = f(W, X, y, reg)[1]
    slopes = np.zeros(W.shape)
    for d in range(W.shape[0]):
        for j in range(W.shape[1]):
            step = np.zeros(W.shape)
            step[d, j] = h
            rise = f(W + step, X, y, reg)[0] - f(W - step, X, y, reg)[0]
            slopes[d, j] = rise / (2 * h)
    return bool(np.linalg.norm(dW - slopes) <= 1e-6 * np.linalg.norm(slopes))


def _a_trifle_more(W, X, y, reg):
    loss, dW = softmax_loss_vectorized(W, X, y, reg)
    return loss * (1 + 1e-8), dW


def _double_reg(W, X, y, reg):
    return softmax_loss_vectorized(W, X, y, 2 * reg)


def _charge_cases():
    W, X, y = problem(N=5)
    functions = (softmax_loss_vectorized, sum_throughout, half_reg_throughout, no_reg_gradient)
    functions += (_double_reg,)
    rounded = (softmax_loss_vectorized, W, X, y, 7.3)  # where the right price is not exact
    return [*((f, W, X, y, 0.25) for f in functions), rounded]


@task(
    "10.3",
    "Whether the loss is the loss we mean",
    returns="verdict",
    cases=_charge_cases,
    hints=(
        "Two losses that you know without any softmax: which?",
        "At W = 0 the loss is log C; reg adds reg * sum(W * W), and nothing else.",
        "Begin with `nothing = f(0 * W, X, y, reg)[0]`.",
    ),
    equation="eq. (3), where it is known",
    reread='10_where_bugs_hide, "What no gradient check can see"',
    question="What must the loss be at W = 0, and by exactly how much must it grow with reg?",
    slips=patch("""
        - abs(nothing) <= 1e-9 and abs(price) <= 1e-9
        + abs(nothing) <= 1e-9  # only the loss at W = 0 is looked at
        ? Which of the two known losses contains reg?
        + abs(price) <= 1e-9  # only the price of reg is looked at
        ? Is a loss that sums over the examples caught by its reg?
        + abs(nothing) <= 1e-9 or abs(price) <= 1e-9  # one of the two is enough
        ? If one of the two losses is wrong, is f's loss the one we mean?
        + nothing == 0 and price == 0  # the comparison leaves no room for rounding
        ? Is a difference of two floats right to its last digit?
        + nothing <= 1e-9 and price <= 1e-9  # a loss that is too small passes
        ? Is a loss right when it charges less than it should?
        + not (abs(nothing) <= 1e-9 and abs(price) <= 1e-9)
        # it says True when the loss is another one
        ? Which of the two says that the loss is right, True or False?
        - np.log(W.shape[1])
        + np.log(W.shape[0])  # it is the logarithm of D, where C is asked for
        ? Which axis of W counts the classes?
        + np.log2(W.shape[1])  # the logarithm has base 2
        ? Which logarithm does eq. (3) take?
        + np.log(len(X))  # it is the logarithm of N
        ? At W = 0, which p has each class?
        - - reg * np.sum(W * W)
        + - 0.5 * reg * np.sum(W * W)  # half of reg is thought right
        ? Which factor stands before the sum of the squares in our loss?
    """),
    questions={
        "constant-answer": "Does a wrong f get the same verdict from you as a right one?",
    },
    reg="",  # an argument here, and no part of what comes back
    conditions=(
        answers(
            lambda: (_a_trifle_more, *problem(N=5), 0.25),
            False,
            "The text asks for 1e-9; a loss that is off in the eighth digit still passes yours.",
        ),
    ),
)
def charges_right(f, W, X, y, reg):
    """Whether f's loss is log C at W = 0, and grows by reg * sum(W * W) when reg comes in."""
    nothing = f(0 * W, X, y, reg)[0] - np.log(W.shape[1])
    price = f(W, X, y, reg)[0] - f(W, X, y, 0.0)[0] - reg * np.sum(W * W)
    return bool(abs(nothing) <= 1e-9 and abs(price) <= 1e-9)


TASKS = tasks_of(__name__)
