"""Who keeps the event log elsewhere, and how far each has come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, select, update

from ..contracts import events
from ..contracts.notifier import LogEntry
from .per_dialect import PerDialect
from .tables import event
from .tables import follower as table

_LOUD = frozenset(kind.name for kind in events.ALL if kind.loud)

_place = select(table.c.seq).where(table.c.key == bindparam("of_key"))
_begin = PerDialect(lambda insert: insert(table).on_conflict_do_nothing())
# Never back: whoever stood still for longer than its lease may find that another process has gone on.
_move = (
    update(table)
    .where(table.c.key == bindparam("of_key"), table.c.seq < bindparam("its_seq"))
    .values(seq=bindparam("its_seq"))
)
_all = select(table)
_head = select(func.max(event.c.seq))
_after = select(event).where(event.c.seq > bindparam("after")).order_by(event.c.seq).limit(bindparam("most"))


def place(tx: Connection, key: str) -> int | None:
    """The number of the last event that it has; None for one that was never here."""
    seq: int | None = tx.scalar(_place, {"of_key": key})
    return seq


def head(tx: Connection) -> int:
    """The number of the newest event in the chain."""
    return tx.scalar(_head) or 0


def begin(tx: Connection, key: str) -> None:
    """From now on it gets everything; what happened before is for `keyback audit export`."""
    tx.execute(_begin.on(tx), {"key": key, "seq": head(tx)})


def behind(tx: Connection) -> Mapping[str, int]:
    """For each that was ever here: how many events it lacks."""
    newest = head(tx)
    return {row.key: newest - row.seq for row in tx.execute(_all)}


def after(tx: Connection, seq: int, most: int) -> Sequence[LogEntry]:
    """The next ones in the chain."""
    return [_entry(row) for row in tx.execute(_after, {"after": seq, "most": most}).mappings()]


def move(tx: Connection, key: str, seq: int) -> None:
    """It has everything up to this one."""
    tx.execute(_move, {"of_key": key, "its_seq": seq})


def _entry(row: RowMapping) -> LogEntry:
    data: dict[str, Any] = json.loads(row["data"])
    return LogEntry(
        seq=row["seq"],
        id=row["id"],
        at=row["at"],
        name=row["name"],
        recovery=row["recovery_id"],
        person=row["pseudonym"],
        data=data,
        loud=row["name"] in _LOUD,
        hash=row["hash"],
    )
