"""For instructors: what a class handed in, run, judged, and made into grades and feedback.

`softmax_lib.exercises.report` is its door.
"""

from softmax_lib.marking.report import Report, report

__all__ = ["Report", "report"]
