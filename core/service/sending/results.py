"""What became of messages, written down several at a time: no page waits for it, and a commit costs more than a row."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...db.jobs import Job
from ...db.session import Transaction
from ..records import Records

log = logging.getLogger(__name__)

# Whatever comes within this time is one commit. A process that is killed in it sends its messages once more, as one
# that is killed before any commit does.
WINDOW_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """A job that is done, and what its result writes in the same transaction."""

    job: Job
    write: Callable[[Transaction], None]


def nothing_to_write(_tx: Transaction) -> None:
    """The result of a job that leaves nothing."""


class Results:
    """Collects results while it runs; before its start and after its end each one is written at once."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._waiting: list[Result] = []
        self._unwritten = 0
        self._came, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="results", daemon=True)

    @property
    def idle(self) -> bool:
        """Whether everything that came is written."""
        return self._unwritten == 0

    def keep(self, result: Result) -> None:
        """Write it soon."""
        with self._lock:
            if self._thread.is_alive() and not self._over.is_set():
                self._waiting.append(result)
                self._unwritten += 1
                self._came.set()
                return
        self._write([result])

    def start(self) -> None:
        """Begin to collect."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Write what is there, at most for so long; what is not written is done again by whoever takes its job."""
        with self._lock:
            self._over.set()
        self._came.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._over.is_set():
            self._came.wait()
            self._over.wait(WINDOW_SECONDS)
            self._write_what_came()
        # What came while the last ones were being written.
        self._write_what_came()

    def _write_what_came(self) -> None:
        with self._lock:
            together, self._waiting = self._waiting, []
            self._came.clear()
        self._write_all(together)
        with self._lock:
            self._unwritten -= len(together)

    def _write_all(self, results: Sequence[Result]) -> None:
        if results and not self._written(results):
            # One that cannot be written must not take the others along.
            for result in results:
                self._written([result])

    def _written(self, results: Sequence[Result]) -> bool:
        try:
            self._write(results)
        except Exception:  # its job stays, and is done again when its lease is over
            log.exception("results could not be written", extra={"count": len(results)})
            return False
        return True

    def _write(self, results: Sequence[Result]) -> None:
        with self._records.db.write() as tx:
            for result in results:
                result.write(tx)
            self._records.jobs.done(tx, [result.job.id for result in results])
