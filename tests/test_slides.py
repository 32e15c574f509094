"""`make slides`: decks that need no network, and hold what a room needs and no more."""

import ast
import os
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import slides
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
HIDDEN = {"source_hidden": True}


def markdown(text, kind):
    return new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})


def code(source, kind, *outputs, **jupyter):
    metadata = {"slideshow": {"slide_type": kind}, "jupyter": jupyter}
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def shown(*cells, notes=()):
    """What a deck tells: (source or output, what it begins, whether it waits, whether spoken)."""
    told = []
    for cell in slides.cells_of(new_notebook(cells=list(cells)), notes):
        facts = [cell.metadata[name] for name in ("begins", "waits", "spoken")]
        for text in [
            cell.source,
            *(o.get("text") or o.data["text/html"] for o in cell.get("outputs", ())),
        ]:
            if text:
                told.append((text, *facts))
    return told


def result(page):
    return new_output("execute_result", {"text/html": page, "text/plain": "…"}, execution_count=1)


class Addresses(HTMLParser):
    """What a page would load: everything but links that a reader may follow."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "srcset", "data", "poster") or (name == "href" and tag != "a"):
                self.found.append(value)


def test_a_page_begins_and_waits_where_the_metadata_say_so():
    assert shown(
        markdown("one", "slide"),
        markdown("two", "fragment"),
        markdown("three", "subslide"),
        markdown("four", "-"),
        markdown("left out", "skip"),
    ) == [
        ("one", "slide", False, False),
        ("two", "", True, False),
        ("three", "subslide", False, False),
        ("four", "", False, False),
    ]


def test_what_a_reader_is_told_is_left_out_and_what_it_begins_begins_with_the_next():
    assert shown(
        markdown("one", "slide"),
        markdown("Choose an answer, then run the next cell.", "subslide"),
        code("2 + 2", "fragment"),
    ) == [("one", "slide", False, False), ("2 + 2", "subslide", True, False)]
    help_for_readers = "Replace the dots, run the cell and read the answer.\n\n### 1.1\n\nAdd."
    assert shown(markdown(help_for_readers, "slide"))[0][0] == "### 1.1\n\nAdd."


def test_a_question_is_shown_once_without_its_code_and_its_answer_without_the_question():
    asked, answered = result("<p>Which?</p>"), result("Which?\n<div>The answer: 4.</div>")
    ask = code('guess = exercises.predict("Which?", …)', "fragment", asked, **HIDDEN)
    assert [text for text, *_ in shown(ask, code("x = 4\nguess.reveal(x)", "-", answered))] == [
        "<p>Which?</p>",
        "x = 4",
        "<div>The answer: 4.</div>",
    ]


def test_an_exercise_shows_its_stub_and_no_verdict_on_nobody():
    stub = 'def f(x):\n    ...\n\n\nexercises.check("1.1", f)'
    assert [text for text, *_ in shown(code(stub, "-", result("<p>not attempted</p>")))] == [
        'def f(x):\n    ...\n\nexercises.check("1.1", f)'
    ]


def test_what_is_spoken_stands_after_its_heading_and_cells_of_notes_where_they_are():
    cells = markdown("## One\n\ntext", "slide"), markdown("say", "notes"), markdown("two", "-")
    title = markdown("# 1. Title", "slide")
    assert shown(title, *cells, notes={"One": "Ask them.", "": "Welcome."}) == [
        ("# 1. Title", "slide", False, False),
        ("Welcome.", "", False, True),
        ("## One\n\ntext", "slide", False, False),
        ("Ask them.", "", False, True),
        ("say", "", False, True),
        ("two", "", False, False),
    ]


def test_notes_are_read_by_heading_and_a_missing_file_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "ROOT", tmp_path)
    assert slides.notes_of(Path("00_one.ipynb")) == {}
    (tmp_path / "docs" / "teaching").mkdir(parents=True)
    text = "# 00 One\n\nWelcome.\n\n## First\n\nAsk.\n\n### More\n\nWait.\n\n## Second\n\nGo."
    (tmp_path / "docs" / "teaching" / "00_one.md").write_text(text, encoding="utf-8")
    assert slides.notes_of(Path("00_one.ipynb")) == {
        "": "Welcome.",
        "First": "Ask.\n\n### More\n\nWait.",
        "Second": "Go.",
    }


def test_long_code_is_cut_between_statements_and_nothing_is_lost():
    lines = ["def f(x):", *(f"    x += {k}" for k in range(20)), "    return x", "", "f(1)"]
    parts = slides.pieces("\n".join(lines))
    assert all(len(part.splitlines()) <= slides.CODE_LINES for part in parts)
    assert "\n".join(parts).split() == "\n".join(lines).split()
    loop = (
        "for x in range(9):\n    y = (\n        x,\n" + "        x,\n" * 4 + "    )\n    print(y)"
    )
    assert slides.pieces(loop, most=4)[0].startswith("for x in range(9):\n    y = (")


def test_code_says_nothing_to_the_linter():
    assert slides.told("f(dw)  # noqa: F821  SLIP: dw\ng(x)  # noqa: B023") == (
        "f(dw)  # SLIP: dw\ng(x)"
    )


def test_links_to_notebooks_lead_to_their_decks():
    page, _ = slides.deck_of(new_notebook(cells=[markdown("# T\n\n[09](09_check.ipynb)", "slide")]))
    assert 'href="09_check.html"' in page


def test_formulas_are_drawn_and_numbered():
    aligned = "$$\\begin{aligned} a &= b \\\\ &= c \\end{aligned}$$"
    page = slides.of_markdown(
        f"With $p_k$:\n\n$$p_k = \\frac{{1}}{{2}} \\tag{{2}}$$\n\n{aligned}\n\nAnd `$HOME`."
    )
    assert page.count("<svg") == 3
    assert "(2)" in page
    assert "$$" not in page
    assert "<code>$HOME</code>" in page
    assert 'aria-label="p_k"' in page
    assert "<use" not in page


def test_a_mark_stays_with_its_formula_and_the_next_word_does_not():
    page = slides.of_markdown("Raise $x$, not $y$ or ($z$).")
    wholes = re.findall(r'<span class="whole">(.*?)<svg.*?</svg>(.*?)</span>', page, flags=re.S)
    assert wholes == [("", ","), ("(", ").")]


def test_every_kind_of_output_is_as_nbconvert_writes_it():
    outputs = [
        new_output(
            "error", ename="ValueError", evalue="<b>", traceback=["\x1b[31mValueError: <b>"]
        ),
        new_output("display_data", {"text/plain": "<object>"}),
        new_output("display_data", {"text/markdown": "*word*"}),
        new_output("display_data", {"image/svg+xml": "<svg/>"}),
        new_output("stream", name="stderr", text="careful"),
    ]
    page, _ = slides.deck_of(
        new_notebook(cells=[markdown("# T", "slide"), code("f()", "-", *outputs)])
    )
    source = page.partition('<div id="source"')[2].partition("<script>")[0]
    assert '<span class="ansi-red-fg">ValueError: &lt;b&gt;</span>' in source
    assert "&lt;object&gt;" in source
    assert "<em>word</em>" in source
    assert "data:image/svg+xml;base64," in source
    assert "output_stderr" in source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_deck_needs_no_network_and_has_every_figure(path):
    notebook = nbformat.read(path, as_version=4)
    page, title = slides.deck_of(notebook, slides.notes_of(path))
    assert f"<title>{title}</title>" in page
    source = page.partition('<div id="source"')[2].partition("<script>")[0]
    addresses = Addresses()
    addresses.feed(page)
    assert all(address.startswith("data:") for address in addresses.found)
    assert not re.search(r"@import|url\((?!data:)", page.partition("<body>")[0])
    told = [cell for cell in notebook.cells if cell.metadata.slideshow.slide_type != "skip"]
    figures = sum(
        output.get("data", {}).get("text/html", "").count("<figure")
        for cell in told
        for output in cell.get("outputs", [])
    )
    assert source.count("<figure") == figures
    text = re.sub(r"<[^>]*>", " ", source)
    assert not re.findall(
        r"\$\$|[Rr]un (?:this|the next) cell|not attempted|\bbuttons under\b", text
    )


def names(source):
    """Names that code takes from elsewhere, and names that it makes."""
    taken, made = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (taken if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
    return taken - made, made


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_deck_shows_where_each_name_comes_from(path):
    """Catches a cell that is skipped although a later slide uses what it makes."""
    cells = nbformat.read(path, as_version=4).cells
    made_unseen = set()
    for cell in cells:
        if cell.cell_type != "code" or "exercises.check(" in cell.source:
            continue
        seen = cell.metadata.slideshow.slide_type != "skip"
        taken, made = names(slides.told(cell.source) if seen else cell.source)
        hidden = not seen or cell.metadata.get("jupyter", {}).get("source_hidden")
        if hidden:
            made_unseen |= made
        else:
            assert not taken & made_unseen, cell.id
            made_unseen -= made


def test_main_writes_the_decks_and_their_list(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slides, "ROOT", tmp_path)
    path = tmp_path / "00_one.ipynb"
    nbformat.write(new_notebook(cells=[markdown("# A & B", "slide")]), path)
    slides.main([str(path)])
    index = (tmp_path / "build/slides/index.html").read_text(encoding="utf-8")
    assert '<a href="00_one.html">A &amp; B</a></li>' in index
    assert "Decks written: 1." in capsys.readouterr().out


def test_the_list_tells_what_stands_there_and_a_deck_goes_with_its_notebook(tmp_path, monkeypatch):
    """Catches a deck of last week that is taken for this week's."""
    monkeypatch.setattr(slides, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    gone, edited, fresh = (tmp_path / "notebooks" / f"0{k}.ipynb" for k in range(3))
    for path in (gone, edited, fresh):
        nbformat.write(new_notebook(cells=[markdown(f"# {path.stem}", "slide")]), path)
    slides.main([])
    gone.unlink()
    later = time.time() + 60
    os.utime(edited, (later, later))
    slides.main([str(fresh)])
    folder = tmp_path / "build/slides"
    assert {path.name for path in folder.iterdir()} == {"01.html", "02.html", "index.html"}
    listed = re.findall(r"<li>.*</li>", (folder / "index.html").read_text(encoding="utf-8"))
    assert listed == [
        '<li><a href="01.html">01</a> (older than its notebook)</li>',
        '<li><a href="02.html">02</a></li>',
    ]
