"""How a slip is declared, and the slips that many exercises share, with what is said of them.

A slip is a rewriting of the solution's source. Of those shared here a solution takes the ones it
has the lines for; the order is that in which they are made when there are several.
"""

import inspect
import re

import numpy as np

from softmax_lib.lessons import LESSONS

__all__ = ["EPSILONS", "FORWARD", "HEIGHTS", "LOG", "PENALTY", "QUESTIONS", "REREAD", "SENTENCES"]
__all__ += ["ROW", "SLOPE", "SUM", "at_height", "patch", "section_on", "shift_cases"]


# What is taken out, what is put in, the name, the question.
_SLIP = re.compile(r"^((?:- .*\n)*)((?:\+ .*\n)*)# (.*)\n((?:\? .*\n)*)", re.MULTILINE)


def patch(text):
    """Slips as a patch of the solution: ``-`` what stands there, ``+`` what a student writes.

    Behind ``#``, at the end of a line or on one of its own, stands the slip's name, and behind
    ``?`` its question, where it has one in this exercise. The next slip need not repeat the ``-``
    lines; without ``+`` lines they are left out. Lines after the first are indented like the body
    of the solution.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of (str, str, str) or (str, str, str, str)
        Name, what stands there, what is written instead, and the question.

    Raises
    ------
    ValueError
        When a line has no sign, or a slip no name.

    Examples
    --------
    >>> patch('''
    ...     - X.T @ dS
    ...     + X @ dS  # the transpose is missing
    ...     ? Which shape has W?
    ... ''')
    (('the transpose is missing', 'X.T @ dS', 'X @ dS', 'Which shape has W?'),)
    """
    lines = inspect.cleandoc(text).replace("  # ", "\n# ") + "\n"
    if rest := _SLIP.sub("", lines):
        raise ValueError(f"a line without its sign, or a slip without a name: {rest!r}")
    slips, right = [], ""
    for taken, put, name, question in _SLIP.findall(lines):
        right = _unsigned(taken, "\n    ") or right
        asked = [_unsigned(question, " ")] if question else []
        slips.append((name, right, _unsigned(put, "\n    "), *asked))
    return tuple(slips)


def _unsigned(lines, between):
    return between.join(line[2:] for line in lines.splitlines())


# Where the scores of a case lie: what breaks there tells the shifts apart.
HEIGHTS = (400.0, -1000.0, np.array([0.0, 1000.0, -1000.0, 0.0, 0.0]))


def at_height(W, X, *rest):
    """The arguments of a case whose scores all lie about a height, which comes last."""
    *rest, height = rest
    X[:, -1] = 1.0
    W[-1] += height
    return W, X, *rest


def shift_cases(made):
    """Cases of W, X, y, reg that tell the shifts apart; `made` takes N, D, C, size and reg."""
    far = np.array([[2.0, 1.0], [900.0, 1.0], [-950.0, 1.0], [0.5, 1.0]])  # rows far apart
    # Scores whose largest, 0, stands in every row and in every column, far above the others.
    gaps = [[0.0, -1000.0, -2000.0, 0.1], [-1000.0, 0.2, 0.0, -3000.0], [0.0, 0.1, -800.0, -1500.0]]
    return [
        (np.array([[1.0, 1.0, 1.5], [0.0, 2.0, -1.0]]), far, np.array([1, 0, 2, 1]), 0.0),
        *(at_height(*made(4, 3, 5, 1.0, 0.0), height) for height in HEIGHTS),
        (np.array(gaps), np.eye(3), np.array([1, 0, 3]), 0.0),
    ]


# From T = S - S.max(axis=1, keepdims=True), E = np.exp(T) and E.sum(axis=1, keepdims=True).
FORWARD = patch("""
    - E = np.exp(T)
    + E = np.exp(T)
    + S = E / E.sum(axis=1, keepdims=True)
    + T = S - S.max(axis=1, keepdims=True)
    + E = np.exp(T)  # double-softmax
    - S - S.max(axis=1, keepdims=True)
    + S  # no-shift
    - S.max(axis=1, keepdims=True)
    + S.max()  # global-shift
    + S[0].max()  # global-shift
    + S.max(axis=0)  # column-shift
    - S - S.max(
    + S + S.max(  # wrong-shift-sign
    - (axis=1, keepdims=True)
    + ()  # wrong-axis
    - E.sum(axis=1,
    + E.sum(axis=0,  # wrong-axis
    - axis=1, keepdims
    + axis=0, keepdims  # wrong-axis
    - E.sum(axis=1, keepdims=True)
    + E.sum()  # wrong-axis
""")

# What students add to p before its logarithm.
EPSILONS = (*(f"1e-{k}" for k in range(3, 17)), "np.finfo(float).eps", "1e-20", "1e-300")

