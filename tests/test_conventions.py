"""Every notebook keeps every rule of tests/conventions.py, and every rule can fail.

The second half makes a small notebook that keeps all rules, breaks it in one place, and expects the
complaint of the rule that was broken.
"""

import base64
from pathlib import Path

import conventions
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks_without_a_gap():
    numbers = [int(path.stem[:2]) for path in NOTEBOOKS]
    assert numbers == list(range(len(numbers)))
    assert numbers


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    broken = conventions.complaints(path)
    assert not broken, "\n".join(broken)


# The rules fail where they should

PNG = base64.b64encode(b"a picture").decode()
FIGURE = (
    f'<figure><img alt="two bars" src="data:image/png;base64,{PNG}">'
    "<figcaption>Two bars.</figcaption></figure>"
)


def figure():
    return new_output("display_data", {"text/html": FIGURE, "text/plain": "Two bars."})


def prose(name, text):
    return new_markdown_cell(text, id=name, metadata={"slideshow": {"slide_type": "slide"}})


def code(name, source, *outputs, tags=None, fold=None):
    metadata = {"slideshow": {"slide_type": "fragment"}, **({"tags": tags} if tags else {})}
    metadata |= {"jupyter": {fold: True}} if fold else {}
    return new_code_cell(source, id=name, outputs=list(outputs), metadata=metadata)


def good_notebook():
    """A notebook 02 that keeps every rule."""
    notebook = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            prose(
                "title",
                "# A title\n\n**You will learn**\n\n- this.\n\n**You need**\n\n- that.\n\n"
                "**How long**\n\n- 20 minutes to read, 40 with the exercises.",
            ),
            code("imports", "import numpy as np\n\nfrom softmax_lib import exercises, softmax"),
            prose("softmax", "## Softmax\n\n$$p_k = e^{S_{ik}} / Z_i \\tag{2}$$"),
            code("softmax-run", "N, D, C = 5, 4, 3\nassert N > C", tags=["eq-2"]),
            prose("guess", "What comes out?"),
            code("guess-run", 'guess = exercises.predict("?", ["0", "1"])', fold="source_hidden"),
            prose("answer", "See:"),
            code("answer-run", "guess.reveal(N - C)", fold="outputs_hidden"),
            prose("error", "## Its error (optional)"),
            code(
                "error-run",
                'error = 1e-9\nassert error < 1e-8\nprint(f"error ≈ {error}")',
                new_output("stream", name="stdout", text="error ≈ 1e-09: True, or False?"),
            ),
            prose("check", "## Check it"),
            code("check-run", "lesson.plot_errors()", figure(), tags=["gradient-check"]),
            prose("explore", "Play."),
            code("explore-run", "lesson.explore()", figure(), fold="source_hidden"),
            prose("exercises", "## Exercises"),
            code(
                "exercise-1",
                'def one(S): ...\n\n\nexercises.check("2.1", one)',
                new_output("execute_result", {"text/plain": "2.1 not attempted yet."}),
            ),
            code(
                "exercise-2",
                'exercises.check("2.2", two)',
                new_output("stream", name="stdout", text="2.2 not attempted yet."),
            ),
            prose(
                "summary",
                "## What you have shown\n\n- This.\n\n**Next:** 03_cross_entropy_loss.ipynb.",
            ),
        ],
    )
    number(notebook)
    return notebook


