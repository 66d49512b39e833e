"""What shared signals tell when a password is new: that it changed, and that sessions with the old one are over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...contracts.people import Account, ContactKind
from ...contracts.signals import Kind, Naming, Receiver, Signal, Status
from ...db.session import Transaction
from ..records import Records
from ..surroundings import Surroundings

# In this order: whoever ends sessions knows by then that a new password is asked for.
TOLD = (Kind.CREDENTIAL_CHANGE, Kind.SESSION_REVOKED)


@dataclass(frozen=True, kw_only=True)
class Signalling:
    """In the commit of the reset: if it happened, whoever should hear of it will."""

    records: Records
    around: Surroundings

    def password_is_new(self, tx: Transaction, accounts: Iterable[Account]) -> None:
        """Keep, for each receiver that knows these accounts, what it wants to hear."""
        if not self.around.signals:
            return
        told = tuple(accounts)
        for each in self.records.receivers.all(tx):
            stream = each.stream
            if stream is None or stream.status is Status.DISABLED:
                continue
            known = [account for account in told if each.receiver.store in {"", account.key.store}]
            wanted = [kind for kind in TOLD if kind in stream.wanted]
            news = [signal for account in known for signal in self._signals(each.receiver, account, wanted)]
            self.records.signals.put(tx, each.key, news)

    def _signals(self, receiver: Receiver, account: Account, news: Iterable[Kind]) -> list[Signal]:
        now, together = self.around.now(), self.around.token()
        naming, subject = called(receiver, account)
        return [Signal(kind, now, naming, subject, together) for kind in news]


def called(receiver: Receiver, account: Account) -> tuple[Naming, str]:
    """How this receiver knows whose account it is. Who has no such name is called by the directory's id."""
    mails = [contact.value for contact in account.contacts if contact.kind is ContactKind.MAIL]
    names: Mapping[Naming, str] = {
        Naming.MAIL: mails[0] if mails else "",
        Naming.UPN: account.upn,
        Naming.NAME: account.name,
    }
    subject = names.get(receiver.naming, "")
    return (receiver.naming, subject) if subject else (Naming.ID, account.key.id)
