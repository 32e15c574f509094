"""Collects what can run here: the browser tests need a browser, the commands need a Unix shell."""

import os

import chromium
import pytest

collect_ignore = [] if chromium.find() or chromium.required() else ["browser"]
if os.name == "nt":
    collect_ignore += ["test_setup_script.py", "test_refresh.py", "test_twice.py"]


def pytest_configure(config):
    if chromium.required() and not chromium.find():
        raise pytest.UsageError(
            "SOFTMAX_REQUIRE_BROWSER is set, and no Chromium was found: install one "
            "(apt-get install chromium), or name it in SOFTMAX_CHROMIUM."
        )


def pytest_report_header():
    return f"browser tests: {chromium.find() or 'not collected, no Chromium found'}"
