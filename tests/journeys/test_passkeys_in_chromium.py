"""A passkey in a real browser: added, used, refused once it was copied, and worth nothing once it is removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.colleague import Colleague
from servers.demo import Visitor, joins
from servers.story import NEW
from servers.virtual_phone import VirtualPhone
from servers.ways import Paper

from keyback.config.demo.people import KITS

STOPPED = "Your device stopped before it was done"
OLD_BROWSER = """delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON; delete PublicKeyCredential.prototype.toJSON;"""
# What the page asks the browser for, in order; a browser refuses a second request while the first one waits.
WRITE_DOWN = """window.asked = [];
const get = navigator.credentials.get.bind(navigator.credentials);
navigator.credentials.get = (how) => {
  asked.push(how.mediation || "by the button");
  how.signal?.addEventListener("abort", () => asked.push("given up"));
  return get(how);
};"""


@pytest.fixture
def phone(visitor: Visitor) -> VirtualPhone:
    return VirtualPhone(visitor)


def sign_in(visitor: Visitor, password: str) -> None:
    visitor.page.goto(f"{visitor.base}/methods")
    visitor.sees("demo-sign-in")
    visitor.page.get_by_label("User name").fill("kit")
    visitor.page.get_by_label("Password").fill(password)
    visitor.press("Sign in")
    visitor.sees("methods")


def sign_out(visitor: Visitor) -> None:
    visitor.page.get_by_role("link", name="Sign out").click()
    visitor.press("Sign out")
    visitor.page.get_by_role("heading", name="You’re signed out").wait_for()


def add(visitor: Visitor, way: str, page: str) -> None:
    visitor.page.get_by_role("link", name="Add a method").click()
    visitor.choose(way)
    visitor.sees(page)


def use_passkey(visitor: Visitor) -> None:
    visitor.forgot("kit")
    visitor.choose("Passkey or security key")
    visitor.sees("answering")


def refusals_are_expected(visitor: Visitor) -> None:
    visitor.complaints = [said for said in visitor.complaints if "status of 422" not in said]


def test_kit_adds_a_passkey_and_comes_back_by_it(visitor: Visitor, phone: VirtualPhone) -> None:
    page = visitor.page
    sign_in(visitor, KITS)
    add(visitor, "Passkey or security key", "add-passkey")
    phone.knows_its_owner(False)
    visitor.press("Add it")
    page.get_by_text(STOPPED).wait_for()
    phone.knows_its_owner(True)
    page.get_by_label("Name, so that you know it later").fill("My laptop")
    page.evaluate(OLD_BROWSER)
    visitor.press("Add it")
    page.get_by_role("heading", name="Passkey or security key is added").wait_for()
    assert page.get_by_text("My laptop").count()

    add(visitor, "Passkey or security key", "add-passkey")
    visitor.press("Add it")
    page.get_by_text("This device is added already.").wait_for()
    visitor.press("Back to my methods")
    visitor.sees("methods")

    add(visitor, "Saved code", "saved-codes")
    codes = page.locator(".paper li").all_inner_texts()
    page.get_by_label("I’ve put them somewhere safe").check()
    visitor.press("Done")
    page.get_by_role("heading", name="Saved code is added").wait_for()
    sign_out(visitor)

    use_passkey(visitor)
    page.evaluate(OLD_BROWSER)
    visitor.press("Use passkey or key")
    visitor.sees("choosing")
    visitor.choose("Saved code")
    visitor.sees("answering")
    page.get_by_label("Saved code", exact=True).fill(codes[0])
    visitor.press("Continue")
    visitor.sees("renewing")
    visitor.renew(NEW)
    visitor.sees("done")

    passkey = phone.holds()
    use_passkey(visitor)
    phone.has_signed(passkey, 0)
    visitor.press("Use passkey or key")
    visitor.is_told_of_a_problem()
    assert page.get_by_role("link", name="This passkey isn’t one you added here").count()
    # The owner's own is not shut out by its copy.
    phone.has_signed(passkey, 50)
    visitor.press("Use passkey or key")
    visitor.sees("choosing")

    sign_in(visitor, NEW)
    page.get_by_role("link", name="Remove Passkey").click()
    visitor.press("Remove")
    page.get_by_role("heading", name="is removed").wait_for()
    use_passkey(visitor)
    visitor.press("Use passkey or key")
    visitor.is_told_of_a_problem()
    refusals_are_expected(visitor)


def test_a_passkey_is_chosen_from_the_browsers_list_or_by_the_button(visitor: Visitor, demo_folder: Path) -> None:
    page, phone = visitor.page, VirtualPhone(visitor, lists=True)
    robin = Colleague(visitor, joins(demo_folder, KITS), KITS)
    robin.sign_in()
    add(visitor, "Passkey or security key", "add-passkey")
    visitor.press("Add it")
    page.get_by_role("heading", name="Passkey or security key is added").wait_for()
    robin.add(Paper())
    robin.sign_out()

    # Nobody pressed anything: the list at the field is enough.
    visitor.forgot(robin.name)
    visitor.choose("Passkey or security key")
    page.get_by_role("heading", name="One more proof").wait_for()

    phone.is_at_hand(False)
    visitor.context.add_init_script(WRITE_DOWN)
    visitor.forgot(robin.name)
    visitor.choose("Passkey or security key")
    named = page.get_by_label("Work e-mail or user name")
    named.wait_for()
    assert named.input_value() == robin.name
    visitor.press("Use passkey or key")
    page.wait_for_function("asked.join() === 'conditional,given up,by the button'")
    phone.is_at_hand(True)
    visitor.reload()
    page.get_by_role("heading", name="One more proof").wait_for()
