"""The folder with the browser's Python: every file is the one that was released, or is named."""

import hashlib
import importlib.util
import json
import zipfile
from pathlib import Path

import pytest

FILES = {"core.wasm": b"the interpreter", "compiled.whl": b"numpy", "pure.whl": b"tqdm"}


@pytest.fixture
def maker(monkeypatch, tmp_path_factory):
    """`tools/site/pyodide.py` with a lock of three files; `carried` is what its carrier brings."""
    path = Path(__file__).parents[1] / "tools" / "site" / "pyodide.py"
    spec = importlib.util.spec_from_file_location("pyodide_folder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    entry = {"name": "any", "version": "1"}
    packages = {
        "compiled": entry | {"file_name": "compiled.whl", "sha256": sums["compiled.whl"]},
        "pure": entry | {"file_name": "pure.whl", "sha256": sums["pure.whl"], "pypi": True},
    }
    lock = {"version": "9", "core": {"core.wasm": sums["core.wasm"]}, "packages": packages}
    monkeypatch.setattr(module, "LOCK", tmp_path_factory.mktemp("lock") / "pyodide-lock.json")
    module.LOCK.write_text(json.dumps(lock))
    module.carried, module.asked = dict(FILES), []

    def download(folder, *what):
        module.asked.append(what)
        if what == (module.CARRIER,):
            with zipfile.ZipFile(Path(folder, "carrier.whl"), "w") as archive:
                for name, content in module.carried.items():
                    archive.writestr(f"any/folder/{name}", content)
        else:
            Path(folder, "pure.whl").write_bytes(FILES["pure.whl"])

    monkeypatch.setattr(module, "pip_download", download)
    return module


def test_a_whole_folder_is_made_once(maker, tmp_path):
    folder = tmp_path / "a new" / "folder"
    maker.make(folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    maker.asked.clear()
    maker.make(folder)
    assert maker.asked == []


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_fetched_again(maker, tmp_path, name):
    maker.make(tmp_path)
    (tmp_path / name).write_bytes(b"half of it")
    maker.make(tmp_path)
    assert (tmp_path / name).read_bytes() == FILES[name]


@pytest.mark.parametrize("name", ["core.wasm", "compiled.whl"])
def test_what_is_not_as_released_is_not_taken(maker, tmp_path, name):
    maker.carried[name] = b"something else"
    with pytest.raises(SystemExit, match=f"as Pyodide 9 released them: {name}"):
        maker.make(tmp_path)
    assert not (tmp_path / name).exists()


def test_without_a_network_one_sentence_says_what_to_do(maker, monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SystemExit, match="needs the network once"):
        maker.pip_download(tmp_path, "softmax-lib-that-is-nowhere==1")
