"""Somebody said "this wasn't me": stops self-service for them, and tells them and the help desk."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts.errors import StoreUnavailable
from ..contracts.events import DECLINED_ON_PHONE, SelfServiceStopped
from ..contracts.link_events import AccountParted
from ..db.freezes import Freeze
from ..db.jobs import Job
from ..db.session import Transaction
from .back_office import BackOffice
from .mover import Moved, Mover, Overtaken
from .records import Records
from .sending.notice_links import NoticeLinks, Told
from .sending.notices import Notices
from .surroundings import Surroundings

# The person's recoveries may move while they are being ended.
MOST_TIMES = 5


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """What the link of a notice leads to. Opening it asks nothing of the database and changes nothing (P6)."""

    records: Records
    mover: Mover
    notices: Notices
    links: NoticeLinks
    office: BackOffice
    around: Surroundings

    def may_stop(self, token: str) -> bool:
        """Whether this is a link of ours that is still good. Nothing about the person is looked at."""
        return self.links.read(token) is not None

    def stop(self, token: str) -> bool:
        """Stop self-service for whoever the notice was for; a second time changes nothing.

        False for a link that is wrong or too old, or older than the help desk's decision to lift an earlier stop.
        """
        told = self.links.read(token)
        return told is not None and self._stop(told)

    def decline(self, person_id: str, recovery_id: str) -> None:
        """The same by "I didn't ask for this" on a phone of theirs, which only they have."""
        self._stop(Told(person_id, recovery_id, DECLINED_ON_PHONE, self.around.now()))

    def _stop(self, told: Told) -> bool:
        for _ in range(MOST_TIMES):
            try:
                with self.records.db.write() as tx:
                    known = self.records.freezes.of(tx, told.person_id)
                    if known is not None and known.lifted_at is not None and told.at <= known.lifted_at:
                        return False
                    jobs = self._freeze(tx, told)
            except Overtaken:
                continue
            for job in jobs:
                self.office.hand_over(job)
            return True
        raise StoreUnavailable("others moved their recoveries again and again")

    def _freeze(self, tx: Transaction, told: Told) -> list[Job]:
        """The stop, its event, the end of what is open, and who is told, in one commit; nothing if it is stopped."""
        now = self.around.now()
        if not self.records.freezes.freeze(tx, Freeze(told.person_id, now, told.about, told.recovery_id)):
            return []
        event = SelfServiceStopped(told.about)
        self.records.audit.append(tx, [event], at=now, recovery_id=told.recovery_id, person_id=told.person_id)
        self.mover.supersede(tx, told.person_id, "frozen")
        self._undo_links(tx, told.person_id)
        about = self.records.recoveries.load(tx, told.recovery_id)
        jobs = self.notices.warn_help_desk(tx, told.recovery_id, about, event)
        if about is not None:
            moved = Moved(about)
            self.notices.queue(tx, moved, event)
            jobs += moved.jobs
        return jobs

    def _undo_links(self, tx: Transaction, person_id: str) -> None:
        """Accounts that were joined and do not count together yet: it may be the joining that wasn't them."""
        for link in self.records.waiting_links.about(tx, person_id):
            self.records.waiting_links.remove(tx, link)
            parted = AccountParted((link.host.store, link.joined.store), "frozen")
            self.records.audit.append(tx, [parted], at=self.around.now(), person_id=person_id)
