"""Whoever would take a client's answer for themselves, or send people elsewhere, is refused; nothing of ours breaks."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from servers.client_house import CALLBACK, ORIGIN, VERIFIER, ClientHouse, answer, basic, challenge_of, client_house
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from keyback.core.contracts.bridge_events import CodeCameAgain
from keyback.core.db.bridge_tables import oidc_grant
from keyback.core.db.session import Database
from keyback.core.db.tables import event
from keyback.idp_bridge.authorize import Request

EVIL = "https://evil.example"


@pytest.fixture
def on_either(either_database: Database) -> ClientHouse:
    return client_house(either_database)


def leads_nowhere(response: TestResponse) -> bool:
    """An error page, and all its links stay with us."""
    links = re.findall(r'(?:href|action|src)="([^"]*)"', response.text)
    ours = all(re.match(r"[/?](?![/\\])|$", link) for link in links)
    return response.status_code == 400 and "Location" not in response.headers and ours and bool(links)


# Codes -----------------------------------------------------------------------------------------------------------


def test_of_fifty_who_bring_a_code_at_once_one_gets_a_token_and_it_is_over_at_once(on_either: ClientHouse) -> None:
    code = on_either.code()
    with ThreadPoolExecutor(50) as crowd:
        got = list(crowd.map(lambda _: on_either.token(code), range(50)))
    assert Counter(response.status_code for response in got) == {200: 1, 400: 49}
    (winner,) = [response.json for response in got if response.status_code == 200]
    assert winner
    # Whoever was second may have been the one it was meant for.
    assert on_either.userinfo(winner["access_token"]).status_code == 401


def test_a_code_that_comes_again_is_told_loudly(clients: ClientHouse) -> None:
    code = clients.code()
    clients.token(code)
    clients.token(code)
    assert CodeCameAgain.loud
    with clients.house.records.db.read() as tx:
        told = list(tx.scalars(select(event.c.name).where(event.c.name.startswith("client."))))
    assert sorted(told) == ["client.answered", "client.code-again", "client.refused"]


def test_another_client_s_code_is_worth_nothing_and_is_not_spoilt_by_that(clients: ClientHouse) -> None:
    code = clients.code()
    stolen = clients.token(code, basic("other", "o" * 43), redirect_uri="https://other.example/cb")
    assert (stolen.status_code, stolen.json) == (400, {"error": "invalid_grant"})
    assert clients.token(code).status_code == 200


def test_an_expired_code(clients: ClientHouse) -> None:
    code = clients.code()
    clients.house.clock.forward(minutes=1)
    assert clients.token(code).json == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": None},
        {"code_verifier": ""},
        {"code_verifier": "w" * 64},
        {"code_verifier": challenge_of(VERIFIER)},
        {"redirect_uri": None},
        {"redirect_uri": "https://idp.alderwick.example/callback"},
        {"redirect_uri": EVIL},
    ],
)
def test_whoever_has_the_code_and_guesses_the_rest_loses_it(clients: ClientHouse, changes: dict[str, Any]) -> None:
    code = clients.code()
    assert clients.token(code, **changes).json == {"error": "invalid_grant"}
    assert clients.token(code).json == {"error": "invalid_grant"}


@pytest.mark.parametrize("code", ["", "0" * 64, "\x00", "x" * 10_000, "' OR 1=1 --"])
def test_made_up_codes(clients: ClientHouse, code: str) -> None:
    assert clients.token(code).status_code == 400


def test_a_second_way_back_ends_the_first_one_s_code(clients: ClientHouse) -> None:
    visit = clients.proven(clients.visit(clients.authorize()))
    visit.renew()
    first, second = (answer(clients.back(visit))["code"] for _ in range(2))
    assert clients.token(first).json == {"error": "invalid_grant"}
    assert clients.token(second).status_code == 200


def test_a_grant_that_was_changed_in_the_database_is_none(clients: ClientHouse) -> None:
    code = clients.code()
    with clients.house.records.db.write() as tx:
        tx.execute(update(oidc_grant).values(entry="other"))
    assert clients.token(code, basic("other", "o" * 43)).status_code >= 400


# PKCE ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": None},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"code_challenge": "!" * 43},
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_half_a_challenge_is_none_also_where_it_may_be_left_out(
    clients: ClientHouse, changes: dict[str, str | None], required: bool
) -> None:
    clients.change(pkce=required)
    assert answer(clients.authorize(**changes))["error"] == "invalid_request"


def test_a_challenge_that_was_taken_out_on_the_way_is_missed(clients: ClientHouse) -> None:
    clients.change(pkce=False)
    code = clients.code(code_challenge=None, code_challenge_method=None)
    assert clients.token(code).json == {"error": "invalid_grant"}


# Where people are sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        EVIL,
        "",
        CALLBACK.upper(),
        CALLBACK.replace("https://idp", "https://IDP"),
        CALLBACK.replace("/callback", "/%63allback"),
        CALLBACK.replace("/callback", "/x/../callback"),
        CALLBACK.replace("/callback", "/callback/evil"),
        CALLBACK.replace("/callback", "//callback"),
        CALLBACK + "&evil=1",
        CALLBACK.partition("?")[0],
        CALLBACK + "#evil",
        CALLBACK.replace("idp.", "evil@idp."),
        CALLBACK.replace("https://", "https://idp.alderwick.example@evil.example/"),
        CALLBACK.replace(".example", ".example:443"),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("example", "example.evil.example"),
        CALLBACK + " ",
        CALLBACK + "\r\nevil: 1",
        CALLBACK + "\x00",
        "javascript:alert(1)",
        "//evil.example",
        "https://other.example/cb",
    ],
)
def test_an_address_that_is_not_letter_by_letter_registered_hears_nothing(clients: ClientHouse, address: str) -> None:
    assert leads_nowhere(clients.authorize(redirect_uri=address))
    assert leads_nowhere(clients.authorize(redirect_uri=address, response_type="none"))


@pytest.mark.parametrize(
    "name",
    ["state", "nonce", "login_hint", "ui_locales", "acr_values", "scope", "prompt", "display", "return_to", "entry",
     "response_mode", "claims", "iss", "post_logout_redirect_uri", "next", "language"],
)  # fmt: skip
@pytest.mark.parametrize("value", [EVIL, "//evil.example", f"x\r\nLocation: {EVIL}", f'"><a href="{EVIL}">'])
def test_no_parameter_leads_elsewhere(clients: ClientHouse, name: str, value: str) -> None:
    response = clients.authorize(**{name: value})
    assert response.status_code < 500
    assert response.headers.get("Location", CALLBACK).startswith((CALLBACK, "/"))
    assert f'href="{EVIL}' not in response.text
    assert 'href="//evil' not in response.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_client_or_an_address_twice_is_nobody_s(clients: ClientHouse, name: str) -> None:
    query = [*clients.request().items(), (name, clients.request()[name])]
    assert leads_nowhere(clients.browser.get("/authorize", query_string=query, base_url=ORIGIN))


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "response_type", "code_challenge", "extra"])
def test_any_other_parameter_twice_is_refused(clients: ClientHouse, name: str) -> None:
    query = [*clients.request(extra="x").items(), (name, "other")]
    heard = answer(clients.browser.get("/authorize", query_string=query, base_url=ORIGIN))
    assert heard["error"] == "invalid_request"
    assert ("state" in heard) is (name != "state")


def test_a_name_that_somebody_suggests_is_only_text(clients: ClientHouse) -> None:
    page = clients.authorize(login_hint='"><script>alert(1)</script>\r\nX: y').text
    assert "<script>alert" not in page
    assert "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;X: y" in page


@pytest.mark.parametrize(("name", "length"), [("state", 1001), ("nonce", 1001), ("scope", 1001), ("acr_values", 1001)])
def test_nobody_has_more_kept_than_they_need(clients: ClientHouse, name: str, length: int) -> None:
    assert answer(clients.authorize(**{name: "openid " + "x" * length}))["error"] == "invalid_request"


# The request on its way through the page -------------------------------------------------------------------------


def test_a_request_that_a_browser_changed_is_no_request(clients: ClientHouse) -> None:
    _, sealed = clients.doors.ask(_parameters(clients))
    for changed in (sealed[:-2], sealed[:-8] + "AAAAAAAA", "", "x", sealed + sealed, "\x00", "=" * 40):
        assert clients.doors.allowed("idp", changed) == ""
        assert not clients.doors.expects_answer("idp", changed)


def test_one_client_s_request_does_not_come_in_by_another_s_door(clients: ClientHouse) -> None:
    _, sealed = clients.doors.ask(_parameters(clients))
    assert clients.doors.allowed("idp", sealed) == sealed
    assert clients.doors.allowed("other", sealed) == ""


def test_the_state_of_another_request_does_not_come_back(clients: ClientHouse) -> None:
    """Two people at one time: each answer has the state, and the client, that its own request had."""
    first, second = clients.authorize(state="first"), clients.authorize(state="second")
    visit = clients.proven(clients.visit(second))
    visit.renew()
    assert answer(clients.back(visit))["state"] == "second"
    assert first.status_code == 200


def test_errors_say_who_speaks_so_that_a_client_of_several_can_tell(clients: ClientHouse) -> None:
    """The mix-up: an answer of ours that is taken for another provider's (RFC 9207)."""
    for heard in (clients.reset(), answer(clients.authorize(scope="x"))):
        assert heard["iss"] == ORIGIN


