"""Codes to addresses that somebody is adding: counted, and carried as in a recovery by whoever has the lane."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ...contracts.channel import CanHear, Channel, Message
from ...contracts.errors import MustWait
from ...contracts.events import Event, LimitReached, MessageDropped, MessageSent
from ...contracts.own_address import GIVEN, WHILE_ADDING
from ...db.begun import Begun, Posted
from ...db.counters import Mark
from ...db.jobs import Job
from ...db.pending import Adding
from ...db.session import Transaction, after_commit
from ...recovery import limits
from ..back_office import BackOffice
from ..norms import Norms
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings
from .callback_links import ADDING, About, CallbackLinks
from .deliver import Carried, Delivering, Errand
from .send_limits import ADDING_LANE

# A new address counts so often: toll fraud lives on numbers that people may choose (C1).
TIMES = 2


@dataclass(frozen=True, kw_only=True)
class CodePost:
    """Sends in the commit in which somebody asked for it, or not at all."""

    records: Records
    delivering: Delivering
    office: BackOffice
    links: CallbackLinks
    around: Surroundings
    norms: Norms

    def count(self, tx: Transaction, person: str) -> MustWait | None:
        """One more of what this person may ask for. Not raised here: what was counted must be committed."""
        quota, now = limits.NEW_ADDRESS_SENDS, self.around.now()
        (count,) = self.records.counters.bump(tx, [Mark(quota.name, person, quota.window)], now)
        verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
        if not isinstance(verdict, limits.Wait):
            return None
        self._record(tx, person, LimitReached(quota.name))
        return MustWait(verdict.until)

    def posted(self, message: Message | None, language: str) -> Posted | None:
        """With a name of its own, by which carriers tell us of it; None where nothing is to be carried."""
        return Posted(message, language, self.around.token()) if message else None

    def queue(self, tx: Transaction, adding: Adding, posted: Posted | None) -> None:
        """Let it be carried if the budgets allow it; nobody who asks can tell (A11)."""
        if posted is None:
            return
        if not self._may_send(tx, adding.person_id, posted.message):
            self._record(tx, adding.person_id, MessageDropped(adding.method, "too-many"))
            return
        kept = {**asdict(adding), "name": posted.name, "at": self.around.now().isoformat()}
        job = self.office.put(tx, self.delivering.lane(posted.message.medium), "code", "", kept)
        after_commit(tx, partial(self.office.hand_over, job))

    def work(self, job: Job) -> None:
        """Carry it, and write down what became of it. What was asked for again meanwhile, or given up, stays here."""
        adding = Adding(job.payload["session"], job.payload["person_id"], job.payload["method"])
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, adding, self.around.now())
        if begun is None or begun.posted is None or begun.posted.name != job.payload["name"]:
            return self.office.done(job)
        carried = self.delivering.deliver(self._errand(job, adding, begun, begun.posted))
        late = self.around.now() >= datetime.fromisoformat(job.payload["at"]) + WHILE_ADDING
        if carried.channel or late or not carried.retry:
            return self._settle(job, adding, carried)
        with self.records.db.write() as tx:
            self.delivering.keep(tx, carried)
        return self.office.again(job, timedelta(seconds=min(30, 2**job.tries)))

    def _errand(self, job: Job, adding: Adding, begun: Begun, posted: Posted) -> Errand:
        name = self.records.pending.name(adding)

        def answer_to(channel: Channel) -> str:
            about = About(channel.key, name, posted.name, ADDING)
            return self.links.address(about) if isinstance(channel, CanHear) else ""

        return Errand(
            message=posted.message,
            language=posted.language,
            challenge=posted.name,
            ours=GIVEN in begun.answer,
            times=TIMES,
            lane=ADDING_LANE,
            again=job.tries > 0 or job.seen is None,
            answer_to=answer_to,
        )

    def _may_send(self, tx: Transaction, person: str, message: Message) -> bool:
        """Whether this address, and everybody, may have one more; what texts and calls cost is asked when they leave.

        In a lane of its own: nobody who adds somebody else's number can use up the owner's messages.
        """
        day = limits.DESTINATION_CALLS_DAY if message.medium == "voice" else limits.DESTINATION_SENDS_DAY
        here = [
            Mark(quota.name, f"adding:{message.to}", quota.window) for quota in (limits.DESTINATION_SENDS_QUARTER, day)
        ]
        system = Mark(limits.SYSTEM_SENDS.name, "everybody", limits.SYSTEM_SENDS.window, TIMES)
        counts = self.records.counters.bump(tx, [*here, system], self.around.now())
        quotas = (limits.DESTINATION_SENDS_QUARTER, day, limits.SYSTEM_SENDS)
        each = zip(quotas, counts, strict=True)
        reached = [quota for quota, count in each if not self.norms.allow(tx, quota, count, TIMES)]
        for quota in reached:
            self._record(tx, person, LimitReached(quota.name))
        return not reached

    def _settle(self, job: Job, adding: Adding, carried: Carried) -> None:
        """What will never arrive is told to whoever waits for it, but not what a budget held back."""
        at, now = datetime.fromisoformat(job.payload["at"]), self.around.now()
        sent = MessageSent(adding.method, carried.channel)
        event = sent if carried.channel else MessageDropped(adding.method, carried.why)

        def write(tx: Transaction) -> None:
            self.delivering.keep(tx, carried)
            self._record(tx, adding.person_id, event)
            begun = None if carried.channel or carried.held_back else self.records.pending.get(tx, adding, now)
            if begun is not None and begun.posted is not None and begun.posted.name == job.payload["name"]:
                self.records.pending.keep(tx, adding, replace(begun, undelivered=True), at + WHILE_ADDING, now=now)

        self.office.done(job, write)

    def _record(self, tx: Transaction, person_id: str, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=person_id)
        after_commit(tx, lambda: tell(self.around.meter, [event]))
