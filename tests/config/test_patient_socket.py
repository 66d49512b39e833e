"""Who gets a thread, and for how long anybody is waited for."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from keyback.config import patient_socket
from keyback.config.app import LARGEST_BODY
from keyback.config.patient_socket import LARGEST_HEAD, SECONDS_TO_LEAVE, PatientSocket, whole

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("seen", "enough"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (HEAD + b"Content-Length: 3\r\n\r\nab", False),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", True),
        (HEAD + b"content-length:3\r\nA: b\r\n\r\nab", False),
        # Whoever waits for us is not waited for.
        (HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", True),
        # What is refused anyway is waited for no longer.
        (HEAD + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), True),
        (HEAD + b"Content-Length: -1\r\n\r\n", True),
        (b"x" * LARGEST_HEAD + b"x", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", False),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"x" * LARGEST_BODY + b"x", True),
    ],
)
def test_a_thread_is_for_requests_that_are_all_there(seen: bytes, enough: bool) -> None:
    assert whole(seen) is enough


@pytest.fixture
def ends() -> Iterator[tuple[PatientSocket, socket.socket]]:
    """A server's end of a connection, and a client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        with PatientSocket(fileno=accepted.detach()) as server:
            yield server, client


def comes(server: PatientSocket, client: socket.socket, said: bytes) -> bool:
    """This is said; whether the server waits for more."""
    client.sendall(said)
    assert select.select([server], [], [], 5)[0]
    return server.waits()


def test_a_half_request_wakes_us_when_there_is_more_and_not_before(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, client = ends
    assert comes(server, client, HEAD)
    assert select.select([server], [], [], 0.05)[0] == []
    assert not server.is_silent
    assert not comes(server, client, b"\r\n")
    assert server.recv(1) == HEAD[:1]
    assert server.recv(1000) == HEAD[1:] + b"\r\n"


def test_what_is_sent_ahead_is_waited_for_until_it_is_whole(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, client = ends
    assert not comes(server, client, HEAD + b"\r\n" + HEAD)
    assert server.recv(len(HEAD) + 2) == HEAD + b"\r\n"
    assert not server.is_silent
    assert server.waits()
    assert not comes(server, client, b"\r\n")
    assert server.take() == HEAD + b"\r\n"
    assert server.is_silent


def test_whoever_ends_in_the_middle_is_not_waited_for(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, client = ends
    assert comes(server, client, HEAD)
    client.shutdown(socket.SHUT_WR)
    assert select.select([server], [], [], 5)[0]
    assert not server.waits()
    assert not server.gone
    assert (server.recv(100), server.recv(100)) == (HEAD, b"")


@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_whoever_leaves_without_another_word_is_gone(ends: tuple[PatientSocket, socket.socket], how: int) -> None:
    server, client = ends
    client.shutdown(how)
    assert select.select([server], [], [], 5)[0]
    assert not server.waits()
    assert server.gone


def test_whoever_says_nothing_is_waited_for(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, _ = ends
    assert server.waits()
    assert server.is_silent
    assert server.take() == b""


def test_reading_ends_when_the_time_is_over(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, _ = ends
    began = time.monotonic()
    server.ends = began + 0.05
    assert server.recv(1) == b""
    assert time.monotonic() - began < 5


def test_whoever_does_not_hang_up_is_left_at_once(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, _ = ends
    began = time.monotonic()
    server.leave()
    assert server.recv(1) == b""
    assert time.monotonic() - began < SECONDS_TO_LEAVE / 2


@pytest.mark.parametrize("taken", [True, False])
def test_whoever_is_still_talking_is_heard_out_for_a_moment(
    ends: tuple[PatientSocket, socket.socket], taken: bool
) -> None:
    server, client = ends
    client.sendall(HEAD)
    assert select.select([server], [], [], 5)[0]
    assert not taken or server.waits()
    server.sendall(b"too much")
    began = time.monotonic()
    server.leave()
    assert time.monotonic() - began >= SECONDS_TO_LEAVE
    server.close()
    assert client.recv(100) == b"too much"
    assert client.recv(100) == b""


def test_it_knows_how_the_request_begins_without_taking_it(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, client = ends
    assert server.waits()
    assert server.first_line == b""
    assert not comes(server, client, b"GET /recover HTTP/1.1\r\n\r\n")
    assert server.first_line.startswith(b"GET /recover ")
    assert server.recv(100) == b"GET /recover HTTP/1.1\r\n\r\n"


def test_what_is_not_here_yet_is_waited_for_while_there_is_patience(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, client = ends
    server.ends = time.monotonic() + 5
    threading.Timer(0.05, client.sendall, [b"late"]).start()
    assert server.recv(100) == b"late"


def test_a_long_answer_goes_out_as_fast_as_it_is_taken(ends: tuple[PatientSocket, socket.socket]) -> None:
    server, client = ends
    answer = bytes(range(256)) * 2**15
    sends = threading.Thread(target=server.sendall, args=[answer])
    sends.start()
    assert client.makefile("rb").read(len(answer)) == answer
    sends.join()


def test_whoever_does_not_take_their_answer_is_given_up(
    ends: tuple[PatientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = ends
    monkeypatch.setattr(patient_socket, "SECONDS_TO_HEAR", 0.05)
    with pytest.raises(TimeoutError):
        server.send(b"x" * 2**24)
    # And the socket is as it was: what was said before can still be read, and nobody waits for more.
    server.ends = 0.0
    assert server.recv(1) == b""
