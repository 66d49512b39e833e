"""The address at which a carrier tells us about one message: good for that message alone."""

from __future__ import annotations

from dataclasses import dataclass

from ...db.sealing import Keyring
from ..sealed_links import SealedLinks
from ..surroundings import Surroundings

PATH = "/callback/"
# In the place of an offer: it is about an address that somebody is adding.
ADDING = "adding"


@dataclass(frozen=True, slots=True)
class About:
    """Which message: the challenge of which recovery, to which of the person's offers, by which channel.

    Where there is no recovery yet: what was posted, for what is being added.
    """

    channel: str
    recovery_id: str
    challenge_id: str
    offer: str


@dataclass(frozen=True, kw_only=True)
class CallbackLinks:
    """Keeps no row: a link carries its own facts. How long it is good, the challenge decides."""

    keyring: Keyring
    around: Surroundings

    @property
    def _links(self) -> SealedLinks:
        return SealedLinks(self.keyring, "callback")

    def address(self, about: About) -> str:
        """Where to tell us; the carrier is trusted with it, nobody else sees it."""
        token = self._links.write(about.channel, about.recovery_id, about.challenge_id, about.offer)
        return f"{self.around.origin}{self.path(about.channel, token)}"

    def path(self, channel: str, token: str) -> str:
        """The page's own address."""
        return f"{PATH}{channel}/{token}"

    def read(self, channel: str, token: str) -> About | None:
        """What it is about; None if it is none of ours, or was given to another channel."""
        try:
            about = About(*self._links.read(token))
        except TypeError:
            return None
        return about if about.channel == channel else None
