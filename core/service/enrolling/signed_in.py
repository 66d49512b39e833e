"""Somebody whom the company's identity provider vouches for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...contracts.people import Person

FRESH = timedelta(minutes=5)
SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of this person. `at`: when their identity provider saw them prove who they are (auth_time)."""

    session: str = field(repr=False)  # what finds the session's row; never shown
    person: Person  # with the account as its store found it at sign-in, and that account's contacts
    at: datetime
    # When they proved it here since, by a method that they had.
    proven_at: datetime | None = None
    # The page that they wanted before they were asked for something, and whether they said "Later" to that here.
    wanted: str = ""
    put_off: bool = False
    # The door by which they came to their methods.
    entry: str = ""

    def is_fresh(self, now: datetime) -> bool:
        """Whether they may change methods: that needs this, or a proof by an enrolled method."""
        # Two clocks are never quite alike, so a moment that is about to come is one.
        return any(-SKEW <= now - at < FRESH for at in (self.at, self.proven_at) if at is not None)
