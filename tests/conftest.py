"""Collects what can run here: the browser tests need a browser, the commands need a Unix shell.

Says, too, how long properties are searched for a counterexample: HYPOTHESIS_PROFILE=fuzz, which is
what `make fuzz` sets, tries 20,000 examples of each; without it, 1,000 of each, always the same.
Those that ask the checker, which takes its time, try a tenth or less.
"""

import os

import chromium
import pytest
from hypothesis import settings

settings.register_profile("default", max_examples=1_000, derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=20_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

collect_ignore = [] if chromium.find() or chromium.required() else ["browser", "site"]
if os.name == "nt":
    collect_ignore += [
        "test_setup_script.py",
        "test_refresh.py",
        "test_twice.py",
        "test_assignments.py",
    ]


@pytest.fixture
def session(monkeypatch):
    """A session of exercises of its own, and time enough on a machine that does much else."""
    monkeypatch.setattr("softmax_lib.exercises.engine._session", {})
    monkeypatch.setattr("softmax_lib.exercises.engine.SECONDS_PER_CHECK", 120.0)


def pytest_configure(config):
    if chromium.required() and not chromium.find():
        raise pytest.UsageError(
            "SOFTMAX_REQUIRE_BROWSER is set, and no Chromium was found: install one "
            "(apt-get install chromium), or name it in SOFTMAX_CHROMIUM."
        )


def pytest_report_header():
    return f"browser tests: {chromium.find() or 'not collected, no Chromium found'}"
