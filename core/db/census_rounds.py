"""How far the people of each directory are counted: one row for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, bindparam, select, update

from .census_tables import census_round as table
from .per_dialect import Insert, PerDialect


def _ask(new: Insert) -> Executable:
    made = new(table)
    changed = {name: made.excluded[name] for name in ("asked_at", "wanted", "seen")}
    return made.on_conflict_do_update(index_elements=["store"], set_=changed)


def _begin(new: Insert) -> Executable:
    made = new(table)
    changed = {name: made.excluded[name] for name in ("round", "began_at", "groups", "asked_at", "seen", "failed")}
    return made.on_conflict_do_update(index_elements=["store"], set_=changed)


_begin_one = PerDialect(_begin)
_ask_one = PerDialect(_ask)
_rounds = select(table)
_seen = update(table).where(table.c.store == bindparam("of_store")).values(seen=table.c.seen + bindparam("more"))
_end = (
    update(table)
    .where(table.c.store == bindparam("of_store"))
    .values(ended_at=bindparam("at", type_=table.c.ended_at.type), people=table.c.seen)
)
_fail = update(table).where(table.c.store == bindparam("of_store")).values(failed=bindparam("why"))


@dataclass(frozen=True, slots=True)
class Round:
    """How far a store's people are counted. `ended_at`: when all of them were last; `people`: how many they were."""

    store: str
    number: int
    began_at: datetime
    ended_at: datetime | None
    seen: int
    people: int
    groups: tuple[str, ...]
    wanted: tuple[str, ...]
    asked_at: datetime | None
    failed: str


def every(tx: Connection) -> Mapping[str, Round]:
    """How far each store's people are counted."""
    return {row["store"]: _round(row) for row in tx.execute(_rounds).mappings()}


def begin(tx: Connection, store: str, number: int, groups: Iterable[str], now: datetime) -> None:
    """A new round of a store; what the last one saw stays until this one has ended."""
    row: dict[str, Any] = {"store": store, "round": number, "began_at": now, "groups": json.dumps(sorted(groups))}
    row |= {"seen": 0, "people": 0, "failed": "", "ended_at": None, "asked_at": None, "wanted": "[]"}
    tx.execute(_begin_one.on(tx), row)


def saw(tx: Connection, store: str, more: int) -> None:
    """So many more were read."""
    tx.execute(_seen, {"of_store": store, "more": more})


def end(tx: Connection, store: str, at: datetime) -> None:
    """The round has seen everybody."""
    tx.execute(_end, {"of_store": store, "at": at})


def fail(tx: Connection, store: str, why: str) -> None:
    """The round broke off: what the last full one saw counts on."""
    tx.execute(_fail, {"of_store": store, "why": why})


def ask(tx: Connection, store: str, groups: Iterable[str], now: datetime) -> None:
    """Count this store's people as soon as possible, and who of them is in these groups too."""
    row: dict[str, Any] = {"store": store, "round": 0, "began_at": now, "groups": "[]", "asked_at": now}
    row |= {"seen": 0, "people": 0, "failed": "", "ended_at": None, "wanted": json.dumps(sorted(groups))}
    tx.execute(_ask_one.on(tx), row)


def _round(row: RowMapping) -> Round:
    return Round(
        row["store"],
        row["round"],
        row["began_at"],
        row["ended_at"],
        row["seen"],
        row["people"],
        tuple(json.loads(row["groups"])),
        tuple(json.loads(row["wanted"])),
        row["asked_at"],
        row["failed"],
    )
