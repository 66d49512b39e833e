"""Who comes next in a campaign, as their directories say now: what was counted yesterday decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ...contracts.errors import StoreUnavailable
from ...contracts.people import Account, AccountKey
from ...db.campaigns import Campaign, Kind
from ...recovery.groups import is_in_one_called
from ..finding.recognise import Recognising
from ..writing.write import Writer
from .campaign_book import CampaignBook
from .campaign_promises import Promises

# Enough to tell one person's accounts apart; five are joined at most, and their marks stand in one column.
DIGITS = 11
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Someone:
    """Whose turn it is."""

    pseudonym: str
    key: AccountKey


@dataclass(frozen=True, slots=True)
class Looked:
    """The accounts that it is for. `why`: there are none; `closed`: those that are left out, while others are not."""

    accounts: tuple[Account, ...] = ()
    why: str = ""
    closed: tuple[AccountKey, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Looking:
    """Asks directories, and changes nothing."""

    book: CampaignBook
    writer: Writer
    recognising: Recognising

    def look(self, campaign: Campaign, someone: Someone) -> Looked:
        """At which accounts it is their turn. Raises StoreUnavailable."""
        looked = {key: self.at(key) for key in self.theirs(campaign, someone)}
        reasons = {key: _why_not(campaign, account) for key, account in looked.items()}
        # Whoever rules others by one of them is handled by hand, for all of them.
        if "privileged" in reasons.values():
            return Looked(why="privileged")
        accounts = tuple(account for key, account in looked.items() if account and not reasons[key])
        if not accounts:
            return Looked(why=next(iter(reasons.values()), "gone"))
        left, why = Promises(self.book.records).honour(campaign, looked.keys(), accounts)
        return Looked(left, why, tuple(key for key, reason in reasons.items() if reason == CLOSED))

    def at(self, key: AccountKey) -> Account | None:
        """As it is now; None where it is gone. Raises StoreUnavailable."""
        return self.writer.look(Account(key, ""))

    def theirs(self, campaign: Campaign, someone: Someone) -> Sequence[AccountKey]:
        """All their accounts in the campaign's directories, the one that they are counted by first."""
        return [key for key in self._all(someone) if key.store in campaign.plan.stores]

    def others(self, someone: Someone, known: Collection[Account]) -> Sequence[Account]:
        """What else is theirs, wherever it is: their addresses. A directory that is silent keeps nobody waiting."""
        seen, found = {account.key for account in known}, list[Account]()
        for key in self._all(someone):
            with suppress(StoreUnavailable):
                found += [account for account in (() if key in seen else (self.at(key),)) if account]
        return found

    def _all(self, someone: Someone) -> Sequence[AccountKey]:
        with self.book.records.db.read() as tx:
            _, linked = self.recognising.whose(tx, someone.key)
        return list(dict.fromkeys((someone.key, *linked)))

    def marked(self, accounts: Iterable[Account]) -> str:
        """Which accounts these are, as nobody but us can tell."""
        return " ".join(self._mark(account.key) for account in accounts)

    def among(self, marks: str, keys: Iterable[AccountKey]) -> Sequence[AccountKey]:
        """Those that were marked."""
        return [key for key in keys if self._mark(key) in marks.split()]

    def _mark(self, key: AccountKey) -> str:
        return self.book.records.keyring.pseudonym(key.store, key.id)[:DIGITS]


def _why_not(campaign: Campaign, account: Account | None) -> str:
    """Only what the directory says now decides: somebody may have come to power since they were counted."""
    plan = campaign.plan
    if account is None:
        return "gone"
    if account.privileged or is_in_one_called(account, plan.spared):
        return "privileged"
    if plan.groups and account.groups.isdisjoint(plan.groups):
        return "left"
    if account.synced_from is not None:
        return "copy"
    if account.state.closed:
        return CLOSED
    return "due" if plan.kind is Kind.RESET and account.state.must_change else ""
