"""A verified recovery for a caller: the agent can only start it, and the person proves who they are by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from ...contracts.desk_events import CallStarted
from ...contracts.errors import MustWait, NotAllowed
from ...contracts.events import LimitReached
from ...contracts.people import AccountKey
from ...contracts.text import Text
from ...db.approvals import Approval
from ...db.callers import Caller
from ...db.counters import Mark
from ...db.session import Transaction, after_commit
from ...recovery import limits
from ...recovery.state import Recovery, Stage
from ..administrators.actor import Actor
from ..records import Records
from ..reporting.counted import tell
from ..ruling.approvals import Approvals, Wish, Write, said_by
from ..surroundings import Surroundings
from .call_word import call_word
from .desk_file import Files
from .desk_reach import NOBODY, Reach, Served

START = "desk-call"
DIGITS = 8
# Read out, typed, and over.
GOOD_FOR = timedelta(minutes=10)
# How long an agent sees what became of a call.
SEEN_FOR = timedelta(minutes=60)
PAGE = 50

CHOOSE_CHECK = Text("Choose how you made sure who is calling")
NO_WAY = Text("They have too few methods to prove who they are, so a code would lead nowhere.")
NOT_YOUR_CALL = Text("This call is not yours, or it was long ago.")
START_OF = Text("Start a recovery for a caller: {name}", name="")


class Check(StrEnum):
    """How an agent made sure who is calling. Neither opens anything; without one nothing is started (I10)."""

    CALL_BACK = "call-back"
    MANAGER = "manager"


class Progress(StrEnum):
    """How far a caller is, as the agent may know it: never with what."""

    EXPECTED = "expected"
    OVERDUE = "overdue"
    OPENED = "opened"
    PROVING = "proving"
    PROVEN = "proven"
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Call:
    """What an agent sees of a call. `word` is empty until the caller's page shows it."""

    id: str
    name: str = field(repr=False)
    code: str = field(repr=False)
    good_until: datetime
    progress: Progress
    word: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class CallerDesk:
    """No way leads from here to a password, a proof or somebody else's code: an agent and a caller alone change nothing
    (AA23-320A)."""

    records: Records
    reach: Reach
    files: Files
    approvals: Approvals
    around: Surroundings

    def learn_to_decide(self) -> None:
        """Start what a second administrator approves."""
        self.approvals.teach(START, self._start_approved)

    def start(self, actor: Actor, handle: str, check: str, why: str = "") -> str:
        """Draw a code for somebody whom the agent has on the telephone; the call's id, or "" where a second
        administrator decides first. Raises NotAllowed or MustWait."""
        if check not in set(Check):
            raise NotAllowed(CHOOSE_CHECK, {"check": CHOOSE_CHECK})
        served = self.reach.open(actor, handle)
        self._refuse_hopeless(served)
        self._count(actor, served)
        with self.records.db.write() as tx:
            if served.higher:
                account = served.account
                payload = {"store": account.key.store, "account": account.key.id, "check": check}
                self.approvals.ask(tx, actor, Wish(START, START_OF.filled(name=account.name), payload, why))
                return ""
            return self._put(tx, actor, served, check)

    def look(self, actor: Actor, call_id: str) -> Call:
        """One call of this agent's. Raises NotAllowed for anybody else."""
        with self.records.db.read() as tx:
            caller = self.records.callers.load(tx, call_id)
            if caller is None or caller.agent_ref != self._ref(actor.subject) or not self._is_seen(caller):
                raise NotAllowed(NOT_YOUR_CALL)
            return self._call(tx, caller)

    def mine(self, actor: Actor) -> Sequence[Call]:
        """This agent's calls of the last hour, the newest first."""
        since = self.around.now() - SEEN_FOR + GOOD_FOR
        with self.records.db.read() as tx:
            callers = self.records.callers.of_agent(tx, self._ref(actor.subject), since, PAGE)
            return [self._call(tx, caller) for caller in callers]

    def _start_approved(self, approval: Approval, decider: Actor) -> Write:
        """For whoever asked: whoever decides may not be on the telephone. Nobody decides about themselves."""
        payload: Mapping[str, str] = approval.payload
        served = self.reach.serve(decider, AccountKey(payload["store"], payload["account"]))
        asker = Actor(approval.asked_by, approval.asker)
        if self.reach.is_own(asker, served.accounts):
            raise NotAllowed(NOBODY)

        def write(tx: Transaction) -> None:
            self._put(tx, asker, served, payload["check"])

        return write

    def _refuse_hopeless(self, served: Served) -> None:
        # A code lowers nothing that the policy asks for: who could not get in without it cannot with it.
        if not self.files.of(served).overview.get_back.yes:
            raise NotAllowed(NO_WAY)

    def _put(self, tx: Transaction, actor: Actor, served: Served, check: str) -> str:
        now = self.around.now()
        code = str(int.from_bytes(self.around.random(16)) % 10**DIGITS).zfill(DIGITS)
        caller = Caller(
            id=self.around.token(),
            person_ref=served.person.id,
            agent_ref=self._ref(actor.subject),
            agent=actor.name,
            name=served.account.name,
            code=code,
            started_at=now,
            expires_at=now + GOOD_FOR,
        )
        self.records.callers.put(tx, caller)
        self._record(tx, CallStarted(check), actor, served)
        return caller.id

    def _count(self, actor: Actor, served: Served) -> None:
        """Of this agent, and of this person whoever talks to them; what goes beyond is loud."""
        now = self.around.now()
        quotas = {limits.DESK_STARTS: actor.subject, limits.CALLER_STARTS: served.person.id}
        marks = [Mark(quota.name, subject, quota.window) for quota, subject in quotas.items()]
        until = None
        with self.records.db.write() as tx:
            for quota, count in zip(quotas, self.records.counters.bump(tx, marks, now), strict=True):
                verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
                if isinstance(verdict, limits.Wait):
                    until = max(until or verdict.until, verdict.until)
                if count.count == quota.most + 1:
                    self._record(tx, LimitReached(quota.name), actor, served)
        if until is not None:
            raise MustWait(until)

    def _is_seen(self, caller: Caller) -> bool:
        return self.around.now() < caller.started_at + SEEN_FOR

    def _call(self, tx: Transaction, caller: Caller) -> Call:
        recovery = self.records.recoveries.load(tx, caller.recovery_id) if caller.recovery_id else None
        # Its row is sealed: whoever wrote another's id here without the key gets no word for it.
        if recovery is not None and (recovery.subject is None or recovery.subject.person.id != caller.person_ref):
            recovery = None
        progress = _progress(recovery) if recovery else self._without(caller)
        word = call_word(self.records.keyring, recovery.id) if recovery and recovery.is_open else ""
        return Call(caller.id, caller.name, caller.code, caller.expires_at, progress, word)

    def _without(self, caller: Caller) -> Progress:
        if caller.recovery_id:
            return Progress.ENDED
        return Progress.EXPECTED if self.around.now() < caller.expires_at else Progress.OVERDUE

    def _ref(self, subject: str) -> str:
        return self.records.keyring.pseudonym("console", subject)

    def _record(self, tx: Transaction, event: CallStarted | LimitReached, actor: Actor, served: Served) -> None:
        details, now = said_by(actor), self.around.now()
        self.records.audit.append(tx, [event], at=now, person_id=served.person.id, details=details)
        after_commit(tx, partial(tell, self.around.meter, [event]))


def _progress(recovery: Recovery) -> Progress:
    match recovery.stage:
        case Stage.DONE:
            return Progress.DONE
        case Stage.CLOSED:
            return Progress.ENDED
        case Stage.RENEWING | Stage.WRITING | Stage.UNSETTLED:
            return Progress.PROVEN
    return Progress.PROVING if recovery.proofs else Progress.OPENED
