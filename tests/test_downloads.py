"""CIFAR-10 and Fashion-MNIST on request, from small files in their formats, served on loopback."""

import gc
import gzip
import hashlib
import io
import math
import os
import re
import subprocess
import sys
import tarfile
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch
import pytest

from softmax_lib import datasets, downloads, load_cifar10, load_fashion_mnist
from softmax_lib.downloads import RemoteFile

ROOT = Path(__file__).resolve().parents[1]
# pooch leaves it to the garbage collector to close a connection that broke.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")
FOLDER = "cifar-10-batches-bin"
BATCHES = [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]
# Enough for the real number of held-out images, and little once packed.
PHOTOS, TEST_PHOTOS = 5 * 202, 7
CLOTHES, TEST_CLOTHES = 5011, 6


def pictures(N, *shape):
    """N images of bytes, no two alike, where no two axes can be exchanged unnoticed."""
    steps = (1, 7, 29, 101)[: len(shape)]
    axes = np.indices(shape)
    one = sum(step * axis for step, axis in zip(steps, axes, strict=True))
    return ((one + 13 * np.arange(N).reshape(-1, *[1] * len(shape))) % 256).astype(np.uint8)


def classes(N):
    return (np.arange(N) * 7 % 10).astype(np.uint8)


def records(images, y):
    """As CIFAR-10 stores them, written byte by byte as its page says."""
    out = bytearray()
    for image, label in zip(images, y, strict=True):
        out.append(label)
        for color in range(3):
            out += image[:, :, color].tobytes()
    return bytes(out)


