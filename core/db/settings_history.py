"""Every save of what administrators decide, whole: so that each can be compared with the others and taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select

from . import sealed, value_json
from .sealing import Keyring
from .tables import settings_save as table

_add = insert(table)
_of_kind = (table.c.kind == bindparam("of_kind")) & (table.c.key == bindparam("of_key"))
_newest = select(table).where(_of_kind).order_by(table.c.version.desc()).limit(bindparam("most"))
_before = _newest.where(table.c.version < bindparam("before"))
_one = select(table).where(_of_kind, table.c.version == bindparam("of_version"))


@dataclass(frozen=True, slots=True)
class Saved:
    """One save: what was decided, in JSON, and who decided it when and why."""

    version: int
    at: datetime
    who: str = field(repr=False)
    why: str = field(repr=False)
    what: str = field(repr=False)


class SettingsHistory:
    """Encrypted whole: settings of plugins hold secrets, and a reason may name people."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(self, tx: Connection, kind: str, key: str, saved: Saved) -> None:
        """Keep a save, in its own transaction."""
        row: dict[str, Any] = {"version": saved.version, "kind": kind, "key": key, "at": saved.at}
        plain = value_json.STRINGS.dump_json({"who": saved.who, "why": saved.why, "what": saved.what})
        tx.execute(_add, row | {"sealed": sealed.SETTINGS_SAVE.seal(self._keyring, plain, row)})

    def newest(self, tx: Connection, kind: str, key: str) -> Saved | None:
        """The last save; None before the first. Raises SealBroken."""
        return next(iter(self.page(tx, kind, key, most=1)), None)

    def page(
        self, tx: Connection, kind: str, key: str, *, before: int | None = None, most: int = 20
    ) -> tuple[Saved, ...]:
        """So many saves, the newest first, all older than `before`. Raises SealBroken."""
        asked = {"of_kind": kind, "of_key": key, "most": most}
        found = tx.execute(_newest, asked) if before is None else tx.execute(_before, asked | {"before": before})
        return tuple(self._opened(row) for row in found.mappings())

    def of(self, tx: Connection, kind: str, key: str, version: int) -> Saved | None:
        """This one; None if it is not among them. Raises SealBroken."""
        row = tx.execute(_one, {"of_kind": kind, "of_key": key, "of_version": version}).mappings().first()
        return self._opened(row) if row else None

    def _opened(self, row: RowMapping) -> Saved:
        plain = value_json.STRINGS.validate_json(sealed.SETTINGS_SAVE.open(self._keyring, row))
        return Saved(row["version"], row["at"], plain["who"], plain["why"], plain["what"])
