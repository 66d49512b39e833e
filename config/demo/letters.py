"""Pretend messages as their reader sees them: what in them can be copied, and what can be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# A code stands alone. What follows a # is the same once more, for the phone's keyboard; what follows a + is a number.
MARKED = re.compile(r"(https?://\S+)|(?<![#+\w])(\d{6,10})(?!\w)")


class Kept(Protocol):
    """A message that would have been sent."""

    @property
    def medium(self) -> str: ...

    @property
    def to(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def rings(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message: "words", a "code" to copy, or a "link" to follow."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, ready to be shown. `rings` names a call that waits for a key."""

    medium: str
    to: str
    subject: tuple[Piece, ...]
    text: tuple[Piece, ...]
    code: str
    at: datetime
    rings: str


def opened(kept: Kept, origin: str) -> Letter:
    """The message in its pieces, at this machine's time: whoever looks at the demo sits in front of it."""
    subject, text = tuple(pieces(kept.subject, origin)), tuple(pieces(kept.text, origin))
    code = next((piece.text for piece in (*subject, *text) if piece.kind == "code"), "")
    if kept.medium == "voice":
        code = "".join(re.findall("[0-9]", kept.text.partition("\n")[0]))
    return Letter(kept.medium, kept.to, subject, text, code, kept.at.astimezone(), kept.rings)


def pieces(text: str, origin: str) -> Iterator[Piece]:
    """The text in its order. Only an address of our own is a link: a message may quote what a stranger typed."""
    rest = 0
    for found in MARKED.finditer(text):
        link, code = found.groups()
        if link and not link.startswith(f"{origin}/"):
            continue
        if found.start() > rest:
            yield Piece("words", text[rest : found.start()])
        yield Piece("link", link) if link else Piece("code", code)
        rest = found.end()
    if rest < len(text):
        yield Piece("words", text[rest:])
