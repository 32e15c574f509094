"""Files from the network, on request: checked by SHA-256, kept, resumed when a download broke.

pooch (and with it requests and tqdm) is imported when a file is fetched, never before; pathlib too,
which alone would double what `import softmax_lib` costs, waits until it is needed.
"""

import os
from functools import partial
from typing import NamedTuple

# Seconds of silence after which a server counts as gone.
_PATIENCE = 30


class RemoteFile(NamedTuple):
    """A file as its authors publish it."""

    url: str
    size: int
    """Bytes."""
    sha256: str

    @property
    def name(self):
        """The last part of its address, and its name in the cache folder."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def host(self):
        """The machine that serves it."""
        return self.url.split("/")[2]


def cached(name, files, download):
    """Paths of a data set's files, each with the right SHA-256.

    Parameters
    ----------
    name : str
        Of the data set, as in ``load_<name>``: its folder within the cache folder.
    files : sequence of RemoteFile
    download : bool
        Whether a file that is missing or damaged may be fetched.

    Returns
    -------
    list of Path

    Raises
    ------
    FileNotFoundError
        A file is missing, and `download` is False.
    ValueError
        A kept file is damaged, and `download` is False; or what a server sent is not the file.
    ConnectionError
        No answer, a refusal, or a connection that broke: what came of the file is kept.
    ModuleNotFoundError
        pooch or tqdm is not installed.
    """
    folder = _cache_folder() / name
    paths = [folder / file.name for file in files]
    came = [_sha256(path) if path.is_file() else None for path in paths]
    if not download:
        absent = [file for file, sha256 in zip(files, came, strict=True) if sha256 is None]
        if absent:
            raise FileNotFoundError(_how_to_ask(name, absent, folder))
    for file, path, sha256 in zip(files, paths, came, strict=True):
        if sha256 == file.sha256:
            continue
        if not download:
            raise ValueError(
                f"{path} is damaged or was replaced: its {path.stat().st_size} bytes have the "
                f"SHA-256 {sha256}, expected {file.sha256}. "
                f"load_{name}(download=True) fetches it again."
            )
        _fetch(file, path, again=f"load_{name}(download=True)")
    return paths


def _how_to_ask(name, absent, folder):
    size = sum(file.size for file in absent)
    hosts = " and ".join(sorted({file.host for file in absent}))
    are = "is" if len(absent) == 1 else "are"
    return (
        f"{', '.join(file.name for file in absent)} {are} not in {folder}, and nothing is "
        f"downloaded unasked. load_{name}(download=True) fetches {_megabytes(size)} from {hosts} "
        f"and keeps them there. The environment variable SOFTMAX_LIB_DATA names another folder."
    )


def _cache_folder():
    """SOFTMAX_LIB_DATA, or else what the system has for such files, as pooch knows it."""
    from pathlib import Path

    chosen = os.environ.get("SOFTMAX_LIB_DATA")
    return Path(chosen).expanduser() if chosen else Path(_pooch().os_cache("softmax_lib"))


def _pooch():
    try:
        import pooch
        import tqdm  # noqa: F401  pooch draws its progress bar with it
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"Downloaded data need {missing.name}, which is not installed: "
            f'python -m pip install "pooch>=1.8" "tqdm>=4.66"',
            name=missing.name,
        ) from missing
    return pooch


def _fetch(file, path, again):
    """Put the file at `path`: whole and with the right SHA-256, or not at all.

    What comes is written to a file beside it, ending in .part, which outlives a broken connection,
    an interrupt and a killed kernel. The next call asks the server for the rest only. Two notebooks
    may fetch it at once: each puts every byte at its own place, so they write the same file.
    """
    pooch = _pooch()
    import hashlib

    import requests  # pooch downloads with it

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    other_way = f"or get {file.url} in any other way, and put it at {path}."
    with open(part, "r+b", opener=_made_if_missing) as out:
        if out.seek(0, os.SEEK_END) >= file.size:  # and yet it was never taken for the file
            out.truncate(file.size)
            out.seek(0)
        rest = {"Range": f"bytes={out.tell()}-"} if out.tell() else {}
        downloader = pooch.HTTPDownloader(
            progressbar=True,
            timeout=_PATIENCE,
            # identity: what is packed already must come as it is
            headers={"Accept-Encoding": "identity"} | rest,
            hooks={"response": partial(_examine, file=file, out=out, other_way=other_way)},
        )
        reason = "the server hung up"
        try:
            downloader(file.url, out, None)
        except requests.RequestException as broken:
            reason = type(broken).__name__
        have = out.seek(0, os.SEEK_END)
        if have < file.size:
            raise ConnectionError(
                f"{file.name} did not come whole from {file.host} ({reason}): "
                f"{have} of {file.size} bytes are here and are kept. "
                f"Is the network up? {again} goes on from there; {other_way}"
            )
        out.seek(0)
        page = out.read(100).lstrip().startswith(b"<")
        out.seek(0)
        sha256 = hashlib.file_digest(out, "sha256").hexdigest()
    if sha256 != file.sha256:
        part.unlink(missing_ok=True)
        raise ValueError(
            f"{file.host} sent something other than {file.name}: {have} bytes with the SHA-256 "
            f"{sha256}, expected {file.size} bytes with {file.sha256}. They were deleted."
            f"{_LOGIN if page else ''} {again} starts anew; {other_way}"
        )
    if path.is_file() and _sha256(path) == file.sha256:  # another notebook was faster
        part.unlink(missing_ok=True)
    else:
        os.replace(part, path)


def _made_if_missing(path, flags):
    return os.open(path, flags | os.O_CREAT, 0o666)


_LOGIN = " It was a web page: does this network ask you to log in first?"


def _examine(response, *_, file, out, other_way, **__):
    """Look at a server's answer before its content is written behind what `out` holds.

    A server that sends the rest answers 206; one that can only send the whole file answers 200.
    """
    if response.is_redirect:
        return
    status, headers = response.status_code, response.headers
    have = out.tell() if status == 206 else 0
    length = headers.get("Content-Length", file.size - have)
    problem = None
    if status not in (200, 206):
        problem = ConnectionError(
            f"{file.host} answered {status} {response.reason} when asked for {file.name}. "
            f"Try again later, {other_way}"
        )
    elif str(length) != str(file.size - have) or (
        status == 206 and not headers.get("Content-Range", "").startswith(f"bytes {have}-")
    ):
        kind = headers.get("Content-Type", "unknown type")
        problem = ValueError(
            f"{file.host} offers {headers.get('Content-Range', f'{length} bytes')} of {kind}, "
            f"needed {f'bytes {have}-{file.size - 1}' if have else f'{file.size} bytes'}: this is "
            f"not {file.name}, and nothing was downloaded.{_LOGIN if 'html' in kind else ''} "
            f"Try again later, {other_way}"
        )
    if problem and status in (206, 416):  # no such rest is there: the next call asks for all
        out.truncate(0)
    if problem:
        response.close()
        raise problem
    out.seek(have)


def _sha256(path):
    import hashlib

    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _megabytes(size):
    return f"{size / 1e6:.3g} MB"
