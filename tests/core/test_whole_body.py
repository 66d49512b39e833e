"""A body that is framed wrongly, breaks off or is too large is refused; a whole one is there to be read again."""

from __future__ import annotations

import io

import pytest
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Request

from keyback.core.whole_body import whole_body


class Torn(io.RawIOBase):
    """A wire whose framing the web server cannot read."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise ArithmeticError("no size of a chunk")


def asked(stream: io.IOBase, length: str | None = None) -> Request:
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": stream, "CONTENT_TYPE": "application/x-www-form-urlencoded"}
    framed = {"CONTENT_LENGTH": length} if length else {"wsgi.input_terminated": True}
    return Request({**environ, **framed})


@pytest.mark.parametrize("stream", [Torn(), io.BytesIO(b"a=1")], ids=["framed wrongly", "broken off"])
def test_half_a_body_is_none(stream: io.IOBase) -> None:
    with pytest.raises(BadRequest):
        whole_body(asked(stream, "9" if isinstance(stream, io.BytesIO) else None))


def test_what_is_too_large_is_said_to_be() -> None:
    request = asked(io.BytesIO(b"a=1"), "3")
    request.max_content_length = 2
    with pytest.raises(RequestEntityTooLarge):
        whole_body(request)


def test_a_form_is_read_from_what_was_kept() -> None:
    request = asked(io.BytesIO(b"a=1"), "3")
    assert whole_body(request, keep=True) == b"a=1"
    assert request.form["a"] == "1"
