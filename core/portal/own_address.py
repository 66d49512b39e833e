"""What the pages say while somebody adds a phone or a mailbox: regions, the wait for the code, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..contracts.method import Challenge
from ..contracts.text import Text
from ..service.enrolling.new_address import Underway
from ..service.sending import numbers
from ..service.sending.numbers import Region
from . import words
from .prompt_form import Problem

# What may be left out: a number that begins with + says its country, and few stand behind a switchboard.
OPTIONAL = frozenset({"region", "extension"})
# Where a code is heard and not read.
CALLED = frozenset({"voice"})
BACK = {True: Text("Use another number"), False: Text("Use another address")}
UNDELIVERED: Mapping[str, Text] = {
    "sms": Text("The text couldn't be delivered. Check the number."),
    "voice": Text("The call didn't get through. Check the number."),
    "email": Text("The e-mail couldn't be delivered. Check the address."),
}
NOT_DELIVERED = Text("The code couldn't be delivered. Check where it should go.")


@dataclass(frozen=True, slots=True)
class Waits:
    """What the policy makes of a new address: when it counts, and whether it is ever enough by itself."""

    cool_down: timedelta
    proofs: int


def needed(problems: Sequence[Problem], typed: Mapping[str, str]) -> tuple[Problem, ...]:
    """Those that are about more than a field left out that may be."""
    return tuple(one for one in problems if one.field not in OPTIONAL or typed.get(one.field))


def where(key: str, challenge: Challenge, underway: Underway, waits: Waits, language: str) -> dict[str, Any]:
    """The first page: where the code shall go. What was typed before the code was sent is still there."""
    phone = challenge.prompt.widget == "phone"
    chosen = underway.typed.get("region") or numbers.home(challenge.prompt.data.get("calling_code", ""))
    return {
        "method": key,
        "rings": key in CALLED,
        "before": underway.typed,
        "chosen": chosen,
        "regions": _own_first(numbers.regions(language), chosen) if phone else (),
        "counts_after": _counts_after(phone=phone, cool_down=waits.cool_down),
        "never_alone": phone and waits.proofs > 1,
    }


def code(key: str, underway: Underway, now: datetime) -> dict[str, Any]:
    """The second page: the code, and what to do when it does not come."""
    again = words.RINGS_AGAIN if key in CALLED else words.ANOTHER_IS_COMING
    seconds = words.seconds_until(underway.again_at, now) if underway.again_at else 0
    return {
        "method": key,
        "rings": key in CALLED,
        "undelivered": UNDELIVERED.get(key, NOT_DELIVERED) if underway.undelivered else None,
        "back": BACK[underway.phone],
        "resend": {
            "seconds": seconds,
            "time": Text.plural("{n} second", "{n} seconds", n=seconds),
            "again": again if underway.times > 1 and not underway.undelivered else None,
            "none_left": None if underway.again_at else Text("No more codes can be sent in this try. Start again."),
        },
    }


def _own_first(regions: Sequence[Region], own: str) -> tuple[Region, ...]:
    return tuple(sorted(regions, key=lambda region: region.code != own))


def _counts_after(*, phone: bool, cool_down: timedelta) -> Text | None:
    if not cool_down:
        return None
    time = words.duration(round(cool_down.total_seconds()))
    if phone:
        return Text("A new number counts after {time}.", time=time)
    return Text("A new address counts after {time}.", time=time)
