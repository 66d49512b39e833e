"""Which changes of the policies a second administrator must agree to: what one alone could do the most harm with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .policy import Audience, Policy, ways


class Weakness(StrEnum):
    """What one proof, or one mistake of the help desk, would open."""

    SINGLE = "single"
    PRIVILEGED = "privileged"
    # A group that was kept out may hold those who rule others.
    GROUP_LET_IN = "group-let-in"


@dataclass(frozen=True, slots=True)
class Weaker:
    """A policy that became weaker, or that more people may fall to than before, and how it is weak."""

    weakness: Weakness
    policy: str


def weaker(
    before: Sequence[Policy], after: Sequence[Policy], carriers: Mapping[str, str], first: Collection[str]
) -> tuple[Weaker, ...]:
    """What of `after` was not as weak, for at least as many people, in `before`."""
    old = _weak(before, carriers, first)
    grown = [one for one in _weak(after, carriers, first) if not any(_covers(known, one) for known in old)]
    return (*(Weaker(one.weakness, one.policy.name) for one in grown), *_let_in(before, after))


def _let_in(before: Sequence[Policy], after: Sequence[Policy]) -> Iterator[Weaker]:
    kept_out = {policy.audience: policy.scope.forbidden_groups for policy in before}
    for policy in after:
        if kept_out.get(policy.audience, frozenset()) - policy.scope.forbidden_groups:
            yield Weaker(Weakness.GROUP_LET_IN, policy.name)


@dataclass(frozen=True, slots=True)
class _Weak:
    weakness: Weakness
    policy: Policy
    # Who is served by an earlier policy is not served by this one.
    earlier: frozenset[Audience]


def _weak(policies: Sequence[Policy], carriers: Mapping[str, str], first: Collection[str]) -> Sequence[_Weak]:
    found: list[_Weak] = []
    earlier: frozenset[Audience] = frozenset()
    for policy in sorted(policies, key=lambda one: one.position):
        if _single(policy, carriers, first):
            found.append(_Weak(Weakness.SINGLE, policy, earlier))
        if policy.scope.privileged:
            found.append(_Weak(Weakness.PRIVILEGED, policy, earlier))
        earlier |= {policy.audience}
    return found


def _single(policy: Policy, carriers: Mapping[str, str], first: Collection[str]) -> bool:
    """Whether one thing is enough: whoever has the phone has the text and the call."""
    named = {key: carrier for key, carrier in carriers.items() if key in policy.proof.named}
    return any(len({named[key] for key in way}) < 2 for way in ways(policy.proof, named, first))


def _covers(known: _Weak, one: _Weak) -> bool:
    """Whether it was as weak already, for the same people or for more: then nothing is turned on."""
    same = known.weakness is one.weakness and known.policy.audience == one.policy.audience
    return same and known.earlier <= one.earlier and known.policy.proof == one.policy.proof
