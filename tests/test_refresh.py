"""`make refresh`: what is stored, what is kept, and what is left alone."""

import errno
import itertools
import os
import stat

import nbformat
import pytest
import refresh
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

# A widget's view beside a text, and a view alone.
VIEWS = """\
from IPython.display import display
import ipywidgets
view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
display({**view, "text/plain": "a slider"}, raw=True)
display(view, raw=True)"""


def notebook_of(*cells, **metadata):
    return new_notebook(cells=list(cells), metadata=metadata)


def write(path, notebook):
    nbformat.write(notebook, path)
    return path


def failing(source="x = 1\nraise ValueError('no such digit')"):
    return notebook_of(
        new_code_cell("1 + 1", id="fine"),
        new_markdown_cell("Now:"),
        new_code_cell(source, id="bad"),
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A notebook with everything that refresh tidies up, refreshed; and what it said about it."""
    path = write(
        tmp_path_factory.mktemp("books") / "all.ipynb",
        notebook_of(
            new_markdown_cell("# Title", id="title", metadata={"collapsed": True}),
            new_code_cell(
                "import sys\nprint('a', flush=True)\nprint('b', flush=True)\n"
                "print('c', file=sys.stderr, flush=True)\nprint('d')",
                id="streams",
                metadata={
                    "tags": ["eq-2"],
                    "jupyter": {"source_hidden": True, "outputs_hidden": False},
                    "slideshow": {"slide_type": "slide"},
                    "ExecuteTime": {"start": "now"},
                    "execution": {"iopub.status.busy": "now"},
                },
            ),
            new_code_cell(
                VIEWS,
                id="views",
                metadata={"jupyter": {"outputs_hidden": True, "is_executing": True}},
            ),
            new_code_cell(
                "import os\nsorted(os.listdir()), object()",
                id="folder",
                metadata={"jupyter": {"source_hidden": False}},
            ),
            new_code_cell(
                "import random\nrandom.random()",
                id="kept",
                metadata={"tags": ["nbval-ignore-output"]},
                outputs=[new_output("execute_result", {"text/plain": "0.25"}, execution_count=9)],
            ),
            new_code_cell(
                "import random\nrandom.random()",
                id="made",
                metadata={"tags": ["nbval-ignore-output"]},
            ),
            new_code_cell(
                "import json\njson.loads('{')", id="raises", metadata={"tags": ["raises-exception"]}
            ),
            widgets={"state": {}},
            language_info={"name": "python", "version": "3.11.7"},
        ),
    )
    path.chmod(0o640)
    changed = refresh.refresh(path)
    return path, changed


@pytest.fixture
def cells(stored):
    return {cell.id: cell for cell in nbformat.read(stored[0], as_version=4).cells}


def test_the_file_changes_once_and_then_never_again(stored):
    path, changed = stored
    assert changed
    before, inode = path.read_bytes(), path.stat().st_ino
    assert not refresh.refresh(path)
    assert path.read_bytes() == before
    assert path.stat().st_ino == inode  # not even written


def test_the_file_is_replaced_whole(stored):
    path, _ = stored
    assert os.listdir(path.parent) == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes().endswith(b"}\n")


def test_metadata_are_what_authors_write(stored, cells):
    notebook = nbformat.read(stored[0], as_version=4)
    assert notebook.metadata == refresh.NOTEBOOK_METADATA
    assert cells["streams"].metadata == {
        "jupyter": {"source_hidden": True},
        "slideshow": {"slide_type": "slide"},
        "tags": ["eq-2"],
    }
    assert cells["views"].metadata == {"jupyter": {"outputs_hidden": True}}
    assert cells["title"].metadata == cells["folder"].metadata == {}


def test_execution_counts_run_from_one(cells):
    code = [cell for cell in cells.values() if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert cells["kept"].outputs[0].execution_count == cells["kept"].execution_count


def test_streams_that_follow_each_other_are_one(cells):
    # Which of stdout and stderr comes first is the kernel's accident; pieces of one are joined.
    names = [output.name for output in cells["streams"].outputs]
    assert all(one != next_one for one, next_one in itertools.pairwise(names))
    texts = dict.fromkeys(names, "")
    for output in cells["streams"].outputs:
        texts[output.name] += output.text
    assert texts == {"stdout": "a\nb\nd\n", "stderr": "c\n"}


def test_widget_views_are_dropped_and_their_text_stays(cells):
    (output,) = cells["views"].outputs
    assert output.data == {"text/plain": "a slider"}


def test_a_notebook_runs_in_an_empty_folder_and_shows_no_address(cells):
    assert cells["folder"].outputs[0].data["text/plain"] == "([], <object at 0xADDRESS>)"


def test_only_cells_without_a_stored_output_are_made_when_nothing_compares_them(cells):
    assert cells["kept"].outputs[0].data["text/plain"] == "0.25"
    assert 0 < float(cells["made"].outputs[0].data["text/plain"]) < 1


def test_a_traceback_keeps_the_cell_and_the_message_and_no_path(cells):
    (output,) = cells["raises"].outputs
    text = refresh.COLOR.sub("", "\n".join(output.traceback))
    assert "json.loads('{')" in text
    assert "Expecting property name" in text
    assert "decoder.py" not in text


def test_progress_bars_are_off_and_settings_of_the_user_stay_outside(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "own"))
    startup = tmp_path / "own" / "profile_default" / "startup" / "mine.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("mine = 1")
    source = (
        "import os\nos.environ['TQDM_DISABLE'], os.environ.get('PYTHONPATH'), 'mine' in globals()"
    )
    path = write(tmp_path / "bars.ipynb", notebook_of(new_code_cell(source)))
    refresh.main([str(path)])
    (cell,) = nbformat.read(path, as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == "('1', None, False)"
    assert "bars.ipynb: changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('no such digit')", "ValueError: no such digit"),
        ("import os\nos._exit(1)", "the kernel died"),
        ("import sys\nsys.prefix + '/lib'", "its output holds the path"),
        ("open('left.txt', 'w').close()", "leaves files behind: left.txt"),
    ],
)
def test_a_notebook_that_cannot_be_stored_is_left_as_it_was(source, reason, tmp_path, capsys):
    path = write(tmp_path / "bad.ipynb", failing(source))
    before = path.read_bytes()
    with pytest.raises(SystemExit) as end:
        refresh.main([str(path)])
    assert end.value.code not in (0, None)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["bad.ipynb"]
    said = capsys.readouterr().err
    assert "bad.ipynb" in said
    assert reason in said
    assert "'bad'" in said or "left.txt" in said


@pytest.mark.parametrize("call", ["fdopen", "replace"])
def test_a_full_disk_is_said_in_one_sentence(call, tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = write(tmp_path / "one.ipynb", notebook_of(new_code_cell("1 + 1")))
    before = path.read_bytes()
    monkeypatch.setattr(refresh.os, call, full)
    monkeypatch.setattr(refresh, "execute", lambda notebook, name: None)
    with pytest.raises(SystemExit, match="1 of 1 notebooks were left as they were"):
        refresh.main([str(path)])
    assert capsys.readouterr().err == f"NOT STORED: one.ipynb: {os.strerror(errno.ENOSPC)}\n"
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["one.ipynb"]


def test_a_cell_that_takes_too_long_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "SECONDS_PER_CELL", 4)
    path = write(tmp_path / "slow.ipynb", failing("import threading\nthreading.Event().wait()"))
    with pytest.raises(refresh.Refused, match=r"slow.ipynb, cell 'bad'.* longer than 4 s"):
        refresh.refresh(path)


def test_the_others_are_stored_when_one_fails(tmp_path):
    bad = write(tmp_path / "bad.ipynb", failing())
    good = write(tmp_path / "good.ipynb", notebook_of(new_code_cell("1 + 1")))
    with pytest.raises(SystemExit, match="1 of 2 notebooks"):
        refresh.main([str(bad), str(good)])
    (cell,) = nbformat.read(good, as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == "2"


def test_a_name_that_is_no_notebook_is_said(tmp_path):
    with pytest.raises(SystemExit, match=r"no such notebook: .*nothing\.ipynb"):
        refresh.main([str(tmp_path / "nothing.ipynb")])
