"""`keyback demo` in a real browser: what a newcomer sees in the first five minutes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import requests
from servers.demo import Visitor, eyes_of
from servers.human import read
from servers.story import NEW

from keyback.config.demo.people import NOORS
from keyback.plugins.human_checks.picture_and_sound import PictureAndSound

# Whether an answer would be judged at once; every page says so to its own script.
JUDGED = "async () => !(await (await fetch(`${location.pathname}/stage`)).json()).waiting"


def test_maya_forgot_and_gets_back_in(visitor: Visitor) -> None:
    visitor.forgot("maya")
    visitor.prove("maya@home.example", "+447700900142")
    visitor.renew(NEW)
    visitor.sees("done")
    visitor.page.get_by_role("link", name="Back to Alderwick").click()
    visitor.sees("demo-sign-in")
    assert visitor.signs_in("maya", NEW)


def test_maya_resets_with_a_signed_answer_and_the_company_reads_it_out(visitor: Visitor) -> None:
    visitor.overlook_what_came_before()
    page = visitor.page
    page.goto(f"{visitor.base}/demo")
    page.get_by_role("link", name="Reset with a signed answer").click()
    page.get_by_label("Work e-mail or user name").fill("maya")
    visitor.press("Continue")
    visitor.sees("choosing")
    visitor.prove("maya@home.example", "+447700900142")
    visitor.renew("amber harbours sing by night")
    visitor.sees("done")
    page.get_by_role("link", name="Back to Alderwick").click()
    visitor.sees("demo-proved")
    assert page.locator("h1").inner_text() == "Keyback proved: maya"
    proofs = page.locator("main li").all_inner_texts()
    assert proofs[0] == "Proof: a code by e-mail, from an app or from paper"
    assert proofs[1] == "Proof: a code by text message"
    assert proofs[2].startswith("What was done: a new password, ")
    token = json.loads(page.locator("pre").inner_text())
    assert (token["iss"], token["aud"], token["acr"]) == (visitor.base, "alderwick-oidc", "urn:keyback:reset:2")
    page.get_by_role("link", name="Sign in to Alderwick").click()
    assert visitor.signs_in("maya", "amber harbours sing by night")
    assert visitor.complaints == []


def test_a_reload_on_every_page_and_the_back_button_at_the_end_change_nothing(visitor: Visitor) -> None:
    visitor.forgot("jo.frost@alderwick.example")
    for way, medium, to in (
        ("E-mail", "email", "jo.frost@alderwick.example"), ("Text message", "sms", "+447700900178"),
    ):  # fmt: skip
        visitor.reload()
        visitor.sees("choosing")
        visitor.choose(way)
        visitor.sees("answering")
        visitor.reload()
        visitor.sees("answering")
        # As slow as people are: an answer before its moment is put off by a page that cannot be gone back to.
        visitor.page.wait_for_function(JUDGED)
        visitor.type_code(visitor.code(medium, to))
    visitor.sees("renewing")
    visitor.reload()
    visitor.renew(NEW)
    visitor.sees("done")
    visitor.reload()
    visitor.sees("done")
    for _ in range(4):
        visitor.page.go_back()
        # Never a form again, and nothing out of a cache.
        assert visitor.page.locator("form").count() == 0 or visitor.stage.startswith(("start", "demo"))
    visitor.page.goto(f"{visitor.base}/demo")
    assert visitor.signs_in("jfrost", NEW)


def test_continue_comes_after_the_script_that_holds_it_back(visitor: Visitor) -> None:
    held: list[Any] = []
    page = visitor.page

    def hold(script: Any) -> None:
        held.append(script)

    page.route("**/proof_of_work.*.js", hold)
    page.goto(f"{visitor.base}/recover", wait_until="commit")
    page.get_by_label("Work e-mail or user name").fill("jfrost")
    assert page.get_by_role("button", name="Continue").count() == 0
    held.pop().continue_()
    visitor.press("Continue")
    visitor.sees("choosing")


def test_a_new_password_is_answered_while_it_is_typed(visitor: Visitor) -> None:
    visitor.forgot("jfrost")
    visitor.prove("jo.frost@alderwick.example", "+447700900178")
    page, field = visitor.page, visitor.page.get_by_label("New password", exact=True)
    field.press_sequentially("password")
    page.locator(".advice", has_text="This password is in a known data leak. Choose another.").wait_for()
    assert page.locator(".rules .needed").first.inner_text().endswith("15 characters or more: 7 to go")
    assert page.locator(".strength").inner_text() == "Too easy"
    field.fill(NEW)
    page.locator(".strength b:text-is('Strong')").wait_for()
    assert page.locator(".rules .needed, .rules .open").count() == 0
    visitor.renew(NEW)
    visitor.sees("done")


def test_noor_is_locked_out_and_gets_in_with_the_password_that_she_knows(visitor: Visitor, demo: str) -> None:
    form = {"identifier": "noor", "current_password": NOORS}
    assert "Signed in" not in requests.post(f"{demo}/demo", form, timeout=5).text
    page = visitor.page
    page.goto(demo)
    page.get_by_role("link", name="Unlock my account").click()
    assert page.locator(".steps").inner_text().startswith("Step 1 of 2:")
    page.get_by_label("Work e-mail or user name").fill("noor")
    visitor.press("Continue")
    visitor.sees("choosing")
    visitor.prove("noor@home.example", "+447700900156", then="done")
    assert page.locator("h1").inner_text() == "Your account is unlocked"
    page.goto(f"{demo}/demo")
    assert visitor.signs_in("noor", NOORS)


def test_by_keyboard_alone(visitor: Visitor) -> None:
    keys = visitor.page.keyboard
    visitor.page.goto(f"{visitor.base}/go/alderwick")
    _walk_to(visitor, "#identifier")
    keys.type("maya")
    keys.press("Enter")
    visitor.sees("choosing")
    _walk_to(visitor, "input[value=sms]", "input[name=offer]")
    keys.press("ArrowDown")
    assert visitor.page.locator("input[name=offer]:checked").get_attribute("value") == "sms"
    keys.press("Enter")
    visitor.sees("destination")
    _walk_to(visitor, "#destination")
    keys.type("07700 900142")
    keys.press("Enter")
    visitor.sees("answering")
    code = visitor.code("sms", "+447700900142")
    visitor.page.bring_to_front()
    _walk_to(visitor, "#code")
    keys.type(code)
    keys.press("Enter")
    visitor.sees("choosing")
    _walk_to(visitor, "button[value=cancel]")
    keys.press("Enter")
    visitor.sees("closed")


def _walk_to(visitor: Visitor, *targets: str) -> None:
    """Press Tab until it has the focus; a place that Tab does not reach is not there for many people."""
    for _ in range(30):
        if any(visitor.page.evaluate("s => !!document.activeElement?.matches(s)", target) for target in targets):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {targets}")


def test_a_browser_without_scripts_finishes_the_story(chromium: Any, demo: str, demo_folder: Path) -> None:
    visitor = Visitor(chromium, demo, java_script_enabled=False, viewport={"width": 320, "height": 640})
    visitor.overlook_what_came_before()
    page = visitor.page
    page.goto(f"{demo}/go/alderwick")
    page.get_by_label("Work e-mail or user name").fill("maya")
    page.get_by_role("button", name="Use a picture instead").click()
    assert page.get_by_label("Work e-mail or user name").input_value() == "maya"
    _has_picture_and_sound(page)
    eyes = eyes_of(demo_folder)
    page.get_by_label("Type the characters in the picture").fill(_read_by(eyes, page).lower())
    page.keyboard.press("Enter")
    visitor.sees("choosing")
    visitor.prove("maya@home.example", "+447700900142")
    visitor.renew("copper lanterns hum at noon")
    visitor.sees("done")
    page.get_by_role("link", name="Back to Alderwick").click()
    assert visitor.signs_in("maya", "copper lanterns hum at noon")
    assert visitor.complaints == []
    visitor.context.close()


def test_a_picture_on_wish_with_scripts_and_a_wrong_answer(visitor: Visitor, demo: str, demo_folder: Path) -> None:
    page, eyes = visitor.page, eyes_of(demo_folder)
    page.goto(f"{demo}/go/alderwick")
    page.get_by_label("Work e-mail or user name").fill("nobody.at.all")
    # At once: nobody who asks for a picture waits for the proof of work.
    page.get_by_role("button", name="Use a picture instead").click()
    page.get_by_label("Type the characters in the picture").fill("aaaaaa")
    page.get_by_role("button", name="Continue").click()
    visitor.is_told_of_a_problem()
    assert page.get_by_role("link", name="The characters didn’t match. Here’s a new picture.").count() == 1
    page.get_by_role("button", name="Show another picture").click()
    page.wait_for_function("!document.querySelector('.summary')")
    _has_picture_and_sound(page)
    page.get_by_text("Play the sound").click()
    page.evaluate("document.querySelector('audio').muted = true")
    heard = page.evaluate("document.querySelector('audio').play().then(() => document.querySelector('audio').duration)")
    assert 6 < heard < 20
    page.get_by_label("Type the characters in the picture").fill(_read_by(eyes, page))
    page.get_by_role("button", name="Continue").click()
    visitor.sees("choosing")
    # A page that is refused with 422 says so in the console; nothing else may.
    visitor.complaints = [said for said in visitor.complaints if "status of 422" not in said]


def _read_by(eyes: PictureAndSound, page: Any) -> str:
    return read(eyes, page.locator("input[name=picture_task]").get_attribute("value"))


def _has_picture_and_sound(page: Any) -> None:
    """The picture is loaded and fits, and the sound can be reached."""
    page.wait_for_load_state("load")
    width = page.viewport_size["width"]
    assert page.get_by_alt_text("Picture of the characters to type; the same are read aloud below.").is_visible()
    assert page.evaluate("document.querySelector('.picture').naturalWidth") == 260
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sound = page.locator("audio").get_attribute("src")
    assert page.request.get(f"{page.url.split('/recover')[0]}{sound}").headers["content-type"] == "audio/wav"


def test_lee_and_a_name_that_nobody_has_look_like_everybody_at_the_same_time(chromium: Any, demo: str) -> None:
    people = {name: Visitor(chromium, demo) for name in ("sam", "lee", "nobody.at.all")}
    seen: dict[str, list[str]] = {name: [] for name in people}
    for name, visitor in people.items():
        visitor.forgot(name)
        seen[name].append(_plain(visitor.page))
    for name, visitor in people.items():
        visitor.choose("E-mail")
        visitor.sees("answering")
        seen[name].append(_plain(visitor.page))
    for name, visitor in people.items():
        for _ in range(2):
            visitor.type_code("12345678")
            visitor.is_told_of_a_problem()
            seen[name].append(_plain(visitor.page))
        # A page that is refused with 422 says so in the console; nothing else may.
        assert [said for said in visitor.complaints if "status of 422" not in said] == []
        visitor.context.close()
    assert seen["lee"] == seen["sam"]
    assert seen["nobody.at.all"] == seen["sam"]
    kept = requests.get(f"{demo}/demo/outbox.json", timeout=5).json()
    assert "sam@home.example" in {message["to"] for message in kept}
    assert "lee@home.example" not in {message["to"] for message in kept}


def _plain(page: Any) -> str:
    return re.sub(r"\d+ seconds?", "N seconds", page.locator("body").inner_text())
