"""Which policies let a method open more than it did. Where standards advise against it, somebody must answer for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .policy import Audience, Policy, ways

# The sets of methods by which somebody of these people gets in, of those that hold the one in question.
Opened = frozenset[tuple[str, ...]]


def counted_anew(
    before: Sequence[Policy],
    after: Sequence[Policy],
    method: str,
    carriers: Mapping[str, str],
    first: Collection[str],
) -> tuple[str, ...]:
    """The policies of `after` in which it is part of a way in that the same people did not have by it in `before`."""
    old = _opened(before, method, carriers, first)
    return tuple(
        policy.name
        for policy, earlier, opens in _opened(after, method, carriers, first)
        if opens and not any(_covers(known, policy, earlier, opens) for known in old)
    )


def _opened(
    policies: Sequence[Policy], method: str, carriers: Mapping[str, str], first: Collection[str]
) -> list[tuple[Policy, frozenset[Audience], Opened]]:
    """Each with whom the policies above it serve: nobody of those is served by it."""
    found, earlier = [], frozenset[Audience]()
    for policy in sorted(policies, key=lambda one: one.position):
        named = {key: carrier for key, carrier in carriers.items() if key in policy.proof.named}
        opens = frozenset(way for way in ways(policy.proof, named, first) if method in way)
        found.append((policy, earlier, opens))
        earlier |= {policy.audience}
    return found


def _covers(
    known: tuple[Policy, frozenset[Audience], Opened], policy: Policy, earlier: frozenset[Audience], opens: Opened
) -> bool:
    """Whether the same people, or more, had these ways already."""
    old, above, opened = known
    return old.audience == policy.audience and above <= earlier and opens <= opened
