"""What `08_gradient_in_code.ipynb` needs: the stages of the mending, the stepper, the tasks."""

from functools import partial

import numpy as np
from matplotlib.patches import Rectangle

from softmax_lib.explorer import Explorer, choice, slider
from softmax_lib.figures import (
    CLASS_COLORS,
    INK,
    PALETTE,
    Table,
    draw_verdicts,
    house_style,
    ink,
    new_figure,
    note,
    show,
)
from softmax_lib.forward import cross_entropy, scores, softmax
from softmax_lib.gradcheck import relative_error
from softmax_lib.lessons import AXES, KINDS, task, tasks_of
from softmax_lib.lessons.conditions import numpy_alone, pair
from softmax_lib.lessons.matrix_shapes import CLASSES, FEATURES
from softmax_lib.lessons.scores_to_weights import half_trained_fruits
from softmax_lib.lessons.slips import (
    FORWARD,
    HEIGHTS,
    LOG,
    PENALTY,
    SLOPE,
    SUM,
    at_height,
    patch,
    shift_cases,
)
from softmax_lib.loss import softmax_loss_vectorized
from softmax_lib.words import digits, listed, number

_short, _long = partial(number, places=3), partial(number, places=4)


# Pictures


@house_style
def plot_stages(checks, bound=1e-8):
    """Draw what each way of asking says of each stage of the mending, as a table.

    `checks` maps a question, then a stage, to a `GradientCheck`; the last stage is the right one.
    Entries whose error is above the bound are counted as wrong.
    """
    *wrong, right = next(iter(checks.values()))

    def said(stage, check):
        passes = "✓ passes" if stage == right else "! passes"
        off = int((check.entry_errors >= bound).sum())
        error = f"error {digits(check.error)}, {off} of {check.entry_errors.size} wrong"
        return f"{passes if check.passed else '✗ fails'}\n{error}"

    words = [[said(stage, panel[stage]) for panel in checks.values()] for stage in (*wrong, right)]
    title = "Six fruits and reg > 0 see every slip; easier questions miss some"
    fig, ax = new_figure(height=3.9, title=title)
    table = draw_verdicts(ax, words, (*wrong, right), checks, width=3.2)
    ax.set_xlim(-2.3, table.right)
    missed = "; ".join(
        f"{name}: {', '.join(s for s in wrong if panel[s].passed) or 'none'}"
        for name, panel in checks.items()
    )
    show(
        fig,
        f"Wrong stages that pass: {missed}.",
        f"A table, a row for each of {len(words)} stages, a column for each question, with the "
        f"error by norm and a count of wrong entries. Wrong stages that pass are marked by a red "
        f"ground: {missed}.",
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
    title = f"A step on fruit {i} alone: good for fruit {i} at any rate, not for the rest"
    fig, ax = new_figure(height=3.5, title=title)
    style = {"linewidth": 2.2}
    ax.plot(rates, own, color=CLASS_COLORS[y[i]], **style)
    ax.plot(rates, mean, color=INK, linestyle="--", **style)
    for k in payers:
        ax.plot(rates, after[:, k], color=CLASS_COLORS[y[k]], linestyle=":", linewidth=1.8)
    ax.axhline(before.mean(), color=PALETTE["gray"], linewidth=1)
    own_color = CLASS_COLORS[y[i]]
    note(ax, f"fruit {i} itself", (rates[20], own[20]), (6, 5), color=own_color, fontsize=9.5)
    note(ax, "mean before the step", (rates[0], before.mean()), color="#555555", fontsize=9.5)
    note(ax, "mean after", (rates[6], mean[6]), (2, -4), fontsize=9.5)
    first = max(payers, key=lambda k: after[-1, k])
    at = np.searchsorted(after[:, first], 3.2)
    payer = f"fruits {' and '.join(map(str, payers))}, {CLASSES[y[first]]}s"
    color = ink(CLASS_COLORS[y[first]])
    note(ax, payer, (rates[at], 3.2), (-8, 0), va="center", color=color, fontsize=9.5)
    ax.set(xscale="log", ylim=(0, 4), xlabel="learning rate η", ylabel="loss after the step")
    ax.grid(True)
    falls = np.count_nonzero(np.diff(own) < 0)
    show(
        fig,
        f"From rate to rate, the loss of fruit {i} falls {falls} times of {len(rates) - 1}, from "
        f"{own[0]:.2f} to {own[-1]:.2f}. The mean over all fruits is lowest near "
        f"η = {best:.1g}, and at η = 1 it is {mean[-1]:.1f}, up from {before.mean():.2f}. "
        f"Fruits {payers[0]} and {payers[1]} pay.",
        f"Losses against the learning rate, from 0.001 to 1, log axis. A solid line, fruit {i}, "
        f"falls from {before[i]:.2f} toward 0. A dashed line, the mean, first falls with it, turns "
        f"near {best:.1g} and leaves the picture. Two dotted lines, fruits {payers[0]} and "
        f"{payers[1]}, climb steeply from there on.",
    )


# The loop stepper

CODES = ("mended", "without 1/N", "without 2 reg W")
REG = 0.1


class _LoopStepper(Explorer):
    """Step through the two loops, example by example, class by class, while dW fills up."""

    title = "Two loops fill dW, one column at a time"
    size = (6.8, 5.0)
    play = "step"
    pace = 1200  # a sentence to read

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
        return {"step": slider("step", 0, self.P.size + 1, 14), "code": choice("code", CODES)}

    def build(self, fig):
        ax = fig.subplots()
        N, D = self.X.shape
        mono = {"family": "DejaVu Sans Mono", "fontsize": 9.5, "va": "center"}
        look = {"facecolor": PALETTE["yellow"], "alpha": 0.6, "zorder": 0.5}
        self.bar = ax.add_patch(Rectangle((-0.3, 0), 14.1, 1, **look))
        self.code = [ax.text(0, k + 0.5, "", **mono) for k in range(8)]
        self.says = [ax.text(14.5, k + 0.5, "", va="center", fontsize=10) for k in range(8)]
        top = 10.6
        self.x = Table(ax, self.X, 2.6, top, name="X", width=0.85, fontsize=9.5)
        self.p = Table(ax, self.P, 7.8, top, name="P", width=1.6, text=_short, fontsize=9.5)
        self.dw = Table(ax, self.W, 16.5, top, name="dW", width=2.0, text=_short, fontsize=9.5)
        for name, table in (("X", self.x), ("P", self.p), ("dW", self.dw)):
            words = f"${name}$  ({table.rows}, {table.columns})"
            table.label(words, above=True, color=INK).set_y(top - 1.05)
        self.x.names(f"{i} {CLASSES[m]}" for i, m in enumerate(self.y))
        self.p.names(columns=CLASSES, fontsize=8.5)
        self.dw.names(FEATURES, CLASSES)
        self.verdict = ax.text(13.2, top + D + 1.0, "", va="center", weight="bold")
        self.frames = self.x.frame(i=0), self.p.frame(0, 0), self.dw.frame(j=0)
        Table.clear(ax, -0.4, 22.7, -0.3, top + N + 0.2)
        moving = [self.bar, *self.code, *self.says, self.verdict, *self.frames]
        return [*moving, self.dw]

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
        self.dw.fill(dW)
        inside = 0 < step <= N * C
        for frame in self.frames:
            frame.set_visible(inside)
        if inside:
            i, j = divmod(step - 1, C)
            line, says, fact = self._turn(i, j, code)
            corners = self.x.corner(i=i), self.p.corner(i, j), self.dw.corner(j=j)
            for frame, corner in zip(self.frames, corners, strict=True):
                frame.set_xy(corner)
            column = listed(dW[:, j], _long)
            fact = f"Step {step} of {N * C + 1}: {fact} Column {j} of dW is now ({column})."
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
            + "; ".join(f"({listed(column, _long)})" for column in dW.T)
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
            f"$p_j - 1[j = m]$ = {_long(self.P[i, j])} − {one}",
            f"   = {_long(g)}",
            f"times $X_i${over_n}:",
            f"({listed(term[:2], _long)},",
            f" {listed(term[2:], _long)})",
        ]
        return (
            6 if one else 4,
            says,
            f"fruit {i} ({CLASSES[m]}), class {j} ({CLASSES[j]}): {_long(g)} times "
            f"X_i{over_n} is ({listed(term, _long)}).",
        )


