"""Why own words cannot be kept: a gap that is lost or strange, a link, or more than a message holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ...contracts.wording import GAP, Part, Wording, gaps_of

LONGEST = {Part.SUBJECT: 120, Part.MAIL: 1000, Part.TEXT: 300}
MOST_TEXTS = 2
# What mail programs and phones make something to press of by themselves: only Keyback's own links stand in messages.
LINK = re.compile(r"://|www\.|@|\w\.[a-z]{2,}\b", re.IGNORECASE)


class Fault(StrEnum):
    """What is wrong with words."""

    TOO_LONG = "too-long"
    UNREADABLE = "unreadable"
    LINK = "link"
    BRACES = "braces"
    STRANGE = "strange"
    MISSING = "missing"
    TOO_MANY_TEXTS = "too-many-texts"


@dataclass(frozen=True, slots=True)
class WordingFlaw:
    """One thing. `names`: the gaps that it is about; `n`: how many are the most."""

    fault: Fault
    names: tuple[str, ...] = ()
    n: int = 0


def flaws_of(wording: Wording, part: Part, words: str) -> Iterator[WordingFlaw]:
    """Everything but how many texts it takes, which depends on the values."""
    if len(words) > LONGEST[part]:
        yield WordingFlaw(Fault.TOO_LONG, n=LONGEST[part])
    if not (words.replace("\n", "") if part is Part.MAIL else words).isprintable():
        yield WordingFlaw(Fault.UNREADABLE)
    without = GAP.sub("", words)
    if LINK.search(without):
        yield WordingFlaw(Fault.LINK)
    if "{" in without or "}" in without:
        yield WordingFlaw(Fault.BRACES)
    yield from _gaps(gaps_of(wording.ours(part).message), gaps_of(words))


def _gaps(ours: frozenset[str], theirs: frozenset[str]) -> Iterator[WordingFlaw]:
    """All of ours and no others: without a number to call nobody could object, and no other value is known there."""
    if strange := theirs - ours:
        yield WordingFlaw(Fault.STRANGE, tuple(sorted(strange)))
    if missing := ours - theirs:
        yield WordingFlaw(Fault.MISSING, tuple(sorted(missing)))
