"""Ways in which HTTP itself can be broken: each takes a whole request and returns bytes that are none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

Break = Callable[[bytes, random.Random], bytes]


def _line(number: int, *lines: bytes) -> Break:
    """Puts lines in at this place of the head."""

    def put(raw: bytes, chance: random.Random) -> bytes:
        head, _, body = raw.partition(b"\r\n\r\n")
        before = head.split(b"\r\n")
        before[number:number] = [chance.choice(lines)]
        return b"\r\n".join(before) + b"\r\n\r\n" + body

    return put


def _first(*lines: bytes) -> Break:
    """Takes another request line."""
    return lambda raw, chance: chance.choice(lines) + raw[raw.index(b"\r\n") :]


def _framed(*framings: bytes) -> Break:
    """Says something else about the body's length."""

    def frame(raw: bytes, chance: random.Random) -> bytes:
        head, _, body = raw.partition(b"\r\n\r\n")
        kept = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length:")]
        length, framing = str(len(body)).encode(), chance.choice(framings)
        return b"\r\n".join([*kept, framing.replace(b"{n}", length), b"", body])

    return frame


def _cut(raw: bytes, chance: random.Random) -> bytes:
    # Before the last sign, so that something is always missing.
    return raw[: chance.randrange(1, len(raw))]


def _noise(raw: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((1, 40, 3000)))


def _replaced(old: bytes, *new: bytes) -> Break:
    return lambda raw, chance: raw.replace(old, chance.choice(new))


def _other(raw: bytes, chance: random.Random) -> bytes:
    """Another protocol than ours."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500
    http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 40
    proxy = b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + raw
    lines = (b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO a\r\n", b"\0" * 2000, b"GET / HTTP/1.1\r\n" * 900, b"\r\n" * 900)
    return chance.choice((hello, http2, proxy, *lines))


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BREAKS: Mapping[str, Break] = {
    "cut": _cut,
    "noise": _noise,
    "line-ends": _replaced(b"\r\n", b"\n", b"\r", b"\r\r\n", b"\0\r\n"),
    "versions": _first(
        b"GET / HTTP/9.9", b"GET / HTTP/1", b"GET / HTTP/1.1 x", b"GET /", b"GET", b"", b" ", b"GET  / HTTP/1.1",
        b"/ GET HTTP/1.1", b"GET / http/1.1", b"G\0T / HTTP/1.1", b"GET\t/\tHTTP/1.1", b"<b>\"' / HTTP/1.1",
        b"PRI * HTTP/2.0", b"GET " + b"/a" * 6000 + b" HTTP/1.1", b"A" * 9000, b"GET / HTTP/1.1\r\n" + b"\r\n" * 50,
    ),
    "headers": _line(
        1, b"no colon", b": no name", b"na me: x", b"name : x", b" folded: x", b"n\0me: x", b"name: \0", b"name: a\rb",
        b"Host: a\r\nHost: b", b"name: " + b"x" * 20_000, b"x" * 20_000 + b": 1", b"\xff: 1", b"\"<b>: 1", b"\x7f: 1",
        b"Content-Length: 1\r\nContent-Length: 2", b"a: 1\r\n" * 300 + b"a: 1", b"Expect: the-unexpected", b"Host",
    ),
    "lengths": _framed(
        b"Content-Length: -1\r\n", b"Content-Length: +{n}\r\n", b"Content-Length: {n}, {n}\r\n",
        b"Content-Length: 0x10\r\n", b"Content-Length: {n}0\r\n", b"Content-Length: 9999999999999999999999\r\n",
        b"Content-Length: \xb2\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n", b"Content-Length:\r\n", b"Content-Length: {n}.0\r\n",
        b"Content-Length: {n}\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: ten\r\n",
    ),
    "encodings": _framed(
        b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n", b"Transfer-Encoding: chunked, gzip\r\n", b"Transfer-Encoding:\r\n",
        b"Transfer-Encoding: \"<b>\r\n", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ),
    "chunks": _framed(
        CHUNKED + b"zz\r\n", CHUNKED + b"-1\r\n", CHUNKED + b"5\r\nabc", CHUNKED + b"5\r\nabcdeXX0\r\n\r\n",
        CHUNKED + b"f" * 30 + b"\r\n", CHUNKED + b"5;" + b"x" * 9000 + b"\r\nabcde\r\n0\r\n\r\n",
        CHUNKED + b"0x5\r\nabcde\r\n", CHUNKED + b"5\nabcde\n0\n\n", CHUNKED + b"1\r\na\r\n" * 900,
        CHUNKED + b"0\r\na: b\r\n" + b"x: y\r\n" * 900, CHUNKED + b" 5\r\nabcde\r\n0\r\n\r\n",
        CHUNKED + b"5\r\n", CHUNKED + b"\r\n",
    ),
    "others": _other,
}  # fmt: skip
