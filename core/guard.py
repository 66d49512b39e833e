"""The bounds of one plugin's calls, so that a hanging one costs four threads and not the house."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from .contracts.errors import PluginError

# How long an idle thread waits for more work. Guards are replaced with their plugins; their threads must not pile up.
IDLE_SECONDS = 60.0

T = TypeVar("T")


class NotAsked(PluginError):
    """The plugin was not called: surely nothing happened."""


class Busy(NotAsked):
    """All its places are taken by calls that have not come back."""


class Resting(NotAsked):
    """It was late several times in a row and is left alone for a while."""


class LateAnswer(PluginError):
    """The plugin was called and did not come back in time: whatever it does may still happen."""


class Guard:
    """Calls one plugin in daemon threads: at most `in_flight` at once, none for `open_for` seconds after late ones.

    Daemon threads, and not the executor of the standard library: that one waits at exit for a call that may never end.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        in_flight: int = 4,
        open_after: int = 3,
        open_for: float = 30.0,
    ) -> None:
        self.name = name
        self._clock = clock
        self._places = in_flight
        self._open_after = open_after
        self._open_for = open_for
        self._lock = threading.Lock()
        self._taken = 0
        self._late_in_a_row = 0
        self._rests_until = float("-inf")
        self._idle: list[_Worker] = []

    def call(self, fn: Callable[[], T], deadline_seconds: float) -> T:
        """What `fn` returns or raises, if it does so in time. Raises Busy, Resting or LateAnswer."""
        call = _Call(fn)
        self._hand_over(call)
        if call.wait(deadline_seconds):
            self._in_time()
            return call.outcome()
        if not call.started:
            raise Busy(f"{self.name} had no time for it")
        self._late()
        raise LateAnswer(f"{self.name} did not answer in time")

    @property
    def resting(self) -> bool:
        """Whether it is left alone for now."""
        return self._clock() < self._rests_until

    def _hand_over(self, call: _Call[T]) -> None:
        with self._lock:
            if self.resting:
                raise Resting(f"{self.name} is resting")
            if self._taken >= self._places:
                raise Busy(f"{self.name} is busy")
            self._taken += 1
            worker = self._idle.pop() if self._idle else None
        # A thread that was idle when the process forked does not exist in the child.
        if worker is None or not worker.is_alive():
            worker = _Worker(self)
            self._start(worker)
        worker.calls.put(call)

    def _start(self, worker: _Worker) -> None:
        try:
            worker.start()
        except RuntimeError:
            with self._lock:
                self._taken -= 1
            raise Busy(f"{self.name}: no thread is left") from None

    def _in_time(self) -> None:
        with self._lock:
            self._late_in_a_row = 0

    def _late(self) -> None:
        with self._lock:
            self._late_in_a_row += 1
            # The count stays: after its rest one more late answer is enough.
            if self._late_in_a_row >= self._open_after:
                self._rests_until = self._clock() + self._open_for

    def free(self, worker: _Worker) -> None:
        """The worker's call came back, however late."""
        with self._lock:
            self._taken -= 1
            self._idle.append(worker)

    def dismiss(self, worker: _Worker) -> bool:
        """Whether an idle worker may go; not when a call is on its way to it."""
        with self._lock:
            if worker not in self._idle:
                return False
            self._idle.remove(worker)
            return True


class _Call(Generic[T]):
    """One call, between the thread that waits for it and the thread that makes it."""

    def __init__(self, fn: Callable[[], T]) -> None:
        self.started = False
        self._fn = fn
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._given_up = False
        self._result: T | None = None
        self._fault: BaseException | None = None

    def make(self, settled: Callable[[], None]) -> None:
        """Call it, unless its waiter is gone: a write that nobody waits for any more must not begin."""
        with self._lock:
            if self._given_up:
                settled()
                return
            self.started = True
        result, fault = _attempt(self._fn)
        # Before the waiter wakes, so that its next call finds the place free.
        settled()
        with self._lock:
            if not self._given_up:
                self._result, self._fault = result, fault
                self._over.set()

    def wait(self, seconds: float) -> bool:
        """Whether it came back in time; if not, it is given up and its answer will be thrown away."""
        if self._over.wait(max(0.0, seconds)):
            return True
        with self._lock:
            self._given_up = not self._over.is_set()
            return not self._given_up

    def outcome(self) -> T:
        """What it returned or raised."""
        fault, self._fault = self._fault, None
        if fault is None:
            return cast("T", self._result)
        try:
            if isinstance(fault, Exception):
                raise fault
            # `sys.exit()` in a plugin must not end the thread that asked.
            raise PluginError(f"the plugin raised {type(fault).__name__}")
        finally:
            # A fault that points at its own frame would keep the call's values alive.
            del fault


def _attempt(fn: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    try:
        return fn(), None
    except BaseException as fault:
        return None, fault


class _Worker(threading.Thread):
    """A thread that makes one call after another, and ends when nobody has needed it for a while."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(name=f"plugin {guard.name}", daemon=True)
        self.calls: SimpleQueue[_Call[Any]] = SimpleQueue()
        self._guard = guard

    def run(self) -> None:
        while True:
            try:
                call = self.calls.get(timeout=IDLE_SECONDS)
            except Empty:
                if self._guard.dismiss(self):
                    return
                continue
            call.make(lambda: self._guard.free(self))
            # The answer, and whatever it holds, must not live on in an idle thread.
            del call
