"""A carrier's SMPP server, written from the specification: takes texts as a script says, and sends receipts."""

from __future__ import annotations

import ssl
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from time import sleep
from typing import Self

from .authority import Authority

SUBMIT, DELIVER, BIND, UNBIND, ENQUIRE, ANSWER = 0x04, 0x05, 0x09, 0x06, 0x15, 0x80000000
NAME, PASSWORD = "keyback", "letmein"


@dataclass(frozen=True)
class Submitted:
    """One part of a text as it came over the wire."""

    sender: str
    to: str
    validity: str
    coding: int
    kind: int
    receipt: int
    words: bytes


@dataclass
class Script:
    """What to do with the next text: a status, hang up instead of an answer, or take long over it; then a receipt."""

    status: int = 0
    hang_up: bool = False
    delay: float = 0.0
    receipt: str = ""


@dataclass
class Smsc:
    """`with Smsc(folder) as smsc:` — lets `keyback` in, on this machine, with TLS unless told otherwise."""

    folder: Path
    secure: bool = True
    script: deque[Script] = field(default_factory=deque)
    submitted: list[Submitted] = field(default_factory=list)
    binds: int = 0
    answered: list[int] = field(default_factory=list)

    def __enter__(self) -> Self:
        authority = Authority(self.folder)
        self.ca_file = authority.ca_file
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if self.secure else None
        if self.tls:
            self.tls.load_cert_chain(*authority.issue("localhost", "127.0.0.1"))
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.smsc = self
        self.port = self._server.server_address[1]
        self.lines: list[_Conversation] = []
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        """On everybody."""
        for line in self.lines:
            line.end()

    def ask_whether_they_are_here(self) -> None:
        """Everybody; `answered` says who is."""
        for line in self.lines:
            line.say(ENQUIRE, 0, 77)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    smsc: Smsc


class _Conversation(BaseRequestHandler):
    """One client."""

    server: _Server

    def handle(self) -> None:
        smsc, self.line = self.server.smsc, self.request
        # TLS breaks when two threads write at once, and a receipt is told from the test's own.
        self.writing = threading.Lock()
        try:
            self.line = smsc.tls.wrap_socket(self.request, server_side=True) if smsc.tls else self.request
            smsc.lines.append(self)
            for command, sequence, body in self._heard():
                self._answer(smsc, command, sequence, body)
        except OSError:
            return
        finally:
            self.line.close()

    def end(self) -> None:
        try:
            self.line.shutdown(2)
        except OSError:
            return

    def say(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        with self.writing:
            self.line.sendall(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def _heard(self) -> Iterator[tuple[int, int, bytes]]:
        while head := self._read(16):
            length, command, _status, sequence = struct.unpack(">IIII", head)
            yield command, sequence, self._read(length - 16)

    def _read(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            more = self.line.recv(count - len(got))
            if not more:
                return b""
            got += more
        return got

    def _answer(self, smsc: Smsc, command: int, sequence: int, body: bytes) -> None:
        if command == BIND:
            name, password = body.split(b"\0")[:2]
            good = (name.decode(), password.decode()) == (NAME, PASSWORD)
            smsc.binds += good
            self.say(command | ANSWER, 0 if good else 0x0E, sequence, b"SIM\0")
        elif command == SUBMIT:
            self._take(smsc, sequence, body)
        elif command == UNBIND:
            self.say(command | ANSWER, 0, sequence)
        else:
            smsc.answered.append(command)

    def _take(self, smsc: Smsc, sequence: int, body: bytes) -> None:
        smsc.submitted.append(_read_submit(body))
        script = smsc.script.popleft() if smsc.script else Script()
        sleep(script.delay)
        if script.hang_up:
            return self.end()
        name = f"SIM{len(smsc.submitted)}"
        self.say(SUBMIT | ANSWER, script.status, sequence, b"" if script.status else name.encode() + b"\0")
        if script.receipt:
            self.say(DELIVER, 0, 99, _receipt(name, script.receipt))
        return None


def _read_submit(body: bytes) -> Submitted:
    def text() -> str:
        nonlocal body
        word, _, body = body.partition(b"\0")
        return word.decode("ascii")

    def byte() -> int:
        nonlocal body
        value, body = body[0], body[1:]
        return value

    text(), byte(), byte()
    sender = text()
    byte(), byte()
    to, kind = text(), byte()
    byte(), byte(), text()
    validity, receipt = text(), byte()
    byte()
    coding = byte()
    byte()
    length = byte()
    return Submitted(sender, to, validity, coding, kind, receipt, body[:length])


def _receipt(name: str, stat: str) -> bytes:
    words = (
        f"id:{name} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:{stat} err:000 text:".encode()
    )
    # From a number to ours; kind 4 says that it is a receipt.
    return b"\0\1\0011\0\1\0012\0\4\0\0\0\0\0\0\0\0" + bytes([len(words)]) + words
