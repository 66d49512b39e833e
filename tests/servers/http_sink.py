"""A real web server that keeps what it is asked, and answers as a script says."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self
from urllib.parse import parse_qs

from .authority import Authority


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def form(self) -> Mapping[str, list[str]]:
        """What a form said; whoever waits for a text looks at all of them again and again."""
        return parse_qs(self.body.decode())


@dataclass(frozen=True)
class Answer:
    """What to say to one request. `drip` says it one byte at a time."""

    status: int = 200
    body: bytes = b'{"status": "queued"}'
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    hang_up: bool = False
    drip: float = 0.0


class HttpSink:
    """`with HttpSink(folder) as sink:` — https on localhost with an own authority, unless told otherwise."""

    def __init__(self, folder: Path, *, secure: bool = True) -> None:
        authority = Authority(folder)
        self.ca_file = authority.ca_file
        self.asked: list[Asked] = []
        self.script: deque[Answer] = deque()
        self.usual: Callable[[Asked], Answer] = lambda _: Answer()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sink = self
        if secure:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(*authority.issue("localhost", "127.0.0.1"))
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        self.url = f"http{'s' if secure else ''}://localhost:{self.port}/send"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    sink: HttpSink

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        sink, asked = self.server.sink, Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
        sink.asked.append(asked)
        answer = sink.script.popleft() if sink.script else sink.usual(asked)
        time.sleep(answer.delay)
        if answer.hang_up:
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        for start in range(0, len(answer.body), 1 if answer.drip else len(answer.body)):
            self.wfile.write(answer.body[start : start + 1] if answer.drip else answer.body)
            time.sleep(answer.drip)

    do_POST = do_PUT = do_GET = do_PATCH = _answer  # noqa: N815 -- http.server looks for these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
        """Nothing is written to the test's output."""
