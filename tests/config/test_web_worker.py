"""What somebody hears who speaks no HTTP."""

from __future__ import annotations

import pytest

from keyback.config.web_worker import refusal
from keyback.core.portal.headers import FIXED


@pytest.mark.parametrize("status", [400, 414, 417, 431, 500])
@pytest.mark.parametrize("secure", [True, False])
def test_a_refusal_is_a_sentence_with_every_header(status: int, secure: bool) -> None:
    head, _, body = refusal(status, secure=secure).decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == f"HTTP/1.1 {status} Refused"
    assert {f"{name}: {value}" for name, value in FIXED.items()} <= set(lines)
    assert f"Content-Length: {len(body)}" in lines
    assert "Cache-Control: no-store" in lines
    assert any(line.startswith("Strict-Transport-Security") for line in lines) is secure
    assert body.endswith(".\n")
