"""Before you go on: what is asked after a sign-in, what is let past, and where people are then."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pretend_portal import ORIGIN, portal_settings
from pyotp import TOTP
from servers.doors import doors
from servers.small_house import SmallHouse, small_house
from signed_in_sessions import InSession, sign_in

from keyback.core.contracts.entry import Entry
from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.recovery.policy import EnrolmentRules, Policy, ProofRules
from keyback.plugins.methods.authenticator import Authenticator

HEADERS = {"Sec-Fetch-Site": "same-origin"}
ASKED = "/methods/asked?to=/accounts"
RULES = EnrolmentRules(later_allowed=2, later_for=timedelta(days=7), confirm_again_after=timedelta(days=90))
NEEDS_A_DEVICE = Policy(
    "p", proof=ProofRules(optional=frozenset({"authenticator", "email", "saved_codes"})), enrolment=RULES
)
INTRANET = Entry("intranet", "Intranet", home_url="https://intranet.example.org/")


@dataclass
class Pages:
    """Jo's browser, after a sign-in; paper is all they have."""

    house: SmallHouse
    browser: Any
    methods: EnrolmentPages
    jo: InSession

    def get(self, path: str = ASKED) -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def post(self, path: str = ASKED, **fields: str) -> Any:
        token = self.house.staff.enrolling.form_token(self.jo.who)
        return self.browser.post(path, base_url=ORIGIN, headers=HEADERS, data={"token": token, **fields})

    def sign_in_again(self, key: str) -> None:
        self.jo = sign_in(self.house, key=key)

    def add_app(self) -> Any:
        self.post("/methods/add", method="authenticator")
        challenge = self.house.staff.enrolling.pending(self.jo.who, "authenticator")
        assert challenge is not None
        code = TOTP(challenge.secret["secret"]).at(self.house.clock())
        return self.post("/methods/add/authenticator", move="continue", code=code)

    def grow_old(self) -> None:
        self.add_app()
        self.house.clock.forward(days=95)
        self.sign_in_again("much later")

    def first(self, to: str) -> str:
        with self.browser.application.test_request_context():
            return self.methods.first(self.jo.who, to)


@pytest.fixture
def pages(tmp_path: Path, migrated: Path) -> Iterator[Pages]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, methods=[Authenticator(Authenticator.Settings())])
    house.store.change("id-of-jo", contacts=())
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [NEEDS_A_DEVICE], who="the tests", why="tests")
    with house.records.db.read() as tx:
        house.snapshots.at_least(house.records.settings.version(tx))
    settings = portal_settings(now=house.clock)
    methods = EnrolmentPages(house.staff.enrolling, lambda _: pages.jo.who, settings, doors(INTRANET))
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    app.register_blueprint(create_portal(house.service, doors(INTRANET), settings, methods=methods))
    pages = Pages(house, app.test_client(), methods, sign_in(house))
    yield pages
    database.close()


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text))).replace("’", "'")


def test_after_a_sign_in_people_are_asked_before_the_page_that_they_wanted(pages: Pages) -> None:
    assert pages.first("/accounts") == ASKED
    said = words(pages.get())
    assert "Before you go on: one more method" in said
    assert 'You can choose "Later" 2 more times, until 8 June 2030.' in said


def test_whoever_wants_my_methods_is_there_already(pages: Pages) -> None:
    assert pages.first("/methods") == "/methods"


def test_later_goes_on_to_the_page_that_they_wanted(pages: Pages) -> None:
    later = pages.post(move="later")
    assert (later.status_code, later.location) == (303, "/accounts")
    assert pages.first("/accounts") == "/accounts"
    pages.sign_in_again("key-2")
    assert 'You can choose "Later" once more, until 8 June 2030.' in words(pages.get())


def used_up(pages: Pages) -> None:
    for key in ("key-2", "key-3"):
        pages.sign_in_again(key)
        pages.post(move="later")
    pages.sign_in_again("key-4")


def test_once_it_is_used_up_nothing_of_theirs_is_reached_before_they_added_one(pages: Pages) -> None:
    used_up(pages)
    page = pages.get()
    assert "Add a method now. It can't be put off any more." in words(page)
    assert 'value="later"' not in page.text
    assert pages.post(move="later").location == ASKED
    for path in ("/methods", "/methods/rename/x"):
        assert pages.get(path).location == f"/methods/asked?to={path}"
    assert pages.get("/sign-out").status_code == 200
    assert pages.get("/methods/add").status_code == 200
    pages.post(move="add")
    assert "is added" in words(pages.add_app())
    assert pages.get("/methods").status_code == 200


