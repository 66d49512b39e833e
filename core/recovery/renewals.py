"""When people are asked to add a method, how often they may say "Later", and what is asked about again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .policy import EnrolmentRules, Policy, enough


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to being asked, and the way they like best ("method.offer")."""

    laters: int = 0
    first_later: datetime | None = None
    default: str = ""
    # When they last said of an enrolment that it is still right.
    confirmed: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Later:
    """How often they may still say it, and until when. None left: they are not let past any more."""

    left: int
    until: datetime


def short(policy: Policy, carriers: Mapping[str, str], first: Collection[str]) -> bool:
    """Whether they have less than their policy needs. `carriers`: what each of their methods rides on.

    What still waits counts: they did their part.
    """
    needed = policy.enrolment.methods_needed
    if not needed:
        return False
    kinds = set(carriers.values()) if policy.proof.different_carriers else carriers.keys()
    return len(kinds) < needed or not enough(policy.proof, carriers, first)


def later(rules: EnrolmentRules, standing: Standing, now: datetime) -> Later:
    """What is left of it. The time runs from the first "Later", not from a page that nobody may have read."""
    until = (standing.first_later or now) + rules.later_for
    return Later(max(0, rules.later_allowed - standing.laters) if now < until else 0, until)


def put_off(standing: Standing, now: datetime) -> Standing:
    """They said "Later"."""
    return replace(standing, laters=standing.laters + 1, first_later=standing.first_later or now)


def done(standing: Standing) -> Standing:
    """They have what is needed: should that change one day, they begin with all their "Later"s."""
    return replace(standing, laters=0, first_later=None)


def old_since(
    rules: EnrolmentRules, standing: Standing, enrolment_id: str, shown: datetime, *, now: datetime
) -> datetime | None:
    """Since when nobody has said that this one is still right, if that is too long ago. `shown`: when it last proved
    something, which says so too."""
    last = max(shown, standing.confirmed.get(enrolment_id, shown))
    asks = rules.confirm_again_after > timedelta(0)
    return last if asks and now - last >= rules.confirm_again_after else None


def confirm(standing: Standing, enrolment_id: str, kept: Collection[str], now: datetime) -> Standing:
    """It is still right. What is not `kept` any more is forgotten."""
    known = {each: at for each, at in standing.confirmed.items() if each in kept}
    return replace(standing, confirmed={**known, enrolment_id: now})
