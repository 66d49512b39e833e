"""A real outbound proxy: opens tunnels for whoever knows its password, and keeps where they lead."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

NAME, PASSWORD = "keyback", "p@ss:word"


class Proxy:
    """`with Proxy() as proxy:` — on a port of its own. `names`: where those lead that it looks up otherwise than we."""

    def __init__(self, names: Mapping[str, str] = MappingProxyType({})) -> None:
        self.names = names
        self.tunnels: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://{NAME}:{quote(PASSWORD)}@localhost:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    proxy: Proxy
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_CONNECT(self) -> None:
        due = "Basic " + b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        if self.headers.get("Proxy-Authorization") != due:
            return self.send_error(407)
        self.server.proxy.tunnels.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((self.server.proxy.names.get(host, host), int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = Thread(target=_pass_on, args=(there, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, there)
            back.join(5)
        return None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
        """Nothing is written to the test's output."""


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
