"""An identity provider on a port of this machine that does what a test tells it, honest or not."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from keyback.core.service.enrolling.vouching import Departure, SignInRefused, Vouched
from keyback.idp_bridge.sign_in import Client, SignIn

from .on_a_port import on_a_port

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
CLIENT, SECRET, NONCE, SUBJECT = "keyback", "s3cret+with%odd:signs", "the-nonce", "sub-jo"
KEYS = {name: RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("first", "second", "stranger")}
CURVE = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


def at(moment: datetime) -> int:
    return int(moment.timestamp())


@dataclass
class HostileIdp:
    """Honest until a test changes something: `document`, `claims` and `header` are added to what it says anyway."""

    issuer: str
    document: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    published: list[Any] = field(default_factory=lambda: [KEYS["first"], CURVE])
    key: Any = field(default_factory=lambda: KEYS["first"])
    userinfo: dict[str, Any] = field(default_factory=dict)
    token_answer: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    make_token: Callable[[dict[str, Any]], str] | None = None
    instead: dict[str, Callable[[], Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    authorization: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Flask:
        app = Flask("hostile")
        for path, view in (
            ("/.well-known/openid-configuration", self._discover),
            ("/jwks", lambda: jsonify(KeySet(self.published).as_dict(private=False))),
            ("/token", self._redeem),
            ("/userinfo", lambda: jsonify({"sub": SUBJECT, **self.userinfo})),
        ):
            app.add_url_rule(path, path, self._watched(path, view), methods=["GET", "POST"])
        return app

    def hangs(self) -> Response:
        """An answer that does not come before the block ends."""
        self.over.wait()
        return Response()

    def id_token(self) -> str:
        """What it says of somebody who signed in a minute ago."""
        said = {
            "iss": self.issuer, "sub": SUBJECT, "aud": CLIENT, "nonce": NONCE, "iat": at(NOW), "exp": at(NOW) + 300,
            "auth_time": at(NOW) - 60, "preferred_username": "jo", **self.claims,
        }  # fmt: skip
        return self.sign({name: value for name, value in said.items() if name not in self.without})

    def logout_token(self, **claims: Any) -> str:
        """What it says when somebody signed out there."""
        event = {"http://schemas.openid.net/event/backchannel-logout": {}}
        said = {"iss": self.issuer, "aud": CLIENT, "iat": at(NOW), "jti": "j1", "sub": SUBJECT, "events": event}
        said |= {"exp": at(NOW) + 120, **claims}
        return self.sign({name: value for name, value in said.items() if value is not None}, typ="logout+jwt")

    def sign(self, claims: dict[str, Any], **header: str) -> str:
        if self.make_token:
            return self.make_token(claims)
        kind = "ES256" if self.key is CURVE else "RS256"
        return jwt.encode(
            {"alg": kind, "kid": self.key.kid, **header, **self.header}, claims, self.key, algorithms=[kind]
        )

    def _watched(self, path: str, view: Callable[[], Any]) -> Callable[[], Any]:
        def answer() -> Any:
            self.asked.append(path)
            return self.instead.get(path, view)()

        return answer

    def _discover(self) -> Response:
        said = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo", "end_session_endpoint": f"{self.issuer}/end",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256", "ES256"], **self.document,
        }  # fmt: skip
        return jsonify({name: value for name, value in said.items() if value is not None})

    def _redeem(self) -> Any:
        self.forms.append(request.form.to_dict())
        self.authorization = request.headers.get("Authorization", "")
        said = {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token()}
        return jsonify({**said, **self.token_answer}), self.token_status

    def basic(self) -> list[str]:
        """How the client proved who it is."""
        return [unquote_plus(half) for half in b64decode(self.authorization.removeprefix("Basic ")).decode().split(":")]


def unsigned(claims: dict[str, Any]) -> str:
    """A token that nobody signed."""
    return f"{packed({'alg': 'none'})}.{packed(claims)}."


def packed(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed_with_a_public_key(claims: dict[str, Any]) -> str:
    """HS256 with what everybody can read, as if it were a secret."""

    public = KEYS["first"].as_pem(private=False)
    body = f"{packed({'alg': 'HS256', 'kid': 'first'})}.{packed(claims)}"
    digest = hmac.digest(public, body.encode(), "sha256")
    return f"{body}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@contextmanager
def hostile_idp() -> Iterator[HostileIdp]:
    """Ends with the block, and so does every request that hangs."""
    with on_a_port() as (server, base):
        idp = HostileIdp(base)
        server.app = idp.app()
        try:
            yield idp
        finally:
            idp.over.set()


# What Keyback asks it --------------------------------------------------------------------------------------------

MINUTE = timedelta(minutes=1)
BACK = "https://reset.example.org/sign-in/callback"
VERIFIER = "v" * 64
LEFT = Departure("the-state", NONCE, VERIFIER, NOW - MINUTE, NOW + 9 * MINUTE)
FRESH = replace(LEFT, fresh=True)
OURS = Client(CLIENT, SECRET, BACK, "https://reset.example.org/sign-out", claim="preferred_username")


def ours(idp: HostileIdp, **changes: Any) -> SignIn:
    return SignIn(idp.issuer, replace(OURS, **changes), plain_http=True)


def vouch(idp: HostileIdp, departure: Departure = LEFT, **changes: Any) -> Vouched:
    return ours(idp, **changes).vouch({"code": "a-code", "state": "the-state"}, departure, NOW)


def refusal(idp: HostileIdp, departure: Departure = LEFT, **changes: Any) -> str:
    with pytest.raises(SignInRefused) as caught:
        vouch(idp, departure, **changes)
    return caught.value.why
