"""The keys that sign for clients, as JSON Web Keys."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from ..core.service.clients.client_keys import TokenKey
from .discovery import ALGORITHM

_BITS = 2048


def new_key() -> tuple[str, bytes]:
    """Its name, and its private half."""
    key = RSAKey.generate_key(_BITS)
    return key.thumbprint(), json.dumps(key.as_dict(private=True)).encode()


def signed(key: TokenKey, claims: dict[str, Any], typ: str = "JWT") -> str:
    """These claims, under this key. `typ` keeps a token of one kind from being taken for another."""
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": typ}, claims, _private(key.private))


def public(key: TokenKey) -> dict[str, object]:
    """Its public half, by its name."""
    return {**_private(key.private).as_dict(private=False), "kid": key.kid, "use": "sig", "alg": ALGORITHM}


# To read one takes longer than to sign with it.
@lru_cache(maxsize=8)
def _private(private: bytes) -> RSAKey:
    return RSAKey.import_key(json.loads(private))
