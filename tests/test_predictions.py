"""Predictions: what is asked, what is kept, and which option comes true."""

import sys

import numpy as np
import pytest
from reading import flat, seen

from softmax_lib.exercises import Prediction, predict, predictions


@pytest.fixture(autouse=True)
def a_new_session(monkeypatch):
    monkeypatch.setattr(predictions, "_chosen", {})


def asked():
    return predict("Is `1 < 2`?", ["it is", "it is not", "<neither>"])


# The reveal


def test_without_a_choice_the_reveal_says_the_answer_and_scolds_nobody():
    message = asked().reveal("it is")
    assert repr(message) == "Is `1 < 2`?\nThe answer: it is."
    assert seen(message._repr_html_()) == flat(message)


def test_the_reveal_compares_with_the_choice():
    guess = asked()
    guess.choose(2)
    wrong, right = guess.reveal("it is"), guess.reveal("it is not")
    assert wrong.splitlines()[1] == "≠ You predicted “it is not”. The answer: it is."
    assert right.splitlines()[1] == "✓ You predicted “it is not”, and that is right."
    guess.choose("<neither>")
    shown = guess.reveal("<neither>")._repr_html_()
    assert "&lt;neither&gt;" in shown
    assert "<neither>" not in shown


def test_a_folded_reveal_shows_its_question_and_no_more():
    """JupyterLab shows the first line of a folded output's HTML: the answer must not be in it."""
    shown = asked().reveal("it is")._repr_html_()
    assert shown.splitlines()[0] == "Is <code>1 &lt; 2</code>?"


SHAPES = ["(1, 4)", "(4, 1)", "(4,)"]
OUTCOMES = {"it raises": ValueError, "labels raise": IndexError, "a number": 0.5}
VERDICTS = {"it passes": True, "it fails": False}
PRODUCTS = {"about 1e-302": 1e-302, "exactly 0": 0.0, "an error": FloatingPointError}
ROWS = {"as before": (0.125, 0.25, 0.625), "0, 0, 1": (0, 0, 1), "nan": (np.nan,) * 3}
TIMES = {"no gain": 1, "about 10 times": 10, "100 times or more": 100}


@pytest.mark.parametrize(
    ("options", "computed", "true"),
    [
        (["it is", "it is not"], "it is not", "it is not"),
        (SHAPES, (4,), "(4,)"),
        (SHAPES, np.zeros((4, 1)).shape, "(4, 1)"),
        (SHAPES, "(1, 4)", "(1, 4)"),
        (["1", "3", "6", "18"], np.int64(6), "6"),
        ({"inf": np.inf, "nan": np.nan}, np.float32("nan"), "nan"),
        (OUTCOMES, ValueError("matmul: …"), "it raises"),
        (OUTCOMES, IndexError, "labels raise"),
        (OUTCOMES, 0.4, "a number"),
        (OUTCOMES, "it raises", "it raises"),
        (VERDICTS, True, "it passes"),
        (VERDICTS, np.False_, "it fails"),
        (PRODUCTS, 0.0, "exactly 0"),
        (PRODUCTS, 5e-324, "about 1e-302"),
        (PRODUCTS, FloatingPointError("underflow"), "an error"),
        (ROWS, np.array([0.1, 0.2, 0.5]) / 0.8, "as before"),
        (ROWS, np.full(3, np.nan), "nan"),
        ({"0 and 0": (0, 0), "1 and -1": (1, -1)}, np.array([1.0, -1.0]), "1 and -1"),
        (TIMES, 3.1, "no gain"),
        (TIMES, 3.2, "about 10 times"),
        (TIMES, np.float64(2000), "100 times or more"),
        ({"log 10": np.log(10), "1": 1}, np.nextafter(np.log(10), 3), "log 10"),
        ({"-1": -1, "1": 1}, -1.0, "-1"),
        ({"both": (True, True), "one": (True, False)}, (True, False), "one"),
        ({"both": ("sign", "mean"), "sign alone": ("sign",)}, ["sign"], "sign alone"),
        ({"zeros": np.zeros((2, 3)), "ones": np.ones((2, 3))}, np.ones((2, 3)), "ones"),
    ],
)
def test_what_was_computed_finds_the_option_that_came_true(options, computed, true):
    assert predict("Which?", options).reveal(computed) == f"Which?\nThe answer: {true}."


