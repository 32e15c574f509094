"""What Python's and numpy's errors mean, where their own words help nobody who is new to them.

Each is (the error, a pattern of its text, what it means with the pattern's groups filled in). The
last sentence is a question: `softmax_lib.exercises.check` asks it in place of the exercise's own.
"""

import re

__all__ = ["MEANINGS", "meaning"]

MEANINGS = (
    (
        NameError,
        r"name '(\w+)' is not defined",
        "`{0}` is no argument, and no line before has made it. What is it called in your first "
        "line?",
    ),
    (
        UnboundLocalError,
        r"local variable '(\w+)'",
        "`{0}` is read before the line that gives it a value. Is that line reached first?",
    ),
    (
        IndexError,
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
        "Axis {1} has the length {2}, and its place {0}, counted from 0, was asked for. What does "
        "that axis count?",
    ),
    (
        IndexError,
        r"array is (\d+)-dimensional, but (\d+) were indexed",
        "{1} indices were given to an array with {0} of the axes they need. What is its shape?",
    ),
    (
        IndexError,
        r"shape mismatch: indexing arrays .* shapes (\(.*?\)) (\(.*?\))",
        "The indices come in shapes {0} and {1}, and are paired entry by entry. Which one is to "
        "count the rows?",
    ),
    (
        ValueError,
        r"operands could not be broadcast together with .*?shapes? (\(.*?\)) (\(.*?\))",
        "Shapes {0} and {1} are laid over each other from the right, where two axes must be equal "
        "or one of them 1. Which of the two has lost or gained an axis?",
    ),
    (
        ValueError,
        r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
        "What you store has shape {0}; the place for it has shape {1}. Which of them is as you "
        "meant it?",
    ),
    (
        ValueError,
        r"matmul: .* \(size (\d+) is different from (\d+)\)",
        "In a product, the left factor's last axis meets the right factor's first: here {1} meets "
        "{0}. What do these two axes count?",
    ),
    (
        ValueError,
        r"shapes (\(.*?\)) and (\(.*?\)) not aligned",
        "In a product of shapes {0} and {1}, the axes that meet differ. What do they count?",
    ),
    (
        ValueError,
        r"truth value of an array",
        "An `if`, `and` or `or` wants one yes or no, and got an array of them. Which one do you "
        "mean?",
    ),
    (
        TypeError,
        r"only (?:length-1|0-dimensional) arrays",
        "One number was wanted, and a whole array came. Over which axis is there still to sum?",
    ),
)


def meaning(error, said):
    """What an error of this type and text means; ``""`` for one that says it all."""
    for kind, pattern, text in MEANINGS:
        if issubclass(error, kind) and (found := re.search(pattern, said)):
            return text.format(*found.groups())
    return ""
