"""Administrators and auditors find records quickly, open details on the record, and take files without contacts."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from servers.desk import details_of, happened
from servers.small_house import SmallHouse

from keyback.core.contracts import events
from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.event import Event
from keyback.core.contracts.events import BY_NAME
from keyback.core.db.deliveries import Attempt, State
from keyback.core.db.record_lists import LOOKED_THROUGH, PAGE, Span
from keyback.core.recovery.state import Stage
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.reporting.microsoft_names import MICROSOFT
from keyback.core.service.reporting.record_room import COLUMNS, LOUD, Asked, RecordRoom, open_record_room

ADA = Actor("idp|ada", "ada", frozenset({Role.ADMINISTRATOR}))
UDO = Actor("idp|udo", "udo", frozenset({Role.AUDITOR}))
AGENT = Actor("idp|agnes", "agnes", frozenset({Role.HELP_DESK}))


@pytest.fixture
def room(on_either: SmallHouse) -> RecordRoom:
    return open_record_room(on_either.records, on_either.snapshots, on_either.around, on_either.staff)


def tell(house: SmallHouse, *told: Event, person: str = "p1", recovery: str = "r1", **details: str) -> None:
    with house.records.db.write() as tx:
        house.records.audit.append(
            tx, told, at=house.clock(), recovery_id=recovery, person_id=person, details=details or None
        )
    house.clock.forward(seconds=1)


def names(room: RecordRoom, asked: Asked, before: str = "") -> list[str]:
    return [row["name"] for row in room.events(asked, before).rows]


def test_events_come_newest_first_page_by_page_each_once(on_either: SmallHouse, room: RecordRoom) -> None:
    for number in range(2 * PAGE + 10):
        tell(on_either, events.PasswordSet(f"s{number}"))
    seen, before = [], ""
    for _ in range(4):
        page = room.events(Asked(name="password.set"), before)
        seen += [row["id"] for row in page.rows]
        before = page.older
        if not before:
            break
    assert len(seen) == len(set(seen)) == 2 * PAGE + 10
    assert seen == sorted(seen, reverse=True)


def test_events_are_found_by_name_person_recovery_and_time(on_either: SmallHouse, room: RecordRoom) -> None:
    tell(on_either, events.PasswordSet("fake"))
    noon = on_either.clock()
    tell(on_either, events.NobodyFound("unknown"), person="", recovery="r2")
    tell(on_either, events.PasswordChanged("fake"), person="p2", recovery="")
    assert names(room, Asked(name="password.set")) == ["password.set"]
    assert names(room, Asked(name=LOUD)) == ["person.nobody"]
    assert names(room, Asked(person="p2")) == ["password.changed"]
    assert names(room, Asked(person="p2", name="password.set")) == []
    assert names(room, Asked(recovery="r2")) == ["person.nobody"]
    assert names(room, Asked(span=Span(until=noon))) == ["password.set"]
    assert names(room, Asked(span=Span(since=noon))) == ["password.changed", "person.nobody"]


@pytest.mark.parametrize("before", ["'; DROP TABLE event", "zz", "0" * 400, "000000000000000.x' OR 1=1"])
def test_a_place_that_nobody_gave_out_is_the_first_page(on_either: SmallHouse, room: RecordRoom, before: str) -> None:
    tell(on_either, events.PasswordSet("fake"))
    assert names(room, Asked(name="password.set"), before) == ["password.set"]
    room.recoveries(Asked(), before)
    room.messages(Asked(), before)
    room.jobs(Asked(), before)


def test_recoveries_are_listed_by_stage_and_person_and_show_nothing_sealed(
    on_either: SmallHouse, room: RecordRoom
) -> None:
    visit = on_either.start()
    on_either.clock.forward(seconds=1)
    on_either.start("nobody at all")
    visit.prove_by_mail()
    listed = room.recoveries(Asked()).rows
    assert [row["stage"] for row in listed] == ["choosing", "choosing"]
    assert listed[0]["started_at"] > listed[1]["started_at"]
    assert not set(listed[0]) & {"sealed", "key_digest", "key_seal"}
    assert room.recoveries(Asked(state=Stage.DONE)).rows == ()
    theirs = room.person(ADA, "jo")
    assert [row["id"] for row in room.recoveries(Asked(person=theirs)).rows] == [visit.recovery.id]
    assert room.recovery(visit.recovery.id) is not None


def test_messages_are_looked_for_a_piece_at_a_time(on_either: SmallHouse, room: RecordRoom) -> None:
    records, now = on_either.records, on_either.clock()
    with records.db.write() as tx:
        records.deliveries.put(tx, Attempt("old", "", "voice", "sip", "AT", State.FAILED, "busy"), now)
        for number in range(LOOKED_THROUGH):
            at = now + timedelta(seconds=1 + number)
            records.deliveries.put(tx, Attempt(f"m{number}", "", "sms", "fake", "DE", State.SENT), at)
    first = room.messages(Asked(state="failed"))
    assert first.rows == ()
    assert first.older
    assert [row["id"] for row in room.messages(Asked(state="failed"), first.older).rows] == ["old"]
    assert len(room.messages(Asked(medium="sms", region="DE")).rows) == PAGE


def test_jobs_that_wait_and_jobs_that_were_given_up_are_two_lists(on_either: SmallHouse, room: RecordRoom) -> None:
    office, records = on_either.staff.office, on_either.records
    with records.db.write() as tx:
        waits = office.put(tx, "smtp", "carry", "", {"to": "somebody"})
        ended = office.put(tx, "house", "find", "", {})
        records.jobs.give_up(tx, ended.id, on_either.clock())
    assert [row["id"] for row in room.jobs(Asked()).rows] == [waits.id]
    assert [row["id"] for row in room.jobs(Asked(state="given-up")).rows] == [ended.id]
    assert room.jobs(Asked(lane="house")).rows == ()
    assert "sealed" not in room.jobs(Asked()).rows[0]


def test_details_are_opened_for_readers_alone_and_on_the_record(on_either: SmallHouse, room: RecordRoom) -> None:
    tell(on_either, events.RecoveryStarted("reset", ""), name="jo@fake.example")
    (row,) = room.events(Asked(name="recovery.started")).rows
    with pytest.raises(NotAllowed):
        room.details(AGENT, row["id"])
    assert happened(on_either, "records.details-opened") == []
    assert room.details(UDO, row["id"]) == {"name": "jo@fake.example"}
    assert happened(on_either, "records.details-opened") == [f"records.details-opened {row['id']}"]
    assert details_of(on_either, "records.details-opened")[0]["who"] == "udo"
    with pytest.raises(NotAllowed):
        room.details(ADA, "no such event")


def test_erased_details_are_gone(on_either: SmallHouse, room: RecordRoom) -> None:
    tell(on_either, events.RecoveryStarted("reset", ""), name="jo@fake.example")
    (row,) = room.events(Asked(name="recovery.started")).rows
    with on_either.records.db.write() as tx:
        on_either.records.audit.erase(tx, "p1")
    assert room.details(ADA, row["id"]) is None


def test_a_file_has_every_page_and_no_details_and_leaves_an_event(on_either: SmallHouse, room: RecordRoom) -> None:
    for _ in range(PAGE + 3):
        tell(on_either, events.PasswordSet("=cmd"), name="jo@fake.example")
    text = "".join(room.file(UDO, "events", Asked(name="password.set")))
    head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert tuple(head) == COLUMNS["events"]
    assert len(rows) == PAGE + 3
    assert rows[0][2] == "Reset password (self-service)"
    assert "jo@fake" not in text
    assert happened(on_either, "records.exported") == ["records.exported events"]
    with pytest.raises(NotAllowed):
        room.file(AGENT, "events", Asked())
    assert len(happened(on_either, "records.exported")) == 1


@pytest.mark.parametrize("what", ["recoveries", "messages", "jobs"])
def test_every_list_can_be_taken_away(on_either: SmallHouse, room: RecordRoom, what: str) -> None:
    on_either.start()
    with on_either.records.db.write() as tx:
        on_either.records.deliveries.put(tx, Attempt("a", "", "sms", "fake", "DE", State.SENT), on_either.clock())
    text = "".join(room.file(ADA, what, Asked()))
    assert len(text.splitlines()) >= 2


def test_microsofts_names_are_of_events_that_there_are() -> None:
    assert set(MICROSOFT) <= set(BY_NAME)
