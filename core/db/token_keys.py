"""The keys by which clients of OpenID Connect know that a token is ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from . import sealed
from .bridge_tables import token_key as table
from .sealing import Keyring


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One of them. It is shown before it signs, so that clients which keep our keys for a while know it by then."""

    kid: str
    private: bytes = field(repr=False)
    signs_from: datetime


_all = select(table).order_by(table.c.signs_from, table.c.kid)
_newest = select(func.max(table.c.signs_from))
_insert = insert(table)
_drop = delete(table).where(table.c.kid == bindparam("of_kid"))


class TokenKeys:
    """The private halves are encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def all(self, tx: Connection) -> tuple[TokenKey, ...]:
        """The oldest first. Raises SealBroken."""
        rows = tx.execute(_all).mappings().all()
        return tuple(TokenKey(row["kid"], sealed.TOKEN_KEY.open(self._keyring, row), row["signs_from"]) for row in rows)

    @staticmethod
    def newest(tx: Connection) -> datetime | None:
        """From when the newest one signs; None before the first."""
        at: datetime | None = tx.scalar(_newest)
        return at

    def add(self, tx: Connection, key: TokenKey) -> None:
        """Keep one more."""
        row: dict[str, Any] = {"kid": key.kid, "signs_from": key.signs_from}
        tx.execute(_insert, row | {"private": sealed.TOKEN_KEY.seal(self._keyring, key.private, row)})

    def drop(self, tx: Connection, kid: str) -> None:
        """Nothing that it signed is believed any more."""
        tx.execute(_drop, {"of_kid": kid})
