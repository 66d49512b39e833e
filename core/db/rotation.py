"""Moves everything to the newest version of a key, in small batches and under load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, select, tuple_, update

from . import sealed
from .sealed import SealedColumn, SealedRow
from .sealing import VERSION_BYTES, KeyPurpose, Keyring
from .session import Database
from .tables import data_key

BATCH = 500
OVERLAP = timedelta(hours=24)
# Fingerprints, digests and hashes cannot be made anew without what they are of: their old keys stay.
_RETIRES = frozenset({KeyPurpose.RECOVERY, KeyPurpose.SETTINGS, KeyPurpose.JOB, KeyPurpose.SEAL, KeyPurpose.SESSION})

_older = (data_key.c.purpose == bindparam("of_purpose")) & (data_key.c.version < bindparam("current"))
_retire = update(data_key).where(_older, data_key.c.retired_at.is_(None)).values(retired_at=bindparam("now"))
_destroy = delete(data_key).where(_older, data_key.c.retired_at < bindparam("before"))


def reseal(db: Database, keyring: Keyring, purpose: KeyPurpose, progress: Callable[[int, int], None]) -> int:
    """Re-encrypt or seal anew what an older version made; returns how many. `progress` hears (moved, looked at).

    The old versions are destroyed by the first run that comes a day after the one which retired them: until then
    another process may still be writing with them. Raises SealBroken.
    """
    columns = [_Walk(keyring, one) for one in sealed.COLUMNS if one.purpose is purpose]
    rows = [_Walk(keyring, one) for one in sealed.ROWS if purpose is KeyPurpose.SEAL]
    moved = seen = 0
    for walk in columns + rows:
        while (looked_at := walk.batch(db)) > 0:
            moved, seen = moved + walk.moved, seen + looked_at
            progress(moved, seen)
    _forget_old_versions(db, keyring, purpose)
    return moved


class _Walk:
    """Over one encrypted column or one kind of sealed row, in the order of the table's keys.

    Every row is looked at here, a page at a time: to have the database find the old ones would make it read the whole
    table in one statement, which at a million people takes longer than a statement may.
    """

    def __init__(self, keyring: Keyring, place: SealedColumn | SealedRow) -> None:
        self._keyring = keyring
        self._place = place
        self._last: tuple[Any, ...] = ()
        self._newest = _newest(keyring, place.purpose if isinstance(place, SealedColumn) else KeyPurpose.SEAL)
        self._keys = tuple(place.table.primary_key.columns)
        self.moved = 0

    def batch(self, db: Database) -> int:
        """Look at the next few and move those that are old; how many were looked at, 0 at the end."""
        with db.read() as connection:
            rows = connection.execute(self._page()).mappings().all()
        old = [row for row in rows if not self._is_new(row[self._place.column])]
        if old:
            with db.write() as tx:
                for row in old:
                    self._move(tx, row)
        if rows:
            self._last = tuple(rows[-1][key.name] for key in self._keys)
        self.moved = len(old)
        return len(rows)

    def _page(self) -> Any:  # noqa: ANN401
        page = select(self._place.table).order_by(*self._keys).limit(BATCH)
        return page.where(tuple_(*self._keys) > tuple_(*self._last)) if self._last else page

    def _is_new(self, value: bytes) -> bool:
        return not value or value[:VERSION_BYTES] == self._newest

    def _move(self, tx: Connection, row: RowMapping) -> None:
        table, column = self._place.table, self._place.column
        # Only if it is still what was read: somebody else may have saved the row meanwhile.
        same = [key == row[key.name] for key in (*self._keys, table.c[column])]
        tx.execute(update(table).where(*same).values({column: self._renewed(row)}))

    def _renewed(self, row: RowMapping) -> bytes:
        if isinstance(self._place, SealedColumn):
            return self._place.seal(self._keyring, self._place.open(self._keyring, row), row)
        self._place.check(self._keyring, row)
        return self._place.seal(self._keyring, row)


def _forget_old_versions(db: Database, keyring: Keyring, purpose: KeyPurpose) -> None:
    if purpose not in _RETIRES:
        return
    now = datetime.now(UTC)
    current = int.from_bytes(_newest(keyring, purpose), "big")
    asked = {"of_purpose": purpose.value, "current": current}
    with db.write() as tx:
        tx.execute(_destroy, asked | {"before": now - OVERLAP})
        tx.execute(_retire, asked | {"now": now})
    keyring.refresh()


def _newest(keyring: Keyring, purpose: KeyPurpose) -> bytes:
    # Every digest has its key's version in front.
    return keyring.mac(purpose)[:VERSION_BYTES]
