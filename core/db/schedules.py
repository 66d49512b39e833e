"""Files that are mailed again and again: what, how often, to whom, and who wanted it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from ..contracts.people import AccountKey
from . import sealed
from .console_tables import schedule as table
from .sealing import Keyring

# In UTC: by then the day before is over wherever people are.
HOUR = 12


class Every(StrEnum):
    """How often: on Mondays, or on the first of a month."""

    WEEK = "week"
    MONTH = "month"

    def first_after(self, moment: datetime) -> datetime:
        """When it is mailed next."""
        day = moment.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
        if day <= moment:
            day += timedelta(days=1)
        while (day.weekday() if self is Every.WEEK else day.day - 1) != 0:
            day += timedelta(days=1)
        return day

    def days_before(self, moment: datetime) -> tuple[date, date]:
        """The first and the last day that it is about then."""
        last = moment.astimezone(UTC).date() - timedelta(days=1)
        return (last - timedelta(days=6), last) if self is Every.WEEK else (last.replace(day=1), last)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of them. `entry`: who set it up, as a directory has them; None where none does."""

    id: str
    what: str
    every: Every
    to: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    who: str = field(repr=False)
    why: str
    entry: AccountKey | None
    made_at: datetime
    next_at: datetime
    ends_at: datetime
    version: int = 1


_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)
_insert = insert(table)
_load = select(table).where(table.c.id == bindparam("of_id"))
_save = update(table).where(table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
_remove = delete(table).where(table.c.id == bindparam("of_id"))
_due = select(table).where(table.c.next_at <= bindparam("now", type_=table.c.next_at.type)).order_by(table.c.next_at)
_every = select(table).order_by(table.c.next_at, table.c.id)


class Schedules:
    """A handful; when it is due next is bound into what is encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(self, tx: Connection, schedule: Schedule) -> None:
        """Keep a new one."""
        tx.execute(_insert, self._row(schedule))

    def load(self, tx: Connection, schedule_id: str) -> Schedule | None:
        """As it was saved. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": schedule_id}).mappings().first()
        return None if row is None else self._open(row)

    def save(self, tx: Connection, schedule: Schedule) -> bool:
        """With its next version; False if somebody else was faster."""
        saved = replace(schedule, version=schedule.version + 1)
        asked = {"of_id": schedule.id, "of_version": schedule.version}
        return tx.execute(_save, self._row(saved) | asked).rowcount == 1

    @staticmethod
    def remove(tx: Connection, schedule_id: str) -> bool:
        """Forget it; False if it was not there any more."""
        return tx.execute(_remove, {"of_id": schedule_id}).rowcount == 1

    def due(self, tx: Connection, now: datetime) -> tuple[Schedule, ...]:
        """What is to be mailed. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_due, {"now": now}).mappings())

    def all(self, tx: Connection) -> tuple[Schedule, ...]:
        """Everything. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_every).mappings())

    def _row(self, schedule: Schedule) -> dict[str, Any]:
        row: dict[str, Any] = {"id": schedule.id, "next_at": schedule.next_at, "version": schedule.version}
        return row | {"sealed": sealed.SCHEDULE.seal(self._keyring, _SCHEDULE.dump_json(schedule), row)}

    def _open(self, row: RowMapping) -> Schedule:
        return _SCHEDULE.validate_json(sealed.SCHEDULE.open(self._keyring, row))
