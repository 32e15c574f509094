"""What `11_train_on_digits.ipynb` needs: pictures of a training, the explorer, exercises."""

from dataclasses import replace

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgba

from softmax_lib.datasets import load_digits
from softmax_lib.derivation import dL_dS
from softmax_lib.explorer import Explorer, ladder, slider
from softmax_lib.figures import (
    INK,
    PALETTE,
    Table,
    centered,
    draw_error_groups,
    draw_tiles,
    house_style,
    new_figure,
    show,
)
from softmax_lib.forward import cross_entropy, softmax
from softmax_lib.lessons import gradient_in_code, task, tasks_of
from softmax_lib.lessons.slips import patch
from softmax_lib.progress import with_bar as bar_over
from softmax_lib.training import train
from softmax_lib.words import signed


def with_bar(settings):
    """The settings one by one, with a progress bar above the cell's output."""
    return bar_over(settings, len(settings), progress=True)


# Pictures


@house_style
def plot_spread(spread):
    """Draw by how many gray levels each pixel varies; `spread`, shape (64,), is for 0 … 1."""
    fig, ax = new_figure(width=4.4, height=3.7, title="Spread of each pixel, in gray levels")
    levels = 16 * spread.reshape(8, 8)

    def written(gray):  # cut off, not rounded: 0.998 is no 1.00
        return f"{gray:.1f}" if gray >= 1 else f"{np.floor(100 * gray) / 100:.2f}" if gray else "0"

    table = Table(ax, levels, text=written, fontsize=9)
    table.fill(levels, lambda gray: colormaps["cividis"](gray / 8))
    table.embolden(levels < 1)
    Table.clear(ax, 0, 8, 0, 8, aspect="equal")
    small, still = int(np.sum(levels < 1)), int(np.sum(levels == 0))
    show(
        fig,
        f"{small} of 64 pixels vary by less than one gray level; {still} of them never do.",
        f"An image of 8 × 8 cells with numbers. The middle columns vary by several gray levels, "
        f"the left and right edges hardly at all: {small} cells are below 1, {still} are 0.",
    )


@house_style
def plot_curves(raw, faster, standardized):
    """Draw the losses of three histories, and the wrong answers of the last."""
    fig, (left, right) = new_figure(width=9.0, height=3.6, ncols=2)
    epochs = np.arange(len(raw.loss))
    for history, name, color, style in (
        (raw, "raw pixels, rate 1", PALETTE["gray"], ":"),
        (faster, "raw pixels, rate 10", PALETTE["orange"], "--"),
        (standardized, "standardized, rate 1", PALETTE["blue"], "-"),
    ):
        left.plot(epochs, history.loss, color=color, linestyle=style, label=name)
    left.set(yscale="log", xlabel="epoch", ylabel="loss $L$ on the training set")
    left.set_title("Standardized pixels learn faster")
    left.legend(loc="upper right", fontsize=9.5)
    left.grid(True, axis="y")
    for shares, name, color, style in (
        (standardized.val_accuracy, "validation", PALETTE["vermillion"], "-"),
        (standardized.train_accuracy, "training", PALETTE["blue"], "--"),
    ):
        wrong = 100 * (1 - shares[1:])
        right.plot(epochs[1:], wrong, color=color, linestyle=style)
        right.text(epochs[-1], wrong[-1] + 0.4, name, color=color, ha="right", va="bottom")
    right.set(xlabel="epoch", ylabel="wrong answers, %", ylim=(0, None), xlim=left.get_xlim())
    right.set_title("Unseen digits soon stop improving")
    right.grid(True, axis="y")
    ahead = int(np.argmax(standardized.loss < raw.loss[-1]))
    early = "3 epochs at most" if ahead <= 3 else f"{ahead} epochs"
    gap = (standardized.train_accuracy - standardized.val_accuracy)[-1]
    caught = faster.loss[-1] < 2 * standardized.loss[-1]
    show(
        fig,
        f"At learning rate 1, standardized pixels take {early} to a loss that raw ones do not "
        f"reach in {epochs[-1]}. At 10, raw pixels {'end close by' if caught else 'stay behind'}. "
        f"Unseen digits are wrong {'more than 2 percentage points' if gap > 0.02 else 'hardly'} "
        f"more often than seen ones.",
        "Two plots against the epoch. Left, log axis: three losses fall; raw pixels at rate 1 are "
        "slowest. Right: the share of wrong answers falls toward 0 on the training set; on the "
        "validation set it levels off at some percent.",
    )


