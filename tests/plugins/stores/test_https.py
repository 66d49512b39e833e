"""HTTPS to a directory: connections are kept, and a broken one is neither repeated nor told as something else."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from keyback.plugins.stores._budget import Budget
from keyback.plugins.stores._https import LONGEST_ANSWER, Https, Lost, Terms


class Kept(BaseHTTPRequestHandler):
    """Keeps its connections, as Graph does; what it says is the last part of the address."""

    protocol_version = "HTTP/1.1"
    callers: ClassVar[set[tuple[str, int]]] = set()
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.callers.add(self.client_address)
        self.asked.append(self.path)
        body = gzip.compress(b"words " * 10_000) if self.path == "/packed" else b"words"
        self.send_response(200)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        length = {"/short": 100, "/huge": LONGEST_ANSWER * 2}.get(self.path, len(body))
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body if self.path != "/huge" else b"x" * length)
        self.close_connection = self.path == "/short"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
        """Nothing is written to the test's output."""


@pytest.fixture
def server() -> Iterator[str]:
    Kept.callers.clear()
    Kept.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Kept) as running:
        running.handle_error = lambda *_: None  # type: ignore[method-assign]
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def https() -> Iterator[Https]:
    line = Https(Terms("", "", connect_timeout=1, receive_timeout=1, connections=2))
    yield line
    line.close()


def budget() -> Budget:
    return Budget(datetime.now(UTC), 5)


def test_one_connection_serves_many_questions(server: str, https: Https) -> None:
    for _ in range(5):
        assert https.ask("GET", f"{server}/x", budget()).text == "words"
    assert len(Kept.callers) == 1


def test_a_packed_answer_is_unpacked(server: str, https: Https) -> None:
    assert https.ask("GET", f"{server}/packed", budget()).text == "words " * 10_000


@pytest.mark.parametrize("path", ["/short", "/huge"])
def test_half_an_answer_is_none_and_one_without_end_is_not_read(path: str, server: str, https: Https) -> None:
    with pytest.raises(Lost):
        https.ask("GET", f"{server}{path}", budget())
    assert Kept.asked == [path]
