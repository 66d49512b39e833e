"""Which policies let a method open more than it did. Where standards advise against it, somebody must answer for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .policy import Policy, ways
from .policy_order import served

# The sets of methods by which somebody gets in, of those that hold the one in question.
Opened = frozenset[tuple[str, ...]]


def counted_anew(
    before: Sequence[Policy],
    after: Sequence[Policy],
    method: str,
    carriers: Mapping[str, str],
    first: Collection[str],
) -> tuple[str, ...]:
    """The policies of `after` in which it is part of a way in that the same people did not have by it in `before`."""
    old = [(known, _opens(known.policy, method, carriers, first)) for known in served(before)]
    new = [(one, _opens(one.policy, method, carriers, first)) for one in served(after)]
    return tuple(
        one.policy.name
        for one, opens in new
        if opens and not any(known.covers(one) and opens <= opened for known, opened in old)
    )


def _opens(policy: Policy, method: str, carriers: Mapping[str, str], first: Collection[str]) -> Opened:
    named = {key: carrier for key, carrier in carriers.items() if key in policy.proof.named}
    return frozenset(way for way in ways(policy.proof, named, first) if method in way)
