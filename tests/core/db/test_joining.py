"""A device joins by its code: one device to each code, in time, and its requests are the person's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import select

from keyback.core.contracts.device import Statement
from keyback.core.contracts.method import Challenge, Prompt
from keyback.core.contracts.text import Text
from keyback.core.db import tables
from keyback.core.db.begun import Begun
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.pending import Adding, Pending
from keyback.core.db.recoveries import Recoveries
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.recovery.state import Pick, Recovery, Stage

MINE = Adding("session-1", "person-1", "phone_approval")
CHALLENGE = Challenge(Prompt(Text("Join"), Text("Scan")), timedelta(minutes=10), {"joins_by": "CANARYCODE"})
DRAWN = Begun(CHALLENGE)
SAID = Statement("device-1", '{"key": "canary-key"}', "signature")


@pytest.fixture
def pending(database: Database, keyring: Keyring, now: datetime) -> Pending:
    """A code is on somebody's page."""
    keeper = Pending(keyring)
    with database.write() as tx:
        keeper.put(tx, MINE, DRAWN, now + timedelta(minutes=10))
    return keeper


def test_what_the_device_says_lies_beside_what_was_drawn(database: Database, pending: Pending, now: datetime) -> None:
    with database.write() as tx:
        assert pending.join(tx, "CANARYCODE", SAID, now)
        kept = pending.get(tx, MINE, now)
    assert kept is not None
    assert kept.challenge.secret == {
        "joins_by": "CANARYCODE", "device": "device-1", "words": SAID.words, "signature": "signature",
    }  # fmt: skip


def test_only_one_device_joins_by_a_code_in_time(database: Database, pending: Pending, now: datetime) -> None:
    with database.write() as tx:
        assert pending.expects(tx, "CANARYCODE", now)
        assert not pending.expects(tx, "ANOTHERCODE", now)
        assert not pending.expects(tx, "CANARYCODE", now + timedelta(minutes=10))
        assert not pending.join(tx, "ANOTHERCODE", SAID, now)
        assert not pending.join(tx, "CANARYCODE", SAID, now + timedelta(minutes=10))
        assert pending.join(tx, "CANARYCODE", SAID, now)
        assert not pending.join(tx, "CANARYCODE", SAID, now)
        assert not pending.join(tx, "CANARYCODE", replace(SAID, device="device-2"), now)


def test_of_two_devices_that_saw_the_same_row_one_joins(
    database: Database,
    pending: Pending,
    now: datetime,
    at_once: Callable[..., list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both, opened = Barrier(2), pending._open

    def open_together(row: Any) -> Any:
        # SQLite lets only one of them in; there nobody comes to be waited for.
        with suppress(BrokenBarrierError):
            both.wait(2)
        return opened(row)

    monkeypatch.setattr(pending, "_open", open_together)

    def join(number: int) -> bool:
        with database.write() as tx:
            return pending.join(tx, "CANARYCODE", replace(SAID, device=f"device-{number}"), now)

    assert sorted(at_once(2, join)) == [False, True]


def test_beginning_anew_ends_the_code_and_the_device(database: Database, pending: Pending, now: datetime) -> None:
    again = Begun(replace(CHALLENGE, secret={"joins_by": "SECONDCODE"}))
    with database.write() as tx:
        pending.join(tx, "CANARYCODE", SAID, now)
        pending.put(tx, MINE, again, now + timedelta(minutes=10))
        assert not pending.join(tx, "CANARYCODE", SAID, now)
        assert pending.get(tx, MINE, now) == again


def test_neither_code_nor_words_stand_in_the_table(
    database: Database, pending: Pending, now: datetime, tamper: Callable[..., None]
) -> None:
    with database.write() as tx:
        pending.join(tx, "CANARYCODE", SAID, now)
    with database.read() as tx:
        (row,) = tx.execute(select(tables.pending)).all()
    assert not any("canary" in str(value).lower() for value in row)
    tamper(tables.pending, {"code": row.code}, sealed=row.sealed[:-1] + b"x")
    with database.write() as tx, pytest.raises(SealBroken):
        pending.join(tx, "CANARYCODE", SAID, now)


def test_a_device_is_found_by_its_name_and_says_whose_it_is(
    database: Database, keyring: Keyring, now: datetime
) -> None:
    keeper = Enrolments(keyring)
    with database.write() as tx:
        given = keeper.add(
            tx, "person-1", "phone_approval", "", {"k": "v"}, proven_at=now, usable_from=now, enrolment_id="device-1"
        )
        found = keeper.find(tx, "device-1")
        assert keeper.find(tx, "device-2") is None
    assert given == "device-1"
    assert found is not None
    assert (found[0], found[1].id, found[1].data) == ("person-1", "device-1", {"k": "v"})


def test_only_the_persons_own_open_requests_of_this_method_are_found(
    database: Database, keyring: Keyring, recovery: Recovery, now: datetime
) -> None:
    keeper, whole = Recoveries(keyring), recovery
    assert whole.subject is not None
    person = whole.subject.person.id
    asks = replace(
        whole, stage=Stage.ANSWERING, pick=Pick("phone_approval", "c1", CHALLENGE, now), moved_at=now,
        expires_at=now + timedelta(minutes=20),
    )  # fmt: skip
    others = [
        replace(asks, id="other-stage", stage=Stage.CHOOSING),
        replace(asks, id="other-method", pick=Pick("sms", "c2", CHALLENGE, now)),
        replace(asks, id="nobody", subject=None),
    ]
    newest = [replace(asks, id=f"asks-{n}", started_at=now - timedelta(seconds=n)) for n in range(4)]
    with database.write() as tx:
        for one in (*others, *reversed(newest)):
            keeper.insert(tx, one, b"digest")
        found = keeper.asking(tx, person, "phone_approval", now, 3)
        assert [one.id for one in found] == ["asks-0", "asks-1", "asks-2"]
        assert keeper.asking(tx, "somebody-else", "phone_approval", now, 3) == []
        assert keeper.asking(tx, "", "phone_approval", now, 3) == []
        assert keeper.asking(tx, person, "phone_approval", now + timedelta(minutes=20), 3) == []
