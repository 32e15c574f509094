"""The bundled digits: what they are, how they are split, how a file that is not them is refused."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from softmax_lib import datasets
from softmax_lib.datasets import load_digits

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data" / "digits.npz"
PARTS = ("train", "val", "test")


def part(digits, name):
    return getattr(digits, f"X_{name}"), getattr(digits, f"y_{name}")


def sorted_rows(X, y):
    """The examples as a matrix in an order that does not depend on the split."""
    table = np.hstack([X, y[:, None]])
    return table[np.lexsort(table.T)]


def test_the_parts_are_the_whole_data_set_each_example_once():
    digits = load_digits(bias=False)
    X = np.vstack([part(digits, name)[0] for name in PARTS])
    y = np.concatenate([part(digits, name)[1] for name in PARTS])
    oracle = sklearn.datasets.load_digits()
    np.testing.assert_array_equal(sorted_rows(X, y), sorted_rows(oracle.data / 16, oracle.target))


@given(seed=st.integers(0, 2**64))
def test_every_class_has_its_share_of_every_part(seed):
    digits = load_digits(seed=seed)
    whole = sum(np.bincount(part(digits, name)[1]) for name in PARTS)
    for name in PARTS:
        X, y = part(digits, name)
        assert len(X) == len(y)
        counts = np.bincount(y, minlength=10)
        assert (abs(counts - whole * len(y) / 1797) < 1.5).all()


def test_values_are_float64_pixels_between_0_and_1_and_labels_integers():
    digits = load_digits(bias=False)
    for name in PARTS:
        X, y = part(digits, name)
        assert X.dtype == np.float64
        assert X.shape[1] == 64
        assert X.min() == 0
        assert X.max() == 1
        np.testing.assert_array_equal(X * 16, np.round(X * 16))
        np.testing.assert_array_equal(X.astype(np.float32), X)  # exact in float32 too
        assert y.dtype == np.int64


def test_bias_is_a_last_column_of_ones_and_nothing_else_changes():
    without, with_bias = load_digits(bias=False), load_digits(bias=True)
    for name in PARTS:
        X, y = part(with_bias, name)
        np.testing.assert_array_equal(X[:, -1], 1)
        np.testing.assert_array_equal(X[:, :-1], part(without, name)[0])
        np.testing.assert_array_equal(y, part(without, name)[1])


def test_a_row_is_an_image_again():
    digits = load_digits()
    image = digits.X_train[0, :64].reshape(digits.image_shape) * 16
    images = sklearn.datasets.load_digits().images
    assert (images == image).all(axis=(1, 2)).any()


def test_parts_are_in_random_order_not_sorted_by_class():
    for name in PARTS:
        y = part(load_digits(), name)[1]
        # Of neighbors in random order, one pair in ten is equal; sorted by class, nearly all are.
        assert np.mean(y[1:] == y[:-1]) < 0.2


def test_a_seed_gives_one_split_and_another_seed_another():
    first, again, other = load_digits(seed=3), load_digits(seed=3), load_digits(seed=4)
    for name in PARTS:
        np.testing.assert_array_equal(part(first, name)[0], part(again, name)[0])
        assert (part(first, name)[0] != part(other, name)[0]).any()


def test_the_default_split_never_changes():
    """Notebooks print what they learn from it. Only an intended new split may change this line."""
    digits = load_digits()  # seed 0 by default
    pixels = np.vstack([digits.X_train, digits.X_val, digits.X_test])[:, :64] * 16
    fingerprint = hashlib.sha256(pixels.astype(np.uint8).tobytes()).hexdigest()
    assert fingerprint.startswith("ae700a66c3540681")


def test_every_call_gives_fresh_arrays():
    first = load_digits()
    first.X_train[:] = -1
    assert load_digits().X_train.min() == 0


def test_repr_shows_shapes_not_a_thousand_numbers():
    assert repr(load_digits()) == (
        "Digits(X_train: (1197, 65), y_train: (1197,), X_val: (300, 65), y_val: (300,), "
        "X_test: (300, 65), y_test: (300,), image_shape: (8, 8))"
    )


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone's folders with a copy of the data file; the library believes it stands there."""
    (tmp_path / "data").mkdir()
    (tmp_path / "softmax_lib").mkdir()
    shutil.copy(DATA, tmp_path / "data")
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "softmax_lib" / "datasets.py"))
    return tmp_path


