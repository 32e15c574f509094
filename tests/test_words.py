"""How numbers are spelled in captions, tables and verdicts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmax_lib import words

EVERY = (words.number, words.signed, words.digits, words.rough, words.two_digits)


@pytest.mark.parametrize("spell", EVERY, ids=lambda spell: spell.__name__)
@given(value=st.floats())
def test_every_number_has_the_same_minus_and_the_same_exponent(spell, value):
    """Catches a hyphen for a minus, e-09 or e+10 beside e−9 and e10, and the minus of a zero."""
    text = spell(value)
    assert re.fullmatch(r"\+?(inf|nan)|−inf|[+−]?[\d,.]+(e−?[1-9]\d*)?", text)
    assert re.search("[1-9nf]", text) or not text.startswith("−")
