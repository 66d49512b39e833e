"""A phone: a browser of its own, small, with the page that approves."""

from __future__ import annotations

from typing import Any

from .chromium import LISTEN


class BrowserPhone:
    """Its own context: it shares no cookie and no key with the browser in which somebody resets a password."""

    def __init__(self, chromium: Any, base: str) -> None:
        self.context = chromium.new_context(viewport={"width": 390, "height": 800})
        self.context.add_init_script(LISTEN)
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address = f"{base}/phone/"

    def opens(self, code: str = "") -> None:
        self.page.goto(f"{self.address}#{code}" if code else self.address)

    def joins(self, code: str) -> str:
        """As after scanning the picture; the six digits that it shows then."""
        self.opens(code)
        self.press("Use this phone")
        number = self.page.locator("[data-part=number]")
        number.wait_for()
        return str(number.inner_text()).replace(" ", "")

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def approves(self, number: str) -> None:
        field = self.page.get_by_label("Number on the page")
        field.wait_for()
        field.fill(number)
        self.press("Approve")

    def is_told(self, words: str) -> None:
        self.page.get_by_text(words).wait_for()
