"""Real data to train on: handwritten digits, bundled; CIFAR-10 and Fashion-MNIST, on request.

Every file's SHA-256 is checked before it is read.
"""

import math
from typing import NamedTuple

import numpy as np

from softmax_lib import downloads, inputs

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
        return _parts_and_shapes(self)


def _parts_and_shapes(data):
    parts = ", ".join(f"{name}: {getattr(data, name).shape}" for name in data._fields[:6])
    return f"{type(data).__name__}({parts}, image_shape: {data.image_shape})"


def _truth_value(value, name, needed):
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}, needed {needed}.")


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
    _truth_value(bias, "bias", "True (a last column of ones) or False")
    seed = inputs.integer(seed, "seed", 0)
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


class Images(NamedTuple):
    """Images in three disjoint parts, as `load_cifar10` and `load_fashion_mnist` return them."""

    X_train: np.ndarray
    """Training images as rows, shape (N, D), in [0, 1]."""
    y_train: np.ndarray
    """Their classes 0 … 9, shape (N,), int64."""
    X_val: np.ndarray
    """Validation images: to choose a learning rate or a regularization by."""
    y_val: np.ndarray
    """Their classes."""
    X_test: np.ndarray
    """Test images, shape (10000, D): to look at once, at the end."""
    y_test: np.ndarray
    """Their classes, shape (10000,)."""
    image_shape: tuple
    """`X_train[i, :np.prod(image_shape)].reshape(image_shape)` is image i again."""
    class_names: tuple
    """What the ten classes show: `class_names[y_train[i]]` is image i's."""

    def __repr__(self):
        return _parts_and_shapes(self)