def archive(members):
    """A .tar.gz of (name or TarInfo, content) pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


@cache
def cifar10_members():
    images, y = pictures(PHOTOS, 32, 32, 3), classes(PHOTOS)
    test = pictures(TEST_PHOTOS, 32, 32, 3)[::-1], classes(TEST_PHOTOS)[::-1]
    n = PHOTOS // 5
    parts = [(images[k : k + n], y[k : k + n]) for k in range(0, PHOTOS, n)] + [test]
    content = [records(*part) for part in parts]
    # The official archive too holds its folder, other files, and its test set not last.
    batches = [(f"{FOLDER}/{name}", data) for name, data in zip(BATCHES, content, strict=True)]
    return [(f"{FOLDER}/batches.meta.txt", b"airplane\n"), *batches[::-1]]


def idx(array, magic=None):
    head = bytes([0, 0, 8, array.ndim]) if magic is None else magic
    sizes = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return gzip.compress(head + sizes + array.tobytes(), compresslevel=1, mtime=0)


@cache
def cifar10_archive():
    return archive(cifar10_members())


@cache
def fashion_mnist_files():
    return {
        "train-images-idx3-ubyte.gz": idx(pictures(CLOTHES, 28, 28)),
        "train-labels-idx1-ubyte.gz": idx(classes(CLOTHES)),
        "t10k-images-idx3-ubyte.gz": idx(pictures(TEST_CLOTHES, 28, 28)[::-1]),
        "t10k-labels-idx1-ubyte.gz": idx(classes(TEST_CLOTHES)[::-1]),
    }


def answer(request, content, status=200, length=None):
    request.send_response(status)
    request.send_header("Content-Length", str(length or len(content)))
    request.end_headers()
    request.wfile.write(content)


def hang_up(request, content):
    """Half of what was announced, then nothing."""
    answer(request, content[: len(content) // 2], length=len(content))


def one_bit_flipped(request, content):
    middle = len(content) // 2
    answer(request, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def login_page(request, content):
    answer(request, b"<html>Please log in to the campus network.</html>")


def not_found(request, content):
    answer(request, b"", status=404)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A web server on loopback that sends its `files`, each in its own way of misbehaving."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("SOFTMAX_LIB_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "_RETRIES", 0)  # it waits a second before each

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rsplit("/", 1)[-1]
            self.server.asked.append(name)
            self.server.ways.get(name, answer)(self, self.server.files[name])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.files, served.ways, served.asked = {}, {}, []
        served.url = f"http://127.0.0.1:{served.server_port}/files"
        threading.Thread(target=served.serve_forever, args=(0.01,)).start()
        yield served
        served.shutdown()


def publish(server, files):
    """Serve these files; their addresses, sizes and checksums as a data set's table has them."""
    server.files |= files
    return tuple(
        RemoteFile(f"{server.url}/{name}", len(content), hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    )


CIFAR10 = "cifar-10-binary.tar.gz"
LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture
def cifar10(server, monkeypatch):
    """The server, with a small CIFAR-10 on it that the library takes for the real one."""
    files = {CIFAR10: cifar10_archive()}
    monkeypatch.setattr(datasets, "_CIFAR10", publish(server, files))
    return server


@pytest.fixture
def fashion_mnist(server, monkeypatch):
    monkeypatch.setattr(datasets, "_FASHION_MNIST", publish(server, fashion_mnist_files()))
    return server


def kept(tmp_path):
    """What the cache folder holds: name -> bytes."""
    files = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture(params=["cifar10", "fashion_mnist"])
def data_set(request):
    """Its name, what loads it, and the server that has it."""
    name = request.param
    return name, getattr(datasets, f"load_{name}"), request.getfixturevalue(name)


@pytest.mark.parametrize(
    ("load", "N", "N_test", "held_out", "shape", "class_names"),
    [
        (load_cifar10, PHOTOS, TEST_PHOTOS, 1000, (32, 32, 3), {0: "airplane", 1: "automobile"}),
        (load_fashion_mnist, CLOTHES, TEST_CLOTHES, 5000, (28, 28),
         {0: "T-shirt/top", 9: "Ankle boot"}),
    ],
)  # fmt: skip
def test_a_data_set_is_read_right(
    cifar10, fashion_mnist, load, N, N_test, held_out, shape, class_names
):
    data = load(download=True)
    images, y = pictures(N, *shape), classes(N)
    for X, labels, expected, expected_labels in (
        (data.X_train, data.y_train, images[:-held_out], y[:-held_out]),
        (data.X_val, data.y_val, images[-held_out:], y[-held_out:]),
        (data.X_test, data.y_test, pictures(N_test, *shape)[::-1], classes(N_test)[::-1]),
    ):
        pixels = X[:, : math.prod(data.image_shape)].reshape(-1, *data.image_shape)
        np.testing.assert_array_equal(np.round(pixels * 255), expected)
        np.testing.assert_array_equal(labels, expected_labels)
        assert labels.dtype == np.int64
        assert (pixels.min(), pixels.max()) == (0, 1)
    assert len(set(data.class_names)) == 10
    assert {k: data.class_names[k] for k in class_names} == class_names
    assert re.fullmatch(rf"Images\(.*X_test: \({N_test}, \d+\).*\)", repr(data))
    assert len(repr(data)) < 250


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bias_and_dtype_are_what_was_asked_for(data_set, dtype):
    _, load, _ = data_set
    with_bias, without = (load(download=True, bias=bias, dtype=dtype) for bias in (True, False))
    for part in ("X_train", "X_val", "X_test"):
        X = getattr(with_bias, part)
        assert X.dtype == getattr(without, part).dtype == dtype
        np.testing.assert_array_equal(X[:, -1], 1)
        np.testing.assert_array_equal(X[:, :-1], getattr(without, part))
    # Each pixel is the nearest number of its dtype to k/255, not float32's in float64's clothes.
    assert np.isin(without.X_test, np.arange(256, dtype=dtype) / dtype(255)).all()


def test_nothing_is_downloaded_unasked(data_set, tmp_path):
    name, load, server = data_set
    with pytest.raises(FileNotFoundError, match="nothing is downloaded unasked") as caught:
        load()
    assert server.asked == []
    assert not (tmp_path / "cache").exists()
    message, size = str(caught.value), sum(map(len, server.files.values()))
    assert all(file in message for file in server.files)
    assert str(tmp_path / "cache" / name) in message
    assert f"load_{name}(download=True) fetches {size / 1e6:.3g} MB from 127.0.0.1" in message
    assert "SOFTMAX_LIB_DATA" in message


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (load_cifar10, r"fetches 170 MB from www\.cs\.toronto\.edu and"),
        (load_fashion_mnist, r"fetches 30\.9 MB from raw\.githubusercontent\.com"),
    ],
)
def test_the_official_files_are_named_with_their_host_and_size(tmp_path, monkeypatch, load, says):
    monkeypatch.setenv("SOFTMAX_LIB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=says):
        load()


def test_a_second_call_finds_the_files_asks_no_server_and_gives_fresh_arrays(data_set, tmp_path):
    _, load, server = data_set
    first = load(download=True)
    asked = list(server.asked)
    assert sorted(asked) == sorted(server.files)
    assert kept(tmp_path) == server.files  # under their own names, and nothing beside them
    expected = first.X_test.copy()
    first.X_test[:] = -1
    for again in (load(), load(download=True)):
        np.testing.assert_array_equal(again.X_test, expected)
    assert server.asked == asked


def test_only_the_files_that_are_missing_are_fetched(fashion_mnist, tmp_path):
    folder = tmp_path / "cache" / "fashion_mnist"
    folder.mkdir(parents=True)
    for name, content in list(fashion_mnist.files.items())[:3]:
        (folder / name).write_bytes(content)
    with pytest.raises(FileNotFoundError, match=r"^t10k-labels-idx1-ubyte\.gz is not in"):
        load_fashion_mnist()
    load_fashion_mnist(download=True)
    assert fashion_mnist.asked == [LABELS]


@pytest.mark.parametrize(("named", "folder"), [(None, "system/softmax_lib"), ("~/data", "data")])
def test_the_folder_is_the_one_named_or_else_the_systems(
    cifar10, tmp_path, monkeypatch, named, folder
):
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "system" / project)
    if named:
        monkeypatch.setenv("SOFTMAX_LIB_DATA", str(Path(named)))
    else:
        monkeypatch.delenv("SOFTMAX_LIB_DATA")
    load_cifar10(download=True)
    assert (tmp_path / folder / "cifar10" / CIFAR10).is_file()


