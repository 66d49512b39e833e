"""What changed between two sets of rules, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

from .policy import Policy, PublicRules

# What a field that is not there says: a policy came, or went.
NOTHING = None
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what it was. `policy` is its name now, or its last; empty for the public rules."""

    policy: str
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.policy}.{self.field}: {_said(self.before)} > {_said(self.after)}".removeprefix(".")


def between_public(before: PublicRules, after: PublicRules) -> tuple[Difference, ...]:
    """How the public rules changed."""
    return between_values(before, after)


def between_values(before: Value, after: Value) -> tuple[Difference, ...]:
    """How two values of one dataclass differ."""
    return tuple(_fields("", before, after))


def between(before: Sequence[Policy], after: Sequence[Policy]) -> tuple[Difference, ...]:
    """How the policies changed: which came and went, in which order they stand, and what each says."""
    return tuple(_between(_ordered(before), _ordered(after)))


def _between(before: Mapping[str, Policy], after: Mapping[str, Policy]) -> Iterator[Difference]:
    renamed = _renamed(before, after)
    for name, policy in after.items():
        old = before.get(renamed.get(name, name))
        if old is None:
            yield Difference(name, "policy", NOTHING, name)
            old = Policy(name)
        yield from _fields(name, old, policy)
    gone = [name for name in before if name not in after and name not in renamed.values()]
    yield from (Difference(name, "policy", name, NOTHING) for name in gone)
    places = [renamed.get(name, name) for name in after]
    if [name for name in places if name in before] != [name for name in before if name in places]:
        yield Difference("", "order", tuple(before), tuple(after))


def _ordered(policies: Sequence[Policy]) -> dict[str, Policy]:
    return {policy.name: policy for policy in sorted(policies, key=lambda one: one.position)}


def _renamed(before: Mapping[str, Policy], after: Mapping[str, Policy]) -> dict[str, str]:
    """The new name and the old one, where one left and one came to the same place."""
    left, came = [name for name in before if name not in after], [name for name in after if name not in before]
    alone = len(left) == len(came) == 1 and list(before).index(left[0]) == list(after).index(came[0])
    return {came[0]: left[0]} if alone else {}


def _fields(policy: str, before: Any, after: Any, path: str = "") -> Iterator[Difference]:  # noqa: ANN401
    for each in fields(before):
        old, new, name = getattr(before, each.name), getattr(after, each.name), f"{path}{each.name}"
        # Where it stands is said once for all of them.
        if old == new or name == "position":
            continue
        if is_dataclass(old):
            yield from _fields(policy, old, new, f"{name}.")
        else:
            yield Difference(policy, name, old, new)


def _said(value: Any) -> str:  # noqa: ANN401
    match value:
        case frozenset():
            return ", ".join(sorted(map(str, value))) or "-"
        case tuple():
            return ", ".join(map(str, value)) or "-"
        case None:
            return "-"
    return str(value)
