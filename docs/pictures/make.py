"""Takes the pictures that README.md shows: starts the demo, lives Maya's story in Chromium, and looks at it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
MAIL, PHONE = "maya@home.example", "+447700900142"
LARGEST = 60_000
NEW = "violet anchors drift homeward"


@contextmanager
def a_demo() -> Iterator[str]:
    """A demo of our own on a free port; it ends with the pictures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "keyback"), "demo", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            base = f"http://localhost:{port}"
            wait_for(f"{base}/readyz")
            yield base
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address: str) -> None:
    """Until it answers."""
    for _ in range(300):
        with suppress(requests.RequestException):
            if requests.get(address, timeout=2).ok:
                return
        time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


class Maya:
    """She forgot her password; every page of hers is looked at once."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.base = base
        context = browser.new_context(viewport={"width": 560, "height": 645}, color_scheme="light")
        self.page, self.phone = context.new_page(), context.new_page()
        self.phone.set_viewport_size({"width": 560, "height": 520})

    def look(self, name: str, tab: Page | None = None) -> None:
        """Take the picture."""
        (tab or self.page).screenshot(path=HERE / f"{name}.png")

    def press(self, name: str, then: str) -> None:
        """Press a button and wait for the page it leads to; a page that asks for a moment goes on by itself."""
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_selector(f"main[data-page={then}]")

    def code(self, medium: str, to: str) -> str:
        """Read it where it arrives."""
        message = self.phone.locator(f"article[data-medium={medium}][data-to='{to}']").first
        for _ in range(100):
            self.phone.goto(f"{self.base}/demo/outbox?person=maya")
            if message.count() and (found := re.search(r"\b\d{8}\b", message.inner_text())):
                return found[0]
            time.sleep(0.1)
        raise SystemExit(f"no {medium} to {to}")

    def prove(self, code: str, then: str) -> None:
        """Type a code."""
        self.page.get_by_label(re.compile("Code from")).fill(code)
        self.press("Continue", then)


def story(maya: Maya) -> None:
    """From the sign-in page to the new password."""
    page = maya.page
    page.goto(f"{maya.base}/demo")
    page.get_by_role("link", name="Forgot my password?").click()
    page.get_by_label("Work e-mail or user name").fill("maya")
    page.get_by_text("Robot check passed").wait_for()
    maya.look("1-who-are-you")
    maya.press("Continue", "choosing")
    maya.look("2-choose-a-way")
    page.get_by_label("E-mail").check()
    maya.press("Continue", "answering")
    maya.prove(maya.code("email", MAIL), "choosing")
    page.get_by_label("Text message").check()
    maya.press("Continue", "answering")
    code = maya.code("sms", PHONE)
    maya.look("3-the-pretend-phone", maya.phone)
    page.bring_to_front()
    page.get_by_label(re.compile("Code from")).fill(code)
    maya.look("4-type-the-code")
    maya.prove(code, "renewing")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_text("Strong", exact=True).wait_for()
    maya.look("5-new-password")
    page.get_by_label("Type it again", exact=True).fill(NEW)
    maya.press("Set new password", "done")
    maya.look("6-done")


def main() -> None:
    """Six pictures, small enough to be read over a slow line."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with a_demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-lcd-text"])
        story(Maya(browser, base))
        browser.close()
    for picture in sorted(HERE.glob("*.png")):
        size = picture.stat().st_size
        print(f"{picture.name}: {size:,} bytes")
        assert size < LARGEST, "flatten it or take less of the page"


if __name__ == "__main__":
    main()
