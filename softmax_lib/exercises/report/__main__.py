"""``python -m softmax_lib.exercises.report FOLDER``: the marks of a class."""

from softmax_lib.marking.command import main

main()