@pytest.mark.parametrize(
    ("way", "error", "says"),
    [
        (hang_up, ConnectionError, "Error). Is the network up?"),
        (not_found, ConnectionError, "(404). Is the network up?"),
        (one_bit_flipped, ValueError, "sent something other than"),
        (login_page, ValueError, "Does this network ask you to log in first?"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_not_the_file_is_refused_and_not_kept(
    request, data_set, tmp_path, way, error, says
):
    request.addfinalizer(gc.collect)
    name, load, server = data_set
    file = next(iter(server.files))
    server.ways[file] = way
    with pytest.raises(error, match=re.escape(says)) as caught:
        load(download=True)
    assert kept(tmp_path) == {}
    message, place = str(caught.value), tmp_path / "cache" / name / file
    assert f"127.0.0.1:{server.server_port} " in message
    assert f"Try load_{name}(download=True) again later, or get {server.url}/{file} in" in message
    assert message.endswith(f"and put it at {place}.")
    server.ways.clear()
    load(download=True)
    assert kept(tmp_path) == server.files


def test_a_download_that_broke_is_tried_again(request, cifar10, tmp_path, monkeypatch):
    request.addfinalizer(gc.collect)
    monkeypatch.setattr(downloads, "_RETRIES", 1)

    def breaks_once(request, content):
        cifar10.ways.clear()
        hang_up(request, content)

    cifar10.ways[CIFAR10] = breaks_once
    load_cifar10(download=True)
    assert cifar10.asked == [CIFAR10, CIFAR10]
    assert kept(tmp_path) == cifar10.files


def test_a_folder_that_cannot_be_written_is_named(cifar10, tmp_path, monkeypatch):
    """Here a file stands where the cache folder would be made."""
    (tmp_path / "cache").write_bytes(b"")
    says = "cifar-10-binary.tar.gz cannot be kept in .*SOFTMAX_LIB_DATA names another folder"
    with pytest.raises(OSError, match=says) as caught:
        load_cifar10(download=True)
    assert str(tmp_path / "cache" / "cifar10") in str(caught.value)
    assert cifar10.asked == []


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:-1] + b"x"])
def test_a_kept_file_that_changed_is_refused_unread_and_fetched_again_when_asked(
    cifar10, tmp_path, monkeypatch, damage
):
    load_cifar10(download=True)
    path = tmp_path / "cache" / "cifar10" / CIFAR10
    wrong = damage(path.read_bytes())
    path.write_bytes(wrong)
    opened = tarfile.open
    monkeypatch.setattr(tarfile, "open", lambda *_: pytest.fail("read an unverified file"))
    with pytest.raises(ValueError, match="is damaged or was replaced") as caught:
        load_cifar10()
    monkeypatch.setattr(tarfile, "open", opened)
    message = str(caught.value)
    assert f"its {len(wrong)} bytes have the SHA-256 {hashlib.sha256(wrong).hexdigest()}" in message
    assert f"expected {datasets._CIFAR10[0].sha256}" in message
    assert "load_cifar10(download=True) fetches it again" in message
    load_cifar10(download=True)
    assert kept(tmp_path) == cifar10.files


