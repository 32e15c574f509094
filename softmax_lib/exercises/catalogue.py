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
            "Which shapes and types do the names on the last line shown have at that moment?",
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
    )
}
