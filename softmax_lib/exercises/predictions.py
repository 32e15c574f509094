"""A question before the cell that answers it: `predict` asks, `Prediction.reveal` compares.

A choice is kept by question and options, so it survives whatever cell is run again.
"""

import ast
import html
import math

import numpy as np

from softmax_lib.exercises.engine import Message, inline

__all__ = ["Prediction", "predict"]

_chosen = {}  # (question, labels) -> the label chosen in this session


class Prediction:
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
        self._values = dict(options)
        self._choices = None
        self._shown = None

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
            A string.

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
        >>> guess.choose("exactly 0")
        >>> guess.reveal(0.5**2000)
        What is the product?
        ✓ You predicted “exactly 0”, and that is right.
        """
        true = self._come_true(computed)
        if self.answer is None:
            said, state = f"The answer: {true}.", "not attempted"
        elif self.answer == true:
            said, state = f"✓ You predicted “{true}”, and that is right.", "right"
        else:
            said, state = f"≠ You predicted “{self.answer}”. The answer: {true}.", "other"
        return _Revealed(self.question, Message([("text", said)], state))

    def _come_true(self, computed):
        for label, value in self._values.items():
            if _equal(value, computed) or _equal(label, computed):
                return label
        if _is_positive(computed):
            ratios = {
                label: abs(math.log(value / computed))
                for label, value in self._values.items()
                if _is_positive(value)
            }
            if ratios:
                return min(ratios, key=ratios.get)
        listed = ", ".join(
            label if _equal(label, value) else f"{label} ({value!r})"
            for label, value in self._values.items()
        )
        raise ValueError(
            f"reveal takes what was computed, and {computed!r} fits none of the options: {listed}. "
            "Give predict a dict, label to value, where a label does not say its value."
        )

    def _message(self):
        options = [("text", f"({k}) {option}") for k, option in enumerate(self.options, 1)]
        return Message([("title", f"Predict: {self.question}"), *options])

    def __repr__(self):
        return str(self._message())

    def _repr_html_(self):
        return self._message().html

    def _repr_mimebundle_(self, include=None, exclude=None):
        if self._shown is None:
            try:
                from softmax_lib.explorer import with_fallback

                self._shown = with_fallback(self._buttons(), self._repr_html_(), repr(self))
            except ImportError:  # the library without its notebooks: text it is
                return {"text/plain": repr(self), "text/html": self._repr_html_()}
        return self._shown._repr_mimebundle_(include=include, exclude=exclude)

    def _buttons(self):
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
        kept = widgets.HTML(_kept_line(self.answer))

        def keep(change):
            _chosen[self.question, self.options] = change["new"]
            kept.value = _kept_line(change["new"])

        self._choices.observe(keep, names="value")
        return widgets.VBox([question, self._choices, kept])


class _Revealed(Message):
    """A message under its question; the question stands on the first line of HTML and text.

    JupyterLab shows that line, and no more, of an output that is folded.
    """

    def __new__(cls, question, message):
        """The question, then the message."""
        revealed = str.__new__(cls, f"{question}\n{message}")
        revealed.html = f"{inline(question)}\n{message.html}"
        return revealed


def _kept_line(answer):
    """A line that a screen reader reads aloud when it changes."""
    nothing = "Click, or go to a button with Tab and press Space."
    text = nothing if answer is None else f"Kept: {answer}"
    return f'<span role="status">{html.escape(text)}</span>'


def _value_of(label):
    """The value that a label says by itself: ``"(4,)"`` a tuple, ``"nan"`` a number, else text."""
    for read in (ast.literal_eval, float):
        try:
            return read(label)
        except (ValueError, SyntaxError):
            continue
    return label


def _equal(value, computed):
    """Whether what was computed is an option's value: nan is nan, True is not 1."""
    if isinstance(value, type) and issubclass(value, BaseException):
        raised = computed if isinstance(computed, type) else type(computed)
        return issubclass(raised, value)
    if isinstance(value, str) or isinstance(computed, str):
        return isinstance(value, str) and isinstance(computed, str) and value == computed
    if isinstance(value, bool | np.bool_) != isinstance(computed, bool | np.bool_):
        return False
    value, computed = np.asarray(value), np.asarray(computed)
    if value.shape != computed.shape:
        return False
    if not {value.dtype.kind, computed.dtype.kind} <= set("biufc"):
        return bool((value == computed).all())
    close = 1e-9 if value.ndim else 0  # entries were rounded on the way; a single 0 means exactly 0
    return bool(np.isclose(computed, value, rtol=close, atol=0, equal_nan=True).all())


def _is_positive(value):
    """Whether it is a number above 0 and finite, so that a ratio says how far two are apart."""
    if isinstance(value, bool | np.bool_ | str) or np.ndim(value):
        return False
    try:
        return 0 < value < math.inf
    except (TypeError, ValueError):
        return False


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
    labels = tuple(options)
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise ValueError(f"predict needs at least two different options; got {options!r}.")
    values = dict(options) if isinstance(options, dict) else {x: _value_of(x) for x in labels}
    for k, label in enumerate(labels):
        for other in labels[:k]:
            if _equal(values[other], values[label]):
                raise ValueError(
                    f"Two options have one value, so no answer could tell them apart: "
                    f"{other!r} and {label!r} are both {values[label]!r}."
                )
    return Prediction(question, values)
