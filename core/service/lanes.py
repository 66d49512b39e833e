"""Lanes: small bounded queues with their own threads, so that a frozen directory delays nobody else."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Lane(Generic[T]):
    """Four daemon threads and a short queue. A full lane refuses; it never borrows from another."""

    def __init__(self, name: str, work: Callable[[T], None], *, threads: int = 4, room: int = 64) -> None:
        self.name = name
        self._work = work
        self._queue: queue.Queue[T | None] = queue.Queue(room)
        self._wanted = threads
        self._threads: list[threading.Thread] = []
        self._staffing = threading.Lock()

    def offer(self, item: T) -> bool:
        """Take it, or say no at once."""
        if not self._staffed():
            return False
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            return False
        return True

    @property
    def idle(self) -> bool:
        """Whether everything that was taken is done."""
        return self._queue.unfinished_tasks == 0

    @property
    def queued(self) -> int:
        """How much waits for a thread."""
        return self._queue.qsize()

    def empty(self) -> list[T]:
        """Take back what waits; what is being done goes on."""
        taken: list[T | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                taken.append(self._queue.get_nowait())
                self._queue.task_done()
        # Who stopped the lane meanwhile waits for its threads, and they for their ends.
        for _ in range(taken.count(None)):
            self._queue.put_nowait(None)
        return [item for item in taken if item is not None]

    def stop(self) -> None:
        """Let its threads end once the queue is empty."""
        for _ in self._threads:
            self._queue.put_nowait(None)

    def join(self, seconds: float) -> None:
        """Wait for what is being done, at most so long; a hung plugin's thread dies with the process."""
        for thread in self._threads:
            thread.join(seconds / len(self._threads))

    def _staffed(self) -> bool:
        """Whether somebody works here. A machine that has no room for a thread now may have some for the next job."""
        with self._staffing:
            while len(self._threads) < self._wanted:
                thread = threading.Thread(target=self._run, name=f"lane {self.name} {len(self._threads)}", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    log.warning("no thread is left", extra={"lane": self.name})
                    break
                self._threads.append(thread)
            return bool(self._threads)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                self._work(item)
            except Exception:  # one failure must not take a thread away from everybody behind it
                log.exception("work in a lane failed", extra={"lane": self.name})
            finally:
                self._queue.task_done()
        self._queue.task_done()


class Lanes(Generic[T]):
    """The lanes by name, made when first needed."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._work = work
        self._lanes: dict[str, Lane[T]] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Lane[T]:
        with self._lock:
            if name not in self._lanes:
                self._lanes[name] = Lane(name, self._work)
            return self._lanes[name]

    @property
    def idle(self) -> bool:
        """Whether no lane is at work."""
        return all(lane.idle for lane in list(self._lanes.values()))

    @property
    def queued(self) -> Mapping[str, int]:
        """How much waits for a thread in each."""
        return {lane.name: lane.queued for lane in list(self._lanes.values())}

    def empty(self) -> list[T]:
        """Take back what waits in any of them."""
        return [item for lane in list(self._lanes.values()) for item in lane.empty()]

    def stop(self, seconds: float) -> None:
        """Stop all, giving them so long together."""
        lanes = list(self._lanes.values())
        for lane in lanes:
            lane.stop()
        for lane in lanes:
            lane.join(seconds / max(1, len(lanes)))
