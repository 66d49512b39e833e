"""A directory that stands still with orders in its hands, and does them when it goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .fault_proxy import FaultProxy
from .orders import Orders
from .private_directory import PrivateDirectory
from .story import wait_until
from .told import TOLD, Told


def ask_in_a_frost(
    batch: Sequence[Told], directory: PrivateDirectory, proxy: FaultProxy, *, length: int, lasting: float
) -> int:
    """All of them type a password; the directory freezes with their orders, and goes on once all have their page.

    How many orders it held.
    """
    orders = Orders(length, len(batch), directory.freeze)
    proxy.on_bytes = orders.take
    threads = [one.asking() for one in batch]
    try:
        assert orders.gone.wait(60)
        began = time.monotonic()
        for thread in threads:
            thread.join()
        wait_until(lambda: time.monotonic() - began >= lasting, "the frost to last", lasting + 1)
    finally:
        proxy.on_bytes = None
        directory.thaw()
    assert max(one.seconds for one in batch) < TOLD
    return orders.held
