"""Builds the site into build/site: `make site`, or `make site PYODIDE=folder` for a room offline.

    .venv-site/bin/python tools/site/build.py [--pyodide FOLDER] [--out build/site]

The folder that comes out can be put on any host of plain files. `--pyodide` names a folder that
tools/site/pyodide.py made: with it, Python itself comes with the site, and no request leaves it.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

import front
import lab
import reading

ROOT = Path(__file__).resolve().parents[2]


def read(out, *options):
    """The reading edition, by Sphinx; any warning, such as a link to nowhere, is an error."""
    run(
        *(sys.executable, "-m", "sphinx", "-q", "-E", "-j", "auto", "-W", "--keep-going", "-n"),
        *("-c", ROOT / "docs", "-d", out.with_name(f".{out.name}-doctrees"), *options, ROOT, out),
    )
    shutil.rmtree(out.with_name(f".{out.name}-doctrees"))


def run(*command):
    if subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode:
        sys.exit("The site was not built: see the lines above.")


def megabytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pyodide", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    options = parser.parse_args()
    out, began = options.out.resolve(), time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    read(out / "read")
    run(sys.executable, ROOT / "tools" / "slides.py")
    shutil.copytree(ROOT / "build" / "slides", out / "slides")
    lab.build(ROOT, out / "lab", pyodide=options.pyodide)
    front.write(ROOT, out, reading.LAB)
    print(f"{out}: {megabytes(out):.0f} MB, built in {time.monotonic() - began:.0f} s.")
    for folder in ("read", "slides", "lab"):
        print(f"  {folder}: {megabytes(out / folder):.0f} MB")


if __name__ == "__main__":
    main()
