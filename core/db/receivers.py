"""Who hears of resets by shared signals. A row that somebody changed without the key opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, bindparam, delete, exists, insert, select, update

from ..contracts.signals import Delivery, Receiver, Status, Stream
from . import sealed
from .sealing import Keyring, SealBroken
from .sign_ins import digest
from .signal_tables import WAITS, signal
from .signal_tables import receiver as table

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the row holds sealed."""

    receiver: Receiver
    stream: Stream | None


@dataclass(frozen=True, slots=True)
class Registered:
    """A receiver, its stream if it has one, and how that goes. `trouble`: why the last try failed, if it did."""

    receiver: Receiver
    stream: Stream | None = None
    token: str = field(default="", repr=False)
    version: int = 1
    failures: int = 0
    trouble: str = ""
    delivered_at: datetime | None = None
    tested_at: datetime | None = None

    @property
    def key(self) -> str:
        """By which it is found."""
        return self.receiver.key

    @property
    def pushes(self) -> bool:
        """Whether Keyback brings it anything at present."""
        stream = self.stream
        return stream is not None and stream.delivery is Delivery.PUSH and stream.status is Status.ENABLED


_KEPT: TypeAdapter[Kept] = TypeAdapter(Kept)
_of_key = table.c.key == bindparam("of_key")
_all = select(table).order_by(table.c.key)
_one = select(table).where(_of_key)
_of_token = select(table).where(table.c.token == bindparam("of_token"))
_insert = insert(table)
_save = (
    update(table)
    .where(_of_key, table.c.version == bindparam("old"))
    .values({name: bindparam(f"new_{name}") for name in ("token", "version", "sealed", "pushes")})
    .values(due_at=bindparam("at_once"), failures=0, trouble="")
)
_drop = delete(table).where(_of_key)
_due = select(table.c.key).where(
    table.c.pushes,
    table.c.due_at <= bindparam("now"),
    exists().where(signal.c.receiver == table.c.key, WAITS),
)
_hold = update(table).where(_of_key, table.c.due_at <= bindparam("now")).values(due_at=bindparam("until"))
_rest = update(table).where(_of_key).values(due_at=bindparam("until"))
_fail = _rest.values(failures=table.c.failures + 1, trouble=bindparam("why"))
_took = update(table).where(_of_key).values(delivered_at=bindparam("now"), failures=0, trouble="")
_test = (
    update(table)
    .where(_of_key, table.c.tested_at.is_(None) | (table.c.tested_at <= bindparam("before")))
    .values(tested_at=bindparam("now"))
)


class Receivers:
    """Each with the digest of its token; what it is called and where it is, is encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def all(self, tx: Connection) -> Sequence[Registered]:
        """Everybody, by key, but for whom somebody changed without the key: such a one is told nothing, and no reset
        must fail for it. Whoever asks for it alone hears of that."""
        rows = tx.execute(_all).mappings()
        return [one for row in rows if (one := self._sound(row)) is not None]

    def get(self, tx: Connection, key: str) -> Registered | None:
        """This one. Raises SealBroken."""
        row = tx.execute(_one, {"of_key": key}).mappings().first()
        return None if row is None else self._open(row)

    def of_token(self, tx: Connection, token: str) -> Registered | None:
        """Who shows this token. Raises SealBroken."""
        row = tx.execute(_of_token, {"of_token": digest(token)}).mappings().first()
        return None if row is None else self._open(row)

    def add(self, tx: Connection, new: Registered) -> None:
        """One more."""
        working = {"due_at": AT_ONCE, "failures": 0, "trouble": "", "delivered_at": None, "tested_at": None}
        tx.execute(_insert, {"key": new.key, **self._row(new), **working})

    def save(self, tx: Connection, changed: Registered) -> Registered | None:
        """In place of the version that was changed; None if somebody else was faster."""
        newer = replace(changed, version=changed.version + 1)
        asked: dict[str, Any] = {f"new_{name}": value for name, value in self._row(newer).items()}
        asked |= {"of_key": changed.key, "old": changed.version, "at_once": AT_ONCE}
        return newer if tx.execute(_save, asked).rowcount == 1 else None

    def drop(self, tx: Connection, key: str) -> None:
        """Take it away; its signals go by themselves."""
        tx.execute(_drop, {"of_key": key})

    def test(self, tx: Connection, key: str, now: datetime, before: datetime) -> bool:
        """Note that a test was asked for; False if the last one was after `before`."""
        return tx.execute(_test, {"of_key": key, "now": now, "before": before}).rowcount == 1

    def _row(self, one: Registered) -> dict[str, Any]:
        row: dict[str, Any] = {"key": one.key, "token": one.token, "version": one.version}
        plain = _KEPT.dump_json(Kept(one.receiver, one.stream))
        row |= {"sealed": sealed.RECEIVER.seal(self._keyring, plain, row), "pushes": one.pushes}
        del row["key"]
        return row

    def _sound(self, row: RowMapping) -> Registered | None:
        try:
            return self._open(row)
        except SealBroken:
            return None

    def _open(self, row: RowMapping) -> Registered:
        kept = _KEPT.validate_json(sealed.RECEIVER.open(self._keyring, row))
        working = {name: row[name] for name in ("token", "version", "failures", "trouble", "delivered_at", "tested_at")}
        return Registered(kept.receiver, kept.stream, **working)


def due(tx: Connection, now: datetime) -> Sequence[str]:
    """Whom something may be brought to now. A read, so that an idle house writes nothing."""
    return tx.scalars(_due, {"now": now}).all()


def hold(tx: Connection, key: str, now: datetime, until: datetime) -> bool:
    """Let nobody else bring it anything before then; False if somebody does already."""
    return tx.execute(_hold, {"of_key": key, "now": now, "until": until}).rowcount == 1


def rest(tx: Connection, key: str, until: datetime, why: str = "") -> None:
    """Bring it nothing before then; `why`: what went wrong."""
    tx.execute(_fail if why else _rest, {"of_key": key, "until": until, **({"why": why[:64]} if why else {})})


def took(tx: Connection, key: str, now: datetime) -> None:
    """It has something that it had not."""
    tx.execute(_took, {"of_key": key, "now": now})
