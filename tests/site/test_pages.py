"""Front page, reading edition, handouts: every link holds, every formula is drawn, all can read."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import local
import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRONT = "index.html"
TEXT = "read/docs/equations.html"
BOOK = "read/notebooks/03_cross_entropy_loss.html"
READY = "() => window.MathJax?.startup.promise.then(() => null)"

# What sticks out of the page, beside what scrolls in a box of its own.
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"
CUT = """() => [...document.querySelectorAll('pre')]
    .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent)"""


class Page(HTMLParser):
    """What a page loads, where it leads, what can be led to, and its pictures."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.leads, self.anchors, self.images = [], [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values.get("id"), values.get("name")}
        self.loads += [values[name] for name in ("src", "srcset", "poster") if values.get(name)]
        if values.get("href"):
            (self.leads if tag == "a" else self.loads).append(values["href"])
        if tag == "img":
            self.images.append(values)


@pytest.fixture(scope="session")
def pages(site):
    """The pages that we write, not JupyterLite's: path in the site -> what stands there."""
    paths = [path.relative_to(site) for path in (site / "read").rglob("*.html")]
    names = [FRONT, *sorted(path.as_posix() for path in paths if "_static" not in path.parts)]
    return {name: Page(site / name) for name in names}


@pytest.fixture
def visit(browser, address):
    """Opens a page of the site, when its formulas are drawn: visit(path, **of the context)."""
    contexts = []

    def open_page(path, **options):
        asked = set()
        entered = local.visitor(browser, asked, **options)
        contexts.append(entered)
        page = entered.__enter__().new_page()
        page.asked = asked
        page.goto(f"{address}/{path}")
        page.evaluate(READY)
        return page

    yield open_page
    for entered in contexts:
        entered.__exit__(None, None, None)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


# Links


def test_every_link_leads_to_a_page_and_a_place_that_are_there(site, pages):
    lost = []
    for name, page in pages.items():
        for link in page.leads:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            if parts.query.startswith("path="):  # a notebook, opened in the lab
                target = target.parents[1] / "files" / parts.query.removeprefix("path=")
            anchors = pages.get(target.resolve().relative_to(site).as_posix())
            if not target.is_file() or (
                parts.fragment and anchors and unquote(parts.fragment) not in anchors.anchors
            ):
                lost.append(f"{name}: {link}")
    assert lost == []


def test_nothing_that_a_page_loads_comes_from_elsewhere(site, pages):
    for name, page in pages.items():
        for address in page.loads:
            parts = urlsplit(address)
            assert not parts.netloc, f"{name}: {address}"
            if parts.path and parts.scheme != "data":
                assert ((site / name).parent / unquote(parts.path)).exists(), f"{name}: {address}"
    for sheet in (site / "read").rglob("*.css"):
        assert not re.search(r"""(url\(|@import)\s*.?(https?:)?//""", sheet.read_text("utf-8")), (
            sheet
        )


def test_every_notebook_can_be_read_run_and_downloaded(site, pages):
    for path in NOTEBOOKS:
        ways = pages[f"read/notebooks/{path.stem}.html"].leads
        assert f"../../lab/lab/index.html?path={path.name}" in ways
        assert f"read/notebooks/{path.stem}.html" in pages[FRONT].leads
        downloaded = site / "read" / "_sources" / "notebooks" / path.name
        assert downloaded.read_bytes() == path.read_bytes()
    assert all(any("?path=" in way for way in page.leads) for page in pages.values())


def test_every_page_in_markdown_is_there(pages):
    """Catches a page that was added and is in no list of contents."""
    for path in (ROOT / "docs").rglob("*.md"):
        assert f"read/{path.relative_to(ROOT).with_suffix('.html').as_posix()}" in pages


# What the pages show


