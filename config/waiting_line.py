"""The threads that serve pages, and the line of requests that wait for one."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

C = TypeVar("C")
T = TypeVar("T")

# In a line of too many, turns come all the time. Before so many have come it was the machine that stood still, and it
# says nothing of how many are here; unless it lasts so long that whoever has a thread does not give it back.
TURNS = 5
HELD_SECONDS = 1.0


class WaitingLine:
    """How long there has always been somebody who waits.

    Not how many wait, nor for how long one of them did: a moment in which many come together, or in which the machine
    stands still, makes a line that is gone at once. One that does not go away is more work than can be done.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._since = 0.0
        self._turns = 0
        self.length = 0

    def join(self) -> None:
        """One more waits."""
        with self._lock:
            if not self.length:
                self._since, self._turns = time.monotonic(), 0
            self.length += 1

    def leave(self) -> None:
        """Somebody's turn has come."""
        with self._lock:
            self.length -= 1
            self._turns += 1

    @property
    def seconds(self) -> float:
        """For how long the line was never empty, though turns came."""
        with self._lock:
            stood = time.monotonic() - self._since if self.length else 0.0
            return stood if self._turns >= TURNS or stood >= HELD_SECONDS else 0.0


class Threads:
    """A server's threads, and the line of those who wait for one."""

    def __init__(self, count: int, line: WaitingLine) -> None:
        self._line = line
        self._all = ThreadPoolExecutor(count)

    def submit(self, work: Callable[[C], T], connection: C) -> Future[T]:
        """Have this done as soon as there is a thread."""
        self._line.join()
        return self._all.submit(self._taken, work, connection)

    def shutdown(self, wait: bool = True) -> None:
        """End when nothing is left to do."""
        self._all.shutdown(wait)

    def _taken(self, work: Callable[[C], T], connection: C) -> T:
        self._line.leave()
        return work(connection)
