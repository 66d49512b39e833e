"""Takes the pictures of docs/administer.md: starts the demo, signs in as its administrator, and looks around."""

from __future__ import annotations

import shutil

from make import HERE, a_demo
from playwright.sync_api import Page, sync_playwright

from keyback.config.demo.people import ROTHS

# A screen of the console has more on it than a page for people.
LARGEST = 120_000


def sign_in(page: Page, base: str) -> None:
    """As Ines Roth."""
    page.goto(f"{base}/admin")
    page.get_by_label("User name").fill("roth")
    page.get_by_label("Password").fill(ROTHS)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Needs you").wait_for()


def look_around(page: Page, base: str) -> None:
    """Rules, what they would mean for one person and for all, and the help desk's page."""
    page.goto(f"{base}/admin/stranded/")
    # Everybody is counted soon after the start.
    while not page.get_by_text("with an account").count():
        page.wait_for_timeout(1000)
        page.reload()
    look(page, "8-stranded-people")
    page.goto(f"{base}/admin/policies/policy?name=demo")
    for method in ("Text message", "Phone call"):
        page.get_by_role("group", name=method).get_by_label("Off").check()
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("heading", name="stranded").wait_for()
    look(page, "7-a-policy")
    page.goto(f"{base}/admin/simulator/")
    page.get_by_label("As this person").fill("maya")
    page.get_by_role("button", name="Show what happens").click()
    page.get_by_text("Which policy, and why").wait_for()
    look(page, "9-the-simulator")
    page.goto(f"{base}/admin/people/")
    page.get_by_label("User name or e-mail").fill("maya")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("Help them").wait_for()
    look(page, "10-a-person")
    page.goto(f"{base}/admin/brand/")
    page.get_by_label("Colour of links and buttons").fill("#7a3b2e")
    page.get_by_role("button", name="Show how it looks").click()
    page.get_by_text("contrast of links 8").wait_for()
    look(page, "11-text-and-brand")


def look(page: Page, name: str) -> None:
    """Take the picture."""
    page.screenshot(path=HERE / f"{name}.png")
    size = (HERE / f"{name}.png").stat().st_size
    print(f"{name}.png: {size:,} bytes")
    assert size < LARGEST, "flatten it or take less of the page"


def main() -> None:
    """Five pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with a_demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-lcd-text"])
        page = browser.new_context(viewport={"width": 1000, "height": 640}, color_scheme="light").new_page()
        sign_in(page, base)
        look_around(page, base)
        browser.close()


if __name__ == "__main__":
    main()
