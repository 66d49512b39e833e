"""Our connection to PostgreSQL: one that says nothing any more is hung up on, and what was prepared stays.

The server's own limits end what it is too busy for. They are no help when it stands still, or when the network takes a
question and loses the answer: the socket would be listened to for hours, and with it a thread of the pages.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

T = TypeVar("T")

# Longer than the server lets anybody wait for a lock: an answer, even a no, is better than none.
SECONDS = 6.0
INTERVAL = 0.1


class Impatient(psycopg.Connection[Any]):
    """Waits for each answer for so long; `for_ever`, for whoever changes the tables, as long as it takes."""

    for_ever = False

    def wait(self, gen: PQGen[T], interval: float = INTERVAL, timeout: float | None = None) -> T:
        """Raises OperationalError, and is closed: what comes late would be taken for the next question's answer."""
        try:
            return super().wait(gen, interval, timeout or (None if self.for_ever else SECONDS))
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise

    def rollback(self) -> None:
        """As every connection's, but what is prepared stays.

        The driver forgets all of it here, in case the transaction had made a table that is gone again. Ours make none,
        and every statement would be parsed and planned anew: a journey in which a job and a page meet rolls back once.
        """
        with self.lock:
            if self.pgconn.transaction_status != TransactionStatus.IDLE:
                self.wait(self._exec_command(b"ROLLBACK"))
