"""What changes when joined accounts begin to count together, and when they no longer do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...contracts.event import Event
from ...contracts.link_events import AccountParted, LinkCounts
from ...contracts.people import AccountKey
from ...db.session import Transaction, after_commit
from ...db.waiting_links import WaitingLink
from ..mover import Mover, Overtaken
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings

LOOK_EVERY = timedelta(seconds=10)
AT_ONCE = 20


@dataclass(kw_only=True)
class LinkEffect:
    """One transaction for each: the link, whose the methods are, and the end of what was begun before."""

    records: Records
    mover: Mover
    around: Surroundings
    _look_at: datetime | None = field(init=False, default=None)

    def bring_due(self, now: datetime) -> None:
        """A chore: those whose wait is over."""
        if self._look_at is not None and now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        with self.records.db.read() as tx:
            due = self.records.waiting_links.due(tx, now, AT_ONCE)
        for link in due:
            try:
                with self.records.db.write() as tx:
                    self.bring(tx, link)
            except Overtaken:
                # Somebody was just resetting a password: the next look will do.
                self._look_at = None

    def bring(self, tx: Transaction, link: WaitingLink) -> None:
        """From now on they are one person's. The joined account's own methods serve both as well."""
        if not self.records.waiting_links.remove(tx, link):
            return None
        stores = (link.host.store, link.joined.store)
        joined, host = self._alone(link.joined), self._alone(link.host)
        if self._stopped(tx, {joined, host, link.person_ref}):
            return self._record(tx, link.person_ref, AccountParted(stores, "frozen"))
        now = self.around.now()
        self.records.links.link(tx, link.person_ref, link.host, "first", now)
        if not self.records.links.link(tx, link.person_ref, link.joined, link.how, now):
            return self._record(tx, link.person_ref, AccountParted(stores, "taken"))
        self.mover.supersede(tx, joined, "joined")
        self.records.enrolments.hand_on(tx, joined, link.person_ref, now)
        # It was a person of its own, which no longer is: whoever is signed in to it signs in anew.
        self.records.sessions.end_of_ref(tx, joined)
        return self._record(tx, link.person_ref, LinkCounts(stores))

    def end(self, tx: Transaction, person_id: str, leaving: AccountKey, *, session: str) -> None:
        """This account is a person of its own again, without the methods. Every other session is over, and `session`
        too if it is that account's."""
        self.records.links.part(tx, person_id, leaving)
        for link in self.records.waiting_links.of(tx, person_id, leaving):
            if leaving in (link.host, link.joined):
                self.records.waiting_links.remove(tx, link)
        left = self.records.links.accounts_of(tx, person_id)
        if len(left) == 1:
            self.records.links.part(tx, person_id, left[0])
        self.mover.supersede(tx, person_id, "parted")
        self.records.sessions.end_of_ref(tx, person_id, but_not=session)

    def _alone(self, key: AccountKey) -> str:
        """Whom this account stands for by itself."""
        return self.records.keyring.pseudonym(key.store, key.id)

    def _stopped(self, tx: Transaction, refs: set[str]) -> bool:
        known = [self.records.freezes.of(tx, ref) for ref in sorted(refs)]
        return any(freeze is not None and freeze.lifted_at is None for freeze in known)

    def _record(self, tx: Transaction, person_id: str, event: Event) -> None:
        happened: Sequence[Event] = (event,)
        self.records.audit.append(tx, happened, at=self.around.now(), person_id=person_id)
        after_commit(tx, lambda: tell(self.around.meter, happened))
