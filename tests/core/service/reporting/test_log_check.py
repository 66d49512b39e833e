"""The log is verified a part at a time, says how far it is, and names the first bad record."""

from __future__ import annotations

import pytest
from servers.desk import details_of, happened
from servers.small_house import SmallHouse
from sqlalchemy import delete, update

from keyback.core.contracts import events
from keyback.core.db.tables import event
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.reporting import log_check
from keyback.core.service.reporting.log_check import Check, LogCheck

UDO = Actor("idp|udo", "udo", frozenset({Role.AUDITOR}))


@pytest.fixture
def checking(on_either: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> LogCheck:
    monkeypatch.setattr(log_check, "PART", 4)
    made = LogCheck(records=on_either.records, office=on_either.staff.office, around=on_either.around)
    for number in range(10):
        with on_either.records.db.write() as tx:
            on_either.records.audit.append(tx, [events.PasswordSet(f"s{number}")], at=on_either.clock())
    chain(on_either)
    return made


def chain(house: SmallHouse) -> None:
    house.records.audit.chain(house.records.db, house.clock())
    house.records.audit.checkpoint(house.records.db, house.clock())


def verified(house: SmallHouse, checking: LogCheck) -> Check:
    assert checking.begin(UDO)
    for _ in range(20):
        house.work()
        house.clock.forward(seconds=2)
        if checking.under_way() is None:
            break
    last = checking.last()
    assert last is not None
    return last


def test_a_whole_log_is_whole(on_either: SmallHouse, checking: LogCheck) -> None:
    assert checking.last() is None
    last = verified(on_either, checking)
    assert (last.records, last.bad, last.first) == (10, 0, "")
    assert happened(on_either, "records.log-broken") == []
    assert details_of(on_either, "records.log-checked")[0]["who"] == "udo"


def test_it_says_how_far_it_is_and_is_not_begun_twice(on_either: SmallHouse, checking: LogCheck) -> None:
    assert checking.begin(UDO)
    assert not checking.begin(UDO)
    under_way = checking.under_way()
    assert under_way is not None
    assert under_way.per_cent == 0
    with on_either.records.db.write() as tx:
        now = on_either.clock()
        (job,) = on_either.records.jobs.claim(tx, "test", now=now, until=now)
    checking.work(job)
    under_way = checking.under_way()
    assert under_way is not None
    assert under_way.per_cent == 40


@pytest.mark.parametrize("number", [1, 4, 5, 7, 10])
def test_an_altered_record_is_named(on_either: SmallHouse, checking: LogCheck, number: int) -> None:
    with on_either.records.db.write() as tx:
        tx.execute(update(event).where(event.c.seq == number).values(name="password.not-set"))
    last = verified(on_either, checking)
    assert last.first.startswith(f"record {number}")
    assert happened(on_either, "records.log-broken") == [f"records.log-broken {last.first}"]


@pytest.mark.parametrize("numbers", [(1,), (4, 5), (5, 6, 7, 8), (9, 10)])
def test_missing_records_are_named_wherever_a_part_ends(
    on_either: SmallHouse, checking: LogCheck, numbers: tuple[int, ...]
) -> None:
    with on_either.records.db.write() as tx:
        tx.execute(delete(event).where(event.c.seq.in_(numbers)))
    last = verified(on_either, checking)
    assert last.bad
    assert "missing" in last.first


def test_what_was_added_without_the_key_is_found(on_either: SmallHouse, checking: LogCheck) -> None:
    with on_either.records.db.write() as tx:
        tx.execute(update(event).where(event.c.seq == 3).values(details_digest=b"x"))
    assert verified(on_either, checking).first.startswith("record 3")
