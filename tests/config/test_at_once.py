"""A request that is read by one call and answered by one."""

from __future__ import annotations

import socket

import pytest

from keyback.config.at_once import AtOnce


class Own(socket.socket):
    """A socket with ways of its own, which may wait for somebody."""

    def recv(self, *args: int) -> bytes:
        raise AssertionError("not by this one's own way")

    def send(self, *args: object) -> int:
        raise AssertionError("not by this one's own way")


def a_connection(said: bytes) -> tuple[Own, socket.socket]:
    """One that keeps apart what was sent by two calls."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if said:
        theirs.sendall(said)
    return Own(fileno=ours.detach()), theirs


def test_all_of_the_answer_goes_by_one_call() -> None:
    wire, client = a_connection(b"GET / HTTP/1.1\r\n\r\n")
    with client:
        at_once = AtOnce(wire, 100)
        assert (at_once.recv(4), at_once.recv(100), at_once.recv(100)) == (b"GET ", b"/ HTTP/1.1\r\n\r\n", b"")
        at_once.sendall(b"come ")
        assert at_once.send(b"again") == 5
        at_once.leave()
        assert (client.recv(100), client.recv(100)) == (b"come again", b"")
    assert wire.fileno() == -1


def test_whoever_hung_up_breaks_nothing_and_is_forgotten() -> None:
    wire, client = a_connection(b"GET / HTTP/1.1\r\n\r\n")
    at_once = AtOnce(wire, 100)
    client.close()
    at_once.sendall(b"come again")
    at_once.leave()
    assert wire.fileno() == -1


def test_whoever_says_nothing_is_not_waited_for() -> None:
    wire, client = a_connection(b"")
    with wire, client, pytest.raises(BlockingIOError):
        AtOnce(wire, 100)
