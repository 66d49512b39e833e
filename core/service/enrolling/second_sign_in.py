"""Another account is theirs too: they signed in to it a moment ago, in the same browser, at the identity provider."""

from __future__ import annotations

from dataclasses import dataclass

from ...contracts.method import Challenge, Prompt
from ...contracts.people import AccountKey
from ...contracts.text import Text
from ...db.begun import Begun
from ...db.pending import Adding
from ...db.session import Transaction
from ..records import Records
from ..surroundings import Surroundings
from .signed_in import FRESH, SignedIn

# Kept as what a challenge hides; its prompt is on no page.
NOT_SHOWN = Prompt(Text("Later"), Text("Later"))


@dataclass(frozen=True, kw_only=True)
class SecondSignIn:
    """Sealed, for the session that set out: nobody else can use it, and it is good once."""

    records: Records
    around: Surroundings

    def keep(self, tx: Transaction, session: str, account: AccountKey) -> None:
        """Whom the identity provider vouched for; an earlier one ends with it."""
        kept = Begun(Challenge(NOT_SHOWN, FRESH, {"store": account.store, "id": account.id}))
        self.records.pending.put(tx, _of(session), kept, self.around.now() + FRESH)

    def see(self, who: SignedIn) -> AccountKey | None:
        """The account, while it counts."""
        with self.records.db.read() as tx:
            kept = self.records.pending.get(tx, _of(who.session), self.around.now())
        return AccountKey(kept.challenge.secret["store"], kept.challenge.secret["id"]) if kept else None

    def forget(self, who: SignedIn) -> None:
        """It was used."""
        with self.records.db.write() as tx:
            self.records.pending.forget(tx, _of(who.session))


def _of(session: str) -> Adding:
    return Adding(session, "", "second-sign-in")
