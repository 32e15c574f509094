"""A question before the cell that answers it: `predict` asks, `Prediction.reveal` compares.

A choice is kept by question and options, so it survives whatever cell is run again.
"""

import ast
import html
import itertools
import math

import numpy as np

from softmax_lib.messages import Message, Shown, inline

__all__ = ["Prediction", "predict"]

_chosen = {}  # (question, labels) -> the label chosen in this session


class Prediction(Shown):
    """A question with options, and what the student chose.

    Displayed, it shows a button for each option, worked by mouse or keyboard. Where there are no
    widgets it shows the question and the options.

    Attributes
    ----------
    question : str
    options : tuple of str
        The labels.
    """

    def __init__(self, question, options):
        self.question = question
        self.options = tuple(options)
        self._values = options
        self._choices = None
        listed = [f"({k}) {option}" for k, option in enumerate(self.options, 1)]
        self.message = Message([("title", f"Predict: {question}"), *listed])

    @property
    def answer(self):
        """The label chosen in this session, whichever run of the cell it was chosen in."""
        return _chosen.get((self.question, self.options))

    def choose(self, option):
        """Choose by code, where there are no buttons.

        Parameters
        ----------
        option : int or str
            The option's place, counted from 1, or its label.

        Raises
        ------
        ValueError
            No such option.
        """
        if isinstance(option, int) and 1 <= option <= len(self.options):
            option = self.options[option - 1]
        if option not in self.options:
            raise ValueError(f"Choose 1 to {len(self.options)}; got {option!r}.")
        _chosen[self.question, self.options] = option
        if self._choices is not None:
            self._choices.value = option

    def reveal(self, computed):
        """Say which option came true, and whether it was the one chosen.

        Parameters
        ----------
        computed : object
            What was computed: a number, tuple, array, text, truth value or exception. The option
            whose value equals it has come true; for a positive number that equals none, the option
            that is nearest in ratio.

        Returns
        -------
        Message

        Raises
        ------
        ValueError
            `computed` fits no option.

        Examples
        --------
        >>> guess = predict("What is the product?", {"about 0.3": 0.3, "exactly 0": 0})
        >>> guess.reveal(0.5**2000)
        What is the product?
        The answer: exactly 0.
        >>> guess.choose(1)
        >>> guess.reveal(0.5**2000)
        What is the product?
        ≠ You predicted “about 0.3”. The answer: exactly 0.
        """
        true = self._come_true(computed)
        if self.answer is None:
            said, state = f"The answer: {true}.", "not attempted"
        elif self.answer == true:
            said, state = f"✓ You predicted “{true}”, and that is right.", "right"
        else:
            said, state = f"≠ You predicted “{self.answer}”. The answer: {true}.", "other"
        return Message([said], state, first=self.question)

    def _come_true(self, computed):
        for label, value in self._values.items():
            if _equal(value, computed) or _equal(label, computed):
                return label
        far = {label: _distance(value, computed) for label, value in self._values.items()}
        nearest = min(far, key=far.get)
        if far[nearest] < math.inf:
            return nearest
        listed = ", ".join(f"{label} ({value!r})" for label, value in self._values.items())
        raise ValueError(
            f"reveal takes what was computed, and {computed!r} fits none of the options: {listed}. "
            "Give predict a dict, label to value, where a label does not say its value."
        )

    def widget(self):
        """The question, a button for each option, and a line that says what is kept.

        Buttons, because JupyterLab takes the arrow keys that radio buttons and dropdowns need; Tab,
        Space and Enter it leaves to them.
        """
        import ipywidgets as widgets

        question = widgets.HTML(f"<strong>Predict:</strong> {inline(self.question)}")
        self._choices = widgets.ToggleButtons(
            options=self.options,
            value=self.answer,
            description="You say",
            style={"button_width": "max-content"},
            layout=widgets.Layout(width="auto"),
        )
        kept, how = widgets.HTML(), "Click, or Tab to a button and press Space."

        def keep(change):
            if change["new"]:
                _chosen[self.question, self.options] = change["new"]
            text = f"Kept: {self.answer}" if self.answer else how
            kept.value = f'<span role="status">{html.escape(text)}</span>'  # is read aloud

        keep({"new": self.answer})
        self._choices.observe(keep, names="value")
        return widgets.VBox([question, self._choices, kept])


def _value_of(label):
    """The value that a label says by itself: ``"(4,)"`` a tuple, ``"6"`` a number, else text."""
    try:
        return ast.literal_eval(label)
    except (ValueError, SyntaxError):
        return label


def _equal(value, computed):
    """Whether what was computed is an option's value: nan is nan, True is not 1."""
    if isinstance(value, type):  # of exceptions
        return issubclass(computed if isinstance(computed, type) else type(computed), value)
    value, computed = np.asarray(value), np.asarray(computed)
    kinds = {value.dtype.kind, computed.dtype.kind}
    if value.shape != computed.shape or (kinds & set("bU") and len(kinds) > 1):
        return False
    if not kinds <= set("biufc"):
        return bool((value == computed).all())
    close = 1e-9 if value.ndim else 0  # entries were rounded on the way; a single 0 means exactly 0
    return bool(np.isclose(computed, value, rtol=close, atol=0, equal_nan=True).all())


def _distance(value, computed):
    """How far apart two numbers are in ratio; inf unless both are finite and above 0."""
    both = np.asarray(value), np.asarray(computed)
    if any(a.ndim or a.dtype.kind not in "iuf" or not 0 < a < math.inf for a in both):
        return math.inf
    return abs(math.log(value) - math.log(computed))


def predict(question, options):
    """Ask for a prediction; show it as the cell's last expression and reveal it later.

    Parameters
    ----------
    question : str
    options : sequence of str, or dict of str to object
        At least two labels, all different. A dict gives each label the value that would make it
        come true; without one, a label is its own value (``"(4,)"`` a tuple, ``"0.5"`` a number).

    Returns
    -------
    Prediction

    Raises
    ------
    TypeError
        The question or a label is no text.
    ValueError
        Fewer than two options, or two with one label or one value.

    Examples
    --------
    >>> predict("What is exp(710) in float64?", {"about 1e308": 1e308, "infinite": float("inf")})
    Predict: What is exp(710) in float64?
    (1) about 1e308
    (2) infinite
    """
    if not isinstance(question, str) or not question.strip():
        raise TypeError(f"predict needs a question as text; got {question!r}.")
    if isinstance(options, str) or not all(isinstance(label, str) for label in options):
        raise TypeError(f"predict needs labels, as a list or a dict of texts; got {options!r}.")
    values = options if isinstance(options, dict) else {x: _value_of(x) for x in options}
    if not 2 <= len(values) == len(options):
        raise ValueError(f"predict needs at least two different options; got {options!r}.")
    for one, other in itertools.combinations(values, 2):
        if _equal(values[one], values[other]):
            raise ValueError(
                f"Two options have one value, so no answer could tell them apart: "
                f"{one!r} and {other!r} are both {values[other]!r}."
            )
    return Prediction(question, values)
