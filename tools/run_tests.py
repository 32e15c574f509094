"""Runs every check of the project, one after another, and says how each went.

`make test` calls it. All checks run even when one fails; the exit code is 0 only when all passed.
`python tools/run_tests.py notebooks` runs the checks named (see CHECKS).
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402

PYTEST = ("pytest", "-q", "--color=yes" if sys.stdout.isatty() else "--color=no")
NBVAL = (
    *PYTEST,
    "notebooks",
    "tests/twice",
    "--nbval",
    "--nbval-current-env",
    "--nbval-sanitize-with=tests/nbval_sanitize.cfg",
    "--nbval-cell-timeout=120",
    "-n2",
    "--dist=loadfile",
)
CHECKS = {
    "lint": ("ruff", "check", "--quiet", "."),
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "unit tests": (
        *(*PYTEST, "tests", "softmax_lib", "--ignore=tests/browser", "--ignore=tests/site"),
        *("-n2", "--dist=worksteal"),
    ),
    "notebooks": NBVAL,
    "browser tests": (*PYTEST, "tests/browser", "-n2"),
    "site": (*PYTEST, "tests/site"),
}


def environment(ipython):
    """One thread a process, no progress bars, none of the user's settings of Python and IPython."""
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", TQDM_DISABLE="1", JUPYTER_PREFER_ENV_PATH="1")
    env.pop("PYTHONPATH", None)
    return env | {"IPYTHONDIR": ipython}


def main(names):
    unknown = sorted(set(names) - set(CHECKS))
    if unknown:
        sys.exit(f"no such check: {', '.join(unknown)}; there are: {', '.join(CHECKS)}")
    checks = {name: CHECKS[name] for name in names or CHECKS}
    need_browser = [name for name in ("browser tests", "site") if name in checks]
    if need_browser and not chromium.find() and not chromium.required():
        checks = {name: checks[name] for name in checks if name not in need_browser}
        print(f"Left out, as no Chromium was found on this machine: {', '.join(need_browser)}.")
    failed = []
    start = time.monotonic()
    for name, arguments in checks.items():
        began = time.monotonic()
        print(f"\n=== {name}", flush=True)
        with tempfile.TemporaryDirectory() as ipython:
            code = subprocess.run(
                [sys.executable, "-m", *arguments], cwd=ROOT, env=environment(ipython), check=False
            ).returncode
        print(f"=== {name}: {'passed' if code == 0 else 'FAILED'}", end="")
        print(f" ({time.monotonic() - began:.0f} s)", flush=True)
        if code:
            failed.append(name)
    took = time.monotonic() - start
    if failed:
        sys.exit(f"\nFAILED: {', '.join(failed)} ({len(checks)} checks in {took:.0f} s).")
    print(f"\nAll passed: {', '.join(checks)} ({took:.0f} s).")


if __name__ == "__main__":
    main(sys.argv[1:])
