"""How often guessing would succeed at these rules and limits: a number to decide by (security promise P5).

It is an upper bound for one account. Somebody tries every day of a year, as often as the limits let a stranger, each
method as if it were the only one; of every proof that a way needs, one must be guessed on the same day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from math import prod

from .limits import SUBJECT_MISSES, Ladder, earned
from .policy import ProofRules, ways

DAYS = 365


def tries_a_day(ladder: Ladder) -> int:
    """How many wrong answers a stranger can give in one window, who asks again the moment that each wait is over."""
    count, waited = 0, timedelta(0)
    while waited < ladder.window:
        count += 1
        waited += earned(ladder, count) or timedelta(0)
    return count


def a_day(chance: float | None) -> float:
    """The chance that somebody guesses a proof within a day. What nobody can reckon counts as if it were known."""
    return 1.0 if chance is None else min(1.0, chance * tries_a_day(SUBJECT_MISSES))


def a_year(
    rules: ProofRules, carriers: Mapping[str, str], chances: Mapping[str, float | None], first: Collection[str]
) -> float:
    """How many times a year somebody would get into one account that has every method.

    `carriers` and `chances` are of the methods that are on, `first` those that may begin.
    """
    days = (prod(a_day(chances.get(key)) for key in way) for way in ways(rules, carriers, first))
    return DAYS * sum(days)


def one_in(risk: float) -> int:
    """Of so many accounts one falls in a year, to one figure and rather too few; 0 where none ever does."""
    if risk <= 0:
        return 0
    accounts = int(1 / risk)
    size = int(10 ** (len(str(accounts)) - 1))
    return max(1, accounts // size * size)
