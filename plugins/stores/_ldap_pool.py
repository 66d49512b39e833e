"""A few signed-in connections to the first server that answers, lent to one borrower each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from ...core import StoreUnavailable
from ._budget import Budget
from ._ldap import Address, Dropped, Wire

T = TypeVar("T")

# More waiting only lengthens the queue: the directory is the limit, not we.
BUSY_AFTER = 2.0
MAX_AGE = 300.0
MAX_IDLE = 60.0
PING_AFTER = 5.0
# So long a server that failed is asked last.
REST = 30.0


class Pool:
    """Lends connections, last used first. Admits at most as many borrowers as it may have connections."""

    def __init__(self, servers: Sequence[Address], size: int, sign_in: Callable[[Address, Budget], Wire]) -> None:
        self._servers = tuple(servers)
        self._sign_in = sign_in
        self._size = size
        self._admission = BoundedSemaphore(size)
        self._lock = Lock()
        self._idle: list[Wire] = []
        self._resting: dict[Address, float] = {}
        self._closed = False
        self._process = os.getpid()

    def work(self, task: Callable[[Wire], T], budget: Budget, *, server: str = "") -> T:
        """Do something on a connection to any server or to this one.

        If the connection breaks, once more on a new one. No write is repeated: a lost one raises OutcomeUnknown.
        """
        with self._borrow(budget, server, fresh=False) as wire:
            try:
                return task(wire)
            except Dropped as problem:
                self._distrust(wire.server, rest=problem.silent)
        with self._borrow(budget, server, fresh=True) as wire:
            return task(wire)

    @contextmanager
    def _borrow(self, budget: Budget, server: str, *, fresh: bool) -> Iterator[Wire]:
        if not self._admission.acquire(timeout=budget.at_most(BUSY_AFTER)):
            raise StoreUnavailable("every connection to the directory is in use")
        try:
            wire = (None if fresh else self._take(budget, server)) or self.connect(budget, server)
            try:
                yield wire
            finally:
                self._put_back(wire)
        finally:
            self._admission.release()

    def connect(self, budget: Budget, server: str = "") -> Wire:
        """A new connection that the pool does not keep: to this server, or to the first that answers."""
        problem: StoreUnavailable = StoreUnavailable("this server is no longer in the settings")
        for address in self._candidates(server):
            try:
                wire = self._sign_in(address, budget)
            except StoreUnavailable as failed:
                problem = failed
                self._distrust(address, rest=True)
            else:
                self._resting.pop(address, None)
                return wire
        if isinstance(problem, Dropped):
            problem = StoreUnavailable(problem.said)
        raise problem

    def close(self) -> None:
        """Hang up all that are idle; lent ones are hung up when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for wire in idle:
            wire.close()

    def _candidates(self, server: str) -> list[Address]:
        """In the configured order; those that failed lately come last, and are asked when no other is left."""
        now = time.monotonic()
        wanted = [address for address in self._servers if server in ("", str(address))]
        return sorted(wanted, key=lambda address: max(0.0, self._resting.get(address, 0.0) - now))

    def _distrust(self, address: Address, *, rest: bool) -> None:
        """One broken connection means that its idle neighbours to the same server are broken too."""
        with self._lock:
            if rest:
                self._resting[address] = time.monotonic() + REST
            lost = [wire for wire in self._idle if wire.server == address]
            self._idle = [wire for wire in self._idle if wire.server != address]
        for wire in lost:
            wire.close()

    def _take(self, budget: Budget, server: str) -> Wire | None:
        while (wire := self._pop(server)) is not None:
            wire.budget = budget
            now = time.monotonic()
            stale = now - wire.born > MAX_AGE or now - wire.used > MAX_IDLE
            if not stale and (now - wire.used <= PING_AFTER or wire.lives()):
                return wire
            wire.close()
        return None

    def _pop(self, server: str) -> Wire | None:
        with self._lock:
            if self._process != os.getpid():
                # A fork shares the sockets: two processes on one connection would read each other's answers.
                self._idle, self._process = [], os.getpid()
            for place in reversed(range(len(self._idle))):
                if server in ("", str(self._idle[place].server)):
                    return self._idle.pop(place)
        return None

    def _put_back(self, wire: Wire) -> None:
        surplus: list[Wire] = [wire]
        with self._lock:
            if not (wire.broken or self._closed or time.monotonic() - wire.born > MAX_AGE):
                self._idle.append(wire)
                surplus = self._idle[: -self._size]
                self._idle = self._idle[-self._size :]
        for old in surplus:
            old.close()
