"""Counters behind every limit: counted and read in one statement, so that a race can only count too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Executable, bindparam, case, delete, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.selectable import ReturnsRows

from .per_dialect import Insert, PerDialect
from .prepared import Prepared, Row
from .purge import Purge
from .sealing import KeyPurpose, Keyring
from .session import Database
from .tables import counter as table

Expression: TypeAlias = ColumnElement[Any]
# How a statement is run, in a transaction or by itself.
Ask: TypeAlias = Callable[[Prepared, Mapping[str, Any]], list[Row]]


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose budget: `subject` may be a name, an address or a number, and is kept as a keyed digest only.

    `by`: how much of it one takes, where it is money and not a number of times.
    """

    budget: str
    subject: str = field(repr=False)
    window: timedelta
    by: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    """How often within the window that began then, and until when it is locked."""

    count: int
    window_start: datetime
    locked_until: datetime | None = None


@cache
def _bump(marks: int) -> Prepared:
    """One statement for each number of marks."""

    def build(insert: Insert) -> ReturnsRows:
        when = bindparam("now", type_=table.c.window_start.type)
        new = insert(table).values([_row(nth, when) for nth in range(marks)])
        returned = (table.c.key, table.c["count"], table.c.window_start, table.c.locked_until)
        return new.on_conflict_do_update(index_elements=["key"], set_=_one_more(new)).returning(*returned)

    return Prepared(build)


def _row(nth: int, when: BindParameter[datetime]) -> dict[str, BindParameter[Any]]:
    own = {name: bindparam(_of(name, nth), type_=table.c[name].type) for name in ("key", "ends_at", "count")}
    return {**own, "window_start": when}


def _one_more(new: sqlite.Insert) -> dict[str, Expression]:
    now = new.excluded.window_start
    # While it is locked nothing counts, and the window does not start anew.
    locked = table.c.locked_until > now
    over = table.c.ends_at <= now

    def keep(column: Column[Any], fresh: Expression, otherwise: Expression) -> Expression:
        return case((locked, column), (over, fresh), else_=otherwise)

    return {
        "count": keep(table.c["count"], new.excluded["count"], table.c["count"] + new.excluded["count"]),
        "window_start": keep(table.c.window_start, now, table.c.window_start),
        "ends_at": keep(table.c.ends_at, new.excluded.ends_at, table.c.ends_at),
    }


def _lock(insert: Insert) -> Executable:
    new = insert(table)
    until = new.excluded.locked_until
    # A lock is only ever made longer: two misses at once must not shorten it.
    longer = case((table.c.locked_until > until, table.c.locked_until), else_=until)
    return new.on_conflict_do_update(index_elements=["key"], set_={"locked_until": longer})


def _spend(insert: Insert) -> Executable:
    new = insert(table)
    taken = {"window_start": new.excluded.window_start, "ends_at": new.excluded.ends_at}
    over = table.c.ends_at <= new.excluded.window_start
    upsert = new.on_conflict_do_update(index_elements=["key"], set_=taken, where=over)
    return upsert.returning(table.c.key)


_lock_one = PerDialect(_lock)
_spend_one = PerDialect(_spend)
_locked = (
    select(table.c.key, table.c.locked_until)
    .where(table.c.locked_until.isnot(None), table.c.locked_until > bindparam("now", type_=table.c.locked_until.type))
    .order_by(table.c.locked_until.desc())
    .limit(bindparam("most"))
)
_clear = delete(table).where(table.c.key == bindparam("of_key"))
_purge = Purge(
    table.c.key,
    table.c.ends_at <= bindparam("now"),
    table.c.locked_until.is_(None) | (table.c.locked_until <= bindparam("now")),
    oldest=table.c.ends_at,
)


@cache
def _peek(marks: int) -> Prepared:
    keys = [bindparam(_of("key", nth), type_=table.c.key.type) for nth in range(marks)]
    return Prepared(lambda _insert: select(table).where(table.c.key.in_(keys)))


def _of(name: str, nth: int) -> str:
    return f"{name}_{nth}"


