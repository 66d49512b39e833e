"""A policy as a form, and back: only what the form shows is taken, whatever else is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from wtforms import BooleanField, Form, RadioField

from ..core.contracts.text import Text
from ..core.recovery.policy import Policy, ProofRules
from .policy_fields import NAME, Row, Section, sections
from .rule_inputs import Whole, listed

# A method's key follows; no field of a policy begins so.
METHOD = "method__"
MOST_PROOFS = 4


class Stand(StrEnum):
    """How a method stands in a policy."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


STANDS: Mapping[Stand, Text] = {
    Stand.REQUIRED: Text("Required"),
    Stand.OPTIONAL: Text("Optional"),
    Stand.OFF: Text("Off"),
}
PROOF = (
    Row("proof.at_least", Whole(Text("Proofs at least"), low=1, high=MOST_PROOFS)),
    Row(
        "proof.different_carriers",
        BooleanField(
            Text("They must not ride on the same thing"),
            description=Text("Text and call to the same phone count as one."),
        ),
    ),
)


class PolicyForm:
    """The form of one policy: `fields` for WTForms, and what it says as a policy again."""

    def __init__(
        self, policy: Policy, methods: Mapping[str, object], stores: Mapping[str, object], *, for_all: bool
    ) -> None:
        self.policy = policy
        self.methods = methods
        # A directory that is off at the moment stays chosen.
        known = {**{key: key for key in sorted(policy.audience.stores)}, **stores}
        self.sections: tuple[Section, ...] = sections(known, for_all=for_all)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All that is asked, without the methods."""
        return (NAME, *PROOF, *(row for section in self.sections for row in section.rows))

    def kind(self, base: type[Form]) -> type[Form]:
        """The form's class, over the console's own."""
        asked: dict[str, Any] = {row.name: row.field for row in self.rows}
        asked |= {METHOD + key: RadioField(label, choices=listed(STANDS)) for key, label in self.methods.items()}
        return type("Policy", (base,), asked)

    def data(self) -> dict[str, Any]:
        """What the form shows at first."""
        shown = {row.name: _shown(get_at(self.policy, row.path)) for row in self.rows}
        return shown | {METHOD + key: stand_of(self.policy.proof, key).value for key in self.methods}

    def read(self, form: Form) -> Policy:
        """The policy as the form says it now. The form must be valid."""
        policy = self.policy
        for row in self.rows:
            policy = put_at(policy, row.path, row.make(form[row.name].data))
        stands = {key: Stand(form[METHOD + key].data) for key in self.methods}
        return replace(policy, proof=_standing(policy.proof, stands))


def stand_of(rules: ProofRules, key: str) -> Stand:
    """How this method stands."""
    if key in rules.required:
        return Stand.REQUIRED
    return Stand.OPTIONAL if key in rules.optional else Stand.OFF


def _standing(rules: ProofRules, stands: Mapping[str, Stand]) -> ProofRules:
    """Methods that are not on the page, because nobody loads them, stay as they are."""

    def now(before: Iterable[str], stand: Stand) -> frozenset[str]:
        kept = {key for key in before if key not in stands}
        return frozenset(kept | {key for key, chosen in stands.items() if chosen is stand})

    return replace(rules, required=now(rules.required, Stand.REQUIRED), optional=now(rules.optional, Stand.OPTIONAL))


def _shown(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def get_at(rules: Any, path: str) -> Any:  # noqa: ANN401
    """What stands there."""
    for name in path.split("."):
        rules = getattr(rules, name)
    return rules


def put_at(rules: Any, path: str, value: object) -> Any:  # noqa: ANN401
    """The same rules with this there."""
    name, _, rest = path.partition(".")
    return replace(rules, **{name: put_at(getattr(rules, name), rest, value) if rest else value})
