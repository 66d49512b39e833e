"""Every item of OpenID's basic certification plan, one test each. Where Keyback departs from it the test says so by
its name; `nonce` and `pkce` can be switched per client if certification is ever wanted."""

from __future__ import annotations

from typing import Any

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jws
from servers.client_house import CALLBACK, ORIGIN, SECRET, ClientHouse, answer, basic
from werkzeug.test import TestResponse


def id_token(clients: ClientHouse, **asked: str | None) -> dict[str, Any]:
    """The claims of a whole sign-in with these parameters."""
    got = clients.token(clients.code(**asked)).json
    assert got
    return clients.claims(got["id_token"])


def declined(response: TestResponse) -> str:
    """The error that the client hears, with its state and our name beside it (RFC 9207)."""
    heard = answer(response)
    assert (heard["state"], heard["iss"]) == ("state of the client", ORIGIN)
    return heard["error"]


def begins(response: TestResponse) -> bool:
    return response.status_code == 200 and 'data-page="start"' in response.text


# Discovery -----------------------------------------------------------------------------------------------------


def test_the_discovery_document_is_sound(clients: ClientHouse) -> None:
    document = clients.browser.get("/.well-known/openid-configuration", base_url=ORIGIN).json
    assert document
    OpenIDProviderMetadata(document).validate()
    assert document["issuer"] == ORIGIN
    assert document["authorization_response_iss_parameter_supported"] is True


def test_nothing_unsigned_and_no_shared_key_is_offered(clients: ClientHouse) -> None:
    document = clients.browser.get("/.well-known/openid-configuration", base_url=ORIGIN).json
    assert document
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]


def test_the_keys_that_are_shown_are_public(clients: ClientHouse) -> None:
    keys = clients.browser.get("/jwks.json", base_url=ORIGIN).json
    assert keys
    assert [set(key) for key in keys["keys"]] == [{"kty", "n", "e", "kid", "use", "alg"}]


# Response type and the ID token ----------------------------------------------------------------------------------


def test_code_flow(clients: ClientHouse) -> None:
    assert "code" in clients.reset()


def test_a_missing_response_type(clients: ClientHouse) -> None:
    assert declined(clients.authorize(response_type=None)) == "invalid_request"


@pytest.mark.parametrize("kind", ["token", "id_token", "code id_token", "code token", "none", "CODE"])
def test_other_response_types_are_not_offered(clients: ClientHouse, kind: str) -> None:
    assert declined(clients.authorize(response_type=kind)) == "unsupported_response_type"


def test_the_id_token_is_signed_by_a_key_that_it_names(clients: ClientHouse) -> None:
    got, keys = clients.token(clients.code()).json, clients.browser.get("/jwks.json", base_url=ORIGIN).json
    assert got
    assert keys
    header = jws.extract_compact(got["id_token"].encode()).headers()
    assert (header["alg"], header["kid"]) == ("RS256", keys["keys"][0]["kid"])


# Userinfo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["get", "post-header", "post-body"])
def test_userinfo(clients: ClientHouse, how: str) -> None:
    got, program = clients.token(clients.code()).json, clients.app.test_client()
    assert got
    token, header = got["access_token"], {"Authorization": f"Bearer {got['access_token']}"}
    said = {
        "get": lambda: program.get("/userinfo", headers=header, base_url=ORIGIN),
        "post-header": lambda: program.post("/userinfo", headers=header, base_url=ORIGIN),
        "post-body": lambda: program.post("/userinfo", data={"access_token": token}, base_url=ORIGIN),
    }[how]()
    assert said.status_code == 200
    assert said.json
    assert said.json["sub"] == clients.claims(got["id_token"])["sub"]


# Nonce -----------------------------------------------------------------------------------------------------------


def test_the_nonce_comes_back(clients: ClientHouse) -> None:
    assert id_token(clients, nonce="n-0S6_WzA2Mj")["nonce"] == "n-0S6_WzA2Mj"


def test_departure_a_request_without_nonce_is_refused_unless_the_client_may(clients: ClientHouse) -> None:
    assert declined(clients.authorize(nonce=None)) == "invalid_request"
    clients.change(nonce=False)
    assert "nonce" not in id_token(clients, nonce=None)


# Scopes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["openid profile", "profile openid"])
def test_scope_profile_in_any_order(clients: ClientHouse, scope: str) -> None:
    assert id_token(clients, scope=scope)["preferred_username"] == "jo"


def test_without_scope_profile_no_name_is_told(clients: ClientHouse) -> None:
    assert "preferred_username" not in id_token(clients, scope="openid")


