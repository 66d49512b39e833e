"""What changed between two sets of rules, as a page says it: what it is called, what it was and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from ..core.contracts.text import Text
from ..core.recovery.differences import Difference
from ..core.recovery.policy import Disclosure, Purpose
from .policy_fields import PURPOSES
from .policy_form import STANDS, Stand
from .public_fields import DISCLOSURES
from .rule_words import of_span

METHODS = ("proof.required", "proof.optional")
YES, NO, NOTHING, EVERYBODY = Text("Yes"), Text("No"), Text("Nothing"), Text("Everybody")
ORDER, NEW, DELETED = Text("Order"), Text("New policy"), Text("Deleted")
Words = Text | str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of "If you save this". Empty words: there is nothing before, or after."""

    policy: str
    label: Words
    before: Words
    after: Words


@dataclass(frozen=True)
class Changes:
    """Knows what fields, methods and directories are called."""

    labels: Mapping[str, Text]
    methods: Mapping[str, Text]
    stores: Mapping[str, Words]

    def lines(self, differences: Sequence[Difference]) -> tuple[Line, ...]:
        """In words, policy by policy; methods first, each with how it stands."""
        policies = dict.fromkeys(one.policy for one in differences)
        return tuple(line for policy in policies for line in self._of(policy, differences))

    def _of(self, policy: str, differences: Sequence[Difference]) -> Iterator[Line]:
        theirs = [one for one in differences if one.policy == policy]
        if any(one.field == "policy" for one in theirs):
            gone = any(one.field == "policy" and one.after is None for one in theirs)
            yield Line(policy, DELETED if gone else NEW, "", "")
        yield from self._methods(policy, {one.field: one for one in theirs})
        for one in theirs:
            if one.field == "order":
                yield Line("", ORDER, _listed(one.before), _listed(one.after))
            elif one.field not in ("policy", *METHODS):
                label = self.labels.get(one.field, one.field)
                yield Line(policy, label, self._value(one, one.before), self._value(one, one.after))

    def _methods(self, policy: str, theirs: Mapping[str, Difference]) -> Iterator[Line]:
        required, optional = (theirs.get(name, Difference(policy, name, frozenset(), frozenset())) for name in METHODS)
        for key in sorted((required.before ^ required.after) | (optional.before ^ optional.after)):
            was = _stand(key, required.before, optional.before)
            now = _stand(key, required.after, optional.after)
            yield Line(policy, self.methods.get(key, key), STANDS[was], STANDS[now])

    def _value(self, one: Difference, value: Any) -> Words:  # noqa: ANN401
        match value:
            case bool():
                return YES if value else NO
            case timedelta():
                return of_span(value)
            case Enum():
                return DISCLOSURES[value] if isinstance(value, Disclosure) else str(value)
            case frozenset() | tuple():
                named = [self._name(each) for each in (sorted(value) if isinstance(value, frozenset) else value)]
                return _listed(named) or (EVERYBODY if one.field.startswith("audience.") else NOTHING)
        return str(value)

    def _name(self, value: object) -> Words:
        if isinstance(value, timedelta):
            return of_span(value)
        if isinstance(value, Enum):
            return PURPOSES[value] if isinstance(value, Purpose) else str(value)
        return self.methods.get(str(value)) or self.stores.get(str(value)) or str(value)


def _stand(key: str, required: frozenset[str], optional: frozenset[str]) -> Stand:
    return Stand.REQUIRED if key in required else Stand.OPTIONAL if key in optional else Stand.OFF


def _listed(words: Sequence[Words]) -> Words:
    said: Words = ""
    for one in words:
        said = Text("{one}, {other}", one=said, other=one) if said else one
    return said
