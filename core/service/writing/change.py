"""Change a password that is known: old one in, new one out. The pages' half; no directory is asked here (P4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from ...contracts.errors import NotAllowed, OutOfTurn, PasswordRefused
from ...contracts.events import Event, LimitReached, RecoveryStarted
from ...contracts.one_time_code import same
from ...contracts.people import Account, AccountKey, Person
from ...contracts.store import CanChange, DirectoryRules, KnowsLockout, Store
from ...contracts.text import Secret, Text
from ...db.counters import Mark
from ...db.sealing import KeyPurpose
from ...db.session import Transaction, after_commit
from ...recovery import limits
from ...recovery.changing import Change, Result, Step
from ...recovery.passwords import Line
from ...recovery.state import Lane, Subject
from ..alerts import Paused
from ..back_office import BackOffice
from ..enrolling.signed_in import SignedIn
from ..finding.named import organisations, typed
from ..gate import Gate
from ..known_browser import knows, remember
from ..misses import Budgets, Misses
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..start import Arrival
from ..surroundings import Surroundings
from ..ticket_office import NO_SUCH
from ..tickets import Ticket
from .measure import Measure, Measured
from .write import Writer

# Nothing is proven before the end, so nothing is lost by letting somebody take their time (WCAG 2.2.1).
LIFETIME = timedelta(hours=24)
ONE_JOB = "exchange"
SAME = Text("That's your current password. Choose another one.")
NOT_HERE = Text("Passwords of this account can't be changed here.")


@dataclass(frozen=True, kw_only=True)
class Changing:
    """Serves the pages. What is typed goes to the back office by hand, and is written down nowhere."""

    records: Records
    snapshots: Snapshots
    gate: Gate
    misses: Misses
    measure: Measure
    writer: Writer
    office: BackOffice
    around: Surroundings

    @property
    def by_name(self) -> bool:
        """Whether anybody may try a name here: only where a store says how many wrong passwords it still takes."""
        return any(isinstance(store, CanChange) and isinstance(store, KnowsLockout) for store in self._stores.values())

    @property
    def organisations(self) -> tuple[str, ...]:
        """What people choose from beside their name. Nothing where there is no choice."""
        return tuple(organisations(self.snapshots.current, self.around))

    @property
    def by_sign_in(self) -> bool:
        """Whether some store changes passwords at all."""
        return any(isinstance(store, CanChange) for store in self._stores.values())

    def start(self, name: str, response: Mapping[str, str], arrival: Arrival) -> Ticket:
        """By a name and the human check. Raises MustWait or NotAllowed; the same for every name."""
        asked_name, asked = typed(name, arrival.organisation, self.snapshots.current, self.around)
        passed = self.gate.judge(response, arrival.address)
        change = self._begun(asked_name, self._everybody(asked_name), arrival.language)
        change, key = replace(change, browser=arrival.browser, asked=asked), self.around.random(32).hex()
        with self.records.db.write() as tx:
            refusal = self.gate.admit(tx, passed, arrival.address)
            if refusal is None:
                self.records.changes.insert(tx, change, _digest(key))
            event = LimitReached("starts") if refusal else RecoveryStarted("change", "")
            self._record(tx, change, [event], {"address": arrival.address})
        if refusal is not None:
            raise refusal
        return Ticket(change.id, key)

    def start_for(self, who: SignedIn, *, language: str) -> Ticket:
        """For somebody who is signed in: their page may wait for their directory. Raises StoreUnavailable or
        NotAllowed."""
        (signed_in, *_) = who.person.accounts
        fresh = self.writer.look(signed_in)
        store = self._stores[signed_in.key.store]
        if fresh is None or not isinstance(store, CanChange):
            raise NotAllowed(NOT_HERE)
        rules = self.writer.rules(fresh)
        person = replace(who.person, accounts=(fresh,))
        subject = Subject(person, self.snapshots.current.policy_for(person), (), Lane.KNOWN_BROWSER, rules)
        change = replace(self._begun(fresh.name, subject, language), account=fresh.key, asked=(fresh.key.store,))
        key = self.around.random(32).hex()
        with self.records.db.write() as tx:
            self.records.changes.insert(tx, change, _digest(key))
        return Ticket(change.id, key)

    def look(self, ticket: Ticket) -> Change:
        """Where it stands, as a page may show it. Raises NotAllowed for whoever does not hold its key."""
        return self._load(ticket).seen(self.around.now())

    def form_token(self, change: Change) -> str:
        """Binds a form to this attempt and turn."""
        return self.records.keyring.mac(KeyPurpose.FORM, "change", change.id, str(change.turn)).hex()

    def rules(self, change: Change) -> tuple[Line, ...]:
        """What a new password must be: theirs for who is signed in, and everybody's for a name."""
        return self.measure.rules(change.subject)

    def check(self, ticket: Ticket, token: str, password: Secret) -> Measured:
        """How it would do, while it is being typed. Raises MustWait, NotAllowed or OutOfTurn."""
        change = self._in_turn(ticket, token)
        self.measure.pace(change.id, change.expires_at)
        return self.measure.of(change.subject, password)

    def exchange(self, ticket: Ticket, token: str, old: Secret, new: Secret) -> None:
        """Have it tried; the answer shows on the page. Raises PasswordRefused, MustWait, NotAllowed or OutOfTurn."""
        change = self._in_turn(ticket, token)
        self.measure.pace(change.id, change.expires_at)
        if reasons := self._shortcomings(change, old, new):
            raise PasswordRefused(reasons)
        lane = self._of_lane(change)
        if until := self.gate.alerts.paused_until(lane):
            raise Paused(until)
        tried = change.tried(self.around.now())
        with self.records.db.write() as tx:
            miss = self.misses.count(tx, self._budgets(change, lane), guessable=True)
            self._record(tx, change, miss.reached, {})
            if miss.locked_until is None:
                if self.records.changes.save(tx, tried) is None:
                    raise OutOfTurn("others were faster")
                job = self.office.put(tx, self._lane(change), ONE_JOB, change.id, {})
        miss.refuse()
        self.office.hand_over(replace(job, typed=(old, new)))

    def cancel(self, ticket: Ticket, token: str) -> None:
        """The person stopped. Raises NotAllowed or OutOfTurn."""
        change = self._in_turn(ticket, token)
        with self.records.db.write() as tx:
            if self.records.changes.save(tx, change.cancelled()) is None:
                raise OutOfTurn("others were faster")

    def browser_mark(self, change: Change, cookie: str) -> str | None:
        """The known-browser cookie after a change: from now on this name has a lane of its own here."""
        if change.told is None or change.told.result is not Result.SET:
            return None
        return remember(self.records.keyring, cookie, self._named(change), self.around.token())

    def _load(self, ticket: Ticket) -> Change:
        with self.records.db.read() as tx:
            change = self.records.changes.load_for(tx, ticket.recovery_id, _digest(ticket.key))
        if change is None:
            raise NotAllowed(NO_SUCH)
        return change

    def _in_turn(self, ticket: Ticket, token: str) -> Change:
        change = self.look(ticket)
        try:
            given = bytes.fromhex(token)
        except ValueError:
            given = b""
        if not self.records.keyring.check_mac(KeyPurpose.FORM, given, "change", change.id, str(change.turn)):
            raise OutOfTurn("this form belongs to an earlier turn")
        if change.step is not Step.ASKING:
            raise OutOfTurn("no password is asked for")
        return change

    def _begun(self, name: str, subject: Subject, language: str) -> Change:
        snapshot, now = self.snapshots.current, self.around.now()
        return Change(
            id=self.around.token(),
            name=name,
            subject=subject,
            started_at=now,
            expires_at=now + LIFETIME,
            look_up=snapshot.public.look_up,
            language=language,
        )

    def _everybody(self, name: str) -> Subject:
        """Whose rules hold before anybody is known: the usual ones, and the typed name is the only one to avoid."""
        account = Account(AccountKey("", ""), name)
        return Subject(Person("", (account,)), self.snapshots.current.usual_policy, (), directory=DirectoryRules())

    def _shortcomings(self, change: Change, old: Secret, new: Secret) -> tuple[Text, ...]:
        if same(old.reveal(), new.reveal()):
            return (SAME,)
        return self.measure.of(change.subject, new).judged.shortcomings

    def _of_lane(self, change: Change) -> Lane:
        if change.account is None and knows(self.records.keyring, change.browser, self._named(change)):
            return Lane.KNOWN_BROWSER
        return change.subject.lane

    def _budgets(self, change: Change, lane: Lane) -> Budgets:
        """By the name that was typed, whoever's it is, so that it runs out at the same place for all."""
        ladder = limits.SUBJECT_MISSES
        return {Mark(f"{ladder.name}:password:{lane}", self._named(change), ladder.window): ladder}

    def _named(self, change: Change) -> str:
        if change.account is not None:
            return self.records.keyring.pseudonym(change.account.store, change.account.id)
        return self.around.spelling(change.name)

    def _lane(self, change: Change) -> str:
        """A store that is silent delays nobody who surely is not in it."""
        return f"store:{change.asked[0]}" if len(change.asked) == 1 else "changes"

    @property
    def _stores(self) -> Mapping[str, Store]:
        return self.snapshots.current.plugins.stores

    def _record(self, tx: Transaction, change: Change, events: Sequence[Event], details: Mapping[str, str]) -> None:
        person = change.subject.person.id
        self.records.audit.append(
            tx, events, at=self.around.now(), recovery_id=change.id, person_id=person, details=details
        )
        after_commit(tx, lambda: tell(self.around.meter, events))


def _digest(key: str) -> str:
    """What the row keeps of the cookie: 256 random bits need no slow hash."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
