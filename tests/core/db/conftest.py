"""A migrated database of each kind for every test, and one recovery that has everything in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from servers.fault_proxy import FaultProxy
from servers.postgres import OWNER, Postgres
from sqlalchemy import Table, delete, make_url, select, update

from keyback.core.contracts.method import Alphabet, Challenge, Field, Offer, Prompt
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Person
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.db import patience
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.tables import metadata
from keyback.core.recovery.policy import Policy, Proof, PublicRules, Purpose
from keyback.core.recovery.state import Lane, Pick, Recovery, Sent, Stage, Subject

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
KEK = bytes(range(32))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def kek() -> bytes:
    return KEK


@pytest.fixture(scope="session")
def _emptied_postgres(postgres: Postgres, migrated_postgres: str) -> str:
    return postgres.database(like=migrated_postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of database this test runs on."""
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where nothing is yet."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.database()
    yield url
    postgres.drop(url)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without a row: a copy, or one that is emptied, because migrating takes longer than a test."""
    if kind == "sqlite":
        file = shutil.copy(request.getfixturevalue("migrated"), tmp_path / "keyback.db")
        yield f"sqlite:///{file}"
        return
    emptied: str = request.getfixturevalue("_emptied_postgres")
    yield emptied
    database = Database(emptied)
    with database.write() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(delete(table))
    database.close()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def other_process(url: str) -> Iterator[Database]:
    """The same database, as another process sees it."""
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def keyring(database: Database) -> Keyring:
    return Keyring.load(database, KEK)


Tamper = Callable[..., None]


@pytest.fixture
def tamper(database: Database) -> Tamper:
    """Writes into a table as somebody would who has the database and not the key."""

    def change(table: Table, where: Mapping[str, Any], **values: Any) -> None:
        same = [table.c[name] == value for name, value in where.items()]
        with database.write() as tx:
            assert tx.execute(update(table).where(*same).values(values)).rowcount == 1

    return change


@pytest.fixture
def column(database: Database) -> Callable[..., Any]:
    """Reads one column of one row as it stands there."""

    def read(table: Table, name: str, **where: Any) -> Any:
        same = [table.c[key] == value for key, value in where.items()]
        with database.read() as tx:
            return tx.execute(select(table.c[name]).where(*same)).scalar_one()

    return read


@pytest.fixture
def at_once() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Calls a function from so many threads at the same moment and returns what each got."""

    def run(threads: int, call: Callable[[int], Any]) -> list[Any]:
        barrier = Barrier(threads)

        def start(number: int) -> Any:
            barrier.wait(30)
            return call(number)

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(start, range(threads)))

    return run


@pytest.fixture
def recovery() -> Recovery:
    """Somebody in the middle of it: found, one proof given, a second challenge open, one store refused."""
    return a_recovery("recovery-1")


@pytest.fixture
def another() -> Recovery:
    return a_recovery("recovery-2")


def a_recovery(recovery_id: str) -> Recovery:
    contacts = (
        Contact(ContactKind.MAIL, "canary-mail@example.org", "mail", trusted=True),
        Contact(ContactKind.PHONE, "+49 170 5550199", "mobile"),
    )
    account = Account(
        AccountKey("openldap", "7f1c-canary-uuid"),
        "canary-name",
        "Canary Person",
        groups=frozenset({"staff", "canary-group"}),
        contacts=contacts,
        stamp="20260101000000Z",
    )
    person = Person("person-pseudonym-1", (account,), contacts)
    offer = Offer(
        "email",
        "offer-1",
        Text("Mail to {end}", end=Text("c••••@{host}", host="ex••••.org")),
        {"to": "canary-mail@example.org"},
    )
    field = Field("code", Text("Code"), Text("{count} digits", count=8), Alphabet.DIGITS, 8, "one-time-code")
    prompt = Prompt(Text("Type the code"), Text("Good for {time}.", time=timedelta(minutes=5), until=NOW), (field,))
    challenge = Challenge(prompt, timedelta(minutes=5), {"code": "73310042"})
    return Recovery(
        id=recovery_id,
        purpose=Purpose.RESET,
        stage=Stage.ANSWERING,
        name="canary-name",
        rules=PublicRules(),
        started_at=NOW,
        expires_at=NOW + timedelta(minutes=20),
        moved_at=NOW,
        entry="intranet",
        return_to="https://intranet.example.org/",
        browser="canary-browser",
        found=True,
        answers=(("embedded", None),),
        subject=Subject(person, Policy("staff"), (offer,), Lane.KNOWN_BROWSER),
        pick=Pick(
            "email", f"challenge-of-{recovery_id}", challenge, NOW, "offer-1", "canary-mail@example.org", tries=2
        ),
        sent=(Sent("email", NOW),),
        proofs=(Proof("sms", "phone", "canary-credential", "challenge-0"),),
        intents=(account,),
        outcomes=(Outcome(account.key, OutcomeKind.REFUSED, (Text("It was used before."),)),),
    )


@pytest.fixture
def silent(postgres: Postgres, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, FaultProxy]]:
    """A database whose answers may be kept back on their way."""
    monkeypatch.setattr(patience, "SECONDS", 0.5)
    with FaultProxy(postgres.socket) as between:
        name = make_url(url).database
        database = Database(f"postgresql+psycopg://{OWNER}@127.0.0.1:{between.port}/{name}")
        assert database.ready()
        yield database, between
        database.close()
