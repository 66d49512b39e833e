"""The pretend company reads out what Keyback proved, once for each request, and nothing that it did not ask for."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from pretend_portal import open_portal, portal_settings
from servers.pretend_keyback import PretendKeyback

from keyback.config.demo import create_demo
from keyback.config.demo.client_pages import BACK, create_client

BASE = "http://localhost:8080"


@pytest.fixture
def browser() -> FlaskClient:
    app = open_portal(portal_url=BASE, secure=False).app
    look = portal_settings(portal_url=BASE, secure=False)
    app.register_blueprint(create_demo(lambda name, password: False, list, [], look))
    app.register_blueprint(create_client(PretendKeyback(), look))
    return app.test_client()


def away(browser: FlaskClient) -> str:
    """The state of somebody who set out."""
    there = browser.get("/demo/forgot", base_url=BASE).headers["Location"]
    found = re.fullmatch(rf"{BACK}[?]state=([A-Za-z0-9_-]+)", there)
    assert found, there
    return found[1]


def test_what_was_proven_is_said_in_words_and_as_it_came(browser: FlaskClient) -> None:
    page = browser.get(f"{BACK}?state={away(browser)}", base_url=BASE)
    assert page.status_code == 200
    for words in ("Keyback proved: maya", "a code by text message", "a new password, 08:00 UTC", "&#34;sub&#34;"):
        assert words in page.text


def test_an_answer_is_read_once(browser: FlaskClient) -> None:
    state = away(browser)
    assert browser.get(f"{BACK}?state={state}", base_url=BASE).status_code == 200
    assert browser.get(f"{BACK}?state={state}", base_url=BASE).status_code == 404


@pytest.mark.parametrize("query", ["", "?state=", "?state=nobody&code=x", "?error=access_denied"])
def test_an_answer_that_nobody_asked_for_is_none(browser: FlaskClient, query: str) -> None:
    away(browser)
    assert browser.get(BACK + query, base_url=BASE).status_code == 404


def test_who_gave_up_proved_nothing_and_the_reason_stays_words(browser: FlaskClient) -> None:
    asked = f"{BACK}?state={away(browser)}&error=access_denied&error_description="
    page = browser.get(f"{asked}<script>cancelled</script>", base_url=BASE)
    assert "Keyback proved nothing" in page.text
    assert "&lt;script&gt;cancelled" in page.text
