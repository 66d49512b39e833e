"""A phone over HTTP, on both databases: added, believed once and for its own request alone, declined, removed."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pretend_portal import ORIGIN, portal_settings
from servers.doors import doors
from servers.phone import Phone
from servers.phone_home import KEY, Home, a_home, asked
from servers.small_house import NEW, Visit

from keyback.core.contracts.device import Statement
from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.plugins.methods._device_key import compared

HOST = ORIGIN.removeprefix("https://")
ADD = f"/methods/add/{KEY}"


@dataclass
class Jo:
    """Somebody with a computer and a phone; the phone has no cookie."""

    home: Home
    browser: FlaskClient
    pocket: FlaskClient

    def get(self, path: str) -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def post(self, path: str, **fields: str) -> Any:
        if path.startswith("/methods"):
            token = self.home.house.staff.enrolling.form_token(self.home.who())
        else:
            (token,) = re.findall(r'name="token" value="([^"]+)"', self.get(path).text)
        form = {"token": token, **fields}
        return self.browser.post(path, base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}, data=form)

    def says(self, said: Statement) -> Any:
        form = {"device": said.device, "words": said.words, "signature": said.signature}
        answer = self.pocket.post("/phone/say", base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}, data=form)
        return answer.get_json()

    def begins(self) -> tuple[Visit, str]:
        """A recovery in this browser, that waits for the phone."""
        visit = self.home.house.start()
        key = f"{visit.ticket.recovery_id}.{visit.ticket.key}"
        self.browser.set_cookie("__Host-kb_j", key, domain=HOST, secure=True)
        self.home.house.work()
        here = f"/recover/{visit.ticket.recovery_id}"
        self.post(here, move="continue", offer=KEY)
        return visit, here

    def stage(self, here: str) -> Any:
        return self.get(f"{here}/stage").get_json()


@pytest.fixture
def jo(either_database: Database) -> Jo:
    home = a_home(either_database, origin=ORIGIN)
    settings = portal_settings(now=home.house.clock)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    methods = EnrolmentPages(home.house.staff.enrolling, lambda _: home.who(), settings, doors())
    app.register_blueprint(create_portal(home.house.service, doors(), settings, methods=methods))
    return Jo(home, app.test_client(), app.test_client())


def words(page: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))).replace("’", "'")


def number_on(page: Any) -> str:
    (number,) = re.findall(r'class="shown-number">(\d{3})<', page.text)
    return str(number)


def test_from_adding_it_to_the_new_password(jo: Jo) -> None:
    clock, phone = jo.home.house.clock, Phone(ORIGIN)
    jo.post("/methods/add", method=KEY)
    (code,) = re.findall(r"<p class=\"typed\">([A-Z2-7 ]{26,})</p>", jo.get(ADD).text)
    code = code.replace(" ", "")
    assert "Your phone hasn't answered yet." in words(jo.post(ADD, move="continue", code="123456"))
    assert jo.says(phone.joins(code, clock()))["said"] == "joined"
    assert "Approve on my phone is added It counts now." in words(
        jo.post(ADD, move="continue", code=compared(phone.public, code), called="Blue one")
    )
    assert "Blue one" in words(jo.get("/methods"))

    visit, here = jo.begins()
    (request,) = jo.says(phone.says("asks", clock()))["waiting"]
    assert request["account"] == "jo"
    assert jo.stage(here)["heard"] is False
    number = number_on(jo.get(here))
    decides = {"request": request["id"], "number": number, "decision": "approve"}
    assert jo.says(phone.says("decides", clock(), **decides))["said"] == "approved"
    assert jo.stage(here)["heard"] is True
    before = visit.ticket.key
    assert jo.post(here, move="continue").status_code == 303
    # The browser's own key was renewed by the proof, as ever.
    cookie = jo.browser.get_cookie("__Host-kb_j", domain=HOST)
    assert cookie is not None
    assert before not in cookie.value
    (offer,) = re.findall(r'value="(saved_codes\.\d+)"', jo.get(here).text)
    jo.post(here, move="continue", offer=offer)
    jo.post(here, move="continue", code=jo.home.house.paper[0])
    jo.post(here, move="continue", new_password=NEW, new_password_again=NEW)
    assert jo.home.house.opens("jo", NEW)


def test_a_stolen_signature_is_worth_nothing_elsewhere_or_again(jo: Jo) -> None:
    clock, phone = jo.home.house.clock, jo.home.phone
    first, _ = jo.begins()
    stolen = phone.approves(asked(first), clock())
    clock.forward(seconds=1)
    _, there = jo.begins()
    assert jo.says(stolen)["said"] == "approved"
    # The second recovery's page hears nothing of it.
    assert jo.stage(there)["heard"] is False
    assert "We've heard nothing from your phone yet." in words(jo.post(there, move="continue"))
    assert jo.says(stolen)["said"] == "over"


def test_declined_it_is_silent_on_the_page_and_nobody_can_start_anew(jo: Jo) -> None:
    clock, phone = jo.home.house.clock, jo.home.phone
    visit, here = jo.begins()
    said = phone.approves(asked(visit), clock(), decision="decline", number="")
    assert jo.says(said)["said"] == "stopped"
    assert jo.stage(here) == {**jo.stage(here), "stage": "answering", "heard": False}
    assert "We've heard nothing from your phone yet." in words(jo.post(here, move="continue"))
    again, there = jo.begins()
    assert jo.says(phone.says("asks", clock()))["waiting"] == []
    assert jo.says(phone.approves(asked(again), clock()))["said"] == "over"
    assert jo.stage(there)["heard"] is False


def test_a_phone_that_was_removed_is_told_so_and_approves_nothing(jo: Jo) -> None:
    clock, phone = jo.home.house.clock, jo.home.phone
    visit, here = jo.begins()
    (mine,) = [one for one in jo.home.house.staff.enrolling.mine.look(jo.home.who()).mine if one.method == KEY]
    assert "is removed" in words(jo.post(f"/methods/remove/{mine.id}", move="remove"))
    assert jo.says(phone.says("asks", clock()))["said"] == "unknown"
    assert jo.says(phone.approves(asked(visit), clock()))["said"] == "unknown"
    assert jo.stage(here)["heard"] is False


def guesses(jo: Jo, here: str, off_by: int) -> str:
    """A number that is not the one on the page, for what waits; what the phone is told."""
    clock, phone = jo.home.house.clock, jo.home.phone
    clock.forward(seconds=1)
    waiting = jo.says(phone.says("asks", clock()))["waiting"]
    if not waiting:
        return "nothing waits"
    wrong = f"{(int(number_on(jo.get(here))) + off_by) % 1000:03}"
    said = phone.says("decides", clock(), request=waiting[-1]["id"], number=wrong, decision="approve")
    return str(jo.says(said)["said"])


def shown(jo: Jo, here: str) -> str:
    """What is read on the page, whatever the number and the seconds."""
    return re.sub(r"\d+", "N", words(jo.get(here)))


def test_three_wrong_numbers_end_a_request_and_six_requests_the_day_while_the_page_stays_as_it_was(jo: Jo) -> None:
    _, here = jo.begins()
    as_it_was = shown(jo, here)
    for _ in range(6):
        assert [guesses(jo, here, wrong) for wrong in (1, 2, 3)] == ["wrong", "wrong", "over"]
        # From then on not even the right one is heard.
        assert guesses(jo, here, 0) == "nothing waits"
        assert jo.stage(here)["heard"] is False
        assert "We've heard nothing from your phone yet." in words(jo.post(here, move="continue"))
        assert shown(jo, here) == as_it_was
        jo.home.house.clock.forward(minutes=20)
        _, here = jo.begins()
    # Eighteen numbers of a thousand in a day, even with the phone in hand.
    assert guesses(jo, here, 0) == "nothing waits"
    assert shown(jo, here) == as_it_was
    jo.home.house.clock.forward(hours=24)
    _, here = jo.begins()
    assert guesses(jo, here, 0) == "approved"
