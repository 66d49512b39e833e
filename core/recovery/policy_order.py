"""Policies as a list that is put in order: the first that fits somebody is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .policy import Audience, Policy

STEP = 10


@dataclass(frozen=True, slots=True)
class Served:
    """A policy in its place: whoever belongs to one of the `earlier` audiences is served by another."""

    policy: Policy
    earlier: frozenset[Audience]

    def covers(self, other: Served) -> bool:
        """Whether whom the other one serves, and for what, is served by this one, or would be in its place."""
        same = self.policy.audience == other.policy.audience and self.earlier <= other.earlier
        # One who may unlock by little may not by that little choose a new password.
        return same and other.policy.purposes <= self.policy.purposes


def served(policies: Sequence[Policy]) -> tuple[Served, ...]:
    """Each in its place, the first one first."""
    found: list[Served] = []
    earlier = frozenset[Audience]()
    for policy in in_order(policies):
        found.append(Served(policy, earlier))
        earlier |= {policy.audience}
    return tuple(found)


def arranged(policies: Sequence[Policy]) -> tuple[Policy, ...]:
    """These policies with positions in the order in which they come, and room between them."""
    return tuple(replace(policy, position=(place + 1) * STEP) for place, policy in enumerate(policies))


def in_order(policies: Sequence[Policy]) -> tuple[Policy, ...]:
    """By position."""
    return tuple(sorted(policies, key=lambda policy: policy.position))


def put(policies: Sequence[Policy], name: str, policy: Policy) -> tuple[Policy, ...]:
    """With this one in place of the one of that name, or first of all if there is none."""
    if not any(one.name == name for one in policies):
        return arranged((policy, *in_order(policies)))
    return arranged([policy if one.name == name else one for one in in_order(policies)])


def without(policies: Sequence[Policy], name: str) -> tuple[Policy, ...]:
    """Without the one of that name."""
    return arranged([one for one in in_order(policies) if one.name != name])


def moved(policies: Sequence[Policy], name: str, by: int) -> tuple[Policy, ...]:
    """With the one of that name so many places further down, or up; the ends of the list are as far as it goes."""
    ordered = list(in_order(policies))
    place = next((place for place, one in enumerate(ordered) if one.name == name), None)
    if place is None:
        return tuple(ordered)
    policy = ordered.pop(place)
    ordered.insert(max(0, place + by), policy)
    return arranged(ordered)
