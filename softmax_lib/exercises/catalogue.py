"""The mistakes that `check` knows by name, the most telling first.

A name is claimed only when the answer proves it. Whatever is not here is shown as numbers, expected
against got, without a name.
"""

from dataclasses import dataclass

__all__ = ["MISTAKES", "Mistake"]


@dataclass(frozen=True)
class Mistake:
    """One mistake: its name, the sentence that says it outright, the question that points at it."""

    slug: str
    sentence: str
    question: str


# The order is the order of `Verdict.mistakes`: what hides everything else comes first.
MISTAKES = {
    mistake.slug: mistake
    for mistake in (
        Mistake(
            "not-attempted",
            "The function has no body yet, or a blank `...` in it is still to be filled.",
            "What is the first value you can compute from the arguments?",
        ),
        Mistake(
            "raised",
            "The function stopped with an error before it returned.",
            "What does each name on the last line shown hold then, with which shape and type?",
        ),
        Mistake(
            "wrong-return",
            "What the function returns is of the wrong kind.",
            "What stands after `return`, and is it reached?",
        ),
        Mistake(
            "swapped-return",
            "The values are returned in the wrong order.",
            "In which order does the signature name the values?",
        ),
        Mistake(
            "wrong-shape",
            "The result has the wrong shape.",
            "What does each axis of your result count, and what should it count?",
        ),
        Mistake(
            "transposed",
            "The result is the transpose of the right one: rows and columns have changed places.",
            "What does a row of your result belong to: an example, a feature or a class?",
        ),
        Mistake(
            "wrong-dtype",
            "The result's dtype cannot hold the right answer.",
            "Which line gives your result its dtype?",
        ),
        Mistake(
            "mutates-input",
            "The function changes an array that belongs to its caller.",
            "Which line writes into an argument instead of making a new array?",
        ),
        Mistake(
            "zero-gradient",
            "Zeros come back where a derivative belongs: what is computed never gets there.",
            "Which line gives what you return a value other than 0?",
        ),
        Mistake(
            "wrong-axis",
            "A sum runs over the wrong axis: over each column where each row has a sum of its own, "
            "or the other way round, or over all.",
            "Which axis does your sum do away with, and what does that axis count?",
        ),
        Mistake(
            "double-softmax",
            "Softmax is applied twice: probabilities are treated as scores.",
            "How many times does a score pass through exp on its way to your result?",
        ),
        Mistake(
            "column-shift",
            "The shift takes the largest score of each column; the scores of one row get "
            "different constants, and that changes p.",
            "Which constant is taken off the scores of one row, and is it the same for all of "
            "them?",
        ),
        Mistake(
            "no-shift",
            "No shift is taken off the scores before exp, so large scores overflow and small ones "
            "all underflow.",
            "What is the largest number that you hand to exp when all scores are near 1000?",
        ),
        Mistake(
            "global-shift",
            "One constant is taken off the whole matrix, so rows far below the largest score "
            "underflow to 0/0.",
            "What is left of a row of scores near -1000 when another row holds 1000?",
        ),
        Mistake(
            "wrong-shift-sign",
            "The shift is added to the scores, not taken off: exp overflows sooner than without "
            "any shift.",
            "After your shift, which value has the largest score of a row?",
        ),
        Mistake(
            "log-of-zero",
            "The logarithm sees a probability that is 0, or has underflowed to 0.",
            "Can a p be 0 where your log takes it, and what comes of it then?",
        ),
        Mistake(
            "log-epsilon",
            "A small constant keeps the logarithm from 0, and cuts off the loss of a confident "
            "mistake.",
            "How large can your loss become for one example, and how large should it?",
        ),
        Mistake(
            "no-minus-one",
            "The 1 of the right class is never taken off the probabilities.",
            "What do the entries of a row of dL/dS sum to, and what do yours sum to?",
        ),
        Mistake(
            "diagonal-jacobian",
            "Each p_k is differentiated by its own score only: the cases k != c of eq. (7) are "
            "missing.",
            "Does p_k change when the score of another class does?",
        ),
        Mistake(
            "last-example-only",
            "Only the last example counts: the line that adds up stands outside the loop, or "
            "overwrites.",
            "How often does the line that fills your result run, and what does it do to what was "
            "there?",
        ),
        Mistake(
            "sign",
            "A sign is wrong: a part of the result comes with the opposite one.",
            "Which terms have a minus in the equation, and which in your code?",
        ),
        Mistake(
            "no-mean-loss",
            "The loss adds the examples up where it should take their mean.",
            "If every example came twice, what would happen to your loss?",
        ),
        Mistake(
            "no-mean-gradient",
            "The gradient adds the examples up where it should take their mean.",
            "If every example came twice, what would happen to your gradient?",
        ),
        Mistake(
            "divided-by-classes",
            "A mean is taken over the classes: the division is by C, where the examples are to be "
            "counted.",
            "How many numbers do you average, and what does each of them belong to?",
        ),
        Mistake(
            "no-reg-loss",
            "The regularization is missing from the loss.",
            "Does your loss change when reg does?",
        ),
        Mistake(
            "half-reg-loss",
            "The loss charges half the regularization: 0.5 reg where reg is asked for.",
            "By how much does your loss grow when reg goes from 0 to 1?",
        ),
        Mistake(
            "no-reg-gradient",
            "The gradient lacks the derivative of the regularization.",
            "Does your gradient change when reg does?",
        ),
        Mistake(
            "half-reg-gradient",
            "The gradient has half the derivative of the regularization.",
            "What is the derivative of w times w by w?",
        ),
        Mistake(
            "reg-divided-by-n",
            "The regularization is divided by the number of examples; it belongs to the weights, "
            "not to them.",
            "If every example came twice, what would happen to the part of reg?",
        ),
    )
}
