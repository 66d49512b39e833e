"""The rows of what administrators decide: sealed, counted, and one version that every save raises."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Executable,
    RowMapping,
    Select,
    Table,
    bindparam,
    func,
    literal,
    select,
    true,
    update,
)

from . import sealed
from .per_dialect import Insert, PerDialect
from .sealed import SealedRow
from .sealing import Keyring, SealBroken
from .settings_history import SettingsHistory
from .tables import plugin, policy, public_rules, settings_version

_KEY = "settings"
_COUNTED = {plugin: "plugins", policy: "policies", public_rules: "public_rules"}
_NOW = [column.label(f"now_{column.name}") for column in settings_version.c]

_version = select(settings_version.c.version).where(settings_version.c.key == _KEY)


def replacing(table: Table, *keys: str) -> PerDialect:
    """Writes a row in place of the one with the same keys."""

    def build(new: Insert) -> Executable:
        made = new(table)
        changed = {column.name: made.excluded[column.name] for column in table.c if column.name not in keys}
        return made.on_conflict_do_update(index_elements=list(keys), set_=changed)

    return PerDialect(build)


def with_version(table: Table, *order: Column[Any]) -> Select[Any]:
    """All rows and their number, in one statement: both are from the same moment, whoever saves meanwhile."""
    always = select(literal(1).label("one")).subquery()
    version = always.outerjoin(settings_version, settings_version.c.key == _KEY)
    return select(table, *_NOW).select_from(version.outerjoin(table, true())).order_by(*order)


def _raise(new: Insert) -> Executable:
    made = new(settings_version)
    changed = {"version": settings_version.c.version + 1}
    return made.on_conflict_do_update(index_elements=["key"], set_=changed).returning(settings_version.c.version)


# Raising the version first makes two administrators who save at once do it one after the other.
_raise_version = PerDialect(_raise)
_seal_version = (
    update(settings_version)
    .where(settings_version.c.key == _KEY)
    .values({name: bindparam(f"new_{name}") for name in ("plugins", "policies", "public_rules", "seal")})
)
_how_many = {table: select(func.count()).select_from(table) for table in _COUNTED}


class SavedMeanwhile(Exception):
    """Somebody else saved after what this change was made from was read."""


class SettingsRows:
    """Rows that were changed, added or deleted without the key are refused, all of them."""

    def __init__(self, keyring: Keyring, history: SettingsHistory) -> None:
        self._keyring = keyring
        self._history = history

    def version(self, tx: Connection) -> int:
        """Raised by every save; whoever sees a newer one reads everything again."""
        return tx.scalar(_version) or 0

    def last_save(self, tx: Connection, kind: str, key: str) -> int:
        """The version of the last save of this kind; 0 before the first."""
        newest = self._history.newest(tx, kind, key)
        return newest.version if newest else 0

    def checked(self, tx: Connection, kind: SealedRow, all_rows: Select[Any]) -> list[RowMapping]:
        """What `with_version` selects. Raises SealBroken."""
        found = tx.execute(all_rows).mappings().all()
        rows = [row for row in found if row[kind.column] is not None]
        for row in rows:
            kind.check(self._keyring, row)
        now = {column.name: found[0][f"now_{column.name}"] for column in settings_version.c}
        if now["seal"] is not None:
            sealed.SETTINGS_ROW.check(self._keyring, now)
        # A deleted row leaves no broken seal behind, but it was counted.
        if len(rows) != (now[_COUNTED[kind.table]] or 0):
            raise SealBroken(kind.table.name)
        return rows

    def begin(self, tx: Connection, kind: str, key: str, after: int | None) -> int:
        """The version of the save that begins here. Raises SavedMeanwhile if `after` is not the last one any more."""
        first = {"key": _KEY, "version": 1, "plugins": 0, "policies": 0, "public_rules": 0, "seal": b""}
        version: int = tx.execute(_raise_version.on(tx), first).scalar_one()
        # Only now: whoever saves at the same time has committed, or waits for us.
        if after is not None and self.last_save(tx, kind, key) != after:
            raise SavedMeanwhile
        return version

    def end(self, tx: Connection, version: int) -> int:
        """Seal how many rows there are now, once the save's are written."""
        row: dict[str, Any] = {"key": _KEY, "version": version}
        row |= {name: tx.scalar(_how_many[table]) for table, name in _COUNTED.items()}
        row["seal"] = sealed.SETTINGS_ROW.seal(self._keyring, row)
        tx.execute(_seal_version, {f"new_{name}": row[name] for name in (*_COUNTED.values(), "seal")})
        return version
