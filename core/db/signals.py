"""Signals that wait until their receiver has them, and those that it refused."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from ..contracts.signals import Signal
from . import sealed
from .columns import micros
from .purge import Purge
from .sealing import Keyring
from .signal_tables import REFUSED, WAITS
from .signal_tables import signal as table

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Queued:
    """A signal under the name by which its receiver knows whether it had it before."""

    id: str
    signal: Signal


@dataclass(frozen=True, slots=True)
class RefusedSignal:
    """What a receiver would not take. `error` is its word, one of the standard's."""

    id: str
    kind: str
    at: datetime
    error: str


_SIGNAL: TypeAdapter[Signal] = TypeAdapter(Signal)
_insert = insert(table)
_theirs = table.c.receiver == bindparam("of_receiver")
_waiting = select(table).where(_theirs, WAITS).order_by(table.c.id).limit(bindparam("most"))
_count = select(table.c.id).where(_theirs, WAITS).limit(MOST_COUNTED)
_these = table.c.id.in_(bindparam("ids", expanding=True))
_done = delete(table).where(_theirs, WAITS, _these)
_refuse = (
    update(table)
    .where(_theirs, WAITS, table.c.id == bindparam("of_id"))
    .values(refused_at=bindparam("now"), error=bindparam("why"))
    .returning(table.c.kind)
)
_refused = select(table).where(_theirs, REFUSED).order_by(table.c.id.desc()).limit(bindparam("most"))
_refused_before = _refused.where(table.c.id < bindparam("before"))
# One after the other: each has an index of its own.
_forget_waiting = delete(table).where(_theirs, WAITS)
_forget_refused = delete(table).where(_theirs, REFUSED)
_purge = Purge(table.c.id, table.c.id < bindparam("before"), oldest=table.c.id)


class Signals:
    """Written in the transaction of what they tell. Whom each is about is encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, receiver: str, signals: Sequence[Signal]) -> None:
        """Keep these for this receiver. Ids sort by time, and within one transaction by order."""
        for number, signal in enumerate(signals):
            name = f"{micros(signal.at):015x}{number:02x}{secrets.token_hex(8)}"
            row = {"id": name, "receiver": receiver, "kind": signal.kind.value, "refused_at": None, "error": ""}
            plain = _SIGNAL.dump_json(signal)
            tx.execute(_insert, row | {"sealed": sealed.SIGNAL.seal(self._keyring, plain, row)})

    def waiting(self, tx: Connection, receiver: str, most: int) -> Sequence[Queued]:
        """What it has not got yet, the oldest first. Raises SealBroken."""
        rows = tx.execute(_waiting, {"of_receiver": receiver, "most": most}).mappings()
        return [self._open(row) for row in rows]

    def done(self, tx: Connection, receiver: str, ids: Collection[str]) -> int:
        """It has these; how many there were."""
        return tx.execute(_done, {"of_receiver": receiver, "ids": list(ids)}).rowcount if ids else 0

    def refuse(self, tx: Connection, receiver: str, signal_id: str, error: str, now: datetime) -> str:
        """It will not have this one; which kind it was, empty for none that waits."""
        asked = {"of_receiver": receiver, "of_id": signal_id, "now": now, "why": error}
        return tx.scalar(_refuse, asked) or ""

    def refused(self, tx: Connection, receiver: str, most: int, before: str = "") -> Sequence[RefusedSignal]:
        """What it refused, the newest first, all older than `before`."""
        asked = {"of_receiver": receiver, "most": most, **({"before": before} if before else {})}
        rows = tx.execute(_refused_before if before else _refused, asked)
        return [RefusedSignal(row.id, row.kind, row.refused_at, row.error) for row in rows]

    def count(self, tx: Connection, receiver: str) -> int:
        """How many wait; a thousand stands for any more."""
        return len(tx.execute(_count, {"of_receiver": receiver}).all())

    def forget(self, tx: Connection, receiver: str) -> None:
        """Everything that was kept for it."""
        for forget in (_forget_waiting, _forget_refused):
            tx.execute(forget, {"of_receiver": receiver})

    def forget_waiting(self, tx: Connection, receiver: str) -> None:
        """What it has not got yet; what it refused stays for the administrator."""
        tx.execute(_forget_waiting, {"of_receiver": receiver})

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget what is older, whatever became of it; returns how many."""
        return _purge(tx, limit, before=f"{micros(before):015x}")

    def _open(self, row: RowMapping) -> Queued:
        return Queued(row["id"], _SIGNAL.validate_json(sealed.SIGNAL.open(self._keyring, row)))
