"""Who acts in the console, and as what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody may be in the console. Whoever is none of these is nobody there."""

    ADMINISTRATOR = "administrator"
    HELP_DESK = "help-desk"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is signed in to the console. `subject`: the identity provider's own name for them; `name` is shown
    and kept with what they change."""

    subject: str = field(repr=False)
    name: str = field(repr=False)
    roles: frozenset[Role] = frozenset()

    def has_any(self, roles: Collection[Role]) -> bool:
        """Whether one of these is a role of theirs."""
        return not self.roles.isdisjoint(roles)
