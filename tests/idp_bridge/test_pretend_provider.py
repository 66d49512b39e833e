"""The pretend company's identity provider: one client, one code, one time."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from keyback.idp_bridge import pretend_provider as module
from keyback.idp_bridge.pretend_provider import MOST, PretendProvider

ISSUER, BACK, SECRET = "http://localhost:8080/demo/idp", "http://localhost:8080/sign-in/callback", "a secret"
VERIFIER = "v" * 43
ASKED = {
    "client_id": "keyback",
    "redirect_uri": BACK,
    "response_type": "code",
    "state": "a state",
    "nonce": "a nonce",
    "code_challenge": create_s256_code_challenge(VERIFIER),
    "code_challenge_method": "S256",
}


@pytest.fixture
def provider() -> PretendProvider:
    return PretendProvider(ISSUER, "keyback", SECRET, (BACK, "http://localhost:8080/admin/sign-in/callback"))


def code_of(provider: PretendProvider, name: str = "kit") -> str:
    there = urlsplit(provider.let_in(provider.enter(ASKED), name))
    answer = parse_qs(there.query)
    assert (there.scheme, there.netloc, there.path) == ("http", "localhost:8080", "/sign-in/callback")
    assert (answer["state"], answer["iss"]) == (["a state"], [ISSUER])
    return answer["code"][0]


def redeemed(provider: PretendProvider, code: str, verifier: str = VERIFIER, secret: str = SECRET) -> object:
    return provider.token({"code": code, "code_verifier": verifier}, "keyback", secret)


def test_whoever_signed_in_is_vouched_for_once(provider: PretendProvider) -> None:
    code = code_of(provider)
    given = redeemed(provider, code)
    assert isinstance(given, dict)
    claims = jwt.decode(given["id_token"], KeySet.import_key_set(provider.keys()), algorithms=["ES256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, "keyback", "a nonce")
    assert (claims["preferred_username"], claims["sub"]) == ("kit", "kit")
    assert redeemed(provider, code) is None


@pytest.mark.parametrize("name", sorted({*ASKED} - {"state", "nonce", "code_challenge"}))
def test_another_client_gets_no_page(provider: PretendProvider, name: str) -> None:
    assert provider.enter({**ASKED, name: "another"}) == ""


@pytest.mark.parametrize("name", sorted(ASKED))
def test_what_is_left_out_gets_no_page(provider: PretendProvider, name: str) -> None:
    assert provider.enter({key: value for key, value in ASKED.items() if key != name}) == ""


@pytest.mark.parametrize(
    "redeem",
    [
        lambda provider, code: redeemed(provider, code, verifier="w" * 43),
        lambda provider, code: redeemed(provider, code, secret="another"),
        lambda provider, _: redeemed(provider, "a guess"),
        # The address of a page is no code, or whoever saw it could sign in without a password.
        lambda provider, _: redeemed(provider, provider.enter(ASKED)),
    ],
)
def test_a_code_is_good_for_our_client_alone(
    provider: PretendProvider, redeem: Callable[[PretendProvider, str], object]
) -> None:
    assert redeem(provider, code_of(provider)) is None


def test_pages_and_codes_end(provider: PretendProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    page, code = provider.enter(ASKED), code_of(provider)
    began = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: began + 601)
    assert not provider.waits(page)
    assert redeemed(provider, code) is None


def test_no_more_is_kept_than_a_demo_needs(provider: PretendProvider) -> None:
    first = provider.enter(ASKED)
    pages = [provider.enter(ASKED) for _ in range(MOST)]
    assert not provider.waits(first)
    assert all(provider.waits(page) for page in pages[1:])
