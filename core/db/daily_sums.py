"""Each day in numbers: added to while the event log is read once, and read by every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Executable, bindparam, func, insert, select, update

from ..contracts.notifier import LogEntry
from .columns import is_set
from .followers import after
from .per_dialect import Insert, PerDialect, one_or_all
from .tables import daily_sum as table
from .tables import delivery, event

LABEL = 96
# Where the reading of the log stands: a row of no day.
_PLACE = {"day": "", "what": "place", "label": ""}


@dataclass(frozen=True, slots=True)
class Sum:
    """How often something happened on one day."""

    day: date
    what: str
    label: str
    count: int


def _added(new: Insert) -> Executable:
    made = new(table)
    more = {"count": table.c["count"] + made.excluded["count"]}
    return made.on_conflict_do_update(index_elements=["day", "what", "label"], set_=more)


def _kept(new: Insert) -> Executable:
    made = new(table)
    return made.on_conflict_do_update(index_elements=["day", "what", "label"], set_={"count": made.excluded["count"]})


_add = PerDialect(_added)
_keep = PerDialect(_kept)
_at_place = (table.c.day == "") & (table.c.what == "place")
_place = select(table.c["count"]).where(_at_place)
_begin = insert(table)
_move = update(table).where(_at_place, table.c["count"] == bindparam("before")).values(count=bindparam("reached"))
_these_days = (table.c.day >= bindparam("since"), table.c.day <= bindparam("until"))
_between = select(table).where(*_these_days).order_by(table.c.day, table.c.what, table.c.label)
_count = func.sum(table.c["count"])
_totals = select(table.c.what, table.c.label, _count).where(*_these_days).group_by(table.c.what, table.c.label)
_per_day = (
    select(table.c.day, table.c.what, _count)
    .where(*_these_days, table.c.what.in_(bindparam("whats", expanding=True)))
    .group_by(table.c.day, table.c.what)
)
_said = event.c.name.in_(bindparam("names", expanding=True))
_of_recoveries = select(event.c.recovery_id).where(
    is_set(event.c.recovery_id),
    event.c.recovery_id.in_(bindparam("recoveries", expanding=True)),
    _said,
    event.c.seq <= bindparam("seen"),
)
_of_people = (
    select(event.c.pseudonym, event.c.seq, event.c.at, event.c.name)
    .where(
        is_set(event.c.pseudonym), event.c.pseudonym.in_(bindparam("people", expanding=True)), _said,
        event.c.at > bindparam("after"),
    )
    .order_by(event.c.seq)
)  # fmt: skip
# One day of them, by the index on `at`.
_deliveries = (
    select(delivery.c.medium, delivery.c.region, delivery.c.state, func.count(delivery.c.id))
    .where(delivery.c.at >= bindparam("since"), delivery.c.at < bindparam("until"))
    .group_by(delivery.c.medium, delivery.c.region, delivery.c.state)
)


def place(tx: Connection) -> int | None:
    """How far the log was read; None before it was begun."""
    seq: int | None = tx.scalar(_place)
    return seq


def begin(tx: Connection) -> None:
    """From the first event on. Raises IntegrityError for the second of two who begin at once."""
    tx.execute(_begin, {**_PLACE, "count": 0})


def move(tx: Connection, before: int, reached: int) -> bool:
    """Whether nobody else has counted these meanwhile; must come first in the transaction that adds them."""
    return tx.execute(_move, {"before": before, "reached": reached}).rowcount == 1


def unread(tx: Connection, seq: int, most: int) -> Sequence[LogEntry]:
    """The next events of the log."""
    return after(tx, seq, most)


def add(tx: Connection, sums: Mapping[tuple[str, str, str], int]) -> None:
    """Add to what is there, by day, what and label."""
    if sums:
        tx.execute(_add.on(tx), one_or_all(_rows(sums)))


def keep(tx: Connection, sums: Mapping[tuple[str, str, str], int]) -> None:
    """Put these in the place of what is there."""
    if sums:
        tx.execute(_keep.on(tx), one_or_all(_rows(sums)))


def between(tx: Connection, since: date, until: date) -> Sequence[Sum]:
    """All sums of these days, both included."""
    found = tx.execute(_between, {"since": since.isoformat(), "until": until.isoformat()})
    return [Sum(date.fromisoformat(day), what, label, count) for day, what, label, count in found]


def totals(tx: Connection, since: date, until: date) -> Mapping[tuple[str, str], int]:
    """What and label, over all of these days together."""
    found = tx.execute(_totals, {"since": since.isoformat(), "until": until.isoformat()})
    return {(what, label): int(count) for what, label, count in found}


def per_day(tx: Connection, since: date, until: date, whats: Sequence[str]) -> Sequence[Sum]:
    """Each of these for each day, whatever the label."""
    asked = {"since": since.isoformat(), "until": until.isoformat(), "whats": list(whats)}
    return [Sum(date.fromisoformat(day), what, "", int(count)) for day, what, count in tx.execute(_per_day, asked)]


def told_before(tx: Connection, recoveries: Sequence[str], names: Sequence[str], seen: int) -> set[str]:
    """Which of these recoveries have an event of these names among the first `seen`."""
    asked = {"recoveries": list(recoveries), "names": list(names), "seen": seen}
    return set(tx.scalars(_of_recoveries, asked)) if recoveries else set()


def of_people(
    tx: Connection, people: Sequence[str], names: Sequence[str], since: datetime
) -> Mapping[str, list[tuple[int, datetime, str]]]:
    """For each of these people the events of these names since then: number, time and name."""
    found: dict[str, list[tuple[int, datetime, str]]] = {}
    if people:
        asked = {"people": list(people), "names": list(names), "after": since}
        for row in tx.execute(_of_people, asked):
            found.setdefault(row.pseudonym, []).append((row.seq, row.at, row.name))
    return found


def deliveries(tx: Connection, midnight: datetime) -> Mapping[str, int]:
    """How the messages of the day that begins then stand, by medium, region and state."""
    asked = {"since": midnight, "until": midnight + timedelta(days=1)}
    return {f"{medium}:{region}:{state}": count for medium, region, state, count in tx.execute(_deliveries, asked)}


def _rows(sums: Mapping[tuple[str, str, str], int]) -> list[dict[str, object]]:
    # Always in the same order, so that two of these can never wait for each other.
    return [
        {"day": day, "what": what, "label": label[:LABEL], "count": count}
        for (day, what, label), count in sorted(sums.items())
    ]
