"""Exercises that answer: right, not yet (what came, what was expected), or not attempted.

>>> from softmax_lib import exercises
>>> def scores(X, W):
...     "Scores S = X W, eq. (1)."
...     ...
>>> exercises.check("1.1", scores)
○ 1.1 not attempted yet. A hint: exercises.hint("1.1")
"""

from softmax_lib.exercises.engine import Verdict, case, check, hint, progress, solution
from softmax_lib.exercises.predictions import Prediction, predict
from softmax_lib.exercises.report import report

__all__ = ["Prediction", "Verdict", "case", "check", "hint", "predict", "progress"]
__all__ += ["report", "solution"]