# Who a client is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(secret="wrong"),
        basic(secret=""),
        basic("nobody"),
        basic("other"),
        {"Authorization": "Basic !"},
        {"Authorization": "Basic aWRw"},
        {"Authorization": "Bearer " + basic()["Authorization"].partition(" ")[2]},
        {"Authorization": basic()["Authorization"] + "="},
    ],
)
def test_nobody_without_proof_gets_anything(clients: ClientHouse, headers: dict[str, str]) -> None:
    code = clients.code()
    refused = clients.token(code, headers)
    assert (refused.status_code, refused.json) == (401, {"error": "invalid_client"})
    # And the code is still the right one's.
    assert clients.token(code).status_code == 200


def test_two_proofs_at_once_are_none(clients: ClientHouse) -> None:
    refused = clients.token("x", basic(), client_assertion="x", client_assertion_type="x")
    assert refused.json == {"error": "invalid_client"}
    assert clients.token("x", basic(), client_id="other").json == {"error": "invalid_client"}


def test_a_parameter_twice_at_the_token_endpoint(clients: ClientHouse) -> None:
    body = f"grant_type=authorization_code&code={clients.code()}&redirect_uri={quote(CALLBACK)}&code=x"
    kind = "application/x-www-form-urlencoded"
    program = clients.app.test_client()
    refused = program.post("/token", data=body, headers=basic(), content_type=kind, base_url=ORIGIN)
    assert (refused.status_code, refused.json) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "' OR ''='"])
