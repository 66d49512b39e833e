"""What may be said against the answer to a malformed request."""

from __future__ import annotations

import re

from keyback.core.portal.headers import FIXED, HSTS

from .malformed import Malformed
from .wire import PATIENCE, Answer

ALWAYS = {"content-security-policy", "referrer-policy", "cache-control", "content-type"}
SENTENCE = re.compile(rb"[A-Z][^<>]{8,}\.")
MARK = b"<kb-odd"


def shortcomings(sent: Malformed, answer: Answer) -> list[str]:
    """Everything that is wrong with it; nothing when it is a good refusal, or a page that shows nothing new."""
    if not answer.status:
        closed = not sent.sound and not answer.raw and answer.seconds < PATIENCE
        return [] if closed else ["no answer"]
    checks = {
        "a fault of ours": answer.status < 500 or (answer.status == 503 and "retry-after" in answer.headers),
        "a header is missing": _protected(answer),
        "no sentence": _says_something(sent, answer),
        "what was typed came back as it was": MARK not in answer.raw,
        "which software it is": "server" not in answer.headers,
        "it got through": not (answer.status == 303 and sent.endpoint.endswith((".start", ".move"))),
    }
    return [problem for problem, fine in checks.items() if not fine]


def _protected(answer: Answer) -> bool:
    fixed = all(answer.headers.get(name.lower()) == value for name, value in FIXED.items())
    return fixed and answer.headers.keys() >= ALWAYS and answer.headers.get("strict-transport-security") == HSTS


def _says_something(sent: Malformed, answer: Answer) -> bool:
    """An error is told in words; the script that asks about a password hears a number, and a client its standard's."""
    if sent.endpoint in {"provider.token", "provider.userinfo"} and answer.body.startswith(b'{"error":'):
        return True
    if answer.status < 400 or sent.raw.startswith(b"HEAD ") or sent.endpoint.endswith(".password"):
        return True
    return SENTENCE.search(answer.body) is not None
