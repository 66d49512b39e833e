"""A directory that stands still with orders in its hands, and does them when it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from .fault_proxy import FaultProxy
from .private_directory import PrivateDirectory
from .story import wait_until
from .told import TOLD, Told

# An order's length differs by a number's digits; a question's is another altogether.
ALIKE = 8


class Orders:
    """Holds orders back, known by their length, until all who write have sent theirs; then freezes the directory."""

    def __init__(self, directory: PrivateDirectory, length: int, wanted: int) -> None:
        self.held = 0
        self.frozen = threading.Event()
        self._directory, self._length, self._wanted = directory, length, wanted
        self._lock = threading.Lock()

    def take(self, chunk: bytes) -> None:
        """Called for each connection by its own thread."""
        if self.frozen.is_set() or not is_order(chunk, self._length):
            return
        with self._lock:
            self.held += 1
            full = self.held == self._wanted
        # Some were refused before they sent anything; nobody waits for those.
        if full or not self.frozen.wait(1.5):
            self._freeze()

    def thaw(self) -> None:
        """It goes on, and does them."""
        self._directory.thaw()

    def _freeze(self) -> None:
        with self._lock:
            if not self.frozen.is_set():
                self._directory.freeze()
                self.frozen.set()


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


def ask_in_a_frost(batch: Sequence[Told], orders: Orders, proxy: FaultProxy, lasting: float) -> None:
    """All of them type a password; the directory freezes with their orders, and goes on once all have their page."""
    proxy.on_bytes = orders.take
    threads = [one.asking() for one in batch]
    try:
        assert orders.frozen.wait(20)
        began = time.monotonic()
        for thread in threads:
            thread.join()
        wait_until(lambda: time.monotonic() - began >= lasting, "the frost to last", lasting + 1)
    finally:
        proxy.on_bytes = None
        orders.thaw()
    assert max(one.seconds for one in batch) < TOLD