# From log_P = T - np.log(Z), with L_i = -log_P[rows, y].
LOG = (
    *patch("""
        - T - np.log(Z)
        + np.log(E / Z)  # log-of-zero
        + S - np.log(Z)  # unshifted-score
        + T - np.log(Z) - S.max(axis=1, keepdims=True)
        # the largest score is added back, though the score beside it has lost it too
        ? What was taken off the scores in your sum, and what off the one beside it?
        + (T - np.log(Z)) / np.log(2)  # the logarithm has base 2
        ? Which number has log 1?
        + (T - np.log(Z)) / np.log(10)  # the logarithm has base 10
        ? Which number has log 1?
    """),
    *(
        ("log-epsilon", "T - np.log(Z)", wrong)
        for wrongs in ("np.log(E / Z + {e})", "np.log(np.maximum(E / Z, {e}))")
        for wrong in (wrongs.format(e=e) for e in EPSILONS)
    ),
    *patch("""
        - -log_P[rows, y]
        + -(np.eye(E.shape[1])[y] * np.log(E / Z)).sum(axis=1)  # log-of-zero
        + -log_P[:, y]  # every-label
        + -log_P[rows, y - 1]  # labels-from-one
    """),
)

# From row = p.copy(), row[0, m] -= 1.
ROW = patch("""
    - p.copy()
    + softmax(p)  # double-softmax
    - row[0, m] -= 1
    + row[0, m] -= 0  # no-minus-one
    + row[0, m] += 1  # sign
    + row = (row - 1) * np.eye(p.size)[[m]]  # diagonal-jacobian
    + row[0, m] -= 1
    + row *= p * (1 - p)  # sigmoid-factor
    + row *= 1 - p  # derivative-of-p
    + row[0, m] -= 1
    + row *= p[0, m]  # derivative-of-p
    + row[0, m] -= 1
    + row *= -p[0, m]  # derivative-of-p
    + row[0, m - 1] -= 1  # labels-from-one
    + row -= 1  # the 1 is taken off every class
    ? How many entries of the row lose 1?
""")

# The same for all rows. From dS = ..., dS[rows, y] -= 1.
SLOPE = patch("""
    - P.copy()
    + np.exp(P) / np.exp(P).sum(axis=1, keepdims=True)  # double-softmax
    - dS[rows, y] -= 1
    + dS = dS  # no-minus-one
    + dS[rows, y] += 1  # sign
    + dS[:, y] -= 1  # every-label
    + dS -= 1  # the 1 is taken off every class
    ? How many entries of a row lose 1?
    + dS[rows, y - np.ones_like(y)] -= 1  # labels-from-one
    + dS[np.asarray(y) % len(dS)] -= 1
    # the 1 is taken off whole rows, those with the numbers of the labels
    ? Which axis of P does an index of labels alone run along?
    + dS = dS - np.asarray(y)[:, None]
    # the labels' numbers are taken off, not a 1 at their places
    ? Is y_i an amount, or a place in row i?
    + dS = (dS - 1) * np.eye(dS.shape[1])[y]  # diagonal-jacobian
    + Q = dS * (1 - dS)
    + dS[rows, y] -= 1
    + dS *= Q  # sigmoid-factor
    + dS *= 1 - dS  # derivative-of-p
    + dS[:] = dS[rows, y][:, None]
    + dS[rows, y] -= 1  # every class gets the probability of the right one
    ? Whose probability goes with the weights of class j?
    + Q = dS[rows, y][:, None]
    + dS[rows, y] -= 1
    + dS *= Q  # derivative-of-p
    + Q = -dS[rows, y][:, None]
    + dS[rows, y] -= 1
    + dS *= Q  # derivative-of-p
""")

# From reg * np.sum(W * W) and 2 * reg * W.
PENALTY = patch("""
    - np.sum(W * W)
    + np.sum(W)  # reg-not-squared
    + np.sum(np.abs(W))  # reg-not-squared
    + np.sqrt(np.sum(W * W))  # reg-not-squared
    + np.sum(W.T @ W)  # every column of W is multiplied by every other
    ? Which entries of W.T @ W hold squares, and what do the others hold?
    + len(X) * np.sum(W * W)  # the regularization is added once for each example
    ? If every example came twice, what would happen to the part of reg?
    + reg * np.sum(W * W)  # reg is squared too
    ? If reg doubles, by which factor should its part grow, and by which does yours?
    - 2 * reg * W
    + reg  # reg-not-squared
    + reg * np.sign(W)  # reg-not-squared
    + 2 * reg  # W is missing behind 2 reg
    ? What is the derivative of reg w w by w?
""")

# From X.T @ dS.
SUM = patch("""
    - X.T @ dS
    + X[-1:].T @ dS[-1:]  # last-example-only
    + X[:1].T @ dS[:1]  # only the first example counts
    ? After how many examples does your function return?
""")


