"""CIFAR-10 and Fashion-MNIST on request, from small files in their formats, served on loopback."""

import gc
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
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
    folder = "cifar-10-batches-bin"
    extras = [(f"{folder}/batches.meta.txt", b"airplane\n"), (f"{folder}/readme.html", b"<html>")]
    return (
        extras
        + [(f"{folder}/{name}", data) for name, data in zip(BATCHES, content, strict=True)][::-1]
    )


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


class Server:
    """A web server on loopback that sends `files`, each in its own way of misbehaving."""

    def __init__(self):
        self.files = {}
        self.ways = {}
        self.asked = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit("/", 1)[-1]
                server.asked.append(name)
                way = server.ways.get(name, answer)
                way(self, server.files[name])

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, name):
        return f"http://127.0.0.1:{self.http.server_port}/files/{name}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def answer(request, content, status=200, length=None):
    request.send_response(status)
    request.send_header("Content-Length", str(length or len(content)))
    request.end_headers()
    request.wfile.write(content)


def hang_up(request, content):
    """Half of what was announced, then nothing."""
    answer(request, content[: len(content) // 2], length=len(content))


def truncated(request, content):
    """A file that is shorter on the server too."""
    answer(request, content[:-10])


def one_bit_flipped(request, content):
    middle = len(content) // 2
    answer(request, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def login_page(request, content):
    answer(request, b"<html>Please log in to the campus network.</html>")


def not_found(request, content):
    answer(request, b"", status=404)


@pytest.fixture
def server(tmp_path, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("SOFTMAX_LIB_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "_RETRIES", 0)  # it waits a second before each
    served = Server()
    yield served
    served.close()


def publish(server, files):
    """Serve these files; their addresses, sizes and checksums as a data set's table has them."""
    server.files |= files
    return tuple(
        RemoteFile(server.url(name), len(content), hashlib.sha256(content).hexdigest())
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


def assert_images(X, y, images, labels):
    D = images[0].size
    np.testing.assert_array_equal(np.round(X[:, :D] * 255), images.reshape(len(images), D))
    np.testing.assert_array_equal(y, labels)
    assert y.dtype == np.int64
    assert X.min() == 0
    assert X.max() == 1


def test_cifar10_is_read_right(cifar10):
    photos = load_cifar10(download=True)
    images, y = pictures(PHOTOS, 32, 32, 3), classes(PHOTOS)
    assert_images(photos.X_train, photos.y_train, images[:-1000], y[:-1000])
    assert_images(photos.X_val, photos.y_val, images[-1000:], y[-1000:])
    test = pictures(TEST_PHOTOS, 32, 32, 3)[::-1]
    assert_images(photos.X_test, photos.y_test, test, classes(TEST_PHOTOS)[::-1])
    assert photos.image_shape == (32, 32, 3)
    image = photos.X_train[3, :3072].reshape(photos.image_shape)
    np.testing.assert_array_equal(np.round(image * 255), images[3])
    assert photos.class_names[:2] == ("airplane", "automobile")
    assert len(set(photos.class_names)) == 10


def test_fashion_mnist_is_read_right(fashion_mnist):
    clothes = load_fashion_mnist(download=True)
    images, y = pictures(CLOTHES, 28, 28), classes(CLOTHES)
    assert_images(clothes.X_train, clothes.y_train, images[:-5000], y[:-5000])
    assert_images(clothes.X_val, clothes.y_val, images[-5000:], y[-5000:])
    test = pictures(TEST_CLOTHES, 28, 28)[::-1]
    assert_images(clothes.X_test, clothes.y_test, test, classes(TEST_CLOTHES)[::-1])
    assert clothes.image_shape == (28, 28)
    assert clothes.class_names[0] == "T-shirt/top"
    assert clothes.class_names[9] == "Ankle boot"
    assert len(set(clothes.class_names)) == 10


LOADERS = [("cifar10", load_cifar10, 3072), ("fashion_mnist", load_fashion_mnist, 784)]


@pytest.mark.parametrize(("name", "load", "D"), LOADERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bias_and_dtype_are_what_was_asked_for(request, name, load, D, dtype):
    request.getfixturevalue(name)
    with_bias, without = (load(download=True, bias=bias, dtype=dtype) for bias in (True, False))
    for part in ("X_train", "X_val", "X_test"):
        X = getattr(with_bias, part)
        assert X.dtype == getattr(without, part).dtype == dtype
        assert X.shape[1] == D + 1
        np.testing.assert_array_equal(X[:, D], 1)
        np.testing.assert_array_equal(X[:, :D], getattr(without, part))
    # Each pixel is the nearest number of its dtype to k/255, not float32's in float64's clothes.
    assert np.isin(without.X_test, np.arange(256, dtype=dtype) / dtype(255)).all()


@pytest.mark.parametrize(("name", "load", "_"), LOADERS)
def test_every_call_gives_fresh_arrays_and_a_short_repr(request, name, load, _):
    request.getfixturevalue(name)
    data = load(download=True)
    data.X_test[:] = -1
    assert load().X_test.min() == 0
    assert repr(load()) == repr(data)
    assert f"X_test: {data.X_test.shape}" in repr(data)
    assert repr(data).startswith("Images(")
    assert len(repr(data)) < 250


@pytest.mark.parametrize(("name", "load", "_"), LOADERS)
@pytest.mark.parametrize("ask", [{}, {"download": False}])
def test_nothing_is_downloaded_unasked(request, tmp_path, name, load, _, ask):
    server = request.getfixturevalue(name)
    with pytest.raises(FileNotFoundError, match="nothing is downloaded unasked") as caught:
        load(**ask)
    assert server.asked == []
    assert not (tmp_path / "cache").exists()
    message, size = str(caught.value), sum(map(len, server.files.values()))
    assert all(file in message for file in server.files)
    assert str(tmp_path / "cache" / name) in message
    assert f"load_{name}(download=True) fetches {size / 1e6:.3g} MB from 127.0.0.1" in message
    assert "SOFTMAX_LIB_DATA" in message


def test_the_official_files_are_named_with_their_host_and_size(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTMAX_LIB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"fetches 170 MB from www\.cs\.toronto\.edu and"):
        load_cifar10()
    with pytest.raises(
        FileNotFoundError, match=r"fetches 30\.9 MB from raw\.githubusercontent\.com"
    ):
        load_fashion_mnist()


@pytest.mark.parametrize(("name", "load", "_"), LOADERS)
def test_a_second_call_finds_the_files_and_asks_no_server(request, tmp_path, name, load, _):
    server = request.getfixturevalue(name)
    first = load(download=True)
    asked = list(server.asked)
    assert sorted(asked) == sorted(server.files)
    assert kept(tmp_path) == server.files  # under their own names, and nothing beside them
    for again in (load(), load(download=True)):
        np.testing.assert_array_equal(again.X_train, first.X_train)
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


def test_without_a_folder_named_the_system_says_where(cifar10, tmp_path, monkeypatch):
    monkeypatch.delenv("SOFTMAX_LIB_DATA")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "system" / project)
    load_cifar10(download=True)
    assert (tmp_path / "system" / "softmax_lib" / "cifar10" / CIFAR10).is_file()


def test_the_folder_named_may_begin_with_home(cifar10, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SOFTMAX_LIB_DATA", str(Path("~", "data")))
    load_cifar10(download=True)
    assert (tmp_path / "data" / "cifar10" / CIFAR10).is_file()


@pytest.mark.parametrize(
    ("way", "error", "says"),
    [
        (hang_up, ConnectionError, "Error). Is the network up?"),
        (not_found, ConnectionError, "(404). Is the network up?"),
        (truncated, ValueError, "sent something other than"),
        (one_bit_flipped, ValueError, "sent something other than"),
        (login_page, ValueError, "Does this network ask you to log in first?"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize(("name", "load", "_"), LOADERS)
def test_what_is_not_the_file_is_refused_and_not_kept(
    request, tmp_path, name, load, _, way, error, says
):
    request.addfinalizer(gc.collect)
    server = request.getfixturevalue(name)
    file = next(iter(server.files))
    server.ways[file] = way
    with pytest.raises(error, match=re.escape(says)) as caught:
        load(download=True)
    assert kept(tmp_path) == {}
    message, place = str(caught.value), tmp_path / "cache" / name / file
    assert f"127.0.0.1:{server.http.server_port} " in message
    assert f"Try load_{name}(download=True) again later, or get {server.url(file)} in" in message
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


def test_two_downloads_at_once_write_one_file(cifar10, tmp_path):
    """Catches two notebooks that write to one place: both answers wait for the second call."""
    both_there = threading.Barrier(2, timeout=30)

    def in_two_halves(request, content):
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[:1000])
        both_there.wait()
        request.wfile.write(content[1000:])

    cifar10.ways[CIFAR10] = in_two_halves
    with ThreadPoolExecutor() as pool:
        for one in [pool.submit(load_cifar10, download=True) for _ in range(2)]:
            one.result()
    assert kept(tmp_path) == cifar10.files


def test_a_folder_that_cannot_be_written_is_named(cifar10, tmp_path, monkeypatch):
    """Here the system's own: a file stands where the cache folder would be made."""
    monkeypatch.delenv("SOFTMAX_LIB_DATA")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "file" / project)
    says = "cifar-10-binary.tar.gz cannot be kept in .*SOFTMAX_LIB_DATA names another folder"
    with pytest.raises(OSError, match=says) as caught:
        load_cifar10(download=True)
    assert str(tmp_path / "file" / "softmax_lib" / "cifar10") in str(caught.value)
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


def folder_tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def hostile_members(escape):
    """What an archive can hold to get out of its folder; `escape` must not appear."""
    link = tarfile.TarInfo("cifar-10-batches-bin/link")
    link.type, link.linkname = tarfile.SYMTYPE, str(escape.parent)
    device = tarfile.TarInfo("cifar-10-batches-bin/device")
    device.type = tarfile.FIFOTYPE
    return [
        (str(escape), b"absolute"),
        (f"../{escape.name}", b"up"),
        (f"cifar-10-batches-bin/../../../{escape.name}", b"up"),
        (link, b""),
        (f"cifar-10-batches-bin/link/{escape.name}", b"through the link"),
        (device, b""),
        ("cifar-10-batches-bin/../data_batch_1.bin", b"not the first batch"),
        ("data_batch_1.bin", b"not the first batch either"),
        ("cifar-10-batches-bin/batches.meta", b"cbuiltins\nexit\n(I3\ntR."),
    ]


def test_a_path_inside_the_archive_leads_nowhere(cifar10, tmp_path, monkeypatch):
    escape = tmp_path / "escaped"
    content = archive(hostile_members(escape) + cifar10_members())
    monkeypatch.setattr(datasets, "_CIFAR10", publish(cifar10, {CIFAR10: content}))
    workplace = tmp_path / "here" / "and" / "there"
    workplace.mkdir(parents=True)
    monkeypatch.chdir(workplace)
    before = folder_tree(tmp_path)
    photos = load_cifar10(download=True)
    assert_images(photos.X_test, photos.y_test, pictures(7, 32, 32, 3)[::-1], classes(7)[::-1])
    new = set(folder_tree(tmp_path)) - set(before)
    assert new == {str(Path("cache", *tail)) for tail in ((), ("cifar10",), ("cifar10", CIFAR10))}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_a_batch_that_is_no_regular_file_is_refused(cifar10, monkeypatch, kind):
    link = tarfile.TarInfo("cifar-10-batches-bin/data_batch_3.bin")
    link.type, link.linkname = kind, "cifar-10-batches-bin/data_batch_2.bin"
    members = [member for member in cifar10_members() if member[0] != link.name]
    content = archive([*members, (link, b"")])
    monkeypatch.setattr(datasets, "_CIFAR10", publish(cifar10, {CIFAR10: content}))
    with pytest.raises(ValueError, match=r"data_batch_3\.bin in .* is no regular file but a link"):
        load_cifar10(download=True)


def test_an_archive_without_a_batch_is_refused(cifar10, monkeypatch):
    content = archive([member for member in cifar10_members() if "batch_4" not in member[0]])
    monkeypatch.setattr(datasets, "_CIFAR10", publish(cifar10, {CIFAR10: content}))
    with pytest.raises(ValueError, match=r"does not hold [\w/-]+data_batch_4\.bin: it is"):
        load_cifar10(download=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x01" * 3072, "has 3072 bytes, needed a multiple of 3073"),
        (b"", "has 0 bytes, needed a multiple of 3073"),
        (b"\x0a" * 3073, r"y\[7\] is 10, needed 0 <= y_i < C = 10"),
    ],
)
def test_a_batch_that_holds_no_records_is_refused(cifar10, monkeypatch, content, says):
    test = "cifar-10-batches-bin/test_batch.bin"
    members = [(name, old + content if b"\x0a" in content else content) if name == test
               else (name, old) for name, old in cifar10_members()]  # fmt: skip
    files = {CIFAR10: archive(members)}
    monkeypatch.setattr(datasets, "_CIFAR10", publish(cifar10, files))
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


@pytest.mark.parametrize("disabled", ["", "1"])
def test_a_progress_bar_counts_bytes_unless_bars_are_off(cifar10, disabled):
    file = datasets._CIFAR10[0]
    program = (
        "from softmax_lib.downloads import RemoteFile, cached;"
        f"print(cached('cifar10', [RemoteFile(*{tuple(file)})], download=True))"
    )
    environment = os.environ | {"TQDM_DISABLE": disabled}
    if not disabled:
        del environment["TQDM_DISABLE"]
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert CIFAR10 in ran.stdout
    bar = rf"100%.*{file.size / 1e3:.3g}k/{file.size / 1e3:.3g}k"
    assert bool(re.search(bar, ran.stderr)) == (not disabled)


def test_the_readme_of_the_data_names_every_file_with_its_checksum():
    lines = (ROOT / "data" / "README.md").read_text(encoding="utf-8").splitlines()
    for file in datasets._CIFAR10 + datasets._FASHION_MNIST:
        (line,) = (line for line in lines if f"`{file.name}`" in line)
        assert f"`{file.sha256}`" in line
        assert f"| {file.size} |" in line
        assert any(file.url.removesuffix(file.name) in line for line in lines)
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.url.startswith("https://")
