"""A company's proxy: leads to the host that is asked for, if whoever asks is let out."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class ForwardProxy:
    """`with ForwardProxy() as proxy:` — lets out whoever knows the password, and keeps where they went."""

    name, password = "keyback", "let me out"

    def __init__(self) -> None:
        self.went: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def url(self, password: str = password) -> str:
        """As it is written into settings."""
        return f"http://{self.name}:{password.replace(' ', '%20')}@127.0.0.1:{self.port}"

    def lets_out(self, said: str | None) -> bool:
        """Whether this is our name and password."""
        return said == f"Basic {b64encode(f'{self.name}:{self.password}'.encode()).decode()}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    proxy: ForwardProxy
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_CONNECT(self) -> None:
        if not self.server.proxy.lets_out(self.headers["Proxy-Authorization"]):
            self.send_error(407)
            return
        self.server.proxy.went.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
            back.start()
            _pump(self.connection, there)
            back.join(10)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
        """Nothing is written to the test's output."""


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Everything that comes, until either side has enough."""
    try:
        while data := source.recv(16_384):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