def damaged(content, how):
    if how == "truncated":
        return content[:-1000]
    if how == "empty":
        return b""
    if how == "line endings changed":
        return content.replace(b"\n", b"\r\n")
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    return bytes(flipped)


@pytest.mark.parametrize("how", ["truncated", "empty", "line endings changed", "one bit flipped"])
def test_a_file_that_differs_is_refused_before_it_is_parsed(clone, how, monkeypatch):
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("parsed an unverified file"))
    path = clone / "data" / "digits.npz"
    content = damaged(path.read_bytes(), how)
    path.write_bytes(content)
    came, wanted = (
        hashlib.sha256(content).hexdigest(),
        hashlib.sha256(DATA.read_bytes()).hexdigest(),
    )
    with pytest.raises(ValueError, match="is damaged or was replaced") as caught:
        load_digits()
    message = str(caught.value)
    assert str(path) in message
    assert f"its {len(content)} bytes have the SHA-256 {came}, expected {wanted}" in message
    assert "In a clone, `git checkout -- data/digits.npz` restores it." in message


def test_an_installed_copy_comes_first_and_says_how_to_restore_itself(clone):
    installed = clone / "softmax_lib" / "data"
    installed.mkdir()
    (installed / "digits.npz").write_bytes(b"not the digits")
    with pytest.raises(ValueError, match="Install softmax-lib again: this copy came with it"):
        load_digits()
    shutil.copy(DATA, installed)
    (clone / "data" / "digits.npz").unlink()
    assert len(load_digits().X_train) == 1197


def test_a_missing_file_is_named_with_the_places_it_was_looked_for(clone):
    (clone / "data" / "digits.npz").unlink()
    with pytest.raises(FileNotFoundError, match=r"digits\.npz is missing") as caught:
        load_digits()
    message = str(caught.value)
    assert str(clone / "data" / "digits.npz") in message
    assert str(clone / "softmax_lib" / "data" / "digits.npz") in message
    assert "git checkout -- data/digits.npz" in message
    assert "install softmax-lib again" in message


def test_a_wheel_carries_the_data_and_loads_it_from_any_folder(tmp_path):
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", ROOT, "--wheel-dir", tmp_path, *options],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    installed, elsewhere = tmp_path / "installed", tmp_path / "else where"
    zipfile.ZipFile(wheel).extractall(installed)
    elsewhere.mkdir()
    program = "import softmax_lib.datasets as d; print(d.__file__); print(d.load_digits())"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    module, digits = run.stdout.splitlines()
    assert Path(module).resolve().is_relative_to(installed.resolve())
    assert not (installed / "data").exists()  # so it came from inside the package
    assert digits == repr(load_digits())


def readme():
    return (ROOT / "data" / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_the_checksum_and_the_size_of_the_file():
    content = DATA.read_bytes()
    assert hashlib.sha256(content).hexdigest() in readme()
    assert f"{len(content)} bytes" in readme()


def test_the_readme_lines_make_the_same_arrays_twice_in_the_same_bytes(tmp_path, monkeypatch):
    (lines,) = re.findall(r"```python\n(.*?)```", readme(), re.DOTALL)
    made = []
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        exec(lines, {})
        made.append(Path("digits.npz").read_bytes())
    assert made[0] == made[1]
    with np.load(DATA) as ours, np.load("digits.npz") as theirs:
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])
            assert ours[name].dtype == theirs[name].dtype
