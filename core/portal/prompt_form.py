"""A method's prompt becomes a form: what was typed is read the way people mean it, before any code is looked at."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..contracts.method import Alphabet, Field
from ..contracts.text import Text
from . import words

LONGEST, LONGEST_BY_SCRIPT = 256, 8192
# Between the digits of a code: spaces, dashes, and what cannot be seen but comes along when pasting.
_BETWEEN = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf", "Cc"})
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, in words that say what to do."""

    field: str
    text: Text


def read_answer(fields: Sequence[Field], typed: Mapping[str, str]) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The folded answer, and what is wrong with it. A problem here is not a try."""
    folded = {field.name: fold(typed.get(field.name, ""), field.alphabet) for field in fields}
    found = [(field, shortcoming(field, folded[field.name])) for field in fields]
    return folded, tuple(Problem(field.name, text) for field, text in found if text is not None)


def fold(typed: str, alphabet: Alphabet) -> str:
    """Digits of every script to ASCII, full-width signs to usual ones, spaces and dashes out. Free text stays."""
    if alphabet in {Alphabet.ANY, Alphabet.SCRIPT}:
        return typed.strip()
    return "".join(_usual(sign) for sign in typed[: 4 * LONGEST])


def _usual(sign: str) -> str:
    if unicodedata.category(sign) in _BETWEEN or sign == _MINUS:
        return ""
    # `decimal`, not `isdigit`: "²" is a digit to the latter and no number to int().
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    wide = 0xFF01 <= ord(sign) <= 0xFF5E
    return chr(ord(sign) - 0xFEE0) if wide else sign


def shortcoming(field: Field, folded: str) -> Text | None:
    """Why this cannot be the answer, whatever the right one is."""
    if not folded:
        return words.empty(field)
    if field.alphabet is Alphabet.SCRIPT:
        # What no script of ours sends is nothing that a person could mend.
        return words.STOPPED_BY_DEVICE if len(folded) > LONGEST_BY_SCRIPT else None
    if len(folded) > LONGEST:
        return Text("That is too long. It has at most {n} characters.", n=LONGEST)
    if field.choices and folded not in map(str, range(len(field.choices))):
        return words.CHOOSE_FROM_LIST
    if field.alphabet is Alphabet.ANY:
        return None
    fits = [sign for sign in folded if sign.isascii() and (sign.isdigit() or field.alphabet is not Alphabet.DIGITS)]
    counted = sum(sign.isalnum() for sign in fits)
    if field.length is not None and counted != field.length:
        return words.wrong_length(field, counted)
    return words.wrong_signs(field) if counted != len(folded) else None
