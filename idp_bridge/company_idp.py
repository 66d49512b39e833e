"""What the company's identity provider says of itself: addresses, keys, and how it signs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias

import requests
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from .addresses import is_safe
from .wire import WireError, read_json

PublicKey: TypeAlias = RSAKey | ECKey | OKPKey

# Ours, whatever the document says: some list "none", and whoever believes that takes a token that nobody signed. No
# HS…: its key would be our own client secret.
ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
# How long is believed what was read; a key that was withdrawn is good for no longer.
DOCUMENT_SECONDS, KEYS_SECONDS = 3600.0, 300.0
# A key that we do not know may be a new one. Made-up ones must not make us ask each time.
ASK_AGAIN_SECONDS = 15.0
MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class Document:
    """The discovery document, as far as we use it. Addresses that it does not have are empty."""

    issuer: str
    authorize: str
    token: str
    jwks: str
    userinfo: str = ""
    end_session: str = ""
    algorithms: tuple[str, ...] = ALGORITHMS
    names_itself: bool = False


@dataclass
class CompanyIdp:
    """Read when it is needed, and again when it is old: it may be away when Keyback starts."""

    issuer: str
    session: Callable[[], requests.Session]
    plain_http: bool = False
    clock: Callable[[], float] = time.monotonic
    _document: Document | None = None
    _document_at: float = 0.0
    _keys: dict[str, PublicKey] = field(default_factory=dict)
    _keys_at: float = float("-inf")
    _lock: Lock = field(default_factory=Lock, repr=False)

    def document(self) -> Document:
        """Its addresses. Raises RequestException."""
        with self._lock:
            if self._document is None or self.clock() - self._document_at > DOCUMENT_SECONDS:
                address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = read_json(self.session(), address)
                self._document, self._document_at = self._understood(found), self.clock()
            return self._document

    def keys(self, kid: str | None) -> dict[str, PublicKey]:
        """Its keys, read anew when they are old, or when this one is missing. Raises RequestException."""
        document = self.document()
        with self._lock:
            age = self.clock() - self._keys_at
            if age > KEYS_SECONDS or (kid is not None and kid not in self._keys and age > ASK_AGAIN_SECONDS):
                self._keys = _public_keys(read_json(self.session(), document.jwks))
                self._keys_at = self.clock()
            return self._keys

    def _understood(self, found: dict[str, Any]) -> Document:
        # Letter by letter, a slash at the end included: whoever answers for somebody else is refused here.
        if found.get("issuer") != self.issuer:
            raise WireError("its document names another issuer")
        named = found.get("id_token_signing_alg_values_supported")
        algorithms = tuple(one for one in ALGORITHMS if not isinstance(named, list) or one in named)
        if not algorithms:
            raise WireError("it signs in no way that we accept: set it to RS256")
        return Document(
            self.issuer,
            self._address(found, "authorization_endpoint"),
            self._address(found, "token_endpoint"),
            self._address(found, "jwks_uri"),
            self._address(found, "userinfo_endpoint", required=False),
            self._address(found, "end_session_endpoint", required=False),
            algorithms,
            found.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, found: dict[str, Any], name: str, *, required: bool = True) -> str:
        address = found.get(name)
        if address is None and not required:
            return ""
        if not isinstance(address, str) or not is_safe(address, plain_http=self.plain_http):
            raise WireError(f"its document has no usable {name}")
        return address


def _public_keys(found: dict[str, Any]) -> dict[str, PublicKey]:
    """Those that sign, by their names; what we do not understand is left out and breaks nothing."""
    listed = found.get("keys")
    if not isinstance(listed, list):
        raise WireError("it has no keys")
    keys: dict[str, PublicKey] = {}
    for number, each in enumerate(listed[:MOST_KEYS]):
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or each.get("kty") not in {"RSA", "EC", "OKP"}:
            continue
        try:
            key = import_key(each)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            # One without a name can be found by its kind alone.
            keys[str(each.get("kid") or f"\0{number}")] = key
    return keys
