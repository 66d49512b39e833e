"""Before a reset: whoever must choose another password soon is told once, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...contracts.campaign_events import ChangeAnnounced
from ...contracts.people import Account, Person
from ...db.campaigns import Campaign, Turn
from ...db.session import Transaction
from ..helping.inviting import Inviting
from .campaign_book import CampaignBook, still, wanted_by
from .campaign_looks import Looking, Someone
from .campaign_promises import Promises

UNTOLD = "untold"


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What they are told is kept in the commit that queues the message."""

    book: CampaignBook
    looking: Looking
    inviting: Inviting

    def tell(self, campaign: Campaign, someone: Someone) -> Campaign:
        """What the campaign comes to by it. Raises StoreUnavailable: then nobody was told."""
        looked = self.looking.look(campaign, someone)
        others = self.looking.others(someone, looked.accounts) if looked.accounts else ()

        def told(tx: Transaction, now: Campaign) -> Campaign:
            still(now)
            if now.place >= someone.pseudonym:
                return now
            there = replace(now, place=someone.pseudonym)
            if not looked.accounts:
                return there.with_turn(UNTOLD, looked.why)
            return self._tell(tx, there, looked.accounts, others)

        return self.book.change(campaign.id, told)

    def _tell(
        self, tx: Transaction, campaign: Campaign, accounts: Sequence[Account], others: Sequence[Account]
    ) -> Campaign:
        if not Promises(self.book.records).keep(tx, campaign, accounts, self.book.around.now()):
            return campaign
        first = accounts[0]
        person = Person(self.looking.recognising.person_id(tx, first.key), (first,), first.contacts)
        whom = self.inviting.everybody(tx, person, tuple(accounts), others)
        event = ChangeAnnounced(campaign.id, campaign.plan.opens_at.isoformat())
        if not self.inviting.tell(tx, whom, event, texts=campaign.plan.texts):
            return campaign.with_turn(UNTOLD, "no-address")
        self.book.say(tx, event, wanted_by(campaign), person_id=person.id)
        return campaign.with_turn(Turn.TOLD)
