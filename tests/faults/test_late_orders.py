"""The directory stands still with orders in its hands, and does them half a minute later: nobody is told a lie."""

from __future__ import annotations

import threading
import time

import pytest
from servers.fault_proxy import FaultProxy
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post, wait_until
from servers.told import TOLD, TRUE, Told, proven

FULL = 200
FROZEN = 30.0
# So many write at once; how many of their orders are under way at the frost is counted.
AT_ONCE = 12
# An order's length differs by a number's digits; a question's is another altogether.
ALIKE = 8


class Orders:
    """Holds orders back, known by their length, until all who write have sent theirs; then freezes the directory."""

    def __init__(self, slapd: Slapd, length: int, wanted: int) -> None:
        self.held = 0
        self.frozen = threading.Event()
        self._slapd, self._length, self._wanted = slapd, length, wanted
        self._lock = threading.Lock()

    def take(self, chunk: bytes) -> None:
        """Called for each connection by its own thread."""
        if self.frozen.is_set() or abs(len(chunk) - self._length) > ALIKE:
            return
        with self._lock:
            self.held += 1
            full = self.held == self._wanted
        # Some were refused before they sent anything; nobody waits for those.
        if full or not self.frozen.wait(1.5):
            self._freeze()

    def _freeze(self) -> None:
        with self._lock:
            if not self.frozen.is_set():
                self._slapd.freeze()
                self.frozen.set()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_late_orders_are_found_out(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    keyback = serve(processes=4)
    length = _length_of_an_order(keyback, post, slapd, proxy)
    late, rounds = 0, 0
    while late < FULL:
        late += _one_frost(keyback, post, slapd, proxy, length)
        rounds += 1
    say(f"{late} orders were late in {rounds} frosts of {FROZEN:.0f} s, and nobody was told a lie")


def _length_of_an_order(keyback: Keyback, post: Post, slapd: Slapd, proxy: FaultProxy) -> int:
    """What one person sends last, when all is well, is the order."""
    (one,) = proven(keyback, post, slapd, 1)
    lengths: list[int] = []
    proxy.on_bytes = lambda chunk: lengths.append(len(chunk))
    one.ask()
    proxy.on_bytes = None
    assert one.page is not None
    assert one.page.stage == "done"
    assert all(abs(length - lengths[-1]) > ALIKE for length in lengths[:-1]), lengths
    return lengths[-1]


def _one_frost(keyback: Keyback, post: Post, slapd: Slapd, proxy: FaultProxy, length: int) -> int:
    """How many orders were under way."""
    batch = proven(keyback, post, slapd, AT_ONCE)
    orders = Orders(slapd, length, AT_ONCE)
    proxy.on_bytes = orders.take
    threads = [one.asking() for one in batch]
    try:
        assert orders.frozen.wait(20)
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began >= FROZEN, "the frost to last", FROZEN + 1)
    finally:
        proxy.on_bytes = None
        slapd.thaw()
    thawed, thawed_at = time.monotonic(), time.time()
    for thread in threads:
        thread.join()
    late = [one for one in batch if _is_late(slapd, one)]
    slowest = time.monotonic() - thawed
    assert slowest < TRUE
    _type_again([one.person for one in batch if one not in late])
    assert_true(slapd, [one.person for one in batch], faults=[thawed_at])
    say(f"{len(late)} late orders of {orders.held} held: all true {slowest:.1f} s after the thaw")
    return len(late)


def _is_late(slapd: Slapd, one: Told) -> bool:
    """Whether this order was under way: then it is done after all. Nothing was sent for whoever may type again."""
    assert one.page is not None
    assert one.seconds < TOLD, one.page.text
    if one.page.stage == "unsettled":
        one.hear("done")
        return True
    assert one.page.stage == "renewing", one.page.text
    assert slapd.writes(one.person.dn) == 0
    return False


def _type_again(people: list[Persistent]) -> None:
    for person in people:
        person.stops_at = "done"
    together(people)
