"""How a client proves who it is: by a secret that both know, or by a statement that its own key signed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from ..core.contracts.entry import Entry
from ..core.service.clients.client_desk import ClientDesk
from ..core.service.clients.entry_rules import digest, read_keys
from .discovery import CLIENT_ALGORITHMS
from .entries import Entries
from .refusals import UnknownClient

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# A statement is made for one request; a clock may be late.
_LONGEST, _LEEWAY = timedelta(minutes=10), timedelta(seconds=60)


@dataclass(frozen=True)
class ClientProof:
    """`places`: the addresses that a statement may be meant for, the issuer and the token endpoint."""

    entries: Entries
    desk: ClientDesk
    places: tuple[str, ...]

    def client(self, authorization: str, form: Mapping[str, str]) -> Entry:
        """Who asks. Raises UnknownClient."""
        stated = "client_assertion" in form or "client_assertion_type" in form
        if authorization and not stated:
            entry = self._by_secret(authorization)
        elif stated and not authorization:
            entry = self._by_key(form)
        else:
            # Two proofs could be of two clients (RFC 6749 2.3).
            raise UnknownClient
        if form.get("client_id", entry.key) != entry.key:
            raise UnknownClient
        return entry

    def _by_secret(self, authorization: str) -> Entry:
        scheme, _, told = authorization.partition(" ")
        try:
            name, _, secret = b64decode(told, validate=True).decode().partition(":")
        except ValueError:
            raise UnknownClient from None
        entry = self.entries.get(unquote_plus(name)) if scheme.lower() == "basic" else None
        kept = entry.client.secret_digest if entry and entry.client else ""
        # The same work for a client that there is not.
        fits = compare_digest(digest(unquote_plus(secret)), kept or "0" * 64)
        if entry is None or not kept or not fits:
            raise UnknownClient
        return entry

    def _by_key(self, form: Mapping[str, str]) -> Entry:
        statement = form.get("client_assertion", "")
        if form.get("client_assertion_type") != ASSERTION:
            raise UnknownClient
        try:
            # Whose it says it is only chooses the key; nothing of it is believed before that key has verified it.
            payload = statement.split(".")[1]
            claimed = json.loads(b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_"))
            entry = self.entries.get(str(claimed["sub"]))
            keys = self.desk.keys_of(entry) if entry else ""
            if entry is None or not keys:
                raise UnknownClient
            token = self._verified(statement, keys, entry)
        except (JoseError, ValueError, TypeError, KeyError, IndexError, RecursionError):
            raise UnknownClient from None
        self._judge(entry, token.claims)
        return entry

    def _verified(self, statement: str, keys: str, entry: Entry) -> jwt.Token:
        try:
            return jwt.decode(statement, _readable(keys), algorithms=list(CLIENT_ALGORITHMS))
        except (JoseError, ValueError):
            self.desk.doubt_keys(entry)
            raise

    def _judge(self, entry: Entry, claims: Mapping[str, Any]) -> None:
        audience, now = claims.get("aud"), self.desk.around.now()
        meant = [audience] if isinstance(audience, str) else audience
        # For us and for nobody else: whoever else it was for could bring it here.
        ours = isinstance(meant, list) and len(meant) == 1 and meant[0] in self.places
        expires, once = claims.get("exp"), claims.get("jti")
        timed = isinstance(expires, int) and not isinstance(expires, bool) and 0 < expires < 1 << 40
        named = isinstance(once, str) and 0 < len(once) <= 200
        if claims.get("iss") != entry.key or claims.get("sub") != entry.key or not (ours and timed and named):
            raise UnknownClient
        until = datetime.fromtimestamp(int(expires or 0), UTC)
        not_before = claims.get("nbf", 0)
        early = not isinstance(not_before, int) or not_before > (now + _LEEWAY).timestamp()
        if early or not now - _LEEWAY < until <= now + _LONGEST + _LEEWAY:
            raise UnknownClient
        if not self.desk.first_time(entry.key, str(once), until + _LEEWAY):
            raise UnknownClient


def _readable(keys: str) -> KeySet:
    """Beside the ones that we can read a client may have others, of curves that are not ours."""
    found: list[Key] = []
    for key in read_keys(keys):
        with suppress(JoseError, ValueError, KeyError):
            found.append(import_key(dict(key)))
    return KeySet(found)
