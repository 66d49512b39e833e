"""Keys turn over while people come and go, and nobody is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet
from servers.client_house import ORIGIN, ClientHouse, answer, client_house

from keyback.core.db.session import Database


def test_no_sign_in_is_lost_while_keys_are_turned_over_all_the_time(clients: ClientHouse) -> None:
    """Each client keeps what it read of our keys for five minutes, as we said it may."""
    kept: dict[str, Any] = {}
    for minute in range(30):
        if minute % 5 == 0:
            kept = clients.browser.get("/jwks.json", base_url=ORIGIN).json or {}
        if minute % 7 == 0:
            clients.keys.rotate()
        got = clients.token(_code(clients, f"person{minute}")).json
        assert got
        assert jwt.decode(got["id_token"], KeySet.import_key_set(kept), algorithms=["RS256"]).claims["aud"] == "idp"
        clients.house.clock.forward(minutes=1)


def test_rotations_at_the_same_moment_as_many_sign_ins(clients: ClientHouse) -> None:
    codes = [_code(clients, f"person{number}") for number in range(6)]
    with ThreadPoolExecutor(8) as crowd:
        turns = [crowd.submit(clients.keys.rotate) for _ in range(2)]
        got = list(crowd.map(lambda code: clients.token(code).json, codes))
        for turn in turns:
            turn.result()
    assert {clients.claims((each or {})["id_token"])["sub"] for each in got} == {f"id-of-person{n}" for n in range(6)}


def test_another_process_goes_on_where_one_stopped(clients: ClientHouse) -> None:
    """The page and the proofs at one, the way back at a second, the code at a third."""
    page = clients.authorize()
    visit = clients.proven(clients.visit(page))
    visit.renew()
    second = _another(clients)
    code = answer(second.back(visit))["code"]
    third = _another(clients)
    got = third.token(code).json
    assert got
    assert clients.claims(got["id_token"]) == third.claims(got["id_token"])
    assert clients.userinfo(got["access_token"]).status_code == 200
    assert clients.token(code).status_code == 400


def _code(clients: ClientHouse, name: str) -> str:
    """Somebody new resets their password."""
    clients.house.add(name)
    visit = clients.proven(clients.visit(clients.authorize(), name))
    visit.renew()
    return answer(clients.back(visit))["code"]


def _another(clients: ClientHouse) -> ClientHouse:
    """As after a restart: nothing is in its memory."""
    url = str(clients.house.records.db._engine.url)
    another = client_house(Database(url))
    another.house.clock.time = clients.house.clock()
    return another
