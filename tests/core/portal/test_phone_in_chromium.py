"""The phone's page in a real browser: what it shows, how it is woken, and that nobody is kept out of any of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from pretend_portal import NOW, Portal, open_portal
from servers.browser_phone import BrowserPhone
from servers.on_a_port import on_a_port
from servers.story import wait_until
from servers.walk import ASK

from keyback.core.contracts.device import Statement
from keyback.core.service.enrolling.phones import Reply, Request, Said

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WAITS = Request("r1", "maya.okafor", NOW - timedelta(seconds=12), NOW + timedelta(minutes=4))


@dataclass
class Desk:
    """Stands for the service that phones talk to: a phone that joined is known once a test says so."""

    waiting: tuple[Request, ...] = ()
    known: bool = False
    said: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, Reply] = field(default_factory=dict)

    def hear(self, statement: Statement) -> Reply:
        words = json.loads(statement.words)
        self.said.append(words)
        if words["what"] == "asks":
            return Reply(Said.WAITING, self.waiting) if self.known else Reply(Said.UNKNOWN)
        return self.answers.get(words["what"], Reply(Said.JOINED))

    def heard(self, what: str) -> list[dict[str, str]]:
        return [words for words in self.said if words["what"] == what]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Portal, str]]:
    with on_a_port() as (server, base):
        portal = open_portal(portal_url=base, secure=False)
        server.app = portal.app
        yield portal, base


@pytest.fixture
def desk(served: tuple[Portal, str]) -> Desk:
    desk, service = Desk(), served[0].fresh().service
    service.hear = desk.hear  # type: ignore[method-assign]
    service.wake_key = lambda: WAKE_KEY  # type: ignore[method-assign]
    return desk


@pytest.fixture
def phone(chromium: Any, served: tuple[Portal, str]) -> Iterator[BrowserPhone]:
    phone = BrowserPhone(chromium, served[1])
    yield phone
    assert phone.complaints == []
    phone.context.close()


WAKE_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


def judged(phone: BrowserPhone) -> list[str]:
    """What axe says of the page as it stands there, and whether it fits."""
    phone.page.evaluate(f"{AXE}; 0")
    faults: list[str] = phone.page.evaluate(ASK)
    broad = phone.page.evaluate("document.documentElement.scrollWidth")
    return faults + ([f"is {broad} px broad"] if broad > 390 else [])


def joined(phone: BrowserPhone, desk: Desk, *waiting: Request) -> None:
    """A phone whose owner confirmed it."""
    phone.joins("ABCD")
    desk.known, desk.waiting = True, waiting
    phone.page.locator("[data-part=waiting]").wait_for()


def test_every_state_of_the_page_keeps_nobody_out(desk: Desk, phone: BrowserPhone) -> None:
    phone.opens()
    phone.page.get_by_label("Code from the page where you’re signed in").wait_for()
    assert judged(phone) == []
    desk.answers["joins"] = Reply(Said.NOT_JOINED)
    phone.press("Use this phone")
    phone.is_told("This code can’t be used, or not any more.")
    assert judged(phone) == []
    desk.answers.clear()
    phone.joins("abcd efgh")
    assert judged(phone) == []
    desk.known, desk.waiting = True, (WAITS, Request("r2", "m.okafor.admin", NOW, NOW))
    phone.page.get_by_role("heading", name="Somebody resets the password of m.okafor.admin.").wait_for()
    assert judged(phone) == []
    desk.answers["decides"] = Reply(Said.WRONG, left=1)
    phone.page.get_by_role("button", name="Approve").first.click()
    phone.is_told("That isn’t the number on the page. You can try once more.")
    assert judged(phone) == []
    phone.page.get_by_role("button", name="I didn’t ask for this").last.click()
    assert judged(phone) == []


def test_what_was_typed_stays_while_the_page_asks_again(desk: Desk, phone: BrowserPhone) -> None:
    joined(phone, desk, WAITS)
    field = phone.page.get_by_label("Number on the page")
    field.fill("04")
    asked = len(desk.heard("asks"))
    wait_until(lambda: len(desk.heard("asks")) > asked + 1, "two more questions")
    assert field.input_value() == "04"
    assert phone.page.evaluate("document.activeElement.inputMode") == "numeric"


def test_a_request_that_is_over_goes_and_what_was_answered_is_said(desk: Desk, phone: BrowserPhone) -> None:
    joined(phone, desk, WAITS)
    desk.waiting = ()
    phone.is_told("Nothing waits for you.")
    assert phone.page.locator("[data-request]").count() == 0
    desk.waiting = (WAITS, Request("r2", "maya.okafor", NOW, NOW))
    desk.answers["decides"] = Reply(Said.APPROVED)
    phone.page.get_by_label("Number on the page").first.fill("042")
    phone.page.get_by_label("Number on the page").first.press("Enter")
    phone.is_told("Approved. Go on where you started.")
    (said,) = desk.heard("decides")
    assert (said["request"], said["number"], said["decision"]) == ("r1", "042", "approve")
    desk.answers["decides"] = Reply(Said.OVER)
    phone.approves("043")
    phone.is_told("This request is over.")


def test_declining_takes_two_presses(desk: Desk, phone: BrowserPhone) -> None:
    joined(phone, desk, WAITS)
    desk.answers["decides"] = Reply(Said.STOPPED)
    phone.press("I didn’t ask for this")
    phone.press("Cancel")
    phone.press("I didn’t ask for this")
    assert desk.heard("decides") == []
    phone.press("Stop self-service for my account")
    phone.is_told("Self-service is stopped for your account")
    assert [said["decision"] for said in desk.heard("decides")] == ["decline"]


def test_a_phone_that_was_removed_forgets_its_key(desk: Desk, phone: BrowserPhone) -> None:
    joined(phone, desk)
    desk.known = False
    phone.is_told("This phone was removed from your methods.")
    phone.page.get_by_label("Code from the page where you’re signed in").wait_for()
    asked = len(desk.said)
    phone.opens()
    phone.page.get_by_label("Code from the page where you’re signed in").wait_for()
    assert len(desk.said) == asked


def test_a_phone_whose_clock_is_wrong_signs_by_ours(desk: Desk, phone: BrowserPhone) -> None:
    phone.context.add_init_script("Date.now = () => 0;")
    phone.joins("ABCD")
    assert abs(int(desk.heard("joins")[0]["at"]) - NOW.timestamp() * 1000) < 60_000


def test_a_push_wakes_it_with_our_words_and_opens_the_page(
    desk: Desk, phone: BrowserPhone, served: tuple[Portal, str]
) -> None:
    phone.context.grant_permissions(["notifications"], origin=served[1])
    joined(phone, desk)
    wire = phone.context.new_cdp_session(phone.page)
    seen: list[Any] = []
    wire.on("ServiceWorker.workerRegistrationUpdated", lambda said: seen.extend(said["registrations"]))
    wire.send("ServiceWorker.enable")
    wait_until(lambda: phone.page.wait_for_timeout(100) or seen, "the worker")
    assert seen[0]["scopeURL"] == phone.address
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    push = {
        "origin": served[1],
        "registrationId": seen[0]["registrationId"],
        "data": "Something waits for you at Acme.",
    }
    wire.send("ServiceWorker.deliverPushMessage", push)
    shown = "navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map((n) => n.title))"
    wait_until(lambda: phone.page.evaluate(shown) == ["Something waits for you at Acme."], "a notification")
