"""Answers as a class writes them: every right one passes, no wrong one does, and names stay.

`answers/right.txt` and `answers/wrong.txt` hold programs, most of them written without the lessons
in hand, each under a line that says what it should be told: ``== 2.1 in a few words -> slugs | a
slip without a slug | another`` of a wrong one, ``-> | words of a remark | another`` of a right one.
What the line does not say must not be told.
"""

import ast
import copy
import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from reading import flat, seen, squeezed

import softmax_lib
from softmax_lib import exercises, lessons
from softmax_lib.exercises import engine, slips
from softmax_lib.lessons import source_of
from softmax_lib.lessons.slips import FORWARD, LOG, PENALTY, SENTENCES, SLOPE, SUM, patch

NUMBERS = [task.number for k in range(len(lessons.LESSONS)) for task in engine.lesson_tasks(k)]


def answers(kind):
    """(number, slugs, slips without a slug, source) of every answer in a file, by its heading."""
    text = Path(__file__).with_name("answers").joinpath(f"{kind}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^== (.+)\n", text, flags=re.M)
    assert parts[0] == ""
    found = {}
    for heading, source in zip(parts[1::2], parts[2::2], strict=True):
        title, _, told = heading.partition(" -> ")
        assert title not in found
        slugs, *said = told.split("|")
        number, said = title.split()[0], [name.strip() for name in said]
        found[title] = (number, set(slugs.split()), said, source)
    return found


RIGHT, WRONG = answers("right"), answers("wrong")
pytestmark = pytest.mark.usefixtures("session")


def checked(answer):
    """The verdict on the function that a cell with the answer's source defines."""
    number, *_, source = answer
    space = {"np": np, **{name: getattr(softmax_lib, name) for name in softmax_lib.__all__}}
    exec(source, space)
    return exercises.check(number, space[engine.find_task(number).name])


def returned(number):
    """What the solution computes last: an expression, when it is more than a name or two."""
    source = lessons.source_of(engine.find_task(number).solution)
    last = [squeezed(ast.unparse(n.value)) for n in ast.walk(ast.parse(source)) if is_return(n)]
    return [text for text in last if len(text) > 12 and not re.fullmatch(r"\([\w,]+\)", text)]


def is_return(node):
    return isinstance(node, ast.Return)


@pytest.mark.parametrize("title", RIGHT)
def test_a_right_answer_passes_with_the_remarks_it_deserves(title):
    verdict = checked(RIGHT[title])
    assert verdict.passed, verdict
    remarks = re.findall("^A remark: (.+)", repr(verdict), flags=re.M)
    for remark, said in zip(remarks, RIGHT[title][2], strict=True):
        assert said in remark


