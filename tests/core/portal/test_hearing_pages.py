"""A page that waits for a phone: nothing to type, and it goes on when something was heard."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pretend_portal import ID, NOW, ORIGIN, PROOF, SUBJECT, Portal, a_recovery

from keyback.core.contracts.channel import Heard
from keyback.core.contracts.method import Challenge, Prompt
from keyback.core.contracts.text import Text
from keyback.core.recovery.state import Pick, Recovery, Sent, Stage
from keyback.core.service.tickets import Answered, Ticket

FIRST = Ticket(ID, "first-key")
WAITING = Challenge(Prompt(Text("Press #"), Text("It rings."), widget="waiting"), timedelta(minutes=5))


def called(**values: Any) -> Recovery:
    pick = Pick("voice", "c1", WAITING, NOW)
    return a_recovery(stage=Stage.ANSWERING, pick=pick, sent=(Sent("voice", NOW),), **values)


@pytest.fixture
def held(portal: Portal) -> Portal:
    return portal.holding(called())


def test_there_is_nothing_to_type(held: Portal) -> None:
    page = held.get()
    assert "Waiting for your phone." in page.text
    assert re.search(r"data-go-on>I&#39;ve done it|data-go-on>I’ve done it|data-go-on>I\'ve done it", page.text)
    assert f'data-poll="/recover/{ID}/stage"' in page.text
    assert not re.search(r'<input(?![^>]*type="hidden")', page.text)


def test_while_nothing_was_heard_the_page_stays_and_says_so(held: Portal) -> None:
    held.service.answers["answer"] = Answered(called(), FIRST, "not-heard")
    page = held.post()
    assert page.status_code == 200
    assert "heard nothing from your phone yet" in page.text


def test_what_was_declined_is_told_after_the_first_proof(portal: Portal) -> None:
    known = called(found=True, subject=SUBJECT, proofs=(PROOF,))
    held = portal.holding(known)
    held.service.answers["answer"] = Answered(known, FIRST, "declined")
    page = held.post()
    assert page.status_code == 422
    assert "The request was declined on your phone." in page.text


def test_too_late_is_no_approval(held: Portal) -> None:
    held.service.answers["answer"] = Answered(called(), FIRST, "expired")
    page = held.post()
    assert page.status_code == 422
    assert "No approval came." in page.text


@pytest.mark.parametrize("heard", [True, False])
def test_the_waiting_script_learns_that_something_was_heard(held: Portal, heard: bool) -> None:
    held.service.answers["heard"] = heard
    assert held.browser.get(f"/recover/{ID}/stage", base_url=ORIGIN).json["heard"] is heard


def test_a_carrier_is_told_what_to_do_next(held: Portal) -> None:
    held.service.answers["call_back"] = Heard(reply="<Response/>", reply_type="text/xml")
    answer = held.browser.post("/callback/twilio/token", base_url=ORIGIN, data={"Digits": "#"})
    assert (answer.text, answer.content_type) == ("<Response/>", "text/xml; charset=utf-8")
    assert held.service.asked_for("call_back") == [["twilio", "token", {"Digits": "#"}]]


def test_whatever_is_not_from_a_carrier_is_no_page(held: Portal) -> None:
    answer = held.browser.post("/callback/twilio/token", base_url=ORIGIN, data={"Digits": "#"})
    assert answer.status_code == 404


@pytest.mark.parametrize("body", ["Digits=1&Digits=2", "Digits"])
def test_what_could_be_read_in_two_ways_is_refused(held: Portal, body: str) -> None:
    form = "application/x-www-form-urlencoded"
    answer = held.browser.post("/callback/twilio/token", base_url=ORIGIN, data=body, content_type=form)
    assert answer.status_code == 400
    assert held.service.asked_for("call_back") == []


def test_a_page_that_is_only_looked_at_calls_nobody_back(held: Portal) -> None:
    assert held.browser.get("/callback/twilio/token", base_url=ORIGIN).status_code == 405