# What `check` says of a slip. The order is that of `Verdict.mistakes`: what hides others is first.
SENTENCES = {
    "not-attempted": "The function has no body yet, or a blank `...` in it is still to be filled.",
    "raised": "The function stopped with an error before it returned.",
    "wrong-return": "What the function returns is of the wrong kind.",
    "swapped-return": "The values are returned in the wrong order.",
    "wrong-shape": "The result has the wrong shape.",
    "transposed": (
        "The result is the transpose of the right one: rows and columns have changed places."
    ),
    "wrong-dtype": "The result's dtype cannot hold the right answer.",
    "single-precision": (
        "The result has the digits of float32: on the way, a line leaves float64 for it."
    ),
    "mutates-input": "The function changes an array that belongs to its caller.",
    "zero-gradient": (
        "Zeros come back where a derivative belongs: what is computed never gets there."
    ),
    "no-step": "The weights come back as they went in: the step is 0, or is never taken.",
    "constant-answer": "What comes back, or part of it, is the same whatever goes in.",
    "wrong-axis": (
        "A sum runs over the wrong axis: over each column where each row has a sum of its own, or "
        "the other way round, or over all."
    ),
    "double-softmax": "Softmax is applied twice: probabilities are treated as scores.",
    "column-shift": (
        "The shift takes the largest score of each column; the scores of one row get different "
        "constants, and that changes p."
    ),
    "no-shift": (
        "No shift is taken off the scores before exp, so large scores overflow and small ones all "
        "underflow."
    ),
    "global-shift": (
        "One constant is taken off the whole matrix, so rows far below the largest score "
        "underflow to 0/0."
    ),
    "wrong-shift-sign": (
        "The shift is added to the scores, not taken off: exp overflows sooner than without any "
        "shift."
    ),
    "unshifted-score": (
        "The sum is made of shifted scores, and the score of the right class beside it is not "
        "shifted: the two must lose the same constant."
    ),
    "overwritten-probabilities": (
        "The probabilities are written over before the last use of them: a second name for an "
        "array is no second array."
    ),
    "log-of-zero": "The logarithm sees a probability that is 0, or has underflowed to 0.",
    "log-epsilon": (
        "A small constant keeps the logarithm from 0, and cuts off the loss of a confident mistake."
    ),
    "no-minus-one": "The 1 of the right class is never taken off the probabilities.",
    "every-label": (
        "Every row is used at the labels of all examples, where each has only its own: `[:, y]` "
        "takes N columns, not N entries."
    ),
    "labels-from-one": (
        "The labels are counted from 1: they start at 0, and are the numbers of the columns."
    ),
    "sigmoid-factor": (
        "P - Y is multiplied by P (1 - P), the slope of a sigmoid: P - Y is the whole derivative "
        "by the scores already."
    ),
    "derivative-of-p": (
        "What comes is the derivative of a probability, with its factor p; that of -log p_m has "
        "-1/p_m besides, which cancels it."
    ),
    "diagonal-jacobian": (
        "Each p_k is differentiated by its own score only: the cases k != c of eq. (7) are missing."
    ),
    "last-example-only": (
        "Only the last example counts: the line that adds up stands outside the loop, or "
        "overwrites."
    ),
    "sign": "A sign is wrong: a part of the result comes with the opposite one.",
    "no-mean-loss": "The loss adds the examples up where it should take their mean.",
    "no-mean-gradient": "The gradient adds the examples up where it should take their mean.",
    "mean-twice": (
        "The mean is taken twice: what was divided by the number of examples is divided by it "
        "again."
    ),
    "divided-by-classes": (
        "A mean is taken over the classes: the division is by C, where the examples are to be "
        "counted."
    ),
    "no-reg-loss": "The regularization is missing from the loss.",
    "half-reg-loss": "The loss charges half the regularization: 0.5 reg where reg is asked for.",
    "no-data-gradient": (
        "The gradient lacks the examples: the derivative of the regularization is all there is."
    ),
    "no-reg-gradient": "The gradient lacks the derivative of the regularization.",
    "half-reg-gradient": "The gradient has half the derivative of the regularization.",
    "reg-divided-by-n": (
        "The regularization is divided by the number of examples; it belongs to the weights, not "
        "to them."
    ),
    "reg-not-squared": (
        "The regularization is not made of the squares of the weights, or its slope not of the "
        "squares' slope."
    ),
    "reg-twice": "The regularization is counted twice.",
}

