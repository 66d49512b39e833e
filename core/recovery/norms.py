"""What a campaign adds to everybody's norms: its own pace within a window, its own number in all, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from . import limits
from .limits import HOUR, Quota


class Caused(StrEnum):
    """What people come to whose turn it was."""

    STARTS = "starts"
    DRAWINGS = "drawings"
    SENDS = "sends"
    MISSES = "misses"
    TEXTS = "texts"
    MONEY = "money"


# Which norms are raised, and by what. All are everybody's together: a name that does not stand here, such as one of a
# person, a number or a source, is never raised.
RAISED: Mapping[str, Caused] = {
    limits.WEAK_SYSTEM_STARTS.name: Caused.STARTS,
    limits.SYSTEM_DRAWINGS.name: Caused.DRAWINGS,
    limits.SYSTEM_SENDS.name: Caused.SENDS,
    limits.SYSTEM_MISSES.name: Caused.MISSES,
    **{f"{medium}-{of}": Caused.TEXTS for medium in ("sms", "voice") for of in ("region", "day")},
    **{f"{medium}-money": Caused.MONEY for medium in ("sms", "voice")},
}
# How often by one person. Who must choose another password starts once, is sent a code for each of two proofs, and
# mistypes one; a check by picture draws three. Who is invited adds an address, and a new one counts twice.
OF_A_RESET: Mapping[Caused, int] = {
    Caused.STARTS: 1,
    Caused.DRAWINGS: 3,
    Caused.SENDS: 2,
    Caused.MISSES: 1,
    Caused.TEXTS: 2,
}
OF_AN_INVITATION: Mapping[Caused, int] = {Caused.SENDS: 2, Caused.TEXTS: 2}


@dataclass(frozen=True, slots=True)
class Expected:
    """What two administrators agreed to let come. `money`: beyond the caps, in the caps' own parts; 0: not raised."""

    campaign: str
    each: Mapping[Caused, int]
    people: int
    per_hour: int
    opens_at: datetime
    closes_at: datetime
    money: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether people come now because of it."""
        return self.opens_at <= now < self.closes_at

    def in_window(self, norm: Quota) -> int:
        """How many more within one window of this norm."""
        return self._of(norm, min(self.people, self.per_hour * (norm.window // HOUR)))

    def in_all(self, norm: Quota) -> int:
        """How many more from its first hour to its last."""
        return self._of(norm, self.people)

    def _of(self, norm: Quota, people: int) -> int:
        caused = RAISED.get(norm.name)
        if caused is None or (caused is Caused.TEXTS and not self.money):
            return 0
        return self.money if caused is Caused.MONEY else people * self.each.get(caused, 0)


def raised(norm: Quota, open_ones: Iterable[tuple[Expected, int]]) -> Quota:
    """The norm while these campaigns are open, each with what was used up: more than its number ends it."""
    more = sum(one.in_window(norm) for one, used in open_ones if used <= one.in_all(norm))
    return replace(norm, most=norm.most + more)
