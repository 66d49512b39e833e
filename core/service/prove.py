"""Prove it's you: judge an answer, then count and record it in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..contracts.errors import OutOfTurn
from ..contracts.events import MethodCopied, ProofGiven
from ..contracts.method import Offer
from ..contracts.people import Enrolment
from ..db.heard import HeardAnswer
from ..db.sealing import KeyPurpose
from ..recovery.moves import Missed, Proved
from ..recovery.policy import Proof, Purpose, satisfied
from ..recovery.release import released
from ..recovery.state import Lane, Pick, Recovery, Stage
from .alerts import Alerts, Paused
from .faultpoint import faultpoint
from .finding.fitting import fitting_offers
from .finding.nobody import nobody
from .judged import Judged, judge, spend
from .misses import Budgets, Misses
from .mover import Mover
from .records import Records
from .sending.media import PHONE_MEDIA
from .sending.notices import Notices
from .sending.send_limits import paying_lane
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ticket_office import TicketOffice, digest
from .tickets import Answered, Ticket


@dataclass(frozen=True, kw_only=True)
class Proving:
    """Takes answers. A method supplies evidence; what it is worth is decided here and in the flow (P9)."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    misses: Misses
    notices: Notices
    tickets: TicketOffice
    around: Surroundings
    alerts: Alerts

    def answer(self, ticket: Ticket, token: str, answer: Mapping[str, str]) -> Answered:
        """Judge, then count and record in one transaction; nothing is answered before it is committed."""
        return self.tickets.turn(ticket, token, lambda recovery: self._answer(recovery, ticket, answer))

    def _answer(self, recovery: Recovery, ticket: Ticket, answer: Mapping[str, str]) -> Answered:
        pick = recovery.pick
        if recovery.stage is not Stage.ANSWERING or pick is None:
            raise OutOfTurn("nothing is asked")
        if not released(recovery, self.around.now()):
            return Answered(recovery, ticket, "not-yet")
        if self.around.now() >= pick.expires_at:
            return Answered(recovery, ticket, "expired")
        if self._guessable(pick) and (until := self.alerts.paused_until(paying_lane(recovery))):
            raise Paused(until)
        if self.hears(pick):
            heard = self._heard(pick)
            if heard is None or not heard.passed:
                # Before the first proof a refusal and silence are one: only somebody has a phone that can refuse (P4).
                return Answered(recovery, ticket, "declined" if heard and recovery.proofs else "not-heard")
            answer = heard.answer
        judged = self._judge(recovery, pick, answer)
        if judged.offer is None:
            return Answered(self._count_miss(recovery, pick, judged), ticket, "wrong")
        return self._record_proof(recovery, ticket, pick, judged.offer, judged)

    def hears(self, pick: Pick) -> bool:
        """Whether the answer comes by another way than the page."""
        method = self.snapshots.current.plugins.methods.get(pick.method)
        return method is not None and method.hears

    def would_pass(self, recovery: Recovery, answer: Mapping[str, str]) -> bool:
        """Whether this answers what is picked; nothing is counted or recorded. Raises MustWait."""
        return recovery.pick is not None and self._judge(recovery, recovery.pick, answer).offer is not None

    def _heard(self, pick: Pick) -> HeardAnswer | None:
        with self.records.db.read() as tx:
            return self.records.heard.of(tx, pick.challenge_id)

    def _judge(self, recovery: Recovery, pick: Pick, answer: Mapping[str, str]) -> Judged:
        method, context = self.snapshots.current.plugins.methods.get(pick.method), self.around.context()
        enrolments = self._enrolments(recovery, pick)
        fitting, subject = fitting_offers(recovery, method), recovery.subject
        if method is None:
            return Judged()
        # Offers as they are now: a credential that was removed or spent meanwhile proves nothing (H12, I6).
        now = method.offers(subject.person, enrolments, context) if subject and fitting else ()
        fresh, meant = {offer.id: offer for offer in now}, {offer.id: offer for offer in fitting}
        offers = [fresh[offer_id] for offer_id in meant if offer_id in fresh]
        judged = judge(method, offers, enrolments, pick.challenge, answer, context=context)
        if not offers and (nobodys := method.nobodys_offer(context)):
            # For the time that it takes, and for nothing else: a quicker "wrong" would tell who has none (P4).
            method.judge(nobodys, pick.challenge, answer, context)
        return replace(judged, offer=meant[judged.offer.id]) if judged.offer else judged

    def _enrolments(self, recovery: Recovery, pick: Pick) -> tuple[Enrolment, ...]:
        """What is enrolled for this method now; MustWait if the budget is used up. The same reads for nobody (P4).

        Asked before anything is judged, so that no slow hash is spent on what is refused anyway.
        """
        person = recovery.subject.person.id if recovery.subject else ""
        with self.records.db.read() as tx:
            self.misses.refuse_locked(tx, self._budgets(recovery, pick))
            enrolments = self.records.enrolments.of(tx, person)
        return tuple(enrolment for enrolment in enrolments if enrolment.method == pick.method)

    def _count_miss(self, recovery: Recovery, pick: Pick, judged: Judged) -> Recovery:
        now, budgets = self.around.now(), self._budgets(recovery, pick)
        with self.records.db.write() as tx:
            miss = self.misses.count(tx, budgets, guessable=self._guessable(pick))
            faultpoint("attempt-counted")
            if miss.locked_until is None:
                copied = [MethodCopied(pick.method)] if judged.verdict.reason == "copied" else []
                self.mover.record(tx, recovery, [*miss.reached, *copied], now)
                moved = self.mover.move(tx, recovery, Missed())
        miss.refuse()
        return self.mover.hand_over(moved)

    def _record_proof(self, recovery: Recovery, held: Ticket, pick: Pick, offer: Offer, judged: Judged) -> Answered:
        assert recovery.subject is not None
        person, now = recovery.subject.person.id, self.around.now()
        method = self.snapshots.current.plugins.methods[pick.method]
        credential = self.records.keyring.mac(KeyPurpose.PEPPER, "credential", offer.method, offer.id).hex()
        proof = Proof(method.key, method.rides_on.value, credential, pick.challenge_id)
        ticket = held if _unlocks_now(recovery, proof) else self.tickets.fresh(recovery.id)
        with self.records.db.write() as tx:
            self.misses.hold(tx, self._budgets(recovery, pick))
            if not self.records.proofs.consume(tx, recovery.id, person, proof, now):
                raise OutOfTurn("this challenge was used before")
            faultpoint("challenge-consumed")
            running_out = spend(tx, self.records, person, method, judged, now=now)
            if method.medium in PHONE_MEDIA:
                self.records.deliveries.used(tx, pick.challenge_id, now)
            new_key = None if ticket is held else digest(ticket)
            moved = self.mover.move(tx, recovery, Proved(proof, offer), key_digest=new_key)
            if not recovery.proofs and recovery.subject.policy.notices.on_start:
                enough = moved.recovery.stage is Stage.RENEWING
                self.notices.queue(tx, moved, ProofGiven(pick.method, enough, recovery.purpose))
            if running_out:
                self.mover.record(tx, moved.recovery, [running_out], now)
                self.notices.queue(tx, moved, running_out)
        faultpoint("proof-stored")
        return Answered(self.mover.hand_over(moved), ticket)

    def _budgets(self, recovery: Recovery, pick: Pick) -> Budgets:
        """Whose failures these are: the person's, or those of a name that nobody has, so that both end alike (A8).

        By person and not by spelling, so that no other way to write the name is a fresh budget (F5).
        """
        plugins, subject = self.snapshots.current.plugins, recovery.subject
        # Reckoned for everybody, so that it costs the same.
        name = nobody(recovery, self.around, self.records.keyring, plugins.stores)
        method, who = plugins.methods.get(pick.method), subject.person.id if subject else f"nobody:{name}"
        lane = subject.lane if subject else Lane.UNKNOWN_BROWSER
        return self.misses.budgets(method, pick.method, who, lane, pick.offer)

    def _guessable(self, pick: Pick) -> bool:
        """Where nobody could guess in a lifetime, a budget would only keep the owner out (L1)."""
        method = self.snapshots.current.plugins.methods.get(pick.method)
        return method is None or method.guessable


def _unlocks_now(recovery: Recovery, proof: Proof) -> bool:
    """Whether the order to unlock follows in this very request.

    What comes of it brings the new key, so that the browser still holds its recovery if this process dies meanwhile.
    """
    assert recovery.subject is not None
    enough = satisfied(recovery.subject.policy.proof, (*recovery.proofs, proof))
    return recovery.purpose is Purpose.UNLOCK and enough
