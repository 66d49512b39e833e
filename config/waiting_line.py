"""The line of requests that wait for a thread."""

from __future__ import annotations

import time
from threading import Lock

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
        # Without the lock: whoever refuses shall not wait for those who compute. Who joins or leaves meanwhile can only
        # make it shorter.
        stood = time.monotonic() - self._since if self.length else 0.0
        return stood if self._turns >= TURNS or stood >= HELD_SECONDS else 0.0
