"""The link in a notice: it can stop self-service for the one person the notice was for, and do nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...db.sealing import Keyring
from ..sealed_links import SealedLinks
from ..surroundings import Surroundings

GOOD_FOR = timedelta(days=7)
PATH = "/wasnt-me/"


@dataclass(frozen=True, slots=True)
class Told:
    """What a link stands for: whom a notice was for, about which event of which recovery, and when that happened."""

    person_id: str
    recovery_id: str
    about: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeLinks:
    """Keeps no row: a link carries its own facts."""

    keyring: Keyring
    around: Surroundings

    @property
    def _links(self) -> SealedLinks:
        return SealedLinks(self.keyring, "wasnt_me")

    def link(self, told: Told) -> str:
        """The address of the page."""
        token = self._links.write(str(int(told.at.timestamp())), told.recovery_id, told.person_id, told.about)
        return f"{self.around.origin}{PATH}{token}"

    def read(self, token: str) -> Told | None:
        """What it stands for; None if it is none of ours or too old, and nobody learns which."""
        try:
            at, recovery_id, person_id, about = self._links.read(token)
            told = Told(person_id, recovery_id, about, datetime.fromtimestamp(int(at), UTC))
        except ValueError:
            return None
        return told if self.around.now() < told.at + GOOD_FOR else None
