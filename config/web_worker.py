"""How a process serves: it gives a thread to whoever has said everything, and refuses broken HTTP in our words."""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import secrets
import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

from gunicorn.http import errors as broken
from gunicorn.workers import gthread

from ..core.portal.errors import STATUSES, UNREADABLE
from ..core.portal.headers import of_every_response
from .at_once import AtOnce
from .patient_socket import PatientSocket

log = logging.getLogger(__name__)

# A whole request must be here within this time.
SECONDS_TO_SAY = 10.0
SECONDS_TO_A_HANDLE = 0.05
# The process that watches the others asks for a sign of life within thirty seconds.
SECONDS_BETWEEN_SIGNS = 1.0
_NO_HANDLE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_NOBODY = {errno.EAGAIN, errno.ECONNABORTED}
# Whatever else cannot be read is a 400; 501 would be right for an unknown coding, but nothing of ours is missing.
_REFUSED: Mapping[type[BaseException], int] = {
    broken.LimitRequestLine: 414,
    broken.LimitRequestHeaders: 431,
    broken.ExpectationFailed: 417,
}


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
    _shows_at = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Take somebody in; without a file handle for them they wait in the kernel's queue until there is one.

        gunicorn's process would end here, and cut off everybody who is inside.
        """
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _NO_HANDLE | _NOBODY:
                raise
            if error.errno in _NO_HANDLE:
                # Whoever waits is there at the next look too, and looking is all that this thread would do.
                time.sleep(SECONDS_TO_A_HANDLE)
            return
        self.nr_conns += 1
        wire = PatientSocket(client.family, client.type, client.proto, client.detach())
        if listener not in self._names:
            self._names[listener] = listener.getsockname()
        self.enqueue_req(gthread.TConn(self.cfg, wire, address, self._names[listener]))

    @cached_property
    def _names(self) -> dict[socket.socket, object]:
        """Under which addresses it listens: to ask anew for everybody gives up the interpreter once more."""
        return {}

    def notify(self) -> None:
        """Show that it lives; gunicorn would after each request, and give up the interpreter for it."""
        now = time.monotonic()
        if now >= self._shows_at:
            self._shows_at = now + SECONDS_BETWEEN_SIGNS
            super().notify()

    def enqueue_req(self, conn: gthread.TConn) -> None:
        """A thread for whoever has said everything. Whoever has not waits at the poller, and in no line.

        A browser that is closed hangs up on all its connections at once: a line of those is no crowd.
        """
        wire, now = conn.sock, time.monotonic()
        wire.ends = min(wire.ends, now + SECONDS_TO_SAY)
        if not _read_ahead(conn) and (wire.waits() or wire.gone):
            waits = now < wire.ends and not wire.gone
            self.finish_request(conn, Came(gthread._DEFER if waits else False))
            return
        conn.data_ready = True
        self._answer(conn, wire)

    def turns_away(self, first_line: bytes) -> bool:
        """Whether all that whoever begins so will hear is to come again."""
        return False

    def handle(self, conn: gthread.TConn) -> object:
        """Called in a thread, for every request."""
        stays = super().handle(conn)
        conn.sock.ends = math.inf
        if not stays:
            conn.sock.leave()
        return stays

    def _answer(self, conn: gthread.TConn, wire: PatientSocket) -> None:
        if _read_ahead(conn) or not self.turns_away(wire.first_line):
            self.tpool.submit(self._serve, conn)
            return
        # Said on the thread that accepts: when all others compute, to wake one more takes longer than to say it. Nobody
        # is waited for here, neither for more words nor for a farewell: one could hold up everybody.
        self.nr_conns -= 1
        with contextlib.suppress(OSError):
            conn.sock, conn.parser, conn.initialized = AtOnce(wire, wire.take()), None, False
            self.handle(conn)
        conn.close()

    def _serve(self, conn: gthread.TConn) -> None:
        stays: object = False
        try:
            stays = self.handle(conn)
        finally:
            if stays and (_read_ahead(conn) or not conn.sock.is_silent):
                # Nothing of it will wake the poller.
                self.method_queue.defer(self.enqueue_req, conn)
            elif stays and self.alive:
                self._keep(conn)
            else:
                self.method_queue.defer(self.finish_request, conn, Came(stays))

    def _keep(self, conn: gthread.TConn) -> None:
        """What gunicorn has its accepting thread do: to wake it after each answer costs as much as to read a request.

        It may be in `select` meanwhile: epoll takes new sockets from any thread.
        """
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


def _read_ahead(conn: gthread.TConn) -> bool:
    """Whether something that a client sent ahead stands in the parser already."""
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