def number(notebook):
    """Give code cells and their results execution counts from 1 on."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(cells, start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def written(notebook, folder, name="02_stability_shift.ipynb"):
    path = folder / name
    path.write_text(nbformat.v4.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    return path


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def edit(name, old, new):
    """Break by replacing text of one cell."""

    def breaks(notebook):
        target = cell(notebook, name)
        assert old in target.source
        target.source = target.source.replace(old, new)

    return breaks


def append(name, text):
    def breaks(notebook):
        cell(notebook, name).source += text

    return breaks


def output(cell_id, **parts):
    """Break by adding an output to one cell."""

    def breaks(notebook):
        cell(notebook, cell_id).outputs.append(new_output(**parts))

    return breaks


def html(name, text):
    return output(name, output_type="display_data", data={"text/html": text, "text/plain": "text"})


def tag(name, *tags):
    def breaks(notebook):
        cell(notebook, name).metadata["tags"] = list(tags)

    return breaks


def set_metadata(path, value):
    """Break by setting a metadatum: of the notebook, or of a cell (`cell.key`)."""

    def breaks(notebook):
        name, _, key = path.rpartition(".")
        (cell(notebook, name) if name else notebook).metadata[key] = value

    return breaks


def rename(old, new):
    def breaks(notebook):
        cell(notebook, old).id = new

    return breaks


def drop(name):
    def breaks(notebook):
        notebook.cells.remove(cell(notebook, name))

    return breaks


def clear(name):
    def breaks(notebook):
        cell(notebook, name).outputs = []

    return breaks


def format_4_4(notebook):
    notebook.nbformat_minor = 4


def not_run(notebook):
    cell(notebook, "check-run").execution_count = None


def shows_and_asserts_nothing(notebook):
    edit("softmax-run", "assert N > C", "print(N > C)")(notebook)
    output("softmax-run", output_type="stream", name="stdout", text="True")(notebook)


def shows_a_figure_before_the_answer(notebook):
    place = notebook.cells.index(cell(notebook, "answer"))
    new = prose("early", "Look:"), code("early-run", "lesson.plot_errors()", figure())
    notebook.cells[place:place] = new
    number(notebook)


def continued_below_a_lower_heading(notebook):
    edit("explore", "Play.", "## Play")(notebook)
    edit("check", "## Check it", "### Check it")(notebook)
    append("check-run", "\nonly_here = 1")(notebook)
    append("explore-run", "\nonly_here")(notebook)


def result_of_another_run(notebook):
    cell(notebook, "exercise-1").outputs[0].execution_count = 77


BREAKS = {
    "is_stored_as_refresh_stores_it": [
        format_4_4,
        set_metadata("widgets", {}),
        set_metadata("kernelspec", {"name": "my-kernel", "display_name": "mine"}),
        set_metadata("language_info", {"name": "python", "version": "3.11.7"}),
        set_metadata("check-run.ExecuteTime", {}),
    ],
    "was_run_from_top_to_bottom": [not_run, result_of_another_run],
    "has_readable_ids": [
        rename("check", "b7a2f3d1"),
        rename("check", "0f6c7c1e-3f0e-4a58-9a0b-5d2c3b1a0f6c"),
        rename("check", "Check_It"),
        rename("check", "softmax"),
    ],
    "is_of_reasonable_size": [
        append("check", "x" * 1_000_000),
        html("check-run", FIGURE.replace(PNG, PNG * 6000)),
    ],
    "opens_with_three_lists": [
        edit("title", "# A title", "A title"),
        edit("title", "**You need**", "**Needed**"),
        edit("title", "20 minutes to read", "20 minutes"),
        edit("title", "20 minutes", "3 minutes"),
        edit("title", "40 with", "25 with"),
    ],
    "marks_what_may_be_left_out": [edit("error", "Its error (optional)", "Optional: its error")],
    "depends_on_no_optional_section": [
        append("check-run", "\nprint(error)"),
        continued_below_a_lower_heading,
    ],
    "ends_with_what_was_shown_and_what_is_next": [
        drop("summary"),
        edit("summary", "shown", "seen"),
        edit("summary", "**Next:**", ""),
        edit("summary", "03_cross_entropy_loss", "more"),
    ],
    "has_headings_that_nest": [edit("softmax", "## ", "### "), edit("softmax", "## ", "# ")],
    "has_prose_between_code": [drop("answer")],
    "has_short_cells": [
        edit("answer-run", "guess.reveal(N - C)", ""),
        append("check-run", "\nx = 1" * 15),
    ],
    "imports_at_the_top_only": [
        edit("imports", "import numpy as np\n", "import numpy as np\nimport os, re\nimport sys\n"),
        edit("imports", "import numpy as np", "import matplotlib"),
        edit("imports", "softmax_lib", "os"),
        append("check-run", "\nimport os"),
    ],
    "is_plain_python": [append("check-run", "\n!ls"), append("check-run", "\ninput()")],
    "is_written_as_style_asks": [
        append("check", " TODO"),
        append("check", " This is simply true."),
        append("check", " The colour is red."),
        append("check", " It is normalised."),
        html("check-run", "the behaviour"),
    ],
    "links_to_what_exists": [
        append("check", "[next](03_nowhere.ipynb)"),
        append("check", "![](title.png)"),
    ],
    "has_formulas_for_mathjax_and_katex": [
        append("check", r" $\bm{x}$"),
        append("check", r" $$\begin{align} x \end{align}$$"),
        append("check", " $x"),
        append("check", " $$x"),
        append("check", r" $x \tag{3}$"),
    ],
    "has_slides": [
        set_metadata("check.slideshow", {"slide_type": "slid"}),
        set_metadata("check.slideshow", {}),
        set_metadata("title.slideshow", {"slide_type": "skip"}),
    ],
    "states_its_equations": [edit("softmax", r"\tag{2}", "")],
    "checks_its_equations_by_running_them": [
        tag("softmax-run"),
        tag("softmax", "eq-2"),
        tag("check-run", "gradient-check", "eq-15"),
        edit("softmax-run", "assert N > C", "N > C"),
        shows_and_asserts_nothing,
    ],
    "plots_the_errors_of_a_gradient_check": [tag("check-run"), clear("check-run")],
    "has_an_explorer": [edit("explore-run", "lesson.explore()", "lesson"), clear("explore-run")],
    "asks_before_it_shows": [
        edit("guess-run", "exercises.predict", "print"),
        edit("answer-run", "guess.reveal", "print"),
        append("answer-run", "\nprint(1)"),
    ],
    "gives_no_answer_away": [
        set_metadata("guess-run.jupyter", {}),
        set_metadata("explore-run.jupyter", {"outputs_hidden": True}),
        set_metadata("answer-run.jupyter", {"outputs_hidden": False}),
        edit("answer-run", "N - C", '"some text"'),
        edit("answer-run", "N - C", "2"),
        edit("answer-run", "N - C", '"1" if N > C else "0"'),
        edit("answer", "See:", "$$5 - 3 = 2$$"),
        shows_a_figure_before_the_answer,
    ],
    "has_exercises": [
        drop("exercise-2"),
        edit("exercise-2", "2.2", "2.3"),
        edit("exercise-2", "2.2", "3.2"),
        clear("exercise-2"),
    ],
    "depends_on_no_exercise": [append("exercise-2", "\none(3)")],
    "gives_no_solution_away": [
        append("check-run", '\nexercises.solution("2.1")'),
        append("check-run", "\nexercises.progress()"),
    ],
    "has_sizes_that_differ": [
        edit("softmax-run", "5, 4, 3", "5, 4, 4"),
        append("check-run", "\nN = 3"),
    ],
    "shows_figures_with_words": [
        output("check-run", output_type="display_data", data={"image/png": PNG}),
        html("check-run", FIGURE.replace("two bars", "")),
        html("check-run", FIGURE.replace("Two bars.", "")),
        output("check-run", output_type="display_data", data={"text/html": FIGURE}),
        html("check-run", FIGURE.replace("Two bars.", "Three bars.")),
    ],
    "shows_numbers_and_their_bounds": [
        edit("error-run", "assert", "print"),
        output("check-run", output_type="stream", name="stdout", text="≈ −1e-9"),
        output("check-run", output_type="stream", name="stdout", text="True"),
        output("check-run", output_type="execute_result", data={"text/plain": "(1, False)"}),
    ],
    "shows_what_any_machine_shows": [
        html("check-run", "/home/someone/softmax"),
        html("check-run", r"C:\Users\someone"),
        append("check", " See /tmp/x."),
        html("check-run", "&lt;object at 0x7f0e5c1b2d30&gt;"),
        append("check-run", "\n%timeit x"),
        append("check-run", "\nstart = time.perf_counter()"),
        output(
            "check-run",
            output_type="display_data",
            data={"application/vnd.jupyter.widget-view+json": {}},
        ),
    ],
    "shows_no_accident": [
        output("check-run", output_type="error", ename="NameError", evalue="no", traceback=[]),
        tag("answer-run", "raises-exception"),
        output("check-run", output_type="stream", name="stderr", text="a warning"),
    ],
    "hides_nothing_from_nbval": [
        append("check-run", "\n# NBVAL_IGNORE_OUTPUT"),
        tag("answer-run", "nbval-skip"),
        tag("check-run", "gradient-check", "nbval-ignore-output"),
    ],
}


def test_the_good_notebook_keeps_every_rule(tmp_path):
    assert conventions.complaints(written(good_notebook(), tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "breaks"),
    [
        pytest.param(name, breaks, id=f"{name}-{k}")
        for name, ways in BREAKS.items()
        for k, breaks in enumerate(ways)
    ],
)
def test_a_broken_notebook_fails_its_rule(name, breaks, tmp_path):
    notebook = good_notebook()
    breaks(notebook)
    assert conventions.complaints(written(notebook, tmp_path), [name])


@pytest.mark.parametrize("name", ["02_stability.ipynb", "3-Loss.ipynb", "99_softmax.ipynb"])
def test_a_wrong_file_name_fails_its_rule(name, tmp_path):
    path = written(good_notebook(), tmp_path, name)
    assert conventions.complaints(path, ["belongs_to_a_lesson"])


def test_a_file_that_nbformat_would_write_differently_fails_its_rule(tmp_path):
    path = written(good_notebook(), tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n "), encoding="utf-8")
    assert conventions.complaints(path, ["is_stored_as_refresh_stores_it"])


def test_every_rule_was_seen_to_fail():
    assert {*BREAKS, "belongs_to_a_lesson"} == set(conventions.RULES)


def test_sizes_may_be_equal_where_that_is_the_lesson(tmp_path):
    notebook = good_notebook()
    edit("softmax-run", "5, 4, 3", "4, 4, 4")(notebook)
    tag("softmax-run", "eq-2", "same-sizes")(notebook)
    assert conventions.complaints(written(notebook, tmp_path)) == []