_CIFAR10 = (
    downloads.RemoteFile(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        170052171,
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
)
_CIFAR10_CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


def load_cifar10(*, download=False, bias=True, dtype=np.float32):
    """60,000 color photographs of 32 x 32 pixels in ten classes, once you ask for the download.

    Parameters
    ----------
    download : bool
        Whether to fetch the file (170 MB) when it is not in the cache folder yet, or damaged.
    bias : bool
        Whether to append a column of ones as the last column of every X.
    dtype : {numpy.float32, numpy.float64}
        Of every X. All X together take 0.74 GB in float32, 1.5 GB in float64; reading them takes
        another 0.4 GB for a moment.

    Returns
    -------
    Images
        49,000 training, 1000 validation and 10,000 test examples, D = 3073 (3072 without the
        bias column), `image_shape` (32, 32, 3): height, width, and red, green, blue. The test set
        is the authors'; the validation set is the last 1000 of their training set, whose
        order is random. Fresh arrays at each call.

    Raises
    ------
    TypeError
        `download` or `bias` not a truth value, `dtype` another one.
    FileNotFoundError
        The file is not there and no download was asked for; the message says how to ask.
    ValueError
        The file is damaged, or what came is not the file.
    ConnectionError
        The server did not answer, refused, or broke off, three times in a row.
    OSError
        The cache folder cannot be written.
    ModuleNotFoundError
        pooch or tqdm is not installed.

    Notes
    -----
    The file is the authors' binary version: no pickles, and nothing is unpacked to disk. It is kept
    in your cache folder, or in the folder that the environment variable SOFTMAX_LIB_DATA names.

    Pixels run from 0 to 255 and are divided by 255. For a gradient check, float64 rows of a few
    images will do: ``X_train[:50].astype(np.float64)``.

    Source: A. Krizhevsky (2009), *Learning Multiple Layers of Features from Tiny Images*. More in
    data/README.md.

    Examples
    --------
    ::

        photos = load_cifar10(download=True)  # a progress bar, the first time
        image = photos.X_train[0, :3072].reshape(photos.image_shape)
        photos.class_names[photos.y_train[0]]
    """
    dtype = _checked_options(download, bias, dtype)
    (path,) = downloads.cached("cifar10", _CIFAR10, download)
    return _in_parts(
        *_cifar10_arrays(path),
        held_out=1000,
        class_names=_CIFAR10_CLASSES,
        bias=bias,
        dtype=dtype,
    )


def _cifar10_arrays(path):
    """Images (N, 32, 32, 3) and labels (N,) of the training set, then of the test set; bytes."""
    *training, test = map(_cifar10_records, _cifar10_contents(path))
    images, y = map(np.concatenate, zip(*training, strict=True))
    return images, y, *test


def _cifar10_contents(path):
    """Contents of the five training files and the test file, in this order.

    The archive is read in one pass, in memory: its names choose nothing but which content to keep.
    """
    import tarfile

    names = [f"data_batch_{k}.bin" for k in range(1, 6)] + ["test_batch.bin"]
    content = dict.fromkeys(f"cifar-10-batches-bin/{name}" for name in names)
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            if member.name not in content:
                continue
            if not member.isreg():
                raise ValueError(
                    f"{member.name} in {path} is no regular file but a link or the like, which "
                    f"the official archive does not hold: delete {path} and fetch it again."
                )
            content[member.name] = archive.extractfile(member).read()
    missing = [name for name, data in content.items() if data is None]
    if missing:
        raise ValueError(
            f"{path} does not hold {', '.join(missing)}: it is not CIFAR-10's binary version. Is "
            f"it the one for Python or MATLAB?"
        )
    return content.values()


def _cifar10_records(content):
    """Images (n, 32, 32, 3) and labels (n,) of records: a label's byte, then red, green, blue."""
    if not content or len(content) % 3073:
        raise ValueError(
            f"A CIFAR-10 file has {len(content)} bytes, needed a multiple of 3073: one byte for "
            f"the label and 32 x 32 for each of red, green and blue."
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


_FASHION_MNIST = tuple(
    downloads.RemoteFile(
        f"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/{name}",
        size,
        sha256,
    )
    for name, size, sha256 in [
        (
            "train-images-idx3-ubyte.gz",
            26421880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            29515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            4422102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            5148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ]
)
_FASHION_MNIST_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def load_fashion_mnist(*, download=False, bias=True, dtype=np.float32):
    """70,000 gray pictures of clothes, 28 x 28 pixels, ten classes, once you ask for the download.

    Parameters
    ----------
    download : bool
        Whether to fetch those of the four files (31 MB) that are not in the cache folder yet, or
        are damaged.
    bias : bool
        Whether to append a column of ones as the last column of every X.
    dtype : {numpy.float32, numpy.float64}
        Of every X. All X together take 0.22 GB in float32, 0.44 GB in float64.

    Returns
    -------
    Images
        55,000 training, 5000 validation and 10,000 test examples, D = 785 (784 without the bias
        column), `image_shape` (28, 28). The test set is the authors'; the validation set is the
        last 5000 of their training set. Fresh arrays at each call.

    Raises
    ------
    TypeError
        `download` or `bias` not a truth value, `dtype` another one.
    FileNotFoundError
        A file is not there and no download was asked for; the message says how to ask.
    ValueError
        A file is damaged, or what came is not the file.
    ConnectionError
        The server did not answer, refused, or broke off, three times in a row.
    OSError
        The cache folder cannot be written.
    ModuleNotFoundError
        pooch or tqdm is not installed.

    Notes
    -----
    The files are the authors' own, in the idx format of MNIST, and are kept as they came in your
    cache folder, or in the folder that the environment variable SOFTMAX_LIB_DATA names.

    Pixels run from 0 to 255 and are divided by 255.

    Source: H. Xiao, K. Rasul and R. Vollgraf (2017), *Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms*, arXiv:1708.07747; MIT license. More in
    data/README.md.

    Examples
    --------
    ::

        clothes = load_fashion_mnist(download=True)  # a progress bar, the first time
        image = clothes.X_train[0, :784].reshape(clothes.image_shape)
        clothes.class_names[clothes.y_train[0]]
    """
    dtype = _checked_options(download, bias, dtype)
    paths = downloads.cached("fashion_mnist", _FASHION_MNIST, download)
    return _in_parts(
        *(_idx_array(path, ndim) for path, ndim in zip(paths, (3, 1, 3, 1), strict=True)),
        held_out=5000,
        class_names=_FASHION_MNIST_CLASSES,
        bias=bias,
        dtype=dtype,
    )


def _idx_array(path, ndim):
    """The bytes of a packed idx file, as an array of `ndim` axes.

    An idx file begins with 0, 0, its type (8: unsigned bytes) and its number of axes, a byte each,
    and then the length of each axis, four bytes each, the highest first.
    """
    import gzip

    with gzip.open(path) as packed:
        content = packed.read()
    magic, needed = content[:4], bytes([0, 0, 8, ndim])
    if magic != needed:
        raise ValueError(
            f"{path} begins with the bytes {magic.hex(' ')}, needed {needed.hex(' ')}: unsigned "
            f"bytes in {ndim} axes. Were the files for images and labels exchanged?"
        )
    begin = 4 + 4 * ndim
    shape = tuple(int.from_bytes(content[k : k + 4], "big") for k in range(4, begin, 4))
    if len(content) != begin + math.prod(shape):
        raise ValueError(
            f"{path} says that its shape is {shape}, which takes {begin + math.prod(shape)} bytes "
            f"with its beginning, but it holds {len(content)}: it is not a whole idx file."
        )
    return np.frombuffer(content, np.uint8, offset=begin).reshape(shape)


def _checked_options(download, bias, dtype):
    """`dtype` as numpy's object; the other two are only looked at."""
    _truth_value(download, "download", "True (fetch the files if they are not here) or False")
    _truth_value(bias, "bias", "True (a last column of ones) or False")
    for known in (np.float32, np.float64):
        if dtype in (known, np.dtype(known), known.__name__):
            return np.dtype(known)
    raise TypeError(f"dtype is {dtype!r}, needed numpy.float32 or numpy.float64.")


def _in_parts(images, y, images_test, y_test, *, held_out, class_names, bias, dtype):
    """The three parts of a data set whose files give a training set and a test set, in bytes."""
    for pictures, labels in ((images, y), (images_test, y_test)):
        if len(pictures) != len(labels):
            raise ValueError(
                f"The files hold {len(pictures)} images but {len(labels)} labels: do they belong "
                f"together?"
            )
        inputs.labels(labels, len(labels), len(class_names))
    X, X_test = (_rows(pictures, bias, dtype) for pictures in (images, images_test))
    y, y_test = y.astype(np.int64), y_test.astype(np.int64)
    return Images(
        X[:-held_out],
        y[:-held_out],
        X[-held_out:],
        y[-held_out:],
        X_test,
        y_test,
        images.shape[1:],
        class_names,
    )


def _rows(images, bias, dtype):
    """Images of bytes as rows of numbers in [0, 1], with or without a last column of ones."""
    pixels = images.reshape(len(images), -1)
    D = pixels.shape[1]
    X = np.ones((len(images), D + bool(bias)), dtype)
    np.divide(pixels, 255, out=X[:, :D], dtype=dtype)
    return X
