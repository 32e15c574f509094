"""``python -m softmax_lib.exercises.report FOLDER``: the marks of a class."""

import argparse
import sys

from softmax_lib.exercises import report

__all__ = ["main"]


def main():
    """Mark what the command line names, and say where the marks are."""
    parser = argparse.ArgumentParser("python -m softmax_lib.exercises.report", description=__doc__)
    parser.add_argument("folder", help="what was handed in: a folder, a zip or a notebook")
    parser.add_argument("--roster", help="a CSV with columns name, id, email")
    parser.add_argument("--points", help="a CSV with columns task, points")
    parser.add_argument("--out", help="the folder to write; by default FOLDER/marks")
    parser.add_argument("--jobs", type=int, default=2, help="how many notebooks run at a time")
    try:
        print(report(**vars(parser.parse_args())))  # noqa: T201
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. What was marked is written; run it again to go on.")