# The question that points at a slip without saying it. Without one, the task's own is asked.
QUESTIONS = {
    "kept-state": "What does your function keep from one call to the next?",
    "not-attempted": "What is the first value you can compute from the arguments?",
    "raised": "What does each name on the last line shown hold then, with which shape and type?",
    "wrong-return": "What was asked for, and which line returns it?",
    "swapped-return": "In which order does the signature name the values?",
    "wrong-shape": "What does each axis of your result count, and what should it count?",
    "transposed": "What does a row of your result belong to: an example, a feature or a class?",
    "wrong-dtype": "Which line gives your result its dtype?",
    "single-precision": "Which line makes float32 of float64 numbers?",
    "mutates-input": "Which line writes into an argument instead of making a new array?",
    "zero-gradient": "Which line gives what you return a value other than 0?",
    "no-step": "By which line do the weights change, and is its result what you return?",
    "constant-answer": "Which of the arguments does the line with `return` depend on?",
    "wrong-axis": "Which axis does your sum do away with, and what does that axis count?",
    "double-softmax": "How many times does a score pass through exp on its way to your result?",
    "column-shift": (
        "Which constant is taken off the scores of one row, and is it the same for all of them?"
    ),
    "no-shift": "What is the largest number that you hand to exp when all scores are near 1000?",
    "global-shift": "What is left of a row of scores near -1000 when another row holds 1000?",
    "wrong-shift-sign": "After your shift, which value has the largest score of a row?",
    "unshifted-score": "What was taken off the scores in your sum, and what off the one beside it?",
    "overwritten-probabilities": "What does P hold at the moment when you take its logarithm?",
    "log-of-zero": "Can a p be 0 where your log takes it, and what comes of it then?",
    "log-epsilon": "How large can your loss become for one example, and how large should it?",
    "no-minus-one": "What do the entries of a row of dL/dS sum to, and what do yours sum to?",
    "every-label": "Which shape has P[:, y], and which entries of a row are in it?",
    "labels-from-one": "Which column belongs to the label 0?",
    "sigmoid-factor": "Which factor is left once -1/p_m and the Jacobian have been multiplied?",
    "derivative-of-p": "Is it p_m whose slope you need, or -log p_m?",
    "diagonal-jacobian": "Does p_k change when the score of another class does?",
    "last-example-only": (
        "How often does the line that fills your result run, and what does it do to what was there?"
    ),
    "sign": "Which terms have a minus in the equation, and which in your code?",
    "no-mean-loss": "If every example came twice, what would happen to your loss?",
    "no-mean-gradient": "If every example came twice, what would happen to your gradient?",
    "mean-twice": "How many divisions by the number of examples does a term go through?",
    "divided-by-classes": "How many numbers do you average, and what does each of them belong to?",
    "no-reg-loss": "Does your loss change when reg does?",
    "half-reg-loss": "By how much does your loss grow when reg goes from 0 to 1?",
    "no-data-gradient": "Does your gradient change when the labels do?",
    "no-reg-gradient": "Does your gradient change when reg does?",
    "half-reg-gradient": "What is the derivative of w times w by w?",
    "reg-divided-by-n": "If every example came twice, what would happen to the part of reg?",
    "reg-not-squared": "What does one weight of -3 add to the loss, and what is the slope of that?",
    "reg-twice": "How many times does the part of reg get into your result?",
}

# The section that treats a slip, where there is one; for all others it is the task's own.
REREAD = {
    "no-shift": (2, "The shift"),
    "wrong-shift-sign": (2, "The shift"),
    "global-shift": (2, "One maximum for each row"),
    "column-shift": (2, "One maximum for each row"),
    "log-of-zero": (3, "Where the logarithm breaks"),
    "log-epsilon": (3, "Where the logarithm breaks"),
    "unshifted-score": (3, "Where the logarithm breaks"),
    "every-label": (3, "The loss of one example"),
    "labels-from-one": (3, "Nobody looked at the inputs"),
    "reg-not-squared": (3, "From one example to the whole set"),
    "sigmoid-factor": (6, "The collapse"),
    "derivative-of-p": (6, "The collapse"),
    "overwritten-probabilities": (8, "The copy that must not be forgotten"),
    "no-mean-loss": (3, "From one example to the whole set"),
    "diagonal-jacobian": (6, "Two cases"),
    "no-minus-one": (6, "The collapse"),
    "transposed": (7, "The transpose: from rows to columns"),
    "mutates-input": (8, "The copy that must not be forgotten"),
    "no-mean-gradient": (8, "The loss has two parts, the gradient one"),
    "no-reg-gradient": (8, "The loss has two parts, the gradient one"),
    "half-reg-gradient": (8, "The loss has two parts, the gradient one"),
    "zero-gradient": (8, "A name that is not there"),
    "last-example-only": (8, "A name that is not there"),
}


def section_on(slug, task):
    """Where to read on a slip: its section, but for those still to come or better in this task."""
    notebook, section = REREAD.get(slug, (len(LESSONS), ""))
    if slug in task.rereads or notebook > int(task.number.partition(".")[0]):
        return task.rereads.get(slug, task.reread)
    return f'{notebook:02}_{LESSONS[notebook]}, "{section}"'
