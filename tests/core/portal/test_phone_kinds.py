"""What kind of phone is added: by text or by call as its owner says, and by call alone where no text arrives."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from pretend_portal import ORIGIN, portal_settings
from servers.adding import signed_in
from servers.doors import doors
from servers.small_house import SmallHouse, small_house

from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.portal.phone_kinds import meant
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.testing import FakeChannel
from keyback.plugins.methods.voice import Voice

MOBILE, LANDLINE = "0664 1234506", "01 5234567"


class Exchange(FakeChannel):
    """Carries calls too."""

    media = frozenset({"sms", "email", "voice"})


@pytest.fixture
def house(database: Database) -> SmallHouse:
    house = small_house(database, methods=[Voice(Voice.Settings())], channel=Exchange())
    let(house, "email", "sms", "voice")
    return house


def let(house: SmallHouse, *methods: str) -> None:
    """What everybody's policy counts."""
    with house.records.db.write() as tx:
        policy = Policy("everybody", proof=ProofRules(optional=frozenset(methods)))
        house.records.settings.save_policies(tx, [policy], who="the tests", why="tests")
    house.snapshots.at_least(99)


@pytest.fixture
def send(house: SmallHouse) -> Any:
    """Posts a form of Jo's, follows where it leads, and lets the back office work."""
    app, settings, who = Flask(__name__, static_folder=None), portal_settings(now=house.clock), signed_in(house)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    pages = EnrolmentPages(house.staff.enrolling, lambda _: who, settings, doors())
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=pages))
    browser, headers = app.test_client(), {"Sec-Fetch-Site": "same-origin"}

    def send(path: str, **fields: str) -> Any:
        form = {"token": house.staff.enrolling.form_token(who), "move": "continue", **fields}
        page = browser.post(path, base_url=ORIGIN, headers=headers, data=form, follow_redirects=True)
        house.work()
        return page

    return send


@pytest.mark.parametrize(
    ("typed", "way"),
    [
        ({"kind": "mobile", "check": "sms"}, "sms"),
        ({"kind": "mobile", "check": "voice"}, "voice"),
        ({"kind": "landline", "check": "sms"}, "voice"),
        ({"kind": "office", "check": "sms", "extension": ""}, "voice"),
        ({"kind": "mobile", "check": "sms", "extension": "12"}, "voice"),
        ({"kind": "carrier pigeon", "check": "owl"}, "voice"),
    ],
)
def test_only_a_mobile_phone_without_an_extension_gets_a_text(typed: dict[str, str], way: str) -> None:
    assert {meant(key, typed) for key in ("sms", "voice")} == {way}
    assert meant("email", typed) == "email"


@pytest.mark.parametrize("key", ["sms", "voice"])
def test_a_page_that_asks_for_no_kind_adds_what_it_was_asked_for(key: str) -> None:
    assert meant(key, {"destination": MOBILE}) == key


def test_a_landline_is_called_although_a_text_was_begun(house: SmallHouse, send: Any) -> None:
    assert "What kind of phone?" in send("/methods/add", method="sms").text
    page = send("/methods/add/sms", kind="landline", check="sms", region="AT", destination=LANDLINE, extension="")
    assert page.request.path == "/methods/add/voice"
    assert [message.to for message in house.sent("voice")] == ["+4315234567"]
    assert house.sent("sms") == []


def test_an_office_phone_keeps_its_extension(house: SmallHouse, send: Any) -> None:
    send("/methods/add", method="sms")
    send("/methods/add/sms", kind="office", check="sms", region="AT", destination=LANDLINE, extension="4711")
    (rung,) = house.sent("voice")
    assert rung.call is not None
    assert (rung.to, rung.call.extension) == ("+4315234567", "4711")


def test_a_mobile_phone_may_be_texted_although_a_call_was_begun(house: SmallHouse, send: Any) -> None:
    send("/methods/add", method="voice")
    send("/methods/add/voice", kind="mobile", check="sms", region="AT", destination=MOBILE, extension="")
    assert [message.to for message in house.sent("sms")] == ["+436641234506"]


def test_what_is_wrong_is_said_on_a_page_that_goes_on_with_the_same_phone(house: SmallHouse, send: Any) -> None:
    send("/methods/add", method="sms")
    page = send("/methods/add/sms", kind="landline", check="sms", region="AT", destination="12", extension="")
    assert page.status_code == 422
    assert 'action="/methods/add/voice"' in page.text
    assert 'value="landline" checked' in page.text
    # Once more from the page before: nothing is begun twice, and nothing is lost.
    again = send("/methods/add/sms", kind="landline", check="sms", region="AT", destination=LANDLINE, extension="")
    assert again.request.path == "/methods/add/voice"
    assert len(house.sent("voice")) == 1


def test_where_only_calls_can_be_added_nothing_is_asked(house: SmallHouse, send: Any) -> None:
    let(house, "email", "voice")
    page = send("/methods/add", method="voice").text
    assert "What kind of phone?" not in page
    assert "Call me" in page
    refused = send("/methods/add/voice", kind="mobile", check="sms", region="AT", destination=MOBILE, extension="")
    assert (refused.status_code, house.sent("sms")) == (422, [])
