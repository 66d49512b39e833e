"""What administrators do with campaigns: plan one, put it up for a second one of them, watch it, stop it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...contracts.campaign_events import CampaignAsked, CampaignStarted
from ...contracts.errors import NotAllowed
from ...contracts.store import CanDemandChange
from ...contracts.text import Text
from ...db.approvals import Approval
from ...db.campaigns import Campaign as Campaign  # noqa: PLC0414 - screens take them from here
from ...db.campaigns import Kind as Kind  # noqa: PLC0414
from ...db.campaigns import Plan as Plan  # noqa: PLC0414
from ...db.campaigns import State as State  # noqa: PLC0414
from ...db.campaigns import Turn as Turn  # noqa: PLC0414
from ...db.session import Transaction
from ..administrators.actor import Actor, Role
from ..ruling.approvals import SAY_WHY, Approvals, Wish, Write, said_by
from .audience import Crowd
from .campaign_terms import about
from .campaign_work import CampaignWork

KIND = "campaign"
PAGE = 50
LONGEST = timedelta(days=90)

ADMINISTRATORS = Text("Only administrators do this.")
NO_STORE = Text("Choose a directory.")
NOT_COUNTED = Text("{store}: its people were not counted to the end yet. Try again once they are.", store="")
CANNOT = Text("{store} can't be told to ask for another password.", store="")
UNTOLD = Text("Nobody was told apart by {groups} yet. We count everybody now; try again in a few minutes.", groups="")
BACKWARDS = Text("It must end after it begins, and after now.")
TOO_LONG = Text("At most {n} days.", n=LONGEST.days)
NOBODY = Text("This is for nobody: nothing is to be done.")
TYPE_IT = Text.plural("It is for {n} person now. Type this number.", "It is for {n} people now. Type this number.", n=0)
NOT_WAITING = Text("This campaign was decided already.")
OVER = Text("This campaign is over.")
TOO_SOON = Text("To tell all of them before, it must begin later: not before {at} UTC.", at="")


@dataclass(frozen=True, slots=True)
class Failed:
    """One of those for whom it failed. `name`: empty where they are not counted any more."""

    name: str
    why: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Campaigns:
    """Nobody sets a campaign going alone, and nobody changes one that was agreed on."""

    work: CampaignWork
    approvals: Approvals
    # Directory groups whose members work in the console: no campaign touches them.
    spared: frozenset[str] = frozenset()

    def learn_to_decide(self) -> None:
        """Carry out what a second administrator approves."""
        self.approvals.teach(KIND, self._approved)

    def crowd(self, plan: Plan) -> Crowd:
        """Whom it would be for. Raises NotAllowed where that cannot be told."""
        stores = self._stores()
        if not plan.stores or not set(plan.stores) <= stores.keys():
            raise NotAllowed(NO_STORE, {"stores": NO_STORE})
        for key in plan.stores:
            called, store = self._called(key), stores[key]
            if plan.kind is Kind.RESET and not isinstance(store, CanDemandChange):
                raise _wrong("stores", CANNOT.filled(store=called))
            if self.work.audience.uncounted([key]):
                raise _wrong("stores", NOT_COUNTED.filled(store=called))
        if untold := self.work.audience.untold(plan.stores, plan.groups):
            self.work.audience.stranded.count_again(untold)
            raise _wrong("groups", UNTOLD.filled(groups=", ".join(sorted(untold))))
        return self.work.audience.crowd(plan.kind, plan.stores, plan.groups)

    def ask(self, actor: Actor, plan: Plan, why: str) -> Campaign:
        """Put it up. Raises NotAllowed, also where `plan.people` is not how many it is for at this moment."""
        self._administrators_alone(actor)
        self._check_window(plan)
        crowd = self.crowd(plan)
        if not crowd.people:
            raise NotAllowed(NOBODY)
        if plan.people != crowd.people:
            raise _wrong("people", TYPE_IT.filled(n=crowd.people))
        around = self.work.book.around
        plan = replace(plan, spared=tuple(sorted(self.spared)))
        campaign = Campaign(around.token(), plan, actor.subject, actor.name, why.strip(), around.now())
        with self.work.book.records.db.write() as tx:
            approval = self.approvals.ask(tx, actor, Wish(KIND, self._about(plan), {"campaign": campaign.id}, why))
            campaign = replace(campaign, approval=approval.id)
            self.work.book.records.campaigns.add(tx, campaign)
            self.work.book.say(tx, CampaignAsked(campaign.id, plan.kind.value, plan.people), said_by(actor, why))
        return campaign

    def pause(self, actor: Actor, campaign_id: str, why: str) -> Campaign:
        """Nobody's turn comes from now on. Raises NotAllowed."""
        return self.work.book.pause(campaign_id, "asked", self._reason(actor, why))

    def end(self, actor: Actor, campaign_id: str, why: str) -> Campaign:
        """For good. Raises NotAllowed."""
        return self.work.book.end(campaign_id, "asked", self._reason(actor, why))

    def resume(self, actor: Actor, campaign_id: str, why: str) -> Campaign:
        """On from where it stands, within what was agreed on. Raises NotAllowed."""
        details = self._reason(actor, why)

        def resumed(tx: Transaction, campaign: Campaign) -> Campaign:
            if campaign.state is not State.PAUSED:
                raise NotAllowed(OVER)
            self.work.book.say(tx, CampaignStarted(campaign.id, campaign.plan.kind.value), details)
            return self.work.set_going(tx, campaign)

        return self.work.book.change(campaign_id, resumed)

    def look(self, campaign_id: str) -> Campaign:
        """One of them. Raises NotAllowed or SealBroken."""
        return self.work.book.read(campaign_id)

    def listed(self, before: datetime | None = None) -> Sequence[Campaign]:
        """The newest first; `before`: asked for earlier than that."""
        records, now = self.work.book.records, self.work.book.around.now()
        with records.db.read() as tx:
            return records.campaigns.listed(tx, before or now + timedelta(seconds=1), PAGE)

    def failed(self, campaign_id: str, after: str = "") -> Sequence[Failed]:
        """For whom it failed, fifty at a time. Raises SealBroken."""
        records = self.work.book.records
        with records.db.read() as tx:
            turns = records.campaigns.turns(tx, campaign_id, Turn.FAILED, after, PAGE)
            counted = records.census.some(tx, [place for place, _, _ in turns])
        return [Failed(counted[place][1] if place in counted else "", why, place) for place, why, _ in turns]

    def _approved(self, approval: Approval, decider: Actor) -> Write:
        campaign_id = approval.payload["campaign"]
        self._check_window(self.look(campaign_id).plan)

        def write(tx: Transaction) -> None:
            campaign = self.work.book.records.campaigns.load(tx, campaign_id)
            if campaign is None or campaign.state is not State.WAITING or campaign.approval != approval.id:
                raise NotAllowed(NOT_WAITING)
            running = self.work.set_going(tx, replace(campaign, approver=decider.name))
            if not self.work.book.records.campaigns.save(tx, running):
                raise NotAllowed(NOT_WAITING)
            event = CampaignStarted(campaign.id, campaign.plan.kind.value)
            self.work.book.say(tx, event, said_by(decider, campaign.why))

        return write

    def _check_window(self, plan: Plan) -> None:
        if plan.closes_at <= max(plan.opens_at, self.work.book.around.now()):
            raise _wrong("closes_at", BACKWARDS)
        if plan.closes_at - plan.opens_at > LONGEST:
            raise _wrong("closes_at", TOO_LONG)
        late = self.work.book.around.now() - plan.tells_at
        if plan.notice_hours and late > timedelta(0):
            at = plan.opens_at + late + timedelta(minutes=1)
            raise _wrong("opens_at", TOO_SOON.filled(at=f"{at:%Y-%m-%d %H:%M}"))

    def _about(self, plan: Plan) -> Text:
        return about(plan, [str(self._called(key)) for key in plan.stores])

    def _stores(self) -> Mapping[str, object]:
        return self.work.audience.stranded.snapshots.current.plugins.stores

    def _called(self, key: str) -> Text | str:
        store = self.work.audience.stranded.snapshots.current.plugins.stores[key]
        return store.called

    def _reason(self, actor: Actor, why: str) -> dict[str, str]:
        self._administrators_alone(actor)
        if not why.strip():
            raise NotAllowed(SAY_WHY, {"why": SAY_WHY})
        return said_by(actor, why.strip())

    @staticmethod
    def _administrators_alone(actor: Actor) -> None:
        if Role.ADMINISTRATOR not in actor.roles:
            raise NotAllowed(ADMINISTRATORS)


def _wrong(field: str, words: Text) -> NotAllowed:
    return NotAllowed(words, {field: words})
