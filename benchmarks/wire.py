"""The cheapest clients that still are real: HTTP with keep-alive and LDAP over TLS, so that the driver costs little."""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

SUCCESS = 0
_ENTRY = 0x64


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    cookie: str
    location: str
    html: str
    wait: str = ""


class Http:
    """One browser's connection, kept for its whole journey."""

    def __init__(self, port: int, host: str, address: str) -> None:
        self._port = port
        self._head = f"Host: {host}\r\nX-Forwarded-For: {address}\r\nSec-Fetch-Site: same-origin\r\n"
        self._connect()

    def send(self, method: str, path: str, cookie: str, form: Mapping[str, str] | None = None) -> Answer:
        """One request. A server may close an idle connection at any time; then once more on a new one."""
        body = urlencode(form or {})
        lines = f"{method} {path} HTTP/1.1\r\n{self._head}"
        lines += f"Cookie: {cookie}\r\n" if cookie else ""
        if form is not None:
            lines += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return self.ask(f"{lines}\r\n{body}".encode())

    def ask(self, request: bytes) -> Answer:
        """These bytes as they are; on a new connection where the last answer ended the old one."""
        try:
            return self._ask(request)
        except ConnectionError:
            self._connect()
            return self._ask(request)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def _ask(self, request: bytes) -> Answer:
        self._socket.sendall(request)
        first = self._file.readline()
        if not first:
            raise ConnectionResetError
        length, cookie, location, wait = 0, "", "", ""
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "set-cookie" if "kb_j" in value:
                    cookie = value.strip().partition(";")[0]
                case "location":
                    location = value.strip()
                case "retry-after":
                    wait = value.strip()
        return Answer(int(first.split()[1]), cookie, location, self._file.read(length).decode(errors="replace"), wait)


class InTurn:
    """The same browser behind a proxy that sends each request to another node than the one before."""

    def __init__(self, ports: Sequence[int], host: str, address: str) -> None:
        self._nodes = deque(Http(port, host, address) for port in ports)

    def send(self, method: str, path: str, cookie: str, form: Mapping[str, str] | None = None) -> Answer:
        """One request, to the next node."""
        self._nodes.rotate(-1)
        return self._nodes[0].send(method, path, cookie, form)

    def close(self) -> None:
        """Hang up everywhere."""
        for node in self._nodes:
            node.close()


class Ldap:
    """One connection over TLS: search, replace and bind, each one message there and one or two back."""

    def __init__(self, port: int, ca_file: str) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = ssl.create_default_context(cafile=ca_file)
        self._socket = tls.wrap_socket(plain, server_hostname="localhost")
        self._file = self._socket.makefile("rb")

    def bind(self, dn: str, password: str) -> int:
        """Sign in as somebody; the result code."""
        return self._ask(_tlv(0x60, _tlv(2, b"\3"), _tlv(4, dn.encode()), _tlv(0x80, password.encode())))

    def search(self, base: str, attribute: str, value: str, *wanted: str) -> int:
        """Everything below a place that has this value; the result code."""
        flags = [_tlv(10, b"\2"), _tlv(10, b"\0"), _tlv(2, b"\2"), _tlv(2, b"\0"), _tlv(1, b"\0")]
        equal = _tlv(0xA3, _tlv(4, attribute.encode()), _tlv(4, value.encode()))
        names = _tlv(0x30, *(_tlv(4, name.encode()) for name in wanted))
        return self._ask(_tlv(0x63, _tlv(4, base.encode()), *flags, equal, names))

    def replace(self, dn: str, attribute: str, value: str) -> int:
        """Put a value in place of all others; the result code."""
        change = _tlv(0x30, _tlv(4, attribute.encode()), _tlv(0x31, _tlv(4, value.encode())))
        return self._ask(_tlv(0x66, _tlv(4, dn.encode()), _tlv(0x30, _tlv(0x30, _tlv(10, b"\2"), change))))

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def _ask(self, operation: bytes) -> int:
        self._socket.sendall(_tlv(0x30, _tlv(2, b"\1"), operation))
        while True:
            message = self._read()
            # Behind the message's number (three bytes) stand the operation, its length, and in a result the code.
            if message[3] != _ENTRY:
                start = 5 if message[4] < 0x80 else 5 + (message[4] & 0x7F)
                return message[start + 2]

    def _read(self) -> bytes:
        length = self._file.read(2)[1]
        if length >= 0x80:
            length = int.from_bytes(self._file.read(length & 0x7F), "big")
        return self._file.read(length)


def _tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 0x80 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + length + body
