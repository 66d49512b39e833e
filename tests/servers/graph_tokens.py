"""The token endpoint beside our stand-in for Microsoft Graph: checks a secret or a signature, gives a token."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from .http_sink import Answer, Asked

TENANT, APPLICATION = "0f0f0f0f-1111-4222-8333-444444444444", "0a0a0a0a-1111-4222-8333-444444444444"
SECRET = "a-secret~of.the-application"


class _Roomy(JWSRegistry):
    """The whole certificate stands in the header."""

    max_header_length = 8192


class Tokens:
    """Gives tokens to the application, and knows those that it gave."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.asked = 0
        # The certificate's key; none: a secret is what it takes.
        self.public_key = b""
        self.opaque = False

    def answer(self, asked: Asked, url: str, consents: Iterable[str]) -> Answer:
        """To a question below the tenant's address."""
        if asked.target == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            root = f"{url}/{TENANT}"
            ends = {"authorization_endpoint": f"{root}/oauth2/v2.0/authorize", "issuer": f"{root}/v2.0"}
            return said(200, {**ends, "token_endpoint": f"{root}/oauth2/v2.0/token"})
        if asked.target != f"/{TENANT}/oauth2/v2.0/token":
            return said(404, {"error": "invalid_tenant", "error_description": "AADSTS90002: no such tenant"})
        self.asked += 1
        form = {name: values[0] for name, values in asked.form.items()}
        if form.get("scope") != f"{url}/.default" or form.get("grant_type") != "client_credentials":
            return said(400, {"error": "invalid_scope", "error_description": "AADSTS70011", "error_codes": [70011]})
        if form.get("client_id") != APPLICATION or not self._proven(form, f"{url}/{TENANT}/oauth2/v2.0/token"):
            words = "AADSTS7000215: Invalid client secret provided."
            return said(401, {"error": "invalid_client", "error_description": words, "error_codes": [7000215]})
        token = self._drawn(consents)
        return said(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    def forget(self) -> None:
        """No token that was given is good any more."""
        self.good.clear()

    def _proven(self, form: Mapping[str, str], endpoint: str) -> bool:
        if not self.public_key:
            return form.get("client_secret") == SECRET
        try:
            key, registry = RSAKey.import_key(self.public_key), _Roomy(algorithms=["PS256"])
            signed = jwt.decode(form.get("client_assertion", ""), key, registry=registry)
        except (JoseError, ValueError):
            return False
        claims = signed.claims
        return bool(claims["iss"] == claims["sub"] == APPLICATION and claims["aud"] == endpoint)

    def _drawn(self, consents: Iterable[str]) -> str:
        body = urlsafe_b64encode(json.dumps({"roles": sorted(consents)}).encode()).decode().rstrip("=")
        token = secrets.token_urlsafe(24) if self.opaque else f"eyJhbGciOiJub25lIn0.{body}.{secrets.token_urlsafe(24)}"
        self.good.add(token)
        return token


def said(status: int, fields: Mapping[str, Any]) -> Answer:
    """As JSON, as everything there is said."""
    return Answer(status, json.dumps(fields).encode(), (("Content-Type", "application/json"),))
