"""What people were told before a reset: kept for each of their accounts, and honoured when their turn comes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...contracts.people import Account, AccountKey
from ...db.campaigns import Campaign, Turn, told
from ...db.session import Transaction
from ..records import Records

# Enough to tell when a password was set.
DIGITS = 15


@dataclass(frozen=True)
class Promises:
    """With each account stands when its password was set, as nobody but us can read it."""

    records: Records

    def keep(self, tx: Transaction, campaign: Campaign, accounts: Sequence[Account], at: datetime) -> bool:
        """In the commit that tells them; False if they were told of all of these before."""
        begin = self.records.campaigns.begin
        new = [
            begin(tx, campaign.id, self._pseudonym(account.key), Turn.TOLD, at, why=self._stamp(account))
            for account in accounts
        ]
        return any(new)

    def honour(
        self, campaign: Campaign, theirs: Collection[AccountKey], accounts: tuple[Account, ...]
    ) -> tuple[tuple[Account, ...], str]:
        """Nobody is asked without having been told, nor at an account whose password they changed since; why not."""
        if campaign.is_telling or not campaign.plan.notice_hours:
            return accounts, ""
        with self.records.db.read() as tx:
            kept = {key: told(tx, campaign.id, self._pseudonym(key)) for key in theirs}
        if not any(stamp is not None for stamp in kept.values()):
            return (), "untold"
        # An account that they came by since is asked too: they know, and rather once too often than never.
        left = tuple(account for account in accounts if kept[account.key] in {None, self._stamp(account)})
        return left, "" if left else "changed"

    def _pseudonym(self, key: AccountKey) -> str:
        return self.records.keyring.pseudonym(key.store, key.id)

    def _stamp(self, account: Account) -> str:
        return self.records.keyring.pseudonym(account.key.store, f"{account.key.id} {account.stamp}")[:DIGITS]
