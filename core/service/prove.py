"""Prove it's you: judge an answer, then count and record it in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..contracts.errors import MustWait, OutOfTurn
from ..contracts.events import LimitReached, ProofGiven
from ..contracts.method import Offer, Verdict
from ..db.counters import Mark
from ..db.sealing import KeyPurpose
from ..db.session import Transaction
from ..recovery import limits
from ..recovery.flow import Lane, Missed, Pick, Proved, Recovery, Stage
from ..recovery.names import canonical
from ..recovery.policy import Proof
from .faultpoint import faultpoint
from .fitting import fitting_offers
from .mover import Mover
from .notices import Notices
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ticket_office import TicketOffice, digest
from .tickets import Answered, Ticket


class Proving:
    """Takes answers. A method supplies evidence; what it is worth is decided here and in the flow (P9)."""

    def __init__(
        self,
        records: Records,
        snapshots: Snapshots,
        mover: Mover,
        notices: Notices,
        *,
        tickets: TicketOffice,
        around: Surroundings,
    ) -> None:
        self._records = records
        self._snapshots = snapshots
        self._mover = mover
        self._notices = notices
        self._tickets = tickets
        self._around = around

    def answer(self, ticket: Ticket, token: str, answer: Mapping[str, str]) -> Answered:
        """Judge, then count and record in one transaction; nothing is answered before it is committed."""
        recovery = self._tickets.in_turn(ticket, token)
        pick = recovery.pick
        if recovery.stage is not Stage.ANSWERING or pick is None:
            raise OutOfTurn("nothing is asked")
        if not recovery.found:
            return Answered(recovery, ticket, "not-yet")
        if self._around.now() >= pick.expires_at:
            return Answered(recovery, ticket, "expired")
        offer, verdict = self._judge(recovery, pick, answer)
        if offer is None:
            return Answered(self._count_miss(recovery, pick, verdict.reason), ticket, "wrong")
        return self._record_proof(recovery, pick, offer, verdict)

    def _judge(self, recovery: Recovery, pick: Pick, answer: Mapping[str, str]) -> tuple[Offer | None, Verdict]:
        method, context = self._snapshots.current.plugins.methods.get(pick.method), self._around.context()
        verdict = Verdict(False, "wrong")
        self._refuse_when_locked(recovery, pick)
        for offer in fitting_offers(recovery, method):
            assert method is not None
            verdict = method.judge(offer, pick.challenge, answer, context)
            # Only the exact type and the exact True count: a plugin's truthy junk proves nothing (O2).
            if type(verdict) is Verdict and verdict.passed is True:
                return offer, verdict
        return None, Verdict(False, "wrong")

    def _refuse_when_locked(self, recovery: Recovery, pick: Pick) -> None:
        """Before anything is judged, so that no slow hash is spent on what is refused anyway."""
        with self._records.db.read() as tx:
            (count,) = self._records.counters.peek(tx, [self._miss_mark(recovery, pick)], self._around.now())
        self._raise_if_locked(count.locked_until)

    def _raise_if_locked(self, until: datetime | None) -> None:
        if until is not None and until > self._around.now():
            raise MustWait(until)

    def _count_miss(self, recovery: Recovery, pick: Pick, reason: str) -> Recovery:
        now, mark = self._around.now(), self._miss_mark(recovery, pick)
        with self._records.db.write() as tx:
            (count,) = self._records.counters.bump(tx, [mark], now)
            faultpoint("attempt-counted")
            refused = count.locked_until is not None and count.locked_until > now
            if not refused:
                verdict = limits.decide(limits.SUBJECT_MISSES, count.count, count.window_start, None, now)
                if isinstance(verdict, limits.Wait):
                    self._records.counters.lock(tx, mark, verdict.until, now)
                    self._mover.record(tx, recovery, [LimitReached("misses")], now)
                moved = self._mover.move(tx, recovery, Missed(reason))
        self._raise_if_locked(count.locked_until)
        return self._mover.hand_over(moved)

    def _record_proof(self, recovery: Recovery, pick: Pick, offer: Offer, verdict: Verdict) -> Answered:
        assert recovery.subject is not None
        person, now = recovery.subject.person.id, self._around.now()
        method = self._snapshots.current.plugins.methods[pick.method]
        credential = self._records.keyring.mac(KeyPurpose.PEPPER, "credential", offer.method, offer.id).hex()
        proof = Proof(method.key, method.rides_on.value, credential, pick.challenge_id)
        ticket = self._tickets.fresh(recovery.id)
        with self._records.db.write() as tx:
            (count,) = self._records.counters.peek(tx, [self._miss_mark(recovery, pick)], now)
            self._raise_if_locked(count.locked_until)
            if not self._records.proofs.consume(tx, recovery.id, person, proof, now):
                raise OutOfTurn("this challenge was used before")
            faultpoint("challenge-consumed")
            self._spend_enrolment(tx, person, recovery, verdict, now)
            moved = self._mover.move(tx, recovery, Proved(proof, offer), key_digest=digest(ticket))
            if not recovery.proofs and recovery.subject.policy.notices.on_start:
                enough = moved.recovery.stage is Stage.RENEWING
                self._notices.queue(tx, moved, ProofGiven(pick.method, enough))
        faultpoint("proof-stored")
        return Answered(self._mover.hand_over(moved), ticket)

    def _miss_mark(self, recovery: Recovery, pick: Pick) -> Mark:
        """Whose failures these are: the person's, or those of a name that nobody has, so that both end alike (A8).

        By person and not by spelling, so that no other way to write the name is a fresh budget (F5).
        """
        subject = recovery.subject
        who = subject.person.id if subject else f"nobody:{canonical(recovery.name)}"
        lane = subject.lane if subject else Lane.UNKNOWN_BROWSER
        return Mark(f"{limits.SUBJECT_MISSES.name}:{pick.method}:{lane}", who, limits.SUBJECT_MISSES.window)

    def _spend_enrolment(
        self, tx: Transaction, person: str, recovery: Recovery, verdict: Verdict, now: datetime
    ) -> None:
        """A used code or a raised counter is kept in the same commit; whoever comes second proves nothing."""
        if verdict.enrolment is None:
            return
        enrolment_id, data = verdict.enrolment
        before = next((e for e in self._records.enrolments.of(tx, person) if e.id == enrolment_id), None)
        if before is None or not self._records.enrolments.update(
            tx, person, enrolment_id, data, now, expect=before.data
        ):
            raise OutOfTurn("this was used before")
