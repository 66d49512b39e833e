"""People as companies have them: which methods go together, where their private mail is, and how it begins."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from keyback.core.contracts.masking import mask_mail, mask_phone
from keyback.core.recovery.decoys import Seen

T = TypeVar("T")

FIRST = ("anna", "ben", "chloe", "david", "emma", "finn", "jo", "kim", "lee", "maya", "noah", "olga", "sam", "tom")
LAST = ("adams", "brown", "cole", "diaz", "evans", "frost", "gray", "hill", "ito", "jones", "khan", "lopez", "moor")
DOMAINS = {"gmail.com": 50, "outlook.com": 15, "icloud.com": 12, "gmx.net": 10, "yahoo.com": 8, "posteo.de": 3}
# A phone goes with paper more often than a mailbox does.
KINDS = {
    ("email", "sms"): 55, ("email",): 15, ("sms",): 10, ("email", "sms", "saved_codes"): 8, ("sms", "saved_codes"): 8,
    ("email", "email", "sms"): 4,
}  # fmt: skip


@dataclass(frozen=True)
class Employee:
    """A sign-in name and what a page of masked ends shows of them."""

    name: str
    seen: tuple[Seen, ...]


def people(count: int, chance: random.Random) -> list[Employee]:
    """So many people of one company."""
    return [_somebody(number, chance) for number in range(count)]


def _somebody(number: int, chance: random.Random) -> Employee:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    name = f"{first}.{last}{number}"
    kinds = _weighted(KINDS, chance)
    return Employee(name, tuple(_seen(method, first, last, chance) for method in kinds))


def _seen(method: str, first: str, last: str, chance: random.Random) -> Seen:
    if method == "sms":
        return Seen(method, mask_phone(f"+44{chance.randrange(10**10):010d}"))
    if method == "email":
        # Most begin with the first name, some with the last one or a nickname.
        local = chance.choices((first, last, f"x{last}"), (7, 2, 1))[0]
        return Seen(method, mask_mail(f"{local}@{_weighted(DOMAINS, chance)}"))
    return Seen(method)


def _weighted(odds: Mapping[T, int], chance: random.Random) -> T:
    return chance.choices(list(odds), list(odds.values()))[0]
