"""How the database finds what it is asked for, where there is a lot: by an index, whatever waits there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from bulk import Bulk
from past import Past
from past_events import Log
from servers.changing import begin
from servers.signals import Telling
from servers.small_house import NEW, OLD, PHONE, Cloud, SmallHouse, small_house
from sqlalchemy import Connection, Engine, event, select

from keyback.core.contracts.device import Statement
from keyback.core.db import (
    audit_verify,
    backlog,
    bridge_tables,
    campaign_tables,
    census_tables,
    desk_tables,
    receivers,
    signal_tables,
    tables,
)
from keyback.core.db.campaigns import Turn
from keyback.core.db.deliveries import Report, State
from keyback.core.db.erasing import erase, is_under_way
from keyback.core.db.record_lists import Span
from keyback.core.db.rotation import reseal
from keyback.core.db.sealing import KeyPurpose
from keyback.core.db.session import Database
from keyback.core.recovery.state import Stage
from keyback.core.service.reporting.record_room import LOUD, Asked, open_record_room
from keyback.core.service.reporting.report import ReportRoom

MANY = 1500
# Read whole on purpose: what an administrator sets has a handful of rows, and so have keys.
FEW = {
    "data_key",
    "signing_key",
    "plugin",
    "policy",
    "public_rules",
    "settings_version",
    "alembic_version",
    "lease",
    "census_round",
    "census_having",
}
# One for each save: a few in a year.
FEW |= {"settings_save", "campaign", "schedule"}
# Those who administer are a handful too, and so are directories, what people of one have, clients and their keys.
FEW |= {"console_session", "census_round", "census_having", "token_key", "entry", "entry_seen", "receiver"}
FEW |= {"client_key_set", "certificate_end"}
# So are an organisation's questions, and how many people chose each.
FEW |= {"question_set", "chosen_count"}
GROWS = {each.name for each in tables.metadata.sorted_tables} - FEW

Overheard = dict[str, Any]


@contextmanager
def overheard() -> Iterator[Overheard]:
    """Every different statement, and with what it was asked first."""
    asked: Overheard = {}

    def hear(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        asked.setdefault(statement, parameters[0] if many and isinstance(parameters, list) else parameters)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.fixture
def full(database: Database, url: str, kek: bytes) -> SmallHouse:
    """A house in which much is pending and more is past; PostgreSQL knows, SQLite has its usual guesses."""
    house = small_house(database, cloud=Cloud())
    past = Past(house.records.keyring, MANY, house.clock())
    log, bulk = Log(past, database), Bulk(url)
    rows = {
        tables.person: past.persons(), tables.account: past.accounts(), tables.enrolment: past.enrolments(),
        tables.contact_seen: past.contacts(), tables.person_key: past.person_keys(), tables.freeze: past.freezes(MANY),
        tables.proof: past.proofs(MANY), tables.counter: past.counters(MANY), tables.job: past.jobs(MANY),
        tables.recovery: past.recoveries(MANY), tables.event: log.events(2 * MANY),
        tables.session: past.signed_in(MANY), tables.sign_in: past.setting_out(MANY), tables.pending: past.adding(MANY),
        tables.heard: past.heard(MANY), tables.standing: past.standings(), tables.delivery: past.deliveries(MANY),
        tables.waiting_link: past.waiting_links(MANY),
        desk_tables.caller: past.callers(MANY), desk_tables.approval: past.approvals(MANY),
        tables.password_change: past.changes(MANY), bridge_tables.oidc_grant: past.grants(MANY),
        census_tables.census_person: past.counted(), campaign_tables.campaign_person: past.turns(MANY),
        signal_tables.signal: past.signals(MANY),
    }  # fmt: skip
    for each, those in rows.items():
        bulk.load(each, those, MANY)
    bulk.load(tables.recovery, past.recoveries(MANY, Stage.CLOSED), MANY)
    bulk.load(tables.event, Log(past, database).events(MANY, chained=False), MANY)
    signed = ({"seq": seq, "at": house.clock(), "hash": b"", "kid": "k", "signature": b""} for seq in range(MANY))
    bulk.load(tables.checkpoint, signed, MANY)
    sums = ({"day": f"{1000 + year}-11-22", "what": "set", "label": "reset", "count": 1} for year in range(MANY))
    bulk.load(tables.daily_sum, sums, MANY)
    bulk.analyse()
    _as_they_are(database)
    return house


def _as_they_are(database: Database) -> None:
    """PostgreSQL would look again while chores empty the tables, and then rightly read the little that is left."""
    with database.write() as tx:
        if tx.dialect.name == "postgresql":
            for name in GROWS:
                tx.exec_driver_sql(f'ALTER TABLE "{name}" SET (autovacuum_enabled = false)')


def live(house: SmallHouse) -> None:
    """A reset by two proofs for two linked accounts, a wrong answer, another code, a stop, and a name nobody has."""
    house.link()
    house.start("nobody at all")
    visit = house.start()
    house.work()
    visit.pick("email")
    visit.answer("00000000")
    house.clock.forward(minutes=2)
    visit.send_again()
    house.work()
    visit.answer(visit.code())
    visit.more_time()
    visit.prove_by_paper()
    visit.renew()
    house.work()
    begin(house).exchange(NEW, OLD)
    house.work()
    text_back(house)


def text_back(house: SmallHouse) -> None:
    """A text that is typed back, and what its provider says of it before."""
    visit = house.start("jo")
    house.work()
    visit.pick("sms", PHONE)
    house.work()
    pick, now = visit.recovery.pick, house.clock()
    assert pick is not None
    with house.records.db.write() as tx:
        house.records.deliveries.tell(tx, "fake", pick.challenge_id, Report(State.SENT, "", now))
        house.records.deliveries.tell_by_id(tx, "fake", "SM1", Report(State.DELIVERED, "", now))
    visit.answer(visit.code())


def say_by_phone(house: SmallHouse) -> None:
    """What a phone's question and its joining look for."""
    records, now = house.records, house.clock()
    person = records.keyring.pseudonym("fake", "id-of-jo")
    with records.db.write() as tx:
        records.enrolments.find(tx, "a-phone")
        records.recoveries.asking(tx, person, "phone_approval", now, 5)
        records.pending.join(tx, "a code", Statement("a-phone", "{}", ""), now)


