"""HTTP as bytes on a socket: sends what no library would send, and takes whatever comes back."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

# Longer than a server may hold on to somebody who says nothing more.
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back. Status 0: the connection was closed without an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


def exchange(port: int, raw: bytes, *, ends: bool = False, pause: float = 0.0) -> Answer:
    """Send these bytes and read one answer; `ends` says after them that nothing more comes.

    With a pause they are sent in eight pieces.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Whoever is refused in the middle of sending has an answer too.
        with contextlib.suppress(OSError):
            _send(wire, raw, pause)
            if ends:
                wire.shutdown(socket.SHUT_WR)
        began = time.monotonic()
        came = _read(wire, headless=raw.startswith(b"HEAD "))
        return _parsed(came, time.monotonic() - began)


def _send(wire: socket.socket, raw: bytes, pause: float) -> None:
    step = max(1, len(raw) // 8) if pause else len(raw) or 1
    for start in range(0, len(raw), step):
        wire.sendall(raw[start : start + step])
        # A slow client is the fault.
        time.sleep(pause)


def _read(wire: socket.socket, *, headless: bool) -> bytes:
    came = b""
    while not _whole(came, headless=headless):
        try:
            piece = wire.recv(65536)
        except OSError:
            break
        if not piece:
            break
        came += piece
    return came


def _whole(came: bytes, *, headless: bool) -> bool:
    head, parted, body = came.partition(b"\r\n\r\n")
    if not parted:
        return False
    length = _headers(head).get("content-length", "")
    return headless or (length.isdecimal() and len(body) >= int(length))


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _parsed(came: bytes, seconds: float) -> Answer:
    head, parted, body = came.partition(b"\r\n\r\n")
    first = head.split(b"\r\n", 1)[0].split(b" ")
    if not parted or len(first) < 2 or not first[1].isdigit():
        return Answer(0, raw=came, seconds=seconds)
    return Answer(int(first[1]), _headers(head), body, came, seconds)
