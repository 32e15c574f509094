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

NAME = "Softmax"
APPS = ("lab", "notebooks")
PLACE = "./static/pyodide/"
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
# What the kernel will ask for is fetched while JupyterLab starts, and compiled: its worker has the
# same process, where `early` keeps the module. A narrow window gets the notebook without panels.
HEAD = """
<script>
  if (innerWidth < 700 && /[/]lab[/](index[.]html)?$/.test(location.pathname))
    location.replace(`../notebooks/index.html${location.search}`);
  WebAssembly.compileStreaming(fetch(%s)).then(module => { window.early = module; });
  for (const address of %s) fetch(address).then(answer => answer.blob());
</script>"""
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},  # dark where the system is
    # Every cell is in the page from the start, so that links into a notebook and searches find it.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def build(repo, out, pyodide=None):
    """Write the lab into the folder `out`.

    Python and what is compiled come with it from the folder `pyodide`, which is filled where that
    was not yet done. Without such a folder, the browser takes them from Pyodide's own address.
    """
    release = pyodide_folder.lock()
    packages = release["packages"]
    static = out / "static" / "pyodide"
    with tempfile.TemporaryDirectory() as scratch:
        lite(repo, Path(scratch), out)
        static.mkdir(parents=True, exist_ok=True)
        for wheel in own_wheels(repo, Path(scratch, "wheels")):
            packages |= entry_of(wheel)
            shutil.copy(wheel, static)
    base = PLACE
    if pyodide is not None:
        pyodide_folder.make(pyodide)
        for name in (*release["core"], *(p["file_name"] for p in packages.values())):
            if not (static / name).exists():
                shutil.copy(Path(pyodide, name), static)
        compile_modules(pyodide, static)
    else:
        base = CDN.format(release["version"])
        pure = [package for package in packages.values() if "pypi" in package]
        pyodide_folder.fetch_pure(repo / "build" / "wheels", pure)
        for package in pure:
            shutil.copy(repo / "build" / "wheels" / package["file_name"], static)
    # IPython goes on without jedi, but the kernel insists on a package of that name.
    packages["jedi"] = packages["ipykernel"] | {"name": "jedi", "imports": []}
    addresses = [f"{base}pyodide.asm.wasm", f"{base}pyodide.asm.mjs", f"{base}python_stdlib.zip"]
    for package in packages.values():
        file = static / package["file_name"]
        if file.exists():
            package["sha256"] = pyodide_folder.sha256(file.read_bytes())
            addresses.append(PLACE + file.name)
        else:
            package["file_name"] = base + package["file_name"]
            addresses.append(package["file_name"])
    lock = {"info": release["info"], "packages": packages}
    (static / "pyodide-lock.json").write_text(json.dumps(lock))
    configure(out, base, pyodide is not None)
    ask_early(out, addresses)


def configure(out, base, offline):
    """Tell the kernel where Python is and what to load, and JupyterLab its name."""
    path = out / "jupyter-lite.json"
    whole = json.loads(path.read_text())
    config = whole["jupyter-config-data"]
    config |= {"appName": NAME, "exposeAppInBrowser": True}
    config.setdefault("litePluginSettings", {}).setdefault(f"{KERNEL}:kernel", {}).update(
        pyodideUrl=f"{base}pyodide.mjs",
        disablePyPIFallback=offline,
        loadPyodideOptions={
            "lockFileURL": f"{PLACE}pyodide-lock.json",
            "packages": [*AT_START, "softmax-lib"],
        },
    )
    path.write_text(json.dumps(whole, indent=1))


def ask_early(out, addresses):
    """Let the page fetch and compile what the kernel will ask for, while JupyterLab starts."""
    for app in APPS:
        page = out / app / "index.html"
        wasm, *others = (
            address.replace("./", "../", 1) if address.startswith("./") else address
            for address in addresses
        )
        text = page.read_text().replace("<title>JupyterLite", f"<title>{NAME}")
        head = HEAD % (json.dumps(wasm), json.dumps(others))
        page.write_text(text.replace("<head>", f"<head>{head}", 1))


def compile_modules(pyodide, folder):
    """Replace the wheels of the folder by such with compiled modules, if there is a Node."""
    here = Path(__file__).parent
    if node := shutil.which("node"):
        run(
            node,
            *(here / "compiled.mjs", pyodide.resolve(), here / "compiled.py", folder),
            cwd=here,
        )
    else:
        print("There is no Node here, which would compile Python's modules: the lab starts slower.")


def lite(repo, scratch, out):
    """What JupyterLite's own command makes: its applications, its extensions and our notebooks."""
    (scratch / "overrides.json").write_text(json.dumps(SETTINGS))
    run(
        *(Path(sys.executable).parent / "jupyter-lite", "build", "--no-libarchive"),
        *("--no-sourcemaps", "--no-unused-shared-packages"),
        *(option for app in APPS for option in ("--apps", app)),
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
