"""Finds the Chromium that the browser tests drive."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find():
    """Path of a Chromium, or None. SOFTMAX_CHROMIUM names one that stands elsewhere."""
    named = os.environ.get("SOFTMAX_CHROMIUM")
    if named:
        return shutil.which(named)
    for name in (*NAMES, *MAC_APPS):
        if path := shutil.which(name):
            return path
    return None


def required():
    """Whether a missing Chromium is a failure; .ci/run sets SOFTMAX_REQUIRE_BROWSER=1."""
    return os.environ.get("SOFTMAX_REQUIRE_BROWSER", "0") not in ("", "0")
