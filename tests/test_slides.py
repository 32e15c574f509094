"""`make slides`: decks that need no network, in the order that the metadata ask for."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import slides
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def markdown(text, kind):
    return new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})


def code(source, kind, *outputs):
    metadata = {"slideshow": {"slide_type": kind}}
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def steps(*cells):
    """The slides' steps without their markup: a list of lists of (text, classes)."""
    return [
        [(re.sub(r"<[^>]*>", "", page).strip(), classes) for page, classes in slide]
        for slide in slides.slides_of(new_notebook(cells=list(cells)))
    ]


class Addresses(HTMLParser):
    """What a page would load: everything but links that a reader may follow."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "srcset", "data", "poster") or (name == "href" and tag != "a"):
                self.found.append(value)


def test_a_slide_begins_where_the_metadata_say_so():
    assert steps(
        markdown("one", "slide"),
        markdown("two", "fragment"),
        markdown("three", "subslide"),
        markdown("four", "-"),
        markdown("left out", "skip"),
    ) == [[("one", "step"), ("two", "step")], [("three\nfour", "step")]]


def test_an_output_waits_for_a_key_of_its_own():
    printed = new_output("stream", name="stdout", text="4")
    assert steps(markdown("Guess.", "slide"), code("2 + 2", "-", printed)) == [
        [("Guess.\n2 + 2", "step"), ("4", "step")]
    ]


@pytest.mark.parametrize("kind", ["fragment", "-"])
def test_a_folded_question_is_shown_once_and_without_its_code(kind):
    asked = new_output("execute_result", {"text/html": "<p>Which?</p>"}, execution_count=1)
    ask = code('guess = exercises.predict("Which?", …)', kind, asked)
    ask.metadata["jupyter"] = {"source_hidden": True}
    shown = [text for slide in steps(markdown("Guess.", "slide"), ask) for text, _ in slide]
    assert "\n".join(shown).split() == ["Guess.", "Which?"]


def test_notes_are_no_step():
    assert steps(markdown("one", "slide"), markdown("say this", "notes")) == [
        [("one", "step"), ("say this", "notes")]
    ]


def test_formulas_are_drawn_and_numbered():
    page = slides.of_markdown("With $p_k$:\n\n$$p_k = \\frac{1}{2} \\tag{2}$$\n\nAnd `$HOME`.")
    assert page.count("<svg") == 2
    assert "(2)" in page
    assert "$$" not in page
    assert "<code>$HOME</code>" in page
    assert 'aria-label="p_k"' in page
    assert "<use" not in page


def test_aligned_equations_are_drawn():
    page = slides.of_markdown("$$\\begin{aligned} a &= b \\\\ &= c \\end{aligned}$$")
    assert "<svg" in page


def test_text_is_escaped():
    error = new_output("error", ename="ValueError", evalue="<b>", traceback=[])
    assert slides.of_output(error) == '<pre class="error">ValueError: &lt;b&gt;</pre>'
    plain = new_output("display_data", {"text/plain": "<object>"})
    assert slides.of_output(plain) == "<pre>&lt;object&gt;</pre>"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_deck_needs_no_network_and_has_every_figure(path):
    notebook = nbformat.read(path, as_version=4)
    page, title = slides.deck_of(notebook)
    addresses = Addresses()
    addresses.feed(page)
    assert all(address.startswith("data:") for address in addresses.found)
    assert not re.search(r"@import|url\((?!data:)", page)
    shown = [cell for cell in notebook.cells if cell.metadata.slideshow.slide_type != "skip"]
    figures = sum(
        output.get("data", {}).get("text/html", "").count("<figure")
        for cell in shown
        for output in cell.get("outputs", [])
    )
    assert page.count("<figure") == figures
    assert f"<title>{title}</title>" in page
    assert "$$" not in re.sub(r"<script>.*", "", page, flags=re.S)


def test_main_writes_the_decks_and_their_list(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slides, "ROOT", tmp_path)
    path = tmp_path / "00_one.ipynb"
    nbformat.write(new_notebook(cells=[markdown("# A & B", "slide")]), path)
    slides.main([str(path)])
    index = (tmp_path / "build/slides/index.html").read_text(encoding="utf-8")
    assert '<a href="00_one.html">A &amp; B</a>' in index
    assert "Decks written: 1." in capsys.readouterr().out
