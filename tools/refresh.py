"""Runs notebooks again, in place, and stores what they show: `make refresh`.

Without arguments, all of notebooks/; otherwise the notebooks named. Each runs in a kernel and an
empty working directory of its own. What is stored is what any machine would show: no timings, no
state of widgets, no paths. Cells tagged `nbval-ignore-output` keep their stored outputs (clear one
to have it made again). A notebook that raises is left as it was. A second run changes nothing.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
SECONDS_PER_CELL = 120
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KEPT_CELL_METADATA = ("jupyter", "slideshow", "tags")
KEPT_OF_JUPYTER = ("outputs_hidden", "source_hidden")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
COLOR = re.compile(r"\x1b\[[0-9;]*m")
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


class Refused(Exception):
    """A notebook that cannot be stored; the message names notebook, cell and reason."""


def cells_of_code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def keeps_outputs(cell):
    return "nbval-ignore-output" in cell.metadata.get("tags", []) and bool(cell.outputs)


def environment(ipython):
    """One thread, no progress bars, none of the user's own settings of Python and IPython."""
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", TQDM_DISABLE="1", IPYTHONDIR=ipython)
    env.pop("PYTHONPATH", None)
    return env


def execute(notebook, name):
    """Run all cells of `notebook` in a fresh kernel; raise Refused where one fails."""
    for cell in cells_of_code(notebook):
        cell.outputs, cell.execution_count = [], None
    started = [0]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as ipython:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=SECONDS_PER_CELL,
            resources={"metadata": {"path": folder}},
            record_timing=False,
            store_widget_state=False,
            on_cell_start=lambda cell, cell_index: started.append(cell_index),
        )
        try:
            client.execute(
                env=environment(ipython), stderr=subprocess.DEVNULL
            )  # not the kernel's log
        except CellExecutionError as error:
            reason = f"{error.ename}: {error.evalue}"
        except CellTimeoutError:
            reason = f"a cell took longer than {SECONDS_PER_CELL} s"
        except DeadKernelError:
            reason = "the kernel died"
        else:
            left = sorted(path.name for path in Path(folder).iterdir())
            if left:
                raise Refused(f"{name} leaves files behind: {', '.join(left)}")
            return
    raise Refused(f"{name}, {label(notebook, started[-1])}: {reason}")


def label(notebook, k):
    return f"cell {notebook.cells[k].get('id', '?')!r} (number {k + 1})"


def merge_streams(outputs):
    """Join stream outputs that follow each other: where a kernel flushes is an accident."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        if (
            last is not None
            and output.output_type == "stream" == last.output_type
            and output.name == last.name
        ):
            last.text += output.text
        else:
            merged.append(output)
    return merged


def without_widget_views(outputs):
    """Drop widget views; a display that was nothing else goes with its view."""
    kept = []
    for output in outputs:
        if WIDGET_VIEW in output.get("data", {}):
            del output.data[WIDGET_VIEW]
            if not output.data:
                continue
        kept.append(output)
    return kept


def is_frame_of_a_file(line):
    return COLOR.sub("", line).lstrip().startswith("File ")


def clean_outputs(cell):
    for output in cell.outputs:
        if output.output_type == "error":  # the cell's own lines and the message stay
            output.traceback = [line for line in output.traceback if not is_frame_of_a_file(line)]
        elif output.output_type == "stream":
            output.text = ADDRESS.sub("at 0xADDRESS", output.text)
        else:
            output.data.update(
                {
                    kind: ADDRESS.sub("at 0xADDRESS", value)
                    for kind, value in output.data.items()
                    if isinstance(value, str)
                }
            )
    cell.outputs = merge_streams(without_widget_views(cell.outputs))


def clean(notebook):
    """Keep of the metadata what authors write, and of the outputs what every machine shows."""
    title = {"title": notebook.metadata["title"]} if "title" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict({**NOTEBOOK_METADATA, **title})
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        hidden = kept.pop("jupyter", {})
        if folded := {key: True for key in KEPT_OF_JUPYTER if hidden.get(key)}:
            kept["jupyter"] = folded
        cell.metadata = nbformat.from_dict(kept)
    for count, cell in enumerate(cells_of_code(notebook), start=1):
        cell.execution_count = count
        clean_outputs(cell)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def refuse_paths(notebook, name):
    """Outputs that hold a folder of this machine could never be compared on another."""
    folders = (str(ROOT), sys.prefix, str(Path.home()), tempfile.gettempdir())
    for k, cell in enumerate(notebook.cells):
        shown = str(cell.get("outputs", ""))
        for folder in folders:
            if re.search(re.escape(folder) + r"[/\\]", shown):
                raise Refused(f"{name}, {label(notebook, k)}: its output holds the path {folder}")


def text_of(notebook):
    return nbformat.writes(notebook, version=4) + "\n"


def write(path, text):
    """Replace the file in one step: a reader sees the old text or the new, never half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".refresh-", suffix=".ipynb")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, path.stat().st_mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def refresh(path):
    """Run the notebook at `path` and store it; return whether its file changed."""
    path = Path(path)
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    kept = {cell.id: cell.outputs for cell in cells_of_code(notebook) if keeps_outputs(cell)}
    execute(notebook, path.name)
    for cell in cells_of_code(notebook):
        cell.outputs = kept.get(cell.id, cell.outputs)
    clean(notebook)
    refuse_paths(notebook, path.name)
    after = text_of(notebook)
    if after != before:
        write(path, after)
    return after != before


def main(names):
    paths = [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        sys.exit(f"no such notebook: {', '.join(missing)}")
    refused = 0
    for path in paths:
        start = time.monotonic()
        try:
            state = "changed" if refresh(path) else "as it was"
        except Refused as reason:
            refused += 1
            print(f"NOT STORED: {reason}", file=sys.stderr)
        except OSError as error:  # a full disk, a folder that may not be written
            refused += 1
            print(f"NOT STORED: {path.name}: {error.strerror or error}", file=sys.stderr)
        else:
            print(f"{path.name}: {state} ({time.monotonic() - start:.0f} s)")
    if refused:
        sys.exit(f"{refused} of {len(paths)} notebooks were left as they were.")


if __name__ == "__main__":
    main(sys.argv[1:])
