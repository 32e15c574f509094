"""Writes every notebook as a deck of slides: `make slides`, then open build/slides/index.html.

A deck is one file that needs no network. nbconvert renders the cells, ziamath draws the formulas,
reveal.js shows the pages. Slide metadata decide what is shown: `slide` and `subslide` begin a page,
`fragment` waits for a key, `-` comes along, `notes` stands in the speaker's window, `skip` is left
out. Outputs wait for a key of their own, so there is time to predict them. What is spoken at a
section comes from `docs/teaching`, where a file has the notebook's name and its headings.

How much fits on a page is known only where it is shown, so deck/deck.js packs the pages in the
browser: every deck is whole with any font and at any size of its text.

Why reveal.js: our own page of 60 lines turned the pages, and lacked a window for the speaker, the
overview, blackout, swiping, jumping to a page and print with notes. reveal.js has them all, its
speaker's window works from file:// too, and it adds 0.25 MB to a deck. Its files come in the wheel
of pyreveal, byte for byte those that reveal.js 6.0.1 has on npm, with no other dependency.
"""

import ast
import copy
import functools
import html
import re
import sys
from importlib.resources import files
from pathlib import Path
from string import Template
from xml.etree import ElementTree

import nbformat
import ziafont
import ziamath
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parent.parent
DECK = Path(__file__).with_name("deck")
REVEAL = files("pyreveal") / "revealjs" / "dist"
SIZE = 24.0  # of the formulas' letters, in SVG units; on the slide they scale with the text
CODE_LINES = 12  # on a page
LABELS = 14  # pixels of a page of 1280 x 720: the least for the letters in a picture
PIXELS_PER_POINT = 2  # figures have 144 dots an inch

# Every formula carries its own outlines: glyphs shared by reference vanish with a hidden slide.
ziafont.config.svg2 = False

TAG = re.compile(r"\\tag\{(\d+)\}")
HEADING = re.compile(r"^##? +(.+)$", re.M)
# What a notebook says to whoever runs it, and a room need not hear.
FOR_READERS = re.compile(
    r"(Choose|When you have chosen)\b[^.:]*\brun the next cell\b[^.:]*[.:]\s*"
    r"|^Replace the dots.*$|The buttons under the answer .*$|</?details>|<summary>.*?</summary>",
    re.M,
)
HELP = """\
<p>Arrow keys, space or a presenter turn the pages. In a deck, <kbd>?</kbd> lists all keys:
<kbd>S</kbd> opens the speaker's window (notes, next page, clock), <kbd>Esc</kbd> the overview,
<kbd>B</kbd> makes the screen black, <kbd>G</kbd> goes to a page, <kbd>F</kbd> fills the screen,
<kbd>+</kbd> and <kbd>-</kbd> change the size of the text.</p>
<p>To print, add <code>?view=print</code> to a deck's address, and
<code>&amp;showNotes=separate-page</code> for the notes; then print from the browser.</p>
"""
SVG_AND_MARK = re.compile(r"([(\[]*<svg (?:(?!</svg>).)*</svg>[^\s<]+)", re.S)
EXPLORER_HELP = re.compile(r" \(Run this cell to change: .*?\)(?=</figcaption>)", re.S)


@functools.lru_cache
def formula(latex, *, inline):
    """An SVG of the formula, its letters as large as the text around it."""
    latex = " ".join(latex.split())
    # To ziamath, aligned equations are the array that they are.
    plain = latex.replace(r"\begin{aligned}", r"\begin{array}{rl}")
    plain = plain.replace(r"\end{aligned}", r"\end{array}")
    drawing = ziamath.Latex(plain, size=SIZE, inline=inline, margin=0)
    svg = drawing.svgxml()
    for side in ("width", "height"):
        svg.set(side, f"{float(svg.get(side)) / SIZE:.3f}em")
    svg.set("role", "img")
    svg.set("aria-label", latex)
    svg.set("style", f"vertical-align: {drawing.getyofst() / SIZE:.3f}em; overflow: visible")
    return ElementTree.tostring(svg, encoding="unicode")


