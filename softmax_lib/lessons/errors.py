"""What Python's and numpy's errors mean, where their own words help nobody who is new to them.

Each is (the error, a pattern of its text, what it means with the pattern's groups filled in). The
last sentence is a question: `softmax_lib.exercises.check` asks it in place of the exercise's own.
"""

import re

__all__ = ["MEANINGS", "meaning"]

MEANINGS = (
    (
        NameError,
        r"name '(?:np|numpy)' is not defined",
        "`np` is numpy's usual name. Has the cell that imports it been run since the kernel "
        "started?",
    ),
    (
        NameError,
        r"name '(\w+)' is not defined",
        "No line before has made `{0}`. Is it an argument of another name, numpy's (with `np.` "
        "before it), or still to be made?",
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
        r"operands could not be broadcast together with .*?shapes? \((\d+),(\d+)\) \(\2,\1\)",
        "Shapes ({0},{1}) and ({1},{0}) are each other's transpose. Which of the two should have "
        "the other one's shape?",
    ),
    (
        ValueError,
        r"operands could not be broadcast together with .*?shapes? (\(.*?\)) (\(.*?\))",
        "Shapes {0} and {1} are laid over each other from the right, where two axes must be equal "
        "or one of them 1. What does each of these axes count?",
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
        "An `if`, `and` or `or`, and Python's own `max`, `min` and `sorted`, want one yes or no, "
        "and got an array of them. Is one answer for all meant, or one for each entry?",
    ),
    (
        ValueError,
        r"axis (\d+) is out of bounds for array of dimension (\d+)",
        "Axis {0} was asked for, and the array has {1}, counted from 0. What is its shape there?",
    ),
    (
        ValueError,
        r"cannot reshape array of size (\d+) into shape (\(.*?\))",
        "{0} numbers do not fill the shape {1}. How many does it hold?",
    ),
    (
        ValueError,
        r"along dimension (\d+), .* has size (\d+) .* has size (\d+)",
        "Arrays that are joined must be alike along all other axes, and along axis {0} the "
        "lengths are {1} and {2}. Along which axis do you mean to join them?",
    ),
    (
        ValueError,
        r"at index (\d+) has (\d+) dimension\(s\) and .* at index (\d+) has (\d+)",
        "Arrays that are joined must have equally many axes, and here they have {1} and {3}. Which "
        "of them is to have one more?",
    ),
    (
        TypeError,
        r"Cannot interpret '(.+)' as a data type",
        "A shape is one argument, a tuple in parentheses of its own; what follows it, here {0}, is "
        "read as a dtype. How many arguments has your call?",
    ),
    (
        ValueError,
        r"matmul: Input operand \d does not have enough dimensions",
        "`@` wants two arrays, and one of these is a number. Is `*` meant, or was it an array?",
    ),
    (
        IndexError,
        r"(list|tuple) index out of range",
        "A {0} was asked for a place that it does not have. How many has it, counted from 0?",
    ),
    (
        IndexError,
        r"arrays used as indices must be of integer|only integers, slices",
        "Only whole numbers can be places. Which index is something else?",
    ),
    (
        Exception,
        r"invalid index to scalar variable|'(?:int|float|numpy\.\w+)' object is not subscriptable",
        "A single number has no entries to choose from. Which line made one number of the array?",
    ),
    (
        Exception,
        r"'NoneType'",
        "Something on this line is None: a name that is not filled yet, or what a function without "
        "`return` gives. Which one?",
    ),
    (
        AttributeError,
        r"(?:module 'numpy'|'numpy.ndarray' object) has no attribute '(\w+)'",
        "There is no `{0}` in what stands before the dot. Is it numpy's, the array's, or yours?",
    ),
    (
        AttributeError,
        r"'([\w.]+)' object has no attribute '(\w+)'",
        "What stands before the dot is of type {0}, which has no `{1}`. What did you take it for?",
    ),
    (
        TypeError,
        r"unsupported operand type\(s\) for (.+): '([\w.]+)' and '([\w.]+)'",
        "On the left of `{0}` stands a value of type {1}, on the right one of type {2}. Which of "
        "them did you take for something else?",
    ),
    (
        TypeError,
        r"'([\w.]+)' object is not callable",
        "Before the parentheses stands a value of type {0}, not a function. Is a `*` missing, or "
        "does a name stand for two things?",
    ),
    (
        TypeError,
        r"Cannot cast ufunc '\w+' output from dtype\('(\w+)'\) to dtype\('(\w+)'\)",
        "An array of {1} cannot take a result of {0} in place. Which line made that array?",
    ),
    (
        TypeError,
        r"cannot be interpreted as an integer|expected a sequence of integers",
        "A count must be a whole number, and `/` makes none. Which line makes this one?",
    ),
    (
        ZeroDivisionError,
        r"",
        "A number is divided by 0 here. Which of the arguments brings the 0, and may it?",
    ),
    (
        RecursionError,
        r"",
        "The function calls itself until no room is left. On which line, and when should it stop?",
    ),
    (
        OverflowError,
        r"",
        "`math` stops where numpy would give inf. How large is the number that goes in?",
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
