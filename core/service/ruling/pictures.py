"""Reads what kind of picture an upload is, and how large, from its first bytes; draws nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from ...contracts.errors import KeybackError

# A page weighs 60 kB at most, and this stands on each.
LARGEST = 20_000
# Nobody needs more on a screen; a browser would have to unpack all of it.
MOST_PIXELS = 2_000_000
Size = tuple[int, int]


class Why(StrEnum):
    """Why a picture is not taken."""

    TOO_HEAVY = "too-heavy"
    NOT_A_PICTURE = "not-a-picture"
    TOO_LARGE = "too-large"
    MOVES = "moves"


class NotTaken(KeybackError):
    """This is no picture for every page."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def kind_of_picture(content: bytes) -> str:
    """png, jpg or webp. Raises NotTaken. Drawings (SVG) are documents that may run something: no upload is one."""
    if len(content) > LARGEST:
        raise NotTaken(Why.TOO_HEAVY)
    for kind, size_of in _SIZES.items():
        size = size_of(content)
        if size is not None:
            return _judged(kind, size, content)
    raise NotTaken(Why.NOT_A_PICTURE)


def _judged(kind: str, size: Size, content: bytes) -> str:
    width, height = size
    if not width or not height:
        raise NotTaken(Why.NOT_A_PICTURE)
    if width * height > MOST_PIXELS:
        raise NotTaken(Why.TOO_LARGE)
    # What moves beside text can't be stopped by who is disturbed by it (WCAG 2.2.2).
    if (kind == "png" and b"acTL" in content) or (kind == "webp" and b"ANIM" in content):
        raise NotTaken(Why.MOVES)
    return kind


def _png(content: bytes) -> Size | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _jpg(content: bytes) -> Size | None:
    """Its size stands in the first segment that begins a frame."""
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while content[at : at + 1] == b"\xff" and at + 9 <= len(content):
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= kind <= 0xCF and kind not in {0xC4, 0xC8, 0xCC}:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + length
    return None


def _webp(content: bytes) -> Size | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    match content[12:16]:
        case b"VP8X":
            return _little(content[24:27]) + 1, _little(content[27:30]) + 1
        case b"VP8L" if content[20:21] == b"\x2f":
            bits = _little(content[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if content[23:26] == b"\x9d\x01\x2a":
            return _little(content[26:28]) & 0x3FFF, _little(content[28:30]) & 0x3FFF
    return None


def _little(part: bytes) -> int:
    return int.from_bytes(part, "little")


_SIZES: Mapping[str, Callable[[bytes], Size | None]] = {"png": _png, "jpg": _jpg, "webp": _webp}
