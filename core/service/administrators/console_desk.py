"""What the console's pages ask about whoever is signed in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..enrolling.signed_in import FRESH, SKEW
from .actor import Actor


@dataclass(frozen=True, slots=True)
class InConsole:
    """A session in the console. `at`: when their identity provider saw them prove who they are (auth_time).

    `by_link`: by a link that was made on the server, when nobody could sign in otherwise.
    """

    session: str = field(repr=False)  # what finds the session's row; never shown
    actor: Actor
    at: datetime
    by_link: bool = False

    def is_fresh(self, now: datetime) -> bool:
        """Whether they may do what is sensitive: whoever walked away from the screen a while ago has to come back."""
        return -SKEW <= now - self.at < FRESH


class ConsoleDesk(Protocol):
    """Every page of the console shows its cookie here first; what is in doubt is nobody (P12)."""

    def whoever(self, key: str) -> InConsole | None:
        """Who holds this key; nobody once the session was ended, its time is over, or a role was taken away."""

    def form_token(self, who: InConsole) -> str:
        """What a form of this very session carries."""

    def fits(self, who: InConsole, token: str) -> bool:
        """Whether a form was made for this session."""

    def keep(self, who: InConsole, path: str, typed: Mapping[str, list[str]]) -> None:
        """What was typed and could not be saved: for the page they come back to after they signed in again."""

    def take(self, who: InConsole, path: str) -> Mapping[str, list[str]]:
        """What was typed on this page before, if anything was; it is gone by that."""

    def someone_by_link(self) -> bool:
        """Whether somebody is in by a link that was made on the server: everybody in the console should know."""

    def now(self) -> datetime:
        """The house's clock."""
