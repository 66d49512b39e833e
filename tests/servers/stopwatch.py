"""A browser that measures: one kept connection, nothing done between sending a request and having its answer."""

from __future__ import annotations

import contextlib
import html
import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlencode

HEADER = re.compile(rb"\r\n([^:\r\n]+): ?([^\r\n]*)")


@dataclass(frozen=True)
class Timed:
    """An answer, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def marked(self, mark: str) -> str:
        """The value that follows this mark in the page, up to its closing quote."""
        return html.unescape(self.body.decode().partition(f'{mark}"')[2].partition('"')[0])


class Stopwatch:
    """Asks a server, one request after the other."""

    def __init__(self, port: int, host: str) -> None:
        self._port, self._host = port, host
        self._connection: socket.socket | None = None

    def ask(
        self, verb: str, path: str, *, address: str, cookie: str = "", fields: dict[str, str] | None = None
    ) -> Timed:
        """One request; a connection that the server closed meanwhile is opened anew before the clock starts."""
        body = urlencode(fields).encode() if fields is not None else b""
        lines = [f"{verb} {path} HTTP/1.1", f"Host: {self._host}", f"X-Forwarded-For: {address}"]
        lines += ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate"]
        lines += [f"Cookie: {cookie}"] if cookie else []
        if fields is not None:
            lines += [f"Origin: https://{self._host}", "Content-Type: application/x-www-form-urlencoded"]
            lines += [f"Content-Length: {len(body)}"]
        request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        answer = self._exchange(self._ready(), request)
        if answer.headers.get("Connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ready(self) -> socket.socket:
        if self._connection is not None:
            self._connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                self._connection.recv(1)
                self.close()
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Whoever has had an answer has been accepted; that is not measured.
            self._exchange(self._connection, f"GET /healthz HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        self._connection.settimeout(30)
        return self._connection

    def _exchange(self, connection: socket.socket, request: bytes) -> Timed:
        began = time.perf_counter()
        connection.sendall(request)
        head, body = self._until(connection, b"", b"\r\n\r\n")
        headers = {name.decode(): value.decode() for name, value in HEADER.findall(head)}
        length = int(headers.get("Content-Length", "0"))
        while len(body) < length:
            body += self._more(connection)
        return Timed(int(head.split(b" ", 2)[1]), headers, body, time.perf_counter() - began)

    def _until(self, connection: socket.socket, had: bytes, mark: bytes) -> tuple[bytes, bytes]:
        while mark not in had:
            had += self._more(connection)
        head, _, rest = had.partition(mark)
        return head, rest

    @staticmethod
    def _more(connection: socket.socket) -> bytes:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("hung up before the answer was whole")
        return chunk
