"""A request that is all here, and answered by one call."""

from __future__ import annotations

import contextlib
import socket
from io import BytesIO


class AtOnce:
    """Stands where gunicorn has a client's socket.

    Every call of a socket gives up the interpreter, and while all threads compute it takes a while to get it back. So
    whoever is turned away is answered by one, which waits for nobody: they shall hear it before they press again.
    """

    def __init__(self, wire: socket.socket, said: bytes) -> None:
        self._wire = wire
        self._said = BytesIO(said)
        self._answer = bytearray()
        self.ends = 0.0

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """As a socket's; the end comes after what was here."""
        return self._said.read(size)

    def sendall(self, data: bytes) -> None:
        """Kept until all has been said."""
        self._answer += data

    def send(self, data: bytes) -> int:
        """The same."""
        self._answer += data
        return len(data)

    def setblocking(self, blocks: bool) -> None:
        """There is nothing to wait for."""

    def leave(self) -> None:
        """Say it all and hang up; whoever does not listen has heard enough."""
        with self._wire, contextlib.suppress(OSError):
            # Past anything that a kind of socket adds to it: nobody is waited for.
            socket.socket.send(self._wire, self._answer, socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Hang up, whatever was said."""
        self._wire.close()
