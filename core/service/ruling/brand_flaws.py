"""Why a brand cannot be kept: what would be no link, no picture, or not to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ...colours import COLOUR, DARK, LIGHT, READABLE, Scheme
from ...contracts.brand import LINK, Brand

LONGEST = {
    "company": 80,
    "company_short": 40,
    "help_desk": 200,
    "help_desk_link": 300,
    "help_desk_hours": 80,
    "name_example": 80,
    "privacy_link": 300,
    "accessibility_link": 300,
}
LINKS = ("help_desk_link", "privacy_link", "accessibility_link")
# Of these two nobody may be left without.
NEEDED = ("company", "help_desk")
# What mail programs and phones make a link of by themselves: names of companies stand in every message.
LIKE_A_LINK = ("://", "www.")
MOST_LINES, LONGEST_LINE = 6, 200


class Fault(StrEnum):
    """What is wrong with a field."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    UNREADABLE = "unreadable"
    NO_LINK = "no-link"
    A_LINK = "a-link"
    NO_COLOUR = "no-colour"
    NO_LIGHT_ONE = "no-light-one"
    HARD_TO_READ = "hard-to-read"


@dataclass(frozen=True, slots=True)
class BrandFlaw:
    """One thing. `n`: how many are the most; `ratio`: the contrast it has, and `instead`, what can be read."""

    field: str
    fault: Fault
    n: int = 0
    ratio: float = 0.0
    instead: str = ""


def flaws_of(brand: Brand) -> tuple[BrandFlaw, ...]:
    """Everything at once."""
    return (*_words(brand), *_lines(brand), *_links(brand), *_colours(brand))


def _words(brand: Brand) -> Iterator[BrandFlaw]:
    for name, most in LONGEST.items():
        words: str = getattr(brand, name)
        if name in NEEDED and not words.strip():
            yield BrandFlaw(name, Fault.EMPTY)
        if len(words) > most:
            yield BrandFlaw(name, Fault.TOO_LONG, most)
        if not words.isprintable():
            yield BrandFlaw(name, Fault.UNREADABLE)
        if name not in LINKS and any(sign in words.lower() for sign in LIKE_A_LINK):
            yield BrandFlaw(name, Fault.A_LINK)


def _lines(brand: Brand) -> Iterator[BrandFlaw]:
    lines = brand.advice_lines
    if len(lines) > MOST_LINES:
        yield BrandFlaw("advice_lines", Fault.TOO_MANY, MOST_LINES)
    if any(len(line) > LONGEST_LINE for line in lines):
        yield BrandFlaw("advice_lines", Fault.TOO_LONG, LONGEST_LINE)
    if not all(line.isprintable() for line in lines):
        yield BrandFlaw("advice_lines", Fault.UNREADABLE)


def _links(brand: Brand) -> Iterator[BrandFlaw]:
    for name in LINKS:
        if (address := getattr(brand, name)) and not LINK.fullmatch(address):
            yield BrandFlaw(name, Fault.NO_LINK)


def _colours(brand: Brand) -> Iterator[BrandFlaw]:
    yield from _colour("accent", brand.accent, LIGHT)
    yield from _colour("accent_dark", brand.accent_dark, DARK)
    if brand.accent_dark and not brand.accent:
        yield BrandFlaw("accent", Fault.NO_LIGHT_ONE)


def _colour(name: str, colour: str, scheme: Scheme) -> Iterator[BrandFlaw]:
    """It stands in a style sheet, so nothing passes but a colour; and it must be read by everybody."""
    if not colour:
        return
    if not COLOUR.fullmatch(colour):
        yield BrandFlaw(name, Fault.NO_COLOUR)
    elif (worst := scheme.worst(colour)) < READABLE:
        yield BrandFlaw(name, Fault.HARD_TO_READ, ratio=worst, instead=scheme.nearest(colour))
