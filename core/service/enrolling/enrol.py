"""Add and remove methods: for somebody who is signed in and has just shown who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ...contracts.errors import MustWait, NotAllowed, OutOfTurn
from ...contracts.events import Event, LimitReached, MethodAdded, MethodRemoved
from ...contracts.method import Challenge, Enrollable, Factor, Method, NewEnrolment
from ...contracts.own_address import GIVEN
from ...contracts.people import Enrolment, Person
from ...contracts.question_set import AsksQuestions
from ...contracts.text import Text
from ...db.begun import Begun, Posted
from ...db.counters import Mark
from ...db.pending import Adding
from ...db.sealing import KeyPurpose
from ...db.session import Transaction, after_commit
from ...recovery import limits
from ..back_office import BackOffice
from ..drafts import Drafts
from ..records import Records
from ..reporting.counted import tell
from ..sending.media import PHONE_MEDIA
from ..sending.notices import Notices
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .address_checks import AddressChecks
from .arrange import Arranging
from .fresh_proofs import FreshProofs
from .my_methods import ADDRESSES, MyMethods
from .new_address import NewAddresses
from .renewal import Renewal
from .signed_in import SignedIn

# What was drawn and not confirmed is gone after this (G6).
GOOD_FOR = timedelta(minutes=10)
TRIES = 5
# An address that can't be read is no guess: nothing was sent yet.
ADDRESS_PAGES = frozenset({"address", "phone"})
TYPING_TRIES = 30
# Each device more is one more right answer to a guess.
MOST = 3
AGAIN = Text("To change your methods, sign in again. It's been more than 5 minutes.")
STOPPED = Text("Self-service is stopped for your account")
NOT_HERE = Text("This can't be added here.")
FULL = Text("You have {n} of these already. Remove one first.", n=MOST)
TOO_OLD = Text("That code is too old.")
CHANGED = Text("Your organisation changed its questions meanwhile. Choose again.")
OVER = Text("This took too long, or was tried too often. Start again.")


class SignInAgain(NotAllowed):
    """They signed in too long ago: whoever took the session over meanwhile must not get a way of their own (J1)."""


class Wrong(NotAllowed):
    """What was typed confirms nothing; it may be tried `left` more times."""

    def __init__(self, reason: Text, left: int, at: Mapping[str, Text] | None = None) -> None:
        super().__init__(reason, at)
        self.left = left


class Redrawn(NotAllowed):
    """What was to be confirmed holds no more; something new was drawn in its place."""


@dataclass(frozen=True, kw_only=True)
class Enrolling:
    """One transaction for each change: the row, its event and its notices, or nothing of them."""

    records: Records
    snapshots: Snapshots
    mine: MyMethods
    proofs: FreshProofs
    arranging: Arranging
    renewal: Renewal
    checks: AddressChecks
    addresses: NewAddresses
    drafts: Drafts
    notices: Notices
    office: BackOffice
    around: Surroundings

    def begin(self, who: SignedIn, key: str, given: str = "", *, instead_of: str = "", language: str = "") -> None:
        """Draw what has to be confirmed. Raises SignInAgain, NotAllowed or MustWait.

        `given`: which of the directory's addresses is to be confirmed; then its code is sent at once. `instead_of`:
        which of theirs shall go once this one is there; they are asked then.
        """
        found = {offer.id: offer for offer in self.mine.unproven(who) if offer.method == key} if given else {}
        if given and given not in found:
            raise NotAllowed(NOT_HERE)
        method, now = self._enrollable(who, key), self.around.now()
        with self.records.db.read() as tx:
            mine = self._mine(tx, who, key)
        challenge = self._drawn(method, who, mine)
        with self.records.db.write() as tx:
            self._may_change(tx, who)
            refusal = self._count(tx, who)
            if refusal is None:
                self._refuse_more(tx, who, method)
                begun = Begun(challenge, instead_of=instead_of)
                self.records.pending.put(tx, _adding(who, key), begun, now + GOOD_FOR)
        if refusal is not None:
            raise refusal
        if given:
            self.confirm(who, key, {"destination": found[given].private["to"], GIVEN: given}, language=language)

    def pending(self, who: SignedIn, key: str) -> Challenge | None:
        """What waits to be confirmed in this session, if anything does."""
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, _adding(who, key), self.around.now())
        return begun.challenge if begun else None

    def confirm(self, who: SignedIn, key: str, answer: Mapping[str, str], *, language: str = "") -> datetime | None:
        """Keep it; when it begins to count, or None while there is more to ask. Raises Wrong, Redrawn, or NotAllowed
        when there is nothing (more) to confirm.

        Signing in again is not asked for: what is confirmed here was drawn for this session while it was fresh.
        """
        method = self._enrollable(who, key)
        begun, left = self._attempt(who, method)
        try:
            step = self.addresses.step(method, begun.challenge, answer, language)
        except NotAllowed as wrong:
            raise Wrong(wrong.reason, left, wrong.at) from wrong
        except OutOfTurn:
            if not isinstance(method, AsksQuestions):
                raise
            self._draw_anew(who, method)
            raise Redrawn(CHANGED) from None
        if isinstance(step, NewEnrolment):
            return self._keep(who, method, step, language, posted=begun.posted)
        self.addresses.ask(who, _adding(who, key), replace(begun, answer=answer), step, language)
        return None

    def give_up(self, who: SignedIn, key: str) -> None:
        """Forget what was drawn."""
        with self.records.db.write() as tx:
            self.records.pending.forget(tx, _adding(who, key))

    def remove(self, who: SignedIn, enrolment_id: str, *, language: str = "") -> None:
        """Forget one of theirs. Raises SignInAgain or NotAllowed; OutOfTurn when it is gone already."""
        with self.records.db.write() as tx:
            self._may_change(tx, who)
            whom = self.mine.to_be_told(tx, who)
            found = [one for one in self.records.enrolments.of(tx, who.person.id) if one.id == enrolment_id]
            if not found or not self.records.enrolments.remove(tx, enrolment_id):
                raise OutOfTurn("it is not there")
            self._tell(tx, whom, MethodRemoved(found[0].method), language)

    def form_token(self, who: SignedIn) -> str:
        """Binds a form to this session."""
        return self.records.keyring.mac(KeyPurpose.FORM, "methods", who.session).hex()

    def fits(self, who: SignedIn, token: str) -> bool:
        """Whether the form was made for this session."""
        try:
            given = bytes.fromhex(token)
        except ValueError:
            return False
        return self.records.keyring.check_mac(KeyPurpose.FORM, given, "methods", who.session)

    def _enrollable(self, who: SignedIn, key: str) -> Method:
        addable = {one.key: one for one in self.mine.addable(self.snapshots.current.policy_for(who.person))}
        if key not in addable:
            raise NotAllowed(NOT_HERE)
        return addable[key]

    def _mine(self, tx: Transaction, who: SignedIn, key: str) -> list[Enrolment]:
        return [one for one in self.records.enrolments.of(tx, who.person.id) if one.method == key]

    def _refuse_more(self, tx: Transaction, who: SignedIn, method: Method) -> None:
        if len(self._mine(tx, who, method.key)) >= MOST and not method.replaces:
            raise NotAllowed(FULL)

    def _drawn(self, method: Method, who: SignedIn, mine: list[Enrolment]) -> Challenge:
        assert isinstance(method, Enrollable)
        policy = self.snapshots.current.policy_for(who.person)
        return method.enrol(who.person, mine, replace(self.around.context(), policy=policy.name))

    def _draw_anew(self, who: SignedIn, method: Method) -> None:
        """Without a fresh sign-in: it takes the place of what was drawn while there was one."""
        challenge = self._drawn(method, who, [])
        with self.records.db.write() as tx:
            self.records.pending.put(tx, _adding(who, method.key), Begun(challenge), self.around.now() + GOOD_FOR)

    def _attempt(self, who: SignedIn, method: Method) -> tuple[Begun, int]:
        """Where it stands, and how many tries are left after this one. Raises NotAllowed when there are none."""
        adding, now = _adding(who, method.key), self.around.now()
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, adding, now)
        if begun is None:
            raise NotAllowed(OVER)
        if begun.sent and now >= begun.sent[-1] + begun.challenge.lifetime:
            raise Wrong(TOO_OLD, TRIES, {field.name: TOO_OLD for field in begun.challenge.prompt.fields})
        with self.records.db.write() as tx:
            # Counted before it is looked at, so that tries at the same moment are no free ones.
            most = TYPING_TRIES if begun.challenge.prompt.widget in ADDRESS_PAGES else TRIES
            attempt = self.records.pending.attempt(tx, adding, now, most)
        if attempt is None:
            raise NotAllowed(OVER)
        return attempt

    def _may_change(self, tx: Transaction, who: SignedIn) -> None:
        """In the transaction of the change: who was stopped a moment ago changes nothing."""
        if not who.is_fresh(self.around.now()):
            raise SignInAgain(AGAIN)
        if self.records.freezes.stopped(tx, who.person):
            raise NotAllowed(STOPPED)

    def _count(self, tx: Transaction, who: SignedIn) -> MustWait | None:
        """Not raised here: what was counted must be committed."""
        quota, now = limits.ADDITIONS, self.around.now()
        (count,) = self.records.counters.bump(tx, [Mark(quota.name, who.person.id, quota.window)], now)
        verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
        if not isinstance(verdict, limits.Wait):
            return None
        self._record(tx, who.person.id, LimitReached(quota.name))
        return MustWait(verdict.until)

    def _keep(
        self, who: SignedIn, method: Method, new: NewEnrolment, language: str, *, posted: Posted | None
    ) -> datetime:
        now, person = self.around.now(), who.person.id
        # A new address could be somebody else's, put there by whoever sat at an open screen: its owner gets time to
        # read the notices (J2). So could answers be. A device or a paper is in the hands of whoever is signed in.
        slow = method.rides_on in ADDRESSES or method.factor is Factor.KNOWS
        waits = self.snapshots.current.policy_for(who.person).cool_down if slow else timedelta(0)
        with self.records.db.write() as tx:
            if self.records.freezes.stopped(tx, who.person):
                raise NotAllowed(STOPPED)
            if not self.records.pending.take(tx, _adding(who, method.key), now):
                raise OutOfTurn("this was confirmed already")
            self._refuse_more(tx, who, method)
            if posted is not None and method.medium in PHONE_MEDIA:
                self.records.deliveries.used(tx, posted.name, now)
            whom = self.mine.to_be_told(tx, who, (method, new.data))
            if method.replaces:
                self.records.enrolments.remove_all(tx, person, method.key)
            self.records.enrolments.add(
                tx,
                person,
                method.key,
                new.label,
                new.data,
                proven_at=now,
                usable_from=now + waits,
                enrolment_id=new.id,
                counted=new.counted,
            )
            self._tell(tx, whom, MethodAdded(method.key, (now + waits).isoformat()), language)
        return now + waits

    def _tell(self, tx: Transaction, whom: Person, event: MethodAdded | MethodRemoved, language: str) -> None:
        """The event and the notices, in the commit of the change (P7)."""
        self._record(tx, whom.id, event)
        for job in self.notices.queue_change(tx, whom, event, language):
            after_commit(tx, partial(self.office.hand_over, job))

    def _record(self, tx: Transaction, person_id: str, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=person_id)
        after_commit(tx, lambda: tell(self.around.meter, [event]))


def _adding(who: SignedIn, key: str) -> Adding:
    return Adding(who.session, who.person.id, key)
