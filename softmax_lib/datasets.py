"""Real data to train on: the bundled handwritten digits, offline, checked before they are read."""

from typing import NamedTuple

import numpy as np

from softmax_lib import inputs

_DIGITS_SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"


class Digits(NamedTuple):
    """The digits in three disjoint parts, as `load_digits` returns them; D is 65 or 64."""

    X_train: np.ndarray
    """Training images as rows, shape (1197, D), float64 in [0, 1]."""
    y_train: np.ndarray
    """Their digits 0 … 9, shape (1197,), int64."""
    X_val: np.ndarray
    """Validation images, shape (300, D): to choose a learning rate or a regularization by."""
    y_val: np.ndarray
    """Their digits, shape (300,)."""
    X_test: np.ndarray
    """Test images, shape (300, D): to look at once, at the end."""
    y_test: np.ndarray
    """Their digits, shape (300,)."""
    image_shape: tuple
    """(8, 8): `X_train[i, :64].reshape(image_shape)` is image i again."""

    def __repr__(self):
        parts = ", ".join(f"{name}: {getattr(self, name).shape}" for name in self._fields[:-1])
        return f"Digits({parts}, image_shape: {self.image_shape})"


def load_digits(*, bias=True, seed=0):
    """1797 handwritten digits of 8 x 8 pixels, split into training, validation and test sets.

    Parameters
    ----------
    bias : bool
        Whether to append a column of ones as the last column of every X.
    seed : int
        Chooses the split, >= 0. A seed gives the same split on every machine.

    Returns
    -------
    Digits
        1197 training, 300 validation and 300 test examples, each example in one part only, each
        class in every part in its share of the whole (stratified). Every part is in random order.
        Fresh arrays at each call: change them freely.

    Raises
    ------
    TypeError, ValueError
        `bias` not a truth value, `seed` not an integer >= 0.
    FileNotFoundError
        The data file is missing; the message says how to restore it.
    ValueError
        The data file's SHA-256 differs from the one this version was made with.

    Notes
    -----
    Pixels run from 0 (paper) to 16 (ink) and are divided by 16, which is exact, in float32 too.

    The column of ones is the bias: with it the last row of W, shape (1, C), is added to every row
    of S = X W, and eq. (1) needs no second parameter. It stands last, so that the first 64 columns
    are still the image.

    The writers are not recorded, so one hand may stand in all three parts. Source and license
    (E. Alpaydin and C. Kaynak, doi:10.24432/C50P49, CC BY 4.0): data/README.md.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.X_train.shape, digits.X_val.shape, digits.X_test.shape
    ((1197, 65), (300, 65), (300, 65))
    >>> image = digits.X_train[0, :64].reshape(digits.image_shape)
    """
    if not isinstance(bias, (bool, np.bool_)):
        raise TypeError(f"bias is {bias!r}, needed True (a last column of ones) or False.")
    seed = inputs.integer(seed, "seed", least=0)
    arrays = _bundled_arrays("digits.npz", _DIGITS_SHA256)
    images, y = arrays["images"], arrays["labels"].astype(np.int64)
    X = images.reshape(len(images), -1) / 16  # (N, 8, 8) -> (N, 64)
    if bias:
        X = np.hstack([X, np.ones((len(X), 1))])  # (N, 65)
    train, val, test = _stratified_split(y, held_out=300, seed=seed)
    return Digits(X[train], y[train], X[val], y[val], X[test], y[test], images.shape[1:])


def _stratified_split(y, held_out, seed):
    """Indices of three parts: the rest, and two of `held_out` examples, every class in its share.

    Examples are put in order by class, within a class by a random key; every k-th is held out, for
    validation and test in turn. The keys are a bit generator's raw output, the one random stream
    that numpy promises to keep: the split outlives numpy's versions.
    """
    key = np.random.PCG64(seed).random_raw(len(y))  # (N,)
    by_class = np.lexsort((key, y))
    held = np.arange(2 * held_out) * len(y) // (2 * held_out)
    parts = np.delete(by_class, held), by_class[held[::2]], by_class[held[1::2]]
    return [part[np.argsort(key[part])] for part in parts]


def _bundled_arrays(name, sha256):
    """The arrays of a bundled .npz file, from the installed package or else from the clone."""
    import hashlib
    import io
    from pathlib import Path

    package = Path(__file__).resolve().parent
    places = {
        package / "data" / name: "Install softmax-lib again: this copy came with it.",
        package.parent / "data" / name: f"In a clone, `git checkout -- data/{name}` restores it.",
    }
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"{name} is missing: it is neither {' nor '.join(map(str, places))}. In a clone, "
            f"`git checkout -- data/{name}` restores it; otherwise install softmax-lib again."
        )
    content = path.read_bytes()
    came = hashlib.sha256(content).hexdigest()
    if came != sha256:
        raise ValueError(
            f"{path} is damaged or was replaced: its {len(content)} bytes have the SHA-256 {came}, "
            f"expected {sha256}. {places[path]}"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return dict(archive)
