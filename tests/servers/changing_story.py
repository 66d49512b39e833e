"""The change of a known password, told to a running Keyback over HTTP."""

from __future__ import annotations

from .browser import Browser, Page
from .story import NEW, Story, solve_on, wait_until


def start_change(browser: Browser, name: str) -> Page:
    """Say who it is, and pass the human check."""
    page = browser.get("/change")
    assert page.status == 200, page.text
    return browser.submit(page, identifier=name, proof_of_work=solve_on(page))


def send_change(browser: Browser, page: Page, old: str, new: str = NEW, again: str | None = None) -> Page:
    """Type the passwords and press the button."""
    typed = {"current_password": old, "new_password": new, "new_password_again": new if again is None else again}
    return browser.submit(page, move="continue", **typed)


def wait_for_change(browser: Browser, page: Page, seconds: float = 60) -> Page:
    """Ask again as the page says, until it knows."""

    def known() -> Page | None:
        asked = page if page.stage != "trying" else browser.get(page.url)
        return asked if asked.stage != "trying" else None

    return wait_until(known, "what became of the change", seconds)


def press_change(browser: Browser, page: Page, old: str, new: str = NEW, again: str | None = None) -> Page:
    """Both."""
    return wait_for_change(browser, send_change(browser, page, old, new, again))


def change(somebody: Story, old: str, new: str = NEW) -> Page:
    """All of it."""
    return press_change(somebody.browser, start_change(somebody.browser, somebody.name), old, new)
