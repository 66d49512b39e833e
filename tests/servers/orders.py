"""Orders to write a password, known on their way by their length, and held back until everybody has sent theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .fault_proxy import FaultProxy
from .told import Told

# By the length of its message's number, orders on one connection differ. Questions can be nearly as long as an order.
ALIKE = 1
# Some are refused before they send anything: nobody waits longer for those.
STRAGGLERS = 1.5


class Orders:
    """Holds them back until as many are there as are wanted; then does something, once, and lets them go."""

    def __init__(self, length: int, wanted: int, then: Callable[[], None]) -> None:
        self.held = 0
        self.first_at = 0.0
        self.gone = threading.Event()
        self._length, self._wanted, self._then = length, wanted, then
        self._lock = threading.Lock()

    def take(self, chunk: bytes) -> None:
        """Called for each connection by its own thread."""
        if self.gone.is_set() or not is_order(chunk, self._length):
            return
        with self._lock:
            self.first_at = self.first_at or time.monotonic()
            self.held += 1
            full = self.held == self._wanted
        if full or not self.gone.wait(STRAGGLERS):
            self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            if not self.gone.is_set():
                self._then()
                self.gone.set()


def is_order(chunk: bytes, length: int) -> bool:
    """Whether this is one, where they are so long."""
    return abs(len(chunk) - length) <= ALIKE


def length_of_an_order(one: Told, proxy: FaultProxy) -> int:
    """What one person sends last, when all is well, is the order."""
    lengths: list[int] = []
    proxy.on_bytes = lambda chunk: lengths.append(len(chunk))
    one.ask()
    proxy.on_bytes = None
    assert one.page is not None
    assert one.page.stage == "done", one.page.text
    assert all(abs(length - lengths[-1]) > ALIKE for length in lengths[:-1]), lengths
    return lengths[-1]
