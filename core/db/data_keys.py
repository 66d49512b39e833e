"""The table of data keys: each wrapped by a key that lives outside the database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, func, insert, select, update

from ..contracts.errors import SettingsInvalid
from .encoding import encode
from .per_dialect import PerDialect
from .tables import data_key

KEY_BYTES = 32
NONCE_BYTES = 12

# purpose, version, wrapped key
Row: TypeAlias = tuple[str, int, bytes]

_all = select(data_key.c.purpose, data_key.c.version, data_key.c.wrapped)
_newest = select(func.max(data_key.c.version)).where(data_key.c.purpose == bindparam("of_purpose"))
_add_missing = PerDialect(lambda new: new(data_key).on_conflict_do_nothing())
_add_version = insert(data_key)
_rewrap = (
    update(data_key)
    .where(data_key.c.purpose == bindparam("of_purpose"), data_key.c.version == bindparam("of_version"))
    .values(wrapped=bindparam("new_wrapped"))
)


def rows(tx: Connection) -> list[Row]:
    """Every version of every key, still wrapped."""
    return [(purpose, version, wrapped) for purpose, version, wrapped in tx.execute(_all)]


def unwrap(kek: bytes, row: Row) -> bytes:
    """The key itself. Raises SettingsInvalid for the wrong outer key."""
    raw = _unwrap(kek, row)
    if raw is None:
        raise SettingsInvalid([f"this key does not open the data key for {row[0]}"])
    return raw


def up_to_date(found: Iterable[Row], kek: bytes, purposes: Iterable[str]) -> bool:
    """Whether every purpose has a key and this outer key opens all of them."""
    found = list(found)
    return set(purposes) <= {purpose for purpose, _, _ in found} and all(_unwrap(kek, row) for row in found)


def bring_up_to_date(tx: Connection, kek: bytes, previous: bytes | None, purposes: Iterable[str]) -> None:
    """Wrap with the outer key what the previous one still wraps, and make what is missing. Raises SettingsInvalid."""
    found = rows(tx)
    for row in found:
        if _unwrap(kek, row) is None:
            purpose, version, _ = row
            raw = unwrap(previous if previous is not None else kek, row)
            again = {"of_purpose": purpose, "of_version": version, "new_wrapped": _wrap(kek, purpose, version, raw)}
            tx.execute(_rewrap, again)
    for purpose in set(map(str, purposes)) - {purpose for purpose, _, _ in found}:
        tx.execute(_add_missing.on(tx), _fresh(kek, purpose, 1))


def add_version(tx: Connection, kek: bytes, purpose: str) -> int:
    """Make the next version of a purpose's key; returns its number."""
    version: int = 1 + tx.execute(_newest, {"of_purpose": purpose}).scalar_one()
    tx.execute(_add_version, _fresh(kek, purpose, version))
    return version


def _fresh(kek: bytes, purpose: str, version: int) -> dict[str, object]:
    wrapped = _wrap(kek, purpose, version, secrets.token_bytes(KEY_BYTES))
    return {"purpose": purpose, "version": version, "wrapped": wrapped, "created_at": datetime.now(UTC)}


def _wrap(kek: bytes, purpose: str, version: int, raw: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, raw, encode("data_key", purpose, version))


def _unwrap(kek: bytes, row: Row) -> bytes | None:
    purpose, version, wrapped = row
    nonce, rest = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        return AESGCM(kek).decrypt(nonce, rest, encode("data_key", purpose, version))
    except (InvalidTag, ValueError):
        return None