def special(name, kind, to=""):
    """A member of an archive that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info, b""


def hostile_members(escape):
    """What an archive can hold to get out of its folder; `escape` must not appear."""
    return [
        (str(escape), b"absolute"),
        (f"../{escape.name}", b"up"),
        (f"{FOLDER}/../../../{escape.name}", b"up"),
        special(f"{FOLDER}/link", tarfile.SYMTYPE, str(escape.parent)),
        (f"{FOLDER}/link/{escape.name}", b"through the link"),
        special(f"{FOLDER}/device", tarfile.FIFOTYPE),
        (f"{FOLDER}/../data_batch_1.bin", b"not the first batch"),
        ("data_batch_1.bin", b"not the first batch either"),
        (f"{FOLDER}/batches.meta", b"cbuiltins\nexit\n(I3\ntR."),
    ]


def test_a_path_inside_the_archive_leads_nowhere(cifar10, tmp_path, monkeypatch):
    content = archive(hostile_members(tmp_path / "escaped") + cifar10_members())
    monkeypatch.setattr(datasets, "_CIFAR10", publish(cifar10, {CIFAR10: content}))
    workplace = tmp_path / "here" / "and" / "there"
    workplace.mkdir(parents=True)
    monkeypatch.chdir(workplace)
    before = set(tmp_path.rglob("*"))
    X = load_cifar10(download=True, bias=False).X_test
    images = pictures(TEST_PHOTOS, 32, 32, 3)[::-1]
    np.testing.assert_array_equal(np.round(X * 255), images.reshape(TEST_PHOTOS, -1))
    folder = tmp_path / "cache" / "cifar10"
    assert set(tmp_path.rglob("*")) - before == {folder.parent, folder, folder / CIFAR10}


@pytest.mark.parametrize(
    ("name", "instead", "says"),
    [
        ("data_batch_4.bin", None, r"does not hold [\w/-]+data_batch_4\.bin: it is"),
        ("data_batch_3.bin", tarfile.SYMTYPE, r"data_batch_3\.bin in .* is no regular file but"),
        ("data_batch_3.bin", tarfile.LNKTYPE, r"data_batch_3\.bin in .* is no regular file but"),
        ("data_batch_3.bin", tarfile.DIRTYPE, r"data_batch_3\.bin in .* is no regular file but"),
        ("test_batch.bin", b"\x01" * 3072, "has 3072 bytes, needed a multiple of 3073"),
        ("test_batch.bin", b"", "has 0 bytes, needed a multiple of 3073"),
        ("test_batch.bin", b"\x0a" * 3073, r"y\[0\] is 10, needed 0 <= y_i < C = 10"),
    ],
    ids=["missing", "symbolic link", "link", "folder", "short", "empty", "label 10"],
)
def test_an_archive_that_is_not_the_data_set_is_refused(cifar10, monkeypatch, name, instead, says):
    name = f"{FOLDER}/{name}"
    members = [member for member in cifar10_members() if member[0] != name]
    if instead is not None:
        link = special(name, instead, f"{FOLDER}/data_batch_2.bin")
        members.append(link if len(instead) == 1 else (name, instead))
    monkeypatch.setattr(datasets, "_CIFAR10", publish(cifar10, {CIFAR10: archive(members)}))
    with pytest.raises(ValueError, match=says):
        load_cifar10(download=True)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("train-images-idx3-ubyte.gz", idx(classes(9)),
         r"begins with the bytes 00 00 08 01, needed 00 00 08 03: unsigned bytes in 3 axes\. "
         r"Were the files for images and labels exchanged\?"),
        (LABELS, idx(classes(6), magic=b"\x00\x00\x0d\x01"),
         "begins with the bytes 00 00 0d 01, needed 00 00 08 01"),
        (LABELS, gzip.compress(b""), "begins with the bytes , needed"),
        (LABELS, gzip.compress(b"\x00\x00\x08\x01\x00"), "it is not a whole idx file"),
        ("t10k-images-idx3-ubyte.gz", gzip.compress(gzip.decompress(idx(pictures(6, 28, 28)))[:-1]),
         r"shape is \(6, 28, 28\).* takes 4720 bytes with its beginning, but it holds 4719:"),
        (LABELS, idx(classes(5)), "hold 6 images but 5 labels: do they belong together"),
        (LABELS, idx(classes(6) + np.uint8(2)), r"is 10, needed 0 <= y_i < C = 10"),
    ],
    ids=["exchanged", "floats", "empty", "head only", "short", "unequal", "label 10"],
)  # fmt: skip
def test_an_idx_file_that_is_none_is_refused(fashion_mnist, monkeypatch, name, content, says):
    files = publish(fashion_mnist, fashion_mnist.files | {name: content})
    monkeypatch.setattr(datasets, "_FASHION_MNIST", files)
    with pytest.raises(ValueError, match=says):
        load_fashion_mnist(download=True)


@pytest.mark.parametrize("missing", ["pooch", "tqdm"])
def test_without_pooch_it_says_what_to_install(cifar10, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ModuleNotFoundError, match=f"need {missing}, which is not installed") as no:
        load_cifar10(download=True)
    assert 'python -m pip install "pooch>=1.8" "tqdm>=4.66"' in str(no.value)
    assert no.value.name == missing


def test_kept_files_are_read_without_pooch(cifar10, monkeypatch):
    """Catches a need for pooch where nothing is fetched: a classroom's folder, a slim machine."""
    load_cifar10(download=True)
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert len(load_cifar10().X_test) == TEST_PHOTOS


def test_a_progress_bar_counts_bytes(cifar10):
    file = datasets._CIFAR10[0]
    program = (
        "from softmax_lib.downloads import RemoteFile, cached;"
        f"print(cached('cifar10', [RemoteFile(*{tuple(file)})], download=True))"
    )
    environment = {name: v for name, v in os.environ.items() if name != "TQDM_DISABLE"}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert CIFAR10 in ran.stdout
    assert re.search(rf"100%.*{file.size / 1e3:.3g}k/{file.size / 1e3:.3g}k", ran.stderr)


def test_the_readme_of_the_data_names_every_file_with_its_checksum():
    lines = (ROOT / "data" / "README.md").read_text(encoding="utf-8").splitlines()
    for file in datasets._CIFAR10 + datasets._FASHION_MNIST:
        (line,) = (line for line in lines if f"`{file.name}`" in line)
        assert f"`{file.sha256}`" in line
        assert f"| {file.size} |" in line
        assert any(file.url.removesuffix(file.name) in line for line in lines)
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.url.startswith("https://")
