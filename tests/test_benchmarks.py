"""The benchmark runs, measures everyone it names, and refuses a contender that is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
TINY = """
from benchmarks import __main__ as bench

bench.QUICK_SHAPES = [(8, 3, 2), (9, 4, 3)]
bench.main(["--quick", "--rounds", "1", "--output", r"{output}"])
"""


@pytest.fixture
def benchmark(monkeypatch):
    """The module, whose settings for one thread last no longer than the test."""
    before = dict(os.environ)
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import __main__ as module

    yield module
    os.environ.clear()
    os.environ.update(before)


def test_the_quick_run_prints_and_saves_its_tables(tmp_path):
    """Catches a table without a column, a contender without a number, a report without BLAS."""
    output = tmp_path / "folder" / "report.md"
    code = TINY.format(output=output)
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    report = output.read_text(encoding="utf-8")
    assert report in run.stdout
    assert "BLAS: " in report
    assert "PyTorch, scikit-learn, JAX, autograd" in report  # what was left out
    table = report.split("## Speed")[1].split("##")[0].strip().splitlines()
    header, _, *rows = [line.strip("| ").split(" | ") for line in table if line.startswith("|")]
    assert {"textbook", "vectorized", "streamed", "streamed / textbook"} < set(header)
    assert [row[0] for row in rows] == ["8, 3, 2"] * 2 + ["9, 4, 3"] * 2
    assert all(float(cell) > 0 for row in rows for cell in row[2:])
    for title in ("Growth", "Memory", "Accuracy"):
        assert f"## {title}" in report
    assert str(ROOT) not in report


def test_everyone_computes_the_same(benchmark):
    """Catches a ratio to something else than the loss and its gradient."""
    makers = {"textbook": benchmark.peers.textbook, **benchmark.peers.LIBRARY}
    makers |= benchmark.present(benchmark.peers.PEERS)[0]
    assert {"scikit-learn", "autograd"} <= set(makers)
    for dtype in (np.float32, np.float64):
        functions = benchmark.contenders(benchmark.problem(30, 6, 4, dtype), makers)
        assert set(functions) == {"products", *makers}


def test_a_wrong_contender_is_refused(benchmark):
    """Catches a comparison that cannot fail: here a gradient without its minus one."""

    def wrong(W, X, y, reg):
        loss, dW = benchmark.peers.textbook(W, X, y, reg)()
        return lambda: (loss, dW + 0.01)

    with pytest.raises(ValueError, match=r"^wrong computes something else"):
        benchmark.contenders(benchmark.problem(30, 6, 4, np.float64), {"wrong": wrong})
