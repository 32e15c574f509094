"""What a reader sees of HTML, to compare it with the text that stands beside it."""

import html
import re


def flat(text):
    """A text with one blank for any space; backticks are markup."""
    return " ".join(text.replace("`", "").split())


def squeezed(text):
    """A text without any space: code is the same however it is spaced."""
    return "".join(text.split())


def seen(page):
    """What is read on a page, flat: what stands in a block or a cell is a word of its own."""
    spaced = re.sub(r"<(?=(?:div|td|th|pre|tr)\b)", " <", page)
    return flat(html.unescape(re.sub(r"<[^>]*>", "", spaced)))