@pytest.mark.parametrize("scope", ["email", "address", "phone", "offline_access", "of-the-client's-own"])
def test_departure_other_scopes_are_taken_and_tell_nothing(clients: ClientHouse, scope: str) -> None:
    got = clients.token(clients.code(scope=f"openid {scope}")).json
    assert got
    assert got["scope"] == "openid"
    assert not {"email", "address", "phone_number"} & clients.claims(got["id_token"]).keys()


def test_without_scope_openid(clients: ClientHouse) -> None:
    assert declined(clients.authorize(scope="profile")) == "invalid_scope"
    assert declined(clients.authorize(scope=None)) == "invalid_scope"


# Parameters of the request ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("display", "page"),
        ("display", "popup"),
        ("prompt", "login"),
        ("prompt", "consent"),
        ("max_age", "1"),
        ("max_age", "10000"),
        ("extra", "foobar"),
        ("id_token_hint", "a.b.c"),
        ("login_hint", "jo"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("acr_values", "1 2"),
        ("claims", '{"userinfo":{"name":{"essential":true}}}'),
    ],
)
def test_what_may_stand_in_a_request(clients: ClientHouse, name: str, value: str) -> None:
    assert begins(clients.authorize(**{name: value}))


def test_max_age_is_always_met_because_every_answer_is_proven_anew(clients: ClientHouse) -> None:
    told = id_token(clients, max_age="1")
    assert told["auth_time"] == told["iat"]


def test_departure_prompt_none_is_never_answered_because_nobody_is_signed_in_here(clients: ClientHouse) -> None:
    assert declined(clients.authorize(prompt="none")) == "login_required"
    assert declined(clients.authorize(prompt="none login")) == "invalid_request"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_request_objects_are_refused(clients: ClientHouse, name: str, error: str) -> None:
    assert declined(clients.authorize(**{name: "eyJhbGciOiJub25lIn0.e30."})) == error


@pytest.mark.parametrize("mode", ["form_post", "fragment", "web_message", "jwt"])
def test_departure_no_other_response_mode_than_query(clients: ClientHouse, mode: str) -> None:
    assert declined(clients.authorize(response_mode=mode)) == "invalid_request"
    assert begins(clients.authorize(response_mode="query"))


def test_the_request_may_come_by_post(clients: ClientHouse) -> None:
    assert begins(clients.browser.post("/authorize", data=clients.request(), base_url=ORIGIN))


# Redirect addresses ----------------------------------------------------------------------------------------------


def test_an_address_that_is_not_registered_hears_nothing(clients: ClientHouse) -> None:
    response = clients.authorize(redirect_uri="https://idp.alderwick.example/other")
    assert response.status_code == 400
    assert "Location" not in response.headers


def test_an_address_with_a_query_of_its_own(clients: ClientHouse) -> None:
    visit = clients.proven(clients.visit(clients.authorize()))
    visit.renew()
    assert clients.back(visit).headers["Location"].startswith(f"{CALLBACK}&code=")


# Codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_code_that_comes_again_ends_what_it_gave(clients: ClientHouse, seconds: int) -> None:
    code = clients.code()
    got = clients.token(code).json
    assert got
    clients.house.clock.forward(seconds=seconds)
    again = clients.token(code)
    assert (again.status_code, again.json) == (400, {"error": "invalid_grant"})
    assert clients.userinfo(got["access_token"]).status_code == 401


def test_pkce_is_taken(clients: ClientHouse) -> None:
    assert id_token(clients)["sub"] == "id-of-jo"


def test_departure_a_request_without_pkce_is_refused_unless_the_client_may(clients: ClientHouse) -> None:
    without: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    assert declined(clients.authorize(**without)) == "invalid_request"
    clients.change(pkce=False)
    assert clients.token(clients.code(**without), code_verifier=None).status_code == 200


# Client authentication -------------------------------------------------------------------------------------------


def test_client_secret_basic(clients: ClientHouse) -> None:
    assert clients.token(clients.code(), basic()).status_code == 200


def test_departure_a_secret_in_the_body_is_refused(clients: ClientHouse) -> None:
    refused = clients.token(clients.code(), {}, client_id="idp", client_secret=SECRET)
    assert (refused.status_code, refused.json) == (401, {"error": "invalid_client"})
    assert refused.headers["WWW-Authenticate"] == "Basic"


def test_departure_there_are_no_refresh_tokens(clients: ClientHouse) -> None:
    got = clients.token(clients.code(scope="openid offline_access")).json
    assert got
    assert "refresh_token" not in got
    refused = clients.token("", grant_type="refresh_token", refresh_token="x")
    assert (refused.status_code, refused.json) == (400, {"error": "unsupported_grant_type"})
