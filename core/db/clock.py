"""What time it is: the database's, so that nodes whose own clocks differ still agree on what is over."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from .session import Database

ASK_EVERY = 10.0
# An answer that took longer says too little about the time at which it was given.
LONGEST = 1.0
# Goes on while the machine sleeps, where there is such a clock: what is over by then must not seem to last.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """Between two answers it counts by a clock that nobody sets, so a step of the machine's own changes nothing.

    A file has no time of its own: with SQLite everybody is on one machine, and its clock is the one that counts.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._shared = db.tells_time
        self._base = datetime.now(UTC) - timedelta(seconds=_steady())
        self._asked = -ASK_EVERY
        if self._shared:
            self.compare()

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._base + timedelta(seconds=_steady()) if self._shared else datetime.now(UTC)

    def compare(self) -> None:
        """Ask the database again, if that was long ago. Raises StoreUnavailable; then it goes on as it went."""
        began = _steady()
        if not self._shared or began - self._asked < ASK_EVERY:
            return
        with self._db.read() as connection:
            began = _steady()
            there: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            ended = _steady()
        if ended - began <= LONGEST:
            self._base = agreed(self._base, there.astimezone(UTC), began, ended)
            self._asked = ended


def agreed(base: datetime, there: datetime, began: float, ended: float) -> datetime:
    """When the steady clock began to count, after the database said what time it is: as before, if that can be true.

    It was said at some moment between question and answer. On a busy machine these lie far apart; processes that took
    the middle each time would drift apart as far, and what one has found would be in the future for the next.
    """
    earliest, latest = there - timedelta(seconds=ended), there - timedelta(seconds=began)
    return base if earliest <= base <= latest else earliest + (latest - earliest) / 2


def _steady() -> float:
    return time.clock_gettime(_STEADY)