@house_style
def plot_grid(rates, regs, losses, right, near, chosen):
    """Draw the validation loss and the right answers of each setting, (len(rates), len(regs)).

    `near` marks the settings within one standard error of the best; `chosen` is one (row, column).
    """
    fig, ax = new_figure(width=6.4, height=3.6, title="Validation loss, and right answers")
    words = np.empty(losses.shape, object)
    for at in np.ndindex(words.shape):
        words[at] = f"{losses[at]:.3f}{' ★' if at == chosen else ''}\n{right[at]} right"
    depth = np.log(losses / 0.1) / np.log(30)  # from a loss of 0.1 to one of 3
    table = Table(ax, words, width=2, text=str)
    table.fill(words, colormaps["cividis_r"](depth).reshape(-1, 4))
    table.embolden(near)
    names = [f"rate {rate:g}" for rate in rates], [f"reg {reg:g}" for reg in regs]
    table.names(*names, color=INK, fontsize=10.5)
    Table.clear(ax, -1.2, table.right, -0.5, table.bottom)
    rate, reg = rates[chosen[0]], regs[chosen[1]]
    show(
        fig,
        f"{near.sum()} of {near.size} settings (bold) lie within one standard error of the best. "
        f"Of these, the star has the largest reg: learning rate {rate:g}, reg {reg:g}.",
        f"A table of {near.size} cells, rows by learning rate, columns by reg, each with a loss "
        f"and a count. Darker is worse. The star is at learning rate {rate:g}, reg {reg:g}.",
    )


@house_style
def plot_images(start, W, end):
    """Draw minus the gradients before and after, and W between: (65, 10), ten images each."""
    rows = {"−dL/dW at W = 0": start, "W after training": W, "−dL/dW after training": end}
    fig, axes = new_figure(width=7.4, height=3.3, nrows=len(rows))
    for ax, (title, M) in zip(axes, rows.items(), strict=True):
        largest = np.abs(M[:64]).max()
        draw_tiles(ax, M[:64].T, largest=largest)
        Table.clear(ax, -1.5, 98.2, -0.2, 8.2, aspect="equal")
        ax.set_title(f"{title}, up to {largest:.2g}", fontsize=10.5, pad=4)
        for j in range(10):
            centered(ax, 10 * j - 0.4, 4, j, ha="right", fontsize=9)
    show(
        fig,
        "Minus the gradient before training, the weights, and minus the gradient after it, by "
        "class. Blue is positive, vermillion negative, white 0.",
        "Three rows of ten images of 8 × 8 cells. First row: blurred digits in blue, vermillion "
        "where other classes have ink. Second row: more broken up, both colors side by side. "
        "Third row: pale, but for a few classes.",
    )


@house_style
def plot_checks(checks):
    """Draw the entry errors of several gradient checks side by side: {moment: GradientCheck}."""
    fig, ax = new_figure(width=9.0, height=4.0)
    drawn, ticks = {}, []
    for moment, check in checks.items():
        floor, errors = check.floor.ravel(), check.entry_errors.ravel()
        # A pixel that is always 0 has no slope at all: two exact zeros, nothing to compare.
        alive = np.isfinite(floor) | (errors > 0)
        drawn[moment] = errors[alive], np.minimum(floor[alive], 4)  # above: the answer is noise
        ticks.append(f"{moment}: {'passes' if check.passed else 'FAILS'}")
    errors, floors = zip(*drawn.values(), strict=True)
    draw_error_groups(ax, {"central": errors}, floors, names=ticks)
    for middle, check in zip(ax.get_xticks(), checks.values(), strict=True):
        reach = [middle - 325, middle + 325]
        ax.plot(reach, [check.error] * 2, color=INK, linewidth=2.2, linestyle=":")
    ax.tick_params(axis="x", length=0)
    ax.set_title("Entry errors, their rounding floor (solid), the error by norm (dotted)", pad=23)
    passed = [moment for moment, check in checks.items() if check.passed]
    failed = [moment for moment in checks if moment not in passed]
    above = sum(int(np.sum(errors > 10 * floor)) for errors, floor in drawn.values())
    fact = (
        f"The right gradient passes: {', '.join(passed)}. "
        f"It fails: {', '.join(failed) or 'never'}. "
        f"{above or 'None'} of the errors lies above ten times its floor."
    )
    show(
        fig,
        fact,
        f"Log plot of relative errors in {len(checks)} groups, up to 650 markers each, sorted "
        f"along a rising line, the rounding floor; most markers lie below it. {fact}",
    )


