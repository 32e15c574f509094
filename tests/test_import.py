"""What `import softmax_lib` costs and brings along; how small the maths floor stays."""

import ast
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import softmax_lib

PACKAGE = Path(softmax_lib.__file__).parent
DATA = ["datasets", "downloads"]
# What `train` and the notebooks need beside the maths: a bar, and the experiment of error on step.
BESIDE = ["progress", "sweep"]
MATHS = ["inputs", "forward", "derivation", "loss", "gradcheck", "training", *DATA]
HEAVY = [
    "IPython",
    "ipywidgets",
    "matplotlib",
    "pandas",
    "pooch",
    "scipy",
    "sklearn",
    "tqdm",
    "urllib.request",
]


def modules_after(code):
    program = f"import json, sys\n{code}\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return set(json.loads(done.stdout))


def imports(tree):
    """Names of the modules that a syntax tree imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_importing_the_library_loads_little():
    """Catches, at any depth, a heavy package or teaching in the maths, and slow corners of Python's
    own library: pathlib alone costs as much as all of ours."""
    loaded = modules_after("import softmax_lib")
    ours = {name for name in loaded if name.startswith("softmax_lib")}
    assert ours == {"softmax_lib", *(f"softmax_lib.{name}" for name in [*MATHS, *BESIDE])}
    more = loaded - modules_after("import numpy")
    assert not more & {*HEAVY, "hashlib", "pathlib", "tarfile", "gzip", "urllib.parse"}


@pytest.mark.parametrize("name", ["__init__", *MATHS, *BESIDE])
def test_the_maths_never_names_the_teaching(name):
    """Catches the same inside a function, where no import shows until it is called."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    ours = {module.split(".")[1] for module in imports(tree) if module.startswith("softmax_lib.")}
    allowed = {*MATHS, *BESIDE} if name in ("__init__", "sweep") else {*MATHS, "progress"}
    assert ours <= allowed


@pytest.mark.parametrize("name", ["inputs", "forward", "derivation", "loss", "gradcheck", "sweep"])
def test_the_maths_needs_numpy_only(name):
    """Catches a dependency slipping in: the standard library and numpy, nothing else."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    roots = {module.split(".")[0] for module in imports(tree)}
    assert roots - set(sys.stdlib_module_names) <= {"numpy", "softmax_lib"}


def test_all_that_is_promised_is_there():
    """Catches a name in __all__ that is gone, or a public function that is not exported."""
    assert sorted(softmax_lib.__all__) == sorted(set(softmax_lib.__all__))
    for name in softmax_lib.__all__:
        assert getattr(softmax_lib, name).__doc__, name
    promised = """
        scores softmax log_softmax cross_entropy dLi_dp dp_dSi dSi_dWj dLi_dWj dL_dS dL_dW
        softmax_loss_naive softmax_loss_vectorized numerical_gradient relative_error
        gradient_check step_sweep train predict accuracy load_digits
        load_cifar10 load_fashion_mnist
    """
    assert set(promised.split()) <= set(softmax_lib.__all__)


def lines_of_code(source):
    """Logical lines: a statement wrapped over three lines is one; docstrings and comments none."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    docstrings = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return sum(token.type == tokenize.NEWLINE for token in tokens) - len(docstrings)


def test_the_maths_stays_small():
    """Catches a maths floor too long to be read in an afternoon: at most 620 lines of code."""
    files = [PACKAGE / f"{name}.py" for name in MATHS if name not in DATA]
    count = {file.stem: lines_of_code(file.read_text(encoding="utf-8")) for file in files}
    assert sum(count.values()) <= 620, count


def test_a_python_without_docstrings_runs_it_all():
    """Catches a text that is taken from a docstring, which PYTHONOPTIMIZE=2 leaves out."""
    program = """
import importlib
from softmax_lib import exercises, lessons
for name in lessons.LESSONS:
    importlib.import_module(f"softmax_lib.lessons.{name}")
def share_right(predicted, y):
    return (predicted == y).mean()
print(exercises.check("0.1", share_right), exercises.hint("0.1"), exercises.solution("0.1"))
"""
    ran = subprocess.run(
        [sys.executable, "-OO", "-X", "utf8", "-c", program], capture_output=True, encoding="utf-8"
    )
    assert ran.returncode == 0, ran.stderr
    assert "✓ 0.1" in ran.stdout
    assert "def share_right" in ran.stdout
    for path in (PACKAGE.parent / "notebooks").glob("*.ipynb"):
        assert "__doc__" not in path.read_text(encoding="utf-8"), path.name
