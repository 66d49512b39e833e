"""A TCP proxy that fails on purpose. It never looks inside, so it works under TLS."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType

# Seconds within which a client that speaks first has spoken.
SPEAKS_FIRST = 0.2


class Mode(StrEnum):
    """What happens to bytes. `swallow_*` and `refuse` end in a reset, as a crash or a firewall would."""

    PASS = "pass"
    SWALLOW_REPLY = "swallow_reply"
    SWALLOW_REQUEST = "swallow_request"
    STALL = "stall"
    REFUSE = "refuse"
    DELAY = "delay"


@dataclass(eq=False)
class _Pair:
    """One client and its connection to the server."""

    client: socket.socket
    server: socket.socket
    doomed: threading.Event = field(default_factory=threading.Event)


class FaultProxy:
    """Stands between a client and `target`, an address or a local socket's file.

    Change the fault at any time; it holds for all connections.
    """

    def __init__(self, target: tuple[str, int] | Path, *, listen: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.target = target
        self.delay = 0.0
        # How many chunks clients sent, connections made, and chunks thrown away.
        self.requests = self.connections = self.swallowed = 0
        # Set when client bytes arrive while a fault is on; and called with every chunk, before it is passed on.
        self.bytes_seen = threading.Event()
        self.on_bytes: Callable[[bytes], None] | None = None
        self._mode = Mode.PASS
        self._skip = 0
        self._only: Callable[[bytes], bool] = lambda _: True
        self._changed = threading.Condition()
        self._pairs: set[_Pair] = set()
        self._stopped = False
        self._listener = socket.create_server(listen)
        self.host, self.port = self._listener.getsockname()[:2]

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def mode(self) -> Mode:
        """The fault that is on."""
        return self._mode

    @property
    def open_connections(self) -> int:
        """How many are open now."""
        return len(self._pairs)

    def fault(
        self, mode: Mode, *, skip: int = 0, delay: float = 0.0, only: Callable[[bytes], bool] = lambda _: True
    ) -> None:
        """Switch the fault; `skip` lets so many client chunks through first (small requests are one chunk each), `only`
        all but these."""
        with self._changed:
            self._mode, self._skip, self.delay, self._only = mode, skip, delay, only
            self.bytes_seen.clear()
            self._changed.notify_all()

    def heal(self) -> None:
        """Pass everything again, what was stalled too."""
        self.fault(Mode.PASS)

    def drop_all(self) -> None:
        """Reset every open connection now."""
        with self._changed:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _reset(pair.client)
            _reset(pair.server)

    def stop(self) -> None:
        """Reset everything and listen no more."""
        self._stopped = True
        self.heal()
        # A shutdown wakes the accepting thread; a close alone would leave it waiting.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_all()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._mode is Mode.REFUSE:
                _hang_up(client)
                continue
            try:
                server = _reached(self.target)
            except OSError:
                _hang_up(client)
                continue
            self._join(client, server)

    def _join(self, client: socket.socket, server: socket.socket) -> None:
        for end in (client, server):
            if end.family != socket.AF_UNIX:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = _Pair(client, server)
        with self._changed:
            self.connections += 1
            self._pairs.add(pair)
        for pump in (self._upwards, self._downwards):
            threading.Thread(target=pump, args=(pair,), daemon=True).start()

    def _upwards(self, pair: _Pair) -> None:
        for chunk in _chunks(pair.client):
            mode = self._seen(chunk)
            if mode is Mode.SWALLOW_REQUEST:
                return self._cut(pair)
            if mode is Mode.SWALLOW_REPLY:
                pair.doomed.set()
            if not _sent(pair.server, chunk):
                break
        return self._end(pair)

    def _seen(self, chunk: bytes) -> Mode:
        """Count a client's chunk; the fault that holds for it."""
        with self._changed:
            self.requests += 1
            mode = self._mode
            if mode is not Mode.PASS and self._skip > 0:
                self._skip -= 1
                mode = Mode.PASS
            elif not self._only(chunk):
                mode = Mode.PASS
        if mode is not Mode.PASS:
            self.bytes_seen.set()
        if self.on_bytes is not None:
            self.on_bytes(chunk)
        return mode

    def _downwards(self, pair: _Pair) -> None:
        for chunk in _chunks(pair.server):
            if pair.doomed.is_set():
                return self._cut(pair)
            self._hold()
            if not _sent(pair.client, chunk):
                break
        return self._end(pair)

    def _hold(self) -> None:
        """Keep a reply back while stalled, or for the delay."""
        with self._changed:
            if self._mode is Mode.DELAY and self._skip == 0:
                self._changed.wait(self.delay)
            self._changed.wait_for(lambda: self._mode is not Mode.STALL or self._skip > 0 or self._stopped)

    def _cut(self, pair: _Pair) -> None:
        with self._changed:
            self.swallowed += 1
        _reset(pair.client)
        self._end(pair)

    def _end(self, pair: _Pair) -> None:
        with self._changed:
            self._pairs.discard(pair)
        for end in (pair.client, pair.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _reached(target: tuple[str, int] | Path) -> socket.socket:
    """A connection to it. Raises OSError."""
    if not isinstance(target, Path):
        server = socket.create_connection(target, timeout=5)
        server.settimeout(None)
        return server
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(str(target))
    except OSError:
        server.close()
        raise
    return server


def _chunks(end: socket.socket) -> Iterator[bytes]:
    """What arrives, until the other side is gone."""
    while True:
        try:
            chunk = end.recv(65536)
        except OSError:
            return
        if not chunk:
            return
        yield chunk


def _sent(end: socket.socket, chunk: bytes) -> bool:
    try:
        end.sendall(chunk)
    except OSError:
        return False
    return True


def _hang_up(client: socket.socket) -> None:
    """Refuse somebody who came in, after their first bytes if they speak first.

    A reset that meets Python's TLS between two looks at the connection leaves the socket to the garbage collector.
    """
    select.select([client], [], [], SPEAKS_FIRST)
    _reset(client)


def _reset(end: socket.socket) -> None:
    """Close so that the other side sees a reset, not an orderly end."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RD)
    end.close()
