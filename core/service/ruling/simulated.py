"""What would happen if somebody came: what the simulator says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ...contracts.masking import masked_end, spoken
from ...contracts.method import Method, Offer
from ...contracts.people import Enrolment, Person
from ...contracts.text import Text
from ...recovery.policy import Audience, Policy
from ...recovery.reach import Rules, unfit
from ...recovery.state import Subject


@dataclass(frozen=True, slots=True)
class Considered:
    """A policy that was asked whether it fits. `unfit`: which parts of its audience they do not belong to."""

    name: str
    audience: Audience
    unfit: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether this is the one."""
        return not self.unfit


@dataclass(frozen=True, slots=True)
class Sight:
    """One line of what they would see: a method, what it says, and the masked end in it."""

    method: str
    label: Text
    says: Text
    end: str = ""

    @property
    def heard(self) -> Text:
        """For the ear, without the dots."""
        return spoken(self.says)


class Why(StrEnum):
    """Why a method that is on is not offered."""

    OFF = "off"
    WAITS = "waits"
    NOT_USABLE = "not-usable"
    NOT_SET_UP = "not-set-up"


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A method that they could not use. `until`: from when on they could."""

    method: str
    label: Text
    why: Why
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Simulated:
    """The whole answer. `refusal`: why no way would help, in the flow's own words; also who nobody is."""

    refusal: str = ""
    name: str = field(default="", repr=False)
    stores: tuple[str, ...] = ()
    considered: tuple[Considered, ...] = ()
    policy: Policy | None = None
    # Before the first proof; where it is empty with masked ends, they would see decoys and could not begin.
    first: tuple[Sight, ...] = ()
    masked: bool = False
    offers: tuple[Sight, ...] = ()
    not_offered: tuple[NotOffered, ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()
    # For each method that they lack: the combination that it would make enough.
    help: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Linked accounts that would not take part: in which store, and why.
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def yes(self) -> bool:
        """Whether they would get in."""
        return bool(self.ways)

    @property
    def found(self) -> bool:
        """Whether there is somebody, and one only."""
        return self.policy is not None


def considered(rules: Rules, person: Person) -> tuple[Considered, ...]:
    """The policies in their order, up to the one that holds."""
    found = []
    for policy in sorted(rules.policies, key=lambda each: each.position):
        missed = unfit(policy.audience, person)
        found.append(Considered(policy.name, policy.audience, missed))
        if not missed:
            break
    return tuple(found)


def sights(offers: Sequence[Offer], methods: Mapping[str, Method]) -> tuple[Sight, ...]:
    """These offers as a page shows them, with masked ends."""
    return tuple(Sight(o.method, methods[o.method].label, o.label, masked_end(o.label)) for o in offers)


def not_offered(
    subject: Subject, enrolled: Sequence[Enrolment], methods: Mapping[str, Method], now: datetime
) -> tuple[NotOffered, ...]:
    """Each method that is on and offers them nothing, with the reason."""
    offered = {offer.method for offer in subject.offers}
    missing = (key for key in methods if key not in offered)
    return tuple(_why(methods[key], subject.policy, [e for e in enrolled if e.method == key], now) for key in missing)


def _why(method: Method, policy: Policy, enrolled: Sequence[Enrolment], now: datetime) -> NotOffered:
    if method.key not in policy.proof.named:
        return NotOffered(method.key, method.label, Why.OFF)
    waits = [each.usable_from for each in enrolled if each.usable_from > now]
    if waits:
        return NotOffered(method.key, method.label, Why.WAITS, min(waits))
    return NotOffered(method.key, method.label, Why.NOT_USABLE if enrolled else Why.NOT_SET_UP)