def tell_others(house: SmallHouse) -> None:
    """What a receiver of shared signals is brought, fetches and refuses, and what is shown of it."""
    telling = Telling(house)
    telling.add()
    telling.desk.all()
    (first, *_), signals, now = telling.waiting(), house.records.signals, house.clock()
    with house.records.db.write() as tx:
        receivers.due(tx, now)
        signals.done(tx, "siem", [first.id])
        signals.refuse(tx, "siem", first.id, "other", now)
        refused = signals.refused(tx, "siem", 20)
        signals.refused(tx, "siem", 20, refused[-1].id)
        signals.purge(tx, now)
        signals.forget_waiting(tx, "siem")
        signals.forget(tx, "siem")


def look_around(house: SmallHouse, past: Past) -> None:
    """Every list of the console, narrowed down in every way, from its first page and from a later one."""
    room = open_record_room(house.records, house.snapshots, house.around, house.staff)
    year, person, name = Span(house.clock() - timedelta(days=360)), past.ref(7), "password.set"
    narrowed = (
        Asked(), Asked(span=year), Asked(span=year, name=name), Asked(name=LOUD), Asked(person=person),
        Asked(person=person, name=name), Asked(state=Stage.ANSWERING.value), Asked(state="failed"),
        Asked(state="given-up", lane="smtp"), Asked(recovery="one"),
    )  # fmt: skip
    for asked in narrowed:
        for listed in (room.events, room.recoveries, room.messages, room.jobs):
            listed(asked, listed(asked).older)
    room.today.now()
    today = house.clock().date()
    ReportRoom(records=house.records, around=house.around).report(today - timedelta(days=364), today)
    desk = house.staff.stranded
    for digest in [*desk.havings(), "nobody has this"]:
        first = desk.people([digest])
        desk.people([digest], first[-1].place if first else f"{digest}.after")
    with house.records.db.read() as tx:
        for turn in Turn:
            house.records.campaigns.turns(tx, "c-0", turn, "after", 50)
        house.records.campaigns.listed(tx, house.clock(), 50)
        house.records.approvals.waiting(tx, house.clock(), 50)
        house.records.approvals.decided(tx, house.clock(), 50)


