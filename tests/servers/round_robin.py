"""A reverse proxy: asks each of several servers in turn, keeps connections open, and looks at /readyz."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import ClassVar, TypeAlias

# As impatient as a proxy would be with a server that takes connections and answers nothing.
ANSWER_SECONDS = 5.0
PROBE_SECONDS = 0.5
PROBE_EVERY = 0.1
NO_STORE = {"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length"}


# Status, headers, body.
Answer: TypeAlias = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Backend:
    """One server, and the connections to it that wait for the next request."""

    host: str
    port: int
    ready: bool = True
    asked: int = 0
    idle: SimpleQueue[http.client.HTTPConnection] = field(default_factory=SimpleQueue)

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Its answer. Raises ConnectionRefusedError when it surely heard nothing, else OSError or HTTPException."""
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except BaseException:
            connection.close()
            raise
        self.asked += 1
        if answer.will_close:
            connection.close()
        else:
            self.idle.put(connection)
        return answer.status, answer.getheaders(), content

    def probe(self) -> None:
        """Ask whether it wants to be asked."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PROBE_SECONDS)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            answer.read()
            self.ready = answer.status == 200
        except (OSError, http.client.HTTPException):
            self.ready = False
        finally:
            connection.close()

    def hang_up(self) -> None:
        """Close what waits for the next request."""
        while not self.idle.empty():
            self.idle.get().close()

    def _connection(self) -> http.client.HTTPConnection:
        with contextlib.suppress(Empty):
            while connection := self.idle.get_nowait():
                # Something to read without having asked is the server's good-bye; real proxies see it at once.
                if not select.select([connection.sock], [], [], 0)[0]:
                    return connection
                connection.close()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_SECONDS)
        connection.connect()
        return connection


class RoundRobin:
    """Never sends a request twice, unless nobody took the connection: what was sent may have been done."""

    def __init__(self, ports: Sequence[int], *, port: int = 0, tls: tuple[Path, Path] | None = None) -> None:
        self.backends = [Backend("127.0.0.1", port) for port in ports]
        self._turns = cycle(self.backends)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        proxy = self

        class Handler(_Handler):
            front = proxy

        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        if tls:
            self._server.socket = _over_tls(self._server.socket, *tls)
            self.url = f"https://localhost:{self._server.server_port}"

    def __enter__(self) -> RoundRobin:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        for backend in self.backends:
            threading.Thread(target=self._watch, args=(backend,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        for backend in self.backends:
            backend.hang_up()

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """What the next server answers; 502 or 504 when none does."""
        for _ in self.backends:
            backend = self._next()
            try:
                return backend.ask(method, path, body, headers)
            except ConnectionRefusedError:
                backend.ready = False
            except TimeoutError:
                return 504, [], b"the server did not answer in time"
            except (OSError, http.client.HTTPException) as problem:
                return 502, [], f"the server hung up: {type(problem).__name__}".encode()
        return 502, [], b"no server takes connections"

    def _next(self) -> Backend:
        with self._lock:
            ready = [backend for backend in self.backends if backend.ready] or self.backends
            return next(backend for backend in self._turns if backend in ready)

    def _watch(self, backend: Backend) -> None:
        while not self._stopped.wait(PROBE_EVERY):
            backend.probe()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser hangs up at a certificate that it has not seen before, and comes again."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front: ClassVar[RoundRobin]

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name not in NO_STORE}
        before = headers.get("X-Forwarded-For")
        headers["X-Forwarded-For"] = ", ".join(filter(None, (before, self.client_address[0])))
        status, answered, content = self.front.ask(self.command, self.path, body, headers)
        self.send_response_only(status)
        for name, value in answered:
            if name not in NO_STORE:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _over_tls(listener: socket.socket, certificate: Path, key: Path) -> ssl.SSLSocket:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    # The handshake belongs to a connection's own thread: a browser opens some that it never uses.
    return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
