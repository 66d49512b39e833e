"""What goes out for an answer, and by how many calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from keyback.config.answer import Answer


@dataclass
class Wire:
    """Notes what each call sent."""

    sent: list[bytes] = field(default_factory=list)

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)


def an_answer(wire: Wire, *headers: tuple[str, str], method: str = "GET") -> Answer:
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False)
    answer = Answer(request, wire, Config())
    answer.start_response("200 OK", list(headers))
    return answer


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_head_and_page_go_by_one_call(wire: Wire) -> None:
    answer = an_answer(wire, ("Content-Length", "4"), ("X-Frame-Options", "DENY"))
    answer.write(b"page")
    answer.close()
    (sent,) = wire.sent
    head, _, page = sent.partition(b"\r\n\r\n")
    assert page == b"page"
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert {b"Content-Length: 4", b"X-Frame-Options: DENY", b"Connection: keep-alive"} <= set(head.split(b"\r\n"))
    assert b"Server:" not in head


def test_a_page_in_pieces_has_one_head(wire: Wire) -> None:
    answer = an_answer(wire, ("Content-Length", "4"))
    answer.write(b"pa")
    answer.write(b"ge")
    answer.close()
    assert [sent.partition(b"\r\n\r\n")[2] or sent for sent in wire.sent] == [b"pa", b"ge"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_without_a_page_has_its_head(wire: Wire, method: str) -> None:
    answer = an_answer(wire, ("Content-Length", "0"), method=method)
    answer.close()
    (sent,) = wire.sent
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("pieces", [(b"pa", b"ge"), ()])
def test_an_answer_of_unknown_length_ends_after_its_last_piece(wire: Wire, pieces: tuple[bytes, ...]) -> None:
    answer = an_answer(wire)
    for piece in pieces:
        answer.write(piece)
    answer.close()
    head, *rest = wire.sent
    assert b"Transfer-Encoding: chunked" in head
    assert rest == [*(b"2\r\n" + piece + b"\r\n" for piece in pieces), b"0\r\n\r\n"]
