"""The campaign job: a few people's turns. Each is written down before anything is done, so that nobody has two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...contracts.errors import StoreUnavailable
from ...db.campaigns import Campaign, State, Turn
from ...db.jobs import Job
from ...db.session import Transaction
from ..back_office import BackOffice
from .audience import Audience
from .campaign_book import CampaignBook
from .campaign_looks import Someone
from .campaign_notices import Telling
from .campaign_turns import Turns

KIND, LANE = "campaign", "campaigns"
# In one job: an order may take six seconds, and a job belongs to this process for twenty.
AT_ONCE = 5
ENOUGH = timedelta(seconds=5)
# Rows of the census that are looked through for them; a small audience in a large directory takes several jobs.
PAGE, PAGES = 200, 50
# A directory that is silent has nobody's turn spoilt: it is waited for, until the window closes.
SILENT = timedelta(minutes=1)
# What is checked before it counts as too much; and after how long a turn without an end was broken off.
FEWEST, BROKEN_OFF = 10, timedelta(seconds=60)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class CampaignWork:
    """One job for each campaign that runs: each leaves the next one behind, as far off as the pace wants it."""

    book: CampaignBook
    audience: Audience
    turns: Turns
    telling: Telling
    office: BackOffice

    def set_going(self, tx: Transaction, campaign: Campaign) -> Campaign:
        """From where it stands. Jobs of an earlier round do nothing any more, or it would run twice as fast."""
        running = replace(campaign, state=State.RUNNING, round=campaign.round + 1, ended="")
        self._put(tx, running.id, running.round, timedelta(0))
        return running

    def work(self, job: Job) -> None:
        """The next few."""
        campaign = self.book.read(job.payload["campaign"])
        if campaign.state is not State.RUNNING or str(campaign.round) != job.payload["round"]:
            return self.office.done(job)
        now = self.turns.now()
        opens = campaign.opens(now)
        if opens is not None and opens > now:
            return self._go_on(job, opens - now)
        try:
            # Turns whose process died in the middle: the directory says whether the order arrived.
            self.turns.settle(campaign, now - BROKEN_OFF)
            return self._end(job, campaign, "window") if opens is None else self._some(job, campaign, now)
        except StoreUnavailable:
            return self._go_on(job, SILENT)

    def _some(self, job: Job, campaign: Campaign, began: datetime) -> None:
        before, take = _come(campaign), self.telling.tell if campaign.is_telling else self.turns.take
        for someone in self._next(campaign):
            if self.turns.enough(campaign):
                return self._over(job, campaign, "number")
            campaign = take(campaign, someone)
            if campaign.state is not State.RUNNING:
                return self.office.done(job)
            if _too_much_failed(campaign):
                self.book.pause(campaign.id, "failures")
                return self.office.done(job)
            if self.turns.now() >= began + ENOUGH:
                break
        else:
            if self._is_over(campaign):
                return self._over(job, campaign, "all")
        pace = HOUR / campaign.plan.per_hour
        return self._go_on(job, (_come(campaign) - before) * pace)

    def _next(self, campaign: Campaign) -> Iterator[Someone]:
        """Those who come next, a few; where it stands moves on with each, and over rows that hold none of them."""
        digests = self._digests(campaign)
        place, found = campaign.place, list[Someone]()
        for _ in range(PAGES):
            page = self.turns.page(digests, place, PAGE)
            found += [Someone(pseudonym, key) for pseudonym, key, _ in page.found]
            place = page.last
            if found or page.over:
                break
        if not found and place != campaign.place:
            self.book.change(campaign.id, lambda _tx, now: replace(now, place=place))
        yield from found[:AT_ONCE]

    def _is_over(self, campaign: Campaign) -> bool:
        """Whether nobody at all comes after where it stands by now."""
        place = self.book.read(campaign.id).place
        return self.turns.page(self._digests(campaign), place, 1).last == place

    def _digests(self, campaign: Campaign) -> frozenset[str]:
        plan = campaign.plan
        return self.audience.crowd(plan.kind, plan.stores, plan.groups).digests

    def _over(self, job: Job, campaign: Campaign, cause: str) -> None:
        """Nobody comes next. Once everybody was told, turns come: for the last one too after the whole notice."""
        if not campaign.is_telling:
            return self._end(job, campaign, cause)
        now = self.turns.now()
        self.book.change(campaign.id, lambda _tx, one: replace(one, told_at=now, place=""))
        return self._go_on(job, campaign.plan.notice)

    def _end(self, job: Job, campaign: Campaign, cause: str) -> None:
        """Not while a turn is open: what became of it is asked first."""
        if self.book.read(campaign.id).count(Turn.BEGUN):
            return self._go_on(job, BROKEN_OFF)
        self.book.end(campaign.id, cause)
        return self.office.done(job)

    def _go_on(self, job: Job, after: timedelta) -> None:
        """The next job, in the commit that forgets this one: whoever comes second finds nothing to go on with."""
        records = self.book.records
        with records.db.write() as tx:
            if records.jobs.done(tx, [job.id]):
                self._put(tx, job.payload["campaign"], int(job.payload["round"]), after)

    def _put(self, tx: Transaction, campaign_id: str, number: int, after: timedelta) -> None:
        payload = {"campaign": campaign_id, "round": str(number)}
        self.office.put(tx, LANE, KIND, "", payload, after=after, leased=False)


def _come(campaign: Campaign) -> int:
    """How many were told, or handled, so far."""
    return campaign.count(Turn.TOLD) + campaign.handled


def _too_much_failed(campaign: Campaign) -> bool:
    failed = campaign.count(Turn.FAILED)
    return campaign.handled >= FEWEST and failed * 100 > campaign.plan.most_failures * campaign.handled
