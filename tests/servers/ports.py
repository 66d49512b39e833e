"""Ports for servers that tests start as processes of their own."""

from __future__ import annotations

import itertools
import os
import random
import socket
from contextlib import suppress

# Below those that the system lends to connections and to whoever asks for any: nobody is lent one of these between our
# looking and the server's start, nor while a server is down.
LOWEST, HIGHEST = 10_000, 32_000
# Two processes of one run never ask for the same; two runs at once begin somewhere else each.
PROCESSES = 16
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES
_ours = range(LOWEST + _process, HIGHEST, PROCESSES)
_next = itertools.count(random.randrange(len(_ours)))


def free_port() -> int:
    """One on which nobody listens, and that was not given to anybody for a long time."""
    for _ in _ours:
        port = _ours[next(_next) % len(_ours)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")
