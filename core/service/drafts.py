"""What somebody typed and could not send: kept for ten minutes, for the page they come back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ..contracts.method import Challenge, Prompt
from ..contracts.text import Text
from ..db.begun import Begun
from ..db.pending import Adding
from ..db.session import Transaction
from .enrolling.signed_in import SignedIn
from .records import Records
from .surroundings import Surroundings

KEPT = timedelta(minutes=10)
# A draft is kept as what a challenge hides; its prompt is on no page.
NOT_SHOWN = Prompt(Text("Later"), Text("Later"))


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """One for each session, sealed like all that is being added; taken by the page that it belongs to, once."""

    records: Records
    around: Surroundings

    def keep(self, who: SignedIn, path: str, typed: Mapping[str, str]) -> None:
        """What was typed on this page; an earlier draft ends with it."""
        kept = Begun(Challenge(NOT_SHOWN, KEPT, {"page": path}), answer=dict(typed))
        with self.records.db.write() as tx:
            self.records.pending.put(tx, _draft(who.session, who.person.id), kept, self.around.now() + KEPT)

    def take(self, who: SignedIn, path: str) -> Mapping[str, str]:
        """What was typed on this page, if anything was; it is gone by that."""
        draft, now = _draft(who.session, who.person.id), self.around.now()
        with self.records.db.read() as tx:
            kept = self.records.pending.get(tx, draft, now)
        if kept is None or kept.challenge.secret["page"] != path:
            return {}
        with self.records.db.write() as tx:
            self.records.pending.forget(tx, draft)
        return kept.answer

    def hand_on(self, tx: Transaction, ended: str, begun: str, person_id: str) -> None:
        """To the session that takes the place of another in the same browser, if it is the same person's."""
        now = self.around.now()
        if kept := self.records.pending.get(tx, _draft(ended, person_id), now):
            self.records.pending.forget(tx, _draft(ended, person_id))
            self.records.pending.put(tx, _draft(begun, person_id), kept, now + KEPT)


def _draft(session: str, person_id: str) -> Adding:
    return Adding(session, person_id, "draft")
