"""Whoever writes somebody's password is killed between saying so and saying what became of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .fault_proxy import FaultProxy, Mode
from .stopped import Stopped
from .story import wait_until
from .told import Told

# Before the order, while it is on its way, and after its answer.
MOMENTS = ("intent-stored", "write-sent", "write-answered")
# So few at once that all are killed before the first one types again, twenty seconds later.
AT_ONCE = 5


def killed(
    one: Told, moment: str, proxy: FaultProxy, *, chunks: int, is_written: Callable[[], bool]
) -> tuple[threading.Thread, float]:
    """Who lives on, and when their writer died. `chunks`: so many go to the directory, the last of them the order."""
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
    proxy.fault(Mode.STALL, skip=chunks)
    writer.go_on()
    wait_until(is_written, "the directory to do it")
    writer.kill()
    proxy.heal()
    return living, time.time()


def _living(one: Told) -> threading.Thread:
    thread = threading.Thread(target=one.person.live)
    thread.start()
    return thread
