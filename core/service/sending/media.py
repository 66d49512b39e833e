"""What holds for each medium: where its messages may go, who carries them, and what they may cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...recovery.limits import DAY, HOUR, Quota
from .numbers import NumberRules

T = TypeVar("T")

# Where a message goes to a number and costs money.
PHONE_MEDIA = ("sms", "voice")
# Money is counted in whole numbers: so many to one of your currency.
PARTS = 10_000


@dataclass(frozen=True, kw_only=True)
class MediumRules:
    """Of one medium. Prices and `money_per_day` are in ten-thousandths of your currency; channels by their keys."""

    numbers: NumberRules = NumberRules()
    channels: tuple[str, ...] = ()
    prices: Mapping[str, int] = field(default_factory=dict)
    usual_price: int = PARTS // 10
    per_range_hour: int = 10
    per_region_hour: int = 50
    per_day: int = 1000
    money_per_day: int = 50 * PARTS

    def in_order(self, channels: Mapping[str, T]) -> tuple[T, ...]:
        """The channels that carry it, the first choice first: those that are named and no others, or all as they are
        configured."""
        return tuple(channels[key] for key in self.channels or channels if key in channels)

    def price(self, channels: Sequence[str]) -> int:
        """What one message may cost at most, whichever of these carries it in the end."""
        return max((self.prices.get(key, self.usual_price) for key in channels), default=self.usual_price)

    def quotas(self, medium: str) -> tuple[Quota, Quota, Quota, Quota]:
        """What one range of numbers, one region, and everybody together may have; then what it may cost."""
        return (
            Quota(f"{medium}-range", self.per_range_hour, HOUR),
            Quota(f"{medium}-region", self.per_region_hour, HOUR),
            Quota(f"{medium}-day", self.per_day, DAY),
            Quota(f"{medium}-money", self.money_per_day, DAY),
        )


NO_RULES = MediumRules()
