"""The front door lists what can be done here, and every page names the company and whom to call."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from pretend_portal import ID, Portal, a_recovery, open_portal, portal_settings

from keyback.core.contracts.brand import Logo
from keyback.core.contracts.text import Text
from keyback.core.portal.settings import HelpDesk
from keyback.core.portal.welcome import NEEDS, FrontDoor, Need
from keyback.core.recovery.state import Stage

LATER = Need("portal.who", Text("My methods"), Text("Choose how you prove it's you next time."), "M0 0", before=True)
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'


def door(app: Flask, *needs: Need, sign_in_url: str = "", sign_in_first: bool = False) -> str:
    """The page of a front door with these needs."""
    look = portal_settings(sign_in_url=sign_in_url, sign_in_first=sign_in_first)
    with app.test_request_context(base_url=look.portal_url):
        app.preprocess_request()
        return str(FrontDoor((*NEEDS, *needs), look, lambda: True).welcome().get_data(as_text=True))


def links(page: str) -> list[tuple[str, str]]:
    """What can be chosen, in its order; the main one is marked."""
    found = re.findall(r'<li(?: class="(main)")?><svg.*?<a href="[^"]*">(.*?)</a>', page, re.DOTALL)
    return [(label, main) for main, label in found]


def test_only_what_can_be_done_is_listed(portal: Portal) -> None:
    page = portal.get("/").text
    assert links(page) == [("Reset my password", "main")]
    assert "Before it happens" not in page
    assert "Sign in first" not in page


def test_every_listed_need_leads_to_a_page_of_ours(portal: Portal) -> None:
    assert {need.endpoint for need in NEEDS} <= set(portal.app.view_functions)


def test_what_needs_the_password_stands_under_a_heading_of_its_own(portal: Portal) -> None:
    page = door(portal.app, LATER)
    above, _, below = page.partition("<h2>Before it happens</h2>")
    assert (links(above), links(below)) == ([("Reset my password", "main")], [("My methods", "")])
    assert "You need your password for this." in page
    assert "You need your password for these two." in door(portal.app, LATER, LATER)


@pytest.mark.parametrize(
    ("first", "listed"),
    [
        (False, [("Reset my password", "main"), ("Sign in first", "")]),
        (True, [("Sign in first", "main"), ("Reset my password", "")]),
    ],
)
def test_a_setting_says_whether_the_need_or_the_sign_in_comes_first(
    portal: Portal, first: bool, listed: list[tuple[str, str]]
) -> None:
    page = door(portal.app, sign_in_url="/sign-in", sign_in_first=first)
    assert links(page) == listed
    assert 'href="/sign-in"' in page


def test_without_a_sign_in_the_need_is_the_main_thing_whatever_is_set(portal: Portal) -> None:
    assert links(door(portal.app, sign_in_first=True)) == [("Reset my password", "main")]


# The company, on every page ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company() -> Portal:
    """A company that set everything."""
    return open_portal(
        help_desk=HelpDesk("01632 960 123", "tel:+441632960123", "weekdays 7–19"),
        privacy_link="https://alderwick.example/privacy",
        accessibility_link="mailto:access@alderwick.example",
        logo=Logo("logo.svg", PICTURE),
    )


@pytest.mark.parametrize(
    "path", ["/", "/recover", "/go/alderwick", f"/recover/{ID}", "/nowhere", "/broken", "/wasnt-me/x"]
)
def test_the_foot_names_help_privacy_accessibility_and_keyback_in_this_order(company: Portal, path: str) -> None:
    portal = company.fresh().holding(a_recovery(stage=Stage.CLOSED, closed_because="expired"))
    foot = portal.get(path).text.partition("<footer>")[2]
    named = ['href="tel:+441632960123"', "weekdays 7–19", ">Privacy</a>", ">Accessibility</a>", "<b>Key</b>back"]
    places = [foot.index(name) for name in named]
    assert places == sorted(places)


def test_nothing_that_is_not_set_stands_in_the_foot(portal: Portal) -> None:
    foot = portal.get("/").text.partition("<footer>")[2]
    assert "<a " not in foot
    assert "Help desk 01632 960 123, weekdays 7–19" in foot


def test_the_number_can_be_pressed_where_a_try_ended(company: Portal) -> None:
    closed = a_recovery(stage=Stage.CLOSED, closed_because="no-way-left")
    sheet = company.fresh().holding(closed).get().text.partition("<footer>")[0]
    assert 'Help desk <a href="tel:+441632960123" rel="noreferrer">01632 960 123</a>' in sheet


def test_the_logo_is_ours_to_serve_and_runs_nothing_even_when_it_is_opened(company: Portal) -> None:
    page = company.get("/").text
    (address,) = re.findall(r'<img src="(/static/logo\.[0-9a-f]{12}\.svg)" alt="">', page)
    picture = company.get(address)
    assert (picture.data, picture.content_type) == (PICTURE, "image/svg+xml; charset=utf-8")
    policy = picture.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'"} <= set(policy)
    assert picture.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_themselves_are_not_boxed_in(company: Portal) -> None:
    assert "sandbox" not in company.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(("says_name", "shown"), [(False, "<span>Alderwick</span>"), (True, '<span class="ear">Ald')])
def test_the_companys_name_is_there_for_the_ear_whatever_the_logo_says(says_name: bool, shown: str) -> None:
    assert shown in open_portal(logo=Logo("logo.png", b"\x89PNG\r\n\x1a\n", says_name)).get("/").text
