"""What a program can see of the rules that the notebooks keep. A rule is a function of a `Book`.

Each rule yields complaints, sentences that say where and what; a book that keeps it yields none.
tests/test_conventions.py applies every rule to every notebook, and sees each rule fail once.
"""

import ast
import base64
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path

import nbformat

from softmax_lib.lessons import LESSONS

OWNED = {  # notebook -> the equations that it states and checks
    1: {1, 8, 9, 10, 11, 12},
    2: {2},
    3: {3},
    5: {4, 5},
    6: {6, 7},
    7: {13, 14},
}
CHECKED_AGAIN = {8: {14}}  # stated elsewhere, once; here it is turned into code and run
EQUATIONS = range(1, 15)
MINUTES = re.compile(r"^- (\d+) minutes to read, (\d+) with the exercises\.", re.M)
WORDS_PER_MINUTE, CELLS_PER_MINUTE, MINUTES_PER_EXERCISE = 250, 3, 3  # nobody is faster
LINES_PER_CELL = 15
TRUTH_VALUES = 2
BYTES_PER_FIGURE = 45_000
BYTES_PER_NOTEBOOK = 1_000_000
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
CELL_METADATA = {"jupyter", "slideshow", "tags"}
NBVAL_COMMENT = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE_)\w+")
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(home|root|tmp|work|Users|opt|mnt|var|usr)/|\b[A-Z]:\\+Users|site-packages|~/"
)
ADDRESS_IN_MEMORY = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
TIMING = re.compile(r"%%?time(it)?\b|\btimeit\b|perf_counter|\btime\.(time|monotonic)\b")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|lorem ipsum", re.I)
TOO_EASY = re.compile(r"\b(simply|obviously|trivially|just)\b", re.I)
BRITISH = re.compile(
    r"\b\w*(colour|behaviour|favour|neighbour|labelled|labelling|modelling|centred|centre\b|grey\b"
    r"|(regular|vector|normal|initial|optim|general|visual|summar|minim|maxim|recogn|real|stabil"
    r"|parametr|organ|factor)is(e|es|ed|ing|ation)\b|analyse)\w*",
    re.I,
)
NOT_IN_BOTH = re.compile(  # known to one of MathJax and KaTeX, or to none without a package
    r"\\(label|eqref|ref|require|newcommand|renewcommand|def|gdef|bm|bbm|mathbbm|unicode|cssId"
    r"|class|style|html\w+|toggle|begin\{(eqnarray|multline|flalign|align|gather)\*?\})(?![a-zA-Z])"
)
HEX_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=\w*\d)[0-9a-f]{8}")

RULES = {}


def rule(function):
    """Register a rule under its name."""
    RULES[function.__name__] = function
    return function


def label(cell):
    return f"cell {cell.get('id')!r}"


def tags(cell):
    return cell.get("metadata", {}).get("tags", [])


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


def html(cell):
    return "\n".join(
        o["data"]["text/html"] for o in outputs(cell) if "text/html" in o.get("data", {})
    )


def outputs(cell):
    return cell.get("outputs", [])


def shown(cell):
    """All text of a cell's stored outputs, pictures left out."""
    text = []
    for output in outputs(cell):
        text += [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
        text += [v for kind, v in output.get("data", {}).items() if kind.startswith("text/")]
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "base64,", "\n".join(text))


@dataclass
class Book:
    """A notebook as the rules see it: its path, and its text."""

    path: Path

    @cached_property
    def text(self):
        return self.path.read_bytes().decode("utf-8")

    @cached_property
    def notebook(self):
        # Not nbformat.reads, which mends some of what the rules look for.
        return nbformat.v4.reads(self.text)

    @property
    def cells(self):
        return self.notebook.cells

    @property
    def code(self):
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def markdown(self):
        return [cell for cell in self.cells if cell.cell_type == "markdown"]

    @property
    def number(self):
        return int(self.path.stem[:2])

    @property
    def lesson(self):
        return self.path.stem[3:]

    def tagged(self, tag):
        return [cell for cell in self.code if tag in tags(cell)]

    def calling(self, function):
        return [cell for cell in self.code if re.search(rf"\b{function}\s*\(", cell.source)]

    @property
    def exercises(self):
        return self.calling(r"exercises\.check")


