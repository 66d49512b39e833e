"""One process of the server: it serves pages or works behind them, and says so before it leaves."""

from __future__ import annotations

import select
import sys
from collections import deque
from socket import socket
from threading import Timer
from types import FrameType
from typing import Protocol

from gunicorn.workers.gthread import TConn

from .at_once import AtOnce
from .threads import Threads
from .waiting_line import WaitingLine
from .web_worker import PatientWorker

# How long a thread may compute before another gets the interpreter. Every read and write of a socket gives it up and
# asks for it again: at Python's own 5 ms an answer that costs half of one takes fifty when all threads are busy.
SECONDS_AT_A_STRETCH = 0.0005


class Leaves(Protocol):
    """What gunicorn calls the application: here, `keyback serve`."""

    farewell_seconds: int
    grace_for_pages: int
    line: WaitingLine

    def leave(self) -> None:
        """Not ready any more, and no new jobs."""

    def turns_away(self, first_line: bytes) -> bool:
        """Whether whoever begins so will be told to come again."""


class Request(Protocol):
    """What gunicorn has read of a request."""

    def force_close(self) -> None:
        """Answer it, and close its connection."""


class HouseWorker(PatientWorker):
    """Serves pages; but one of them works in the back office, and is watched over like the others.

    Made for proxies that ask /readyz and keep connections open: after SIGTERM it takes requests for a little longer,
    while /readyz tells the proxy to go elsewhere and every answer closes its connection. Then whoever is connected is
    served, and whoever comes is refused at once.
    """

    app: Leaves
    in_office = False
    # Where on the board it writes its figures.
    place: int | None = None
    leaving = False
    pending_conns: deque[TConn]

    def run(self) -> None:
        """Until it is told to stop."""
        if not self.in_office:
            sys.setswitchinterval(SECONDS_AT_A_STRETCH)
            return super().run()  # type: ignore[no-any-return]
        while self.alive and self.is_parent_alive():
            self.notify()
            # A signal wakes it.
            select.select([self.PIPE[0]], [], [], 1.0)
        return None

    def get_thread_pool(self) -> Threads:
        """Threads with a line that can be watched."""
        return Threads(self.cfg.threads, self.app.line)

    def turns_away(self, first_line: bytes) -> bool:
        """Whether whoever begins so comes new while too many are here."""
        return self.app.turns_away(first_line)

    def handle_exit(self, _signal: int, _frame: FrameType | None) -> None:
        """A signal comes in the middle of anything, also of a lock that is held: here it is only noted."""
        if self.in_office:
            self.alive = False
        else:
            self.method_queue.defer(self._say_farewell)

    def handle_request(self, request: Request, connection: TConn) -> object:
        """While it leaves, each answer is the last on its connection, and says so; and what is said at once always."""
        if self.leaving or isinstance(connection.sock, AtOnce):
            request.force_close()
        return super().handle_request(request, connection)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end nobody may be left in the kernel's queue: closing it would cut them off without an answer."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._take_all_of(listener)
                listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """At the end nobody is waited for who says nothing: what they say in this very moment is still heard."""
        # A copy: threads that have just answered somebody may add them.
        for connection in (*self.keepalived_conns, *self.pending_conns):
            if connection.sock.is_silent:
                connection.timeout = 0.0
        # gunicorn looks no further than the first whose time has not come.
        self.pending_conns = deque(sorted(self.pending_conns, key=lambda connection: connection.timeout))

    def _say_farewell(self) -> None:
        if self.leaving:
            return
        self.leaving = True
        self.app.leave()
        self.cfg.set("graceful_timeout", self.app.grace_for_pages)
        timer = Timer(self.app.farewell_seconds, self._end)
        timer.daemon = True
        timer.start()

    def _end(self) -> None:
        super().handle_exit(0, None)

    def _take_all_of(self, listener: socket) -> None:
        listener.setblocking(False)
        taken = -1
        while taken < self.nr_conns:
            taken = self.nr_conns
            self.accept(listener)
