"""A collector of syslog over TLS that is strict: RFC 5425's frames, RFC 5424's records, and nothing else."""

from __future__ import annotations

import re
import ssl
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from socketserver import BaseRequestHandler, ThreadingTCPServer
from time import sleep
from typing import Self

from .authority import Authority

_HEAD = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<house>[!-~]{1,255})"
    r" keyback - (?P<name>[!-~]{1,32}) "
)
_ELEMENT = re.compile(r'\[(?P<name>[!-~]{1,32}?)(?P<values>(?: [!-~]{1,32}?="(?:[^"\\\]]|\\["\\\]])*")*)\]')
_VALUE = re.compile(r' (?P<key>[!-~]{1,32}?)="(?P<value>(?:[^"\\\]]|\\["\\\]])*)"')


@dataclass(frozen=True)
class Record:
    """One record, taken apart."""

    priority: int
    at: str
    house: str
    name: str
    log: dict[str, str]
    event: dict[str, str]

    @property
    def seq(self) -> int:
        return int(self.log["seq"])


class Siem:
    """`with Siem(folder) as siem:` — keeps records in the order in which they came; `stop` and `start` at will."""

    def __init__(self, folder: Path) -> None:
        self._authority = Authority(folder)
        self.ca_file = self._authority.ca_file
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(*self._authority.issue("localhost"))
        self.records: list[Record] = []
        self.faults: list[str] = []
        # Break the next connection after so many records are read; hang up without TLS's goodbye; take long to read.
        self.breaks_after: int | None = None
        self.polite, self.delay = True, 0.0
        self.port = 0
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), _Conversation)
        self._server.siem, self._server.tls = self, self._tls
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Be away."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def numbers(self) -> list[int]:
        """Each event's number once, in the order in which it first came: what a collector makes of doubles."""
        return list(dict.fromkeys(record.seq for record in self.records))


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    siem: Siem
    tls: ssl.SSLContext


class _Conversation(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        siem = self.server.siem
        try:
            line = self.server.tls.wrap_socket(self.request, server_side=True)
        except OSError:
            return
        with line, line.makefile("rb") as words:
            breaks_after, siem.breaks_after = siem.breaks_after, None
            while size := _read_size(words):
                if breaks_after == 0:
                    # What is unread makes the connection break when it is closed, as RFC 1122 wants.
                    line.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
                    return
                breaks_after = None if breaks_after is None else breaks_after - 1
                if siem.delay:
                    sleep(siem.delay)
                self._keep(words.read(size))
            if siem.polite:
                line.unwrap()

    def _keep(self, frame: bytes) -> None:
        try:
            self.server.siem.records.append(parse(frame.decode()))
        except ValueError as fault:
            self.server.siem.faults.append(str(fault))


def _read_size(words: object) -> int:
    """Of the next frame: digits and one space."""
    digits = b""
    while (sign := words.read(1)).isdigit():  # type: ignore[attr-defined]
        digits += sign
    return int(digits) if sign == b" " else 0


def parse(record: str) -> Record:
    """Raises ValueError for whatever RFC 5424 does not allow."""
    head = _HEAD.match(record)
    if head is None:
        raise ValueError(f"no header: {record[:80]!r}")
    elements, at = {}, head.end()
    while at < len(record):
        element = _ELEMENT.match(record, at)
        if element is None:
            raise ValueError(f"no element: {record[at : at + 80]!r}")
        values = {found["key"]: _plain(found["value"]) for found in _VALUE.finditer(element["values"])}
        elements[element["name"].partition("@")[0]], at = values, element.end()
    if any(not sign.isprintable() for sign in record):
        raise ValueError("a control sign")
    return Record(
        int(head["priority"]), head["at"], head["house"], head["name"], elements["log"], elements.get("event", {})
    )


def _plain(value: str) -> str:
    return re.sub(r'\\(["\\\]])', r"\1", value)
