"""A real browser that asks nobody but us."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")
# Our own policy's refusals, told to the console so that they are heard with everything else.
LISTEN = "addEventListener('securitypolicyviolation', e => console.error('refused: ' + e.violatedDirective))"


@contextmanager
def running_chromium() -> Iterator[Any]:
    """A browser; where none is installed, whoever wants one is skipped."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()
