"""The public rules as a form, and back: only what the form shows is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wtforms import Form

from ..core.contracts.text import Text
from ..core.recovery.policy import PublicRules
from .policy_fields import Row, Section
from .policy_form import get_at, put_at
from .public_fields import sections

# What is chosen from the methods that are on; the others stay as they are.
CHOSEN = ("methods", "type_destination")


@dataclass(frozen=True)
class PublicForm:
    """`first` may begin, `typed` have a destination that can be typed: both by key, with what they are called."""

    rules: PublicRules
    first: Mapping[str, Text]
    typed: Mapping[str, Text]
    pinned: bool

    @property
    def sections(self) -> tuple[Section, ...]:
        """The panels; methods in the order in which people see them."""
        order = [key for key in self.rules.methods if key in self.first]
        shown = {key: self.first[key] for key in dict.fromkeys([*order, *self.first])}
        return sections(shown, self.typed, pinned=self.pinned)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All that is asked."""
        return tuple(row for section in self.sections for row in section.rows)

    def kind(self, base: type[Form]) -> type[Form]:
        """The form's class, over the console's own."""
        return type("Public", (base,), {row.name: row.field for row in self.rows})

    def data(self) -> dict[str, Any]:
        """What the form shows at first."""
        shown = {row.name: get_at(self.rules, row.path) for row in self.rows}
        offered: Mapping[str, Mapping[str, Text]] = {"methods": self.first, "type_destination": self.typed}
        return shown | {name: [key for key in shown[name] if key in offered[name]] for name in CHOSEN}

    def read(self, form: Form) -> PublicRules:
        """The rules as the form says them now. The form must be valid."""
        rules = self.rules
        for row in self.rows:
            rules = put_at(rules, row.path, row.make(form[row.name].data))
        return replace(
            rules,
            methods=_with_unseen(rules.methods, self.rules.methods, self.first),
            type_destination=_with_unseen(rules.type_destination, self.rules.type_destination, self.typed),
        )


def _with_unseen(chosen: Sequence[str], before: Sequence[str], offered: Mapping[str, Text]) -> tuple[str, ...]:
    """In the order that was; what nobody loads at the moment keeps its place."""
    kept = [key for key in before if key in chosen or key not in offered]
    return (*kept, *(key for key in chosen if key not in kept))
