"""One person's turn in a campaign: looked at afresh, written down, done, and said what became of it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ...contracts.campaign_events import ChangeDemanded
from ...contracts.desk_events import PersonInvited
from ...contracts.errors import NotAllowed, StoreUnavailable
from ...contracts.people import Account, AccountKey, Person
from ...contracts.plugin import Context
from ...contracts.store import CanDemandChange, OutcomeKind, Store
from ...contracts.text import Text
from ...db.campaigns import Campaign, Kind, Turn
from ...db.census import Page
from ...db.session import Transaction
from ..helping.inviting import LATELY, Inviting
from ..writing.write import TOO_LATE
from .campaign_book import CampaignBook, still, wanted_by
from .campaign_looks import CLOSED, Looked, Looking, Someone

USED_UP = Text("The campaign's messages are used up.")
# Of turns that were broken off, in one go.
MOST = 20


@dataclass(frozen=True, slots=True)
class Order:
    """At which accounts it arrived; `why`: not at all of them. `closed`: it was not given at another one of theirs."""

    arrived: Sequence[AccountKey]
    why: str
    closed: bool


@dataclass(frozen=True, kw_only=True)
class Turns:
    """A turn that nothing is done in is counted and not kept; any other is a row of its own."""

    book: CampaignBook
    looking: Looking
    inviting: Inviting

    def now(self) -> datetime:
        """The house's time."""
        return self.book.around.now()

    def page(self, digests: Container[str], after: str, most: int) -> Page:
        """A stretch of everybody."""
        with self.book.records.db.read() as tx:
            return self.book.records.census.walk(tx, digests, after, most)

    @staticmethod
    def enough(campaign: Campaign) -> bool:
        """Whether as many people were handled, or told, as were agreed on."""
        if campaign.is_telling:
            return campaign.count(Turn.TOLD) >= campaign.plan.people
        return campaign.handled + campaign.count(Turn.BEGUN) >= campaign.plan.people

    def take(self, campaign: Campaign, someone: Someone) -> Campaign:
        """What the campaign comes to by it. Raises StoreUnavailable: then it was nobody's turn."""
        looked = self.looking.look(campaign, someone)
        if not looked.accounts:
            return self._pass_over(campaign, someone, looked.why)
        if campaign.plan.kind is Kind.RESET:
            return self._demand(campaign, someone, looked)
        return self._invite(campaign, someone, looked.accounts)

    def settle(self, campaign: Campaign, before: datetime) -> None:
        """Turns that were begun before then and never ended. Raises StoreUnavailable."""
        records = self.book.records
        with records.db.read() as tx:
            turns = records.campaigns.turns(tx, campaign.id, Turn.BEGUN, "", MOST)
            begun = {pseudonym: marks for pseudonym, marks, at in turns if at < before}
            counted = records.census.some(tx, list(begun))
        for pseudonym, marks in begun.items():
            found = counted.get(pseudonym)
            keys = self.looking.theirs(campaign, Someone(pseudonym, found[0])) if found else ()
            self._finish(campaign, pseudonym, self._arrived(keys, marks))

    def _demand(self, campaign: Campaign, someone: Someone, looked: Looked) -> Campaign:
        began, marks = self.now(), self.looking.marked(looked.accounts)

        def begun(tx: Transaction, now: Campaign) -> Campaign:
            still(now)
            if not self.book.records.campaigns.begin(tx, now.id, someone.pseudonym, Turn.BEGUN, began, why=marks):
                return replace(now, place=someone.pseudonym)
            return replace(now.with_turn(Turn.BEGUN), place=someone.pseudonym)

        after = self.book.change(campaign.id, begun)
        if after.count(Turn.BEGUN) == campaign.count(Turn.BEGUN):
            return after
        outcomes = {account.key: self._order(account, began) for account in looked.accounts}
        arrived = [key for key, (done, _) in outcomes.items() if done]
        why = next((why for done, why in outcomes.values() if not done), "")
        return self._finish(campaign, someone.pseudonym, Order(arrived, why, bool(looked.closed)))

    def _arrived(self, keys: Sequence[AccountKey], marks: str) -> Order:
        """What the directories say now of a turn whose end nobody wrote down. Raises StoreUnavailable."""
        ordered, seen = self.looking.among(marks, keys), {key: self.looking.at(key) for key in keys}
        arrived = [key for key in ordered if (account := seen[key]) and account.state.must_change]
        closed = any(account and account.state.closed for key, account in seen.items() if key not in ordered)
        return Order(arrived, "interrupted" if len(arrived) < max(1, len(ordered)) else "", closed)

    def _order(self, account: Account, began: datetime) -> tuple[bool, str]:
        """Whether the directory will ask for another password, and else why not. Given once, whatever comes of it."""

        def give(store: Store, context: Context) -> None:
            if not isinstance(store, CanDemandChange):
                raise StoreUnavailable("this store demands nothing any more")
            store.demand_change(account, ctx=context)

        outcome = self.looking.writer.order(account, give, until=began + TOO_LATE)
        if outcome is None:
            seen = self.looking.writer.look(account)
            return seen is not None and seen.state.must_change, "unknown"
        return outcome.kind is OutcomeKind.SET, outcome.kind.value

    def _finish(self, campaign: Campaign, pseudonym: str, order: Order) -> Campaign:
        turn = Turn.FAILED if order.why else Turn.DONE
        reason = order.why or (CLOSED if order.closed else "")

        def finished(tx: Transaction, now: Campaign) -> Campaign:
            if not self.book.records.campaigns.finish(tx, now.id, pseudonym, turn, reason):
                return now
            for key in order.arrived:
                person_id = self.looking.recognising.person_id(tx, key)
                self.book.say(tx, ChangeDemanded(now.id, key.store), wanted_by(now), person_id=person_id)
            tally = {**now.tally, str(Turn.BEGUN): now.count(Turn.BEGUN) - 1}
            return replace(now, tally=tally).with_turn(turn, reason)

        return self.book.change(campaign.id, finished)

    def _invite(self, campaign: Campaign, someone: Someone, accounts: Sequence[Account]) -> Campaign:
        every = [*accounts, *self.looking.others(someone, accounts)]
        # Of the one by which they are counted it is known whether they could get back in.
        account = next((each for each in every if each.key == someone.key), accounts[0])
        others = [each for each in every if each.key != account.key]
        with self.book.records.db.read() as tx:
            person = Person(self.looking.recognising.person_id(tx, account.key), (account,), account.contacts)
        if not self.inviting.could_not_get_back_in(person):
            return self._pass_over(campaign, someone, "able")

        def invited(tx: Transaction, now: Campaign) -> Campaign:
            still(now)
            now = replace(now, place=someone.pseudonym)
            if not self.book.records.campaigns.begin(tx, now.id, someone.pseudonym, Turn.DONE, self.now()):
                return now
            whom = self.inviting.everybody(tx, person, (account,), others)
            messages = self.inviting.invite(tx, whom, texts=now.plan.texts)
            if now.messages + messages > now.plan.messages:
                raise NotAllowed(USED_UP)
            self.book.say(tx, PersonInvited(), wanted_by(now), person_id=person.id)
            return replace(now.with_turn(Turn.DONE), messages=now.messages + messages)

        try:
            return self.book.change(campaign.id, invited)
        except NotAllowed as refused:
            if refused.reason is USED_UP:
                return self.book.end(campaign.id, "budget")
            if refused.reason is LATELY:
                return self._pass_over(campaign, someone, "lately")
            return self._fail(campaign, someone, "no-address")

    def _fail(self, campaign: Campaign, someone: Someone, why: str) -> Campaign:
        def failed(tx: Transaction, now: Campaign) -> Campaign:
            now = replace(now, place=someone.pseudonym)
            new = self.book.records.campaigns.begin(tx, now.id, someone.pseudonym, Turn.FAILED, self.now(), why=why)
            return now.with_turn(Turn.FAILED, why) if new else now

        return self.book.change(campaign.id, failed)

    def _pass_over(self, campaign: Campaign, someone: Someone, why: str) -> Campaign:
        """Nothing is done for them, and nothing kept of them."""

        def passed(_tx: Transaction, now: Campaign) -> Campaign:
            if now.place >= someone.pseudonym:
                return now
            return replace(now.with_turn("skipped", why), place=someone.pseudonym)

        return self.book.change(campaign.id, passed)
