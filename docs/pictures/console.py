"""Takes the pictures of docs/administer.md: starts the demo, signs in as its administrators, and does what they do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from make import HERE, a_demo
from playwright.sync_api import Browser, Page, sync_playwright

from keyback.config.demo.people import BERGS, HANAS, ROTHS

# A screen of the console has more on it than a page for people.
LARGEST = 120_000
SIGN_IN = "it has a sign-in page of its own"


@dataclass
class Somebody:
    """Who runs the pretend company's Keyback, at a browser of their own."""

    page: Page
    base: str

    def sign_in(self, name: str, password: str) -> None:
        """At the company; they come to Home."""
        self.page.goto(f"{self.base}/admin")
        self.fill({"User name": name, "Password": password}, "Sign in")
        self.page.get_by_role("heading", name="Needs you").wait_for()

    def open(self, screen: str) -> None:
        """One of the console's addresses."""
        self.page.goto(f"{self.base}/admin/{screen}")

    def fill(self, typed: dict[str, str], then: str) -> None:
        """Type this into the fields of these labels, then press the button."""
        for label, text in typed.items():
            self.page.get_by_label(label, exact=True).first.fill(text)
        self.press(then)

    def press(self, button: str) -> None:
        """A button or a link that looks like one."""
        there = self.page.get_by_role("button", name=button, exact=True)
        there.or_(self.page.get_by_role("link", name=button, exact=True)).first.click()

    def waits_for(self, words: str) -> None:
        """Until the page says this; it does not change by itself."""
        while not self.page.get_by_text(words).count():
            self.page.wait_for_timeout(1000)
            self.page.reload()

    def look(self, name: str, height: int = 640) -> None:
        """Take the picture."""
        self.page.screenshot(path=HERE / f"{name}.png", clip={"x": 0, "y": 0, "width": 1000, "height": height})
        size = (HERE / f"{name}.png").stat().st_size
        print(f"{name}.png: {size:,} bytes")
        assert size < LARGEST, "flatten it or take less of the page"


def rules(roth: Somebody) -> None:
    """Who is stranded, what a policy would change, questions, and what would happen for one person."""
    roth.open("stranded/")
    # Everybody is counted soon after the start.
    roth.waits_for("with an account")
    roth.look("8-stranded-people")
    roth.open("policies/policy?name=demo")
    for method in ("Text message", "Phone call"):
        roth.page.get_by_role("group", name=method).get_by_label("Off").check()
    roth.press("Show what would change")
    roth.page.get_by_role("heading", name="stranded").wait_for()
    roth.look("7-a-policy")
    roth.open("questions/set/1/question/0")
    roth.fill({"In English": "Which bridge did you cross first?", "Why?": "everybody here knows one"}, "Save")
    roth.look("12-question-sets")
    roth.open("simulator/")
    roth.fill({"As this person": "maya"}, "Show what happens")
    roth.page.get_by_text("Which policy, and why").wait_for()
    roth.look("9-the-simulator")


def parts(roth: Somebody) -> None:
    """A plugin that was tested, a door for a client, a receiver of signals."""
    roth.open("plugins/method/sms")
    roth.press("Test")
    roth.page.get_by_text("Its settings fit").wait_for()
    roth.look("13-a-plugin")
    wiki = {"Key": "wiki", "Name": "Wiki", "Where people go back to": "https://wiki.alderwick.example/"}
    roth.open("entries/new/oidc")
    roth.page.get_by_label("Redirect addresses").fill("https://wiki.alderwick.example/signed-in")
    roth.fill({**wiki, "Why?": SIGN_IN}, "Make this entry")
    roth.page.get_by_text("client_secret").wait_for()
    roth.open("entries/one/wiki/setup")
    roth.look("14-an-entry")
    okta = {"Key": "okta", "Name": "Okta", "Its name in events (aud)": "https://alderwick.okta.example"}
    roth.open("signals/new")
    roth.fill({**okta, "Why?": "it ends sessions there"}, "Add")
    roth.press("I have copied it")
    roth.page.get_by_text("What it would not take").wait_for()
    roth.look("15-shared-signals")


def looks(roth: Somebody) -> None:
    """The company's colour, and a message in its words."""
    roth.open("brand/")
    roth.fill({"Colour of links and buttons": "#7a3b2e"}, "Show how it looks")
    roth.page.get_by_text("contrast of links 8").wait_for()
    roth.look("11-text-and-brand")
    roth.open("messages/")
    roth.press("Your account was unlocked")
    roth.fill({"Subject of the mail": "Your account is open again"}, "Show how it reads")
    roth.page.get_by_role("heading", name="Your account is open again").wait_for()
    roth.look("16-a-message", 470)


def people(hana: Somebody) -> None:
    """What the help desk sees, and what it says to a caller."""
    hana.open("people/")
    hana.fill({"User name or e-mail": "maya"}, "Find")
    hana.page.get_by_text("Help them").wait_for()
    hana.look("10-a-person")
    hana.press("Start a recovery for a caller")
    hana.page.get_by_label("I called them back").check()
    hana.press("Show the code")
    hana.page.get_by_text("Type this code:").wait_for()
    hana.look("17-a-caller")


def together(roth: Somebody, berg: Somebody) -> None:
    """A campaign that one administrator asks for and another approves."""
    now = datetime.now(UTC)
    window = {"From (UTC)": now, "Until (UTC)": now + timedelta(days=2)}
    roth.open("campaigns/new?kind=invite")
    roth.page.get_by_label("Alderwick sign-in").check()
    roth.fill({label: f"{at:%Y-%m-%d %H:%M}" for label, at in window.items()}, "Count them")
    people = roth.page.locator(".number b").inner_text()
    asked = {"Type how many people it is for": people, "Why?": "nobody should have to call us"}
    roth.fill(asked, "Put up for approval")
    roth.page.get_by_text("Waits for a second administrator").wait_for()
    berg.open("approvals/")
    berg.page.locator("main table a").first.click()
    berg.page.get_by_role("button", name="Approve").wait_for()
    berg.look("18-an-approval")
    berg.press("Approve")
    berg.page.get_by_text("Approved").wait_for()
    berg.open("campaigns/")
    berg.press("Invite whoever could not get back in")
    berg.waits_for("Everybody's turn has come.")
    berg.look("19-a-campaign")


def records(roth: Somebody) -> None:
    """A report by mail, what happened, and whether the log is whole."""
    roth.open("files/new")
    roth.fill({"To": "help.desk@alderwick.example", "Why?": "the board asks for it"}, "Mail it from now on")
    roth.page.get_by_role("link", name=re.compile("End")).wait_for()
    roth.look("20-files-by-mail")
    roth.open("records/")
    roth.look("21-records")
    roth.open("")
    roth.look("22-home")


def main() -> None:
    """Sixteen pictures, small enough to be read over a slow line."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with a_demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-lcd-text"])
        signed_in = signing_in(browser, base)
        roth, berg, hana = signed_in("roth", ROTHS), signed_in("berg", BERGS), signed_in("hana", HANAS)
        rules(roth)
        parts(roth)
        looks(roth)
        people(hana)
        together(roth, berg)
        records(roth)
        browser.close()


def signing_in(browser: Browser, base: str) -> Callable[[str, str], Somebody]:
    """Lets people of the company sign in, each at a browser of their own."""

    def signed_in(name: str, password: str) -> Somebody:
        context = browser.new_context(viewport={"width": 1000, "height": 640}, color_scheme="light")
        somebody = Somebody(context.new_page(), base)
        somebody.sign_in(name, password)
        return somebody

    return signed_in


if __name__ == "__main__":
    main()
