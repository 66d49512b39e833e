"""When too many are here, whoever is inside goes on and whoever comes new waits outside."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from keyback.config.at_once import AtOnce
from keyback.config.turnstile import PATIENCE, Turnstile, newcomer
from keyback.config.waiting_line import WaitingLine
from keyback.core.figures import LINE, TURNED_AWAY
from keyback.core.meter import Meter


class Standing(WaitingLine):
    """A line that has stood for as long as a test says."""

    stood = 0.0

    @property
    def seconds(self) -> float:
        return self.stood


LINE_OF = {"nobody waits": 0.0, "a moment": 0.05, "long": 0.2, "very long": 2.0}


def a_turnstile(stood: str, meter: Meter | None = None) -> Turnstile:
    line = Standing()
    line.stood = LINE_OF[stood]
    return Turnstile(line, meter or Meter())


@pytest.mark.parametrize(
    ("line", "who"),
    [
        (b"GET / HTTP/1.1", "comes"),
        (b"HEAD / HTTP/1.1", "comes"),
        (b"GET /?language=de HTTP/1.1", "comes"),
        (b"GET /recover HTTP/1.1", "comes"),
        (b"GET /recover?login_hint=maya HTTP/1.1", "comes"),
        (b"GET /go/alderwick?return_to=x HTTP/1.1", "comes"),
        (b"GET /unlock HTTP/1.1", "comes"),
        (b"GET /go/alderwick/unlock HTTP/1.1", "comes"),
        (b"POST /recover HTTP/1.1", "begins"),
        (b"POST /unlock HTTP/1.1", "begins"),
        (b"GET /recover/0123 HTTP/1.1", ""),
        (b"POST /recover/0123 HTTP/1.1", ""),
        (b"GET /recover/0123/stage HTTP/1.1", ""),
        (b"GET /static/keyback.css HTTP/1.1", ""),
        (b"GET /human/1.png HTTP/1.1", ""),
        (b"GET /wasnt-me/token HTTP/1.1", ""),
        (b"POST /wasnt-me/token HTTP/1.1", ""),
        (b"GET /healthz HTTP/1.1", ""),
        (b"GET /readyz HTTP/1.1", ""),
        (b"GET /metrics HTTP/1.1", ""),
        (b"GET /reco", ""),
        (b"", ""),
    ],
)
def test_who_comes_new(line: bytes, who: str) -> None:
    assert newcomer(line) == who


@pytest.mark.parametrize(
    ("stood", "comes", "begins"),
    [("nobody waits", False, False), ("a moment", False, False), ("long", True, False), ("very long", True, True)],
)
def test_new_ones_wait_outside_when_the_line_does_not_go_away(stood: str, comes: bool, begins: bool) -> None:
    turnstile = a_turnstile(stood)
    assert turnstile.is_shut_for(b"GET /recover ") is comes
    assert turnstile.is_shut_for(b"POST /recover ") is begins
    # Whoever is inside is never sent out.
    assert not turnstile.is_shut_for(b"POST /recover/0123 ")


def test_whoever_begins_is_let_in_longer_than_whoever_comes() -> None:
    assert PATIENCE["comes"] < PATIENCE["begins"]


def test_who_waits_outside_is_counted_and_said_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    meter = Meter()

    def says(what: bytes) -> Iterable[bytes]:
        return [what]

    def pages(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        return says(b"page")

    def busy(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        return says(b"busy")

    def said(wire: socket.socket | AtOnce) -> Iterable[bytes]:
        return entered({"gunicorn.socket": wire}, lambda *_: lambda _: None)  # type: ignore[return-value]

    entered = a_turnstile("very long", meter).before(pages, busy)
    ours, theirs = socket.socketpair()
    with ours, theirs, caplog.at_level(logging.WARNING):
        away = AtOnce(ours, b"GET /recover HTTP/1.1\r\n\r\n")
        answers = [list(said(away)) for _ in range(3)]
        assert answers == [[b"busy"]] * 3
        # Whoever was let into the line has waited, and is served.
        assert list(said(ours)) == [b"page"]
    assert meter.totals[TURNED_AWAY.name, (), ""] == 3
    assert meter.measured[LINE.name, (), ""] == 0
    (record,) = caplog.records
    assert record.getMessage() == "more people than can be served: new ones wait outside"