def test_what_they_wanted_is_kept_until_they_added_it(pages: Pages) -> None:
    assert pages.post(move="add").location == "/methods/add"
    added = pages.add_app()
    assert f'href="{ASKED}"' in added.text
    assert ASKED in pages.get("/methods").text
    there = pages.get()
    assert (there.status_code, there.location) == (303, "/accounts")
    # They are there; nothing is wanted any more.
    assert ASKED not in pages.get("/methods").text


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example"])
def test_it_leads_nowhere_else(pages: Pages, to: str) -> None:
    assert pages.post(f"/methods/asked?to={to}", move="later").location == "/"


def test_a_form_of_another_session_puts_nothing_off(pages: Pages) -> None:
    other = pages.house.staff.enrolling.form_token(sign_in(pages.house, key="key-9").who)
    assert pages.post(move="later", token=other).status_code == 403
    assert pages.first("/accounts") == ASKED


# Is this still right? ---------------------------------------------------------------------------------------------


def one_by_one(pages: Pages) -> list[str]:
    return re.findall(r'name="which" value="([^"]+)"', pages.get().text)


def test_whoever_came_to_their_methods_by_a_door_goes_back_by_it(pages: Pages) -> None:
    back = '<a class="out" href="https://intranet.example.org/" rel="noreferrer">Back to Intranet</a>'
    assert back not in pages.get("/methods").text
    came = pages.get("/go/intranet/methods")
    assert (came.status_code, came.location) == (303, "/methods")
    assert back in pages.get("/methods").text
    assert back in pages.add_app().text


def test_whoever_comes_to_their_methods_is_asked_there_and_by_no_unknown_door(pages: Pages) -> None:
    assert pages.first("/go/intranet/methods") == "/go/intranet/methods"
    assert pages.get("/go/nobody/methods").status_code == 404


def test_what_is_old_is_shown_whatever_they_wanted(pages: Pages) -> None:
    pages.grow_old()
    assert pages.first("/accounts") == ASKED
    assert pages.first("/methods") == "/methods/asked?to=/methods"
    said = words(pages.get())
    assert "Is this still right?" in said
    assert "It's been 3 months. Check each one once." in said
    assert len(one_by_one(pages)) == 2


def test_each_yes_leaves_the_others_and_the_last_one_goes_on(pages: Pages) -> None:
    pages.grow_old()
    first, second = one_by_one(pages)
    assert pages.post(move="yes", which=first).location == ASKED
    assert one_by_one(pages) == [second]
    pages.post(move="yes", which=second)
    assert pages.get().location == "/accounts"


def test_an_address_is_right_when_its_code_comes_back(pages: Pages) -> None:
    now, person = pages.house.clock(), pages.jo.who.person.id
    with pages.house.records.db.write() as tx:
        mailbox = pages.house.records.enrolments.add(
            tx, person, "email", "j••••@ho••••.example", {"to": "jo@home.example"}, proven_at=now, usable_from=now
        )
    pages.grow_old()
    there = pages.post(move="yes", which=mailbox).location
    assert there.startswith("/methods/check/email.")
    assert "Enter the code we e‑mailed" in words(pages.get(there))
    pages.house.work()
    assert mailbox in one_by_one(pages)
    wrong = pages.post(there, move="continue", code="00000000")
    assert wrong.status_code == 422
    code = str(pages.house.sent("email")[-1].subject).split()[0]
    assert pages.post(there, move="continue", code=code).location == ASKED
    assert mailbox not in one_by_one(pages)


def test_what_is_not_right_any_more_is_removed_and_then_it_goes_on(pages: Pages) -> None:
    pages.grow_old()
    first, _ = one_by_one(pages)
    removing = pages.post(move="remove", which=first).location
    assert removing == f"/methods/remove/{first}"
    removed = pages.post(removing, move="remove")
    assert "is removed" in words(removed)
    assert f'href="{ASKED}"' in removed.text


def test_a_question_can_always_be_put_off_until_the_next_sign_in(pages: Pages) -> None:
    pages.grow_old()
    for key in ("a", "b", "c"):
        pages.sign_in_again(key)
        assert pages.post(move="later").location == "/accounts"
        assert pages.first("/accounts") == "/accounts"


# The default, and what each is good for ----------------------------------------------------------------------------


def test_the_default_is_chosen_in_the_list_and_said_there(pages: Pages) -> None:
    pages.add_app()
    assert 'value="authenticator.app"' in pages.get("/methods").text
    assert pages.post("/methods/default", way="authenticator.app").location == "/methods"
    page = pages.get("/methods")
    assert "Authenticator app Default" in words(page)
    assert 'value="authenticator.app"' not in page.text


def test_the_list_says_what_each_is_good_for(pages: Pages) -> None:
    assert "Good as first or second proof." in words(pages.get("/methods"))
