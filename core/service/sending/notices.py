"""The notify and carry jobs: tell whoever wants to know, and the person on every address we know, what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from ...contracts.channel import Message
from ...contracts.errors import DeliveryFailed, PluginError
from ...contracts.events import (
    BY_NAME,
    DECLINED_ON_PHONE,
    Event,
    MethodAdded,
    MethodRemoved,
    NoticeSent,
    PasswordSet,
    SelfServiceStopped,
)
from ...contracts.notifier import Happening, Notifier
from ...contracts.people import Contact, ContactKind, Person
from ...contracts.text import Text
from ...db.jobs import Job
from ...db.session import Transaction
from ...db.value_json import PERSON, text_from_json, text_to_json
from ...recovery.state import Recovery
from ..back_office import BackOffice
from ..calls import Calls
from ..mover import Moved, Mover
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..writing.end_sessions import signed_out
from .deliver import NO_LANE, Carried, Delivering, Errand
from .notice_links import NoticeLinks, Told

TELL_SECONDS = 9.0
# A notice is owed however long a mail server is down; after three days it would only confuse.
OWED = timedelta(hours=72)
LONGEST_PAUSE = timedelta(minutes=10)
# Where other jobs name their notifier.
HOUSE = "house"
STOPPED = Text("Self-service is stopped for one account")
WHY_DECLINED = Text(
    'Self-service is stopped for {accounts}: somebody with their phone pressed "I didn\'t ask for this" on {at} (UTC). '
    "Whoever asked knows their name, and nothing was changed by this. Reference {ref}.\n\n"
    "Once you know who they are and what happened, lift it on the server: keyback people unfreeze NAME"
)
WHY_STOPPED = Text(
    'Self-service is stopped for {accounts}: somebody who got a notice there said "this wasn\'t me" on {at} (UTC). '
    "The password was not changed by this. Reference {ref}.\n\n"
    "Once you know who they are and what happened, lift it on the server: keyback people unfreeze NAME"
)


@dataclass(frozen=True, kw_only=True)
class Notices:
    """Queues a job for each notifier, so that one that fails silences no other."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    calls: Calls
    delivering: Delivering
    links: NoticeLinks
    office: BackOffice
    around: Surroundings

    def queue(
        self,
        tx: Transaction,
        moved: Moved,
        event: Event,
        *,
        stores: Sequence[str] = (),
        after: timedelta = timedelta(0),
    ) -> None:
        """In the commit of what happened: if it happened, somebody will be told. `stores`: where, if not everywhere;
        `after`: when to look what else there is to say."""
        told = {"event": event.name, "fields": json.dumps(asdict(event)), "at": self.around.now().isoformat()}
        told["stores"] = " ".join(stores)
        for notifier in self.snapshots.current.plugins.notifiers.values():
            if notifier.hears(event) and after:
                self.mover.wait_for(tx, moved, NO_LANE, "notify", after=after, notifier=notifier.key, **told)
            elif notifier.hears(event):
                self.mover.queue(tx, moved, NO_LANE, "notify", notifier=notifier.key, **told)

    def tell(self, job: Job) -> None:
        """Ask the notifier for its messages, and queue each in its channel's lane."""
        recovery = self.records.recovery_of(job)
        if recovery is None:
            return self.office.done(job)
        return self._tell(job, self._happening(job, recovery), recovery.language)

    def queue_change(self, tx: Transaction, whom: Person, event: Event, language: str) -> list[Job]:
        """In the commit of a change of somebody's methods. There is no recovery to read later, so the job holds all:
        `whom` with the accounts and every address to tell; a link goes to those of `contacts` that are mailboxes."""
        told = {
            "event": event.name,
            "fields": json.dumps(asdict(event)),
            "at": self.around.now().isoformat(),
            "whom": PERSON.dump_json(whom).decode(),
            "language": language,
        }
        hearing = [one.key for one in self.snapshots.current.plugins.notifiers.values() if one.hears(event)]
        return [self.office.put(tx, NO_LANE, "change", "", {**told, "notifier": key}) for key in hearing]

    def tell_change(self, job: Job) -> None:
        """The same for somebody who changed their methods."""
        whom, event = PERSON.validate_json(job.payload["whom"]), _event(job.payload)
        at, method = datetime.fromisoformat(job.payload["at"]), None
        if isinstance(event, MethodAdded | MethodRemoved):
            method = self.snapshots.current.plugins.methods.get(event.method)
        happening = Happening(
            event=event,
            at=at,
            addresses=_addresses(whom),
            accounts=tuple(account.name for account in whom.accounts),
            help_desk=self.around.whom_to_call,
            wasnt_me=self._links(whom, Told(whom.id, "", event.name, at)),
            method=method.label if method else None,
        )
        self._tell(job, happening, job.payload["language"])

    def _tell(self, job: Job, happening: Happening, language: str) -> None:
        notifier = self.snapshots.current.plugins.notifiers.get(job.payload["notifier"])
        messages: tuple[Message, ...] = ()
        if notifier is not None:
            try:
                messages = self._ask(notifier, happening, language)
            except (DeliveryFailed, PluginError) as failure:
                return self._later(job, Carried(retry=getattr(failure, "retry", True)))
        if not messages:
            return self.office.done(job)
        return self._pass_on(job, messages, language, ())

    def _pass_on(self, job: Job, messages: Sequence[Message], language: str, sent: tuple[Carried, ...]) -> None:
        """Carried by this very job, one after the other, each in its channel's lane: no row before they are sent."""
        there = replace(job, lane=self.delivering.lane(messages[0].medium))
        if not self.office.hand_over(there, lambda job: self._carry_all(job, messages, language, sent)):
            self._part(job, messages, language, sent)

    def _carry_all(self, job: Job, messages: Sequence[Message], language: str, sent: tuple[Carried, ...]) -> None:
        first, *rest = messages
        carried = self._carried(first, language)
        if carried.channel and rest:
            return self._pass_on(job, rest, language, (*sent, carried))
        if carried.channel:
            return self.office.done(job, lambda tx: self._record(tx, job, (*sent, carried)))
        if not sent and not rest:
            return self._later(job, carried)
        return self._part(job, messages if carried.retry else rest, language, (*sent, carried))

    def _part(self, job: Job, messages: Sequence[Message], language: str, tried: tuple[Carried, ...]) -> None:
        """Each of these becomes a job of its own, so that what was sent already is not sent again with them."""
        with self.records.db.write() as tx:
            jobs = [self._put_carry(tx, job, message, language) for message in messages]
            self._record(tx, job, tried)
            self.records.jobs.done(tx, [job.id])
        for carry in jobs:
            self.office.hand_over(carry)

    def carry(self, job: Job) -> None:
        """Carry one of several messages of a notifier."""
        carried = self._carried(_unpack(job.payload), job.payload.get("language", ""))
        if not carried.channel:
            return self._later(job, carried)
        return self.office.done(job, lambda tx: self._record(tx, job, (carried,)))

    def _carried(self, message: Message, language: str) -> Carried:
        # Of the organisation's own, or proven before: a list of regions that is empty stops no notice.
        return self.delivering.deliver(Errand(message=message, language=language, ours=True, notice=True))

    def _record(self, tx: Transaction, job: Job, tried: Sequence[Carried]) -> None:
        for carried in tried:
            self.delivering.keep(tx, carried)
        event = NoticeSent(job.payload["notifier"], job.payload["event"])
        sent = [event for carried in tried if carried.channel]
        self.records.audit.append(tx, sent, at=self.around.now(), recovery_id=job.recovery_id)

    def warn_help_desk(self, tx: Transaction, recovery_id: str, recovery: Recovery | None, event: Event) -> list[Job]:
        """A mail in the commit of the stop, where the help desk has a mailbox. The recovery may be forgotten by now."""
        if not self.around.help_desk_mail:
            return []
        person, now = recovery.subject.person if recovery and recovery.subject else None, self.around.now()
        names = ", ".join(account.name for account in person.accounts) if person else Text("one account")
        text = WHY_DECLINED if event == SelfServiceStopped(DECLINED_ON_PHONE) else WHY_STOPPED
        text = text.filled(accounts=names, at=f"{now:%Y-%m-%d %H:%M}", ref=recovery_id[:8].upper())
        kept = {"notifier": HOUSE, "event": event.name, "at": now.isoformat()}
        return [self._put(tx, recovery_id, kept, Message("email", self.around.help_desk_mail, text, STOPPED))]

    def _ask(self, notifier: Notifier, happening: Happening, language: str) -> tuple[Message, ...]:
        context = self.around.context(seconds=TELL_SECONDS, language=language)
        return tuple(self.calls.ask(notifier, lambda: notifier.notify(happening, context), TELL_SECONDS))

    def _happening(self, job: Job, recovery: Recovery) -> Happening:
        person = recovery.subject.person if recovery.subject else None
        accounts = person.accounts if person else ()
        event, at = _event(job.payload), datetime.fromisoformat(job.payload["at"])
        # A password was set there: elsewhere the person's accounts have theirs still, or a notice of their own.
        stores = job.payload["stores"].split()
        return Happening(
            event=event,
            at=at,
            recovery=recovery.id,
            addresses=_addresses(person) if person else (),
            accounts=tuple(account.name for account in accounts if not stores or account.key.store in stores),
            help_desk=self.around.whom_to_call,
            signed_out=isinstance(event, PasswordSet) and signed_out(self.records, self.snapshots, recovery),
            wasnt_me=self._wasnt_me(recovery, person, Told(person.id, recovery.id, event.name, at)) if person else {},
        )

    def _wasnt_me(self, recovery: Recovery, person: Person, told: Told) -> dict[str, str]:
        """The link, for the person's own proven mailboxes: nobody without a proof can have one sent (P6).

        Not for an address that could be somebody else's, untrusted or changed lately, and never for a text message.
        """
        return self._links(person, told) if recovery.proofs else {}

    def _links(self, person: Person, told: Told) -> dict[str, str]:
        own = [contact.value for contact in person.contacts if contact.trusted and contact.kind is ContactKind.MAIL]
        return {mailbox: self.links.link(told) for mailbox in own}

    def _put_carry(self, tx: Transaction, job: Job, message: Message, language: str) -> Job:
        kept = {key: job.payload[key] for key in ("notifier", "event", "at")}
        return self._put(tx, job.recovery_id, {**kept, "language": language}, message)

    def _put(self, tx: Transaction, recovery_id: str, kept: dict[str, str], message: Message) -> Job:
        lane = self.delivering.lane(message.medium)
        return self.office.put(tx, lane, "carry", recovery_id, {**kept, **_pack(message)})

    def _later(self, job: Job, tried: Carried) -> None:
        owed_until = datetime.fromisoformat(job.payload["at"]) + OWED
        again = tried.retry and self.around.now() < owed_until
        with self.records.db.write() as tx:
            self.delivering.keep(tx, tried)
            if not again:
                self.records.jobs.done(tx, [job.id])
        if again:
            self.office.again(job, min(LONGEST_PAUSE, timedelta(seconds=2 ** min(job.tries, 10))))


def _addresses(person: Person) -> tuple[Contact, ...]:
    """Every one that is known, each once."""
    contacts = [contact for account in person.accounts for contact in account.contacts]
    return tuple({(c.kind, c.value): c for c in (*contacts, *person.contacts)}.values())


def _event(payload: dict[str, str] | object) -> Event:
    assert isinstance(payload, dict)
    fields = json.loads(payload["fields"])
    # JSON knows no tuples.
    return BY_NAME[payload["event"]](**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def _pack(message: Message) -> dict[str, str]:
    packed = {"medium": message.medium, "to": message.to, "text": _pack_text(message.text)}
    return packed if message.subject is None else {**packed, "subject": _pack_text(message.subject)}


def _unpack(payload: dict[str, str] | object) -> Message:
    assert isinstance(payload, dict)
    subject = _unpack_text(payload["subject"]) if "subject" in payload else None
    return Message(payload["medium"], payload["to"], _unpack_text(payload["text"]), subject)


def _pack_text(text: Text) -> str:
    return json.dumps(text_to_json(text))


def _unpack_text(packed: str) -> Text:
    return text_from_json(json.loads(packed))
