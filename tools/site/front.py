"""The front page of the site, with its moving picture, which is computed and not drawn."""

import html
import json
from pathlib import Path
from string import Template

import numpy as np

from softmax_lib import load_digits, scores, softmax, softmax_loss_vectorized

TEMPLATE = Path(__file__).with_name("front.html")
STEPS = (0, 1, 3, 6, 10, 15, 21, 28, 36, 46, 58, 75, 100, 135, 180, 240, 320, 400)
HOLD = 4  # as many frames more for the end, before it begins again
SECONDS = 0.7  # a frame


def learning(steps=STEPS, rate=0.5, reg=1e-4):
    """What a classifier thinks of one unseen digit while it learns from all the others.

    Returns
    -------
    image : array of shape (8, 8)
        The digit: of those that are read surely in the end, the one misread longest.
    label : int
    P : array of shape (len(steps), 10)
        Its probabilities after so many steps of plain gradient descent.
    losses : list of float
        The loss over the training set, regularization included.
    """
    digits = load_digits()
    W = np.zeros((digits.X_train.shape[1], 10))
    P, losses = [], []
    for step in range(steps[-1] + 1):
        loss, dW = softmax_loss_vectorized(W, digits.X_train, digits.y_train, reg)
        if step in steps:
            P.append(softmax(scores(digits.X_test, W)))
            losses.append(loss)
        W = W - rate * dW
    P, y = np.array(P), digits.y_test
    right = P[:, np.arange(len(y)), y]
    misread = (P.max(axis=2) > right).sum(axis=0)
    chosen = np.argmax(np.where(right[-1] > 0.75, misread, -1))
    return digits.X_test[chosen, :64].reshape(8, 8), int(y[chosen]), P[:, chosen], losses


def picture(image, label, P, losses, steps=STEPS):
    """An SVG that moves by CSS alone: bars of p and of p - y, and the numbers beside them."""
    frames = len(steps) + HOLD
    Y = np.eye(10)[label]
    styles, marks = [], []

    def moving(name, values):
        stops = "".join(
            f"{100 * k / frames:.2f}%{{transform:scaleY({value:.4f})}}"
            for k, value in enumerate(values)
        )
        styles.append(f"@keyframes {name}{{{stops}100%{{transform:scaleY({values[-1]:.4f})}}}}")
        return f'style="transform:scaleY({values[-1]:.4f});animation-name:{name}"'

    marks += [
        f'<rect x="{8 + 9 * column}" y="{8 + 9 * row}" width="9.2" height="9.2" '
        f'fill-opacity="{ink:.3f}"/>'
        for (row, column), ink in np.ndenumerate(image)
        if ink
    ]
    marks = [f'<g class="ink"><path d="M8 8h72v72H8z" class="paper"/>{"".join(marks)}</g>']
    marks.append('<text x="100" y="30">A digit that training never sees</text>')
    for k, (step, loss) in enumerate(zip(steps, losses, strict=True)):
        last = k == len(steps) - 1
        said = f"step {step}: loss {loss:.2f}, guess {guess(P[k])}"
        marks.append(
            f'<text x="100" y="58" class="flip{" last" * last}" '
            f'style="animation-delay:{k * SECONDS:.1f}s">{said}</text>'
        )
    marks.append('<text x="8" y="112" class="what">p: the probabilities it gives</text>')
    marks.append('<text x="8" y="288" class="what">p − y: the gradient, which pushes the scores')
    marks[-1] += "</text>"
    marks.append('<path d="M8 232h464M8 345h464" class="axis"/>')
    for k in range(10):
        x = 12 + 46.5 * k
        right = " right" if k == label else ""
        marks.append(
            f'<g transform="translate({x:.1f} 232)"><rect class="bar p{right}" y="-105" '
            f'width="34" height="105" {moving(f"p{k}", P[:, k])}/></g>'
            f'<text x="{x + 17:.1f}" y="253" class="class{right}">{k}</text>'
        )
        error = P[:, k] - Y[k]
        sign = "minus" if k == label else "plus"
        marks.append(
            f'<g transform="translate({x:.1f} 345)"><rect class="bar {sign}" y="-55" width="34" '
            f'height="55" {moving(f"e{k}", error)}/></g>'
        )
    seconds = frames * SECONDS
    styles.append(
        f".bar,.flip{{animation-duration:{seconds:.1f}s;animation-iteration-count:infinite}}"
        f"@keyframes flip{{0%{{visibility:visible}}{100 / frames:.2f}%{{visibility:hidden}}}}"
        f"@keyframes last{{0%{{visibility:visible}}"
        f"{100 * (HOLD + 1) / frames:.2f}%{{visibility:hidden}}}}"
    )
    alt = (
        f"A handwritten {label} and ten bars, the probabilities of the classes 0 to 9. At first "
        f"all are {P[0, 0]:.1f}. While the classifier learns, the bar of {label} grows to "
        f"{P[-1, label]:.2f} and the others sink. Below, ten bars show p minus y: negative for "
        f"{label}, positive for the others. They shrink as the probabilities become right."
    )
    return (
        f'<svg viewBox="0 0 480 408" role="img" aria-label="{html.escape(alt)}">'
        f"<style>{''.join(styles)}</style>{''.join(marks)}</svg>"
    )


def guess(p):
    return "none" if np.ptp(p) < 1e-9 else int(p.argmax())


def write(repo, out, lab):
    """The page, once its neighbors stand: it links only to what is there."""
    rows = []
    for path in sorted((repo / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        title = "".join(cells[0]["source"]).splitlines()[0].lstrip("# ")
        number, _, words = title.partition(". ")
        ways = [("read", f"read/notebooks/{path.stem}.html"), ("run", f"{lab}{path.name}")]
        ways.append(("slides", f"slides/{path.stem}.html"))
        links = " ".join(
            f'<a href="{address}" aria-label="{word} {number}">{word}</a>'
            for word, address in ways
            if (out / address.partition("?")[0]).exists()
        )
        rows.append(f"<li><div><span>{html.escape(words)}</span> <span>{links}</span></div></li>")
    teach = ", ".join(
        f'<a href="read/docs/{page.name}">{page.stem.replace("-", " ")}</a>'
        for page in sorted((out / "read" / "docs").glob("*.html"))
        if page.stem != "index"
    )
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        picture=picture(*learning()), notebooks="\n".join(rows), teach=teach, lab=lab
    )
    (out / "index.html").write_text(page, encoding="utf-8")
