"""Signing in, adding ways, and coming back by them: what a visitor of the demo does as Kit."""

from __future__ import annotations

import re
import time

from pyotp import TOTP
from servers.demo import Visitor
from servers.story import NEW

from keyback.config.demo.people import KITS


def sign_in(visitor: Visitor, password: str) -> None:
    page = visitor.page
    page.get_by_label("User name").fill("kit")
    page.get_by_label("Password").fill(password)
    visitor.press("Sign in")


def add_app(visitor: Visitor) -> TOTP:
    """As a phone would: by the key, because the picture is for cameras."""
    page = visitor.page
    page.get_by_role("link", name="Add a method").click()
    visitor.choose("Authenticator app")
    visitor.sees("add-app")
    page.get_by_text("Show the key").click()
    app = TOTP(re.sub(r"\s", "", page.locator(".typed").inner_text()))
    page.get_by_label("6-digit code").fill(app.now())
    visitor.press("Confirm")
    page.get_by_role("heading", name="Authenticator app is added").wait_for()
    return app


def add_codes(visitor: Visitor) -> list[str]:
    page = visitor.page
    page.get_by_role("link", name="Add a method").click()
    visitor.choose("Saved code")
    visitor.sees("saved-codes")
    codes: list[str] = page.locator(".paper li").all_inner_texts()
    visitor.press("Copy all")
    page.get_by_role("status").get_by_text("All codes are copied.").wait_for()
    assert pasted(visitor).split() == codes
    page.get_by_label("I’ve put them somewhere safe").check()
    visitor.press("Done")
    page.get_by_role("heading", name="Saved code is added").wait_for()
    return codes


def pasted(visitor: Visitor) -> str:
    """What another page gets that somebody pastes into."""
    other = visitor.context.new_page()
    other.set_content("<textarea></textarea>")
    other.locator("textarea").press("Control+V")
    text: str = other.locator("textarea").input_value()
    other.close()
    visitor.page.bring_to_front()
    return text


def test_kit_adds_an_app_and_paper_and_comes_back_by_them(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/")
    page.get_by_role("link", name="My methods").click()
    visitor.sees("demo-sign-in")
    sign_in(visitor, KITS)
    visitor.sees("methods")
    assert page.locator("[data-get-back=no]").count() == 1
    app, codes = add_app(visitor), add_codes(visitor)
    assert len(codes) == 10
    assert page.locator("[data-get-back=yes]").count() == 1

    page.get_by_role("link", name="Sign out").click()
    visitor.press("Sign out")
    page.get_by_role("heading", name="You’re signed out").wait_for()
    page.goto(f"{visitor.base}/methods")
    visitor.sees("demo-sign-in")

    visitor.forgot("kit")
    visitor.choose("Authenticator app")
    visitor.sees("answering")
    # The code that was typed when the app was added is spent; the next one counts already.
    page.get_by_label("6-digit code").fill(app.at(time.time() + app.interval))
    visitor.press("Continue")
    visitor.sees("choosing")
    visitor.choose("Saved code")
    visitor.sees("answering")
    page.get_by_label("Saved code", exact=True).fill(codes[0])
    visitor.press("Continue")
    visitor.sees("renewing")
    visitor.renew(NEW)
    visitor.sees("done")
    page.goto(f"{visitor.base}/demo")
    assert visitor.signs_in("kit", NEW)


def test_a_wrong_password_signs_nobody_in(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/sign-in")
    visitor.sees("demo-sign-in")
    sign_in(visitor, "not the password")
    page.get_by_text("That name and password don").wait_for()
    visitor.complaints = [said for said in visitor.complaints if "status of 422" not in said]
    page.goto(f"{visitor.base}/methods")
    visitor.sees("demo-sign-in")
