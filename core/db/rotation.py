"""Moves everything to the newest version of a key, in small batches and under load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, delete, func, or_, select, update

from . import sealed
from .sealed import SealedColumn, SealedRow
from .sealing import VERSION_BYTES, KeyPurpose, Keyring
from .session import Database
from .tables import data_key

BATCH = 500
OVERLAP = timedelta(hours=24)
# Fingerprints, digests and hashes cannot be made anew without what they are of: their old keys stay.
_RETIRES = frozenset({KeyPurpose.RECOVERY, KeyPurpose.SETTINGS, KeyPurpose.JOB, KeyPurpose.SEAL})

_older = (data_key.c.purpose == bindparam("of_purpose")) & (data_key.c.version < bindparam("current"))
_retire = update(data_key).where(_older, data_key.c.retired_at.is_(None)).values(retired_at=bindparam("now"))
_destroy = delete(data_key).where(_older, data_key.c.retired_at < bindparam("before"))


def reseal(db: Database, keyring: Keyring, purpose: KeyPurpose, progress: Callable[[int, int], None]) -> int:
    """Re-encrypt or seal anew what an older version made; returns how many. `progress` hears (done, all).

    The old versions are destroyed by the first run that comes a day after the one which retired them: until then
    another process may still be writing with them. Raises SealBroken.
    """
    column_jobs = [_Move(keyring, one) for one in sealed.COLUMNS if one.purpose is purpose]
    row_jobs = [_Move(keyring, one) for one in sealed.ROWS if purpose is KeyPurpose.SEAL]
    moves = column_jobs + row_jobs
    total = sum(move.count(db) for move in moves)
    done = 0
    for move in moves:
        while moved := move.batch(db):
            done += moved
            progress(done, total)
    _forget_old_versions(db, keyring, purpose)
    return done


class _Move:
    """One encrypted column or one kind of sealed row on its way to the newest key."""

    def __init__(self, keyring: Keyring, place: SealedColumn | SealedRow) -> None:
        self._keyring = keyring
        self._place = place
        self._last: tuple[Any, ...] = ()
        table, column = place.table, place.table.c[place.column]
        purpose = place.purpose if isinstance(place, SealedColumn) else KeyPurpose.SEAL
        self._old = and_(column != b"", func.substr(column, 1, VERSION_BYTES) != _newest(keyring, purpose))
        self._keys = tuple(table.primary_key.columns)

    def count(self, db: Database) -> int:
        with db.read() as connection:
            return connection.scalar(select(func.count()).select_from(self._place.table).where(self._old)) or 0

    def batch(self, db: Database) -> int:
        """Move the next few, in the order of their keys; 0 when there are no more."""
        table = self._place.table
        page = select(table).where(self._old, *_after(self._keys, self._last)).order_by(*self._keys).limit(BATCH)
        with db.write() as tx:
            rows = tx.execute(page).mappings().all()
            for row in rows:
                # Only if it is still what was read: somebody else may have saved the row meanwhile.
                same = [key == row[key.name] for key in self._keys]
                same.append(table.c[self._place.column] == row[self._place.column])
                tx.execute(update(table).where(*same).values({self._place.column: self._renewed(row)}))
        if rows:
            self._last = tuple(rows[-1][key.name] for key in self._keys)
        return len(rows)

    def _renewed(self, row: RowMapping) -> bytes:
        if isinstance(self._place, SealedColumn):
            return self._place.seal(self._keyring, self._place.open(self._keyring, row), row)
        self._place.check(self._keyring, row)
        return self._place.seal(self._keyring, row)


def _after(keys: tuple[Any, ...], last: tuple[Any, ...]) -> list[Any]:
    """The rows that come after this one, in the order of several columns."""
    steps = [and_(*(k == v for k, v in zip(keys[:n], last, strict=False)), keys[n] > last[n]) for n in range(len(last))]
    return [or_(*steps)] if steps else []


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
