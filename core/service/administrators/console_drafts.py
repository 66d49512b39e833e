"""What somebody typed in the console and could not save: for ten minutes, for the page they come back to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ...contracts.method import Challenge
from ...db.begun import Begun
from ...db.pending import Adding
from ...db.session import Transaction
from ..drafts import NOT_SHOWN
from ..records import Records
from ..surroundings import Surroundings
from .console_desk import InConsole

KEPT = timedelta(minutes=10)
# What is longer was typed by no hand.
LONGEST = 32 * 1024


@dataclass(frozen=True, kw_only=True)
class ConsoleDrafts:
    """One for each session, sealed; taken by the page that it belongs to, once."""

    records: Records
    around: Surroundings

    def keep(self, who: InConsole, path: str, typed: Mapping[str, list[str]]) -> None:
        """What was typed on this page; an earlier draft ends with it."""
        words = json.dumps({name: list(values) for name, values in typed.items()})
        if len(words) > LONGEST:
            return
        kept = Begun(Challenge(NOT_SHOWN, KEPT, {"page": path}), answer={"typed": words})
        with self.records.db.write() as tx:
            self.records.pending.put(tx, _draft(who.session, who.actor.subject), kept, self.around.now() + KEPT)

    def take(self, who: InConsole, path: str) -> Mapping[str, list[str]]:
        """What was typed on this page, if anything was; it is gone by that."""
        draft = _draft(who.session, who.actor.subject)
        with self.records.db.read() as tx:
            kept = self.records.pending.get(tx, draft, self.around.now())
        if kept is None or kept.challenge.secret["page"] != path:
            return {}
        with self.records.db.write() as tx:
            self.records.pending.forget(tx, draft)
        typed: dict[str, list[str]] = json.loads(kept.answer["typed"])
        return typed

    def hand_on(self, tx: Transaction, ended: str, begun: str, subject: str) -> None:
        """To the session that takes the place of another in the same browser, if it is the same person's."""
        now = self.around.now()
        if kept := self.records.pending.get(tx, _draft(ended, subject), now):
            self.records.pending.forget(tx, _draft(ended, subject))
            self.records.pending.put(tx, _draft(begun, subject), kept, now + KEPT)


def _draft(session: str, subject: str) -> Adding:
    return Adding(session, subject, "console-draft")
