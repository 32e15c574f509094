"""What the commands do where something is missing or half made: tools/*.sh, .ci/run, Makefile.

The commands run in a scratch folder (its name has spaces) on a PATH that holds a few tools and
Pythons made of ten lines of shell, so nothing is downloaded, and each run takes a moment.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = "sh make awk cat cut dirname env grep head id mkdir mv rm sed sleep tail uname".split()

# A Python whose `venv` and `pip` only write down that they were called.
PYTHON = f"""#!/bin/sh
here=$(dirname "$0")
case "$1 $2" in
"-m venv")
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    echo "venv" >>calls ;;
"-m pip")
    [ "$3" = --version ] && exit
    echo "pip $* PYTHONPATH=$PYTHONPATH" >>calls
    if [ -p wait-here ]; then cat wait-here; rm wait-here; fi
    if [ -f pip-says ]; then cat pip-says >&2; exit 1; fi ;;
"-m jupyterlab")
    echo "lab $*" >>calls ;;
*)
    exec "{sys.executable}" "$@" ;;
esac
"""
TOO_OLD = """#!/bin/sh
case "$2" in *"sys.exit"*) exit 1 ;; *) echo 3.8.18 ;; esac
"""
WITHOUT_VENV = f"""#!/bin/sh
case "$2" in *ensurepip*) exit 1 ;; esac
exec "{sys.executable}" "$@"
"""


class Project:
    """A copy of what set-up needs, and a PATH with the tools and Pythons of our choice."""

    def __init__(self, folder):
        self.root = folder / "a folder with spaces"
        self.bin = folder / "bin"
        self.started = []
        self.root.mkdir()
        self.bin.mkdir()
        for path in (ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements*.lock")):
            shutil.copy(path, self.root)
        for name in ("tools", ".ci"):
            shutil.copytree(
                ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in (*TOOLS, "cp"):
            (self.bin / name).symlink_to(shutil.which(name))

    def add(self, name, script):
        path = self.bin / name
        path.unlink(missing_ok=True)  # else a link to the machine's own tool would be followed
        path.write_text(script)
        path.chmod(0o755)
        return path

    def start(self, *command, **environment):
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env={"PATH": str(self.bin), "HOME": str(self.root), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *command, **environment):
        self.forget_calls()
        process = self.start(*command, **environment)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def end(self):
        """Leave no process behind, however a test ended."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def forget_calls(self):
        (self.root / "calls").unlink(missing_ok=True)

    @property
    def calls(self):
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def venv(self):
        return self.root / ".venv"


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    yield made
    made.end()


@pytest.fixture
def ready(project):
    """A project after a `make setup` that went well."""
    project.add("python3", PYTHON)
    ran = project.run("make", "setup")
    assert ran.returncode == 0, ran.stderr
    return project


def test_setup_makes_an_environment_and_installs_the_lock_then_the_library(ready):
    made, packages, library = ready.calls
    assert made == "venv"
    assert "--require-hashes -r requirements.lock" in packages
    assert "--no-deps --no-build-isolation -e ." in library
    assert "--compile" in packages


def test_a_second_setup_installs_nothing(ready):
    ran = ready.run("make", "setup")
    assert (ran.returncode, ready.calls, ran.stdout) == (0, [], "")


def test_what_the_tests_need_comes_on_top_once(ready):
    assert ready.run("make", "setup-test").returncode == 0
    assert "-r requirements-test.lock" in ready.calls[0]
    assert ready.run("make", "setup-test").returncode == 0
    assert ready.calls == []
    assert ready.run("make", "setup").returncode == 0
    assert ready.calls == []


@pytest.mark.parametrize("what", ["site", "live"])
def test_site_and_live_slides_have_environments_of_their_own(ready, what):
    """Catches Sphinx and its company among the packages that the notebooks run on."""
    stamp = ready.venv / "ready-lab"
    before = stamp.read_text()
    assert ready.run("sh", "tools/setup.sh", what).returncode == 0
    assert ready.calls[0] == "venv"
    assert f"--require-hashes -r requirements-{what}.lock" in ready.calls[1]
    assert (ready.root / f".venv-{what}" / f"ready-{what}").exists()
    assert stamp.read_text() == before
    assert ready.run("sh", "tools/setup.sh", what).returncode == 0
    assert ready.calls == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock", "pyproject.toml"])