class Counters:
    """No names in the clear: a counter's key is a keyed digest of its budget and its subject."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def bump(self, tx: Connection, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
        """Count each mark and say where it stands now, in the marks' order. One statement."""
        return self._counted(lambda count, values: count.run(tx, values), marks, now)

    def count(self, db: Database, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
        """The same, for whoever writes nothing else: kept as soon as it is done. Raises StoreUnavailable."""
        return self._counted(db.ask, marks, now)

    def _counted(self, ask: Ask, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
        if not marks:
            return ()
        keys = [self._key(mark) for mark in marks]
        # Always in the same order, so that two of these can never wait for each other.
        each = sorted(dict(zip(keys, marks, strict=True)).items(), key=itemgetter(0))
        values: dict[str, Any] = {"now": now}
        for nth, (key, mark) in enumerate(each):
            values |= {_of("key", nth): key, _of("ends_at", nth): now + mark.window, _of("count", nth): mark.by}
        counts = {key: Count(*rest) for key, *rest in ask(_bump(len(each)), values)}
        return tuple(counts[key] for key in keys)

    def lock(self, tx: Connection, mark: Mark, until: datetime, now: datetime) -> None:
        """Let nothing count for this mark until then; a longer lock stays."""
        row = _fresh(self._key(mark), now, mark.window) | {"count": 0, "locked_until": until}
        tx.execute(_lock_one.on(tx), row)

    def clear(self, tx: Connection, mark: Mark) -> None:
        """Forget what was counted: whoever it was counted against has shown that it was theirs to do."""
        tx.execute(_clear, {"of_key": self._key(mark)})

    def peek(self, tx: Connection, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
        """Where each mark stands, without counting."""
        return self._standing(lambda look, keys: look.run(tx, keys), marks, now)

    def look(self, db: Database, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
        """The same, for whoever asks nothing else of the database. Raises StoreUnavailable."""
        return self._standing(db.ask, marks, now)

    def _standing(self, ask: Ask, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
        if not marks:
            return ()
        keys = [self._key(mark) for mark in marks]
        found = ask(_peek(len(keys)), {_of("key", nth): key for nth, key in enumerate(keys)})
        rows = {key: row for key, *row in found}
        return tuple(_count(rows.get(key), now) for key in keys)

    def locked(self, tx: Connection, now: datetime, but_not: Sequence[Mark], most: int = 1000) -> Sequence[datetime]:
        """Until when each of those is locked that are locked now, the longest first; without these marks."""
        found = tx.execute(_locked, {"now": now, "most": most}).all()
        left_out = {self._key(mark) for mark in but_not} if found else set()
        return [until for key, until in found if key not in left_out]

    def spend_once(self, tx: Connection, what: str, until: datetime, now: datetime) -> bool:
        """True for the first who asks for this, False for everybody else until then."""
        key = self._keyring.mac(KeyPurpose.PEPPER, "once", what)
        return tx.execute(_spend_one.on(tx), _fresh(key, now, until - now)).first() is not None

    def give_back(self, tx: Connection, what: str) -> None:
        """Let the next one who asks be the first again."""
        tx.execute(_clear, {"of_key": self._keyring.mac(KeyPurpose.PEPPER, "once", what)})

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget counters whose window and lock are over; returns how many."""
        return _purge(tx, limit, now=now)

    def _key(self, mark: Mark) -> bytes:
        return self._keyring.mac(KeyPurpose.PEPPER, "budget", mark.budget, mark.subject)


def _fresh(key: bytes, now: datetime, window: timedelta) -> dict[str, Any]:
    return {"key": key, "window_start": now, "ends_at": now + window, "count": 1, "locked_until": None}


def _count(row: Sequence[Any] | None, now: datetime) -> Count:
    if row is None:
        return Count(0, now)
    window_start, ends_at, count, locked_until = row
    locked = locked_until if locked_until and locked_until > now else None
    if ends_at <= now and locked is None:
        return Count(0, now)
    return Count(count, window_start, locked)
