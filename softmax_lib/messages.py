"""Texts that a notebook shows as they read: as HTML with a colored border, else as plain text.

Signs (✓ right, ✗ not yet, ○ not attempted) say what the color says.
"""

import html
import re
import sys
import textwrap

__all__ = ["COLORS", "SIGNS", "Message", "Shown", "encodable", "html_table", "inline"]

SIGNS = {"right": "✓", "not yet": "✗", "not attempted": "○"}
# Okabe-Ito green, vermilion, sky blue, orange; the text keeps the theme's own color.
COLORS = {"right": "#009E73", "not yet": "#D55E00", "not attempted": "#56B4E9", "other": "#E69F00"}

# For consoles whose encoding lacks the signs.
PLAIN = str.maketrans("✓✗○·−≈", "vxo.-~") | {ord("≠"): "!=", ord("…"): "..."}


class Message(str):
    """A text that a notebook shows as it reads, not in quotes; its HTML says the same.

    Parameters
    ----------
    blocks : list of str or tuple
        A text, ``("title" | "code", text)`` or ``("table", rows)``, the first row being the head.
    state : {"right", "not yet", "not attempted", "other"}
        Which color the border has.
    first : str
        A line above the border, the first of HTML and text: of an output that is folded, JupyterLab
        shows that line and no more.
    """

    def __new__(cls, blocks, state="not attempted", first=""):
        """A string, with its HTML beside it."""
        above = [first] * bool(first)
        blocks = [("text", block) if isinstance(block, str) else block for block in blocks]
        message = super().__new__(cls, "\n".join([*above, plain_text(blocks)]))
        message.html = "\n".join([*map(inline, above), html_text(blocks, COLORS[state])])
        return message

    def __str__(self):
        return encodable(str.__str__(self))

    def __repr__(self):
        return str.__str__(self)

    def _repr_html_(self):
        return self.html


class Shown:
    """What has a `message`, and a `widget()` that says the same where there are widgets."""

    def __str__(self):
        return str(self.message)

    def __repr__(self):
        return repr(self.message)

    def _repr_html_(self):
        return self.message.html

    def _repr_mimebundle_(self, include=None, exclude=None):
        texts = {"text/plain": repr(self), "text/html": self._repr_html_()}
        try:
            return {**self.widget()._repr_mimebundle_(), **texts}
        except ImportError:  # the library without its notebooks: text it is
            return texts


def plain_text(blocks):
    """The blocks as text: code and tables indented, tables aligned."""
    parts = []
    for kind, content in blocks:
        if kind == "table":
            rows = [list(map(str, row)) for row in content]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines = [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                for row in rows
            ]
            parts.append("\n".join("    " + line.rstrip() for line in lines))
        elif kind == "code":
            parts.append(textwrap.indent(content, "    "))
        else:
            parts.append(content)
    return "\n".join(parts)


def html_text(blocks, color):
    """The same text as HTML: escaped, in the theme's own text color, with a border in `color`.

    What stands between backticks is set as code.
    """
    parts = []
    for kind, content in blocks:
        if kind == "table":
            parts.append(html_table(content))
        elif kind == "code":
            parts.append(f'<pre style="margin: 0.4em 1.5em">{html.escape(content)}</pre>')
        elif kind == "title":
            parts.append(f"<div><strong>{inline(content)}</strong></div>")
        else:
            parts.append(f"<div>{inline(content)}</div>")
    style = f"border-left: 4px solid {color}; padding: 0.2em 0 0.2em 0.8em"
    return f'<div style="{style}">{"".join(parts)}</div>'


def html_table(rows, links=()):
    """Rows as an HTML table: the first is the head, each one's first cell its name, or a link."""
    head, *body = [[html.escape(str(cell)) for cell in row] for row in rows]
    left = 'style="text-align: left"'
    lines = ["".join(f'<th scope="col" {left}>{cell}</th>' for cell in head)]
    for k, (name, *cells) in enumerate(body):
        name = f'<a href="{html.escape(links[k])}">{name}</a>' if links else name
        row = "".join(f"<td {left}>{cell}</td>" for cell in cells)
        lines.append(f'<th scope="row" {left}>{name}</th>{row}')
    inside = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table style="margin: 0.4em 0">{inside}</table>'


def inline(text):
    """A text as HTML, with `code` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def encodable(text):
    """The text, with plainer signs where the screen that is printed on cannot show its own."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
