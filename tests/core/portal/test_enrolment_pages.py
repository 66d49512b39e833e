"""My methods, over a real house: what is listed, added, confirmed, removed, and by whom."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
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

from keyback.core.contracts.people import AccountKey, Person
from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.service.enrolling.enrol import TRIES
from keyback.core.service.enrolling.signed_in import FRESH, SignedIn
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.webauthn import WebAuthn

HEADERS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Pages:
    """The pages, and who is signed in."""

    house: SmallHouse
    who: list[SignedIn] = field(default_factory=list)
    browser: Any = None

    def get(self, path: str = "/methods") -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def post(self, path: str, **fields: str) -> Any:
        token = self.house.staff.enrolling.form_token(self.who[0]) if self.who else "ab"
        return self.browser.post(path, base_url=ORIGIN, headers=HEADERS, data={"token": token, **fields})

    def add_app(self) -> Any:
        assert self.post("/methods/add", method="authenticator").status_code == 303
        return self.post("/methods/add/authenticator", move="continue", code=self.code())

    def code(self) -> str:
        challenge = self.house.staff.enrolling.pending(self.who[0], "authenticator")
        assert challenge is not None
        return TOTP(challenge.secret["secret"]).at(self.house.clock())


@pytest.fixture
def pages(tmp_path: Path, migrated: Path) -> Iterator[Pages]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, methods=[Authenticator(Authenticator.Settings()), WebAuthn(WebAuthn.Settings())])
    account = house.store.look(AccountKey("fake", "id-of-jo"), house.context())
    assert account is not None
    person = Person(house.records.keyring.pseudonym(account.key.store, account.key.id), (account,), account.contacts)
    pages = Pages(house, [SignedIn("s1", person, house.clock())])
    settings = portal_settings(now=house.clock)
    methods = EnrolmentPages(house.staff.enrolling, lambda _: pages.who[0] if pages.who else None, settings, doors())
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods))
    pages.browser = app.test_client()
    yield pages
    database.close()


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


@pytest.mark.parametrize("path", ["/methods", "/methods/add", "/methods/add/authenticator", "/methods/remove/x"])
def test_nobody_gets_in_without_signing_in(pages: Pages, path: str) -> None:
    pages.who.clear()
    for response in (pages.get(path), pages.post(path) if path != "/methods" else pages.get(path)):
        assert (response.status_code, response.location) == (303, f"/sign-in?to={path}")


def test_the_list_says_what_they_have_and_that_it_is_enough(pages: Pages) -> None:
    said = words(pages.get())
    assert "You could get back in today: yes" in said
    assert "Your organisation asks for two different kinds of proof." in said
    assert "You have your e-mail, your phone and your saved codes." in said
    assert "Saved code Paper" in said
    assert "+XX XXXXXXX05" in said
    assert "From your organisation" in said
    assert "+436641234505" not in said


def test_the_list_says_what_is_missing(pages: Pages) -> None:
    pages.house.store.change("id-of-jo", contacts=())
    account = pages.house.store.look(AccountKey("fake", "id-of-jo"), pages.house.context())
    assert account is not None
    pages.who[0] = replace(pages.who[0], person=replace(pages.who[0].person, accounts=(account,), contacts=()))
    said = words(pages.get())
    assert "You could get back in today: no" in said
    assert "You have one: your saved codes. Add an e-mail, a phone, an authenticator app or a passkey." in said


def test_an_app_is_added_by_its_picture_and_its_code(pages: Pages) -> None:
    assert "Authenticator app" in words(pages.get("/methods/add"))
    begun = pages.post("/methods/add", method="authenticator")
    assert (begun.status_code, begun.location) == (303, "/methods/add/authenticator")
    page = pages.get(begun.location)
    assert 'src="data:image/svg+xml' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    added = pages.post(begun.location, move="continue", code=pages.code())
    assert added.status_code == 200
    assert "Authenticator app is added It counts now." in words(added)


def test_its_key_is_never_shown_again(pages: Pages) -> None:
    pages.post("/methods/add", method="authenticator")
    challenge = pages.house.staff.enrolling.pending(pages.who[0], "authenticator")
    assert challenge is not None
    key = challenge.prompt.data["key"]
    assert key in pages.get("/methods/add/authenticator").text
    after = pages.post("/methods/add/authenticator", move="continue", code=pages.code())
    for page in (after, pages.get(), pages.get("/methods/add")):
        assert key not in page.text
        assert key.replace(" ", "") not in page.text
    assert pages.get("/methods/add/authenticator").status_code == 303


def test_a_wrong_code_says_how_often_it_may_be_tried(pages: Pages) -> None:
    pages.post("/methods/add", method="authenticator")
    wrong = "000000" if pages.code() != "000000" else "000001"
    page = pages.post("/methods/add/authenticator", move="continue", code=wrong)
    assert page.status_code == 422
    assert "That code isn’t right. You can try 4 more times." in words(page)
    for _ in range(TRIES - 1):
        page = pages.post("/methods/add/authenticator", move="continue", code=wrong)
    assert "This took too long, or was tried too often. Start again." in words(page)


def test_a_code_of_the_wrong_length_is_no_try(pages: Pages) -> None:
    pages.post("/methods/add", method="authenticator")
    for _ in range(TRIES + 1):
        page = pages.post("/methods/add/authenticator", move="continue", code="12 34")
        assert "The code has 6 digits; this has 4." in words(page)
    assert pages.post("/methods/add/authenticator", move="continue", code=pages.code()).status_code == 200


def test_ten_codes_are_shown_until_they_are_safe_and_never_again(pages: Pages) -> None:
    pages.post("/methods/add", method="saved_codes")
    page = pages.get("/methods/add/saved_codes")
    codes = re.findall(r"<li>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</li>", page.text)
    assert len(codes) == 10
    assert "Keyback codes for Alderwick" in words(page)
    assert "made 1 June 2030" in words(page)
    early = pages.post("/methods/add/saved_codes", move="continue")
    assert "Put the codes somewhere safe first, then tick the box." in words(early)
    done = pages.post("/methods/add/saved_codes", move="continue", safe="yes")
    assert "Saved code is added" in words(done)
    assert not any(code in pages.get().text + done.text for code in codes)
    # They are the only list now, and each opens once.
    assert words(pages.get()).count("Saved code Added") == 1
    pages.house.paper = tuple(codes)
    visit = pages.house.start()
    visit.prove_by_mail()
    assert visit.prove_by_paper(9).recovery.stage == "renewing"


def test_leaving_forgets_what_was_begun(pages: Pages) -> None:
    pages.post("/methods/add", method="authenticator")
    left = pages.post("/methods/add/authenticator", move="cancel")
    assert (left.status_code, left.location) == (303, "/methods")
    assert pages.house.staff.enrolling.pending(pages.who[0], "authenticator") is None


def test_removing_asks_first_and_says_what_is_left(pages: Pages) -> None:
    pages.add_app()
    (link,) = set(
        re.findall(r'href="(/methods/remove/[^"]+)">Remove<span class="ear"> Authenticator', pages.get().text)
    )
    asked = words(pages.get(link))
    assert "Remove Authenticator app?" in asked
    assert "You’d still have your e-mail, your phone and your saved codes." in asked
    assert "Authenticator app is removed" in words(pages.post(link, move="remove"))
    assert "authenticator" not in pages.get().text
    assert pages.get(link).status_code == 404


def test_whoever_signed_in_long_ago_is_asked_to_again(pages: Pages) -> None:
    pages.who[0] = replace(pages.who[0], at=pages.house.clock() - FRESH)
    assert pages.get().status_code == 200
    page = pages.post("/methods/add", method="authenticator")
    assert page.status_code == 403
    assert "To change your methods, sign in again." in words(page)
    assert 'href="/sign-in?to=/methods/add&amp;again=1"' in page.text


@pytest.mark.parametrize("token", ["", "00", "another session's"])
def test_a_form_of_another_session_changes_nothing(pages: Pages, token: str) -> None:
    if "another" in token:
        token = pages.house.staff.enrolling.form_token(replace(pages.who[0], session="s2"))
    assert pages.post("/methods/add", method="authenticator", token=token).status_code == 403
    assert pages.house.staff.enrolling.pending(pages.who[0], "authenticator") is None


def test_choosing_nothing_or_what_is_not_there_is_said(pages: Pages) -> None:
    assert "Choose one way" in words(pages.post("/methods/add"))
    assert "This can’t be added here." in words(pages.post("/methods/add", method="questions"))


def test_without_a_sign_in_there_are_no_such_pages(pages: Pages) -> None:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(create_portal(pages.house.service, doors(), portal_settings()))
    browser = app.test_client()
    assert browser.get("/methods", base_url=ORIGIN).status_code == 404
    assert "My methods" not in browser.get("/", base_url=ORIGIN).text
    assert "My methods" in pages.get("/").text


def test_a_waiting_method_says_from_when_it_counts(pages: Pages) -> None:
    house, who = pages.house, pages.who[0]
    with house.records.db.write() as tx:
        house.records.enrolments.add(
            tx, who.person.id, "authenticator", "", {"secret": "A" * 32, "used": "0"},
            proven_at=house.clock(), usable_from=house.clock() + timedelta(hours=72),
        )  # fmt: skip
    assert "Waiting Counts from Tuesday, 4 June, 12:00 (UTC)." in words(pages.get())


def renaming(pages: Pages) -> str:
    pages.add_app()
    link = re.search(r'href="(/methods/rename/[^"]+)">Rename<span class="ear"> Authenticator', pages.get().text)
    assert link is not None
    return link[1]


def test_what_one_has_can_be_renamed_without_signing_in_again(pages: Pages) -> None:
    link = renaming(pages)
    pages.who[0] = replace(pages.who[0], at=pages.house.clock() - FRESH)
    assert "Rename Authenticator app" in words(pages.get(link))
    assert pages.post(link, move="rename", called="Work phone").status_code == 303
    assert "Authenticator app Work phone" in words(pages.get())


def test_a_name_that_is_too_long_stays_typed(pages: Pages) -> None:
    page = pages.post(renaming(pages), move="rename", called="x" * 41)
    assert page.status_code == 422
    assert "That is too long. It has at most 40 characters." in words(page)
    assert f'value="{"x" * 41}"' in page.text


def test_addresses_and_what_is_gone_have_no_name_to_change(pages: Pages) -> None:
    assert pages.get("/methods/rename/nothing").status_code == 404
    assert not re.search(r'/methods/rename/[^"]+">Rename<span class="ear"> (?:E-mail|Text)', pages.get().text)


def test_the_list_says_how_many_codes_are_left(pages: Pages) -> None:
    assert "You have 3 codes left." in words(pages.get())
    visit = pages.house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    assert "You have 2 codes left." in words(pages.get())


def test_the_list_says_that_the_last_code_was_used(pages: Pages) -> None:
    for which in range(3):
        visit = pages.house.start()
        visit.prove_by_mail()
        visit.prove_by_paper(which)
        pages.house.clock.forward(minutes=20)
    said = words(pages.get())
    assert "Used up" in said
    assert "That was your last saved code" in said
    assert "Make new codes" in said


# Passkeys -----------------------------------------------------------------------------------------------------------

PASSKEY = "/methods/add/webauthn"


def asked_for(pages: Pages) -> str:
    """What the page's script would read, after somebody chose to add a passkey."""
    pages.post("/methods/add", method="webauthn")
    options = re.search(r'data-options="([^"]+)"', pages.get(PASSKEY).text)
    assert options is not None
    return unescape(options[1])