@house_style
def plot_confusion(y, predicted):
    """Draw how often each right class was given each class."""
    counts = np.array([[np.sum(predicted[y == r] == j) for j in range(10)] for r in range(10)])
    wrong = counts * (1 - np.eye(10, dtype=int))
    title = f"{len(y)} test digits, {wrong.sum()} mistakes"
    fig, ax = new_figure(width=5.2, height=4.4, title=title)
    colors = colormaps["Blues"]((counts - wrong) / 75)
    colors[wrong > 0] = to_rgba("#FBD9C4")
    table = Table(ax, counts, text=lambda count: str(count or ""))
    table.fill(counts, colors.reshape(-1, 4))
    table.embolden(wrong > 0)
    table.names(range(10), range(10), color=INK, fontsize=10.5)
    centered(ax, 5, -0.9, "predicted class")
    centered(ax, -0.9, 5, "right class", rotation=90)
    Table.clear(ax, -1.2, 10, -1.2, 10)
    pairs = [f"{r} as {j}" for r, j in np.argwhere(wrong)]
    show(
        fig,
        f"{np.diag(counts).sum()} of {len(y)} stand on the diagonal; no cell off it holds more "
        f"than {wrong.max()}.",
        f"A table of ten rows, the right classes, and ten columns, the predicted ones. The "
        f"diagonal holds {np.diag(counts).min()} to {np.diag(counts).max()} digits a class. Off "
        f"it stand: {', '.join(pairs)}.",
    )


@house_style
def plot_mistakes(images, y, P):
    """Draw the digits that P (N, C) gets wrong, the surest mistake first."""
    predicted, sure = P.argmax(axis=1), P.max(axis=1)
    wrong = np.flatnonzero(predicted != y)
    wrong = wrong[np.argsort(-sure[wrong])]
    lines = [wrong[k : k + 7] for k in range(0, len(wrong), 7)]
    fig, axes = new_figure(width=7.4, height=1.3 * len(lines), nrows=len(lines), squeeze=False)
    for ax, line in zip(axes[:, 0], lines, strict=True):
        words = [f"{y[i]}, said {predicted[i]}\n{sure[i]:.2f} sure" for i in line]
        draw_tiles(ax, images[line], words, gap=3)
        Table.clear(ax, -0.5, 74.5, -0.2, 8.2, aspect="equal")
    words = [f"{y[i]} as {predicted[i]}" for i in wrong]
    bound = 0.9 if sure[wrong].max() < 0.9 else 1
    show(
        fig,
        f"Every mistake on the test set, the surest first: none is surer than {bound:g}.",
        f"{len(wrong)} small gray images, most of them hard to read, each with the right class, "
        f"the class said, and its probability: {', '.join(words)}.",
    )


# The explorer

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
REGS = (0.0, 1e-3, 1e-2, 1e-1)
EPOCHS = 10


def prepared_digits():
    """Training and validation digits, standardized as in the notebook, with the bias column."""
    digits = load_digits(bias=False)
    mean = digits.X_train.mean(axis=0)
    spread = np.maximum(digits.X_train.std(axis=0), 1 / 16)

    def prepared(A):
        return np.hstack([(A - mean) / spread, np.ones((len(A), 1))])

    return prepared(digits.X_train), digits.y_train, prepared(digits.X_val), digits.y_val


