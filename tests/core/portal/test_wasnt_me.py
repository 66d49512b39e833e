"""The page that a notice's link leads to."""

from __future__ import annotations

from typing import Any

import pytest
from pretend_portal import Portal

from keyback.core.contracts.errors import StoreUnavailable

LINK = "/wasnt-me/abcdefgh234567"
HEADERS = {"Sec-Fetch-Site": "same-origin"}


def press(portal: Portal, headers: dict[str, str] | None = None, data: object = b"move=stop") -> Any:
    """As a browser sends the form."""
    return portal.browser.post(
        LINK, base_url="https://reset.alderwick.example", headers=HEADERS if headers is None else headers, data=data,
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_asks_and_stops_nothing(portal: Portal, method: str) -> None:
    portal.service.answers["may_stop"] = True
    for _ in range(5):
        page = portal.get(LINK, method=method)
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
    assert portal.service.asked_for("stop") == []


def test_the_page_says_whose_it_is_and_nothing_about_the_account(portal: Portal) -> None:
    portal.service.answers["may_stop"] = True
    page = portal.get(LINK)
    assert "Stop self-service for my account" in page.text
    assert "Alderwick" in page.text
    assert "maya" not in page.text.lower()
    # The link stands in no page: a form without an action goes to where it is.
    assert LINK not in page.text
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "same-origin")


def test_the_button_stops_and_says_so(portal: Portal) -> None:
    portal.service.answers["stop"] = True
    page = press(portal)
    assert page.status_code == 200
    assert "Thank you for telling us." in page.text
    assert "Self-service is stopped for your account and the help desk knows." in page.text
    assert "Your password was not changed by this." in page.text
    assert portal.service.asked_for("stop") == [["abcdefgh234567"]]


def test_a_link_that_is_not_good_is_one_plain_page(portal: Portal) -> None:
    opened, pressed = portal.get(LINK), press(portal)
    assert (opened.status_code, pressed.status_code) == (404, 404)
    for page in (opened, pressed):
        assert "This link doesn’t work any more." in page.text
        assert "Nothing was changed." in page.text
        assert "<form" not in page.text
        assert "01632 960 123" in page.text


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}], ids=str
)
def test_no_other_site_can_press_the_button(portal: Portal, headers: dict[str, str]) -> None:
    assert press(portal, headers).status_code == 403
    assert portal.service.asked_for("stop") == []


@pytest.mark.parametrize("body", [b"", b"move=", b"move=ask", b"move=stop&move=stop", b"move=stop&person=somebody"])
def test_only_the_button_itself_stops(portal: Portal, body: bytes) -> None:
    assert press(portal, data=body).status_code == 400
    assert portal.service.asked_for("stop") == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_does_anything(portal: Portal, method: str) -> None:
    response = portal.browser.open(LINK, method=method, base_url="https://reset.alderwick.example")
    assert response.status_code == 405
    assert portal.service.asked == []


def test_a_silent_database_is_said_and_the_way_back_only_asks(portal: Portal) -> None:
    portal.service.answers["stop"] = StoreUnavailable("our database did not answer")
    page = press(portal)
    assert page.status_code == 503
    assert f'href="{LINK}"' in page.text
