"""What people do with their accounts: join two, and part them."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class AccountLinked(Event):
    """A person showed that another account is theirs too, and joined it. `how`: password or sign-in; `counts_from`:
    when one reset can set both, in ISO 8601."""

    name = "link.added"
    stores: tuple[str, ...]
    how: str
    counts_from: str


@dataclass(frozen=True, slots=True)
class LinkCounts(Event):
    """From now on one reset can set both."""

    name = "link.counts"
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkMissed(Event):
    """Somebody signed in did not show that another account is theirs. `reason`: unknown, ambiguous, wrong, locked,
    taken, frozen, or as for nobody."""

    name = "link.missed"
    store: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccountParted(Event):
    """Two accounts are one person's no more. `why`: self, or frozen where somebody said "this wasn't me" in time."""

    name = "link.removed"
    stores: tuple[str, ...]
    why: str
