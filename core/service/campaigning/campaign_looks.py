"""Who comes next in a campaign, as their directories say now: what was counted yesterday decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...contracts.people import Account, AccountKey
from ...db.campaigns import Campaign, Kind, told
from ..finding.recognise import Recognising
from ..writing.write import Writer
from .campaign_book import CampaignBook

# Of so many accounts it is kept when their passwords were set: nobody has more, and it must fit into its column.
MOST_ACCOUNTS, DIGITS = 4, 15


@dataclass(frozen=True, slots=True)
class Someone:
    """Whose turn it is."""

    pseudonym: str
    key: AccountKey


@dataclass(frozen=True, kw_only=True)
class Looking:
    """Asks directories, and changes nothing."""

    book: CampaignBook
    writer: Writer
    recognising: Recognising

    def look(self, campaign: Campaign, someone: Someone) -> tuple[Sequence[Account], str]:
        """The accounts that it is for; where there are none, why. Raises StoreUnavailable."""
        looked = [self.at(key) for key in self.theirs(campaign, someone)]
        reasons = [_why_not(campaign, account) for account in looked]
        accounts = [account for account, reason in zip(looked, reasons, strict=True) if account and not reason]
        # Whoever rules others by one of them is handled by hand, for all of them.
        if "privileged" in reasons:
            return (), "privileged"
        if not accounts:
            return (), next(iter(reasons), "gone")
        return self._as_told(campaign, someone, accounts)

    def at(self, key: AccountKey) -> Account | None:
        """As it is now; None where it is gone. Raises StoreUnavailable."""
        return self.writer.look(Account(key, ""))

    def theirs(self, campaign: Campaign, someone: Someone) -> Sequence[AccountKey]:
        """All their accounts in the campaign's directories, the one that they are counted by first. They are invited
        by that one alone, wherever it is: by it is known whether they could get back in."""
        if campaign.plan.kind is Kind.INVITE:
            return [someone.key]
        with self.book.records.db.read() as tx:
            _, linked = self.recognising.whose(tx, someone.key)
        keys = dict.fromkeys((someone.key, *linked))
        return [key for key in keys if key.store in campaign.plan.stores]

    def stamps(self, accounts: Sequence[Account]) -> str:
        """When their passwords were set, as nobody but us can read it; empty for more accounts than are kept."""
        made = self.book.records.keyring.pseudonym
        each = [made(one.key.store, f"{one.key.id} {one.stamp}")[:DIGITS] for one in accounts]
        return " ".join(each) if len(each) <= MOST_ACCOUNTS else ""

    def _as_told(
        self, campaign: Campaign, someone: Someone, accounts: Sequence[Account]
    ) -> tuple[Sequence[Account], str]:
        """Nobody is asked without having been told, nor at an account whose password they changed since."""
        if campaign.is_telling or not campaign.plan.notice_hours:
            return accounts, ""
        with self.book.records.db.read() as tx:
            kept = told(tx, campaign.id, someone.pseudonym)
        if kept is None:
            return (), "untold"
        then = kept.split()
        if len(then) != len(accounts):
            return accounts, ""
        left = [account for account in accounts if self.stamps([account]) in then]
        return left, "" if left else "changed"


def _why_not(campaign: Campaign, account: Account | None) -> str:
    """Only what the directory says now decides: somebody may have come to power since they were counted."""
    plan = campaign.plan
    if account is None:
        return "gone"
    if account.privileged or not account.groups.isdisjoint(plan.spared):
        return "privileged"
    if plan.groups and account.groups.isdisjoint(plan.groups):
        return "left"
    if account.synced_from is not None:
        return "copy"
    state = account.state
    if not state.enabled or state.expired or state.locked_by_admin:
        return "closed"
    return "due" if plan.kind is Kind.RESET and state.must_change else ""
