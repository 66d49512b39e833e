"""Whoever writes passwords is killed between saying so and saying what became of it: all at once, with many in hand."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from .fault_proxy import FaultProxy, Mode
from .keyback import Keyback
from .orders import Orders
from .story import wait_until
from .told import Told

# A writer that waits longer for its answer may have given up by itself before it was killed.
PATIENT = 4.0


class Death(StrEnum):
    """What becomes of the orders whose writers are killed."""

    LOST = "lost"
    LATE = "done after their writers' death"
    UNHEARD = "done, and nobody heard"


class Killed:
    """A house whose processes are all killed when many orders are on their way."""

    def __init__(self, keyback: Keyback, proxy: FaultProxy, *, length: int) -> None:
        self._keyback, self._proxy, self._length = keyback, proxy, length
        # How many died with an order in hand, and when.
        self.count, self.at = 0, 0.0

    def die(self, batch: Sequence[Told], death: Death, written: Callable[[], int]) -> None:
        """All type a password and go on until they are done, whatever they are told.

        `written`: in how many of their accounts the directory has written one.
        """
        fault = {Death.LOST: self._lose, Death.LATE: self._kill, Death.UNHEARD: self._say_nothing}[death]
        orders = Orders(self._length, len(batch), fault)
        self._proxy.on_bytes = orders.take
        living = [_living(one) for one in batch]
        try:
            assert orders.gone.wait(60)
            if death is Death.UNHEARD:
                wait_until(lambda: written() >= orders.held, "the directory to do them", 60)
                self._kill()
        finally:
            self._proxy.on_bytes = None
            self._proxy.heal()
        if time.monotonic() - orders.first_at < PATIENT:
            self.count += orders.held
        for thread in living:
            thread.join()

    def _kill(self) -> None:
        # The pages' processes and the back office's: whatever the house had in hand is gone.
        for process in self._keyback.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.at = time.time()

    def _lose(self) -> None:
        self._kill()
        self._proxy.drop_all()

    def _say_nothing(self) -> None:
        self._proxy.fault(Mode.STALL)


def _living(one: Told) -> threading.Thread:
    one.person.stops_at = "done"
    thread = threading.Thread(target=one.person.live)
    thread.start()
    return thread
