"""Somebody is who a token says only if everything about it is right."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from servers import hostile_idp as hostile
from servers.hostile_idp import (
    BACK,
    CLIENT,
    CURVE,
    FRESH,
    KEYS,
    LEFT,
    MINUTE,
    NONCE,
    NOW,
    OURS,
    SECRET,
    SUBJECT,
    VERIFIER,
    HostileIdp,
    at,
    ours,
    refusal,
    vouch,
)

from keyback.core.service.enrolling.vouching import SignInRefused


def test_an_honest_one_vouches_for_somebody_by_the_configured_claim(idp: HostileIdp) -> None:
    idp.claims = {"sid": "s1"}
    vouched = vouch(idp)
    assert (vouched.name, vouched.subject, vouched.sid, vouched.issuer) == ("jo", SUBJECT, "s1", idp.issuer)
    assert vouched.at == NOW - MINUTE
    assert vouched.id_token.count(".") == 2


# The way there -------------------------------------------------------------------------------------------------


def test_people_go_there_with_pkce_a_nonce_and_a_state(idp: HostileIdp) -> None:
    address = ours(idp, acr_values=("loa2", "loa3")).address_for(LEFT, "de")
    assert address.startswith(f"{idp.issuer}/authorize?")
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid",
        "state": "the-state",
        "nonce": NONCE,
        "code_challenge": hostile.challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "max_age": "28800",
        "acr_values": "loa2 loa3",
        "ui_locales": "de",
    }


def test_whoever_must_be_fresh_is_asked_to_sign_in_anew(idp: HostileIdp) -> None:
    asked = dict(parse_qsl(urlsplit(ours(idp).address_for(FRESH, "en")).query))
    assert (asked["max_age"], asked["prompt"]) == ("0", "login")


def test_the_code_is_redeemed_with_the_verifier_and_our_secret_as_it_is(idp: HostileIdp) -> None:
    vouch(idp)
    assert idp.forms == [
        {"grant_type": "authorization_code", "code": "a-code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    ]
    assert idp.basic() == [CLIENT, SECRET]


def test_with_a_key_of_our_own_no_secret_leaves_us(idp: HostileIdp) -> None:
    own = ECKey.generate_key("P-256")
    assert vouch(idp, secret=own).name == "jo"
    (form,) = idp.forms
    assert idp.authorization == ""
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    claims = jwt.decode(form["client_assertion"], own, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, f"{idp.issuer}/token")


# Tokens that must not be believed -------------------------------------------------------------------------------


def test_an_unsigned_token_is_refused_although_the_document_lists_none(idp: HostileIdp) -> None:
    idp.make_token = hostile.unsigned
    assert refusal(idp) == "signature"


def test_our_own_secret_or_a_public_key_is_no_signing_key(idp: HostileIdp) -> None:
    idp.make_token = hostile.signed_with_a_public_key
    assert refusal(idp) in {"signature", "algorithm"}


@pytest.mark.parametrize("kid", ["first", "stranger", None])
def test_a_strangers_signature_is_refused_whatever_name_it_bears(idp: HostileIdp, kid: str | None) -> None:
    idp.key, idp.header = KEYS["stranger"], {"kid": kid} if kid else {}
    idp.published = [KEYS["first"]]
    assert refusal(idp) in {"signature", "key"}


def test_a_key_that_the_token_brings_along_is_not_looked_at(idp: HostileIdp) -> None:
    idp.key, idp.header = KEYS["stranger"], {"kid": "first", "jwk": KEYS["stranger"].as_dict(private=False)}
    assert refusal(idp) == "signature"


def test_a_key_of_another_kind_does_not_fit_the_algorithm(idp: HostileIdp) -> None:
    idp.header = {"kid": "curve"}
    assert refusal(idp) == "key"


def test_one_that_signs_with_a_curve_is_believed_too(idp: HostileIdp) -> None:
    idp.key = CURVE
    assert vouch(idp).name == "jo"


def test_a_token_without_a_key_s_name_is_judged_by_the_only_key_of_its_kind(idp: HostileIdp) -> None:
    assert vouch(idp).name == "jo"
    idp.published = [KEYS["first"], KEYS["second"]]
    idp.make_token = lambda claims: jwt.encode({"alg": "RS256"}, claims, KEYS["first"])
    assert refusal(idp) == "key"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "other", "azp": CLIENT}, "aud"),
        ({"aud": ["other"], "azp": CLIENT}, "aud"),
        ({"aud": [CLIENT, "other"], "azp": "other"}, "azp"),
        ({"aud": [CLIENT, "other"]}, "azp"),
        ({"aud": []}, "aud"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"exp": at(NOW) - 61}, "expired-or-clock"),
        ({"exp": "never"}, "exp"),
        ({"iat": at(NOW) + 120}, "iat"),
        ({"nbf": at(NOW) + 120}, "nbf"),
        ({"at_hash": "of-another-token"}, "at_hash"),
        ({"auth_time": "yesterday"}, "auth_time"),
        ({"auth_time": True}, "auth_time"),
        ({"auth_time": at(NOW) - 9 * 3600}, "auth_time"),
        ({"auth_time": at(NOW) + 120}, "auth_time"),
        ({"preferred_username": ""}, "no-claim"),
        ({"preferred_username": ["jo"]}, "no-claim"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(idp: HostileIdp, claims: dict[str, Any], why: str) -> None:
    idp.claims = claims
    assert refusal(idp) == why


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "exp", "iat", "nonce", "auth_time", "preferred_username"])
def test_a_token_that_leaves_something_out_is_refused(idp: HostileIdp, missing: str) -> None:
    idp.without = {missing}
    assert refusal(idp) in {missing, "no-claim"}


def test_a_clock_that_is_off_by_two_minutes_is_refused_and_by_half_a_minute_is_not(idp: HostileIdp) -> None:
    idp.claims = {"iat": at(NOW) + 120, "exp": at(NOW) + 420, "auth_time": at(NOW) + 120}
    assert refusal(idp) == "iat"
    idp.claims = {"iat": at(NOW) - 420, "exp": at(NOW) - 120, "auth_time": at(NOW) - 420}
    assert refusal(idp) == "expired-or-clock"
    idp.claims = {"iat": at(NOW) + 30, "exp": at(NOW) + 330, "auth_time": at(NOW) + 30}
    # And makes nothing fresh for longer.
    assert vouch(idp).at == NOW


def test_a_fresh_sign_in_is_one_after_they_left(idp: HostileIdp) -> None:
    idp.claims = {"auth_time": at(LEFT.left_at) - 61}
    assert vouch(idp).name == "jo"
    assert refusal(idp, FRESH) == "auth_time"
    idp.claims = {"auth_time": at(LEFT.left_at) + 5}
    assert vouch(idp, FRESH).name == "jo"


@pytest.mark.parametrize("acr", ["loa1", None, 3])
def test_where_an_acr_is_asked_for_another_is_refused(idp: HostileIdp, acr: object) -> None:
    idp.claims = {"acr": acr}
    assert refusal(idp, acr_values=("loa2",)) == "acr"
    idp.claims = {"acr": "loa2"}
    assert vouch(idp, acr_values=("loa2",)).name == "jo"


@pytest.mark.parametrize("id_token", [None, "", "not.a.token", "x" * 100_000, "é", 7, {"a": 1}])
def test_an_answer_without_a_token_is_refused(idp: HostileIdp, id_token: object) -> None:
    idp.token_answer = {"id_token": id_token}
    assert refusal(idp) in {"no-token", "signature"}


def test_an_unverified_address_is_nobodys_name(idp: HostileIdp) -> None:
    idp.claims = {"email": "jo@mail.example"}
    assert refusal(idp, claim="email") == "email-not-verified"
    idp.claims |= {"email_verified": True}
    assert vouch(idp, claim="email").name == "jo@mail.example"


def test_a_claim_that_only_userinfo_has_is_taken_from_there_if_it_is_the_same_subject(idp: HostileIdp) -> None:
    idp.without, idp.userinfo = {"preferred_username"}, {"preferred_username": "jo"}
    assert vouch(idp).name == "jo"
    idp.userinfo |= {"sub": "sub-ada"}
    assert refusal(idp) == "userinfo"


# The answer that a browser brings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"code": "c", "iss": "https://evil.example"}, "other-issuer"),
        ({"error": "access_denied", "iss": "https://evil.example"}, "other-issuer"),
        ({"error": "access_denied"}, "said-no"),
        ({"error": "access_denied", "code": "c"}, "said-no"),
        ({}, "no-code"),
        ({"code": ""}, "no-code"),
    ],
)
def test_an_answer_that_is_not_a_code_of_ours_goes_nowhere(idp: HostileIdp, answer: dict[str, str], why: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        ours(idp).vouch(answer, LEFT, NOW)
    assert (caught.value.why, idp.forms) == (why, [])


def test_an_issuer_that_names_itself_in_answers_must_do_so(idp: HostileIdp) -> None:
    idp.document = {"authorization_response_iss_parameter_supported": True}
    assert refusal(idp) == "other-issuer"
    assert ours(idp).vouch({"code": "c", "iss": idp.issuer}, LEFT, NOW).name == "jo"


def test_a_code_that_is_refused_there_is_refused_here_and_its_words_go_nowhere(idp: HostileIdp) -> None:
    idp.token_status, idp.token_answer = 400, {"error": "invalid_grant", "error_description": "hunter22"}
    with pytest.raises(SignInRefused) as caught:
        vouch(idp)
    assert caught.value.why == "code"
    assert "hunter22" not in repr(caught.value) + str(caught.value.__cause__)


def test_what_signs_in_prints_no_secret(idp: HostileIdp) -> None:
    printed = repr(OURS) + repr(LEFT) + repr(vouch(idp))
    assert not [secret for secret in (SECRET, NONCE, VERIFIER, SUBJECT, "the-state") if secret in printed]
