"""An identity provider that is away, is attacked or gives nonsense lets nobody in, and holds nobody up."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Response, redirect
from servers.hostile_idp import (
    KEYS,
    LEFT,
    NOW,
    OURS,
    HostileIdp,
    ours,
    vouch,
)

from keyback.core.service.enrolling.vouching import SignInRefused, SignInUnavailable
from keyback.idp_bridge import company_idp, sign_in, wire
from keyback.idp_bridge.addresses import is_safe
from keyback.idp_bridge.sign_in import SignIn


def test_a_withdrawn_key_is_believed_for_five_minutes_and_no_longer(
    idp: HostileIdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    there = ours(idp)
    there._idp.clock = lambda: clock[0]
    assert there.vouch({"code": "c"}, LEFT, NOW).name == "jo"
    idp.published = [KEYS["second"]]
    clock[0] = company_idp.KEYS_SECONDS + 1
    with pytest.raises(SignInRefused) as caught:
        there.vouch({"code": "c"}, LEFT, NOW)
    assert caught.value.why == "key"


def test_a_new_key_is_known_at_its_first_use_and_made_up_ones_do_not_make_us_ask_each_time(idp: HostileIdp) -> None:
    clock = [0.0]
    there = ours(idp)
    there._idp.clock = lambda: clock[0]
    there.vouch({"code": "c"}, LEFT, NOW)
    idp.key, idp.published = KEYS["second"], [KEYS["first"], KEYS["second"]]
    clock[0] = company_idp.ASK_AGAIN_SECONDS + 1
    assert there.vouch({"code": "c"}, LEFT, NOW).name == "jo"
    idp.key = KEYS["stranger"]
    for _ in range(5):
        with pytest.raises(SignInRefused):
            there.vouch({"code": "c"}, LEFT, NOW)
    assert idp.asked.count("/jwks") == 2


def test_the_document_is_read_once_an_hour(idp: HostileIdp) -> None:
    clock = [0.0]
    there = ours(idp)
    there._idp.clock = lambda: clock[0]
    for seconds, read in ((0, 1), (3599, 1), (3601, 2)):
        clock[0] = seconds
        there.address_for(LEFT, "en")
        assert idp.asked.count("/.well-known/openid-configuration") == read


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": ["https://sign-in.example/token"]},
        {"jwks_uri": "https://user:secret@evil.example/"},
        {"end_session_endpoint": "https://[half"},
        {"id_token_signing_alg_values_supported": ["none", "HS512"]},
    ],
)
def test_a_document_that_we_cannot_follow_lets_nobody_set_out(idp: HostileIdp, document: dict[str, Any]) -> None:
    idp.document = document
    with pytest.raises(SignInUnavailable):
        ours(idp).address_for(LEFT, "en")


def test_an_issuer_with_a_slash_at_its_end_is_found_and_compared_with_it(idp: HostileIdp) -> None:
    plain = idp.issuer
    idp.issuer = idp.document["issuer"] = f"{plain}/"
    idp.document |= {"token_endpoint": f"{plain}/token", "jwks_uri": f"{plain}/jwks"}
    assert vouch(idp).issuer == f"{plain}/"


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", "/token"])
@pytest.mark.parametrize(
    "answer",
    [
        Response('{"issuer": "cut'),
        Response("x" * (wire.LARGEST + 1)),
        Response("[]"),
        Response("[" * 100_000),
        Response("", 503),
        Response("", 204),
        redirect("http://127.0.0.1:9/elsewhere"),
        Response(b"\x1f\x8b" + b"0" * 100, headers={"Content-Encoding": "gzip"}),
    ],
    ids=["cut", "endless", "a list", "deep", "down", "nothing", "redirect", "packed"],
)
def test_an_answer_that_is_none_is_told_as_such(idp: HostileIdp, path: str, answer: Response) -> None:
    idp.instead[path] = lambda: answer
    with pytest.raises((SignInUnavailable, SignInRefused)):
        vouch(idp)


def test_whoever_hangs_is_waited_for_no_longer_than_a_page_waits_and_then_left_alone(
    idp: HostileIdp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "STEP_SECONDS", 1.0)
    monkeypatch.setattr(sign_in, "SECONDS", 0.4)
    idp.instead[DISCOVERY] = idp.hangs
    there = ours(idp)
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(SignInUnavailable):
            there.address_for(LEFT, "en")
    # Four are waited for, which is less than two seconds; twenty would be eight.
    assert time.monotonic() - began < 6
    assert idp.asked.count(DISCOVERY) <= 4


def test_one_that_is_down_at_the_start_is_used_once_it_is_up(idp: HostileIdp) -> None:
    idp.instead[DISCOVERY] = lambda: Response("", 503)
    there = ours(idp)
    with pytest.raises(SignInUnavailable):
        there.address_for(LEFT, "en")
    with pytest.raises(SignInUnavailable):
        there.check()
    idp.instead.clear()
    assert there.address_for(LEFT, "en")
    there.check()


def test_nobody_is_there_at_all() -> None:
    with pytest.raises(SignInUnavailable):
        SignIn("http://127.0.0.1:9", OURS, plain_http=True).address_for(LEFT, "en")


@pytest.mark.parametrize(
    ("url", "plain_http", "safe"),
    [
        ("https://sign-in.example", False, True),
        ("https://sign-in.example:8443/realms/a?b=c", False, True),
        ("http://sign-in.example", True, False),
        ("http://localhost:8080/demo", True, True),
        ("http://localhost:8080/demo", False, False),
        ("https://a@sign-in.example", False, False),
        ("https://sign-in.example#f", False, False),
        ("https://sign-in.example/ x", False, False),
        ("https://", False, False),
        ("ftp://sign-in.example", True, False),
        (None, True, False),
    ],
)
def test_only_https_is_safe_and_http_on_this_machine_for_the_demo(url: object, plain_http: bool, safe: bool) -> None:
    assert is_safe(url, plain_http=plain_http) is safe