def all_runs(X, y, X_val, y_val):
    """What `train` makes of every setting of RATES and REGS, all at once.

    The settings see the same batches, so their weights stand side by side in one matrix, and one
    product makes the scores of all of them. Returns W (EPOCHS + 1, settings, D, C), before training
    and after each epoch, where a setting is a rate, then a reg; and two (EPOCHS + 1, settings, 2),
    on the training and the validation set: losses, without the regularization, and accuracies.
    """
    rates, regs = (a.ravel() for a in np.meshgrid(RATES, REGS, indexing="ij"))
    (N, D), G, C = X.shape, len(rates), 10
    W = np.zeros((G, D, C))

    def stacked_scores(X):
        return (X @ W.transpose(1, 0, 2).reshape(D, G * C)).reshape(-1, C)  # (N G, C)

    def measured(X, y):
        S, y = stacked_scores(X), np.repeat(y, G)
        L, right = cross_entropy(S, y), S.argmax(axis=1) == y
        return L.reshape(-1, G).mean(axis=0), right.reshape(-1, G).mean(axis=0)

    rng = np.random.default_rng(0)
    weights, measures = [], []
    for epoch in range(EPOCHS + 1):
        weights.append(W)
        measures.append([measured(X, y), measured(X_val, y_val)])
        for batch in np.split(rng.permutation(N), range(50, N, 50)) if epoch < EPOCHS else ():
            P = softmax(stacked_scores(X[batch]))
            dS = G * dL_dS(P, np.repeat(y[batch], G))  # a mean over the batch, not over batch and G
            dW = X[batch].T @ dS.reshape(len(batch), G * C)  # (D, G C)
            dW = dW.reshape(D, G, C).transpose(1, 0, 2) + 2 * regs[:, None, None] * W
            W = W - rates[:, None, None] * dW
    losses, accuracies = np.array(measures).transpose(2, 0, 3, 1)
    return np.array(weights), losses, accuracies


class _TrainingRoom(Explorer):
    """Learning rate, reg and epoch: the loss curves, and the ten weight images."""

    title = "What learning rate and reg make of the weights"
    size = (9.4, 3.9)
    play = "epoch"

    def controls(self):
        return {
            "rate": ladder("learning rate", RATES, 1.0),
            "reg": ladder("reg", REGS, 1e-3),
            "epoch": slider("epoch", 0, EPOCHS, EPOCHS),
        }

    def build(self, fig):
        self.W, self.losses, self.accuracies = all_runs(*prepared_digits())
        curves, images = fig.subplots(ncols=2, width_ratios=(1, 1.25))
        curves.set(yscale="log", ylim=(0.008, 30), xlim=(-0.3, EPOCHS + 0.3), xlabel="epoch")
        curves.set_ylabel("mean loss of an example")
        curves.grid(True, axis="y")
        self.curves, self.markers = [], []
        for name, color, style, marker in (
            ("training", PALETTE["blue"], "--", "o"),
            ("validation", PALETTE["vermillion"], "-", "s"),
        ):
            self.curves += curves.plot([], [], color=color, linestyle=style, label=name)
            self.markers += curves.plot([], [], marker, color=color, markersize=8)
        curves.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0)
        self.tiles = [
            tile
            for first in (0, 5)
            for tile in draw_tiles(
                images, np.zeros((5, 8, 8)), range(first, first + 5), top=2.2 * first, largest=1
            )
        ]
        Table.clear(images, -0.5, 48.5, -2, 26)
        self.words = [images.text(0, y, "", va="center") for y in (21.8, 24.6)]
        return [*self.curves, *self.markers, *self.tiles, *self.words]

    def update(self, rate, reg, epoch):
        g = RATES.index(rate) * len(REGS) + REGS.index(reg)
        losses, W = self.losses[:, g], self.W[epoch, g]
        for part, (curve, marker) in enumerate(zip(self.curves, self.markers, strict=True)):
            heights = np.minimum(losses[:, part], 25)  # what is worse lies on the upper edge
            curve.set_data(np.arange(EPOCHS + 1), heights)
            marker.set_data([epoch], [heights[epoch]])
        largest = np.abs(W[:64]).max()
        for tile, picture in zip(self.tiles, W[:64].T / (largest or 1), strict=True):
            tile.set_array(picture)
        (train_loss, val_loss), (train, val) = losses[epoch], self.accuracies[epoch, g]
        weights = f"largest weight {largest:.3g}: the deepest color"
        shares = f"right: training {100 * train:.1f} %, validation {100 * val:.1f} %"
        self.words[0].set_text(weights)
        self.words[1].set_text(shares)
        caption = (
            f"Learning rate {rate:g}, reg {reg:g}, epoch {epoch}: loss {train_loss:.3g} on "
            f"training digits, {val_loss:.3g} on validation digits."
        )
        alt = (
            f"Two loss curves with markers at epoch {epoch}, and ten images of weights, blue "
            f"positive, vermillion negative; {weights}; {shares}. {caption}"
        )
        return caption, alt


explore = _TrainingRoom


