"""Proving it right there: from the page that asks to sign in again, to the page that was wanted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pretend_portal import ORIGIN, portal_settings
from pyotp import TOTP
from servers.device import Device
from servers.doors import doors
from servers.small_house import SmallHouse, small_house
from signed_in_sessions import InSession, sign_in

from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.service.enrolling.fresh_proofs import TRIES
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.webauthn import WebAuthn

HEADERS = {"Sec-Fetch-Site": "same-origin"}
PROVE = "/methods/prove?to=/methods/add"


@dataclass
class Pages:
    """A browser in which jo signed in; an hour ago, unless they come back."""

    house: SmallHouse
    browser: Any
    jo: InSession
    device: Device

    def get(self, path: str) -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def post(self, path: str, **fields: str) -> Any:
        token = self.house.staff.enrolling.form_token(self.jo.who)
        return self.browser.post(path, base_url=ORIGIN, headers=HEADERS, data={"token": token, **fields})

    def code(self) -> str:
        return TOTP(self.jo.seed).at(self.house.clock())

    def wrong(self) -> str:
        return "000000" if self.code() != "000000" else "000001"

    def add_both(self) -> None:
        """An app and a passkey, while the sign-in was fresh."""
        self.post("/methods/add", method="authenticator")
        challenge = self.house.staff.enrolling.pending(self.jo.who, "authenticator")
        assert challenge is not None
        self.jo.seed = challenge.secret["secret"]
        self.post("/methods/add/authenticator", move="continue", code=self.code())
        self.post("/methods/add", method="webauthn")
        made = self.device.make(options(self.get("/methods/add/webauthn")))
        self.post("/methods/add/webauthn", move="continue", passkey=made)
        self.house.clock.forward(hours=1)


@pytest.fixture
def pages(tmp_path: Path, migrated: Path) -> Iterator[Pages]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, methods=[Authenticator(Authenticator.Settings()), WebAuthn(WebAuthn.Settings())])
    jo, settings = sign_in(house), portal_settings(now=house.clock)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    methods = EnrolmentPages(house.staff.enrolling, lambda _: jo.who, settings, doors())
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods))
    pages = Pages(house, app.test_client(), jo, Device())
    pages.add_both()
    yield pages
    database.close()


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text))).replace("’", "'")


def options(page: Any) -> str:
    """What the page's script would read."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found is not None
    return unescape(found[1])


def choose(pages: Pages, offer: str) -> Any:
    begun = pages.post(PROVE, offer=offer)
    assert begun.status_code == 303
    return begun.location


def test_whoever_signed_in_long_ago_may_prove_it_here_and_is_back_where_they_were(pages: Pages) -> None:
    asked = pages.post("/methods/add", method="authenticator")
    assert asked.status_code == 403
    assert "Or prove it's you here" in words(asked)
    assert 'href="/methods/prove?to=/methods/add"' in asked.text
    there = choose(pages, "authenticator.app")
    assert there == "/methods/prove/authenticator.app?to=/methods/add"
    assert "Enter the code from your app" in words(pages.get(there))
    back = pages.post(there, move="continue", code=pages.code())
    assert (back.status_code, back.location) == (303, "/methods/add")
    assert pages.post("/methods/add", method="authenticator").status_code == 303


def test_a_passkey_does_it_too(pages: Pages) -> None:
    there = choose(pages, "webauthn.passkey")
    signed = pages.device.sign(options(pages.get(there)))
    assert pages.post(there, move="continue", passkey=signed).status_code == 303
    assert pages.jo.who.is_fresh(pages.house.clock())


def test_what_they_have_is_offered_and_mail_is_not(pages: Pages) -> None:
    page = pages.get(PROVE)
    assert {"authenticator", "webauthn", "saved_codes", "sms"} == set(re.findall(r'data-method="([^"]+)"', page.text))
    assert "After that you can change your methods for 5 minutes." in words(page)


