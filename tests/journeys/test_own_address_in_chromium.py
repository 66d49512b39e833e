"""Kit adds a phone and a mailbox in a real browser, goes wrong, comes back by them, and takes them away again."""

from __future__ import annotations

from servers.demo import Visitor
from servers.story import NEW

from keyback.config.demo.people import KITS

PHONE, MAILBOX = "+447700900165", "kit@home.example"


def sign_in(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.base}/methods")
    visitor.page.get_by_label("User name").fill("kit")
    visitor.page.get_by_label("Password").fill(KITS)
    visitor.press("Sign in")
    visitor.sees("methods")


def asks_for(visitor: Visitor, way: str) -> None:
    visitor.page.goto(f"{visitor.base}/methods/add")
    visitor.choose(way)
    visitor.sees("add-address")


def forgive(visitor: Visitor) -> None:
    """The browser writes down every answer that is no 200; ours were meant."""
    visitor.complaints = [said for said in visitor.complaints if "status of 422" not in said]


def add_phone(visitor: Visitor) -> None:
    """With a slip of the pen, a number that no text reaches, and a wrong code."""
    page = visitor.page
    asks_for(visitor, "Text message")
    assert page.get_by_label("Country or region").locator("option:checked").inner_text() == "United Kingdom +44"
    for typed, why in (("07700", "too short"), ("+49 900 1234567", "don’t reach this kind")):
        page.get_by_label("Phone number").fill(typed)
        visitor.press("Send code")
        visitor.is_told_of_a_problem()
        assert why in page.locator(".summary").inner_text()
        assert page.get_by_label("Phone number").input_value() == typed
    page.get_by_label("Phone number").fill("07700 900165")
    visitor.press("Send code")
    visitor.sees("add-code")
    assert PHONE in page.locator("main").inner_text()
    visitor.reload()
    page.get_by_label("Code from the text message").fill("00000000")
    visitor.press("Continue")
    visitor.is_told_of_a_problem()
    code = visitor.code("sms", PHONE)
    page.get_by_label("Code from the text message").fill(code)
    visitor.press("Continue")
    page.get_by_role("heading", name="Text message is added").wait_for()


def add_mailbox(visitor: Visitor) -> None:
    page = visitor.page
    asks_for(visitor, "E-mail")
    page.get_by_label("E-mail address").fill("wrong@home.example")
    visitor.press("Send code")
    visitor.sees("add-code")
    visitor.press("Use another address")
    visitor.sees("add-address")
    assert page.get_by_label("E-mail address").input_value() == "wrong@home.example"
    page.get_by_label("E-mail address").fill(MAILBOX)
    visitor.press("Send code")
    visitor.sees("add-code")
    code = visitor.code("email", MAILBOX)
    page.get_by_label("Code from the e-mail").fill(code)
    visitor.press("Continue")
    page.get_by_role("heading", name="E-mail is added").wait_for()


def test_kit_adds_a_phone_and_a_mailbox_comes_back_by_them_and_removes_them(visitor: Visitor) -> None:
    page = visitor.page
    sign_in(visitor)
    add_phone(visitor)
    add_mailbox(visitor)
    forgive(visitor)
    assert page.locator("[data-get-back=yes]").count() == 1

    visitor.forgot("kit")
    visitor.choose("E-mail")
    visitor.sees("answering")
    visitor.type_code(visitor.code("email", MAILBOX))
    visitor.sees("choosing")
    visitor.choose("Text message")
    visitor.sees("answering")
    visitor.type_code(visitor.code("sms", PHONE))
    visitor.sees("renewing")
    visitor.renew(NEW)
    visitor.sees("done")


def test_used_up_tries_end_it(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/methods")
    page.get_by_label("User name").fill("kit")
    page.get_by_label("Password").fill(NEW)
    visitor.press("Sign in")
    visitor.sees("methods")
    asks_for(visitor, "Text message")
    page.get_by_label("Phone number").fill("07700 900111")
    visitor.press("Send code")
    visitor.sees("add-code")
    for _ in range(5):
        page.get_by_label("Code from the text message").fill("00000000")
        visitor.press("Continue")
        visitor.is_told_of_a_problem()
    visitor.sees("add-method")
    assert "Start again" in page.locator(".summary").inner_text()
    forgive(visitor)

    page.goto(f"{visitor.base}/methods")
    for method in ("sms", "email"):
        page.locator(f"[data-method={method}]").get_by_role("link", name="Remove").click()
        visitor.sees("remove-method")
        visitor.press("Remove")
        page.get_by_role("status").get_by_text("is removed").wait_for()
    assert page.locator("[data-get-back=no]").count() == 1