def test_a_changed_file_is_installed_into_the_same_environment(ready, name):
    with (ready.root / name).open("a") as file:
        file.write("# changed\n")
    assert ready.run("make", "setup").returncode == 0
    assert len(ready.calls) == 2
    assert "venv" not in ready.calls


def test_a_moved_folder_is_linked_again(ready):
    moved = ready.root.with_name("moved elsewhere")
    ready.root.rename(moved)
    ready.root = moved
    assert ready.run("make", "setup").returncode == 0
    assert any("-e ." in call for call in ready.calls)


@pytest.mark.parametrize(
    "leave",
    [
        ": >.venv",
        "mkdir -p .venv/bin",
        "mkdir -p .venv/bin; ln -s /no/such/python3.11 .venv/bin/python",
        "mkdir -p .venv/bin; cp ../bin/python3 .venv/bin/python; : >.venv/installing",
    ],
    ids=["a file", "no Python", "a dead link", "an interrupted install"],
)
def test_a_half_made_environment_is_made_again(project, leave):
    project.add("python3", PYTHON)
    subprocess.run(leave, shell=True, check=True, cwd=project.root)
    ran = project.run("make", "setup")
    assert ran.returncode == 0, ran.stderr
    assert "making it again" in ran.stdout
    assert project.calls[0] == "venv"
    assert project.run("make", "setup").returncode == 0
    assert project.calls == []


def test_a_second_setup_at_the_same_time_waits_and_finds_all_done(project):
    """Catches one that takes the first one's environment for half-made, and removes it."""
    project.add("python3", PYTHON)
    os.mkfifo(project.root / "wait-here")
    first = project.start("make", "setup")
    with (project.root / "wait-here").open("w"):  # opens when pip is at work, which then waits
        second = project.start("make", "setup")
        assert "at work here (see .venv-setup): waiting" in second.stdout.readline()
    for process in (first, second):
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
    assert [call.split()[0] for call in project.calls] == ["venv", "pip", "pip"]


def test_a_setup_that_was_killed_holds_nobody_up(project):
    project.add("python3", PYTHON)
    gone = project.start("sh", "-c", ":")
    gone.wait()
    turn = project.root / ".venv-setup"
    turn.mkdir()
    (turn / "process").write_text(f"{gone.pid}\n")
    assert project.run("make", "setup").returncode == 0
    assert not turn.exists()


