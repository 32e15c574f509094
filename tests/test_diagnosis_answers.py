"""Answers as a class writes them: every right one passes, no wrong one does, and names stay.

`answers/right.txt` and `answers/wrong.txt` hold programs, each under a line ``== 2.1 in a few words
-> the slips it should be told``, none of them made with the catalogue in hand.
"""

import ast
import html
import re
from pathlib import Path

import numpy as np
import pytest

import softmax_lib
from softmax_lib import exercises, lessons
from softmax_lib.exercises import engine
from softmax_lib.lessons.slips import SENTENCES

NUMBERS = [task.number for k in range(len(lessons.LESSONS)) for task in engine.lesson_tasks(k)]


def answers(kind):
    """(number, slugs, source) of every answer in a file, under its heading."""
    text = Path(__file__).with_name("answers").joinpath(f"{kind}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^== (.+)\n", text, flags=re.M)
    assert parts[0] == ""
    found = {}
    for heading, source in zip(parts[1::2], parts[2::2], strict=True):
        title, _, slugs = heading.partition(" -> ")
        assert title not in found
        found[title] = (title.split()[0], set(slugs.split()), source)
    return found


RIGHT, WRONG = answers("right"), answers("wrong")


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """A session of its own for every test, and time enough on a machine that does much else."""
    monkeypatch.setattr(engine, "_session", {})
    monkeypatch.setattr(engine, "SECONDS_PER_CHECK", 120.0)


def checked(number, source):
    """The verdict on the answer that a cell with this source defines."""
    space = {"np": np, **{name: getattr(softmax_lib, name) for name in softmax_lib.__all__}}
    exec(source, space)
    return exercises.check(number, space[engine.find_task(number).name])


def flat(text):
    return "".join(text.split())


def returned(number):
    """What the solution computes last: an expression, when it is more than a name or two."""
    source = lessons.source_of(engine.find_task(number).solution)
    last = [flat(ast.unparse(n.value)) for n in ast.walk(ast.parse(source)) if is_return(n)]
    return [text for text in last if len(text) > 12]


def is_return(node):
    return isinstance(node, ast.Return)


@pytest.mark.parametrize("title", RIGHT)
def test_a_right_answer_passes(title):
    number, _, source = RIGHT[title]
    verdict = checked(number, source)
    assert verdict.passed, verdict


@pytest.mark.parametrize("title", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(title):
    number, slugs, source = WRONG[title]
    verdict = checked(number, source)
    assert not verdict.passed
    assert set(verdict.mistakes) == slugs, verdict
    for message in (verdict, verdict.explain()):
        text = repr(message)
        seen = html.unescape(re.sub("<[^>]+>", " ", message._repr_html_()))
        assert flat(seen) == flat(text.replace("`", ""))
        assert len(text) < 3000
        assert not any(solution in flat(text) for solution in returned(number))
    for slug in slugs:
        assert SENTENCES[slug] in verdict.explain() or slug == "raised"
    assert re.search(r"^[A-Z].*\?$", repr(verdict), re.M)  # one question, whatever it is


def test_every_exercise_has_answers_of_both_kinds():
    for kind, least in ((RIGHT, 2), (WRONG, 3)):
        counts = [sum(number == of for of, *_ in kind.values()) for number in NUMBERS]
        assert min(counts) >= least, dict(zip(NUMBERS, counts, strict=True))


@pytest.mark.parametrize(("came", "shown"), [((4, 3, 1), "(4, 3, 1)"), ([5], "(5,)"), ((), "()")])
def test_a_tuple_that_is_one_value_is_shown_whole(came, shown):
    """Catches a shape of the wrong length called a value of the wrong kind."""
    verdict = checked("1.2", f"def product_shape(a, b, transpose):\n    return {came}")
    assert not verdict.passed
    assert verdict.mistakes == ()
    assert re.search(rf"^ +shape +\(6, 3\) +{re.escape(shown)}$", repr(verdict), re.MULTILINE)
