"""A client's socket that knows when its patience is over."""

from __future__ import annotations

import contextlib
import math
import re
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .app import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Whoever gets an answer must take it within this time, and whoever still talks when there is nothing more to be said is
# heard out for so long.
SECONDS_TO_HEAR, SECONDS_TO_LEAVE = 30.0, 1.0
# What is longer than this without an end is for the parser to refuse.
LARGEST_HEAD = 32 * 1024
LARGEST_REQUEST = LARGEST_HEAD + LARGEST_BODY
LONGEST_LINE = 256
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


def whole(seen: bytes | bytearray) -> bool:
    """Whether a thread need not wait for more: all of the request is here, or enough of it to refuse it."""
    head, end, body = seen.partition(b"\r\n\r\n")
    if not end:
        return len(seen) > LARGEST_HEAD
    if b"\r\nexpect:" in head.lower():
        # Says nothing more before it hears that we want it.
        return True
    if b"\r\ntransfer-encoding:" in head.lower():
        return body.endswith(b"\r\n\r\n") or len(body) > LARGEST_BODY
    length = _LENGTH.search(head + b"\r\n")
    return length is None or not len(body) < int(length[1]) <= LARGEST_BODY


class PatientSocket(socket.socket):
    """Takes and gives at once what can be, and waits only for the rest, for as long as there is patience.

    Python's own way to wait no longer than so long asks the kernel three times for each piece. Every time gives up the
    interpreter, and while all threads compute it takes a while to get it back.
    """

    ends = math.inf
    # Whether they left without another word.
    gone = False

    def __init__(self, family: int = -1, kind: int = -1, protocol: int = -1, fileno: int | None = None) -> None:
        super().__init__(family, kind, protocol, fileno)
        self._said = bytearray()

    def waits(self) -> bool:
        """Take what is here, and say whether to come back when there is more."""
        try:
            came = super().recv(LARGEST_REQUEST, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return not whole(self._said)
        except OSError:
            came = b""
        self._said += came
        self.gone = not self._said
        return bool(came) and not whole(self._said)

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come that nobody has read."""
        return not self._said

    @property
    def first_line(self) -> bytes:
        """How what they say begins, as far as it has come."""
        return bytes(self._said[:LONGEST_LINE])

    def take(self) -> bytes:
        """All that has come."""
        return self.recv(len(self._said)) if self._said else b""

    def setblocking(self, _blocks: bool) -> None:
        """What gunicorn says before and after each request: here `ends` alone says how long anybody waits."""

    def settimeout(self, _seconds: float | None) -> None:
        """The same."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As every socket's; but when the time is over it takes what is here, and then comes the end."""
        if self._said:
            said = bytes(self._said[:size])
            del self._said[:size]
            return said
        try:
            return super().recv(size, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return self._later(size, flags)

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """As every socket's; raises TimeoutError for whoever does not take it."""
        rest = memoryview(data)
        with contextlib.suppress(BlockingIOError):
            rest = rest[super().send(rest, flags | socket.MSG_DONTWAIT) :]
        if rest:
            with self._waiting(SECONDS_TO_HEAR):
                super().sendall(rest, flags)

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """All of it, or an error: what is half said helps nobody."""
        self.sendall(data, flags)
        return memoryview(data).nbytes

    def leave(self) -> None:
        """Nothing more is said here. To hang up on somebody who is still talking would swallow our answer."""
        self.ends = 0.0
        unheard, self._said = bool(self._said), bytearray()
        with contextlib.suppress(OSError):
            if unheard or self.recv(1, socket.MSG_PEEK):
                self.shutdown(socket.SHUT_WR)
                self.ends = time.monotonic() + SECONDS_TO_LEAVE
                while self.recv(LARGEST_BODY):
                    pass
        # gunicorn hears everybody out for two seconds, on the thread that all others need.
        self.ends = 0.0

    def _later(self, size: int, flags: int) -> bytes:
        left = self.ends - time.monotonic()
        if left <= 0:
            return b""
        with self._waiting(None if math.isinf(left) else left), contextlib.suppress(TimeoutError):
            return super().recv(size, flags)
        return b""

    @contextlib.contextmanager
    def _waiting(self, seconds: float | None) -> Iterator[None]:
        super().settimeout(seconds)
        try:
            yield
        finally:
            super().settimeout(None)
