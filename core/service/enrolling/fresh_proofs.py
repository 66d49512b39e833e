"""Proof instead of a fresh sign-in: by a method that they have, right there, good for changes for five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from ...contracts.errors import MustWait, NotAllowed, OutOfTurn
from ...contracts.events import Event, MethodCopied, MethodRunningOut, PersonMissed, PersonProved
from ...contracts.method import Carrier, Challenge, Method, Offer
from ...contracts.own_address import GIVEN
from ...contracts.text import Text
from ...db.begun import Begun
from ...db.pending import Adding
from ...db.session import Transaction, after_commit
from ...recovery.state import Lane
from ..back_office import BackOffice
from ..judged import Judged, judge, spend
from ..misses import Budgets, Misses
from ..records import Records
from ..reporting.counted import tell
from ..sending.code_post import CodePost
from ..sending.notices import Notices
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..tickets import Choice
from .my_methods import MyMethods
from .new_address import Underway
from .signed_in import SignedIn

TRIES = 5
LONGEST = timedelta(minutes=10)
NO_WAY = Text("This way isn't there any more. Choose another way.")
OVER = Text("This took too long, or was tried too often. Choose another way.")


class TooEarly(MustWait):
    """Another message may be asked for later; the one that was sent is still good."""


class Missed(NotAllowed):
    """A wrong answer; it may be tried `left` more times."""

    def __init__(self, left: int) -> None:
        super().__init__(OVER)
        self.left = left


@dataclass(frozen=True, kw_only=True)
class FreshProofs:
    """Who is signed in is known, so the page may show what is theirs. Guesses are counted as in a recovery."""

    purpose: ClassVar[str] = "proof"

    records: Records
    snapshots: Snapshots
    mine: MyMethods
    misses: Misses
    post: CodePost
    notices: Notices
    office: BackOffice
    around: Surroundings

    def choices(self, who: SignedIn) -> tuple[Choice, ...]:
        """What they may prove it by."""
        methods = self.snapshots.current.plugins.methods
        ways = self._ways(who).items()
        return tuple(Choice(value, way.method, methods[way.method].label, way.label) for value, way in ways)

    def begin(self, who: SignedIn, value: str, *, language: str = "") -> None:
        """Draw a challenge, and send what has to be sent. Raises NotAllowed; MustWait after too many wrong answers or
        messages, and TooEarly for another message."""
        method, offer = self._way(who, value)
        context, now = self.around.context(language=language), self.around.now()
        challenge = method.begin([offer], context)
        posted = self.post.posted(method.message(offer, challenge, context), language)
        sent = (*self._sent(who, method, value), now) if posted else ()
        begun = Begun(challenge, answer=self._given(who, method, offer), sent=sent, posted=posted)
        with self.records.db.write() as tx:
            self.misses.refuse_locked(tx, self._budgets(who, method))
            refusal = self.post.count(tx, who.person.id) if posted else None
            if refusal is None:
                lasts = now + min(LONGEST, challenge.lifetime)
                self.records.pending.put(tx, self._proving(who, method, value), begun, lasts)
                self.post.queue(tx, self._proving(who, method, value), posted)
        if refusal is not None:
            raise refusal

    def underway(self, who: SignedIn, value: str) -> Underway | None:
        """What became of what was sent; None where nothing was."""
        begun = self._begun(who, value)
        return (
            Underway(self._again_at(begun.sent), len(begun.sent), begun.undelivered) if begun and begun.sent else None
        )

    def pending(self, who: SignedIn, value: str) -> Challenge | None:
        """What was drawn, while it is good."""
        begun = self._begun(who, value)
        return begun.challenge if begun else None

    def answer(self, who: SignedIn, value: str, answer: Mapping[str, str], *, language: str = "") -> None:
        """Five minutes for changes. Raises Missed, MustWait, or NotAllowed when there is nothing (more) to answer."""
        method, offer = self._way(who, value)
        challenge, left = self._attempt(who, method, value)
        with self.records.db.read() as tx:
            enrolments = [one for one in self.records.enrolments.of(tx, who.person.id) if one.method == method.key]
        judged = judge(method, [offer], enrolments, challenge, answer, context=self.around.context())
        if judged.offer is None:
            self._miss(who, method, judged)
            raise Missed(left)
        self._pass(who, value, method, judged, language=language)

    def _begun(self, who: SignedIn, value: str) -> Begun | None:
        method = self.snapshots.current.plugins.methods.get(value.partition(".")[0])
        if method is None:
            return None
        with self.records.db.read() as tx:
            return self.records.pending.get(tx, self._proving(who, method, value), self.around.now())

    def _sent(self, who: SignedIn, method: Method, value: str) -> tuple[datetime, ...]:
        """What was sent for it already; another message waits as in a recovery."""
        begun = self._begun(who, value)
        sent = begun.sent if begun else ()
        again_at = self._again_at(sent)
        if again_at is not None and self.around.now() < again_at:
            raise TooEarly(again_at)
        return sent

    def _again_at(self, sent: tuple[datetime, ...]) -> datetime | None:
        waits = self.snapshots.current.public.resend_waits
        return sent[-1] + waits[min(len(sent), len(waits)) - 1] if sent else None

    def _given(self, who: SignedIn, method: Method, offer: Offer) -> dict[str, str]:
        """Numbers of the organisation's own directory may be written to wherever they are."""
        given = {each.id for each in method.offers(who.person, (), self.around.context())}
        return {GIVEN: offer.id} if offer.id in given else {}

    def _attempt(self, who: SignedIn, method: Method, value: str) -> tuple[Challenge, int]:
        with self.records.db.write() as tx:
            self.misses.refuse_locked(tx, self._budgets(who, method))
            # Counted before it is looked at, so that tries at the same moment are no free ones.
            attempt = self.records.pending.attempt(tx, self._proving(who, method, value), self.around.now(), TRIES)
        if attempt is None:
            raise NotAllowed(OVER)
        begun, left = attempt
        return begun.challenge, left

    def _miss(self, who: SignedIn, method: Method, judged: Judged) -> None:
        copied = [MethodCopied(method.key)] if judged.verdict.reason == "copied" else []
        with self.records.db.write() as tx:
            miss = self.misses.count(tx, self._budgets(who, method), guessable=method.guessable)
            self._record(tx, who, PersonMissed(method.key), *miss.reached, *copied)
        miss.refuse()

    def _pass(self, who: SignedIn, value: str, method: Method, judged: Judged, *, language: str) -> None:
        now = self.around.now()
        with self.records.db.write() as tx:
            self.misses.hold(tx, self._budgets(who, method))
            if self.records.freezes.stopped(tx, who.person):
                raise NotAllowed(NO_WAY)
            if not self.records.pending.take(tx, self._proving(who, method, value), now):
                raise OutOfTurn("this was answered already")
            running_out = spend(tx, self.records, who.person.id, method, judged, now=now)
            self.records.sessions.note(tx, who.session, lambda session: replace(session, proven_at=now))
            self._record(tx, who, PersonProved(method.key))
            if running_out:
                self._warn(tx, who, running_out, language)

    def _warn(self, tx: Transaction, who: SignedIn, event: MethodRunningOut, language: str) -> None:
        self._record(tx, who, event)
        for job in self.notices.queue_change(tx, self.mine.to_be_told(tx, who), event, language):
            after_commit(tx, partial(self.office.hand_over, job))

    def _ways(self, who: SignedIn) -> dict[str, Offer]:
        methods = self.snapshots.current.plugins.methods
        with self.records.db.write() as tx:
            facts = self.mine.facts(tx, who)
        offers = () if facts.refusal else facts.offers
        return {f"{offer.method}.{offer.id}": offer for offer in offers if self._will_do(methods[offer.method])}

    def _way(self, who: SignedIn, value: str) -> tuple[Method, Offer]:
        offer = self._ways(who).get(value)
        if offer is None:
            raise NotAllowed(NO_WAY)
        return self.snapshots.current.plugins.methods[offer.method], offer

    def _budgets(self, who: SignedIn, method: Method) -> Budgets:
        # A browser in which somebody signed in is a known one: no stranger empties this budget, and whoever took the
        # session over gets no other one by it.
        return self.misses.budgets(method, method.key, who.person.id, Lane.KNOWN_BROWSER)

    def _will_do(self, method: Method) -> bool:
        """Not by mail: whoever found the screen open has the mailbox beside it. Not by what comes after another proof.

        Nor by what is answered on another device: nobody waits for that here.
        """
        return method.first and not method.hears and method.rides_on is not Carrier.MAILBOX

    def _proving(self, who: SignedIn, method: Method, value: str) -> Adding:
        # Nothing that is being added has such a session, so neither can be confirmed in the other's place.
        return Adding(f"{who.session} {self.purpose} {value}", who.person.id, method.key)

    def _record(self, tx: Transaction, who: SignedIn, *happened: Event) -> None:
        self.records.audit.append(tx, happened, at=self.around.now(), person_id=who.person.id)
        after_commit(tx, lambda: tell(self.around.meter, happened))