@pytest.mark.parametrize(
    ("pip_says", "sentence"),
    [
        ("NewConnectionError: Failed to establish a new connection", "needs the network once"),
        ("ERROR: No matching distribution (from versions: none)", "needs the network once"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "its hash differs"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("error: something nobody foresaw", "something nobody foresaw"),
    ],
)
def test_a_failing_install_says_why_and_the_next_run_recovers(project, pip_says, sentence):
    project.add("python3", PYTHON)
    (project.root / "pip-says").write_text(pip_says)
    ran = project.run("make", "setup")
    assert ran.returncode != 0
    assert sentence in ran.stderr
    assert not list(project.venv.glob("ready-*"))
    (project.root / "pip-says").unlink()
    assert project.run("make", "setup").returncode == 0
    assert "venv" not in project.calls  # what was installed is kept


@pytest.mark.parametrize(
    ("pythons", "arguments", "sentence"),
    [
        ({}, [], "Python 3.11 or newer is needed, and none was found"),
        ({"python3": TOO_OLD}, [], "(python3 is Python 3.8.18)"),
        ({"python3.12": WITHOUT_VENV}, [], "python3.12 cannot make environments"),
        ({"python3": PYTHON}, ["PYTHON=/no/such"], "PYTHON=/no/such does not run"),
        ({"python3": PYTHON, "old": TOO_OLD}, ["PYTHON=old"], "(old is Python 3.8.18)"),
    ],
)
def test_without_a_python_that_will_do_one_sentence_says_so(project, pythons, arguments, sentence):
    for name, script in pythons.items():
        project.add(name, script)
    ran = project.run("make", "setup", *arguments)
    assert ran.returncode != 0
    assert sentence in ran.stderr
    assert "run the same command again" in ran.stderr
    assert len([line for line in ran.stderr.splitlines() if line and "make:" not in line]) == 1
    assert project.calls == []


def test_a_python_without_venv_is_passed_over(project):
    project.add("python3.13", WITHOUT_VENV)
    project.add("python3.12", TOO_OLD)
    project.add("python3", PYTHON)
    assert project.run("make", "setup").returncode == 0


def test_another_python_makes_another_environment(ready):
    older = PYTHON.replace("*)\n", '*)\n    case "$2" in *print*) echo 3.99.0; exit ;; esac\n', 1)
    path = ready.add("another", older)
    ran = ready.run("make", "setup", f"PYTHON={path}")
    assert ran.returncode == 0, ran.stderr
    assert ready.calls[0] == "venv"


def test_settings_of_the_user_stay_outside(project):
    project.add("python3", PYTHON)
    ran = project.run("make", "setup", PYTHONPATH="/elsewhere", CONDA_PREFIX="/opt/conda")
    assert ran.returncode == 0, ran.stderr
    assert {call.rpartition(" ")[2] for call in project.calls if call != "venv"} == {"PYTHONPATH="}


@pytest.mark.parametrize(
    ("environment", "opens"), [({}, sys.platform == "darwin"), ({"DISPLAY": ":0"}, True)]
)
def test_lab_opens_the_first_notebook_on_loopback(ready, environment, opens):
    ran = ready.run("make", "lab", **environment)
    assert ran.returncode == 0, ran.stderr
    (call,) = ready.calls
    assert "--ip=127.0.0.1" in call
    assert call.endswith("notebooks/00_start_here.ipynb")
    assert ("--no-browser" not in call) == opens
    assert "token" not in call


def test_help_lists_every_target(project):
    ran = project.run("make")
    listed = re.findall(r"^make (\S+) +\S", ran.stdout, flags=re.M)
    phony = re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), flags=re.M)
    assert set(listed) == set(" ".join(phony).split())


def test_clean_leaves_the_notebooks(ready):
    (ready.root / "notebooks").mkdir()
    (ready.root / "notebooks/00.ipynb").write_text("{}")
    (ready.root / "notebooks/.ipynb_checkpoints").mkdir()
    (ready.bin / "find").symlink_to(shutil.which("find"))
    assert ready.run("make", "clean").returncode == 0
    assert not ready.venv.exists()
    assert os.listdir(ready.root / "notebooks") == ["00.ipynb"]


def test_ci_tries_twice_to_install_chromium_and_says_when_it_cannot(project):
    project.add("apt-get", "#!/bin/sh\necho apt-get $1 >>calls\nexit 100\n")
    project.add("sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    ran = project.run("sh", ".ci/run")
    assert ran.returncode != 0
    assert project.calls == ["apt-get update"] * 2
    assert "Chromium cannot be installed here" in ran.stderr


def test_ci_requires_the_browser_tests_and_runs_the_notebooks_on_another_kernel(project):
    project.add("chromium", "#!/bin/sh\n")
    project.add("make", '#!/bin/sh\necho "make $* $SOFTMAX_REQUIRE_BROWSER" >>calls\n')
    python = project.venv / "bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "python $* $OPENBLAS_CORETYPE" >>calls\n')
    python.chmod(0o755)
    assert project.run("sh", ".ci/run").returncode == 0
    assert project.calls == [
        "make setup-live ",
        "make test 1",
        "python tools/run_tests.py notebooks Nehalem",
    ]
