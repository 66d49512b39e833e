"""Entries that administrators made; whoever changed one without the key made it none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, RowMapping, bindparam, delete, select

from ..contracts.entry import Entry
from . import sealed
from .bridge_tables import entry as table
from .bridge_tables import entry_seen
from .per_dialect import Insert, PerDialect
from .sealing import Keyring
from .settings_history import Saved, SettingsHistory
from .settings_rows import SettingsRows

# What the history of saves calls them.
ENTRIES = "entry"

_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


@dataclass(frozen=True, slots=True)
class Seen:
    """When somebody last came by an entry, when its client last got an answer, and what was last refused, and why."""

    arrived_at: datetime | None = None
    answered_at: datetime | None = None
    refused_at: datetime | None = None
    refused_why: str = ""


NEVER = Seen()
_SIGHTS = ("arrived_at", "answered_at", "refused_at", "refused_why")
What = Literal["arrived_at", "answered_at", "refused_at"]


def _put(insert: Insert) -> Executable:
    new = insert(table)
    changed = {column.name: new.excluded[column.name] for column in table.c if column.name != "key"}
    return new.on_conflict_do_update(index_elements=["key"], set_=changed)


def _note(what: What) -> PerDialect:
    def build(insert: Insert) -> Executable:
        new = insert(entry_seen)
        names = (what, "refused_why") if what == "refused_at" else (what,)
        return new.on_conflict_do_update(index_elements=["key"], set_={name: new.excluded[name] for name in names})

    return PerDialect(build)


_all = select(table).order_by(table.c.key)
_put_one = PerDialect(_put)
_drop = delete(table).where(table.c.key == bindparam("of_key"))
_notes: dict[What, PerDialect] = {what: _note(what) for what in ("arrived_at", "answered_at", "refused_at")}
_seen = select(entry_seen)


class SavedEntries:
    """Every row is sealed, and a client's secret is kept as a digest, encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.history = SettingsHistory(keyring)
        self._rows = SettingsRows(keyring, self.history)

    def all(self, tx: Connection) -> dict[str, Entry]:
        """By their keys. Raises SealBroken."""
        return {row["key"]: self._open(row) for row in tx.execute(_all).mappings()}

    def save(self, tx: Connection, entry: Entry, version: int) -> None:
        """Keep it in place of the one with its key."""
        client = entry.client
        plain = replace(entry, client=replace(client, secret_digest="")) if client else entry
        row: dict[str, Any] = {"key": entry.key, "rules": _ENTRY.dump_json(plain).decode(), "version": version}
        row["secret"] = sealed.ENTRY.seal(self._keyring, client.secret_digest.encode() if client else b"", row)
        tx.execute(_put_one.on(tx), row | {"seal": sealed.ENTRY_ROW.seal(self._keyring, row)})

    def note_save(self, tx: Connection, key: str, save: Saved, *, after: int) -> int:
        """Remember a save as the next version of everything, and return it, so that every process looks again.

        Raises SavedMeanwhile where `after` is not the last one of this entry any more.
        """
        version = self._rows.begin(tx, ENTRIES, key, after)
        self.history.add(tx, ENTRIES, key, replace(save, version=version))
        return self._rows.end(tx, version)

    def drop(self, tx: Connection, key: str) -> bool:
        """Take it away; False if there was none."""
        return tx.execute(_drop, {"of_key": key}).rowcount == 1

    def note(self, tx: Connection, key: str, what: What, at: datetime, why: str = "") -> None:
        """Something was seen of it."""
        tx.execute(_notes[what].on(tx), {"key": key, what: at, "refused_why": why})

    def seen(self, tx: Connection) -> dict[str, Seen]:
        """What was last seen of each."""
        rows = tx.execute(_seen).mappings()
        return {row["key"]: Seen(**{name: row[name] for name in _SIGHTS}) for row in rows}

    def _open(self, row: RowMapping) -> Entry:
        sealed.ENTRY_ROW.check(self._keyring, row)
        entry = _ENTRY.validate_json(row["rules"])
        if entry.client is None:
            return entry
        digest = sealed.ENTRY.open(self._keyring, row).decode()
        return replace(entry, client=replace(entry.client, secret_digest=digest))