class Renderer(IPythonRenderer):
    """Markdown to HTML as nbconvert does it, with the formulas drawn."""

    def inline_math(self, body):
        return formula(body, inline=True)

    def block_math(self, body):
        number = "".join(f'<span class="number">({n})</span>' for n in TAG.findall(body))
        return f'<div class="equation">{formula(TAG.sub("", body), inline=False)}{number}</div>'

    def paragraph(self, text):
        # A formula on lines of its own is a paragraph to Markdown, and must not be one to HTML.
        return f"{text}\n" if text.startswith("<div") else super().paragraph(text)


def of_markdown(source):
    renderer = Renderer(escape=False, exclude_anchor_links=True)
    page = MarkdownWithMath(renderer=renderer).render(source)
    # A full stop must not stand alone on the line after its formula.
    return SVG_AND_MARK.sub(r'<span class="whole">\1</span>', page)


def told(source):
    r"""Code as a room reads it: without what reveals or is for the linter, and no wide gaps.

    >>> told("a = 1\n\n\nb = 2\nguess.reveal(a)")
    'a = 1\n\nb = 2'
    >>> told("lesson.plot(a)")
    ''
    """
    lines = source.splitlines()
    statements = ast.parse(source).body
    if len(statements) == 1 and source.startswith("lesson."):
        return ""  # it draws, and the drawing is shown
    for statement in statements:
        if re.match(r"\w+\.reveal\(", lines[statement.lineno - 1]):
            lines[statement.lineno - 1 : statement.end_lineno] = [""] * (
                statement.end_lineno - statement.lineno + 1
            )
    shown = re.sub(r" *# noqa: \w+$|(?<=# )noqa: \w+ *", "", "\n".join(lines), flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", shown).strip("\n")


def pieces(source, most=CODE_LINES):
    r"""Code in pieces of at most `most` lines where its statements allow it, about equally long.

    >>> pieces("a = 1\nb = 2\n\n# three\nc = 3\n", most=3)
    ['a = 1\nb = 2', '# three\nc = 3']
    """
    lines = source.splitlines()
    cuts = [*sorted(_cuts(ast.parse(source).body, lines, most)), len(lines)]
    parts, start = [], 0
    while start < len(lines):
        rest = len(lines) - start
        goal = start + rest / -(-rest // most)
        near = [cut for cut in cuts if start < cut <= start + most] or [
            min(cut for cut in cuts if cut > start)
        ]
        end = len(lines) if rest <= most else min(near, key=lambda cut: abs(cut - goal))
        parts.append("\n".join(lines[start:end]).strip("\n"))
        start = end
    return parts


def _cuts(statements, lines, most):
    """Lines before which code may be cut: where a statement begins, with the comments above it."""
    cuts = set()
    for statement in statements:
        first = statement.lineno - 1 - len(getattr(statement, "decorator_list", ()))
        while first and lines[first - 1].lstrip().startswith("#"):
            first -= 1
        cuts.add(first)
        if statement.end_lineno - first > most and hasattr(statement, "body"):
            cuts |= _cuts(statement.body[1:], lines, most)
    return cuts - {0}


def notes_of(path):
    """What docs/teaching says to a notebook, by heading; what stands above the first, by ""."""
    path = ROOT / "docs" / "teaching" / f"{path.stem}.md"
    if not path.exists():
        return {}
    title, *parts = re.split(r"^## +(.+)$", path.read_text(encoding="utf-8"), flags=re.M)
    notes = {
        heading.strip(): text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {"": re.sub(r"^# .+", "", title).strip()} | notes


def smallest_letters(path):
    """Points of the smallest letters in the pictures of a notebook's lesson; 8 where none says."""
    lesson = ROOT / "softmax_lib" / "lessons" / f"{path.stem[3:]}.py"
    source = lesson.read_text(encoding="utf-8") if lesson.exists() else ""
    return min(map(float, re.findall(r"fontsize\"?[=:] ?([\d.]+)", source)), default=8.0)


def cells_of(notebook, notes=()):
    """The cells that a deck shows: what each begins, and whether it waits for a key."""
    notes = dict(notes)
    cells, title, begins = [], "", "slide"

    def add(cell, **facts):
        cell.metadata.update(
            {"title": title, "begins": "", "waits": False, "spoken": False} | facts
        )
        cells.append(cell)

    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            heading = heading[1].strip()
            title = re.sub("</?p>", "", of_markdown(heading)).strip()
        if kind == "notes":
            add(new_markdown_cell(FOR_READERS.sub("", cell.source)), spoken=True)
        elif kind != "skip":
            if kind in ("slide", "subslide") and begins != "slide":
                begins = kind
            for part in _parts_of(cell):
                add(part, begins=begins, waits=kind == "fragment")
                kind, begins = "-", ""
        spoken = "" if heading and "" in notes else heading
        if spoken in notes and not begins:
            add(new_markdown_cell(notes.pop(spoken)), spoken=True)
    return cells


def _parts_of(cell):
    """A cell as a room needs it: code in pieces, answers apart, no help for readers."""
    if cell.cell_type == "markdown":
        source = FOR_READERS.sub("", cell.source).strip()
        return [new_markdown_cell(source)] if source else []
    if cell.cell_type != "code":
        return []
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    parts = [] if hidden else [new_code_cell(piece) for piece in pieces(told(cell.source))]
    if "exercises.check(" in cell.source:
        return parts  # its output says that nobody has answered yet
    for output in cell.outputs:
        page = output.get("data", {}).get("text/html", "")
        output = copy.deepcopy(output)
        if page:
            output.data["text/html"] = EXPLORER_HELP.sub("", page)
        answers = page and re.search(r"\.reveal\(", cell.source) and "<figure" not in page
        if answers:  # the question, which stands on the first line, was asked before
            output.data["text/html"] = page.split("\n", 1)[1]
        if answers or not parts:
            parts.append(new_code_cell(metadata={"transient": {"remove_source": True}}))
        parts[-1].outputs.append(output)
    return parts


def deck_of(notebook, notes=(), letters=8.0):
    """The page of a notebook's slides, and its title."""
    title = next(
        line.lstrip("# ") for cell in notebook.cells for line in cell.source.splitlines() if line
    )
    exporter = HTMLExporter(
        raw_template=(DECK / "cells.html.j2").read_text(encoding="utf-8"),
        template_name="classic",
        filters={"markdown2html": of_markdown},
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    told = new_notebook(cells=cells_of(notebook, notes), metadata=notebook.metadata)
    cells, _ = exporter.from_notebook_node(told)
    cells = re.sub(r'(href="\d\d_\w+)\.ipynb', r"\1.html", cells)  # to the other decks
    page = Template((DECK / "deck.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        cells=cells,
        legible=LABELS / (letters * PIXELS_PER_POINT),
        highlighting=HtmlFormatter(style="default", nobackground=True).get_style_defs(".highlight"),
        deck_css=(DECK / "deck.css").read_text(encoding="utf-8"),
        deck_js=(DECK / "deck.js").read_text(encoding="utf-8"),
        reveal_css=(REVEAL / "reveal.css").read_text(encoding="utf-8"),
        reveal_js=(REVEAL / "reveal.js").read_text(encoding="utf-8"),
        notes_js=(REVEAL / "plugin" / "notes.js").read_text(encoding="utf-8"),
    )
    return page, title


def entries_of(folder, notebooks):
    """The decks in a folder as a list in HTML; those of notebooks that are gone are removed."""
    kept, entries = {path.stem: path for path in notebooks}, []
    for deck in sorted(folder.glob("*.html")):
        if deck.stem not in kept:
            deck.unlink()
            continue
        title = re.search("<title>(.*?)</title>", deck.read_text(encoding="utf-8"))[1]
        older = deck.stat().st_mtime < kept[deck.stem].stat().st_mtime
        entries.append(
            f'<li><a href="{deck.name}">{title}</a>{" (older than its notebook)" * older}</li>'
        )
    return entries


def main(names):
    paths = [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    folder = ROOT / "build" / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        page, _ = deck_of(nbformat.read(path, as_version=4), notes_of(path), smallest_letters(path))
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
    entries = entries_of(folder, [*(ROOT / "notebooks").glob("*.ipynb"), *paths])
    (folder / "index.html").write_text(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Slides</title>\n'
        '<body style="font: 1.2em/1.8 Georgia, serif; margin: 3em">\n<h1>Slides</h1>\n<ul>\n'
        + "\n".join(entries)
        + f"\n</ul>\n{HELP}",
        encoding="utf-8",
    )
    print(f"Decks written: {len(paths)}. Open build/slides/index.html; no network is needed.")


if __name__ == "__main__":
    main(sys.argv[1:])
