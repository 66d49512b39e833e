"""What was typed while something was added: it stays in another language, and when people have to prove it anew."""

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
from servers.doors import doors
from servers.small_house import SmallHouse, small_house
from signed_in_sessions import InSession, sign_in

from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.service.enrolling.signed_in import FRESH
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.questions import Questions, QuestionsSettings

HEADERS = {"Sec-Fetch-Site": "same-origin"}
ASKED = "/methods/add/questions"
TYPED = {"question-1": "4", "answer-1": "Captain Moth", "answer-2": "the florist"}


@dataclass
class Pages:
    """Jo's browser, just after a sign-in."""

    house: SmallHouse
    browser: Any
    jo: InSession

    def get(self, path: str) -> Any:
        return self.browser.get(path, base_url=ORIGIN, follow_redirects=True)

    def post(self, path: str, **fields: str) -> Any:
        token = self.house.staff.enrolling.form_token(self.jo.who)
        return self.browser.post(path, base_url=ORIGIN, headers=HEADERS, data={"token": token, **fields})

    def in_german(self, path: str, **typed: str) -> Any:
        """Choose the language in the menu of the page, and see it again."""
        switched = self.post(path, language="de", **typed)
        assert (switched.status_code, switched.location) == (303, f"{path}?language=de")
        return self.get(switched.location)


@pytest.fixture
def pages(tmp_path: Path, migrated: Path) -> Iterator[Pages]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    questions = Questions(QuestionsSettings(pepper="p" * 32, accepted_by="Ada Lee"))
    house = small_house(database, methods=[Authenticator(Authenticator.Settings()), questions])
    rules = ProofRules(optional=frozenset({"authenticator", "email", "questions", "saved_codes"}))
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [Policy("p", proof=rules)], who="the tests", why="tests")
    with house.records.db.read() as tx:
        house.snapshots.at_least(house.records.settings.version(tx))
    settings = portal_settings(now=house.clock)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    methods = EnrolmentPages(house.staff.enrolling, lambda _: pages.jo.who, settings, doors())
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods))
    pages = Pages(house, app.test_client(), sign_in(house))
    yield pages
    database.close()


def value(page: Any, field: str) -> str:
    found = re.search(rf'<input id="{field}"[^>]* value="([^"]*)"', page.text)
    assert found is not None
    return unescape(found[1])


def test_in_another_language_the_page_holds_what_was_typed(pages: Pages) -> None:
    pages.post("/methods/add", method="questions")
    page = pages.in_german(ASKED, **TYPED)
    assert 'lang="de"' in page.text
    assert "Bestätigen" in page.text
    assert (value(page, "answer-1"), value(page, "answer-2")) == ("Captain Moth", "the florist")
    assert page.text.count(" selected>") == 1
    # Nothing was judged by it, and nothing counted.
    assert "aria-invalid" not in page.text


def test_the_menu_of_a_page_without_a_form_is_made_of_links(pages: Pages) -> None:
    assert re.search(r'<a href="\?language=de"', pages.get("/methods").text)
    assert not re.search(r'<a href="\?language=de"', pages.get("/methods/add").text)
    assert re.search(r'<button[^>]* form="typed" name="language" value="de"', pages.get("/methods/add").text)


def test_a_draft_is_shown_once_and_on_its_own_page(pages: Pages) -> None:
    pages.post("/methods/add", method="questions")
    pages.post(ASKED, language="de", **TYPED)
    assert "Captain Moth" not in pages.get("/methods").text
    assert "Captain Moth" in pages.get(ASKED).text
    assert "Captain Moth" not in pages.get(ASKED).text


def test_what_is_chosen_stays_when_they_have_to_prove_it_anew(pages: Pages) -> None:
    pages.house.clock.forward(seconds=FRESH.total_seconds())
    assert pages.post("/methods/add", method="questions").status_code == 403
    chosen = re.search(r'value="([^"]+)" checked', pages.get("/methods/add").text)
    assert chosen is not None
    assert chosen[1] == "questions"


def test_a_new_name_stays(pages: Pages) -> None:
    link = re.search(r'href="(/methods/rename/[^"]+)"', pages.get("/methods").text)
    assert link is not None
    assert value(pages.in_german(link[1], called="In the safe"), "called") == "In the safe"


def test_it_is_nobody_elses(pages: Pages) -> None:
    pages.post("/methods/add", method="questions")
    pages.post(ASKED, language="de", **TYPED)
    pages.jo = sign_in(pages.house, key="key-2")
    assert "Captain Moth" not in pages.get(ASKED).text


def test_it_is_gone_after_ten_minutes(pages: Pages) -> None:
    pages.post("/methods/add", method="questions", language="de")
    pages.house.clock.forward(minutes=10)
    chosen = re.search(r'value="([^"]+)" checked', pages.get("/methods/add").text)
    assert chosen is not None
    assert chosen[1] != "questions"


@pytest.mark.parametrize("tag", ["xx", "../de", ""])
def test_a_language_that_we_do_not_speak_is_none(pages: Pages, tag: str) -> None:
    switched = pages.post("/methods/add", method="questions", language=tag)
    assert switched.status_code == 303
    if tag:
        assert pages.get(switched.location).status_code == 400


def test_where_they_wanted_to_go_comes_along_and_is_a_page_of_ours(pages: Pages) -> None:
    for to, kept in (("/accounts", "/accounts"), ("//evil.example", "/")):
        switched = pages.post(f"/methods/prove?to={to}", language="de")
        assert switched.location == f"/methods/prove?to={kept}&language=de"
