"""What the settings say of each medium, as the service wants it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.service.sending.media import PARTS, PHONE_MEDIA, MediumRules
from ..core.service.sending.numbers import NumberRules, is_region
from .settings import MediumSettings, Settings

# Shorter than this it would vouch for a whole country, and with it for what somebody is paid for.
_KNOWN = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)


def rules_of(settings: MediumSettings) -> MediumRules:
    """In whole numbers: money that is counted in fractions is never quite spent."""
    return MediumRules(
        numbers=NumberRules(frozenset(settings.regions), settings.voip, settings.known),
        channels=settings.channels,
        prices={channel: round(price * PARTS) for channel, price in settings.prices.items()},
        usual_price=round(settings.usual_price * PARTS),
        per_range_hour=settings.per_range_hour,
        per_region_hour=settings.per_region_hour,
        per_day=settings.per_day,
        money_per_day=round(settings.money_per_day * PARTS),
    )


def misspelt(settings: Settings) -> Iterator[str]:
    """What would silently hold for nothing."""
    for medium, rules in settings.media.items():
        if medium not in (*PHONE_MEDIA, "email"):
            yield f"media.{medium}: there is sms, voice and email"
        for code in rules.regions:
            if not is_region(code):
                yield f"media.{medium}.regions: {code!r} is no region; they are two capital letters, such as DE"
        for start in rules.known:
            if not _KNOWN.fullmatch(start):
                yield f"media.{medium}.known: {start!r} must be + and at least six digits"
        for channel in {*rules.channels, *rules.prices} - {*settings.plugins.load}:
            yield f"media.{medium}: {channel!r} is not in plugins.load"