@pytest.mark.parametrize(
    ("options", "computed"),
    [
        (["it is", "it is not"], "it was"),
        (["it is", "it is not"], None),
        (["it is", "it is not"], 1),
        (["1", "3"], True),  # a truth value is no count
        (VERDICTS, 1),
        (["1", "3"], 0),  # nothing is near to zero in ratio
        (["1", "3"], -1),
        (["1", "3"], np.ones(2)),
        (["1", "3"], np.inf),
        (SHAPES, (4, 4)),
        (SHAPES, 4),
        ({"0, 0, 1": (0, 0, 1), "else": (1, 0, 0)}, np.array([1e-300, 0.0, 1.0])),
        (OUTCOMES, KeyError("y")),
        (PRODUCTS, -1e-302),
        ({"both": (1, 2), "one": (1,)}, (1, 2, 3)),
        ({"both": (1, 2), "one": (1,)}, ("1", "2")),
    ],
)
def test_what_fits_no_option_is_said_with_the_options(options, computed):
    with pytest.raises(ValueError, match="fits none of the options: ") as caught:
        predict("Which?", options).reveal(computed)
    assert repr(computed) in str(caught.value)
    assert all(label in str(caught.value) for label in options)


# What is asked


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: predict("", ["a", "b"]), TypeError, "question"),
        (lambda: predict(["a", "b"], "Which?"), TypeError, "question"),
        (lambda: predict("Which?", "ab"), TypeError, "texts"),
        (lambda: predict("Which?", [1, 2]), TypeError, "texts"),
        (lambda: predict("Which?", {1: "a", 2: "b"}), TypeError, "texts"),
        (lambda: predict("Which?", ["a"]), ValueError, "two different"),
        (lambda: predict("Which?", {"a": 1}), ValueError, "two different"),
        (lambda: predict("Which?", ["a", "a"]), ValueError, "two different"),
        (lambda: predict("?", {"tiny": 1e-602, "zero": 0.0}), ValueError, "'tiny' and 'zero'"),
        (lambda: predict("?", ["1", "1.0"]), ValueError, "one value"),
        (lambda: asked().choose(4), ValueError, "1 to 3; got 4"),
        (lambda: asked().choose(0), ValueError, "1 to 3; got 0"),
        (lambda: asked().choose("it was"), ValueError, "got 'it was'"),
    ],
)
def test_a_call_that_cannot_work_says_why(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


# What is kept


def test_a_choice_outlives_the_cell_that_asks():
    """JupyterLab makes the cell of a clicked button the active one: Shift+Enter runs it again."""
    choices_of(asked()).value = "it is"
    again = asked()
    assert again.answer == "it is"
    assert "You predicted “it is”, and that is right." in again.reveal("it is")
    assert choices_of(again).value == "it is"
    assert "Kept: it is" in again.widget().children[-1].value


def test_another_question_or_other_options_have_a_choice_of_their_own():
    asked().choose(1)
    assert predict("Is `1 > 2`?", asked().options).answer is None
    assert predict(asked().question, asked().options[:2]).answer is None


def choices_of(prediction):
    prediction._repr_mimebundle_()
    return prediction._choices


def test_the_buttons_start_with_none_chosen_and_keep_what_is_chosen():
    guess = asked()
    choices = choices_of(guess)
    assert choices.value is None
    assert tuple(choices.options) == guess.options
    assert choices.description
    assert guess.answer is None
    choices.value = "it is"
    assert guess.answer == "it is"
    guess.choose(2)
    assert choices.value == guess.answer == "it is not"


def test_the_line_below_the_buttons_says_what_is_kept():
    guess = asked()
    box = guess.widget()
    assert seen(box.children[0].value) == "Predict: Is 1 < 2?"
    assert "Click, or Tab to a button" in box.children[-1].value
    box.children[1].value = "<neither>"
    assert "Kept: &lt;neither&gt;" in box.children[-1].value
    assert 'role="status"' in box.children[-1].value


# Front ends without widgets


def test_beside_the_buttons_stand_html_and_text_that_say_the_same():
    guess = asked()
    bundle = guess._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == repr(guess)
    assert seen(bundle["text/html"]) == flat(repr(guess))
    assert repr(guess).splitlines() == [
        "Predict: Is `1 < 2`?",
        "(1) it is",
        "(2) it is not",
        "(3) <neither>",
    ]


def test_a_choice_changes_nothing_that_is_stored():
    before = asked()._repr_mimebundle_()
    asked().choose(1)
    after = asked()._repr_mimebundle_()
    assert after["text/html"] == before["text/html"]
    assert after["text/plain"] == before["text/plain"]


def test_without_widgets_a_prediction_is_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    guess = asked()
    assert isinstance(guess, Prediction)
    bundle = guess._repr_mimebundle_()
    assert bundle == {"text/plain": repr(guess), "text/html": guess._repr_html_()}
