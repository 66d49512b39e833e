"""What people remember or have on paper, kept so that whoever steals the table still has to guess, slowly."""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256

from argon2.exceptions import VerificationError
from argon2.low_level import Type, hash_secret, verify_secret
from pydantic import SecretStr

# In kibibytes; with one pass this takes about 50 ms (ASVS, appendix on hashing).
MEMORY = 46 * 1024


def keyed(pepper: SecretStr, purpose: bytes, secret: str) -> bytes:
    """Without the pepper, which is in no table, nobody can even begin to guess."""
    return hmac.digest(pepper.get_secret_value().encode(), purpose + secret.encode(), sha256)


def slow_hash(secret: bytes, salt: bytes) -> str:
    """What to keep instead of it."""
    hashed = hash_secret(
        b64encode(secret), salt, time_cost=1, memory_cost=MEMORY, parallelism=1, hash_len=32, type=Type.ID
    )
    return hashed.decode("ascii")


def matches(hashed: str, secret: bytes) -> bool:
    """Whether this is what was kept."""
    try:
        return verify_secret(hashed.encode("ascii"), b64encode(secret), Type.ID)
    except VerificationError:
        return False
