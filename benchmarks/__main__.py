"""How fast the losses are, how they grow, what memory they take and how exact they are.

    python -m benchmarks                the shapes of the table below, a few minutes
    python -m benchmarks --quick        fewer rows, no peers, under a minute

Times are ratios of CPU times taken in one run, in turns, by one thread: round by round everyone
runs once, and the table holds the median over the rounds. Prints one report and saves it.
"""

import os

# Before numpy is imported: libraries read these once.
for name in "OPENBLAS_NUM MKL_NUM OMP_NUM BLIS_NUM VECLIB_MAXIMUM".split():
    os.environ[f"{name}_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse  # noqa: E402
import importlib.metadata  # noqa: E402
import importlib.util  # noqa: E402
import platform  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import tracemalloc  # noqa: E402
import warnings  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks import peers  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
REG = 1e-4
DTYPES = (np.float32, np.float64)
# (N, D, C): the streamed loss's goals as ratios to each of these, (float32, float64).
GOALS_TO = ("products", "textbook", "PyTorch", "scikit-learn")
GOALS = {
    (200, 64, 10): ((5.0, 3.5), (1.1, 1.1), (0.5, 0.6), (1.0, 1.1)),
    (1797, 65, 10): ((1.6, 1.5), (0.55, 0.75), (0.25, 0.45), (0.6, 0.75)),
    (60000, 785, 10): ((0.75, 0.95), (0.7, 0.9), (0.3, 0.45), (0.8, 0.9)),
    (49000, 3073, 10): ((0.75, 0.95), (0.75, 0.95), (0.25, 0.4), (0.8, 0.95)),
    (4096, 512, 1000): ((1.15, 1.15), (1.05, 1.05), (1.0, 1.0), (0.95, 1.0)),
}
QUICK_SHAPES = [(200, 64, 10), (1797, 65, 10), (6000, 785, 10), (1500, 3073, 10), (1024, 512, 1000)]
NAIVE_UP_TO = 200_000  # entries of X; beyond that the loops take minutes


def problem(N, D, C, dtype, seed=0):
    """W (D, C), X (N, D), y (N,), reg: scores of size 1, as early in a training."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, D), dtype)
    W = (rng.standard_normal((D, C)) / np.sqrt(D)).astype(dtype)
    return W, X, rng.integers(C, size=N), REG


def present(names):
    """(makers of the peers that are installed, names of the missing ones)."""
    found = {n: peers.PEERS[n] for n in names if importlib.util.find_spec(peers.PEERS[n][1])}
    return {n: maker for n, (maker, _) in found.items()}, [n for n in names if n not in found]


# Time


def interleaved(functions, rounds, at_least=0.005):
    """CPU seconds a call, {name: (rounds,)}: in each round everyone runs, one after another."""
    calls = {}
    for name, f in functions.items():
        f()
        calls[name] = max(1, int(at_least / max(timed(f, 1), 1e-9)))
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, f in functions.items():
            times[name].append(timed(f, calls[name]))
    return {name: np.array(t) for name, t in times.items()}


def timed(f, calls):
    start = time.process_time()
    for _ in range(calls):
        f()
    return (time.process_time() - start) / calls


def contenders(arguments, makers):
    """{name: function to time}, each compared with the vectorized loss before it may run."""
    W, X, *_ = arguments
    P = np.full((len(X), W.shape[1]), 1 / W.shape[1], X.dtype)
    functions = {"products": lambda: (X @ W, X.T @ P)}
    if X.size > NAIVE_UP_TO:
        makers = {n: maker for n, maker in makers.items() if n != "naive"}
    value, dW = peers.LIBRARY["vectorized"](*arguments)()
    for name, maker in makers.items():
        functions[name] = maker(*arguments)
        value2, dW2 = functions[name]()
        error = np.linalg.norm(dW2 - dW) / np.linalg.norm(dW) + abs(value2 - value) / abs(value)
        if not error < 1e4 * np.finfo(X.dtype).eps:
            raise ValueError(f"{name} computes something else: relative error {error:.1e}")
    return functions


def median_ratio(times, name, to):
    return float(np.median(times[name] / times[to]))


def speed_table(shapes, makers, rounds):
    """Rows of text: times over the two products, then the streamed loss over everyone else."""
    others = [n for n in makers if n not in peers.LIBRARY and n != "textbook"]
    header = ["N, D, C", "dtype", "products, ms", "textbook", "vectorized", "streamed"]
    header += [f"streamed / {n}" for n in ["textbook", *others]] + ["naive / streamed"]
    rows = []
    for shape in shapes:
        for k, dtype in enumerate(DTYPES):
            times = interleaved(contenders(problem(*shape, dtype), makers), rounds)
            goals = {n: goal[k] for n, goal in zip(GOALS_TO, GOALS.get(shape, ()), strict=False)}
            row = [f"{', '.join(map(str, shape))}", np.dtype(dtype).name]
            row += [f"{1e3 * np.median(times['products']):.3g}"]
            row += [f"{median_ratio(times, n, 'products'):.2f}" for n in ("textbook", "vectorized")]
            row += [with_goal(median_ratio(times, "streamed", "products"), goals.get("products"))]
            for n in ["textbook", *others]:
                row.append(with_goal(median_ratio(times, "streamed", n), goals.get(n)))
            row.append(
                f"{median_ratio(times, 'naive', 'streamed'):.0f}" if "naive" in times else ""
            )
            rows.append(row)
    return [header, *rows]


def with_goal(ratio, goal):
    if goal is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} ({'≤' if round(ratio, 2) <= goal else 'missed:'} {goal})"


# Growth, memory, accuracy


def growth_table(quick, rounds):
    """Exponent b of time ~ size^b, over a range of N and over a range of C."""
    names = ["textbook", "vectorized", "streamed"]
    makers = {"textbook": peers.textbook, **peers.LIBRARY}
    most = 4 if quick else 5
    sweeps = {
        "N, at D = 128, C = 10": [(2000 * 2**k, 128, 10) for k in range(most)],
        "C, at N = 2000, D = 128": [(2000, 128, 10 * 3**k) for k in range(most)],
    }
    rows = [["growing", "from", "to", *names]]
    for label, shapes in sweeps.items():
        functions = {}
        for shape in shapes:
            arguments = problem(*shape, np.float64)
            functions |= {(n, shape): makers[n](*arguments) for n in names}
        times = interleaved(functions, rounds)
        sizes = [shape[0] if label.startswith("N") else shape[2] for shape in shapes]
        exponents = [
            np.polyfit(np.log(sizes), [np.log(np.median(times[n, s])) for s in shapes], 1)[0]
            for n in names
        ]
        rows.append([label, str(sizes[0]), str(sizes[-1]), *(f"{b:.2f}" for b in exponents)])
    return rows


def memory_table(quick):
    """Peak memory of a call beside its inputs, of what numpy allocates, in MB."""
    names = ["textbook", "vectorized", "streamed"]
    makers = {"textbook": peers.textbook, **peers.LIBRARY}
    rows = [["N, D, C", "X", "MB of X", *(f"{n}, MB" for n in names)]]
    for N in (5000, 20000) if quick else (20000, 80000):
        for dtype in (np.float32, np.uint8):
            W, X, y, reg = problem(N, 785, 10, np.float32)
            X = (50 * abs(X)).astype(dtype)
            row = [f"{N}, 785, 10", np.dtype(dtype).name, f"{X.nbytes / 1e6:.0f}"]
            for n in names:
                f = makers[n](W, X, y, reg)
                tracemalloc.start()
                with np.errstate(divide="ignore"):  # the textbook's log(0)
                    f()
                row.append(f"{tracemalloc.get_traced_memory()[1] / 1e6:.1f}")
                tracemalloc.stop()
            rows.append(row)
    return rows


def accuracy_table(makers):
    """Largest relative error of loss and gradient against 60 digits, on inputs that are hard."""
    if not importlib.util.find_spec("mpmath"):
        return [["accuracy"], ["not measured: mpmath is not installed"]]
    sys.path.insert(0, str(ROOT / "tests"))
    import oracles

    rng = np.random.default_rng(1)
    Z, y = rng.standard_normal((6, 5)), np.array([0, 1, 2, 3, 4, 0])
    inputs = {
        "scores near 1": Z,
        "scores near 1e3": 1e3 * Z,
        "scores near 1e6": 1e6 * Z,
        "sure and right, gap 40": Z + 40 * np.eye(5)[y],
        "sure and right, gap 600": Z + 600 * np.eye(5)[y],
        "sure and wrong, gap 600": Z - 600 * np.eye(5)[y],
    }
    names = [n for n in makers if n != "naive"]
    rows = [["S = X W, with X = I", "dtype", *names]]
    for label, S in inputs.items():
        for dtype in DTYPES:
            if dtype is np.float32 and "600" in label:
                continue  # exp(-600) is below what float32 holds
            S_d, X = S.astype(dtype), np.eye(len(S), dtype=dtype)
            value, dS, _, _ = oracles.softmax_loss_of_scores(S_d, y)
            row = [label, np.dtype(dtype).name]
            for n in names:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    ours, dW = makers[n](S_d, X, y, 0.0)()
                errors = [
                    oracles.relative_error(np.float64(ours), value),
                    oracles.relative_error(np.asarray(dW), dS),
                ]
                row.append(" / ".join(f"{e:.0e}" for e in errors))
            rows.append(row)
    return rows


# The report


def setting(missing):
    """What it ran on, without the machine's name."""
    lines = [f"- Python {platform.python_version()}, numpy {np.__version__}, {cpu()}"]
    lines.append(f"- BLAS: {blas()}; one thread")
    for name in peers.PEERS:
        if name not in missing:
            lines.append(f"- {name} {importlib.metadata.version(name.replace('PyTorch', 'torch'))}")
    if missing:
        lines.append(f"- not measured, because not installed or left out: {', '.join(missing)}")
    if hasattr(os, "getloadavg"):
        lines.append(
            f"- load average over five minutes {os.getloadavg()[1]:.1f}, on {os.cpu_count()} "
            f"processors; the benchmark itself makes 1.0"
        )
    return lines


def cpu():
    model = Path("/proc/cpuinfo")
    names = model.read_text().splitlines() if model.exists() else []
    named = [line.split(":")[1].strip() for line in names if line.startswith("model name")]
    return f"{platform.machine()}, {(*named, platform.processor(), 'processor unknown')[0]}"


def blas():
    if importlib.util.find_spec("threadpoolctl"):
        import threadpoolctl

        found = [b for b in threadpoolctl.threadpool_info() if "numpy" in b["filepath"]]
        if found:
            b = found[0]
            return f"{b['internal_api']} {b['version']}, kernels for {b.get('architecture', '?')}"
    b = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{b['name']} {b['version']}, as numpy was built; install threadpoolctl for its kernels"


def markdown(rows):
    header, *body = rows
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def report(shapes, rounds, quick):
    """The whole report, as Markdown."""
    found, missing = ({}, list(peers.PEERS)) if quick else present(peers.PEERS)
    makers = {**peers.LIBRARY, "textbook": peers.textbook, **found}
    tables = {
        "Speed": (
            "textbook, vectorized, streamed: CPU time over that of the two bare products `X @ W`\n"
            "and `X.T @ P`. In brackets the goal that the project set itself for the streamed\n"
            "loss. Below 1 is faster.",
            speed_table(shapes, makers, rounds),
        ),
        "Growth": ("Exponent b in time ~ size^b, float64.", growth_table(quick, rounds)),
        "Memory": (
            "Peak of what numpy allocates in one call, beside the inputs.",
            memory_table(quick),
        ),
        "Accuracy": (
            "Relative error of the loss / of the gradient against 60 digits. An error of 1 or of\n"
            "`inf` means that no digit is right: a loss that is rounded to 0, or infinite.",
            accuracy_table(makers),
        ),
    }
    parts = ["\n".join(setting(missing))]
    for title, (text, rows) in tables.items():
        parts.append(f"## {title}\n\n{text}\n\n{markdown(rows)}")
    return "\n\n".join(parts) + "\n"


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows, no peers")
    parser.add_argument("--rounds", type=int, default=9, help="rounds to take the median over")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "benchmark.md")
    options = parser.parse_args(arguments)
    shapes = QUICK_SHAPES if options.quick else list(GOALS)
    text = report(shapes, options.rounds, options.quick)
    print(text)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(f"Saved to {os.path.relpath(options.output)}.")


if __name__ == "__main__":
    main()
