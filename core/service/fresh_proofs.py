"""Proof instead of a fresh sign-in: by a method that they have, right there, good for changes for five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from ..contracts.errors import NotAllowed, OutOfTurn
from ..contracts.events import Event, MethodCopied, MethodRunningOut, PersonMissed, PersonProved
from ..contracts.method import Carrier, Challenge, Method, Offer
from ..contracts.text import Text
from ..db.begun import Begun
from ..db.pending import Adding
from ..db.session import Transaction, after_commit
from ..recovery.state import Lane
from .back_office import BackOffice
from .counted import tell
from .judged import Judged, judge, spend
from .misses import Budgets, Misses
from .my_methods import MyMethods
from .notices import Notices
from .records import Records
from .signed_in import SignedIn
from .snapshot import Snapshots
from .surroundings import Surroundings
from .tickets import Choice

TRIES = 5
LONGEST = timedelta(minutes=10)
NO_WAY = Text("This way isn't there any more. Choose another way.")
OVER = Text("This took too long, or was tried too often. Choose another way.")


class Missed(NotAllowed):
    """A wrong answer; it may be tried `left` more times."""

    def __init__(self, left: int) -> None:
        super().__init__(OVER)
        self.left = left


@dataclass(frozen=True, kw_only=True)
class FreshProofs:
    """Who is signed in is known, so the page may show what is theirs. Guesses are counted as in a recovery."""

    records: Records
    snapshots: Snapshots
    mine: MyMethods
    misses: Misses
    notices: Notices
    office: BackOffice
    around: Surroundings

    def choices(self, who: SignedIn) -> tuple[Choice, ...]:
        """What they may prove it by."""
        methods = self.snapshots.current.plugins.methods
        ways = self._ways(who).items()
        return tuple(Choice(value, way.method, methods[way.method].label, way.label) for value, way in ways)

    def begin(self, who: SignedIn, value: str) -> None:
        """Draw a challenge. Raises NotAllowed, or MustWait while there were too many wrong answers."""
        method, offer = self._way(who, value)
        challenge = method.begin([offer], self.around.context())
        now = self.around.now()
        with self.records.db.write() as tx:
            self.misses.refuse_locked(tx, self._budgets(who, method))
            self.records.pending.put(tx, _proving(who, value), Begun(challenge), now + min(LONGEST, challenge.lifetime))

    def pending(self, who: SignedIn, value: str) -> Challenge | None:
        """What was drawn, while it is good."""
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, _proving(who, value), self.around.now())
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

    def _attempt(self, who: SignedIn, method: Method, value: str) -> tuple[Challenge, int]:
        with self.records.db.write() as tx:
            self.misses.refuse_locked(tx, self._budgets(who, method))
            # Counted before it is looked at, so that tries at the same moment are no free ones.
            attempt = self.records.pending.attempt(tx, _proving(who, value), self.around.now(), TRIES)
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
            self.misses.refuse_locked(tx, self._budgets(who, method))
            if self.records.freezes.stopped(tx, who.person):
                raise NotAllowed(NO_WAY)
            if not self.records.pending.take(tx, _proving(who, value), now):
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
        return {f"{offer.method}.{offer.id}": offer for offer in offers if _will_do(methods[offer.method])}

    def _way(self, who: SignedIn, value: str) -> tuple[Method, Offer]:
        offer = self._ways(who).get(value)
        if offer is None:
            raise NotAllowed(NO_WAY)
        return self.snapshots.current.plugins.methods[offer.method], offer

    def _budgets(self, who: SignedIn, method: Method) -> Budgets:
        # A browser in which somebody signed in is a known one: no stranger empties this budget, and whoever took the
        # session over gets no other one by it.
        return self.misses.budgets(method, method.key, who.person.id, Lane.KNOWN_BROWSER)

    def _record(self, tx: Transaction, who: SignedIn, *happened: Event) -> None:
        self.records.audit.append(tx, happened, at=self.around.now(), person_id=who.person.id)
        after_commit(tx, lambda: tell(self.around.meter, happened))


def _will_do(method: Method) -> bool:
    """Not by mail: whoever found the screen open has the mailbox beside it. Not by what comes after another proof."""
    seen_here = method.medium is None and not method.hears
    return method.first and seen_here and method.rides_on is not Carrier.MAILBOX


def _proving(who: SignedIn, value: str) -> Adding:
    return Adding(who.session, who.person.id, f"proof {value}")
