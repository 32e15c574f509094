"""The files that say what to install agree with each other, and name no place to get it from."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = {
    "requirements.lock": ("notebooks", "slides"),
    "requirements-test.lock": ("notebooks", "slides", "test"),
    "requirements-site.lock": ("slides", "site"),
    "requirements-live.lock": ("live",),
}
CONDA_NAMES = {"matplotlib": "matplotlib-base"}  # where conda-forge's name differs


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(read("pyproject.toml"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


def pins(name):
    """Locked packages: name -> (version, marker)."""
    found = {}
    for line in re.sub(r"\\\n\s*", " ", read(name)).splitlines():
        requirement = Requirement(line.split(" --hash=")[0])
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        found[canonicalize_name(requirement.name)] = (pin.version, str(requirement.marker))
    return found


def test_numpy_is_the_only_hard_dependency():
    assert PROJECT["project"]["dependencies"] == ["numpy>=2.0"]


def test_conda_installs_what_pip_installs():
    environment = yaml.safe_load(read("environment.yml"))
    *packages, by_pip = environment["dependencies"]
    assert by_pip == {"pip": ["-e ."]}
    packages.remove("pip")  # conda wants it named, for the line above
    expected = {f"python{PROJECT['project']['requires-python']}"}
    for text in [*PROJECT["project"]["dependencies"], *EXTRAS["notebooks"]]:
        requirement = Requirement(text)
        name = CONDA_NAMES.get(requirement.name, requirement.name)
        expected.add(f"{name}{requirement.specifier}")
    assert set(packages) == expected
    assert len(packages) == len(expected)


def test_the_notebooks_environment_can_download_data():
    """Catches other ranges than the notebooks', or than the message names."""
    assert EXTRAS["data"]
    assert set(EXTRAS["data"]) <= set(EXTRAS["notebooks"])
    message = read("softmax_lib/downloads.py")
    assert all(f'"{requirement}"' in message for requirement in EXTRAS["data"])


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_no_addresses(name):
    text = read(name)
    assert not re.search(r"://|@ |file:|^-|#", text, flags=re.M)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, *hashes = (line.strip(" \\") for line in entry.splitlines())
        assert re.match(r"[a-z0-9._-]+==", head), head
        assert hashes, head
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes), head


@pytest.mark.parametrize(("name", "groups"), LOCKS.items())
def test_a_lock_holds_what_the_project_asks_for(name, groups):
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]
    wanted += [text for group in groups for text in EXTRAS[group]]
    locked = pins(name)
    for requirement in map(Requirement, wanted):
        version, _ = locked[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, requirement


def test_all_environments_have_the_versions_that_the_notebooks_run_on():
    """But for the widgets of live slides, which RISE wants older."""
    notebooks, tests, site, live = (
        {name: version for name, (version, _) in pins(lock).items()} for lock in LOCKS
    )
    assert tests | notebooks == tests
    assert site | {name: notebooks[name] for name in site if name in notebooks} == site
    other = {name for name in live if name in notebooks and live[name] != notebooks[name]}
    assert other <= {"ipywidgets", "jupyterlab-widgets"}


def test_the_workflow_runs_the_command_of_the_readme():
    jobs = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]
    steps = jobs["everything"]["steps"]
    runs = [step["run"] for step in steps if "run" in step and "if" not in step]
    assert runs == ["make test"]
    assert "`make test` checks everything" in read("README.md")
    oldest, newest = jobs["everything"]["strategy"]["matrix"]["python"]
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert f"newest='{newest}'" in read("tools/setup.sh")


def test_windows_installs_the_lock_of_the_tests_and_nothing_else():
    """Catches packages of another day there, and a build that asks for a backend from afar."""
    steps = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]["windows"]["steps"]
    assert [step["run"] for step in steps if "pip install" in step.get("run", "")] == [
        "python -m pip install --require-hashes -r requirements-test.lock",
        "python -m pip install --no-deps --no-build-isolation -e .",
    ]


def test_the_test_extra_can_build_the_library():
    """Catches a test that builds a wheel where only `pip install ".[test]"` was run."""
    assert set(PROJECT["dependency-groups"]["build"]) <= set(EXTRAS["test"])
    assert set(PROJECT["build-system"]["requires"]) <= set(EXTRAS["test"])


def test_the_workflow_runs_the_oldest_and_the_newest_versions():
    jobs = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]
    rows = jobs["versions"]["strategy"]["matrix"]["include"]
    pythons = jobs["everything"]["strategy"]["matrix"]["python"]
    assert [(row["which"], row["python"]) for row in rows] == [
        ("oldest", pythons[0]),
        ("newest", pythons[-1]),
    ]
    assert jobs["versions"]["steps"][-1]["run"] == "make test-${{ matrix.which }}"
