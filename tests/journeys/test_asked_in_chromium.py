"""Asked after a sign-in: put off once, added the next time, and back where they wanted to be; as Kit, in the demo."""

from __future__ import annotations

import re

from pyotp import TOTP
from servers.demo import Visitor

from keyback.config.demo.people import KITS


def sign_in(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/sign-in")
    visitor.sees("demo-sign-in")
    page.get_by_label("User name").fill("kit")
    page.get_by_label("Password").fill(KITS)
    visitor.press("Sign in")


def sign_out(visitor: Visitor) -> None:
    visitor.page.get_by_role("link", name="Sign out").click()
    visitor.press("Sign out")
    visitor.page.get_by_role("heading", name="You’re signed out").wait_for()


def add_app(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sees("add-method")
    visitor.choose("Authenticator app")
    visitor.sees("add-app")
    page.get_by_text("Show the key").click()
    app = TOTP(re.sub(r"\s", "", page.locator(".typed").inner_text()))
    page.get_by_label("6-digit code").fill(app.now())
    visitor.press("Confirm")
    page.get_by_role("heading", name="Authenticator app is added").wait_for()


def add_codes(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sees("add-method")
    visitor.choose("Saved code")
    visitor.sees("saved-codes")
    page.get_by_label("I’ve put them somewhere safe").check()
    visitor.press("Done")
    page.get_by_role("heading", name="Saved code is added").wait_for()


def test_kit_is_asked_says_later_adds_two_and_goes_on(visitor: Visitor) -> None:
    page = visitor.page
    sign_in(visitor)
    visitor.sees("asked")
    page.get_by_text("3 more times, until").wait_for()
    visitor.press("Later")
    visitor.sees("welcome")
    sign_out(visitor)

    sign_in(visitor)
    visitor.sees("asked")
    page.get_by_text("2 more times, until").wait_for()
    visitor.press("Add a method")
    add_app(visitor)
    # One is not enough here: the way on leads to the same question.
    page.get_by_role("link", name="Continue").click()
    visitor.sees("asked")
    visitor.press("Add a method")
    add_codes(visitor)
    page.get_by_role("link", name="Continue").click()
    visitor.sees("welcome")

    page.goto(f"{visitor.base}/methods")
    page.get_by_role("button", name=re.compile("Make default.*Saved code")).click()
    page.locator("[data-method=saved_codes] .tag", has_text="Default").wait_for()
    page.get_by_role("link", name=re.compile("Rename.*Authenticator")).click()
    visitor.sees("rename-method")
    # What is typed stays when another language is chosen, and then it is saved in that language.
    page.get_by_label("Name, so that you know it later").fill("Work phone")
    page.locator("details.languages summary").click()
    page.get_by_role("button", name="Deutsch").click()
    page.locator("html[lang=de]").wait_for()
    assert page.locator("#called").input_value() == "Work phone"
    page.get_by_role("button", name="Umbenennen").click()
    page.locator("[data-method=authenticator]", has_text="Work phone").wait_for()
