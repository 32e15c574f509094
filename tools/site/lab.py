"""JupyterLite: JupyterLab with Python in the browser, our notebooks and all that they import.

Pyodide's lock file says which wheels an import needs, and the kernel asks it before it runs a
cell. So our own wheel stands there too, and no notebook needs a cell that installs something.
"""

import email
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

import pyodide as pyodide_folder

CDN = "https://cdn.jsdelivr.net/pyodide/v{}/full/"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# The kernel's own wheels, and ours: what each needs.
ADDED = {
    "ipykernel": [],
    "piplite": ["micropip"],
    "pyodide-kernel": ["comm", "ipython"],
    "softmax-lib": ["ipywidgets", "matplotlib", "numpy", "tqdm"],
}
# What the kernel asks for one by one, unless it is named here: then all of it comes in one go, and
# what the notebooks import comes along.
AT_START = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    # Every cell is in the page from the start, so that links into a notebook and searches find it.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def build(repo, out, pyodide=None):
    """Write the lab into the folder `out`.

    Without `pyodide`, a folder that `pyodide.py` made, the browser takes Python and what is
    compiled from Pyodide's own address.
    """
    release = pyodide_folder.lock()
    with tempfile.TemporaryDirectory() as scratch:
        lite(repo, Path(scratch), out)
        wheels = own_wheels(repo, Path(scratch, "wheels"))
        packages = release["packages"]
        static = out / "static" / "pyodide"
        static.mkdir(parents=True, exist_ok=True)
        if pyodide is None:
            base = CDN.format(release["version"])
            pure = [p for p in packages.values() if "pypi" in p]
            pyodide_folder.fetch_pure(repo / "build" / "wheels", pure)
            for entry in packages.values():
                if "pypi" in entry:
                    shutil.copy(repo / "build" / "wheels" / entry["file_name"], static)
                else:
                    entry["file_name"] = base + entry["file_name"]
        else:
            base = "./static/pyodide/"
            for name in (*release["core"], *(p["file_name"] for p in packages.values())):
                shutil.copy(Path(pyodide, name), static)
        for wheel in wheels:
            packages |= entry_of(wheel)
            shutil.copy(wheel, static)
    packages["jedi"] = packages["ipykernel"] | {"name": "jedi", "imports": []}
    lock = {"info": release["info"], "packages": packages}
    (static / "pyodide-lock.json").write_text(json.dumps(lock))
    options = {"lockFileURL": "./static/pyodide/pyodide-lock.json"}
    options["packages"] = [*AT_START, "softmax-lib"]
    kernel = {"pyodideUrl": f"{base}pyodide.mjs", "loadPyodideOptions": options}
    kernel["disablePyPIFallback"] = pyodide is not None
    path = out / "jupyter-lite.json"
    config = json.loads(path.read_text())
    config["jupyter-config-data"] |= {"appName": "Softmax", "exposeAppInBrowser": True}
    plugins = config["jupyter-config-data"].setdefault("litePluginSettings", {})
    plugins.setdefault(f"{KERNEL}:kernel", {}).update(kernel)
    path.write_text(json.dumps(config, indent=1))


def lite(repo, scratch, out):
    """What JupyterLite's own command makes: its applications, its extensions and our notebooks."""
    (scratch / "overrides.json").write_text(json.dumps(SETTINGS))
    run(
        *(Path(sys.executable).parent / "jupyter-lite", "build", "--no-libarchive"),
        *("--no-sourcemaps", "--no-unused-shared-packages", "--apps", "lab", "--apps", "notebooks"),
        *("--lite-dir", scratch, "--output-dir", out.resolve()),
        *("--contents", (repo / "notebooks").resolve()),
        cwd=scratch,
    )


def own_wheels(repo, folder):
    """Our wheel, and those that the kernel brings for its own use."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=repo)
    brought = Path(sysconfig.get_path("data"), "share/jupyter/labextensions", KERNEL)
    wheels = [*folder.glob("*.whl"), *(brought / "static" / "pypi").glob("*.whl")]
    return [wheel for wheel in wheels if not wheel.name.startswith("widgetsnbextension")]


def entry_of(wheel):
    """A wheel's entry in Pyodide's lock."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        said = email.message_from_bytes(archive.read(metadata))
    name = said["Name"].lower().replace("_", "-")
    return {
        name: {
            "name": name,
            "version": said["Version"],
            "file_name": wheel.name,
            "sha256": pyodide_folder.sha256(wheel.read_bytes()),
            "install_dir": "site",
            "package_type": "package",
            "imports": [name.replace("-", "_")],
            "depends": ADDED[name],
        }
    }


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
