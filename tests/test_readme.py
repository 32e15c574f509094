"""The README tells the truth where a program can see it."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_notebook_stands_in_the_table_with_its_minutes():
    row = r"^\| \[(\w+)\]\(notebooks/\1\.ipynb\) \| (\d+) \| (\d+) \|"
    listed = [(name, (read, solved)) for name, read, solved in re.findall(row, README, flags=re.M)]
    minutes = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        opening = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        minutes[path.stem] = re.search(r"(\d+) minutes to read, (\d+) with", opening).groups()
    assert listed == list(minutes.items())


def test_the_optional_notebooks_stand_under_optional():
    _, optional = README.split("| **optional** |")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        opening = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        listed = f"({path.parent.name}/{path.name})" in optional
        assert ("This notebook is optional" in opening) == listed, path.name


def test_every_make_command_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = " ".join(re.findall(r"^\.PHONY: (.*)", makefile, flags=re.M)).split()
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, flags=re.M))
    assert named <= set(phony)
    assert set("lab test help setup refresh slides site handout clean".split()) <= named


def test_the_example_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    exec(compile(example, "README.md", "exec"), {})
    assert "passed" in capsys.readouterr().out
