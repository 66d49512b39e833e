"""A small house with its pages, and a client of OpenID Connect that sends people there."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pretend_portal import portal_settings
from werkzeug.test import TestResponse

from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.contracts.human_check import Widget
from keyback.core.contracts.plugin import Context, NoSettings
from keyback.core.db.session import Database
from keyback.core.portal import create_portal, starts_with_request
from keyback.core.service.clients.client_desk import ClientDesk
from keyback.core.service.clients.client_keys import ClientKeys
from keyback.core.service.clients.entry_rules import digest
from keyback.core.service.tickets import Ticket
from keyback.idp_bridge.client_proof import ClientProof
from keyback.idp_bridge.doors import Doors
from keyback.idp_bridge.entries import Entries
from keyback.idp_bridge.provider_pages import ProviderPages, create_provider
from keyback.idp_bridge.token_endpoint import TokenEndpoint

from .small_house import NEW, OpenDoor, SmallHouse, Visit, small_house

ORIGIN = "https://reset.example.org"
SECRET = "s" * 43
CALLBACK = "https://idp.alderwick.example/callback?from=keyback"
VERIFIER = "v" * 64
CLIENT = OidcClient((CALLBACK,), secret_digest=digest(SECRET), store="fake")
OTHER = OidcClient(("https://other.example/cb",), secret_digest=digest("o" * 43), store="fake")


class EasyDoor(OpenDoor):
    """A human check with a page of its own, which takes the word "yes"."""

    key = "proof_of_work"
    fields = frozenset({"proof_of_work"})

    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        return Widget("proof_of_work", {"challenge": "puzzle"})

    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Any:
        return super().judge({"human": response.get("proof_of_work", "")}, ctx)


@cache
def _a_key(number: int) -> RSAKey:
    # To make one takes longer than a test.
    return RSAKey.generate_key(2048)


@dataclass
class KeyMaker:
    """Makes keys, the same ones in each test."""

    made: int = 0

    def __call__(self) -> tuple[str, bytes]:
        import json

        self.made += 1
        key = _a_key(self.made)
        return key.thumbprint(), json.dumps(key.as_dict(private=True)).encode()


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def basic(client: str = "idp", secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()}


@dataclass
class ClientHouse:
    """The house, its app at a browser, and what a client says."""

    house: SmallHouse
    app: Flask
    browser: FlaskClient
    entries: dict[str, Entry]
    doors: Doors
    keys: ClientKeys
    asked: dict[str, str] = field(default_factory=dict)

    def change(self, **values: Any) -> None:
        """How the client is registered."""
        entry = self.entries["idp"]
        assert entry.client
        self.entries["idp"] = replace(entry, client=replace(entry.client, **values))

    def request(self, **changes: str | None) -> dict[str, str]:
        """A whole request; None leaves a parameter out."""
        given: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "idp",
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "state of the client",
            "nonce": "nonce of the client",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in given.items() if value is not None}

    def authorize(self, **changes: str | None) -> TestResponse:
        return self.browser.get("/authorize", query_string=self.request(**changes), base_url=ORIGIN)

    def start(self, page: TestResponse, name: str = "jo") -> TestResponse:
        """Fill in the start page."""
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        form = {name: unescape(value) for name, value in hidden} | {"identifier": name, "proof_of_work": "yes"}
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        assert action
        return self.browser.post(action[1], data=form, base_url=ORIGIN)

    def visit(self, page: TestResponse, name: str = "jo") -> Visit:
        """A recovery from this start page on."""
        started = self.start(page, name)
        assert started.status_code == 303, started.text
        return Visit(self.house, self.ticket())

    def ticket(self) -> Ticket:
        cookie = self.browser.get_cookie("__Host-kb_j", domain="reset.example.org")
        assert cookie
        recovery_id, _, key = cookie.value.partition(".")
        return Ticket(recovery_id, key)

    def proven(self, visit: Visit) -> Visit:
        """By mail and by paper."""
        visit.prove_by_mail()
        visit.prove_by_paper()
        return visit

    def back(self, visit: Visit) -> TestResponse:
        """The link on the last page."""
        cookie = f"{visit.ticket.recovery_id}.{visit.ticket.key}"
        self.browser.set_cookie("__Host-kb_j", cookie, domain="reset.example.org", secure=True, httponly=True)
        return self.browser.get(f"/recover/{visit.ticket.recovery_id}/back", base_url=ORIGIN)

    def reset(self, **changes: str | None) -> dict[str, str]:
        """A whole reset by OpenID Connect; what the client hears."""
        visit = self.proven(self.visit(self.authorize(**changes)))
        visit.renew(NEW)
        return answer(self.back(visit))

    def code(self, **changes: str | None) -> str:
        return self.reset(**changes)["code"]

    def token(self, code: str, headers: Mapping[str, str] | None = None, **changes: str | None) -> TestResponse:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        form = {name: value for name, value in {**given, **changes}.items() if value is not None}
        sent = basic() if headers is None else headers
        # Another program than the browser: it has no cookie.
        return self.app.test_client().post("/token", data=form, headers=dict(sent), base_url=ORIGIN)

    def userinfo(self, token: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"}
        return self.app.test_client().get("/userinfo", headers=headers, base_url=ORIGIN)

    def claims(self, id_token: str) -> dict[str, Any]:
        """Verified by what is shown of our keys."""
        keys = KeySet.import_key_set(self.browser.get("/jwks.json", base_url=ORIGIN).json)
        return dict(jwt.decode(id_token, keys, algorithms=["RS256"]).claims)


def answer(response: TestResponse) -> dict[str, str]:
    """What a client hears at its own address, and nowhere else."""
    assert response.status_code == 303, response.text
    place, _, told = response.headers["Location"].partition("&")
    assert place == CALLBACK
    heard = parse_qsl(told, strict_parsing=True)
    assert len(dict(heard)) == len(heard)
    assert urlsplit(response.headers["Location"]).fragment == ""
    return dict(heard)


def client_house(database: Database, **values: Any) -> ClientHouse:
    house = small_house(database, door=EasyDoor(NoSettings()), origin=ORIGIN, **values)
    entries = {"idp": Entry("idp", "Alderwick sign-in", (), "https://idp.alderwick.example/", CLIENT)}
    entries["other"] = Entry("other", "Another", client=OTHER)
    sightings = house.service.starting.sightings
    desk = ClientDesk(records=house.records, around=house.around, sightings=sightings)
    doors = Doors(Entries([], lambda: entries), desk, ORIGIN)
    keys = ClientKeys(records=house.records, around=house.around, make=KeyMaker())
    app = Flask("keyback", static_folder=None)
    look = portal_settings(portal_url=ORIGIN, now=house.clock)
    app.register_blueprint(create_portal(house.service, doors, look))
    proof = ClientProof(doors.entries, doors.desk, (ORIGIN, f"{ORIGIN}/token"))
    endpoint = TokenEndpoint(ORIGIN, doors.desk, keys, proof)
    pages = ProviderPages(doors, starts_with_request(house.service, doors, look), lambda: endpoint)
    app.register_blueprint(create_provider(pages))
    return ClientHouse(house, app, app.test_client(), entries, doors, keys)
