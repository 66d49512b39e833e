"""From the company's identity provider to a session of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ...contracts.errors import Ambiguous
from ...contracts.events import PersonSignedIn, SignInFailed
from ...contracts.people import Account, Person
from ...contracts.text import Text
from ...db.sealing import SealBroken
from ...db.session import Transaction
from ...db.sessions import Session
from ...db.sign_ins import Departure, digest
from ...recovery.names import searchable
from ...recovery.policy import out_of_scope
from ..calls import Calls
from ..drafts import Drafts
from ..finding.recognise import Recognising
from ..gate import Gate
from ..records import Records
from ..refused_sign_ins import record_refusal
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .second_sign_in import SecondSignIn
from .vouching import CompanyIdp, SignInRefused, SignInUnavailable, Vouched

# Long enough to look for a second factor, short enough that a forgotten tab opens nothing.
AWAY = timedelta(minutes=10)
FIND_SECONDS = 8.0
NOBODY_HERE = Text("Your organisation knows you, but this page has no account for you. Call the help desk.")
BY_HAND = Text("Your organisation looks after this account by hand. Call the help desk.")
STOPPED = Text("Self-service is stopped for your account until the help desk has talked to you.")


@dataclass(frozen=True, slots=True)
class SessionRules:
    """In which store people are who sign in, and how long they stay."""

    store: str
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class SetOut:
    """Where the browser goes, and the cookie by which it is known when it comes back."""

    address: str = field(repr=False)
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody is in. `key`: for the session's cookie, empty where the session that they had goes on; `browser`: the
    other cookie's new value; `to`: where to go.
    """

    key: str = field(repr=False)
    browser: str = field(repr=False)
    to: str


@dataclass(frozen=True, kw_only=True)
class SigningIn:
    """Who somebody is comes from the identity provider and our store, never from what a browser sends (J16)."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    gate: Gate
    recognising: Recognising
    around: Surroundings
    idp: CompanyIdp
    drafts: Drafts
    second: SecondSignIn
    rules: SessionRules

    def set_out(
        self, address: str, browser: str, *, to: str, fresh: bool, key: str, language: str, joins: bool = False
    ) -> SetOut:
        """Begin. `key`: of the session that this browser has, which ends when another begins. `joins`: it goes on, and
        whom they sign in as is joined to it.

        Raises MustWait or SignInUnavailable.
        """
        self.gate.admit_departure(address)
        now = self.around.now()
        secrets = self._secret(), self._secret(), self._secret()
        ends, joins = digest(key) if key else "", joins and bool(key)
        # To join, they must choose there who they are: the provider knows them as the one they are here.
        departure = Departure(
            *secrets, left_at=now, expires_at=now + AWAY, to=to, fresh=fresh or joins, ends=ends, joins=joins
        )
        there = self.idp.address_for(departure, language)
        # Tabs of one browser share its cookie, so that whichever comes back first does not strand the others.
        browser = browser or self._secret()
        with self.records.db.write() as tx:
            self.records.sign_ins.put(tx, browser, departure)
        return SetOut(there, browser)

    def come_back(self, answer: Mapping[str, str], browser: str, address: str) -> Arrived:
        """End at a session. Raises SignInRefused or SignInUnavailable; either way this way back is used up."""
        try:
            departure = self._take(answer.get("state", ""), browser)
            vouched = self.idp.vouch(answer, departure, self.around.now())
            account = self._account(vouched)
            if departure.joins:
                return self._vouch_for(account, departure, browser)
            return self._open(vouched, account, departure, browser)
        except SignInRefused as refused:
            record_refusal(SignInFailed(refused.why), address, records=self.records, around=self.around)
            raise

    def _take(self, state: str, browser: str) -> Departure:
        try:
            with self.records.db.write() as tx:
                departure = self.records.sign_ins.take(tx, browser, state) if state and browser else None
        except SealBroken:
            raise SignInRefused("tampered") from None
        if departure is None:
            raise SignInRefused("no-such-way-back")
        if self.around.now() >= departure.expires_at:
            raise SignInRefused("too-late")
        return departure

    def _account(self, vouched: Vouched) -> Account:
        """The account of the configured claim, as the store has it at this moment."""
        store = self.snapshots.current.plugins.stores.get(self.rules.store)
        if store is None:
            raise SignInUnavailable("its store is not there")
        context = self.around.context(seconds=FIND_SECONDS)
        try:
            name = searchable(vouched.name, netbios=self.around.netbios)
            account = self.calls.read(store, lambda: store.find(name, context), FIND_SECONDS)
        except (Ambiguous, ValueError):
            raise SignInRefused("ambiguous", NOBODY_HERE) from None
        if account is None:
            raise SignInRefused("unknown", NOBODY_HERE)
        return account

    def _open(self, vouched: Vouched, account: Account, departure: Departure, browser: str) -> Arrived:
        now, key, renewed = self.around.now(), self._secret(), self._secret()
        event = PersonSignedIn(account.key.store)
        with self.records.db.write() as tx:
            person = self._admitted(tx, account)
            session = Session(
                person,
                vouched.issuer,
                vouched.subject,
                vouched.sid,
                vouched.id_token,
                authenticated_at=vouched.at,
                started_at=now,
                ends_at=now + self.rules.longest,
            )
            if departure.ends:
                self.records.sessions.end(tx, departure.ends)
                self.drafts.hand_on(tx, departure.ends, digest(key), person.id)
            self.records.sessions.open(tx, key, session)
            self.records.sign_ins.hand_on(tx, browser, renewed)
            self.records.audit.append(tx, [event], at=now, person_id=person.id)
        tell(self.around.meter, [event])
        return Arrived(key, renewed, departure.to)

    def _vouch_for(self, account: Account, departure: Departure, browser: str) -> Arrived:
        """Nothing is joined by this alone: the page that they come back to asks, and only the session that set out."""
        renewed = self._secret()
        with self.records.db.write() as tx:
            self._admitted(tx, account)
            self.second.keep(tx, departure.ends, account.key)
            self.records.sign_ins.hand_on(tx, browser, renewed)
        return Arrived("", renewed, departure.to)

    def _admitted(self, tx: Transaction, account: Account) -> Person:
        """The person behind it. Whom self-service does not serve, it lets in no more by a sign-in (P10)."""
        person = Person(self.recognising.person_id(tx, account.key), (account,), account.contacts)
        if self.records.freezes.stopped(tx, person):
            raise SignInRefused("frozen", STOPPED)
        if why := out_of_scope(self.snapshots.current.policy_for(person).scope, account):
            raise SignInRefused(why, BY_HAND)
        return person

    def _secret(self) -> str:
        """256 bits: nobody guesses somebody else's."""
        return self.around.random(32).hex()
