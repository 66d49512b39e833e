"""What an ordinary hour of a house comes to, learned from its days, and how far beyond it an hour is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum

from .limits import Quota

# A norm's `most` is so many ordinary hours in one; at four times that, it is so many.
RAISED_AT, PAUSED_AT = 5, 20
# People come while they work, so an ordinary hour is this part of a day.
HOURS = 8
# A day moves a norm by one part of so many, towards what that day came to: whoever attacks slowly for a week teaches it
# as little as a quiet week does.
STEP = 20
# No norm falls below one part of so many of where it began: three typos are no attack on a small house, and whoever
# guesses at one person alone is stopped by that person's budgets before everybody feels it.
LEAST = 10


class Alert(IntEnum):
    """How an hour stands to a norm: everybody's human check gets harder, then strangers' guesses are not taken."""

    CALM = 0
    RAISED = RAISED_AT
    PAUSED = PAUSED_AT


def learned(ceiling: Quota, days: Iterable[int]) -> Quota:
    """The norm after these days, each with what it came to. It begins at its ceiling and never goes beyond it."""
    most = ceiling.most
    for day in days:
        wanted = max(ceiling.most // LEAST, min(day * RAISED_AT // HOURS, ceiling.most))
        step = max(1, most // STEP)
        most = max(most - step, min(wanted, most + step))
    return replace(ceiling, most=most)


def pausing(norm: Quota) -> Quota:
    """The same, at the alert after the first."""
    return replace(norm, most=norm.most * PAUSED_AT // RAISED_AT)
