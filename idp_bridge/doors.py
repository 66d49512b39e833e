"""Every door by which people come and go: where a link leads back to, and what a client of OpenID Connect is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..core.contracts.entry import Entry, OidcClient
from ..core.recovery.policy import Purpose
from ..core.recovery.state import Recovery, Stage
from ..core.service.clients.client_desk import Asked, ClientDesk, Grant
from . import claims
from .authorize import Request, address, read
from .entries import Entries

# Whoever sits on the last page for longer is not who the client waits for any more.
BACK_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Doors:
    """A client's request is looked at anew at each step: its entry may be gone, or its address, since it was made."""

    entries: Entries
    desk: ClientDesk
    issuer: str

    def get(self, key: str) -> Entry | None:
        """The door with this key."""
        return self.entries.get(key)

    def allowed(self, key: str, return_to: str) -> str:
        """What may be kept as the way back: a listed address, or a request of this door's client that is not old."""
        asked = self._asked(key, return_to)
        if asked is not None:
            return return_to if self.desk.around.now() < asked.until else ""
        return self.entries.allowed(key, return_to)

    def ask(self, request: Request) -> tuple[str, str]:
        """Which door's client asks, and its request as it goes through the page. Raises TurnedAway or Declined."""
        asked = read(request, self.get, self.issuer, self.desk.around.now())
        return asked.entry, self.desk.seal(asked)

    def purpose(self, key: str, return_to: str) -> Purpose | None:
        """What this door's client sends somebody for; None where no client asks."""
        asked = self._asked(key, return_to)
        return asked.purpose if asked else None

    def given_up(self, key: str, return_to: str) -> str:
        """Where somebody goes who leaves before there is a recovery; empty where nobody waits for them."""
        asked = self._asked(key, return_to)
        return self._refusal(asked, "access_denied", "cancelled") if asked else ""

    def expects_answer(self, key: str, return_to: str) -> bool:
        """Whether a client waits to be told what becomes of this."""
        return self._asked(key, return_to) is not None

    def answer(self, recovery: Recovery) -> str:
        """Where its person goes with what became of it; empty while it goes on, and where nobody waits."""
        asked, entry = self._asked(recovery.entry, recovery.return_to), self.get(recovery.entry)
        if asked is None or entry is None or entry.client is None:
            return ""
        grant = self._grant(entry.client, asked, recovery)
        if grant is None:
            why = _why_none(recovery)
            return self._refusal(asked, "access_denied", why) if why else ""
        if self.desk.around.now() > recovery.moved_at + BACK_WITHIN:
            return self._refusal(asked, "access_denied", "too-late")
        if len(claims.counted(recovery)) < asked.proofs:
            return self._refusal(asked, "unmet_authentication_requirements", "fewer-proofs")
        return address(asked.redirect_uri, self.issuer, asked.state, code=self.desk.issue(grant))

    def _grant(self, client: OidcClient, asked: Asked, recovery: Recovery) -> Grant | None:
        account, proven_at = claims.known_to(client, recovery), self.desk.proven_at(recovery)
        if account is None or proven_at is None:
            return None
        return Grant(
            entry=asked.entry,
            recovery_id=recovery.id,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            nonce=asked.nonce,
            scopes=asked.scopes,
            subject=claims.subject(client, account),
            name=account.name,
            purpose=recovery.purpose.value,
            acr=claims.acr(recovery),
            amr=claims.amr(claims.counted(recovery)),
            proven_at=proven_at,
            done_at=recovery.moved_at,
            done=claims.done(client, recovery),
        )

    def _refusal(self, asked: Asked, error: str, why: str) -> str:
        return address(asked.redirect_uri, self.issuer, asked.state, error=error, error_description=why)

    def _asked(self, key: str, return_to: str) -> Asked | None:
        """What this door's client asked, while it is one, and still has the place where it waits for the answer."""
        entry = self.entries.get(key) if return_to else None
        if entry is None or entry.client is None:
            return None
        asked = self.desk.read(key, return_to)
        return asked if asked and asked.redirect_uri in entry.client.redirect_uris else None


def _why_none(recovery: Recovery) -> str:
    """Why there is nothing to tell of the account that a client knows; empty while there may be yet."""
    if recovery.stage is Stage.CLOSED:
        return recovery.closed_because
    some = recovery.stage is Stage.DONE or (recovery.stage is Stage.RENEWING and recovery.outcomes)
    return "another-account" if some else ""