def tree(cell):
    """The cell's code, parsed; an empty module when it is not Python (another rule says so)."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


# The file


@rule
def is_stored_as_refresh_stores_it(book):
    nb = book.notebook
    if (nb.nbformat, nb.nbformat_minor) != (4, 5):
        yield f"the format is {nb.nbformat}.{nb.nbformat_minor}, not 4.5"
    if book.text != nbformat.v4.writes(nb) + "\n":
        yield "the file is not as nbformat writes it: run make refresh"
    if set(nb.metadata) - {"kernelspec", "language_info", "title"}:
        yield f"the notebook's metadata hold {', '.join(sorted(nb.metadata))}"
    if nb.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    if "version" in nb.metadata.get("language_info", {}):
        yield "the metadata hold a version of Python"
    for cell in book.cells:
        if odd := set(cell.metadata) - CELL_METADATA:
            yield f"{label(cell)} has metadata that refresh drops: {', '.join(sorted(odd))}"


@rule
def was_run_from_top_to_bottom(book):
    counts = [cell.execution_count for cell in book.code]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}: nbval compares no cell that was not run"
    for cell in book.code:
        for output in outputs(cell):
            if output.get("execution_count", cell.execution_count) != cell.execution_count:
                yield f"{label(cell)} shows an output of another run"


@rule
def has_readable_ids(book):
    ids = [cell.get("id", "") for cell in book.cells]
    for name in ids:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or HEX_ID.fullmatch(name):
            yield f"cell id {name!r} is not made of readable words"
    if len(set(ids)) < len(ids):
        yield "two cells have one id"


@rule
def is_of_reasonable_size(book):
    if (size := len(book.text.encode())) > BYTES_PER_NOTEBOOK:
        yield f"the notebook has {size} bytes"
    for cell in book.code:
        for data in re.findall(r"base64,([A-Za-z0-9+/=]+)", html(cell)):
            if (size := len(base64.b64decode(data))) > BYTES_PER_FIGURE:
                yield f"a figure of {label(cell)} has {size} bytes"


@rule
def belongs_to_a_lesson(book):
    if not re.fullmatch(r"\d\d_[a-z_]+", book.path.stem):
        yield f"{book.path.name} is not named like 06_softmax_jacobian.ipynb"
    elif book.number >= len(LESSONS) or LESSONS[book.number] != book.lesson:
        yield f"softmax_lib.lessons has no lesson {book.lesson!r} with number {book.number}"


# How it reads


@rule
def opens_with_three_lists(book):
    first = book.cells[0].source if book.cells else ""
    if not re.match(r"# .+", first):
        yield "the first cell does not begin with the title"
    where = [first.find(f"**{name}**") for name in ("You will learn", "You need", "How long")]
    if -1 in where or where != sorted(where):
        yield "the first cell has no 'You will learn', 'You need', 'How long', in this order"
        return
    times = MINUTES.search(first[where[2] :])
    if not times:
        yield "'How long' does not say '- 25 minutes to read, 60 with the exercises.'"
        return
    read, in_all = int(times[1]), int(times[2])
    words = sum(len(cell.source.split()) for cell in book.markdown)
    least = words / WORDS_PER_MINUTE + len(book.code) / CELLS_PER_MINUTE
    if read < least:
        yield f"{words} words and {len(book.code)} cells are not read in {read} minutes"
    if in_all < read + MINUTES_PER_EXERCISE * len(book.exercises):
        yield f"{len(book.exercises)} exercises are not done in {in_all - read} minutes"


@rule
def marks_what_may_be_left_out(book):
    for cell, heading, optional in sections(book):
        if "optional" in heading.lower() and not optional:
            yield f"the heading of {label(cell)} does not end in '(optional)'"


@rule
def depends_on_no_optional_section(book):
    known, only_there, inside = set(), set(), False
    marks = {cell.id: optional for cell, _, optional in sections(book)}
    for cell in book.cells:
        inside = marks.get(cell.id, inside)
        if cell.cell_type != "code":
            continue
        names = [node for node in ast.walk(tree(cell)) if isinstance(node, ast.Name)]
        made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        made |= {s.name for s in tree(cell).body if isinstance(s, ast.FunctionDef)}
        if inside:
            only_there |= made - known
            continue
        used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        if lost := only_there & used - made:
            yield f"{label(cell)} needs {', '.join(sorted(lost))} of an optional section"
        known |= made
        only_there -= made


def sections(book):
    """Cells that begin a section: the cell, its heading, whether the section may be left out.

    A section within an optional one is optional too.
    """
    level = None  # of the optional section that we are in
    for cell in book.markdown:
        if not (found := re.search(r"^(##+) (.*?)\s*$", cell.source, flags=re.M)):
            continue
        if level is None or len(found[1]) <= level:
            level = len(found[1]) if found[2].endswith("(optional)") else None
        yield cell, found[2], level is not None


@rule
def ends_with_what_was_shown_and_what_is_next(book):
    last = book.cells[-1] if book.cells else None
    if last is None or last.cell_type != "markdown" or "shown" not in last.source:
        yield "the last cell does not say what was shown"
    elif "**Next:**" not in last.source:
        yield "the last cell does not say what is next"
    elif LESSONS[book.number + 1 :]:
        name = f"{book.number + 1:02d}_{LESSONS[book.number + 1]}.ipynb"
        if name not in last.source:
            yield f"the last cell does not say that {name} is next"


@rule
def has_headings_that_nest(book):
    level = 0
    for cell in book.markdown:
        prose = re.sub(r"```.*?```", "", cell.source, flags=re.S)
        for marks in re.findall(r"^(#+) ", prose, flags=re.M):
            if len(marks) > level + 1 or (len(marks) == 1 and level):
                yield f"a heading of level {len(marks)} in {label(cell)} follows level {level}"
            level = len(marks)


@rule
def has_prose_between_code(book):
    for before, cell in zip(book.cells, book.cells[1:], strict=False):
        check = re.match(r"\s*(exercises\.)?check\(", cell.source)
        if before.cell_type == cell.cell_type == "code" and not check:
            yield f"{label(cell)} is code that follows code"


@rule
def has_short_cells(book):
    for cell in book.code:
        if not lines(cell.source):
            yield f"{label(cell)} is empty"
        if (count := len(lines(cell.source))) > LINES_PER_CELL:
            yield f"{label(cell)} has {count} lines of code"


@rule
def imports_at_the_top_only(book):
    if not book.code:
        return
    first, *others = book.code
    imports = [s for s in ast.walk(tree(first)) if isinstance(s, ast.Import | ast.ImportFrom)]
    if not 1 <= len(imports) <= 3:
        yield f"the first code cell has {len(imports)} imports, not one to three"
    names = {
        name.split(".")[0]
        for statement in imports
        for name in (
            [statement.module or "."]
            if isinstance(statement, ast.ImportFrom)
            else [alias.name for alias in statement.names]
        )
    }
    if odd := names - {"numpy", "softmax_lib"} - sys.stdlib_module_names:
        yield f"the notebook imports {', '.join(sorted(odd))}"
    if "softmax_lib" not in names:
        yield "the notebook does not call softmax_lib"
    for cell in others:
        if any(isinstance(s, ast.Import | ast.ImportFrom) for s in ast.walk(tree(cell))):
            yield f"{label(cell)} imports, and is not the first code cell"


@rule
def is_plain_python(book):
    for cell in book.code:
        try:
            parsed = ast.parse(cell.source)
        except SyntaxError:
            if "raises-exception" not in tags(cell):
                yield f"{label(cell)} is not Python (a magic or a shell command?)"
            continue
        called = {
            node.func.id
            for node in ast.walk(parsed)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if odd := called & {"input", "exec", "eval", "get_ipython", "exit", "quit"}:
            yield f"{label(cell)} calls {', '.join(sorted(odd))}"


@rule
def is_written_as_style_asks(book):
    for cell in book.cells:
        for pattern, why in (
            (UNFINISHED, "is unfinished"),
            (BRITISH, "is not American spelling"),
            *([(TOO_EASY, "belittles the reader")] if cell.cell_type == "markdown" else []),
        ):
            if found := pattern.search(cell.source + "\n" + shown(cell)):
                yield f"{label(cell)}: {found.group()!r} {why}"


@rule
def links_to_what_exists(book):
    for cell in book.markdown:
        for target in re.findall(r"\]\(([^)#\s]+)", cell.source):
            if "://" not in target and not (book.path.parent / target).exists():
                yield f"{label(cell)} links to {target}, which does not exist"
        for alt in re.findall(r"!\[([^\]]*)\]", cell.source):
            if not alt.strip():
                yield f"{label(cell)} has an image without alt text"


@rule
def has_formulas_for_mathjax_and_katex(book):
    for cell in book.markdown:
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", cell.source, flags=re.S)
        if found := NOT_IN_BOTH.search(prose):
            yield f"{label(cell)}: {found.group()} does not render in both MathJax and KaTeX"
        if prose.count("$$") % 2 or re.sub(r"\$\$|\\\$", "", prose).count("$") % 2:
            yield f"{label(cell)} has a $ without its partner"
        elif r"\tag" in re.sub(r"\$\$.*?\$\$", "", prose, flags=re.S):
            yield f"{label(cell)} has a \\tag outside of $$ … $$"


# Slides


@rule
def has_slides(book):
    for cell in book.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind not in SLIDE_TYPES:
            yield f"{label(cell)} has no slide type, or a wrong one: {kind!r}"
    if book.cells and book.cells[0].metadata.get("slideshow", {}).get("slide_type") != "slide":
        yield "the first cell does not begin a slide"


# What it teaches


@rule
def states_its_equations(book):
    prose = "\n".join(cell.source for cell in book.markdown)
    for n in sorted(OWNED.get(book.number, ())):
        if rf"\tag{{{n}}}" not in prose:
            yield f"eq. ({n}) is not stated with \\tag{{{n}}}"


@rule
def checks_its_equations_by_running_them(book):
    for n in sorted({*OWNED.get(book.number, ()), *CHECKED_AGAIN.get(book.number, ())}):
        if not book.tagged(f"eq-{n}"):
            yield f"no code cell is tagged eq-{n}"
    for cell in book.cells:
        for tag in tags(cell):
            if not (match := re.fullmatch(r"eq-(\d+)", tag)):
                continue
            if cell.cell_type != "code" or int(match[1]) not in EQUATIONS:
                yield f"{label(cell)} must not be tagged {tag}"
            elif not any(isinstance(node, ast.Assert) for node in ast.walk(tree(cell))):
                yield f"{label(cell)}, tagged {tag}, asserts nothing"


@rule
def plots_the_errors_of_a_gradient_check(book):
    cells = book.tagged("gradient-check")
    if not cells:
        yield "no code cell is tagged gradient-check"
    for cell in cells:
        if "<figure" not in html(cell):
            yield f"{label(cell)}, tagged gradient-check, shows no figure"


@rule
def has_an_explorer(book):
    if book.number == 0:
        return
    cells = book.calling(r"explore\w*")
    if not cells:
        yield "no cell calls an explorer"
    for cell in cells:
        if "<figure" not in html(cell):
            yield f"the explorer of {label(cell)} shows no figure where there are no widgets"


@rule
def asks_before_it_shows(book):
    asked = {
        target.id
        for cell in book.calling(r"predict")
        for node in ast.walk(tree(cell))
        if isinstance(node, ast.Assign) and "predict(" in ast.unparse(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if not asked and book.number:
        yield "no prediction is asked for"
    source = "\n".join(cell.source for cell in book.code)
    for name in sorted(asked):
        if not re.search(rf"\b{name}\.reveal\(", source):
            yield f"the prediction {name} is never revealed"
    for cell in book.calling(r"\w+\.reveal"):
        if ".reveal(" not in ast.unparse(tree(cell).body[-1:]):
            yield f"{label(cell)} reveals before its last line, so nothing is shown"


@rule
def gives_no_answer_away(book):
    for cell in book.calling(r"predict") + book.calling(r"explore\w*"):
        if not folded(cell, "source_hidden"):
            yield f"{label(cell)} shows its code: fold it (jupyter.source_hidden)"
    labels = {
        node.value
        for call in calls(book, "predict")
        for options in call.args[1:]
        for node in ast.walk(options)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for cell in book.calling(r"\w+\.reveal"):
        if not folded(cell, "outputs_hidden"):
            yield f"{label(cell)} shows the answer on opening: fold it (jupyter.outputs_hidden)"
    open_questions = set()
    for cell in book.cells:
        if open_questions and cell.cell_type == "markdown" and "$$" in cell.source:
            yield f"{label(cell)} derives something before the prediction above it is revealed"
        if open_questions and "<figure" in html(cell) and not folded(cell, "outputs_hidden"):
            yield f"{label(cell)} shows a figure before the prediction above it is revealed"
        open_questions |= set(re.findall(r"^(\w+) = exercises\.predict\(", cell.source, re.M))
        open_questions -= set(re.findall(r"^(\w+)\.reveal\(", cell.source, re.M))
    for call in calls(book, "reveal"):
        for computed in call.args:
            written = {
                node.value
                for node in ast.walk(computed)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
            if isinstance(computed, ast.Constant) or labels & written:
                yield f"{ast.unparse(call)} is not given what was computed"


def calls(book, name):
    """All calls of a function or method of this name."""
    return [
        node
        for cell in book.code
        for node in ast.walk(tree(cell))
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    ]


def folded(cell, what):
    return cell.metadata.get("jupyter", {}).get(what, False)


@rule
def has_exercises(book):
    numbers = re.findall(
        r"exercises\.check\(\s*[\"']([\d.]+)[\"']", "\n".join(cell.source for cell in book.code)
    )
    if book.number and not 2 <= len(numbers) <= 4:
        yield f"there are {len(numbers)} exercises, not 2 to 4"
    if numbers != [f"{book.number}.{k}" for k in range(1, len(numbers) + 1)]:
        yield f"the exercises are numbered {', '.join(numbers)}"
    for cell in book.exercises:
        if "not attempted yet" not in shown(cell):
            yield f"{label(cell)} does not show that its exercise is not attempted yet"


@rule
def depends_on_no_exercise(book):
    for k, cell in enumerate(book.code):
        if cell not in book.exercises:
            continue
        defined = {s.name for s in tree(cell).body if isinstance(s, ast.FunctionDef)}
        for later in book.code[k + 1 :]:
            used = {node.id for node in ast.walk(tree(later)) if isinstance(node, ast.Name)}
            own = {s.name for s in tree(later).body if isinstance(s, ast.FunctionDef)}
            if lost := (defined & used) - own:
                yield f"{label(later)} uses {', '.join(sorted(lost))}, the name of an exercise"


@rule
def gives_no_solution_away(book):
    for cell in book.code:
        if found := re.search(r"exercises\.(solution|hint|progress)\(|\.explain\(", cell.source):
            yield f"{label(cell)} calls {found.group()[:-1]}"


@rule
def has_sizes_that_differ(book):
    sizes = {}
    for cell in book.code:
        set_here = {}
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    set_here.update(integers(target, node.value))
        sizes.update(set_here)
        known = [sizes[name] for name in ("N", "D", "C") if name in sizes]
        if set_here and len(set(known)) < len(known) and "same-sizes" not in tags(cell):
            yield f"{label(cell)} sets N, D, C to {known}: a wrong shape may pass by luck"


def integers(target, value):
    """Names among N, D, C that an assignment gives a literal integer."""
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = list(zip(target.elts, value.elts, strict=False))
    return {
        name.id: number.value
        for name, number in pairs
        if isinstance(name, ast.Name)
        and name.id in ("N", "D", "C")
        and isinstance(number, ast.Constant)
        and isinstance(number.value, int)
    }


# What it shows


@rule
def shows_figures_with_words(book):
    for cell in book.code:
        for output in outputs(cell):
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data):
                yield f"{label(cell)} shows a picture without alt text: use figures.show"
            page = data.get("text/html", "")
            for image in re.findall(r"<img\b[^>]*>", page):
                if not re.search(r'\balt="\s*[^"\s]', image):
                    yield f"{label(cell)} shows an image without alt text"
                if "<figure" not in page or not re.search(r"<figcaption[^>]*>\s*[^<\s]", page):
                    yield f"{label(cell)} shows an image without a caption"
                caption = re.search(r"<figcaption[^>]*>(.*?)</figcaption>", page, re.S)
                if caption and unescape(caption[1]).strip() not in data.get("text/plain", ""):
                    yield f"{label(cell)} shows a caption that its plain text does not hold"


@rule
def shows_numbers_and_their_bounds(book):
    truths = []
    for cell in book.code:
        text = "\n".join(
            output.get("text", "") + output.get("data", {}).get("text/plain", "")
            for output in outputs(cell)
        )
        truths += [cell.id] * len(re.findall(r"\b(?:True|False)\b", text))
        printed = "\n".join(
            output.get("text", "") + output.get("data", {}).get("text/plain", "")
            for output in outputs(cell)
            if "<figure" not in output.get("data", {}).get("text/html", "")
        )  # a test of the figure holds what its caption says
        asserts = any(isinstance(node, ast.Assert) for node in ast.walk(tree(cell)))
        if re.search(r"≈\s*[-+−]?\d", printed) and not asserts:
            yield f"{label(cell)} shows a number after ≈ and asserts no bound for it"
    if len(truths) > TRUTH_VALUES:
        yield f"True and False stand {len(truths)} times for numbers: {', '.join(truths)}"


@rule
def shows_what_any_machine_shows(book):
    for cell in book.cells:
        everything = cell.source + "\n" + shown(cell)
        for pattern, what in (
            (MACHINE_PATH, "a path of a machine"),
            (ADDRESS_IN_MEMORY, "an address in memory"),
        ):
            if found := pattern.search(everything):
                yield f"{label(cell)} holds {what}: {found.group()}"
        if cell.cell_type == "code" and (found := TIMING.search(cell.source)):
            yield f"{label(cell)} measures time: {found.group()}"
        for output in outputs(cell):
            if any("widget" in kind for kind in output.get("data", {})):
                yield f"{label(cell)} stores a widget view: run make refresh"


@rule
def shows_no_accident(book):
    for cell in book.code:
        kinds = {output.output_type for output in outputs(cell)}
        if "error" in kinds and "raises-exception" not in tags(cell):
            yield f"{label(cell)} shows an error that nobody announced"
        if "error" not in kinds and "raises-exception" in tags(cell):
            yield f"{label(cell)} is tagged raises-exception and raises none"
        if any(output.get("name") == "stderr" for output in outputs(cell)):
            yield f"{label(cell)} writes to stderr: {shown(cell)[:60]!r}"


@rule
def hides_nothing_from_nbval(book):
    for cell in book.code:
        if found := NBVAL_COMMENT.search(cell.source):
            yield f"{label(cell)} steers nbval by a comment: {found.group()}"
        for tag in tags(cell):
            if tag.startswith("nbval-") and tag != "nbval-ignore-output":
                yield f"{label(cell)} is tagged {tag}"
        if "nbval-ignore-output" in tags(cell):
            checked = [t for t in tags(cell) if t == "gradient-check" or t.startswith("eq-")]
            if checked:
                yield f"{label(cell)} is tagged {checked[0]}, and nobody compares its output"


def complaints(path, names=None):
    """All complaints about the notebook at `path`, as `rule: sentence`."""
    book = Book(Path(path))
    return [
        f"{name.replace('_', ' ')}: {sentence}"
        for name, check in RULES.items()
        if names is None or name in names
        for sentence in check(book)
    ]