def test_a_passkey_is_added_by_the_name_that_it_is_given(pages: Pages) -> None:
    made = Device().make(asked_for(pages))
    added = words(pages.post(PASSKEY, move="continue", passkey=made, called="My key"))
    assert "Passkey or security key is added It counts now." in added
    assert "Passkey or security key My key" in added


def test_a_device_that_did_nothing_is_no_try(pages: Pages) -> None:
    options = asked_for(pages)
    for _ in range(TRIES + 1):
        page = pages.post(PASSKEY, move="continue", passkey="", called="My key")
        assert page.status_code == 422
        assert "Your device stopped before it was done" in words(page)
        assert 'value="My key"' in page.text
    assert pages.post(PASSKEY, move="continue", passkey=Device().make(options)).status_code == 200


def test_a_passkey_for_another_site_is_not_kept(pages: Pages) -> None:
    made = Device(origin="https://reset.example.org.evil.example").make(asked_for(pages))
    page = pages.post(PASSKEY, move="continue", passkey=made)
    assert page.status_code == 422
    assert "This passkey or key can’t be added. Try another one." in words(page)
    assert "webauthn" not in pages.get().text


def test_three_passkeys_are_the_most_and_each_is_named_to_the_next(pages: Pages) -> None:
    for count in range(3):
        options = asked_for(pages)
        assert len(json.loads(options)["excludeCredentials"]) == count
        assert pages.post(PASSKEY, move="continue", passkey=Device().make(options)).status_code == 200
    assert pages.post("/methods/add", method="webauthn").status_code == 422
