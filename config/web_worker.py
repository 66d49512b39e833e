"""How a process serves: it gives a thread to whoever has said everything, and refuses broken HTTP in our words."""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import re
import secrets
import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from gunicorn.http import errors as broken
from gunicorn.workers import gthread

from ..core.portal.errors import STATUSES, UNREADABLE
from ..core.portal.headers import of_every_response
from .app import LARGEST_BODY
from .at_once import AtOnce

log = logging.getLogger(__name__)

# A whole request must be here within this time, whoever gets an answer must take it within that one, and whoever still
# talks when there is nothing more to be said is heard out for so long.
SECONDS_TO_SAY, SECONDS_TO_HEAR, SECONDS_TO_LEAVE = 10.0, 30.0, 1.0
SECONDS_TO_A_HANDLE = 0.05
_NO_HANDLE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
# What is longer than this without an end is for the parser to refuse.
LARGEST_HEAD = 32 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
# Whatever else cannot be read is a 400; 501 would be right for an unknown coding, but nothing of ours is missing.
_REFUSED: Mapping[type[BaseException], int] = {
    broken.LimitRequestLine: 414,
    broken.LimitRequestHeaders: 431,
    broken.ExpectationFailed: 417,
}


def whole(seen: bytes) -> bool:
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
    """A client's socket that knows when its patience is over, and looks at what came without taking it."""

    ends = math.inf
    # Whether they left without another word.
    gone = False
    _seen = -1

    def waits(self) -> bool:
        """Whether to come back when there is more. Nobody comes for the same bytes twice: then no more will follow."""
        try:
            seen = super().recv(LARGEST_HEAD + LARGEST_BODY, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            hopeful = bool(seen) and len(seen) > self._seen and not whole(seen)
            self.gone = not seen
        except BlockingIOError:
            seen, hopeful = b"", self._seen < 0
        except OSError:
            self.gone, hopeful = True, False
        self._seen = len(seen) if hopeful else -1
        # The poller wakes us at the first byte beyond what we know. A plain read wants whatever there is.
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, self._seen + 1 if hopeful else 1)
        return hopeful

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all had come when somebody last came to look."""
        return self._seen <= 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As every socket's; but when the time is over it takes what is here, and then comes the end."""
        left = self.ends - time.monotonic()
        try:
            self.settimeout(None if math.isinf(left) else max(0.0, left))
            return super().recv(size, flags)
        except (TimeoutError, BlockingIOError):
            return b""
        finally:
            self.settimeout(SECONDS_TO_HEAR)

    def leave(self) -> None:
        """Nothing more is said here. To hang up on somebody who is still talking would swallow our answer."""
        self.ends = 0.0
        with contextlib.suppress(OSError):
            if self.recv(1, socket.MSG_PEEK):
                self.shutdown(socket.SHUT_WR)
                self.ends = time.monotonic() + SECONDS_TO_LEAVE
                while self.recv(LARGEST_BODY):
                    pass
        # gunicorn hears everybody out for two seconds, on the thread that all others need.
        self.ends = 0.0


@dataclass(frozen=True, slots=True)
class Came:
    """What gunicorn takes for a future: what became of a connection is known already."""

    stays: object

    def result(self) -> object:
        """Whether it goes on, and how."""
        return self.stays

    def cancelled(self) -> bool:
        """Never."""
        return False


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads.

    By itself it gives a thread to every connection, for as long as that takes to say something, and hears everybody out
    on the one thread that accepts: eight people who say nothing, or one who does not hang up, would keep everybody out.
    """

    secure: ClassVar[bool] = True

    def accept(self, listener: socket.socket) -> None:
        """Take somebody in; without a file handle for them they wait in the kernel's queue until there is one.

        gunicorn's process would end here, and cut off everybody who is inside.
        """
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _NO_HANDLE:
                raise
            # Whoever waits is there at the next look too, and looking is all that this thread would do.
            time.sleep(SECONDS_TO_A_HANDLE)

    def enqueue_req(self, conn: gthread.TConn) -> None:
        """A thread for whoever has said everything. Whoever has not waits at the poller, and in no line.

        A browser that is closed hangs up on all its connections at once: a line of those is no crowd.
        """
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(fileno=conn.sock.detach())
        wire, now = conn.sock, time.monotonic()
        wire.ends = min(wire.ends, now + SECONDS_TO_SAY)
        if not _sent_ahead(conn) and (wire.waits() or wire.gone):
            waits = now < wire.ends and not wire.gone
            self.finish_request(conn, Came(gthread._DEFER if waits else False))
            return
        conn.data_ready = True
        self._answer(conn, wire)

    def turns_away(self, client: socket.socket) -> bool:
        """Whether all that this one will hear is to come again."""
        return False

    def handle(self, conn: gthread.TConn) -> object:
        """Called in a thread, for every request."""
        stays = super().handle(conn)
        conn.sock.ends = math.inf
        if not stays:
            conn.sock.leave()
        return stays

    def _answer(self, conn: gthread.TConn, wire: PatientSocket) -> None:
        if _sent_ahead(conn) or not self.turns_away(wire):
            self.tpool.submit(self._serve, conn)
            return
        # Said on the thread that accepts: when all others compute, to wake one more takes longer than to say it. Nobody
        # is waited for here, neither for more words nor for a farewell: one could hold up everybody.
        self.nr_conns -= 1
        with contextlib.suppress(OSError):
            conn.sock, conn.parser, conn.initialized = AtOnce(wire, LARGEST_HEAD + LARGEST_BODY), None, False
            self.handle(conn)
        conn.close()

    def _serve(self, conn: gthread.TConn) -> None:
        stays: object = False
        try:
            stays = self.handle(conn)
        finally:
            if stays and self.alive and not _sent_ahead(conn):
                self._keep(conn)
            else:
                self.method_queue.defer(self.finish_request, conn, Came(stays))

    def _keep(self, conn: gthread.TConn) -> None:
        """What gunicorn has its accepting thread do: to wake it after each answer costs as much as to read a request.

        It may be in `select` meanwhile: epoll takes new sockets from any thread.
        """
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))
        if not self.alive:
            # Told to end in this very moment, it may have looked at the others already.
            self.method_queue.defer(self._cap_keepalive, 0.0)

    def _keepalive_after(self, conn: gthread.TConn, keepalive: object) -> bool:
        # Of a body that nobody read only what is here already is thrown away.
        conn.sock.ends = 0.0
        return bool(super()._keepalive_after(conn, keepalive))

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: BaseException) -> None:
        """Something that no page answers. Nothing of what came is said again."""
        ours = not isinstance(exc, broken.ParseException) or isinstance(exc, broken.ConfigurationProblem)
        if ours:
            log.error("a page broke", exc_info=exc)
        status = 500 if ours else _REFUSED.get(type(exc), 400)
        # Whoever does not listen any more has heard enough.
        with contextlib.suppress(OSError):
            client.sendall(refusal(status, secure=self.secure))


def _sent_ahead(conn: gthread.TConn) -> bool:
    """What a client sent ahead stands in the parser already, and wakes nobody."""
    return bool(conn.initialized and conn.parser.unreader.buf.getvalue())


def refusal(status: int, *, secure: bool) -> bytes:
    """A whole answer in plain words, with the headers of every answer."""
    row = STATUSES.get(413 if status in {414, 431} else status, UNREADABLE)
    text = f"{row.heading} {row.text}\n" if status < 500 else f"{row.heading}\n"
    body = text.encode()
    headers = of_every_response(secrets.token_urlsafe(16), secure=secure)
    headers |= {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Refused\r\n{lines}\r\n".encode() + body
