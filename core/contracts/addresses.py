"""What of a directory's or a person's spelling can be written to: one number or one mailbox, in one form."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"\+?[0-9]{4,17}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# One plain address. Comments, quotes and lists are refused: "first of many" is how mail goes to a stranger.
_MAILBOX = re.compile(
    r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_][\w-]{0,61}[^\W_]"
)


def fold_number(raw: str) -> str | None:
    """ASCII digits with a leading `+` if there was one; None for anything that is not a number alone."""
    if len(raw) > 64:
        return None
    text = unicodedata.normalize("NFKC", raw).strip()
    if text.startswith(("+", "00")):
        # "+44 (0)1632": the zero is only dialled at home.
        text = text.replace("(0)", "", 1)
    folded = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text if not _separates(c))
    return folded if _NUMBER.fullmatch(folded) else None


def _separates(c: str) -> bool:
    return c in "()./" or unicodedata.category(c) in {"Zs", "Pd", "Cf"}


def e164(raw: str, country_code: str = "") -> str | None:
    """The number as carriers want it, `+` and digits; None if it is not one whole number.

    A number without a country is only understood when `country_code` says which country is meant.
    """
    number = fold_number(raw)
    if number is None:
        return None
    if number.startswith("00"):
        number = "+" + number[2:]
    elif not number.startswith("+"):
        number = f"+{country_code}{number.removeprefix('0')}" if country_code else ""
    return number if _E164.fullmatch(number) else None


def mailbox(raw: str) -> str | None:
    """The address, if it is exactly one; its spelling is kept."""
    address = raw.strip()
    # Unprintable: invisible letters that make two addresses look alike, and halves of letters that cannot be sent.
    return address if len(address) <= 254 and address.isprintable() and _MAILBOX.fullmatch(address) else None