class _WhyThatClass(Explorer):
    """A misread digit, and what each of its pixels says for the class said, and for another."""

    title = "Why did it say that? Pixel times weight, added up, is the score"
    size = (9.4, 3.3)

    def controls(self):
        X, y, X_val, y_val = prepared_digits()
        W = train(X, y, learning_rate=1.0, reg=1e-3, epochs=EPOCHS).W
        said = (X_val @ W).argmax(axis=1)
        self.wrong = np.flatnonzero(said != y_val)
        self.right, self.said = y_val[self.wrong], said[self.wrong]
        self.parts = X_val[self.wrong, :, None] * W  # (mistakes, D, C): their sum is the scores
        self.images = load_digits(bias=False).X_val[self.wrong]
        return {
            "digit": slider("misread digit", 1, len(self.wrong)),
            "other": ladder(
                "against class", range(-1, 10), text=lambda j: "right one" if j < 0 else f"{j}"
            ),
        }

    def build(self, fig):
        ax = fig.subplots()
        (self.image,) = draw_tiles(ax, np.zeros(64))
        self.tiles = draw_tiles(ax, np.zeros((3, 64)), left=11, gap=3, largest=1)
        for left, sign in ((20.5, "−"), (31.5, "=")):
            centered(ax, left, 4, sign, fontsize=16)
        middles = (4, 15, 26, 37)
        self.names = [centered(ax, x, -1, weight="bold") for x in middles]
        self.sums = [centered(ax, x, 9) for x in middles]
        self.most = ax.text(0, 10.6, "", va="center")
        Table.clear(ax, -0.2, 41.2, -1.8, 11.2)
        return [self.image, *self.tiles, *self.names, *self.sums, self.most]

    def update(self, digit, other):
        k = digit - 1
        right, said, parts = self.right[k], self.said[k], self.parts[k]
        other = right if other < 0 else other
        self.image.set_array(self.images[k])
        products = (parts[:, said], parts[:, other], parts[:, said] - parts[:, other])  # (D,) each
        largest = max(np.abs(product[:64]).max() for product in products)
        for tile, product in zip(self.tiles, products, strict=True):
            tile.set_array(product[:64] / largest)
        heads = (f"a {right}, read as {said}", f"for {said}", f"for {other}", "difference")
        totals = [product.sum() for product in products]
        feet = ("", *(f"sum with bias ≈ {signed(total, 2)}" for total in totals))
        for texts, said_there in ((self.names, heads), (self.sums, feet)):
            for text, words in zip(texts, said_there, strict=True):
                text.set_text(words)
        pixel = int(products[2][:64].argmax())
        place = f"row {pixel // 8}, column {pixel % 8}"
        if other == said:
            fact = f"{said} against itself: no pixel tells them apart."
        else:
            times = np.exp(totals[2])
            odds = f"≈ {times:.2g} times as likely as {other}"
            fact = (
                f"Most for {said} rather than {other}: the pixel in {place}, "
                f"≈ {signed(products[2][pixel], 2)} of ≈ {signed(totals[2], 2)}; {said} is {odds}."
            )
        self.most.set_text(fact)
        caption = f"Misread digit {digit}, a {right} read as {said}, against {other}. {fact}"
        return caption, (
            f"The digit, and three images of its 64 pixels times weights, blue for, vermillion "
            f"against: for class {said}, {feet[1]}; for class {other}, {feet[2]}; their "
            f"difference, {feet[3]}. {caption}"
        )


explore_mistakes = _WhyThatClass


# Exercises


def _raw_cases():
    rng = np.random.default_rng(101)
    return [
        (rng.normal(size=(D + 1, C)), rng.normal(size=D), rng.uniform(0.1, 4.0, size=D))
        for D, C in ((4, 3), (2, 5), (6, 2), (1, 4))
    ]


