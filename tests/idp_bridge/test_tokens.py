"""Signing out: there with what one signed in with, and here when a logout token says so."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from servers import hostile_idp as hostile
from servers.hostile_idp import (
    CLIENT,
    NONCE,
    NOW,
    OURS,
    SUBJECT,
    HostileIdp,
    at,
    ours,
)

from keyback.core.service.enrolling.vouching import SignedOut, SignInRefused


def test_people_sign_out_there_with_what_they_signed_in_with(idp: HostileIdp) -> None:
    address = ours(idp).way_out("an.id.token")
    assert address.startswith(f"{idp.issuer}/end?")
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "id_token_hint": "an.id.token",
        "client_id": CLIENT,
        "post_logout_redirect_uri": OURS.after_logout,
    }
    idp.document = {"end_session_endpoint": None}
    assert ours(idp).way_out("an.id.token") == ""


def told(idp: HostileIdp, now: datetime = NOW, **claims: Any) -> SignedOut:
    return ours(idp).told(idp.logout_token(**claims), now)


def test_a_logout_token_says_whose_session_is_over(idp: HostileIdp) -> None:
    assert (told(idp, sid="s1").subject, told(idp, sid="s1").sid, told(idp).once) == (SUBJECT, "s1", "j1")
    assert told(idp, sub=None, sid="s1").subject == ""


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": NONCE}, "typ"),
        ({"events": None}, "events"),
        ({"events": {}}, "events"),
        ({"events": {"http://schemas.openid.net/event/other": {}}}, "events"),
        ({"events": ["http://schemas.openid.net/event/backchannel-logout"]}, "events"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"aud": "other"}, "aud"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"iat": at(NOW) - 400}, "too-old"),
        ({"iat": at(NOW) + 120}, "iat"),
        ({"iat": None}, "iat"),
        ({"jti": None}, "jti"),
        ({"exp": at(NOW) - 61}, "expired-or-clock"),
    ],
)
def test_a_logout_token_with_something_wrong_ends_nothing(idp: HostileIdp, claims: dict[str, Any], why: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        told(idp, **claims)
    assert caught.value.why == why


def test_an_id_token_and_an_unsigned_one_are_no_logout_tokens(idp: HostileIdp) -> None:
    with pytest.raises(SignInRefused):
        ours(idp).told(idp.id_token(), NOW)
    with pytest.raises(SignInRefused):
        ours(idp).told(hostile.unsigned(json.loads("{}")), NOW)
