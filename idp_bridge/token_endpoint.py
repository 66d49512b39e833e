"""A client brings a code and gets, once, a signed word of what was proven and done."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from ..core.service.clients.client_desk import TOKEN_LIFE, ClientDesk, Fetched, Grant
from ..core.service.clients.client_keys import ClientKeys
from . import claims
from .client_proof import ClientProof
from .keys import public, signed
from .refusals import Refused, UnknownToken


@dataclass(frozen=True)
class TokenEndpoint:
    """The code is consumed before anything of it is compared: a wrong guess about the rest costs the code."""

    issuer: str
    desk: ClientDesk
    keys: ClientKeys
    proof: ClientProof

    def exchange(self, authorization: str, form: Mapping[str, str]) -> dict[str, Any]:
        """What the client gets. Raises Refused."""
        entry = self.proof.client(authorization, form)
        try:
            fetched = self._fetch(entry.key, form)
        except Refused as refused:
            # Only of who has proven to be the client: a stranger's tries are not its fault.
            self.desk.sightings.refused(entry.key, refused.error)
            raise
        return {
            "access_token": fetched.token,
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "scope": " ".join(fetched.grant.scopes),
            "id_token": self._id_token(fetched.grant),
        }

    def _fetch(self, entry: str, form: Mapping[str, str]) -> Fetched:
        if form.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
        if not form.get("code"):
            raise Refused("invalid_request")
        # Another client's code stays untouched, so that nobody can spoil it.
        fetched = self.desk.redeem(entry, form["code"])
        if fetched is None or not _fits(fetched.grant, form):
            raise Refused("invalid_grant")
        return fetched

    def userinfo(self, authorization: str, form: Mapping[str, str]) -> dict[str, Any]:
        """What a token still says. Raises UnknownToken."""
        scheme, _, told = authorization.partition(" ")
        in_head = told.strip() if scheme.lower() == "bearer" else ""
        token = in_head or form.get("access_token", "")
        # Two tokens could be of two people (RFC 6750 2).
        both = bool(in_head) and "access_token" in form
        grant = self.desk.of_token(token) if token and not both else None
        if grant is None:
            raise UnknownToken
        return claims.of_grant(grant)

    def key_set(self) -> dict[str, Any]:
        """The public halves of our keys, for whoever wants to verify."""
        return {"keys": [public(key) for key in self.keys.shown()]}

    def _id_token(self, grant: Grant) -> str:
        now = int(self.desk.around.now().timestamp())
        times = {"iat": now, "exp": now + int(TOKEN_LIFE.total_seconds())}
        told = {"iss": self.issuer, "aud": grant.entry, **times, **claims.of_token(grant)}
        return signed(self.keys.signing(), told)


def _fits(grant: Grant, form: Mapping[str, str]) -> bool:
    if form.get("redirect_uri") != grant.redirect_uri:
        return False
    verifier = form.get("code_verifier", "")
    if not grant.challenge:
        # A verifier without a challenge: somebody took the challenge out on the way (RFC 9700 4.8.2).
        return not verifier
    made = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return 43 <= len(verifier) <= 128 and compare_digest(made, grant.challenge)
