"""A request that is all here, and answered by one call."""

from __future__ import annotations

import socket

from keyback.config.at_once import AtOnce


class Own(socket.socket):
    """A socket with a way of its own, which may wait for somebody."""

    def send(self, *args: object) -> int:
        raise AssertionError("not by this one's own way")


def a_connection() -> tuple[Own, socket.socket]:
    """One that keeps apart what was sent by two calls."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Own(fileno=ours.detach()), theirs


def test_all_of_the_answer_goes_by_one_call() -> None:
    wire, client = a_connection()
    with client:
        at_once = AtOnce(wire, b"GET / HTTP/1.1\r\n\r\n")
        assert (at_once.recv(4), at_once.recv(100), at_once.recv(100)) == (b"GET ", b"/ HTTP/1.1\r\n\r\n", b"")
        at_once.sendall(b"come ")
        assert at_once.send(b"again") == 5
        at_once.leave()
        assert (client.recv(100), client.recv(100)) == (b"come again", b"")
    assert wire.fileno() == -1


def test_whoever_hung_up_breaks_nothing_and_is_forgotten() -> None:
    wire, client = a_connection()
    at_once = AtOnce(wire, b"GET / HTTP/1.1\r\n\r\n")
    client.close()
    at_once.sendall(b"come again")
    at_once.leave()
    assert wire.fileno() == -1
