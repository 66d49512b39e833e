"""The pretend company: a sign-in page that really checks, and mailboxes that everybody may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from pretend_portal import Portal, open_portal, portal_settings

from keyback.config.demo import DemoPerson, create_demo

BASE = "http://localhost:8080"
PEOPLE = [DemoPerson("maya", "Maya Lindqvist", "Reset her password by e-mail and text.")]


@dataclass(frozen=True)
class Letter:
    medium: str
    to: str
    subject: str
    text: str
    at: datetime = datetime(2026, 11, 20, 10, 31, tzinfo=UTC)


LETTERS = [
    Letter("email", "maya@home.example", "55301184 is your Alderwick code", "Type it on the page.\n<script>x</script>"),
    Letter("sms", "+447700900142", "", "48210973 is your Alderwick code.\n\n@localhost #48210973"),
]


@pytest.fixture(scope="module")
def demo() -> Portal:
    portal = open_portal(portal_url=BASE, secure=False)
    checked = portal_settings(portal_url=BASE, secure=False)
    portal.app.register_blueprint(
        create_demo(lambda name, password: (name, password) == ("maya", "right"), lambda: LETTERS, PEOPLE, checked)
    )
    return portal


@pytest.fixture
def browser(demo: Portal) -> FlaskClient:
    return demo.app.test_client()


def sign_in(browser: FlaskClient, **fields: str) -> Any:
    return browser.post("/demo", base_url=BASE, data=fields, headers={"Sec-Fetch-Site": "same-origin"})


def test_the_sign_in_page_leads_to_keyback_by_its_door(browser: FlaskClient) -> None:
    page = browser.get("/demo", base_url=BASE)
    assert page.status_code == 200
    assert '<a class="out" href="/go/alderwick">Forgot my password?</a>' in page.text
    assert "Maya Lindqvist" in page.text
    assert "Reset her password by e-mail and text." in page.text


def test_the_right_password_signs_in_and_a_wrong_one_does_not(browser: FlaskClient) -> None:
    right = sign_in(browser, identifier="maya", current_password="right")
    assert (right.status_code, "Signed in as maya." in right.text) == (200, True)
    wrong = sign_in(browser, identifier="maya", current_password="wrong")
    assert (wrong.status_code, "Signed in" in wrong.text) == (422, False)
    assert "That name and password don’t fit." in wrong.text


def test_a_password_is_never_shown_again(browser: FlaskClient) -> None:
    assert "hunter22" not in sign_in(browser, identifier="maya", current_password="hunter22").text


def test_a_name_is_shown_as_text(browser: FlaskClient) -> None:
    assert "<script>" not in sign_in(browser, identifier='"><script>', current_password="x").text.split("</head>")[1]


def test_a_foreign_page_cannot_send_the_form(browser: FlaskClient) -> None:
    response = browser.post("/demo", base_url=BASE, data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403


def test_the_outbox_shows_every_message_as_text(browser: FlaskClient) -> None:
    page = browser.get("/demo/outbox", base_url=BASE).text
    assert "55301184 is your Alderwick code" in page
    assert "@localhost #48210973" in page
    assert "<script>x" not in page


def test_programs_read_the_same_as_json(browser: FlaskClient) -> None:
    letters = browser.get("/demo/outbox.json", base_url=BASE).json
    assert letters is not None
    assert letters[1] == {
        "medium": "sms",
        "to": "+447700900142",
        "subject": "",
        "text": "48210973 is your Alderwick code.\n\n@localhost #48210973",
        "at": "2026-11-20T10:31:00+00:00",
    }


@pytest.mark.parametrize("path", ["/demo", "/demo/outbox", "/demo/outbox.json", "/demo/nowhere"])
def test_the_demo_is_guarded_like_every_page(browser: FlaskClient, path: str) -> None:
    response = browser.get(path, base_url=BASE)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'nonce-")
    assert response.headers["Cache-Control"] == "no-store"
    assert browser.get(path, base_url="http://evil.example").status_code == 400
