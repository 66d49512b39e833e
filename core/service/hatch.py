"""The hatch between the processes that serve pages and the one that works behind them."""

from __future__ import annotations

import contextlib
import socket

from pydantic import TypeAdapter

from ..db.jobs import Job

_JOB = TypeAdapter(Job)
# A job takes its recovery along, which saves a read: a few thousand bytes.
_LARGEST = 256 * 1024


class Hatch:
    """Made before the processes are, and shared by all. What is lost in it still stands in the database."""

    def __init__(self) -> None:
        # Each job is one packet: many may give at once, and none is cut in two.
        self._taking, self._giving = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._giving.setblocking(False)
        # By itself it holds two dozen jobs; the system cuts this down to what it allows.
        self._giving.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * _LARGEST)

    def give(self, job: Job) -> bool:
        """Pass it through, or say no at once: no page waits for the back office."""
        packet = _JOB.dump_json(job)
        with contextlib.suppress(OSError):
            # What is longer would be cut when it is taken.
            return len(packet) <= _LARGEST and self._giving.send(packet) > 0
        return False

    def take(self) -> Job:
        """The next one; waits for it."""
        return _JOB.validate_json(self._taking.recv(_LARGEST))

    def close(self) -> None:
        """Wall it up, in this process."""
        self._giving.close()
        self._taking.close()