@pytest.mark.parametrize("title", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(title):
    number, slugs, said, _ = WRONG[title]
    verdict = checked(WRONG[title])
    assert not verdict.passed
    assert set(verdict.mistakes) == slugs, verdict
    for message in (verdict, verdict.explain()):
        text = repr(message)
        assert seen(message._repr_html_()) == flat(text)
        assert len(text) < 3000
        assert not any(solution in squeezed(text) for solution in returned(number))
    for slug in slugs:
        assert SENTENCES[slug] in verdict.explain() or slug == "raised"
    task, told = engine.find_task(number), repr(verdict.explain())
    unnamed = {name for name, *_ in task.slips} - set(SENTENCES)
    assert {name for name in unnamed if f", {name}." in told} == set(said), told
    assert re.search(r"^[A-Z`].*\?$", repr(verdict), re.M)  # one question, whatever it is
    if said and not slugs:
        assert task.questions.get(said[0], task.question) in repr(verdict)


def test_every_exercise_has_answers_of_both_kinds():
    for kind, least in ((RIGHT, 2), (WRONG, 3)):
        counts = Counter(number for number, *_ in kind.values())
        few = [number for number in NUMBERS if counts[number] < least]
        assert not few, f"fewer than {least} answers of a kind: {', '.join(few)}"


@pytest.mark.parametrize(("came", "shown"), [((4, 3, 1), "(4, 3, 1)"), ([5], "(5,)"), ((), "()")])
def test_a_tuple_that_is_one_value_is_shown_whole(came, shown):
    """Catches a shape of the wrong length called a value of the wrong kind."""
    verdict = checked(("1.2", f"def product_shape(a, b, transpose):\n    return {came}"))
    assert not verdict.passed
    assert set(verdict.mistakes) <= {"constant-answer"}
    assert re.search(rf"^ +shape +\(6, 3\) +{re.escape(shown)}$", repr(verdict), re.MULTILINE)


# What a lesson declares

TASKS = [engine.find_task(number) for number in NUMBERS]
SHARED = {*FORWARD, *LOG, *PENALTY, *SLOPE, *SUM}
each_task = pytest.mark.parametrize("task", TASKS, ids=NUMBERS)


def values(function, arguments):
    """What a call gives, as text; the name of the error that it raises instead."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(function(*copy.deepcopy(arguments)))
        except Exception as error:
            return type(error).__name__


@each_task
def test_a_slip_rewrites_the_solution_and_changes_what_comes(task):
    """Catches a slip that lost its line when the solution was edited: it would never be named."""
    taught = task.model or task.solution
    right = [values(taught, arguments) for arguments in task.cases()]
    for slip in task.slips:
        name, piece, put = slip
        if slip in {shared[:3] for shared in SHARED} or name == "log-epsilon":
            continue  # it need not have a line, or a difference to make, in every solution
        assert piece in source_of(taught), f"{piece!r} of {name!r} is not in the solution"
        function = slips.rewritten(task, (slip,))
        assert function is not None, f"{put!r} of {name!r} is no Python where {piece!r} stood"
        assert [values(function, arguments) for arguments in task.cases()] != right, slip


@each_task
def test_a_question_belongs_to_a_slip_or_to_a_kind_of_failure(task):
    """Catches a question that waits for a name which nothing gives."""
    names = {name for name, *_ in task.slips} | set(SENTENCES)
    assert set(task.questions) <= names
    assert all(re.search(r"^[A-Z\[].*[^ ]\?$", asked) for asked in task.questions.values())
    assert not any(name.endswith((".", "?")) for name in names)


@each_task
def test_a_slip_of_one_word_has_its_sentence(task):
    """Catches a misspelled name: it would be taken for the end of a sentence, and shown as one."""
    missing = {name for name, *_ in task.slips if " " not in name} - set(SENTENCES)
    assert not missing, f"no sentence in softmax_lib/lessons/slips.py: {missing}"


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("2.1 no keepdims", '02_stability_shift, "One maximum for each row"'),
        ("12.3 naive", '02_stability_shift, "The shift"'),
        ("3.1 one-hot log p", '03_cross_entropy_loss, "Where the logarithm breaks"'),
        ("0.3 in place", '00_start_here, "Train it"'),  # 08 treats it, and is still to come
        ("9.1 real", '04_numerical_derivatives, "The complex step"'),
        ("11.2 transposed", '11_train_on_digits, "The test digits, once"'),
        ("10.2 mutates W", '08_gradient_in_code, "The copy that must not be forgotten"'),
    ],
)
def test_the_section_is_that_of_the_slip_and_none_to_come(title, section):
    assert f"Reread {section} (behind it: " in repr(checked(WRONG[title]))


@pytest.mark.parametrize(
    ("title", "shared"),
    [
        ("3.2 reg W not squared", "right wherever reg = 0"),
        ("7.3 no mean", "right wherever there is one example"),
        ("12.2 naive squares", "wrong wherever X holds numbers over 10"),
        ("3.4 0 log 0", "wrong wherever a class has no example"),
        ("4.1 divided by h", ""),
        ("11.2 fancy +=", ""),  # right where a class has no example, by luck
        ("13.3 the weights ignored", ""),  # wrong where reg = 0, by luck
    ],
)
def test_what_the_cases_share_is_said_where_it_tells(title, shared):
    found = re.findall(r"It is (.+), and nowhere else\.", repr(checked(WRONG[title])))
    assert found == [shared] * bool(shared)


@pytest.mark.parametrize(
    ("title", "measured"),
    [
        ("0.1 of fifty", "share comes with the factor 50"),
        ("5.2 three times", "J comes with the factor 3"),
        ("8.2 dW three times", "In dW, the data's part comes with the factor 3"),
        ("3.2 reg seven times", "In the loss, reg's part comes with the factor 7"),
        ("8.3 a third of the step", "the step comes with the factor 1/3"),
        ("10.2 always True", "verdict is the same in every case"),
    ],
)
def test_what_was_measured_is_explained(title, measured):
    verdict = checked(WRONG[title])
    assert measured in verdict.explain()
    assert measured not in repr(verdict)
    assert re.search(r"More on what was measured: .+\.explain\(\)$", repr(verdict), flags=re.M)


def test_a_verdict_that_never_changes_is_asked_about():
    asked = "Does a wrong f get the same verdict from you as a right one?"
    assert asked in repr(checked(WRONG["10.2 always True"]))
    assert "For which settings would" in repr(checked(WRONG["10.1 710+"]))
    assert not checked(WRONG["2.4 and"]).explains  # the one case that ended proves nothing


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("1.1 a shape without parentheses", "How many arguments has your call?"),
        ("1.2 shapes taken for arrays", "Which of them did you take for something else?"),
        ("1.3 ones of one axis", "Which of them is to have one more?"),
        ("2.1 exp without np", "numpy's (with `np.` before it), or still to be made?"),
        ("2.1 numpy by its long name", "Has the cell that imports it been run"),
        ("2.1 Python's max", "Is one answer for all meant, or one for each entry?"),
        ("3.2 swapped scores args", "What does each name on the last line shown hold then,"),
        ("7.1 a shape without parentheses", "How many arguments has your call?"),
        ("8.2 a shape without parentheses", "How many arguments has your call?"),
        ("3.3 eye alone", "What has Y rows for, and how many columns if no example has the last?"),
    ],
)
def test_the_question_fits_the_error_or_the_shape_that_came(title, asked):
    """Catches a task's question on one error, or one shape, asked about every other one too."""
    assert asked in repr(checked(WRONG[title]))


@pytest.mark.parametrize(
    ("title", "digits"),
    [("8.2 scores in float32", 7), ("8.2 all in float32, reg not", 7), ("2.1 sums to 1.000009", 5)],
)
def test_the_digits_that_agree_are_counted(title, digits):
    text = repr(checked(WRONG[title]))
    assert f" agrees to {digits} digits." in text
    assert ("Which line makes float32 of float64 numbers?" in text) is (digits == 7)


@pytest.mark.parametrize("line", ["+ P", "P", "+ P # sign"])  # no name, no sign, one space
def test_a_line_that_is_no_part_of_a_slip_is_shown(line):
    with pytest.raises(ValueError, match=re.escape(repr(f"{line}\n"))):
        patch(f"- T\n+ S  # no-shift\n{line}")
