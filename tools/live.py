"""Opens a notebook as slides whose sliders and buttons work: `make live`, in .venv-live.

RISE shows a copy, in build/live, so that what happens in the lecture changes no notebook. The copy
has no stored outputs, which would answer what the room is asked, and beside it stands rise.css with
letters for a hall. What the deck skips before its first code (the imports) runs when the kernel
starts. `--no-browser` and other options go to JupyterLab.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import jupyterlab_rise.app
import nbformat
from jupyterlab.labapp import main as jupyterlab

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "live"
RISE = {
    "center": False,
    "scroll": True,  # what is longer than the screen scrolls
    "theme": "white",  # the others fetch fonts
    "transition": "none",
    "slideNumber": "c/t",
    "margin": 0.03,
    "start_slideshow_at": "beginning",
    "auto_select": "code",
    "auto_select_timeout": 0,  # later, it would turn back the page of whoever is quicker
}
# JupyterLab and reveal.js both take the arrow keys of a slider that has the focus: JupyterLab is
# told to leave them, and reveal.js, which listens at the document, does not hear of them. The space
# bar turns the page all the same, but where it presses a button. And Shift+Enter reaches a notebook
# that has the focus, which turning a page takes away.
KEYS = """<script>
document.addEventListener('focusin', event => {
  if (event.target.closest('.jupyter-widgets')) event.target.dataset.lmSuppressShortcuts = 'true';
});
document.addEventListener('DOMContentLoaded', () =>
  document.body.addEventListener('keydown', event => {
    const presses = event.key === ' ' && event.target.matches('button');
    const turns = [' ', 'PageDown', 'PageUp'].includes(event.key) && !presses;
    if (event.target.closest('.jupyter-widgets') && !turns) event.stopPropagation();
  }));
document.addEventListener('keyup', () => {
  if (document.activeElement === document.body) document.querySelector('.jp-Notebook')?.focus();
});
</script>"""


class Page(jupyterlab_rise.app.RiseHandler):
    """RISE's page, on which keys go where the presenter means them to go."""

    def render_template(self, name, **namespace):
        page = super().render_template(name, **namespace)
        return page.replace("</head>", f"{KEYS}</head>")


def write_copy(path):
    """The copy to present; returns the code that runs before it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["rise"] = RISE
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
        cell.metadata.get("jupyter", {}).pop("outputs_hidden", None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, FOLDER / path.name)
    shutil.copy(Path(__file__).with_name("rise.css"), FOLDER)
    before = []
    for cell in code:
        if cell.metadata.get("slideshow", {}).get("slide_type") != "skip":
            break
        before.append(cell.source)
    return "\n\n".join(before)


def main(arguments):
    path = Path(next((a for a in arguments if not a.startswith("-")), "02_stability_shift.ipynb"))
    if not path.exists():
        path = ROOT / "notebooks" / path.name
    options = [argument for argument in arguments if argument.startswith("-")]
    startup = FOLDER / "ipython" / "profile_default" / "startup"
    before = write_copy(path)
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "before.py").write_text(before, encoding="utf-8")
    settings = FOLDER / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    news = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(news), encoding="utf-8")
    os.environ |= {
        "IPYTHONDIR": str(FOLDER / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(FOLDER / "settings"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    jupyterlab_rise.app.RiseHandler = Page
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & set(os.environ):
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    print("If no browser opens, open the address below that starts with http://127.0.0.1")
    jupyterlab(
        [
            "--ip=127.0.0.1",
            f"--ServerApp.root_dir={FOLDER}",
            f"--LabApp.default_url=/rise/{path.name}",
            *options,
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
