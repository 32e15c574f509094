"""Prints notebooks to PDF, for paper: `make handout`, or with NOTEBOOKS="notebooks/02_….ipynb".

Sphinx makes the pages, with what is folded moved to the end and room to write below each exercise;
Chromium prints them into build/handout, formulas drawn by MathJax.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import build

sys.path.insert(0, str(build.ROOT / "tests"))

import chromium


def main(names):
    browser = chromium.find() or sys.exit(
        "A Chromium or Chrome is needed to print, and none was found: install one, or name "
        "it in SOFTMAX_CHROMIUM."
    )
    out = build.ROOT / "build" / "handout"
    out.mkdir(parents=True, exist_ok=True)
    paths = [Path(name) for name in names] or sorted((build.ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as pages:
        build.read(Path(pages, "html"), "-t", "handout")
        for path in paths:
            pdf = out / f"{path.stem}.pdf"
            page = Path(pages, "html", "notebooks", f"{path.stem}.html")
            if not page.exists():
                sys.exit(f"{path} is none of the notebooks.")
            subprocess.run(
                [
                    *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
                    *(f"--user-data-dir={pages}/profile", "--no-pdf-header-footer"),
                    # Time goes on until nothing is left to do, MathJax's work for instance.
                    *("--virtual-time-budget=60000", f"--print-to-pdf={pdf}", page.as_uri()),
                ],
                check=True,
                capture_output=True,
            )
            print(pdf.relative_to(build.ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
