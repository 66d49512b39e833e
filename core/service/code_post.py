"""Codes to addresses that somebody is adding: counted, and carried as in a recovery by whoever has the lane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ..contracts.channel import Message
from ..contracts.errors import MustWait
from ..contracts.events import Event, LimitReached, MessageDropped, MessageSent
from ..contracts.own_address import WHILE_ADDING
from ..db.counters import Mark
from ..db.jobs import Job
from ..db.pending import Adding
from ..db.session import Transaction, after_commit
from ..db.value_json import MESSAGE
from ..recovery import limits
from .back_office import BackOffice
from .counted import tell
from .deliver import Carried, Delivering, Errand
from .records import Records
from .surroundings import Surroundings

# A new address counts so often: toll fraud lives on numbers that people may choose (C1).
TIMES = 2


@dataclass(frozen=True, kw_only=True)
class CodePost:
    """Sends in the commit in which somebody asked for it, or not at all."""

    records: Records
    delivering: Delivering
    office: BackOffice
    around: Surroundings

    def count(self, tx: Transaction, person: str) -> MustWait | None:
        """One more of what this person may ask for. Not raised here: what was counted must be committed."""
        quota, now = limits.NEW_ADDRESS_SENDS, self.around.now()
        (count,) = self.records.counters.bump(tx, [Mark(quota.name, person, quota.window)], now)
        verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
        if not isinstance(verdict, limits.Wait):
            return None
        self._record(tx, person, LimitReached(quota.name))
        return MustWait(verdict.until)

    def queue(self, tx: Transaction, adding: Adding, message: Message | None, language: str, *, given: bool) -> None:
        """Let it be carried if the budgets allow it; nobody who asks can tell (A11). `given`: by their directory."""
        if message is None:
            return
        if not self._may_send(tx, adding.person_id, message):
            self._record(tx, adding.person_id, MessageDropped(adding.method, "too-many"))
            return
        kept = {"session": adding.session, "person": adding.person_id, "method": adding.method, "language": language}
        kept |= {"message": MESSAGE.dump_json(message).decode(), "at": self.around.now().isoformat()}
        kept |= {"challenge": self.around.token(), "given": "yes" if given else "no"}
        job = self.office.put(tx, self.delivering.lane(message.medium), "code", "", kept)
        after_commit(tx, partial(self.office.hand_over, job))

    def work(self, job: Job) -> None:
        """Carry it, and write down what became of it."""
        kept = job.payload
        errand = Errand(
            message=MESSAGE.validate_json(kept["message"]),
            language=kept["language"],
            challenge=kept["challenge"],
            ours=kept["given"] == "yes",
            times=TIMES,
            again=job.tries > 0 or job.seen is None,
        )
        carried = self.delivering.deliver(errand)
        late = self.around.now() >= datetime.fromisoformat(kept["at"]) + WHILE_ADDING
        if carried.channel or late or not carried.retry:
            return self._settle(job, carried)
        with self.records.db.write() as tx:
            self.delivering.keep(tx, carried)
        return self.office.again(job, timedelta(seconds=min(30, 2**job.tries)))

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
        reached = [quota for quota, count in zip(quotas, counts, strict=True) if count.count > quota.most]
        for quota in reached:
            self._record(tx, person, LimitReached(quota.name))
        return not reached

    def _settle(self, job: Job, carried: Carried) -> None:
        """What will never arrive is told to whoever waits for it, but not what a budget held back."""
        adding = Adding(job.payload["session"], job.payload["person"], job.payload["method"])
        at, now = datetime.fromisoformat(job.payload["at"]), self.around.now()
        sent = MessageSent(adding.method, carried.channel)
        event = sent if carried.channel else MessageDropped(adding.method, carried.why)

        def write(tx: Transaction) -> None:
            self.delivering.keep(tx, carried)
            self._record(tx, adding.person_id, event)
            begun = None if carried.channel or carried.held_back else self.records.pending.get(tx, adding, now)
            if begun is not None and begun.sent[-1:] == (at,):
                self.records.pending.keep(tx, adding, replace(begun, undelivered=True), at + WHILE_ADDING, now=now)

        self.office.done(job, write)

    def _record(self, tx: Transaction, person_id: str, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=person_id)
        after_commit(tx, lambda: tell(self.around.meter, [event]))