def test_pictures_have_their_alternative_texts(pages):
    for path in NOTEBOOKS:
        stored = sum(
            "".join(output.get("data", {}).get("text/html", "")).count("<img ")
            for cell in cells(path)
            for output in cell.get("outputs", ())
        )
        assert len(pages[f"read/notebooks/{path.stem}.html"].images) == stored
    for name, page in pages.items():
        assert all(image.get("alt", "").strip() for image in page.images), name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_is_drawn_whole_on_a_phone_and_on_paper(visit, path):
    """Formulas are drawn, no answer stands open, and nothing is cut."""
    page = visit(f"read/notebooks/{path.stem}.html", viewport={"width": 400, "height": 800})
    formulas = page.locator("article .math")
    assert formulas.count() == page.locator("article .math mjx-container").count() > 0
    assert page.locator("[data-mjx-error], mjx-merror").count() == 0
    text = "\n".join(source(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    numbers = re.findall(r"\\tag\{(\d+)\}", text)
    drawn = page.locator("article mjx-labels").all_inner_texts()
    assert len(drawn) == len(numbers)

    folded = [c for c in cells(path) if c["metadata"].get("jupyter", {}).get("outputs_hidden")]
    assert page.locator("details.hide").count() == len(folded)
    assert page.locator("details[open]").count() == 0
    assert page.get_by_text("exercises.predict(").count() == 0

    assert page.evaluate(TOO_WIDE) <= 0
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    assert page.asked == {"127.0.0.1"}


@pytest.mark.parametrize("name", [FRONT, "read/docs/index.html", TEXT, "read/README.html"])
def test_a_text_page_fits_on_a_phone(visit, name):
    page = visit(name, viewport={"width": 400, "height": 800})
    assert page.evaluate(TOO_WIDE) <= 0
    assert page.asked == {"127.0.0.1"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [FRONT, TEXT, "read/notebooks/04_numerical_derivatives.html"])
def test_axe_finds_nothing(visit, name, scheme):
    page = visit(name, color_scheme=scheme)
    # The drawing of a formula is hidden from readers of the screen, who get its MathML instead.
    context, options = {"exclude": ["mjx-math"]}, {"resultTypes": ["violations"]}
    found = Axe().run(page, context=context, options=options).response
    assert len(found["passes"]) > 20  # rules that applied
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_search_finds_a_word(visit):
    page = visit("read/search.html?q=Jacobian")
    page.wait_for_selector("#search-results ul.search li a")
    assert "06_softmax_jacobian" in page.locator("#search-results").inner_html()


def test_mentioned_equations_and_notebooks_are_links(visit):
    page = visit(BOOK)
    page.get_by_role("link", name="eq. (3)").first.click()
    assert page.url.endswith("/equations.html#eq-3")
    page = visit(BOOK)
    page.get_by_role("link", name="notebook 02", exact=False).first.click()
    assert page.url.endswith("/02_stability_shift.html")


def test_the_moving_picture_can_be_stopped(visit):
    running = "() => document.getAnimations().filter(one => one.playState === 'running').length"
    page = visit(FRONT)
    assert page.evaluate(running) > 20
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate(running) == 0
    page.get_by_role("button", name="Play").click()
    assert page.evaluate(running) > 20


def test_the_picture_stands_still_for_whoever_wants_less_motion(visit):
    page = visit(FRONT, reduced_motion="reduce")
    assert page.evaluate("() => document.getAnimations().length") == 0
    assert (
        page.locator(".flip:visible").all_inner_texts()
        == page.locator(".flip.last").all_inner_texts()
    )


# Paper


@pytest.fixture(scope="module")
def handout(site):
    """The text of a notebook's handout, without white space."""
    path = ROOT / "notebooks" / "12_speed.ipynb"
    subprocess.run([".venv-site/bin/python", "tools/site/handout.py", path], cwd=ROOT, check=True)
    document = pypdfium2.PdfDocument(ROOT / "build" / "handout" / "12_speed.pdf")
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    return path, re.sub(r"\s", "", text)


def test_no_line_of_code_is_cut_on_paper(handout):
    path, text = handout
    for cell in cells(path):
        if cell["cell_type"] == "code":
            hidden = cell["metadata"].get("jupyter", {}).get("source_hidden")
            for line in source(cell).splitlines():
                assert (re.sub(r"\s", "", line) in text) or hidden, line


def test_a_handout_draws_formulas_and_keeps_answers_for_the_end(handout):
    _, text = handout
    assert not re.search(r"\\(frac|cdot|tag)", text)
    body, _, end = text.rpartition("Whatcameout")
    assert "Theanswer:" not in body
    assert "Theanswer:" in end
    assert "notattemptedyet" not in text
