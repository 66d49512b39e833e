"""The pretend company: a sign-in page that really checks, and mailboxes that everybody may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from pretend_portal import Portal, open_portal, portal_settings

from keyback.config.demo import Pretended, create_demo
from keyback.core.contracts.text import Text

BASE = "http://localhost:8080"
PEOPLE = [
    Pretended("maya", "Maya Lindqvist", Text("Reset her password."), "maya@home.example", "+447700900142"),
    Pretended("tom", "Tom Bakker", Text("Never added a way.")),
    Pretended("jo", "Jo Frost", Text("The same, by another name."), "jo@home.example"),
]


@dataclass(frozen=True)
class Letter:
    medium: str
    to: str
    subject: str
    text: str
    at: datetime = datetime(2026, 11, 20, 10, 31, tzinfo=UTC)
    rings: str = ""


LETTERS = [
    Letter("email", "maya@home.example", "55301184 is your Alderwick code", "Type it on the page.\n<script>x</script>"),
    Letter("email", "jo@home.example", "Your new password is set", f"Wasn't you? {BASE}/wasnt-me/ab-c_d\nor call."),
    Letter(
        "voice", "+447700900142", "", "Your code is 4, 8, 2, 1 – 0, 9, 7, 3.\nYour code is 4, 8, 2, 1 – 0, 9, 7, 3."
    ),
    Letter("voice", "+447700900142", "", "This is Alderwick. Press the hash key.", rings="7"),
    Letter("sms", "+447700900142", "", "48210973 is your Alderwick code.\n\n@localhost #48210973"),
]


PRESSED: list[str] = []


@pytest.fixture(scope="module")
def demo() -> Portal:
    portal = open_portal(portal_url=BASE, secure=False)
    checked = portal_settings(portal_url=BASE, secure=False)
    portal.app.register_blueprint(
        create_demo(
            lambda name, password: (name, password) == ("maya", "right"),
            lambda: LETTERS,
            PEOPLE,
            checked,
            PRESSED.append,
        )
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
    assert 'href="/demo/tour"' in page.text


def test_the_tour_names_everybody_and_starts_their_story(browser: FlaskClient) -> None:
    page = browser.get("/demo/tour", base_url=BASE).text
    for person in PEOPLE:
        assert f"<b>{person.display_name}</b> <code>{person.name}</code>" in page
        assert str(person.try_this) in page
        assert f'href="/go/alderwick?login_hint={person.name}"' in page
        assert f'href="/demo/outbox?person={person.name}"' in page


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


def test_the_outbox_is_of_whoever_got_the_newest_message(browser: FlaskClient) -> None:
    page = browser.get("/demo/outbox", base_url=BASE).text
    assert "<h1>Maya Lindqvist</h1>" in page
    assert 'data-to="+447700900142"' in page
    assert 'data-to="jo@home.example"' not in page


def test_everybody_has_an_outbox_and_nobody_else(browser: FlaskClient) -> None:
    assert 'data-to="jo@home.example"' in browser.get("/demo/outbox?person=jo", base_url=BASE).text
    nothing = browser.get("/demo/outbox?person=tom", base_url=BASE).text
    assert "There is no phone here." in nothing
    assert "There is no mailbox here." in nothing
    assert "<article" not in nothing
    assert browser.get("/demo/outbox?person=nobody", base_url=BASE).status_code == 404


def test_a_code_is_marked_to_be_copied_and_our_link_can_be_followed(browser: FlaskClient) -> None:
    mayas = browser.get("/demo/outbox?person=maya", base_url=BASE).text
    assert '<h3><b class="digits">55301184</b> is your Alderwick code</h3>' in mayas
    # Hidden until a script can do it.
    assert 'data-copy="48210973" hidden>Copy 48210973</button>' in mayas
    jos = browser.get("/demo/outbox?person=jo", base_url=BASE).text
    assert f'<a href="{BASE}/wasnt-me/ab-c_d">{BASE}/wasnt-me/ab-c_d</a>\nor call.' in jos


def test_a_phone_that_rings_has_a_key_and_one_that_rang_has_what_was_said(browser: FlaskClient) -> None:
    page = browser.get("/demo/outbox?person=maya", base_url=BASE).text
    assert page.count("Incoming call") == page.count("<button>Press #</button>") == 1
    assert 'data-copy="48210973" hidden>Copy 48210973</button>' in page
    pressed = browser.post(
        "/demo/outbox?person=maya", base_url=BASE, data={"call": "7"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert (pressed.status_code, pressed.location) == (303, "/demo/outbox?person=maya")
    assert PRESSED == ["7"]


def test_a_foreign_page_cannot_press_the_key(browser: FlaskClient) -> None:
    data, foreign = {"call": "8"}, {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/demo/outbox", base_url=BASE, data=data, headers=foreign).status_code == 403
    assert "8" not in PRESSED


def test_the_outbox_does_not_refresh_itself(browser: FlaskClient) -> None:
    response = browser.get("/demo/outbox", base_url=BASE)
    assert "Refresh" not in response.headers
    assert "http-equiv" not in response.text
    assert '<a href="/demo/outbox?person=maya">Look again</a>' in response.text


def test_the_outbox_shows_every_message_as_text(browser: FlaskClient) -> None:
    page = browser.get("/demo/outbox", base_url=BASE).text
    assert "@localhost #48210973" in page
    assert "<script>x" not in page


def test_programs_read_the_same_as_json(browser: FlaskClient) -> None:
    letters = browser.get("/demo/outbox.json", base_url=BASE).json
    assert letters is not None
    assert letters[-1] == {
        "medium": "sms",
        "to": "+447700900142",
        "subject": "",
        "text": "48210973 is your Alderwick code.\n\n@localhost #48210973",
        "at": "2026-11-20T10:31:00+00:00",
    }


def test_programs_can_ask_for_one_person(browser: FlaskClient) -> None:
    letters = browser.get("/demo/outbox.json?person=jo", base_url=BASE).json
    assert [letter["to"] for letter in letters or ()] == ["jo@home.example"]


@pytest.mark.parametrize("path", ["/demo", "/demo/tour", "/demo/outbox", "/demo/outbox.json", "/demo/nowhere"])
def test_the_demo_is_guarded_like_every_page(browser: FlaskClient, path: str) -> None:
    response = browser.get(path, base_url=BASE)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'nonce-")
    assert response.headers["Cache-Control"] == "no-store"
    assert browser.get(path, base_url="http://evil.example").status_code == 400
