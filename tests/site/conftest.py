"""The site with Pyodide inside, built once, as `make site PYODIDE=build/pyodide` does, and served.

``SOFTMAX_SITE=build/site`` tests one that is built already.
"""

import os
import subprocess
from pathlib import Path

import local
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder."""
    if built := os.environ.get("SOFTMAX_SITE"):
        return Path(built).resolve()
    out = tmp_path_factory.mktemp("site") / "any name"
    subprocess.run(["sh", "tools/setup.sh", "site"], cwd=ROOT, check=True)
    build = (".venv-site/bin/python", "tools/site/build.py", "--pyodide", "build/pyodide")
    subprocess.run([*build, "--out", out], cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="session")
def address(site):
    with local.served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with local.browser() as instance:
        yield instance
