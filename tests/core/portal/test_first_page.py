"""The start page is made once, and reads the same as if it were made for everybody."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from itertools import product

import pytest
from flask import Flask, g, template_rendered
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader
from pretend_portal import LISTED, Portal, open_portal

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.text import Text
from keyback.core.portal.headers import nonce
from keyback.core.portal.moulds import MOST, Moulds
from keyback.core.service.gate import NotHuman

PAGE = (
    "<p title=\"{{ name }}\">{% if entry %}<a href='{{ entry }}'>{{ name }}</a>{% endif %}<b>{{ csp_nonce() }}</b></p>"
)
WORDS = st.text(st.characters(codec="utf-8"), max_size=30)


def an_app() -> Flask:
    app = Flask("moulds")
    app.jinja_options = {"loader": DictLoader({"page.html": PAGE})}
    app.jinja_env.globals["csp_nonce"] = nonce
    return app


@given(st.lists(st.tuples(WORDS, WORDS), max_size=6))
def test_whatever_is_filled_in_the_page_is_the_one_that_would_have_been_made(people: list[tuple[str, str]]) -> None:
    app, moulds, asked = an_app(), Moulds(), list[str]()

    def make(values: Mapping[str, str]) -> str:
        asked.append(values["name"])
        return app.jinja_env.get_template("page.html").render(values)

    for name, entry in people:
        with app.test_request_context():
            g.csp_nonce = nonce()
            assert moulds.page("page", {"name": name, "entry": entry}, make) == make({"name": name, "entry": entry})
    # Each page was made here to compare; by the moulds only once for each set of values that are there.
    assert len(asked) - len(people) == len({(bool(name), bool(entry)) for name, entry in people})


def test_it_keeps_no_more_pages_than_people_can_want() -> None:
    moulds = Moulds()
    with an_app().test_request_context():
        for turn in range(3 * MOST):
            assert moulds.page(turn, {}, lambda _: f"page {turn}") == f"page {turn}"  # noqa: B023
            assert len(moulds._made) <= MOST


def test_a_template_that_breaks_leaves_the_nonce_that_the_answer_says() -> None:
    def breaks(_: Mapping[str, str]) -> str:
        raise KeyError

    with an_app().test_request_context():
        mine = nonce()
        with pytest.raises(KeyError):
            Moulds().page("page", {}, breaks)
        assert nonce() == mine


@pytest.mark.parametrize("name", ["maya", '"><script>', "{{ 7 * 7 }}", "ä&amp;"])
def test_the_second_page_says_what_its_own_reader_typed(portal: Portal, name: str) -> None:
    portal.service.answers["start"] = NotAllowed(Text("The check ran out of time. Press Continue again."))
    pages = [portal.post("/recover", identifier=typed).text for typed in ("whoever was first", name)]
    assert "whoever was first" not in pages[1]
    (value,) = re.findall(r'<input id="identifier"[^>]*? value="([^"]*)"', pages[1])
    assert html.unescape(value) == name


def test_each_page_has_the_nonce_of_its_own_headers(portal: Portal) -> None:
    for _ in range(3):
        page = portal.get("/recover")
        (allowed,) = re.findall(r"style-src 'nonce-([^']*)'", page.headers["Content-Security-Policy"])
        assert set(re.findall(r'nonce="([^"]*)"', page.text)) == {allowed}


@pytest.mark.parametrize(
    "arrived", ["/recover", "/recover?x=1", "/recover?login_hint=jo&x=%22%3E%3Cb%3E", "/go/alderwick?login_hint=maya"]
)
def test_each_readers_menu_leads_back_to_where_they_are(portal: Portal, arrived: str) -> None:
    portal.get("/recover?login_hint=whoever+was+first")
    page, query = portal.get(arrived).text, arrived.partition("?")[2]
    assert "whoever" not in page
    (german,) = re.findall(r'<a href="([^"]*)" lang="de"', page)
    assert html.unescape(german) == (f"?{query}&language=de" if query else "?language=de")


@pytest.mark.parametrize("fields", [{"identifier": ""}, {"identifier": "jo", "check": "picture"}])
def test_a_page_is_made_once_whatever_the_address_and_the_door_say(fields: dict[str, str]) -> None:
    portal, made = open_portal(), list[object]()

    def hear(_app: object, template: object, **_: object) -> None:
        made.append(template)

    with template_rendered.connected_to(hear, portal.app):
        for number in range(3):
            portal.get(f"/recover?x={number}")
            portal.get(f"/go/alderwick?login_hint=jo{number}")
            portal.post("/recover", entry="alderwick", return_to=LISTED, **fields)
    assert len(made) == 3


def test_whoever_walks_through_all_pages_has_each_made_once() -> None:
    portal, made = open_portal(), list[object]()
    doors = ({}, {"entry": "alderwick"}, {"entry": "alderwick", "return_to": LISTED})
    wishes = ({}, {"check": "picture"}, {"picture_text": "x", "picture_task": "old"})
    reasons = (NotAllowed(Text("No such name.")), NotHuman(Text("Too late.")), NotHuman(Text("Wrong.")))

    def walk() -> None:
        for language, door in product(("en", "de"), doors):
            headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": language}
            portal.get("/go/alderwick" if door else "/recover", headers=headers, query_string=door)
            for name, wish, portal.service.answers["start"] in product(("", " ", "jo"), wishes, reasons):
                assert portal.post("/recover", headers, identifier=name, **door, **wish).status_code in {200, 422}

    def hear(_app: object, template: object, **_: object) -> None:
        made.append(template)

    walk()
    with template_rendered.connected_to(hear, portal.app):
        walk()
    assert made == []


def test_a_mistake_is_said_in_each_readers_language(portal: Portal) -> None:
    for tag, heading in (("en", "There is a problem"), ("de", "Es gibt ein Problem"), ("en", "There is a problem")):
        page = portal.post("/recover", {"Sec-Fetch-Site": "same-origin", "Accept-Language": tag}, identifier="")
        assert f'lang="{tag}"' in page.text
        assert heading in page.text


def test_two_mistakes_are_two_pages(portal: Portal) -> None:
    for words in ("Wait ten minutes.", "Wait eleven minutes."):
        portal.service.answers["start"] = NotAllowed(Text(words))
        assert words in portal.post("/recover", identifier="maya").text