@task(
    "11.1",
    "Weights for raw pixels",
    returns="W_raw",
    cases=_raw_cases,
    hints=(
        "Write one score of one standardized image, then sort it: what multiplies a pixel?",
        "(x - mean) / spread @ w + b = x @ (w / spread) + (b - mean @ (w / spread))",
        "Begin with `pixels = W[:-1] / spread[:, None]`, and look at mean @ pixels.",
    ),
    equation="eq. (1)",
    reread='11_train_on_digits, "Standardize"',
    question="Which score does an image that is equal to the mean get, before and after?",
    slips=patch("""
        - W[:-1] / spread[:, None]
        + W[:-1] * spread[:, None]  # the weights are multiplied by the spread
        ? A pixel was divided by its spread: what must its weight do for that?
        + 1.0 * W[:-1]  # the weights stay as they were
        ? A pixel was divided by its spread: what must its weight do for that?
        + (W[:-1] - mean[:, None]) / spread[:, None]  # the mean is taken off the weights
        ? Which factor does a raw pixel have in the score?
        - W[-1:] - mean @ pixels
        + W[-1:] + mean @ pixels  # sign
        + W[-1:] - mean @ W[:-1]  # the bias loses the mean times the old weights
        ? Which weights multiply the mean, those for raw pixels or the others?
        + 1.0 * W[-1:]  # the bias stays as it was
        ? What is a score of an image of zeros?
        - return np.vstack([pixels, bias])
        + pixels = W[1:] / spread[:, None]
        + return np.vstack([W[:1] - mean @ pixels, pixels])
        # the bias is read from the first row, and put there
        ? In which row of W does the text say that the bias stands?
    """),
    questions={
        "wrong-shape": "Raw pixels have a column of ones too: which row of yours does it meet?",
        "sign": "Which score does an image that is equal to the mean get, before and after?",
    },
)
def raw_weights(W, mean, spread):
    """Weights that make of raw pixels the scores that W makes of standardized ones."""
    pixels = W[:-1] / spread[:, None]  # (D, C)
    bias = W[-1:] - mean @ pixels  # (1, C)
    return np.vstack([pixels, bias])


def _confusion_cases():
    rng = np.random.default_rng(102)
    return [
        (np.array([0, 2, 2, 1, 2]), np.array([0, 1, 1, 1, 2]), 3),
        (rng.integers(0, 4, 30), rng.integers(0, 4, 30), 4),
        (np.array([1, 1, 0]), np.array([1, 3, 3]), 5),
        (np.array([1]), np.array([0]), 2),
    ]


@task(
    "11.2",
    "Confusion matrix",
    returns="counts",
    cases=_confusion_cases,
    hints=(
        "One example adds 1 to one cell. Which row, which column?",
        "counts[r, j] is the number of examples with right class r and predicted class j.",
        "Begin with `counts = np.zeros((C, C), dtype=int)`.",
    ),
    equation="eq. (1), and its largest score",
    reread='11_train_on_digits, "The test digits, once"',
    question="Which cell does each example add to, and what if the same pair comes twice?",
    slips=patch("""
        - counts[right, said] += 1
        + counts[right, said] = 1  # a pair that comes twice is counted once
        ? If the same pair comes twice, what does your line add?
        + counts[right, said] += right != said  # right answers are left out
        ? What should stand on the diagonal?
        + counts[right, said] += right == said  # only right answers are counted
        ? What should stand beside the diagonal?
        + counts[right - 1, said - 1] += 1  # the labels are counted from 1
        ? Which row belongs to the label 0?
    """),
    questions={
        "transposed": "Is a row for what is right, or for what was said?",
        "wrong-shape": "How many rows have you if no example has the last class?",
        "wrong-dtype": "How many examples fell into one cell: a whole number, or a share?",
    },
    rereads={"transposed": '11_train_on_digits, "The test digits, once"'},
)
def confusion(y, predicted, C):
    """How often each right class (row) was given each class (column), shape (C, C)."""
    counts = np.zeros((C, C), dtype=int)
    for right, said in zip(y, predicted, strict=True):
        counts[right, said] += 1
    return counts


def _digit_cases():
    """Some digits, before training and with large weights, then what notebook 08 tries."""
    rng = np.random.default_rng(103)
    digits = load_digits()
    X, y = digits.X_train[:40], digits.y_train[:40]
    return [
        (np.zeros((65, 10)), X, y, 0.001),
        (rng.normal(size=(65, 10)), X[:12], y[:12], 0.0),
        *gradient_in_code.softmax_loss.task.cases(),
    ]


TASKS = (
    *tasks_of(__name__),
    replace(
        gradient_in_code.softmax_loss.task,
        number="11.3",
        title="Your own loss and gradient, before they train",
        cases=_digit_cases,
        hints=(
            "You have written it: exercise 8.2 asked for it. Which cell holds yours?",
            "The loss is mean_i L_i + reg sum(W W); dL/dW = X.T (P − Y)/N + 2 reg W.",
            "Begin with `S = X @ W`, or copy the whole function from notebook 08.",
        ),
        equation="eq. (14), over the batch",
        reread='11_train_on_digits, "Train"',
        question="Does every term of your loss have its derivative in dW, with the same factor?",
    ),
)