def by_text(pages: Pages) -> str:
    (offer,) = re.findall(r'value="(sms\.[^"]+)"', pages.get(PROVE).text)
    there: str = choose(pages, offer)
    return there


def test_a_text_does_it_too(pages: Pages) -> None:
    there = by_text(pages)
    assert "Enter the code we texted" in words(pages.get(there))
    pages.house.work()
    code = str(pages.house.sent("sms")[-1].text).split()[0]
    wrong = pages.post(there, move="continue", code="00000000" if code != "00000000" else "00000001")
    assert "That code isn't right. Check the newest message. You can try 4 more times." in words(wrong)
    assert pages.post(there, move="continue", code=code).location == "/methods/add"
    assert pages.jo.who.is_fresh(pages.house.clock())


def test_another_text_is_sent_when_it_is_time(pages: Pages) -> None:
    there = by_text(pages)
    early = pages.post(there, move="again")
    assert early.status_code == 429
    assert "The one you have is still good." in words(early)
    pages.house.clock.forward(seconds=31)
    assert pages.post(there, move="again").location == there
    assert "Another code is on its way" in words(pages.get(there))


def test_a_code_that_is_too_old_is_said(pages: Pages) -> None:
    there = by_text(pages)
    pages.house.clock.forward(minutes=6)
    assert "This took too long" in words(pages.post(there, move="continue", code="12345678"))


def test_a_wrong_code_stays_and_says_how_often_it_may_be_tried(pages: Pages) -> None:
    there = choose(pages, "authenticator.app")
    page = pages.post(there, move="continue", code=pages.wrong())
    assert page.status_code == 422
    assert "That code isn't right. You can try 4 more times." in words(page)
    assert f'value="{pages.wrong()}"' in page.text


def test_too_many_wrong_codes_close_it_for_a_while(pages: Pages) -> None:
    there = choose(pages, "authenticator.app")
    for _ in range(TRIES - 1):
        pages.post(there, move="continue", code=pages.wrong())
    over = pages.post(there, move="continue", code=pages.wrong())
    assert "Choose another way." in words(over)
    page = pages.post(PROVE, offer="authenticator.app")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "30")
    assert "Too many tries for now." in words(page)


def test_a_code_of_the_wrong_length_is_no_try(pages: Pages) -> None:
    there = choose(pages, "authenticator.app")
    for _ in range(TRIES + 1):
        page = pages.post(there, move="continue", code="12")
        assert "The code has 6 digits; this has 2." in words(page)
    assert pages.post(there, move="continue", code=pages.code()).status_code == 303


@pytest.mark.parametrize("offer", ["", "sms.x", "authenticator.other", "saved_codes.of-somebody-else"])
def test_what_is_not_theirs_cannot_be_chosen(pages: Pages, offer: str) -> None:
    assert pages.post(PROVE, offer=offer).status_code == 422


def test_whoever_is_fresh_is_asked_nothing(pages: Pages) -> None:
    there = choose(pages, "authenticator.app")
    pages.post(there, move="continue", code=pages.code())
    page = pages.get(PROVE)
    assert (page.status_code, page.location) == (303, "/methods/add")


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_it_leads_nowhere_else(pages: Pages, to: str) -> None:
    begun = pages.post(f"/methods/prove?to={to}", offer="authenticator.app")
    assert begun.location == "/methods/prove/authenticator.app?to=/"


def test_a_form_of_another_session_proves_nothing(pages: Pages) -> None:
    there = choose(pages, "authenticator.app")
    other = pages.house.staff.enrolling.form_token(sign_in(pages.house, key="key-3").who)
    assert pages.post(there, move="continue", code=pages.code(), token=other).status_code == 403
    assert not pages.jo.who.is_fresh(pages.house.clock())


def test_the_answer_page_of_nothing_that_was_drawn_asks_to_choose(pages: Pages) -> None:
    page = pages.get("/methods/prove/authenticator.app?to=/methods/add")
    assert (page.status_code, page.location) == (303, "/methods/prove?to=/methods/add")