def test_made_up_tokens(clients: ClientHouse, token: str) -> None:
    clients.code()
    said = clients.app.test_client().post("/userinfo", data={"access_token": token}, base_url=ORIGIN)
    assert said.status_code in (400, 401)


def test_a_code_or_an_id_token_is_no_access_token(clients: ClientHouse) -> None:
    code = clients.code()
    got = clients.token(code).json
    assert got
    assert clients.userinfo(code).status_code == 401
    assert clients.userinfo(got["id_token"]).status_code == 401


# A client with a key ---------------------------------------------------------------------------------------------


KEY = ECKey.generate_key("P-256")


@pytest.fixture
def with_key(clients: ClientHouse) -> ClientHouse:
    """The client proves who it is by a key of its own."""
    keys = json.dumps({"keys": [{**KEY.as_dict(private=False), "kid": "one", "use": "sig", "alg": "ES256"}]})
    clients.change(secret_digest="", keys=keys)
    return clients


def statement(clients: ClientHouse, key: Any = KEY, alg: str = "ES256", **changes: Any) -> dict[str, str]:
    now = int(clients.house.clock().timestamp())
    claims = {"iss": "idp", "sub": "idp", "aud": ORIGIN, "exp": now + 60, "iat": now, "jti": "first", **changes}
    told = {name: value for name, value in claims.items() if value is not None}
    signed = jwt.encode({"alg": alg, "kid": "one"}, told, key, algorithms=[alg])
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {"client_assertion": signed, "client_assertion_type": kind}


@pytest.mark.parametrize("audience", [ORIGIN, f"{ORIGIN}/token", [ORIGIN]])
def test_a_statement_of_the_client_s_key_is_believed_once(with_key: ClientHouse, audience: object) -> None:
    told = statement(with_key, aud=audience)
    assert with_key.token(with_key.code(), {}, **told).status_code == 200
    assert with_key.token("x", {}, **told).json == {"error": "invalid_client"}


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": [ORIGIN, "https://other.example"]},
        {"aud": None},
        {"iss": "other"},
        {"sub": "other"},
        {"sub": "nobody"},
        {"exp": None},
        {"exp": 1},
        {"exp": 1 << 60},
        {"exp": "soon"},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 201},
        {"nbf": 1 << 39},
    ],
)
def test_a_statement_that_is_for_others_or_for_ever_is_none(with_key: ClientHouse, changes: dict[str, Any]) -> None:
    assert with_key.token("x", {}, **statement(with_key, **changes)).json == {"error": "invalid_client"}


def test_a_statement_by_another_key_is_none(with_key: ClientHouse) -> None:
    for key, alg in ((ECKey.generate_key("P-256"), "ES256"), (OctKey.import_key("x" * 64), "HS256")):
        assert with_key.token("x", {}, **statement(with_key, key, alg)).json == {"error": "invalid_client"}
    told = statement(with_key)
    head, body, _ = told["client_assertion"].split(".")
    for broken in (f"{head}.{body}.", body, "..", "", f"eyJhbGciOiJub25lIn0.{body}."):
        assert with_key.token("x", {}, **(told | {"client_assertion": broken})).json == {"error": "invalid_client"}
    assert with_key.token("x", {}, **(told | {"client_assertion_type": "x"})).json == {"error": "invalid_client"}


def test_a_client_with_a_key_has_no_secret(with_key: ClientHouse) -> None:
    assert with_key.token("x", basic()).json == {"error": "invalid_client"}
    assert with_key.token("x", basic(secret="")).json == {"error": "invalid_client"}


def test_our_token_is_for_its_client_alone(clients: ClientHouse) -> None:
    got = clients.token(clients.code()).json
    assert got
    assert clients.claims(got["id_token"])["aud"] == "idp"


def _parameters(clients: ClientHouse) -> Request:
    return Request.of(list(clients.request().items()))
