"""Who may be what in the console, and how long they stay."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from .actor import Role


@dataclass(frozen=True, slots=True)
class ConsoleRules:
    """`groups`: for each role the names of the groups that have it, letter by letter. None of them: nobody is it."""

    groups: Mapping[Role, Collection[str]]
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=8)

    def roles_of(self, theirs: Collection[str]) -> frozenset[Role]:
        """The roles of whoever is in these groups. Whole names alone: "not-admins" has no "admins" in it (J16)."""
        return frozenset(role for role, names in self.groups.items() if not frozenset(names).isdisjoint(theirs))

    @property
    def edition(self) -> str:
        """Another one as soon as a group has another role: every session from before is over then."""
        told = {role.value: sorted(names) for role, names in self.groups.items()}
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
