"""Attempts to change a known password: loaded and saved whole, each save only by whoever saw the newest version."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hmac import compare_digest
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ..recovery.changing import Change
from . import sealed, value_json
from .purge import Purge
from .sealing import Keyring, SealBroken
from .tables import password_change as table

_insert = insert(table)
_load = select(table).where(table.c.id == bindparam("of_id"))
_save = update(table).where(table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
_purge = Purge(table.c.id, table.c.expires_at <= bindparam("now"), oldest=table.c.expires_at)


class Changes:
    """All that is private stands in one encrypted column, which opens with its own clear ones alone."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def insert(self, tx: Connection, change: Change, key_digest: str) -> None:
        """Keep a new one; `key_digest` is of the key that only the browser's cookie holds."""
        tx.execute(_insert, self._row(change, key_digest))

    def load(self, tx: Connection, change_id: str) -> Change | None:
        """As it was saved. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": change_id}).mappings().first()
        return None if row is None else self._open(row)

    def load_for(self, tx: Connection, change_id: str, key_digest: str) -> Change | None:
        """The same for whoever holds its key, and for nobody else. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": change_id}).mappings().first()
        if row is None or not compare_digest(row["key_digest"], key_digest):
            return None
        return self._open(row)

    def save(self, tx: Connection, change: Change) -> Change | None:
        """With its next version, or None if somebody else was faster."""
        saved = replace(change, version=change.version + 1)
        key_digest = tx.scalar(_load.with_only_columns(table.c.key_digest), {"of_id": change.id})
        if key_digest is None:
            return None
        asked = {"of_id": change.id, "of_version": change.version}
        return saved if tx.execute(_save, self._row(saved, key_digest) | asked).rowcount == 1 else None

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget those whose time is over; returns how many."""
        return _purge(tx, limit, now=now)

    def _row(self, change: Change, key_digest: str) -> dict[str, Any]:
        row: dict[str, Any] = {"id": change.id, "key_digest": key_digest, "step": change.step.value}
        row |= {"expires_at": change.expires_at, "version": change.version}
        return row | {"sealed": sealed.CHANGE.seal(self._keyring, value_json.CHANGE.dump_json(change), row)}

    def _open(self, row: RowMapping) -> Change:
        plain = sealed.CHANGE.open(self._keyring, row)
        try:
            return value_json.CHANGE.validate_json(plain)
        except ValidationError:
            # Written by another version of the program; its words must not reach a log with the name inside.
            raise SealBroken(table.name) from None
