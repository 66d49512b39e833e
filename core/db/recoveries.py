"""Recoveries: loaded and saved whole, each save only by whoever saw the newest version."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hmac import compare_digest
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ..recovery.state import Recovery, Stage
from . import sealed, value_json
from .columns import is_set
from .purge import Purge
from .sealing import Keyring, SealBroken
from .tables import recovery as table
from .tables import settings_version

_ENDED = (Stage.DONE, Stage.CLOSED)

_of_id = table.c.id == bindparam("of_id")
_insert = insert(table)
_load = select(table).where(_of_id)
_plugins_version = select(settings_version.c.version).where(settings_version.c.key == "settings").scalar_subquery()
_load_with_version = select(table, _plugins_version.label("plugins_version")).where(_of_id)
_save = update(table).where(_of_id, table.c.version == bindparam("of_version"))
_open_of = select(table.c.id).where(
    table.c.person_ref == bindparam("person"),
    is_set(table.c.person_ref),
    table.c.id != bindparam("but_not"),
    table.c.stage.not_in(_ENDED),
)
# The newest first, and few of them: whoever starts hundreds for somebody makes no phone wait for them.
_asking = (
    select(table)
    .where(
        table.c.person_ref == bindparam("person"),
        is_set(table.c.person_ref),
        table.c.stage == Stage.ANSWERING,
        table.c.picked == bindparam("method"),
        table.c.deadline > bindparam("now"),
    )
    .order_by(table.c.started_at.desc())
    .limit(bindparam("most"))
)
_overdue = (
    select(table.c.id).where(table.c.deadline <= bindparam("now")).order_by(table.c.deadline).limit(bindparam("most"))
)
_purge = Purge(
    table.c.id,
    table.c.deadline.is_(None),
    table.c.expires_at < bindparam("before"),
    table.c.stage.in_(_ENDED),
    oldest=table.c.expires_at,
)


class Recoveries:
    """What is private stands in one encrypted column; the clear ones are copies that are compared with it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def insert(self, tx: Connection, recovery: Recovery, key_digest: bytes) -> None:
        """Keep a new one; `key_digest` is of the key that only the browser's cookie holds."""
        tx.execute(_insert, self._row(recovery) | self._key(recovery.id, key_digest))

    def load(self, tx: Connection, recovery_id: str) -> Recovery | None:
        """The recovery as it was saved. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": recovery_id}).mappings().first()
        return None if row is None else self._open(row)

    def load_for(self, tx: Connection, recovery_id: str, key_digest: bytes) -> tuple[Recovery, int] | None:
        """The recovery for whoever holds its key, and the version of the settings that hold now. Raises SealBroken.

        It is opened for nobody else: that costs more than all the rest of a request that a stranger makes up.
        """
        row = tx.execute(_load_with_version, {"of_id": recovery_id}).mappings().first()
        if row is None:
            return None
        sealed.RECOVERY_KEY_ROW.check(self._keyring, row)
        if not compare_digest(row["key_digest"], key_digest):
            return None
        return self._open(row), row["plugins_version"] or 0

    def save(self, tx: Connection, recovery: Recovery, *, key_digest: bytes | None = None) -> Recovery | None:
        """The recovery with its next version, or None if somebody else was faster. `key_digest`: its new key's."""
        saved = replace(recovery, version=recovery.version + 1)
        row = self._row(saved) | (self._key(saved.id, key_digest) if key_digest is not None else {})
        result = tx.execute(_save, row | {"of_id": recovery.id, "of_version": recovery.version})
        return saved if result.rowcount == 1 else None

    def open_of(self, tx: Connection, person_id: str, but_not: str) -> list[str]:
        """The person's other recoveries that have not ended, those that are being written among them."""
        return list(tx.scalars(_open_of, {"person": person_id, "but_not": but_not}))

    def asking(self, tx: Connection, person_id: str, method: str, now: datetime, most: int) -> list[Recovery]:
        """Those of this person that wait for an answer by this method, the newest first. Raises SealBroken."""
        asked = {"person": person_id, "method": method, "now": now, "most": most}
        return [self._open(row) for row in tx.execute(_asking, asked).mappings()]

    def overdue(self, tx: Connection, now: datetime, limit: int = 100) -> list[str]:
        """Those whose time is over and which nobody has closed yet."""
        return list(tx.scalars(_overdue, {"now": now, "most": limit}))

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget those that ended and expired before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _row(self, recovery: Recovery) -> dict[str, Any]:
        row = _clear(recovery)
        return row | {"sealed": sealed.RECOVERY.seal(self._keyring, value_json.RECOVERY.dump_json(recovery), row)}

    def _key(self, recovery_id: str, key_digest: bytes) -> dict[str, Any]:
        key: dict[str, Any] = {"id": recovery_id, "key_digest": key_digest}
        return key | {"key_seal": sealed.RECOVERY_KEY_ROW.seal(self._keyring, key)}

    def _open(self, row: RowMapping) -> Recovery:
        plain = sealed.RECOVERY.open(self._keyring, row)
        try:
            recovery = value_json.RECOVERY.validate_json(plain)
        except ValidationError:
            # Written by another version of the program; its words must not reach a log with the name inside.
            raise SealBroken(table.name) from None
        if any(row[name] != value for name, value in _clear(recovery).items()):
            raise SealBroken(table.name)
        return recovery


def _clear(recovery: Recovery) -> dict[str, Any]:
    """What stands in the clear: for indexes and for administrators' lists."""
    pick, subject = recovery.pick, recovery.subject
    return {
        "id": recovery.id,
        "purpose": recovery.purpose.value,
        "stage": recovery.stage.value,
        "closed_because": recovery.closed_because,
        "person_ref": subject.person.id if subject else "",
        "picked": pick.method if pick else "",
        "tries": pick.tries if pick else 0,
        "sends": len(recovery.sent),
        "entry": recovery.entry,
        "started_at": recovery.started_at,
        "expires_at": recovery.expires_at,
        "deadline": recovery.deadline if recovery.is_open else None,
        "turn": recovery.turn,
        "version": recovery.version,
    }
