"""What the reading edition adds to Sphinx: folded cells, numbered equations, MathJax of its own.

An extension of Sphinx, named in docs/conf.py. With Sphinx's tag `handout`, what is folded goes to
the end of the page, and below each exercise there is room to write.
"""

import json
import re
from importlib import metadata
from pathlib import Path

from docutils import nodes
from nbformat.v4 import new_markdown_cell

LAB = "lab/lab/index.html?path="  # a notebook in the lab, from the root of the site
TAG = re.compile(r"\\tag\{(\d+)\}")
MENTION = re.compile(r"\beqs?\. \((?P<equation>\d+)\)|\b[Nn]otebook (?P<notebook>\d\d)\b")


def prepare_notebook(app, name, source):
    """Tell MyST-NB in its own words what the notebook says in JupyterLab's."""
    if not name.startswith("notebooks/"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        folded = cell["metadata"].get("jupyter", {})
        tags = cell["metadata"].setdefault("tags", [])
        tags += ["remove-input"] * folded.get("source_hidden", False)
        tags += ["hide-output"] * folded.get("outputs_hidden", False)
    if app.tags.has("handout"):
        notebook["cells"] = for_paper(notebook["cells"])
    source[0] = json.dumps(notebook)


def for_paper(cells):
    """The cells of a handout: what was folded comes last, and exercises have room to write."""
    kept, answers = [], []
    for cell in cells:
        tags = cell["metadata"]["tags"]
        kept.append(cell)
        if "hide-output" in tags:
            tags.remove("hide-output")
            number = f"Output {len(answers) // 2 + 1}"
            bare = {"metadata": {"tags": ["remove-input"]}, "id": f"{cell['id'][:50]}-at-the-end"}
            answers += [new_markdown_cell(f"### {number}"), cell | bare]
            cell["outputs"] = []
            kept.append(new_markdown_cell(f"*{number} stands at the end.*"))
        elif "exercises.check(" in "".join(cell["source"]):
            cell["outputs"] = [o for o in cell["outputs"] if o["output_type"] == "stream"]
            kept.append(new_markdown_cell('<div class="room"></div>'))
    return [*kept, new_markdown_cell("## What came out"), *answers] if answers else kept


def number_equations(app, doctree):
    r"""Give an equation with a \tag its anchor, and hand it to MathJax as it stands.

    Sphinx would put whatever has several lines into a `split`, where a \tag may not be.
    """
    for node in doctree.findall(nodes.math_block):
        latex = node.astext().strip()
        node["ids"] += [f"eq-{number}-stated" for number in TAG.findall(latex)]
        node["no-wrap"] = True
        node.children[:] = [nodes.Text(rf"\[{latex}\]")]


def link_mentions(app, doctree, name):
    """Make a link of each "eq. (7)" and each "notebook 02" in the text."""
    books = {doc[10:12]: doc for doc in app.env.found_docs if doc.startswith("notebooks/")}
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, nodes.paragraph | nodes.emphasis | nodes.strong):
            continue
        if not MENTION.search(text) or inside(text, nodes.reference):
            continue
        parts, end = [], 0
        for found in MENTION.finditer(text):
            target, anchor = target_of(found, books)
            if target is None or target == name:
                continue
            address = app.builder.get_relative_uri(name, target) + anchor
            link = nodes.reference("", found[0], refuri=address, internal=True)
            parts += [nodes.Text(text[end : found.start()]), link]
            end = found.end()
        text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def target_of(found, books):
    """The page and the anchor that a mention means."""
    if found["equation"]:
        return "docs/equations", f"#eq-{found['equation']}"
    return books.get(found["notebook"]), ""


def inside(node, kind):
    while node is not None:
        if isinstance(node, kind):
            return True
        node = node.parent
    return False


def page_context(app, name, template, context, doctree):
    context["lab_address"] = LAB


def bring_mathjax(app, error):
    """Copy MathJax out of the package that carries it: the script, and the fonts it asks for."""
    if error:
        return
    for file in metadata.files("sphinx-mathjax-offline"):
        _, _, inner = str(file).partition("static/mathjax/")
        if inner == "tex-chtml.js" or inner.startswith("output/chtml/fonts/"):
            target = Path(app.outdir, "_static", "mathjax", inner)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(file.locate()).read_bytes())


def setup(app):
    app.connect("source-read", prepare_notebook)
    app.connect("doctree-read", number_equations)
    app.connect("doctree-resolved", link_mentions)
    app.connect("html-page-context", page_context)
    app.connect("build-finished", bring_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
