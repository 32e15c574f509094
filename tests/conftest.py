"""Collects the browser tests only where there is a browser."""

import chromium
import pytest

collect_ignore = [] if chromium.find() or chromium.required() else ["browser"]


def pytest_configure(config):
    if chromium.required() and not chromium.find():
        raise pytest.UsageError(
            "SOFTMAX_REQUIRE_BROWSER is set, and no Chromium was found: install one "
            "(apt-get install chromium), or name it in SOFTMAX_CHROMIUM."
        )


def pytest_report_header():
    return f"browser tests: {chromium.find() or 'not collected, no Chromium found'}"
