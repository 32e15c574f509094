"""Runs the unit tests and the notebooks on other versions: `make test-oldest`, `make test-newest`.

`oldest` takes the lowest version that pyproject.toml allows of every package that it names, on the
oldest Python; `newest` the newest of everything, on the newest Python that is here (PYTHON chooses
another, for .venv too). Each has an environment of its own, .venv-oldest or .venv-newest, which is
made anew at every run. The locks stay as they are.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.14", "3.13", "3.12", "3.11")
UV = (sys.executable, "-m", "uv", "--no-python-downloads")


def find_python(which):
    """The Python to test with: PYTHON, the oldest, or the newest that this machine has."""
    wanted = PYTHONS[-1:] if which == "oldest" else PYTHONS
    if os.environ.get("PYTHON"):
        wanted = (os.environ["PYTHON"],)
    for version in wanted:
        found = subprocess.run([*UV, "python", "find", "--system", version], capture_output=True)
        if found.returncode == 0:
            return found.stdout.decode().strip()
    sys.exit(f"make test-{which} needs Python {wanted[0]}, and it was not found: install it.")


def main(which):
    environment = f".venv-{which}"
    python = ROOT / environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    resolution = "lowest-direct" if which == "oldest" else "highest"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    make = ("venv", "--quiet", "--clear", "--seed", "--python", find_python(which), environment)
    install = ("pip", "install", "--quiet", "--python", python, "--resolution", resolution)
    install += ("--compile-bytecode", "--editable", ".[notebooks,slides,test]")
    for command in (make, install):
        if subprocess.run([*UV, *command], cwd=ROOT).returncode:
            sys.exit(f"{environment} could not be made: the lines above say why.")
    listed = subprocess.run(
        [*UV, "pip", "freeze", "--python", python], cwd=ROOT, capture_output=True
    )
    direct = {text.split(">=")[0] for text in project["dependencies"]}
    for extra in ("notebooks", "slides", "test"):
        direct |= {text.split(">=")[0] for text in project["optional-dependencies"][extra]}
    named = [pin for pin in listed.stdout.decode().split() if pin.split("==")[0] in direct]
    subprocess.run([python, "--version"])
    print(*named, flush=True)
    checks = [python, "tools/run_tests.py", "unit tests", "notebooks"]
    sys.exit(subprocess.run(checks, cwd=ROOT).returncode)


if __name__ == "__main__":
    main(sys.argv[1])
