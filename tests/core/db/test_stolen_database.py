"""What somebody learns who has the whole database and no key."""

from __future__ import annotations

from base64 import b32encode, b64encode
from datetime import datetime

from servers.grants import IDP, a_grant
from sqlalchemy import select

from keyback.core.contracts.events import PasswordSet
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Person
from keyback.core.contracts.signals import Delivery, Kind, Naming, Receiver, Signal, Stream
from keyback.core.db.audit import Audit
from keyback.core.db.contacts import ContactsSeen
from keyback.core.db.counters import Counters, Mark
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.entries import SavedEntries
from keyback.core.db.grants import Grants
from keyback.core.db.jobs import Jobs
from keyback.core.db.links import Links
from keyback.core.db.receivers import Receivers, Registered
from keyback.core.db.recoveries import Recoveries
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.sessions import Session, Sessions
from keyback.core.db.settings_store import SettingsStore
from keyback.core.db.sign_ins import Departure, SignIns, digest
from keyback.core.db.signals import Signals
from keyback.core.db.tables import metadata
from keyback.core.db.token_keys import TokenKey, TokenKeys
from keyback.core.recovery.state import Recovery

NAME, NUMBER, MAIL, CODE, SECRET = (
    "canary-name",
    "+49 170 5550199",
    "canary-mail@example.org",
    "73310042",
    "canary-secret",
)
CANARIES = (NAME, NUMBER, MAIL, CODE, SECRET, "canary", "5550199")


def fill(database: Database, keyring: Keyring, recovery: Recovery, now: datetime) -> None:
    """Puts every canary wherever such a thing is kept."""
    everything = {"name": NAME, "number": NUMBER, "mail": MAIL, "code": CODE, "secret": SECRET}
    with database.write() as tx:
        Recoveries(keyring).insert(tx, recovery, b"d" * 32)
        Enrolments(keyring).add(tx, "person-1", "codes", NAME, everything, proven_at=now, usable_from=now)
        Links(keyring).link(tx, "person-1", AccountKey("openldap", NAME), "signed in", now)
        seen = [Contact(ContactKind.PHONE, NUMBER, "mobile"), Contact(ContactKind.MAIL, MAIL, "mail")]
        ContactsSeen(keyring).since(tx, "person-1", seen, now)
        Counters(keyring).bump(
            tx, [Mark("misses", value, now - now.min.replace(tzinfo=now.tzinfo)) for value in CANARIES], now
        )
        Counters(keyring).spend_once(tx, SECRET, now, now)
        Jobs(keyring).put(tx, "mail", "message", "r", everything, due_at=now, leased_by="me", leased_until=now)
        SignIns(keyring).put(tx, SECRET, Departure(SECRET, SECRET, SECRET, now, now, "/", ends=SECRET))
        person = Person("person-1", (Account(AccountKey("openldap", NAME), NAME, NAME),), tuple(seen))
        Sessions(keyring).open(tx, SECRET, Session(person, "https://idp.example", NAME, SECRET, SECRET, now, now, now))
        SettingsStore(keyring).save_plugin(tx, "channel", "smtp", enabled=True, settings=everything)
        SavedEntries(keyring).save(tx, IDP, 1)
        Grants(keyring).put(tx, SECRET, a_grant(), now)
        stream = Stream("s", Delivery.PUSH, (), f"https://siem.example/{SECRET}", SECRET, NAME)
        Receivers(keyring).add(tx, Registered(Receiver("siem", NAME, MAIL), stream, digest(SECRET)))
        Signals(keyring).put(tx, "siem", [Signal(Kind.CREDENTIAL_CHANGE, now, Naming.MAIL, MAIL, "", SECRET)])
        TokenKeys(keyring).add(tx, TokenKey("kid", SECRET.encode(), now))
        Audit(keyring).append(tx, [PasswordSet("openldap")], at=now, person_id="person-1", details=everything)


def dump(database: Database) -> bytes:
    """Every value of every table."""
    with database.read() as tx:
        rows = [row for table in metadata.sorted_tables for row in tx.execute(select(table))]
    values = [value for row in rows for value in row]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def encodings(canary: str) -> list[bytes]:
    raw = canary.encode()
    return [raw, raw.hex().encode(), b64encode(raw).rstrip(b"="), b32encode(raw).rstrip(b"="), raw[::-1], raw.upper()]


def test_no_name_number_address_or_code_is_in_it_in_any_encoding(
    database: Database, keyring: Keyring, recovery: Recovery, now: datetime
) -> None:
    fill(database, keyring, recovery, now)
    stolen = dump(database)
    assert len(stolen) > 5000
    assert [canary for canary in CANARIES if any(form in stolen for form in encodings(canary))] == []


def test_the_search_finds_a_canary_that_was_planted(database: Database, keyring: Keyring, now: datetime) -> None:
    with database.write() as tx:
        Jobs(keyring).put(tx, NUMBER, "message", "r", {}, due_at=now, leased_by="me", leased_until=now)
    assert any(form in dump(database) for form in encodings(NUMBER))
