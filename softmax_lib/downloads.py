"""Files from the network, on request: fetched with pooch, checked by SHA-256, kept.

pooch (and with it requests and tqdm) is imported when a file is fetched, never before; pathlib too,
which alone would double what `import softmax_lib` costs, waits until it is needed.
"""

import os
import sys
from typing import NamedTuple

# How often pooch tries again, after a second, then after two, when a download broke.
_RETRIES = 2


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
        Whether files that are missing or damaged may be fetched.

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
        No answer, a refusal, or a connection that broke, three times in a row.
    OSError
        The cache folder cannot be written.
    ModuleNotFoundError
        pooch or tqdm is not installed.
    """
    folder = _cache_folder() / name
    paths = [folder / file.name for file in files]
    came = [_sha256(path) if path.is_file() else None for path in paths]
    if download:
        wanted = [file for file, sha256 in zip(files, came, strict=True) if sha256 != file.sha256]
        _fetch(name, wanted, folder)
        return paths
    if absent := [file for file, sha256 in zip(files, came, strict=True) if sha256 is None]:
        raise FileNotFoundError(_how_to_ask(name, absent, folder))
    for file, path, sha256 in zip(files, paths, came, strict=True):
        if sha256 != file.sha256:
            raise ValueError(
                f"{path} is damaged or was replaced: its {path.stat().st_size} bytes have the "
                f"SHA-256 {sha256}, expected {file.sha256}. "
                f"load_{name}(download=True) fetches it again."
            )
    return paths


def _how_to_ask(name, absent, folder):
    size = sum(file.size for file in absent)
    hosts = " and ".join(sorted({file.host for file in absent}))
    are = "is" if len(absent) == 1 else "are"
    return (
        f"{', '.join(file.name for file in absent)} {are} not in {folder}, and nothing is "
        f"downloaded unasked. load_{name}(download=True) fetches {size / 1e6:.3g} MB from {hosts} "
        f"and keeps them there. The environment variable SOFTMAX_LIB_DATA names another folder."
    )


def _cache_folder():
    """SOFTMAX_LIB_DATA, or else what the system has for such files, as pooch knows it."""
    from pathlib import Path

    chosen = os.environ.get("SOFTMAX_LIB_DATA")
    return Path(chosen).expanduser() if chosen else Path(_pooch().os_cache("softmax_lib"))


def _pooch():
    if sys.platform == "emscripten":
        raise OSError(
            "Python in a browser cannot fetch data sets from other machines: for those, run the "
            "notebooks on a machine of your own, as README says. load_digits() works here too."
        )
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


def _fetch(name, files, folder):
    """Put the files into `folder`: each whole and with the right SHA-256, or not at all.

    pooch writes what comes to a file of another name, and renames it when its checksum is right. So
    two notebooks may fetch a file at once, and an interrupt leaves no half of one.
    """
    if not files:
        return
    fetcher = _pooch().create(
        path=folder,
        base_url="",
        registry={file.name: f"sha256:{file.sha256}" for file in files},
        urls={file.name: file.url for file in files},
        retry_if_failed=_RETRIES,
    )
    import requests  # pooch downloads with it

    for file in files:
        ways = (
            f"Try load_{name}(download=True) again later, "
            f"or get {file.url} in any other way, and put it at {folder / file.name}."
        )
        try:
            fetcher.fetch(file.name, progressbar=True)
        except requests.RequestException as broken:
            answer = getattr(broken.response, "status_code", type(broken).__name__)
            raise ConnectionError(
                f"{file.name} did not come whole from {file.host} ({answer}). "
                f"Is the network up? {ways}"
            ) from broken
        except ValueError as wrong:
            raise ValueError(
                f"{file.host} sent something other than {file.name}: its SHA-256 is not "
                f"{file.sha256}, and it was deleted. Does this network ask you to log in first? "
                f"{ways}"
            ) from wrong
        except OSError as refused:
            raise OSError(
                f"{file.name} cannot be kept in {folder} ({refused.strerror or refused}). "
                f"The environment variable SOFTMAX_LIB_DATA names another folder."
            ) from refused


def _sha256(path):
    import hashlib

    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
