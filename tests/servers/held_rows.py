"""What begins while a row that it needs is written, on a database where transactions run side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import text

from keyback.core.db.session import Database, Transaction

from .story import wait_until

PATIENCE = 30
T = TypeVar("T")


def behind(database: Database, hold: Callable[[Transaction], object], act: Callable[[], T]) -> Future[T]:
    """What became of an act that began after `hold` wrote, and before that was committed. It must have waited."""
    with ThreadPoolExecutor(1) as one:
        with database.write() as tx:
            hold(tx)
            acting = one.submit(act)
            wait_until(lambda: acting.done() or _somebody_waits(database), "somebody who waits", PATIENCE)
            assert not acting.done()
        acting.exception(PATIENCE)
    return acting


def _somebody_waits(database: Database) -> bool:
    with database.read() as tx:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(tx.scalar(waiting))