explore = _LoopStepper


# Exercises


def _slope_cases():
    rng = np.random.default_rng(71)
    X, W, y = half_trained_fruits()

    def forward(S, y):
        T = S - S.max(axis=1, keepdims=True)
        E = np.exp(T)
        Z = E.sum(axis=1, keepdims=True)
        return S, T, E, Z, E / Z, y

    def made(N, C, size, labels=None):
        return forward(size * rng.normal(size=(N, C)), rng.integers(0, labels or C, N))

    return [
        forward(scores(X, W), y),
        made(5, 4, 1.0),
        made(1, 3, 1.0),
        made(4, 2, 1.0),
        made(7, 5, 3.0, labels=3),
        forward(rng.normal(size=(4, 3)) + 2000.0, np.array([2, 0, 1, 1])),
        forward(rng.normal(size=(6, 4)).astype(np.float32), np.array([3, 0, 0, 2, 3, 0])),
    ]


@task(
    "8.1",
    "The derivative of the loss by every intermediate",
    returns="dP, dZ, dE, dT, dS",
    cases=_slope_cases,
    hints=(
        "Walk back from the loss, one line of the forward pass at a time. Who uses P, who uses Z?",
        "P = E / Z uses E twice, by itself and in Z, the sum of its row: dE is a sum of two parts. "
        "exp is its own derivative. And a shift of a whole row changes no loss.",
        "Begin with `dP = np.zeros(P.shape)`, and fill the N places `[np.arange(len(y)), y]`.",
    ),
    equation="eqs. (5), (6) and (14)",
    reread='05_chain_rule, "What does the product add up?"',
    question="Take the first value that is wrong: which line of the forward pass uses it, and how?",
    slips=(
        *patch("""
            - -1 / (P[rows, y] * len(y))
            + -1 / len(y)  # it is the derivative of -p_m, not of -log p_m
            ? What is the derivative of log p by p?
            + -P[rows, y] / len(y)  # p_m stands above, where it should divide
            ? What is the derivative of log p by p?
            - dP[rows, y] =
            + dP[:, y] =  # every-label
            - dP[rows, y] = -1 / (P[rows, y] * len(y))
            + dP = -1 / (P * len(y))  # every class has a slope, not only the right one
            ? Which entry of a row of P is in the loss of its example?
            - -(dP * E).sum(axis=1, keepdims=True) / Z**2
            + -(dP * E).sum(axis=1, keepdims=True) / Z  # Z is not squared
            ? What is the derivative of 1 / Z by Z?
            + -dP.sum(axis=1, keepdims=True) / Z**2  # E is missing: each p is E / Z, not 1 / Z
            ? What is the derivative of E / Z by Z?
            + -E.sum(axis=1, keepdims=True) / Z**2
            # dP is missing: it is the slope of P, not of the loss
            ? How does the loss change when P does, and where is that in your line?
            + (dP * E).sum(axis=1, keepdims=True) / Z**2  # sign
            ? For each of your slopes: does the loss grow or shrink when that number grows?
            - dP / Z + dZ
            + dP / Z  # the way through Z is missing
            ? If one entry of E grows, what happens to Z, and to all of that row's P?
            + dZ + 0 * E  # the way past Z is missing
            ? In p = E / Z, how does p change with E when Z is held?
            + P / Z + dZ  # P stands where dP belongs
            ? Which of your names is a slope, and which a value?
            + dP / Z - dZ  # the way through Z is taken off
            ? E is in Z with which sign, and the minus of the quotient rule is where already?
            - dE * E
            + dE.copy()  # the slope of exp is missing
            ? What is the derivative of exp(t) by t?
            + np.exp(dE)  # exp is taken of the slopes
            ? Which factor does the chain rule put behind dE?
            + dE * T  # the exponent stands where its exp belongs
            ? What is the derivative of exp(t) by t?
            + dE * P  # P stands where E belongs
            ? What is the derivative of exp(t) by t: E, or E over Z?
        """),
        *(
            (name, "dS = dT", f"dS = P.copy()\n    {wrong}\n    dS = dS / len(y)", *asked)
            for name, right, wrong, *asked in SLOPE
            if right == "dS[rows, y] -= 1" and name != "diagonal-jacobian"
        ),
        *patch("""
            - dS = dT
            + dS = P.copy()
            + dS[rows, y] -= 1 / len(y)  # no-mean-gradient
            + dS = (dT * len(y)) // len(y)  # the division drops what stands behind the point
            ? What is -1 // 6 in Python, and what is 0.5 // 6?
            + dS = dT - np.eye(S.shape[1])[S.argmax(axis=1)] * dT
            # the largest score of a row is thought to have a slope of its own
            ? What do the entries of a row of dT sum to: is anything left for the maximum?
            + dS = np.where(S == S.max(axis=1, keepdims=True), 0, dT)
            # the largest score of a row is thought to have a slope of its own
        """),
        *(
            ("last-example-only", "return dP", f"{name}[:-1] = 0\n    return dP")
            for name in ("dP", "dZ", "dE", "dT")
        ),
        *patch("""
            - return dP, dZ, dE, dT, dS
            + return dP, dZ, dE, dT, P / len(y)  # no-minus-one
        """),
    ),
    questions={
        "wrong-shape": "Which shape has the value itself, and so its derivative?",
        "no-mean-gradient": "The loss is a mean: by what is every one of its slopes divided?",
    },
    kinds={**KINDS, **dict.fromkeys(("dP", "dZ", "dE", "dT", "dS"), "gradient")},
    axes={**AXES, **dict.fromkeys(("T", "E"), "NC")},
)
def every_slope(S, T, E, Z, P, y):
    """Back through P = E / Z, Z = sum of E, E = exp(T), T = S - max, from L = mean of -log p_m."""
    rows = np.arange(len(y))
    dP = np.zeros(P.shape, P.dtype)  # (N, C)
    dP[rows, y] = -1 / (P[rows, y] * len(y))
    dZ = -(dP * E).sum(axis=1, keepdims=True) / Z**2  # (N, 1): all of a row's P share its Z
    dE = dP / Z + dZ  # (N, C): E is in P by itself, and in Z
    dT = dE * E
    dS = dT  # each row of dT sums to 0, so nothing is left for the maximum
    return dP, dZ, dE, dT, dS


