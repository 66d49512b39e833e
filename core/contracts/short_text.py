"""What a text message can hold: 160 letters of one small alphabet, or 70 of any."""

from __future__ import annotations

import unicodedata

ONE_TEXT = 160
_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = frozenset("^{}\\[~]|€\f")


def fits_one_text(text: str) -> bool:
    """Whether it goes out as one text message in the GSM 7-bit alphabet."""
    return is_plain(text) and _septets(text) <= ONE_TEXT


def is_plain(text: str) -> bool:
    """Whether it needs no other alphabet, with which a text message holds less than half."""
    return _PLAIN.union(_TWO_SEPTETS).issuperset(text)


def texts_needed(text: str) -> int:
    """As how many text messages it goes out, and is paid for."""
    # Several carry their order too, so each of them holds less.
    length, one, of_many = (_septets(text), ONE_TEXT, 153) if is_plain(text) else (_wide(text), 70, 67)
    return 1 if length <= one else -(-length // of_many)


def _septets(text: str) -> int:
    return len(text) + sum(c in _TWO_SEPTETS for c in text)


def _wide(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def short_name(name: str, most: int = 20) -> str:
    """A company's name for a text message: without foreign accents, and cut at a word where it is too long."""
    plain = "".join(c if c in _PLAIN else _bare(c) for c in name)
    # A name in another script stays as it is: a longer message is better than one from nobody.
    words = " ".join((plain if plain.strip() else name).split())
    if len(words) <= most:
        return words
    cut = words[: most + 1].rpartition(" ")[0]
    return cut or words[:most]


def _bare(c: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", c) if part in _PLAIN)
