"""Hundreds who come to no end with talking or listening: nobody waits for them, and they are hung up on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle

import pytest
from servers.keyback import HOST, Keyback
from servers.outfit import a_story, opens
from servers.persistent import Persistent
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

# Many times the threads of this server, and fewer than the connections that one process takes.
CLIENTS = 240
# What a server promises, and a busy machine.
HUNG_UP = 10.0 + 5.0
QUICKLY = 10.0
HEAD = f"POST /recover HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
BEGINNINGS = (
    "",
    "GET /reco",
    HEAD,
    f"{HEAD}Content-Length: 40\r\n\r\nidentifier=j",
    f"{HEAD}Transfer-Encoding: chunked\r\n\r\n28\r\nidentifier=j",
    f"{HEAD}Content-Length: 70000\r\n\r\nidentifier=j",
    # Whoever has an answer and does not hang up.
    f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
    "GARBAGE\r\n\r\n",
)


def test_whoever_says_half_or_does_not_hang_up_keeps_nobody_waiting(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve(processes=1)
    with _half_said(keyback, *BEGINNINGS) as wires:
        _lives_quickly(keyback, post, slapd)
        _are_hung_up_on(wires)


@pytest.mark.slow
def test_whoever_says_a_letter_a_second_keeps_nobody_waiting(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve(processes=1)
    with _half_said(keyback, HEAD + "X: ") as wires, _dripping(wires):
        _lives_quickly(keyback, post, slapd)
        _are_hung_up_on(wires)


@contextmanager
def _half_said(keyback: Keyback, *beginnings: str) -> Iterator[Sequence[socket.socket]]:
    with ExitStack() as stack:
        wires = [stack.enter_context(socket.create_connection(("127.0.0.1", keyback.port))) for _ in range(CLIENTS)]
        for wire, said in zip(wires, cycle(beginnings), strict=False):
            wire.sendall(said.encode())
        yield wires


@contextmanager
def _dripping(wires: Sequence[socket.socket]) -> Iterator[None]:
    over = threading.Event()

    def drip() -> None:
        while not over.wait(1):
            for wire in wires:
                with suppress(OSError):
                    wire.sendall(b"x")

    drops = threading.Thread(target=drip)
    drops.start()
    try:
        yield
    finally:
        over.set()
        drops.join()


def _lives_quickly(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    person, began = Persistent(a_story(keyback, post, slapd), errs_first=False), time.monotonic()
    person.live(60)
    seconds = time.monotonic() - began
    say(f"a whole reset beside {CLIENTS} half requests: {seconds:.1f} s")
    assert opens(slapd, person.story, person.promised)
    assert seconds < QUICKLY


def _are_hung_up_on(wires: Sequence[socket.socket]) -> None:
    patience = time.monotonic() + HUNG_UP
    for wire in wires:
        wire.settimeout(max(0.01, patience - time.monotonic()))
        with suppress(ConnectionResetError):
            while wire.recv(65536):
                pass
