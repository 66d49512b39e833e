"""When something goes wrong the page says what to do, and nothing it should not."""

from __future__ import annotations

import inspect
import logging
import re
from datetime import timedelta

import pytest
from flask import template_rendered
from pretend_portal import ID, NOW, ORIGIN, Portal, open_portal

from keyback.core.contracts import errors
from keyback.core.contracts.text import Text
from keyback.core.portal.errors import ROWS, STATUSES
from keyback.core.portal.words import duration, seconds_until
from keyback.core.service.gate import Busy

OURS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.KeybackError)]


@pytest.mark.parametrize("kind", OURS)
def test_every_exception_has_a_row(kind: type[Exception]) -> None:
    assert kind in ROWS


def test_every_row_says_what_to_do() -> None:
    for row in (*ROWS.values(), *STATUSES.values()):
        assert row.text.message.endswith(".")
        assert row.back in {"start", "again", "sign-in"}


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (errors.StoreUnavailable("dbhost:5432 refused"), 503, "We can't go on right now. Wait 10 seconds and press"),
        (errors.OutcomeUnknown("lost"), 503, "Try the new password first, then the old one."),
        (errors.PluginError("smtp: bad password hunter22"), 500, "Something broke on our side."),
        (errors.Ambiguous("two mayas"), 500, "Something broke on our side."),
        (errors.DeliveryFailed("no route to +441632960005", retry=True), 500, "Something broke on our side."),
        (errors.MustWait(NOW + timedelta(seconds=30)), 429, "Too many tries for now. Wait 30 seconds and start again."),
        (
            Busy(NOW + timedelta(seconds=30)),
            503,
            "A lot of people are here right now. Wait 30 seconds and press Continue.",
        ),
        (errors.OutOfTurn("late"), 409, "This step was already done."),
        (ValueError("hunter22"), 500, "Something broke on our side."),
    ],
)
def test_each_error_has_its_page(portal: Portal, error: Exception, status: int, said: str) -> None:
    portal.service.answers["start"] = error
    response = portal.post("/recover", identifier="maya")
    assert response.status_code == status
    heading, _, rest = said.partition(". ")
    text = response.text.replace("’", "'")
    assert heading in text
    assert rest in text
    for secret in ("hunter22", "dbhost", "441632960005", "two mayas", "Traceback"):
        assert secret not in response.text
    assert 'data-page="error"' in response.text
    assert "Help desk 01632 960 123" in response.text


@pytest.mark.parametrize(("seconds", "header"), [(0.2, "1"), (29.5, "30"), (120, "120")])
def test_whoever_must_wait_is_told_how_long(portal: Portal, seconds: float, header: str) -> None:
    portal.service.answers["start"] = errors.MustWait(NOW + timedelta(seconds=seconds))
    assert portal.post("/recover", identifier="maya").headers["Retry-After"] == header


def test_a_reference_stands_on_the_page_and_in_the_log_and_the_secret_in_neither(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = portal.get("/broken")
    (reference,) = re.findall(r"reference ([0-9A-F]{8})", response.text)
    (record,) = [record for record in caplog.records if record.name == "keyback.portal"]
    assert reference in record.getMessage()
    assert "KeyError" in record.getMessage()
    assert "hunter22" not in caplog.text + response.text


def test_a_page_that_does_not_exist_leads_to_the_start(portal: Portal) -> None:
    response = portal.get("/wp-login.php")
    assert response.status_code == 404
    assert 'data-page="not-found"' in response.text
    assert "This page doesn" in response.text
    assert 'href="/">Go to the start' in response.text


def test_an_address_from_the_request_is_never_made_a_link(portal: Portal) -> None:
    for path in ("//evil.example/%2e%2e", "/evil.example", "/static/evil.example"):
        response = portal.browser.get("/", base_url=ORIGIN, environ_overrides={"PATH_INFO": path})
        assert "evil.example" not in response.text


def test_a_broken_page_can_be_asked_for_again(portal: Portal) -> None:
    portal.service.answers["pick"] = ZeroDivisionError()
    assert f'href="/recover/{ID}">Continue' in portal.holding().post(offer="email").text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"), (1, "1 second"), (30, "30 seconds"), (90, "90 seconds"), (91, "2 minutes"),
        (900, "15 minutes"), (5400, "90 minutes"), (5401, "2 hours"), (86_400, "24 hours"),
    ],
)  # fmt: skip
def test_times_are_said_as_people_say_them(seconds: int, said: str) -> None:
    assert str(duration(seconds)) == said


def test_a_time_that_is_over_is_no_wait() -> None:
    assert seconds_until(NOW - timedelta(minutes=1), NOW) == 0


def test_a_reason_is_shown_as_text(portal: Portal) -> None:
    portal.service.answers["pick"] = errors.NotAllowed(Text("<b>{x}</b>", x="<script>"))
    response = portal.holding().post(offer="email")
    assert response.status_code == 403
    assert "<b>&" not in response.text
    assert "&lt;b&gt;&lt;script&gt;&lt;/b&gt;" in response.text


def test_a_page_that_many_are_shown_is_made_once_and_says_what_holds_for_its_own_reader() -> None:
    portal, made = open_portal(), list[object]()

    def hear(_app: object, template: object, **_: object) -> None:
        made.append(template)

    with template_rendered.connected_to(hear, portal.app):
        pages = [portal.get(f"/nowhere/{number}?x={number}") for number in range(3)]
    assert len(made) == 1
    for number, page in enumerate(pages):
        assert page.status_code == 404
        assert f'href="?x={number}&amp;language=de"' in page.text
        (allowed,) = re.findall(r"style-src 'nonce-([^']*)'", page.headers["Content-Security-Policy"])
        assert set(re.findall(r'nonce="([^"]*)"', page.text)) == {allowed}


def test_the_way_on_leads_back_to_where_each_reader_was(portal: Portal) -> None:
    portal.service.answers["start"] = errors.StoreUnavailable("gone")
    for begun in ("/recover", "/unlock", "/recover"):
        page = portal.post(begun, identifier="maya")
        assert re.findall(r'class="button" href="([^"]*)"', page.text) == [begun]


def test_each_reference_is_nobody_elses() -> None:
    portal = open_portal()
    pages = [portal.get("/broken").text for _ in range(3)]
    assert len({reference for page in pages for reference in re.findall(r"reference ([0-9A-F]{8})", page)}) == 3
