"""Where mails and texts arrive: a process of its own that acknowledges at once and says which code came to whom."""

from __future__ import annotations

import base64
import multiprocessing
import re
import socketserver
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from servers.authority import Authority

USERNAME, PASSWORD = "keyback", "a mail server's secret"
_CODE = re.compile(rb"^Subject: (\d{8}) ", re.MULTILINE | re.IGNORECASE)
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.MULTILINE | re.IGNORECASE)
_SIGN_IN = base64.b64encode(f"\0{USERNAME}\0{PASSWORD}".encode())


@dataclass
class _Sink:
    """What both servers of the process share."""

    pipe: Connection
    tls: ssl.SSLContext
    lock: Any

    def arrived(self, to: str, code: str) -> None:
        with self.lock:
            self.pipe.send((to, code))


class _Mail(socketserver.StreamRequestHandler):
    """SMTP with STARTTLS and a sign-in, as the shipped settings ask of a mail server."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.to: list[str] = []
        self.safe = self.signed_in = False
        self._say(b"220 letterbox")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                return self._say(b"221 bye")
            self._obey(verb, line)
        return None

    def _obey(self, verb: bytes, line: bytes) -> None:
        match verb:
            case b"EHLO":
                self._say(b"250-letterbox\r\n250 " + (b"AUTH PLAIN" if self.safe else b"STARTTLS"))
            case b"STAR":
                self._say(b"220 go on")
                self.rfile.close()
                self.connection = self.server.sink.tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.safe = self.connection.makefile("rb"), True
            case b"AUTH":
                self.signed_in = line.split()[-1] == _SIGN_IN
                self._say(b"235 welcome" if self.signed_in else b"535 no")
            case b"RCPT":
                self.to.append(line.partition(b"<")[2].partition(b">")[0].decode())
                self._say(b"250 ok")
            case b"DATA" if self.signed_in:
                self._say(b"354 go on")
                self._take()
            case _:
                self._say(b"250 ok")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self._say(b"250 kept")
        found = _CODE.search(b"".join(lines))
        for to in self.to:
            self.server.sink.arrived(to, found[1].decode() if found else "")
        self.to = []

    def _say(self, words: bytes) -> None:
        self.connection.sendall(words + b"\r\n")


class _Texts(socketserver.StreamRequestHandler):
    """A provider of text messages: takes a form, says 200."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        while first := self.rfile.readline():
            head = first
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                head += line
            found = _LENGTH.search(head)
            form = parse_qs(self.rfile.read(int(found[1]) if found else 0).decode())
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            code = re.match(r"\d{8}", form["text"][0])
            self.server.sink.arrived(form["to"][0], code[0] if code else "")


class _Server(socketserver.ThreadingTCPServer):
    """Listens on a port of its own, with a thread for each connection."""

    allow_reuse_address = daemon_threads = True
    sink: _Sink


def _serve(pipe: Connection, certificate: Path, key: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    sink = _Sink(pipe, tls, Lock())
    servers = [_Server(("127.0.0.1", 0), kind) for kind in (_Mail, _Texts)]
    for server in servers:
        server.sink = sink
        Thread(target=server.serve_forever, daemon=True).start()
    pipe.send([server.server_address[1] for server in servers])
    # The other end closes it when the run is over.
    pipe.poll(None)


class Letterbox:
    """`with Letterbox(folder) as letterbox:` — its process, and the codes that came."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.ca_file = authority.ca_file
        self._pipe, self._theirs = multiprocessing.Pipe()
        self._listener = Thread(target=self._listen, daemon=True)
        certificate = authority.issue("localhost", "127.0.0.1")
        self._process = multiprocessing.Process(target=_serve, args=(self._theirs, *certificate), daemon=True)
        self._arrived = Condition()
        self._codes: dict[str, list[str]] = defaultdict(list)
        self.count = 0

    @property
    def pid(self) -> int:
        """Whose CPU it is."""
        return self._process.pid or 0

    def code(self, to: str, number: int = 1, seconds: float = 60) -> str:
        """The code with this number that came to somebody; waits for it."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._codes[to]) >= number, seconds):
                raise AssertionError(f"no code came to {to} within {seconds} s")
            return self._codes[to][number - 1]

    def pins(self) -> Mapping[str, Mapping[str, object]]:
        """How Keyback reaches it."""
        return {
            "channel.smtp": {
                "host": "localhost", "port": self._mail, "security": "starttls", "ca_file": str(self.ca_file),
                "username": USERNAME, "password": PASSWORD, "sender": "reset@alderwick.example",
            },
            "channel.http_gateway": {
                "url": f"http://localhost:{self._texts}/send", "body_kind": "form", "body": "to={to}&text={text}",
                "private_networks": ["127.0.0.0/8", "::1/128"],
            },
        }  # fmt: skip

    def __enter__(self) -> Letterbox:
        self._process.start()
        # Only the process holds this end now, so that its end is seen.
        self._theirs.close()
        self._mail, self._texts = self._pipe.recv()
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        self._process.close()
        self._listener.join()
        self._pipe.close()

    def _listen(self) -> None:
        try:
            while True:
                to, code = self._pipe.recv()
                with self._arrived:
                    self.count += 1
                    if code:
                        self._codes[to].append(code)
                    self._arrived.notify_all()
        except (EOFError, OSError):
            return
