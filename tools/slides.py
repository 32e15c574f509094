"""Writes every notebook as a deck of slides: `make slides`, then open build/slides/index.html.

A deck is one file that needs no network: formulas are drawn as SVG, figures and outputs are the
stored ones. Slide metadata decide what is shown: `slide` and `subslide` begin a slide, `fragment`
waits for a key, `-` comes along, `notes` waits for the key N, `skip` is left out. Outputs wait for
a key of their own, so there is time to predict them.
"""

import html
import re
import sys
from pathlib import Path
from string import Template
from xml.etree import ElementTree

import nbformat
import ziafont
import ziamath
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).with_name("slides.html")
SIZE = 24.0  # of the formulas' letters, in SVG units; on the slide they scale with the text

# Every formula carries its own outlines: glyphs shared by reference vanish with a hidden slide.
ziafont.config.svg2 = False


TAG = re.compile(r"\\tag\{(\d+)\}")


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
    return MarkdownWithMath(renderer=renderer).render(source)


def of_output(output):
    """HTML of a stored output: its HTML, or its text."""
    if output.output_type == "stream":
        return f'<pre class="{output.name}">{ansi2html(output.text)}</pre>'
    if output.output_type == "error":
        return f'<pre class="error">{html.escape(f"{output.ename}: {output.evalue}")}</pre>'
    data = output.data
    return data.get("text/html") or f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"


def steps_of(cell):
    """What a cell adds to its slide, one key press apart."""
    if cell.cell_type == "markdown":
        return [of_markdown(cell.source)]
    if cell.cell_type != "code":
        return []
    shown = "\n".join(of_output(output) for output in cell.outputs)
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    source = [] if hidden else [Highlight2HTML(pygments_lexer="python3")(cell.source)]
    return source + ([shown] if shown else [])


def slides_of(notebook):
    """A list of slides; a slide is a list of steps; a step is [HTML, classes]."""
    slides = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        steps = steps_of(cell)
        if kind == "skip" or not steps:
            continue
        if kind in ("slide", "subslide") or not slides:
            slides.append([])
        elif kind == "notes":
            slides[-1].append(["\n".join(steps), "notes"])
            continue
        elif kind == "-":
            spoken = [step for step in slides[-1] if step[1] == "step"]
            if spoken:
                spoken[-1][0] += steps.pop(0)
        slides[-1] += [[step, "step"] for step in steps]
    return slides


def deck_of(notebook):
    """The page of a notebook's slides, and its title."""
    title = next(
        line.lstrip("# ") for cell in notebook.cells for line in cell.source.splitlines() if line
    )
    slides = "\n".join(
        '<section class="slide">\n'
        + "\n".join(f'<div class="{classes}">{step}</div>' for step, classes in slide)
        + "\n</section>"
        for slide in slides_of(notebook)
    )
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        highlighting=HtmlFormatter(style="default", nobackground=True).get_style_defs(".highlight"),
        slides=slides,
    )
    return page, title


def main(names):
    paths = [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    folder = ROOT / "build" / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for path in paths:
        page, title = deck_of(nbformat.read(path, as_version=4))
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        entries.append(f'<li><a href="{path.stem}.html">{html.escape(title)}</a></li>')
    (folder / "index.html").write_text(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Slides</title>\n'
        '<body style="font: 1.2em/1.8 Georgia, serif; margin: 3em">\n<h1>Slides</h1>\n<ul>\n'
        + "\n".join(entries)
        + "\n</ul>\n<p>Arrow keys, space or a presenter turn the pages; N shows the notes; "
        "Home and End go to the first and the last page. To print, use the browser.</p>\n",
        encoding="utf-8",
    )
    print(f"Decks written: {len(entries)}. Open build/slides/index.html; no network is needed.")


if __name__ == "__main__":
    main(sys.argv[1:])