def _loss_cases():
    """Each is there for a mistake that passes on others."""
    rng = np.random.default_rng(72)
    X, W, y = half_trained_fruits()

    def made(N, D, C, size, reg, labels=None):
        y = rng.integers(0, labels or C, N)
        return size * rng.normal(size=(D, C)), rng.normal(size=(N, D)), y, reg

    single = [a.astype(np.float32) if np.ndim(a) == 2 else a for a in made(6, 3, 4, 1.0, 0.1)]
    gaps = made(7, 3, 5, 1500.0, 0.0)
    return [
        (W, X, y, 0.1),
        made(5, 3, 4, 1e-3, 0.0),  # small W
        made(5, 4, 3, 1.0, 0.0),  # reg = 0
        made(8, 2, 3, 1.0, 20.0),  # a large reg
        made(7, 5, 4, 8.0, 0.5),  # a large W
        gaps,  # scores thousands apart
        *shift_cases(made),
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
        "The loss is mean_i L_i + reg sum(W W); dL/dW = X.T (P − Y)/N + 2 reg W.",
        "Begin with `S = X @ W`, and take each row's largest score off the row.",
    ),
    equation="eq. (14)",
    reread='08_gradient_in_code, "The same in matrices"',
    question="Does every term of your loss have its derivative in dW, with the same factor?",
    slips=(
        *FORWARD,
        *LOG,
        *SLOPE,
        *SUM,
        *PENALTY,
        *patch("""
            - T - np.log(Z)
            + np.log(E / Z - np.eye(E.shape[1])[y])  # overwritten-probabilities
            - 2 * reg * W
            + 2 * reg * W * W  # the weights are squared
            ? What is the derivative of w w by w?
            + 2 * reg * np.sum(W)  # the weights are summed
            ? Which shape has the slope of reg?
            - np.sum(W * W)
            + np.sum(W[:-1] * W[:-1])
            # the last row of W is left out of the regularization
            ? Does the text make an exception for the weights of the bias?
            - 2 * reg * W
            + 2 * reg * (W * (np.arange(len(W)) < len(W) - 1)[:, None])
            # the last row of W is left out of the regularization
            - X.T @ dS / len(y) + 2 * reg * W
            + X.T @ (dS / len(y) + 2 * reg)  # reg is added to dL/dS, before X is multiplied
            ? Does the part of reg depend on X?
            + X.T @ dS / len(y) * loss  # the gradient is multiplied by the loss
            ? In which line of the chain rule does the loss itself stand?
            - L_i.mean()
            + -np.log(np.exp(-L_i).mean())  # the logarithm of the mean p is taken
            ? Is the logarithm of a mean the mean of the logarithms?
            - X.T @ dS / len(y) + 2 * reg * W
            + 1.0 * W  # the weights come back, not their slopes
            ? What belongs beside the loss: W, or how the loss changes with W?
        """),
    ),
    questions={
        "wrong-shape": "How many numbers is the loss, and by what do you differentiate it last?",
        "wrong-return": "Which two values are asked for, and which of them is one number?",
    },
    conditions=(numpy_alone, pair),
)
def softmax_loss(W, X, y, reg):
    """Loss and gradient of the whole set: X W forward, X.T (P - Y)/N + 2 reg W back."""
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
        "dL_i/dW = X_i.T (p − Y_i), and a step goes against it.",
        "Begin with `p = softmax(X_i @ W)`, shape (1, C).",
    ),
    equation="eq. (14)",
    reread='08_gradient_in_code, "One step, by hand"',
    question="By how much does W[0, 0] move, by your line and by eq. (14)?",
    model=_step_in_full,
    slips=(
        *FORWARD,
        *SLOPE,
        *patch("""
            - W - learning_rate * (X_i.T @ dS)
            + X_i.T @ dS  # the gradient comes back, not the weights
            ? From where does the step start, and where does it end?
            + -learning_rate * (X_i.T @ dS)  # the step comes back, not the weights
            ? From where does the step start, and where does it end?
            + learning_rate * (X_i.T @ dS)  # the step comes back, not the weights
            + W - X_i.T @ dS  # the learning rate is missing
            ? How much longer is your step when the learning rate doubles?
            - dS[rows, y] -= 1
            + dS[:] = 0
            + dS[rows, y] -= 1  # X_i is added for the right class, whatever p is
            ? When the right class has p = 1 already, how far should W move?
        """),
    ),
    questions={
        "sign": "After your step, is the probability of the right class larger than before?",
        "no-minus-one": "Toward X_i or away from it: where does your step move W_m?",
    },
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
    for D, C, a, b in ((3, 5, 8.0, 1.5), (5, 2, 1 / 3, -1 / 7)):
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
    slips=patch("""
        - columns, np.ravel(dW)
        + columns, np.ravel(dW, 'F')  # dW is flattened column by column, data and W row by row
        ? In which order do you read the entries of dW, and in which those of data?
        - a, b = np.linalg.lstsq(columns, np.ravel(dW), rcond=None)[0]
        + a, b = np.sum(dW * data) / np.sum(data**2), np.sum(dW * W) / np.sum(W * W)
        # each number is fitted alone, as if the other part were not there
        ? If data and W are not at right angles, can each factor be found without the other?
        - float(a), float(b)
        + float(b), float(a)  # a and b are exchanged
        ? Which of your two columns comes first?
    """),
    questions={
        "constant-answer": "Which of your two numbers would never change, whatever dW came in?",
    },
)
def parts(dW, data, W):
    """The numbers (a, b) with dW = a data + b W, by least squares over all entries."""
    columns = np.stack([np.ravel(data), np.ravel(W)], axis=1)  # (D C, 2)
    a, b = np.linalg.lstsq(columns, np.ravel(dW), rcond=None)[0]
    return float(a), float(b)


TASKS = tasks_of(__name__)
