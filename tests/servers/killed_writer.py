"""Whoever writes somebody's password is killed between saying so and saying what became of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .fault_proxy import FaultProxy, Mode
from .late_orders import is_order
from .stopped import Stopped
from .story import wait_until
from .told import Told

# While the order is on its way, before it, and after its answer. The first comes before anybody asks the directory
# what became of another's.
MOMENTS = ("write-sent", "intent-stored", "write-answered")
AT_ONCE = len(MOMENTS)


def killed(
    one: Told, moment: str, proxy: FaultProxy, *, length: int, is_written: Callable[[], bool]
) -> tuple[threading.Thread, float]:
    """Who lives on, and when their writer died. `length`: by which an order is known on its way."""
    one.person.stops_at = "done"
    keyback = one.person.story.keyback
    if moment != "write-sent":
        keyback.arm(moment)
        living = _living(one)
        order = wait_until(lambda: next(keyback.faultpoints.glob(f"{moment}.*"), None), "the writer to come by")
        order.unlink()
        return living, time.time()
    writer = Stopped(keyback)
    living = _living(one)
    writer.wait()
    # Whoever takes a dead one's place asks its directory more than the others do, so nothing is counted here.
    proxy.on_bytes = lambda chunk: proxy.fault(Mode.STALL) if is_order(chunk, length) else None
    writer.go_on()
    wait_until(is_written, "the directory to do it")
    writer.kill()
    proxy.on_bytes = None
    proxy.heal()
    return living, time.time()


def _living(one: Told) -> threading.Thread:
    thread = threading.Thread(target=one.person.live)
    thread.start()
    return thread
