"""Every response carries the same guard, whatever its status."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pretend_portal import ID, NOW, ORIGIN, Portal, a_recovery, open_portal

from keyback.core.contracts.errors import MustWait, StoreUnavailable
from keyback.core.portal.headers import policy
from keyback.core.recovery.state import Stage

POLICY = (
    "default-src 'none'; script-src 'nonce-R' 'strict-dynamic'; style-src 'nonce-R'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types kb; report-to kb"
)


def with_status(portal: Portal, status: int) -> Any:
    """A response with this status, as somebody could really get it."""
    service = portal.service
    match status:
        case 200:
            return portal.get("/recover")
        case 303:
            return portal.post("/recover", identifier="maya")
        case 400:
            return portal.browser.get("/recover", base_url="https://elsewhere.example")
        case 403:
            return portal.get()
        case 404:
            return portal.get("/nowhere")
        case 405:
            return portal.browser.delete("/recover", base_url=ORIGIN)
        case 413:
            return portal.post("/recover", identifier="m" * 70_000)
        case 415:
            return portal.browser.post("/recover", base_url=ORIGIN, json={"identifier": "maya"})
        case 422:
            return portal.post("/recover", identifier="")
        case 429:
            service.answers["start"] = MustWait(NOW + timedelta(minutes=2))
            return portal.post("/recover", identifier="maya")
        case 503:
            service.answers["start"] = StoreUnavailable("our database did not answer")
            return portal.post("/recover", identifier="maya")
    return portal.get("/broken")


STATUSES = (200, 303, 400, 403, 404, 405, 413, 415, 422, 429, 500, 503)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_carries_every_header(portal: Portal, status: int) -> None:
    response = with_status(portal, status)
    assert response.status_code == status
    assert re.sub(r"nonce-[\w-]{22}'", "nonce-R'", response.headers["Content-Security-Policy"]) == POLICY
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "publickey-credentials-get=(self)" in response.headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Server" not in response.headers


@pytest.mark.parametrize("status", [status for status in STATUSES if status != 303])
def test_every_page_shows_its_nonce_and_no_other(portal: Portal, status: int) -> None:
    response = with_status(portal, status)
    (allowed,) = set(re.findall(r"'nonce-([\w-]+)'", response.headers["Content-Security-Policy"]))
    assert set(re.findall(r'nonce="([\w-]+)"', response.text)) == {allowed}


def test_no_two_responses_share_a_nonce(portal: Portal) -> None:
    policies = {portal.get("/recover").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_a_plain_http_demo_promises_no_https() -> None:
    portal = open_portal(portal_url="http://localhost:8080", secure=False)
    response = portal.browser.get("/recover", base_url="http://localhost:8080")
    assert response.status_code == 200
    assert "Strict-Transport-Security" not in response.headers


def test_pages_with_forms_keep_the_referrer_and_others_drop_it(portal: Portal) -> None:
    assert portal.get("/recover").headers["Referrer-Policy"] == "same-origin"
    assert portal.get("/").headers["Referrer-Policy"] == "no-referrer"
    assert portal.get("/nowhere").headers["Referrer-Policy"] == "no-referrer"
    portal.holding()
    assert portal.get().headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("stage", [Stage.DONE, Stage.CLOSED])
def test_the_last_page_and_a_cancel_empty_the_cache_and_nothing_else(portal: Portal, stage: Stage) -> None:
    because = "cancelled" if stage is Stage.CLOSED else ""
    response = portal.holding(a_recovery(stage=stage, closed_because=because)).get()
    assert response.headers["Clear-Site-Data"] == '"cache"'


def test_no_other_page_empties_anything(portal: Portal) -> None:
    assert "Clear-Site-Data" not in portal.get("/recover").headers
    assert "Clear-Site-Data" not in portal.holding().get().headers


def test_a_human_check_may_add_sources_but_take_none_away() -> None:
    widened = policy("R", {"worker-src": ("'self'",), "connect-src": ("https://check.example",)})
    assert widened == POLICY.replace("connect-src 'self'", "connect-src 'self' https://check.example") + (
        "; worker-src 'self'"
    )


@pytest.mark.parametrize("name", ["default-src", "object-src", "form-action", "frame-ancestors", "base-uri"])
def test_nobody_widens_where_forms_lead_who_frames_a_page_or_what_is_not_named(name: str) -> None:
    assert policy("R", {name: ("https://check.example",)}) == POLICY


def test_files_are_kept_for_a_year_under_a_name_with_their_digest(portal: Portal) -> None:
    (address,) = re.findall(r'href="(/static/keyback\.[0-9a-f]{12}\.css)"', portal.get("/").text)
    response = portal.get(address)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content_type == "text/css; charset=utf-8"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["keyback.css", "keyback.000000000000.css", "../settings.py", "%2e%2e%2fsettings.py"])
def test_no_other_file_can_be_asked_for(portal: Portal, name: str) -> None:
    response = portal.get(f"/static/{name}")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_a_cache_cannot_be_fooled_with_a_file_ending(portal: Portal) -> None:
    response = portal.holding().get(f"/recover/{ID}/x.css")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"
