"""The message job: carry a challenge to the person, if there is one. Nobody hears of it if there is not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from ...contracts.channel import CanHear, Channel, Message
from ...contracts.events import Event, LimitReached, MessageDropped, MessageSent
from ...contracts.method import Offer
from ...db.jobs import Job
from ...db.session import Transaction
from ...recovery.state import Pick, Recovery
from ..back_office import BackOffice
from ..faultpoint import faultpoint
from ..finding.fitting import fitting_offers
from ..finding.nobody import nobody
from ..mover import Moved, Mover
from ..norms import Norms
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .callback_links import About, CallbackLinks
from .deliver import NOTHING, Carried, Delivering, Errand, said
from .send_limits import paying_lane, to_be_counted

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Messenger:
    """Queues messages in the commit of the move that caused them, and carries them in their channel's lane."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    delivering: Delivering
    office: BackOffice
    links: CallbackLinks
    around: Surroundings
    norms: Norms

    def queue(self, tx: Transaction, moved: Moved) -> None:
        """A job for the picked challenge: for nobody too, so that both cost the same."""
        pick = moved.recovery.pick
        if pick is None:
            return
        method = self.snapshots.current.plugins.methods.get(pick.method)
        if method is None or method.medium is None:
            return
        lane = self.delivering.lane(method.medium)
        allowed = self._count_send(tx, moved.recovery)
        self.mover.queue(tx, moved, lane, "message", challenge=pick.challenge_id, allowed="yes" if allowed else "no")

    def work(self, job: Job) -> None:
        """Build it, hand it to the channel, and write down what became of it."""
        recovery = self.records.recovery_of(job)
        if recovery is None or recovery.pick is None or recovery.pick.challenge_id != job.payload["challenge"]:
            return self._settle(job, recovery, None)
        faultpoint("message-queued")
        message, why = self._message(recovery, job)
        if message is None:
            return self._settle(job, recovery, MessageDropped(recovery.pick.method, why))
        carried = self.delivering.deliver(self._errand(job, recovery, recovery.pick, message))
        return self._conclude(job, recovery, recovery.pick.method, carried)

    def _errand(self, job: Job, recovery: Recovery, pick: Pick, message: Message) -> Errand:
        subject, offer = recovery.subject, self._meant(recovery)[0].id
        contacts = [each.value for account in subject.person.accounts for each in account.contacts] if subject else []

        def answer_to(channel: Channel) -> str:
            about = About(channel.key, recovery.id, pick.challenge_id, offer)
            return self.links.address(about) if isinstance(channel, CanHear) else ""

        return Errand(
            message=message,
            language=recovery.language,
            challenge=pick.challenge_id,
            ours=message.to in contacts,
            lane=paying_lane(recovery),
            again=job.tries > 0 or job.seen is None,
            answer_to=answer_to,
        )

    def _conclude(self, job: Job, recovery: Recovery, method: str, carried: Carried) -> None:
        if carried.channel:
            faultpoint("message-sent")
            return self._settle(job, recovery, MessageSent(method, carried.channel), carried)
        if carried.retry and self.around.now() < recovery.deadline:
            with self.records.db.write() as tx:
                self.delivering.keep(tx, carried)
            return self.office.again(job, timedelta(seconds=min(30, 2**job.tries)))
        log.warning("a message was not taken", extra={"kind": carried.why})
        return self._settle(job, recovery, MessageDropped(method, carried.why), carried)

    def built(self, recovery: Recovery, offer_id: str) -> Message | None:
        """What is, or was, carried to that offer, in finished words; None where it is not what is picked."""
        offer = next((offer for offer in self._meant(recovery) if offer.id == offer_id), None)
        message = self._words(recovery, offer) if offer else None
        return said(message, self.around.context(language=recovery.language)) if message else None

    def _meant(self, recovery: Recovery) -> tuple[Offer, ...]:
        method = self.snapshots.current.plugins.methods.get(recovery.pick.method) if recovery.pick else None
        return fitting_offers(recovery, method)

    def _words(self, recovery: Recovery, offer: Offer) -> Message | None:
        assert recovery.pick is not None
        method = self.snapshots.current.plugins.methods[recovery.pick.method]
        return method.message(offer, recovery.pick.challenge, self.around.context(language=recovery.language))

    def _message(self, recovery: Recovery, job: Job) -> tuple[Message | None, str]:
        offers = self._meant(recovery)
        if recovery.subject is None:
            return None, "nobody"
        if not offers:
            return None, "does-not-fit"
        if job.payload["allowed"] != "yes":
            return None, "too-many"
        return self._words(recovery, offers[0]), "nothing-to-say"

    def _count_send(self, tx: Transaction, recovery: Recovery) -> bool:
        """Count this send, for nobody as for somebody; whether it may leave."""
        pick, now = recovery.pick, self.around.now()
        method = self.snapshots.current.plugins.methods.get(pick.method) if pick else None
        offer = next(iter(fitting_offers(recovery, method)), None)
        medium = (method.medium if method else "") or ""
        name = nobody(recovery, self.around, self.records.keyring, self.snapshots.current.plugins.stores)
        wanted = to_be_counted(recovery, medium, offer, name)
        counts = self.records.counters.bump(tx, list(wanted.values()), now)
        each = zip(wanted, counts, strict=True)
        reached = [quota for quota, count in each if not self.norms.allow(tx, quota, count)]
        self.mover.record(tx, recovery, [LimitReached(quota.name) for quota in reached], now)
        return not reached

    def _settle(self, job: Job, recovery: Recovery | None, event: Event | None, carried: Carried = NOTHING) -> None:
        now = self.around.now()

        def write(tx: Transaction) -> None:
            self.delivering.keep(tx, carried)
            if recovery is not None and event is not None:
                self.mover.record(tx, recovery, [event], now)

        self.office.done(job, write)
