"""Registered, enabled, capable: the three numbers that administrators know, and how many have one way only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ...recovery.policy import Purpose
from ...recovery.reach import reach
from ..ruling.stranded import NOT_SERVED, Stranded


@dataclass(frozen=True, slots=True)
class Capable:
    """Of all people. `registered`: have a method; `enabled`: rules let them reset; `capable`: both, and enough."""

    people: int
    registered: int
    enabled: int
    capable: int
    # Of the enabled ones: who have one method that counts.
    one_method: int
    by_method: Mapping[str, int]
    counted_at: datetime | None


def capable(stranded: Stranded, purpose: Purpose = Purpose.RESET) -> Capable:
    """As people were last counted, by the rules of now."""
    rules, havings = stranded.snapshots.current.rules, stranded.havings()
    total: Counter[str] = Counter()
    by_method: Counter[str] = Counter()
    for having, people in havings.values():
        reached = reach(rules, having, purpose)
        counting = [key for key in having.methods if key in reached.policy.proof.named & rules.kinds.keys()]
        by_method.update(dict.fromkeys(having.methods, people))
        enabled = reached.refusal not in NOT_SERVED
        total["people"] += people
        total["registered"] += people * bool(having.methods)
        total["enabled"] += people * enabled
        total["capable"] += people * reached.yes
        total["one_method"] += people * (enabled and len(counting) == 1)
    return Capable(
        total["people"],
        total["registered"],
        total["enabled"],
        total["capable"],
        total["one_method"],
        dict(by_method),
        stranded.census().counted_at,
    )
