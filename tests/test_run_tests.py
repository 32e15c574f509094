"""`make test`: every check runs, the last line says how it went, the exit code agrees."""

import chromium
import pytest
import run_tests

GOOD, BAD = ("this",), ("no_such_module",)


@pytest.fixture
def browser(monkeypatch):
    """Decide whether there is a Chromium, and whether it is required."""

    def decide(*, found, required):
        monkeypatch.setattr(chromium, "find", lambda: "chromium" if found else None)
        monkeypatch.setattr(chromium, "required", lambda: required)

    return decide


def test_all_passed(monkeypatch, capsys):
    monkeypatch.setattr(run_tests, "CHECKS", {"one": GOOD, "two": GOOD})
    run_tests.main([])
    assert capsys.readouterr().out.splitlines()[-1].startswith("All passed: one, two (")


def test_a_failure_is_said_last_and_stops_nothing(monkeypatch, capsys):
    monkeypatch.setattr(run_tests, "CHECKS", {"one": BAD, "two": GOOD})
    with pytest.raises(SystemExit) as end:
        run_tests.main([])
    assert str(end.value.code).strip().startswith("FAILED: one (2 checks")
    assert "=== two: passed" in capsys.readouterr().out


def test_one_check_can_be_named(monkeypatch, capsys):
    monkeypatch.setattr(run_tests, "CHECKS", {"one": BAD, "two": GOOD})
    run_tests.main(["two"])
    with pytest.raises(SystemExit, match="no such check: three; there are: one, two"):
        run_tests.main(["three"])


@pytest.mark.parametrize(
    ("found", "required", "runs"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_browser_tests_run_where_there_is_a_browser_or_must_be(
    found, required, runs, monkeypatch, browser, capsys
):
    browser(found=found, required=required)
    monkeypatch.setattr(run_tests, "CHECKS", {"one": GOOD, "browser tests": GOOD, "site": GOOD})
    run_tests.main([])
    out = capsys.readouterr().out
    for name in ("browser tests", "site"):
        assert (f"=== {name}: passed" in out) == runs
    assert ("no Chromium was found on this machine: browser tests, site." in out) != runs


def test_notebooks_are_compared_strictly():
    arguments = run_tests.CHECKS["notebooks"]
    assert "--nbval" in arguments
    assert "--nbval-lax" not in arguments


def test_settings_of_the_user_stay_outside(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("IPYTHONDIR", "/elsewhere")
    env = run_tests.environment("ours")
    assert "PYTHONPATH" not in env
    assert env["IPYTHONDIR"] == "ours"
    assert (env["OPENBLAS_NUM_THREADS"], env["TQDM_DISABLE"]) == ("1", "1")
