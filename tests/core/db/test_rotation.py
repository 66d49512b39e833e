"""Moving everything to a new key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from servers.grants import IDP, NOON, a_grant
from sqlalchemy import func, select, update

from keyback.core.contracts.events import PasswordSet
from keyback.core.contracts.method import Challenge, Prompt
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Person
from keyback.core.contracts.question_set import Question, QuestionSet
from keyback.core.contracts.signals import Kind as SignalKind
from keyback.core.contracts.signals import Receiver, Signal
from keyback.core.contracts.text import Text
from keyback.core.db import rotation, sealed, tables
from keyback.core.db.approvals import Approval, Approvals
from keyback.core.db.audit import Audit
from keyback.core.db.begun import Begun
from keyback.core.db.bridge_tables import oidc_grant
from keyback.core.db.callers import Caller, Callers
from keyback.core.db.campaigns import Campaign, Campaigns, Kind, Plan
from keyback.core.db.census import Census, Counted
from keyback.core.db.changes import Changes
from keyback.core.db.client_key_sets import ClientKeySet, ClientKeySets
from keyback.core.db.console_sessions import ConsoleSession, ConsoleSessions
from keyback.core.db.contacts import ContactsSeen
from keyback.core.db.deliveries import Attempt, Deliveries, State
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.entries import SavedEntries
from keyback.core.db.freezes import Freeze, Freezes
from keyback.core.db.grants import Grants
from keyback.core.db.heard import HeardAnswer, HeardAnswers
from keyback.core.db.jobs import Jobs
from keyback.core.db.links import Links
from keyback.core.db.pending import Adding, Pending
from keyback.core.db.proofs import Proofs
from keyback.core.db.question_sets import SavedQuestionSets
from keyback.core.db.receivers import Receivers, Registered
from keyback.core.db.recoveries import Recoveries
from keyback.core.db.rotation import reseal
from keyback.core.db.schedules import Every, Schedule, Schedules
from keyback.core.db.sealing import NEVER_ROTATED, KeyPurpose, Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.sessions import Session, Sessions
from keyback.core.db.settings_store import POLICIES, SettingsStore
from keyback.core.db.sign_ins import Departure, SignIns
from keyback.core.db.signals import Signals
from keyback.core.db.standings import Standings
from keyback.core.db.token_keys import TokenKey, TokenKeys
from keyback.core.db.waiting_links import WaitingLink, WaitingLinks
from keyback.core.recovery.changing import Change
from keyback.core.recovery.policy import Policy, Proof, PublicRules
from keyback.core.recovery.reach import Having
from keyback.core.recovery.renewals import Standing
from keyback.core.recovery.state import Recovery, Subject

DAY = timedelta(days=1)
ROTATED = sorted(set(KeyPurpose) - NEVER_ROTATED)
MAIL = Contact(ContactKind.MAIL, "canary-mail@example.org", "mail")
LDAP = AccountKey("openldap", "canary-uuid")
CLOUD = AccountKey("cloud", "canary-id")
SIEM = Registered(Receiver("siem", "SIEM", "https://siem.example"), None, "canary-token-digest")
NEWS = Signal(SignalKind.CREDENTIAL_CHANGE, NOON, subject="canary-name")
KEY = TokenKey("kid", b"canary-private-key", NOON)
PUBLISHED = ClientKeySet("idp", "https://idp.example/jwks", "{}", NOON)
DETAILS = {"name": "canary-name"}
ADDING = Adding("canary-session", "person-1", "app")
ASKS = QuestionSet("Everybody", (Question("Who?"),))
DRAWN = Begun(Challenge(Prompt(Text("Add it"), Text("Type it")), DAY, {"secret": "canary-secret"}))


class House:
    """One of everything that is encrypted or sealed."""

    def __init__(self, db: Database, keyring: Keyring, recovery: Recovery, now: datetime) -> None:
        self.db, self.keyring, self.recovery, self.now = db, keyring, recovery, now
        self.job_id = ""
        account = Account(LDAP, "canary-name")
        person = Person("person-1", (account,))
        theirs = Subject(person, Policy("all"), ())
        self.change = Change("change-1", "canary-name", theirs, now, now + DAY, timedelta(seconds=3))
        self.session = Session(person, "https://idp.example", "sub", "sid", "token", now, now, now + DAY)
        self.in_console = ConsoleSession(
            "https://idp.example", "sub", "sid", "token", "canary-name", ("auditor",), "e", "idp", now, now, now + DAY
        )

        self.caller = Caller("call", "person-1", "agent", "Bo", "canary-name", "73310042", now, now + DAY)
        about = Text("Lift the lock-out of {name}", name="canary-name")
        self.approval = Approval("a", "lift", about, DETAILS, "ada", "Ada", "canary-secret", now, now + DAY)

        plan = Plan(Kind.RESET, ("openldap",), ("canary-group",), 3, now, now + DAY)
        self.schedule = Schedule("s", "report", Every.WEEK, ("canary",), "ada", "Ada", "why", None, now, now, now + DAY)
        self.campaign = Campaign("c", plan, "ada", "canary-name", "canary-secret", now)

    def fill(self) -> None:
        keyring, now = self.keyring, self.now
        with self.db.write() as tx:
            Recoveries(keyring).insert(tx, self.recovery, b"d" * 32)
            Changes(keyring).insert(tx, self.change, "canary-digest")
            Proofs(keyring).consume(tx, "recovery-1", "person-1", Proof("sms", "phone", "c", "challenge"), now)
            Links(keyring).link(tx, "person-1", LDAP, "signed in", now)
            WaitingLinks(keyring).add(tx, WaitingLink("person-1", LDAP, CLOUD, "password", now, now + DAY))
            Enrolments(keyring).add(tx, "person-1", "codes", "l", DETAILS, proven_at=now, usable_from=now)
            Pending(keyring).put(tx, ADDING, DRAWN, now + DAY)
            Standings(keyring).put(tx, "person-1", Standing(default="sms.1"), 0)
            counted = Counted(AccountKey("openldap", "uuid"), "person-1", "Jo", Having("openldap"))
            Census(keyring).put(tx, 1, [counted])
            sent = Attempt("a1", "challenge", "sms", "gateway", "AT", State.ACCEPTED, provider_id="theirs")
            Deliveries(keyring).put(tx, sent, now)
            HeardAnswers(keyring).put(tx, HeardAnswer("challenge", DETAILS, True, now + DAY))
            ContactsSeen(keyring).since(tx, "person-1", [MAIL], now)
            Freezes(keyring).freeze(tx, Freeze("person-1", now, "password.set", "recovery-1"))
            settings = SettingsStore(keyring)
            settings.save_plugin(tx, "method", "sms", enabled=True, settings={"a": 1})
            settings.save_policies(tx, [Policy("all")], who="", why="")
            settings.save_public_rules(tx, PublicRules(), who="", why="")
            SavedQuestionSets(keyring).save(tx, (ASKS,), who="", why="", at=now)
            Audit(keyring).append(tx, [PasswordSet("a")], at=now, person_id="person-1", details=DETAILS)
            job = Jobs(keyring).put(tx, "mail", "message", "r", DETAILS, due_at=now, leased_by="me", leased_until=now)
            self.job_id = job.id
            SignIns(keyring).put(tx, "browser", Departure("state", "nonce", "verifier", now, now + DAY))
            Sessions(keyring).open(tx, "key", self.session)
            ConsoleSessions(keyring).open(tx, "key", self.in_console)
            SavedEntries(keyring).save(tx, IDP, 1)
            Grants(keyring).put(tx, "code", a_grant(), now + DAY)
            TokenKeys(keyring).add(tx, KEY)
            ClientKeySets(keyring).put(tx, PUBLISHED, tried_at=now, due_at=now)
            Approvals(keyring).add(tx, self.approval)
            Campaigns(keyring).add(tx, self.campaign)
            Schedules(keyring).add(tx, self.schedule)
            Callers(keyring).put(tx, self.caller)
            Receivers(keyring).add(tx, SIEM)
            Signals(keyring).put(tx, "siem", [NEWS])
        Audit(keyring).chain(self.db, now)
        Audit(keyring).checkpoint(self.db, now)

    def read_everything(self, keyring: Keyring) -> None:
        """Raises SealBroken if anything cannot be read."""
        with self.db.write() as tx:
            loaded = Recoveries(keyring).load_for(tx, self.recovery.id, b"d" * 32)
            assert loaded is not None
            assert loaded[0] == self.recovery
            assert Changes(keyring).load_for(tx, "change-1", "canary-digest") == self.change
            assert len(Proofs(keyring).of(tx, "recovery-1", "person-1")) == 1
            assert Links(keyring).whose(tx, LDAP)[0] == "person-1"
            assert Enrolments(keyring).of(tx, "person-1")[0].data == DETAILS
            assert Pending(keyring).get(tx, ADDING, self.now) == DRAWN
            assert Standings(keyring).of(tx, "person-1") == (Standing(default="sms.1"), 1)
            ((digest, (having, _)),) = Census(keyring).havings(tx).items()
            assert having == Having("openldap")
            assert Census(keyring).people(tx, digest, "", 1)[0][2] == "Jo"
            delivery = tx.execute(select(tables.delivery)).mappings().one()
            assert sealed.DELIVERY.open(keyring, delivery) == b"theirs"
            heard = HeardAnswers(keyring).of(tx, "challenge")
            assert heard is not None
            assert heard.answer == DETAILS
            assert ContactsSeen(keyring).since(tx, "person-1", [MAIL], self.now + DAY) == {0: None}
            assert [link.joined for link in WaitingLinks(keyring).about(tx, "person-1")] == [CLOUD]
            assert Freezes(keyring).of(tx, "person-1") is not None
            settings = SettingsStore(keyring)
            assert settings.plugin_rows(tx)[0].settings == {"a": 1}
            assert settings.policies(tx) == (Policy("all"),)
            assert settings.public_rules(tx) == PublicRules()
            assert settings.history.newest(tx, POLICIES, "") is not None
            assert SavedQuestionSets(keyring).all(tx) == (ASKS,)
            row = tx.execute(select(tables.event)).mappings().one()
            assert Audit(keyring).details(tx, row) == DETAILS
            job = Jobs(keyring).get(tx, self.job_id)
            assert job is not None
            assert job.payload == DETAILS
            found = Sessions(keyring).find(tx, "key")
            assert found is not None
            assert found.session == self.session
            there = ConsoleSessions(keyring).find(tx, "key")
            assert there is not None
            assert there.session == self.in_console
            assert SavedEntries(keyring).all(tx) == {"idp": IDP}
            assert TokenKeys(keyring).all(tx) == (KEY,)
            assert ClientKeySets(keyring).get(tx, "idp") == replace(PUBLISHED, due_at=self.now)
            assert sealed.OIDC_GRANT.open(keyring, tx.execute(select(oidc_grant)).mappings().one())
            assert Approvals(keyring).load(tx, "a") == self.approval
            assert Campaigns(keyring).load(tx, "c") == self.campaign
            assert Schedules(keyring).load(tx, "s") == self.schedule
            assert Callers(keyring).load(tx, "call") == self.caller
            assert Receivers(keyring).get(tx, "siem") == SIEM
            assert [queued.signal for queued in Signals(keyring).waiting(tx, "siem", 2)] == [NEWS]
            assert sealed.SIGN_IN.open(keyring, tx.execute(select(tables.sign_in)).mappings().one())

    def made_by(self, version: int, purpose: KeyPurpose) -> int:
        """How many values carry this version."""
        mark = version.to_bytes(2, "big")
        places = [(one.table, one.column) for one in sealed.COLUMNS if one.purpose is purpose]
        if purpose is KeyPurpose.SEAL:
            places += [(one.table, one.column) for one in sealed.ROWS]
        with self.db.read() as tx:
            counts = (
                select(func.count()).select_from(table).where(func.substr(table.c[column], 1, 2) == mark)
                for table, column in places
            )
            return sum(tx.scalar(count) or 0 for count in counts)


@pytest.fixture
def house(database: Database, keyring: Keyring, recovery: Recovery, now: datetime) -> House:
    house = House(database, keyring, recovery, now)
    house.fill()
    return house


def ignore(_done: int, _all: int) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("purpose", ROTATED)
def test_everything_can_be_read_before_during_and_after_a_rotation(
    house: House, purpose: KeyPurpose, kek: bytes
) -> None:
    values = house.made_by(1, purpose)
    house.keyring.rotate(purpose)
    house.read_everything(house.keyring)
    assert reseal(house.db, house.keyring, purpose, ignore) == values
    assert (house.made_by(1, purpose), house.made_by(2, purpose)) == (0, values)
    house.read_everything(house.keyring)
    house.read_everything(Keyring.load(house.db, kek))


def test_every_kind_of_encrypted_column_and_sealed_row_is_moved(house: House) -> None:
    tested = {one.purpose for one in sealed.COLUMNS} | {KeyPurpose.SEAL}
    # One value each; of the four saves of settings each is in the history.
    assert sum(house.made_by(1, purpose) for purpose in tested) == len(sealed.COLUMNS) + len(sealed.ROWS) + 3


def test_it_says_how_far_it_is_and_goes_in_small_batches(
    monkeypatch: pytest.MonkeyPatch, house: House, another: Recovery
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    with house.db.write() as tx:
        for number in range(4):
            Recoveries(house.keyring).insert(tx, replace(another, id=f"other-{number}"), b"d")
    house.keyring.rotate(KeyPurpose.RECOVERY)
    heard: list[tuple[int, int]] = []
    reseal(house.db, house.keyring, KeyPurpose.RECOVERY, lambda moved, seen: heard.append((moved, seen)))
    assert heard == [(2, 2), (4, 4), (5, 5), (6, 6), (7, 7)]
    assert reseal(house.db, house.keyring, KeyPurpose.RECOVERY, lambda moved, seen: heard.append((moved, seen))) == 0
    assert heard[5:] == [(0, 2), (0, 4), (0, 5), (0, 6), (0, 7)]
    house.read_everything(house.keyring)


def test_a_second_run_has_nothing_to_do(house: House) -> None:
    house.keyring.rotate(KeyPurpose.SEAL)
    assert reseal(house.db, house.keyring, KeyPurpose.SEAL, ignore) > 0
    assert reseal(house.db, house.keyring, KeyPurpose.SEAL, ignore) == 0


def test_a_forged_row_does_not_become_a_good_one_by_being_sealed_anew(
    house: House, tamper: Callable[..., None]
) -> None:
    tamper(tables.proof, {"challenge": "challenge"}, method="email")
    house.keyring.rotate(KeyPurpose.SEAL)
    with pytest.raises(SealBroken):
        reseal(house.db, house.keyring, KeyPurpose.SEAL, ignore)


def test_an_old_version_is_destroyed_a_day_after_nothing_needs_it(house: House, kek: bytes) -> None:
    def versions() -> list[Any]:
        with house.db.read() as tx:
            asked = select(tables.data_key.c.version).where(tables.data_key.c.purpose == "recovery")
            return list(tx.scalars(asked.order_by(tables.data_key.c.version)))

    house.keyring.rotate(KeyPurpose.RECOVERY)
    reseal(house.db, house.keyring, KeyPurpose.RECOVERY, ignore)
    reseal(house.db, house.keyring, KeyPurpose.RECOVERY, ignore)
    assert versions() == [1, 2]
    with house.db.write() as tx:
        retired = tables.data_key.c.retired_at.isnot(None)
        tx.execute(update(tables.data_key).where(retired).values(retired_at=datetime.now(UTC) - DAY))
    reseal(house.db, house.keyring, KeyPurpose.RECOVERY, ignore)
    assert versions() == [2]
    house.read_everything(Keyring.load(house.db, kek))


def test_keys_of_fingerprints_and_digests_stay(house: House) -> None:
    for purpose in (KeyPurpose.AUDIT, KeyPurpose.CONTACT, KeyPurpose.PEPPER):
        house.keyring.rotate(purpose)
        reseal(house.db, house.keyring, purpose, ignore)
    with house.db.read() as tx:
        assert tx.scalars(select(tables.data_key.c.retired_at).distinct()).all() == [None]
