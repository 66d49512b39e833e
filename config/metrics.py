"""`/metrics`, behind a door of its own: another port, and only for the networks that may know."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ..core import figures
from ..core.contracts.errors import StoreUnavailable
from ..core.meter import Meter, Numbers, Reading, prometheus, together
from .board import Board
from .settings import MetricsSettings

log = logging.getLogger(__name__)


class MetricsDoor:
    """In front of the pages: what comes to the metrics' port is answered here, whatever its Host says."""

    def __init__(
        self, pages: WSGIApplication, settings: MetricsSettings, board: Board, house: Callable[[], Iterable[Reading]]
    ) -> None:
        self._pages = pages
        self._settings = settings
        self._board = board
        self._house = house

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request, of either port."""
        # The port of the socket it came through. Nothing that a client writes can change that.
        if not self._settings.bind or environ["SERVER_PORT"] != str(self._settings.port):
            return self._pages(environ, start_response)
        asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if asked != ("GET", "/metrics") or not self._may_know(environ["REMOTE_ADDR"]):
            return _plain(start_response, "404 Not Found", "")
        return _plain(start_response, "200 OK", self.text())

    def text(self) -> str:
        """All figures of this server, and those that the whole house shares."""
        notes = self._board.everything()
        numbers = together([*(note.totals for note in notes), *(note.measured for note in notes), self._shared()])
        return prometheus(figures.ALL, numbers)

    def _shared(self) -> Numbers:
        meter = Meter()
        meter.ask(self._house)
        try:
            return meter.measured
        except StoreUnavailable:
            # A silent database is what somebody comes to see: the rest is told all the same.
            log.warning("figures without the database's")
            return {}

    def _may_know(self, peer: str) -> bool:
        # The peer itself: no proxy is believed here, and none should stand before this port.
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._settings.networks)


def _plain(start_response: StartResponse, status: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    kind = "text/plain; version=0.0.4; charset=utf-8"
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(status, headers)
    return [body]
