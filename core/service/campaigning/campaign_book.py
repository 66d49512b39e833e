"""The book of campaigns: what is written down of one, together with what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from ...contracts.campaign_events import CampaignEnded, CampaignPaused
from ...contracts.errors import NotAllowed, OutOfTurn
from ...contracts.event import Event
from ...contracts.text import Text
from ...db.campaigns import Campaign, State, Turn
from ...db.session import Transaction, after_commit
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings

GONE = Text("This campaign is not there any more.")
# Somebody may pause it while people's turns are counted, each in a commit of its own.
MOST_TIMES = 5

Change = Callable[[Transaction, Campaign], Campaign]


@dataclass(frozen=True, kw_only=True)
class CampaignBook:
    """Every change reads the row anew and fails as a whole where somebody else was faster."""

    records: Records
    around: Surroundings

    def read(self, campaign_id: str) -> Campaign:
        """As it stands. Raises NotAllowed or SealBroken."""
        with self.records.db.read() as tx:
            return self._load(tx, campaign_id)

    def change(self, campaign_id: str, change: Change) -> Campaign:
        """What it comes to, in one commit with whatever else `change` writes."""
        for _ in range(MOST_TIMES):
            try:
                with self.records.db.write() as tx:
                    changed = change(tx, self._load(tx, campaign_id))
                    self.save(tx, changed)
                return replace(changed, version=changed.version + 1)
            except OutOfTurn:
                continue
        raise OutOfTurn("this campaign changed again and again")

    def save(self, tx: Transaction, campaign: Campaign) -> None:
        """In somebody's commit. Raises OutOfTurn where somebody else was faster."""
        if not self.records.campaigns.save(tx, campaign):
            raise OutOfTurn("somebody else changed this campaign")

    def pause(self, campaign_id: str, cause: str, details: Mapping[str, str] | None = None) -> Campaign:
        """Nobody's turn comes any more, until somebody sets it going."""

        def paused(tx: Transaction, campaign: Campaign) -> Campaign:
            if campaign.state is not State.RUNNING:
                return campaign
            self.say(tx, CampaignPaused(campaign.id, cause), details)
            return replace(campaign, state=State.PAUSED, ended=cause)

        return self.change(campaign_id, paused)

    def end(self, campaign_id: str, cause: str, details: Mapping[str, str] | None = None) -> Campaign:
        """It is over, for good."""

        def ended(tx: Transaction, campaign: Campaign) -> Campaign:
            if campaign.state is State.ENDED:
                return campaign
            counts = campaign.count(Turn.DONE), campaign.count(Turn.FAILED)
            self.say(tx, CampaignEnded(campaign.id, cause, *counts), details)
            return replace(campaign, state=State.ENDED, ended=cause)

        return self.change(campaign_id, ended)

    def say(
        self, tx: Transaction, event: Event, details: Mapping[str, str] | None = None, *, person_id: str = ""
    ) -> None:
        """Write down what happened, and count it once it did."""
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=person_id, details=details)
        after_commit(tx, partial(tell, self.around.meter, [event]))

    def _load(self, tx: Transaction, campaign_id: str) -> Campaign:
        campaign = self.records.campaigns.load(tx, campaign_id)
        if campaign is None:
            raise NotAllowed(GONE)
        return campaign


def still(campaign: Campaign) -> None:
    """Raise OutOfTurn where it was paused in this very moment: then it is nobody's turn."""
    if campaign.state is not State.RUNNING:
        raise OutOfTurn("the campaign stands still")


def wanted_by(campaign: Campaign) -> dict[str, str]:
    """Who asked for it and why, as it stands beside what happened to each person."""
    return {"who": campaign.asker, "subject": campaign.asked_by, "why": campaign.why, "campaign": campaign.id}
