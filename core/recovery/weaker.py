"""Which changes of the policies a second administrator must agree to: what one alone could do the most harm with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .policy import Policy, ways
from .policy_order import Served, served


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


def weaker(before: Sequence[Policy], after: Sequence[Policy], carriers: Mapping[str, str]) -> tuple[Weaker, ...]:
    """What of `after` was not as weak, for at least as many people, in `before`.

    `carriers`: what each method rides on that could be used, also one that is off or may not come first today: else
    one alone could turn it on afterwards.
    """
    old = _weak(before, carriers)
    grown = [one for one in _weak(after, carriers) if not any(_covers(known, one) for known in old)]
    return (*(Weaker(one.weakness, one.served.policy.name) for one in grown), *_let_in(before, after))


def _let_in(before: Sequence[Policy], after: Sequence[Policy]) -> Iterator[Weaker]:
    """Whoever falls to another policy than before, and belongs to a group, may have been kept out by any of them."""
    old = served(before)
    kept_out = frozenset[str]().union(*(known.policy.scope.forbidden_groups for known in old))
    for one in served(after):
        forbidden = one.policy.scope.forbidden_groups
        as_before = any(known.covers(one) and known.policy.scope.forbidden_groups <= forbidden for known in old)
        if not as_before and kept_out - forbidden:
            yield Weaker(Weakness.GROUP_LET_IN, one.policy.name)


@dataclass(frozen=True, slots=True)
class _Weak:
    weakness: Weakness
    served: Served


def _weak(policies: Sequence[Policy], carriers: Mapping[str, str]) -> Sequence[_Weak]:
    found: list[_Weak] = []
    for one in served(policies):
        if _single(one.policy, carriers):
            found.append(_Weak(Weakness.SINGLE, one))
        if one.policy.scope.privileged:
            found.append(_Weak(Weakness.PRIVILEGED, one))
    return found


def _single(policy: Policy, carriers: Mapping[str, str]) -> bool:
    """Whether one thing is enough: whoever has the phone has the text and the call."""
    named = {key: carrier for key, carrier in carriers.items() if key in policy.proof.named}
    return any(len({named[key] for key in way}) < 2 for way in ways(policy.proof, named, named))


def _covers(known: _Weak, one: _Weak) -> bool:
    """Whether it was as weak already, for the same people or for more: then nothing is turned on."""
    same = known.weakness is one.weakness and known.served.policy.proof == one.served.policy.proof
    return same and known.served.covers(one.served)