def keep_house(house: SmallHouse) -> None:
    """Every chore, when there is something to do for it; then what an operator and an administrator ask."""
    house.start()
    house.clock.forward(days=40)
    for chore in [*house.staff.office._chores, *house.staff.office._chores_everywhere]:
        chore(house.clock())
    house.staff.office.tick()
    records, now = house.records, house.clock()
    with records.db.write() as tx:
        backlog.waiting(tx, now)
        backlog.unchained_since(tx)
        backlog.tried_again(tx, 4)
        backlog.given_up(tx, now)
        records.deliveries.lately(tx, now)
        refs = [records.keyring.pseudonym("fake", "id-of-jo")]
        is_under_way(tx, refs)
        erase(tx, records.enrolments, refs)
        records.audit.erase(tx, *refs)
    for purpose in KeyPurpose:
        reseal(records.db, records.keyring, purpose, lambda _moved, _seen: None)
    list(audit_verify.export(records.db))


def read_whole(database: Database, asked: Mapping[str, Any]) -> list[str]:
    """The statements that read all of a table that grows, and how the database would go about it."""
    found = []
    for statement, parameters in asked.items():
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            plan = _plan(database, statement, parameters)
            if any(_names_a_whole_table(line) for line in plan):
                found.append("\n".join([statement, *plan]))
    return found


def _names_a_whole_table(line: str) -> bool:
    told = re.search(r"Seq Scan on (\w+)|^SCAN (\w+)(?! USING)(?:$| )", line)
    return told is not None and (told[1] or told[2]) in GROWS and "USING" not in line


def _plan(database: Database, statement: str, parameters: Any) -> list[str]:
    with database.write() as tx:
        if tx.dialect.name == "sqlite":
            return [row[3] for row in _driver(tx).execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        # As a connection that lives long asks: once for all values, whatever they are.
        driver = _driver(tx)
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
        numbered = re.sub(r"%\((\w+)\)s", lambda name: f"${names.index(name[1]) + 1}", statement)
        values = ", ".join(psycopg.ClientCursor(driver).mogrify("%s", [parameters[name]]) for name in names)
        tx.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        tx.exec_driver_sql(f"PREPARE asked AS {numbered.replace('%%', '%')}")
        given = f"({values})" if names else ""
        plan = driver.execute(f"EXPLAIN EXECUTE asked{given}".encode()).fetchall()
        tx.exec_driver_sql("DEALLOCATE asked")
        return [row[0] for row in plan]


def _driver(tx: Connection) -> Any:
    return tx.connection.driver_connection


def test_nothing_that_grows_is_read_whole_or_counted(full: SmallHouse, database: Database) -> None:
    with overheard() as asked:
        live(full)
        say_by_phone(full)
        tell_others(full)
        look_around(full, Past(full.records.keyring, MANY, full.clock()))
        keep_house(full)
    assert len(asked) > 60
    assert not read_whole(database, asked)
    # SQLite is told by SQLAlchemy to skip none.
    assert not [each for each in asked if "OFFSET" in each.replace("LIMIT ? OFFSET ?", "LIMIT ?")]
    assert not [each for each in asked if "count(*)" in each and "LIMIT" not in each]


def test_a_question_without_an_index_would_be_noticed(full: SmallHouse, database: Database) -> None:
    with overheard() as asked, database.read() as tx:
        tx.execute(select(tables.recovery.c.id).where(tables.recovery.c.entry == "intranet")).all()
        tx.execute(select(tables.recovery.c.id).where(tables.recovery.c.id == "one")).all()
    assert ["entry" in each for each in read_whole(database, asked)] == [True]
