"""What is ready and waits for its moment: no page may show when a directory answered, so nothing changes then (P4)."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Moments(Generic[T]):
    """Hands each thing on when its moment comes, by one thread."""

    def __init__(self, now: Callable[[], datetime], hand_on: Callable[[T], object]) -> None:
        self._now, self._hand_on = now, hand_on
        self._waiting: list[tuple[datetime, int, T]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="moments", daemon=True)

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def keep(self, thing: T, moment: datetime) -> bool:
        """Hand it on at that moment; False from whoever has stopped."""
        with self._changed:
            if not self._over:
                heapq.heappush(self._waiting, (moment, next(self._numbers), thing))
                self._changed.notify()
            return not self._over

    def start(self) -> None:
        """Begin to keep things."""
        self._thread.start()

    def stop(self) -> list[T]:
        """End, and take back what still waits."""
        with self._changed:
            self._over = True
            left, self._waiting = [thing for _, _, thing in sorted(self._waiting)], []
            self._changed.notify()
        return left

    def _run(self) -> None:
        while (thing := self._next()) is not None:
            try:
                self._hand_on(thing)
            except Exception:  # one that cannot be handed on must not hold up the others
                log.exception("handing on")

    def _next(self) -> T | None:
        with self._changed:
            while not self._over:
                wait = (self._waiting[0][0] - self._now()).total_seconds() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(wait)
        return None
