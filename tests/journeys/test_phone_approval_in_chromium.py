"""A second browser as the phone: added by its code, approving by the number, saying no, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from servers.browser_phone import BrowserPhone
from servers.demo import Visitor
from servers.story import NEW

from keyback.config.demo.people import KITS

WAY = "Approve on my phone"


@pytest.fixture
def phone(chromium: Any, demo: str) -> Iterator[BrowserPhone]:
    phone = BrowserPhone(chromium, demo)
    yield phone
    phone.context.close()


def sign_in(visitor: Visitor, password: str) -> None:
    visitor.page.goto(f"{visitor.base}/methods")
    visitor.sees("demo-sign-in")
    visitor.page.get_by_label("User name").fill("kit")
    visitor.page.get_by_label("Password").fill(password)
    visitor.press("Sign in")
    visitor.sees("methods")


def begin_to_add(visitor: Visitor) -> str:
    """Until the picture is there; the code that it holds."""
    visitor.page.get_by_role("link", name="Add a method").click()
    visitor.choose(WAY)
    visitor.sees("phone-adding")
    visitor.page.get_by_text("No camera?").click()
    return str(visitor.page.locator(".typed").last.inner_text()).replace(" ", "")


def asked(visitor: Visitor) -> str:
    """A reset that waits for the phone; the number on its page."""
    visitor.forgot("kit")
    visitor.choose(WAY)
    visitor.sees("answering")
    return str(visitor.page.locator(".shown-number").inner_text())


def test_kit_adds_a_phone_and_comes_back_by_it(visitor: Visitor, phone: BrowserPhone) -> None:
    page = visitor.page
    sign_in(visitor, KITS)
    compared = phone.joins(begin_to_add(visitor))
    # Nothing of the code stays in the phone's address.
    assert phone.page.url == phone.address
    page.get_by_label("Number on your phone").fill("000000" if compared != "000000" else "111111")
    visitor.press("Confirm")
    visitor.is_told_of_a_problem()
    page.get_by_label("Number on your phone").fill(compared)
    page.get_by_label("Name, so that you know it later").fill("My old phone")
    visitor.press("Confirm")
    page.get_by_role("heading", name="Approve on my phone is added").wait_for()
    assert page.get_by_text("My old phone").count()
    phone.is_told("Nothing waits for you.")

    page.get_by_role("link", name="Add a method").click()
    visitor.choose("Saved code")
    visitor.sees("saved-codes")
    codes = page.locator(".paper li").all_inner_texts()
    page.get_by_label("I’ve put them somewhere safe").check()
    visitor.press("Done")
    page.get_by_role("heading", name="Saved code is added").wait_for()
    page.get_by_role("link", name="Sign out").click()
    visitor.press("Sign out")

    number = asked(visitor)
    phone.is_told("Somebody resets the password of kit.")
    phone.approves(f"{(int(number) + 1) % 1000:03}")
    phone.is_told("That isn’t the number on the page. You can try 2 more times.")
    assert visitor.stage == "answering"
    phone.approves(number)
    phone.is_told("Approved. Go on where you started.")
    visitor.sees("choosing")
    visitor.choose("Saved code")
    visitor.sees("answering")
    page.get_by_label("Saved code", exact=True).fill(codes[0])
    visitor.press("Continue")
    visitor.sees("renewing")
    visitor.renew(NEW)
    visitor.sees("done")

    # The key is still there when the page is opened anew, and cannot be taken out.
    phone.opens()
    phone.is_told("Nothing waits for you.")
    assert phone.page.evaluate(EXTRACTABLE) == [False]

    number = asked(visitor)
    phone.press("I didn’t ask for this")
    phone.press("Stop self-service for my account")
    phone.is_told("Self-service is stopped for your account")
    # Before the first proof a refusal is silence.
    visitor.press("I’ve done it")
    page.get_by_text("We’ve heard nothing from your phone yet.").wait_for()
    assert phone.complaints == []
    visitor.complaints = [said for said in visitor.complaints if "status of 422" not in said]


EXTRACTABLE = """() => new Promise((resolve) => {
  const asked = indexedDB.open("keyback-phone", 1);
  asked.onsuccess = () => {
    const all = asked.result.transaction("devices").objectStore("devices").getAll();
    all.onsuccess = () => resolve(all.result.map((device) => device.key.extractable));
  };
})"""
