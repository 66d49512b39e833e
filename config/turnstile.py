"""Before the pages: when more people are here than can be served, whoever is inside goes on, and new ones wait outside.

Only how long requests have waited decides, never who asks or for whom (P4).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Mapping
from threading import Lock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ..core.figures import LINE, TURNED_AWAY
from ..core.meter import Meter, Reading
from .at_once import AtOnce
from .waiting_line import WaitingLine

log = logging.getLogger(__name__)

# Whoever comes new waits outside once there has always been somebody in the line for so long. Whoever has the start
# page already has let their browser work for it: they come in until it is worse.
PATIENCE: Mapping[str, float] = {"comes": 0.1, "begins": 1.0}
# What somebody asks for who has not begun. Everything else belongs to somebody who has, or costs next to nothing.
_NEW = re.compile(
    rb"(?P<comes>(?:GET|HEAD) /(?:recover|unlock|go/[^/? ]*(?:/unlock)?)?[? ])|(?P<begins>POST /(?:recover|unlock)[? ])"
)
SECONDS_BETWEEN_WORDS = 10.0


def newcomer(line: bytes) -> str:
    """Who asks so: somebody who comes, somebody who begins, or nobody new."""
    match = _NEW.match(line)
    return (match and match.lastgroup) or ""


class Turnstile:
    """Lets in, or has the busy page said. That page is made already and asks nothing of anybody."""

    def __init__(self, line: WaitingLine, meter: Meter) -> None:
        self._line = line
        self._meter = meter
        self._lock = Lock()
        self._said = float("-inf")
        meter.ask(self._measured)

    def before(self, pages: WSGIApplication, busy: WSGIApplication) -> WSGIApplication:
        """The pages, with this in front of them.

        Who waits outside is settled when they come: whoever was let into the line has waited, and is not sent away
        when their turn has come.
        """

        def entered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not isinstance(environ.get("gunicorn.socket"), AtOnce):
                return pages(environ, start_response)
            self._count()
            return busy(environ, start_response)

        return entered

    def is_shut_for(self, first_line: bytes) -> bool:
        """Whether whoever begins so waits outside."""
        waited = self._line.seconds
        if waited < PATIENCE["comes"]:
            return False
        return waited >= PATIENCE.get(newcomer(first_line), float("inf"))

    def _count(self) -> None:
        self._meter.count(TURNED_AWAY)
        now = time.monotonic()
        with self._lock:
            speaks = now - self._said >= SECONDS_BETWEEN_WORDS
            self._said = now if speaks else self._said
        if speaks:
            log.warning("more people than can be served: new ones wait outside")

    def _measured(self) -> Iterable[Reading]:
        yield LINE, (), float(self._line.length)
