"""The message job: carry a challenge to the person, if there is one. Nobody hears of it if there is not."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from ..contracts.channel import CanHear, Channel, Message
from ..contracts.errors import DeliveryFailed, PluginError
from ..contracts.events import Event, LimitReached, MessageDropped, MessageSent
from ..contracts.method import Offer
from ..contracts.plugin import Context
from ..db.counters import Mark
from ..db.jobs import Job
from ..db.session import Transaction
from ..figures import MESSAGES
from ..recovery import limits
from ..recovery.state import Lane, Recovery
from .back_office import BackOffice
from .callback_links import About, CallbackLinks
from .calls import Calls
from .faultpoint import faultpoint
from .fitting import fitting_offers
from .mover import Moved, Mover
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings

log = logging.getLogger(__name__)

SEND_SECONDS = 9.0
NO_LANE = "house"


@dataclass(frozen=True, kw_only=True)
class Messenger:
    """Queues messages in the commit of the move that caused them, and carries them in their channel's lane."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    calls: Calls
    office: BackOffice
    links: CallbackLinks
    around: Surroundings

    def queue(self, tx: Transaction, moved: Moved) -> None:
        """A job for the picked challenge: for nobody too, so that both cost the same."""
        pick = moved.recovery.pick
        if pick is None:
            return
        method = self.snapshots.current.plugins.methods.get(pick.method)
        if method is None or method.medium is None:
            return
        channel = self.snapshots.current.plugins.channel_for(method.medium)
        lane = f"channel:{channel.key}" if channel else NO_LANE
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
        channel = self.snapshots.current.plugins.channel_for(message.medium)
        if channel is None:
            return self._settle(job, recovery, MessageDropped(recovery.pick.method, "no-channel"))
        if isinstance(channel, CanHear):
            about = About(channel.key, recovery.id, recovery.pick.challenge_id, self._meant(recovery)[0].id)
            message = replace(message, answer_to=self.links.address(about))
        return self._carry(job, recovery, recovery.pick.method, channel, message)

    def _carry(self, job: Job, recovery: Recovery, method: str, channel: Channel, message: Message) -> None:
        try:
            self.send(channel, message, recovery.language)
        except DeliveryFailed as failure:
            if failure.retry and self.around.now() < recovery.deadline:
                return self.office.again(job, timedelta(seconds=min(30, 2**job.tries)))
            log.warning("a message was not taken", extra={"channel": channel.key, "kind": failure.kind})
            return self._settle(job, recovery, MessageDropped(method, f"failed: {failure.kind}"))
        faultpoint("message-sent")
        return self._settle(job, recovery, MessageSent(method, channel.key))

    def send(self, channel: Channel, message: Message, language: str) -> None:
        """Hand it over within bounds. Raises DeliveryFailed; a provider that is busy or late may be tried again."""
        context = self.around.context(seconds=SEND_SECONDS, language=language)
        said = _said(message, context)
        outcome = "failed"
        try:
            self.calls.ask(channel, lambda: channel.send(said, context), SEND_SECONDS)
            outcome = "sent"
        except PluginError as error:
            raise DeliveryFailed("provider did not answer", retry=True) from error
        finally:
            self.around.meter.count(MESSAGES, channel.key, outcome)

    def built(self, recovery: Recovery, offer_id: str) -> Message | None:
        """What is, or was, carried to that offer, in finished words; None where it is not what is picked."""
        offer = next((offer for offer in self._meant(recovery) if offer.id == offer_id), None)
        message = self._words(recovery, offer) if offer else None
        return _said(message, self.around.context(language=recovery.language)) if message else None

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
        """Count this send for its destination; for nobody under the name, so that both cost alike."""
        pick, now = recovery.pick, self.around.now()
        method = self.snapshots.current.plugins.methods.get(pick.method) if pick else None
        offers = fitting_offers(recovery, method)
        lane = recovery.subject.lane if recovery.subject else Lane.UNKNOWN_BROWSER
        # By method: a person's mailbox and phone have a budget each, so a name that nobody has runs out no sooner (A8).
        nobody = f"nobody:{pick.method if pick else ''}:{self.around.spelling(recovery.name)}"
        where = offers[0].private.get("to", offers[0].id) if offers else nobody
        # A number without its last digits names a range, and ranges are what toll fraud lives on (C1).
        subjects = {
            limits.DESTINATION_SENDS_QUARTER: f"{lane}:{where}",
            limits.DESTINATION_SENDS_DAY: f"{lane}:{where}",
            limits.RANGE_SENDS: where[:-4] if where.startswith("+") else where,
            limits.SYSTEM_SENDS: "everybody",
        }
        marks = [Mark(quota.name, subject, quota.window) for quota, subject in subjects.items()]
        counts = self.records.counters.bump(tx, marks, now)
        reached = [quota for quota, count in zip(subjects, counts, strict=True) if count.count > quota.most]
        self.mover.record(tx, recovery, [LimitReached(quota.name) for quota in reached], now)
        return not reached

    def _settle(self, job: Job, recovery: Recovery | None, event: Event | None) -> None:
        now = self.around.now()

        def write(tx: Transaction) -> None:
            if recovery is not None and event is not None:
                self.mover.record(tx, recovery, [event], now)

        self.office.done(job, write)


def _said(message: Message, context: Context) -> Message:
    """In finished words, so that no channel can forget the language."""
    subject = message.subject.said_in(context.language) if message.subject else None
    call = replace(message.call, greeting=message.call.greeting.said_in(context.language)) if message.call else None
    return replace(message, text=message.text.said_in(context.language), subject=subject, call=call)
