"""What became of messages is kept without a number, moves forward only, and is found again by the provider's name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from keyback.core.db.deliveries import Attempt, Conversion, Deliveries, Report, State
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.tables import delivery

TEXT = Attempt("1", "challenge", "sms", "twilio", "DE", State.ACCEPTED, provider_id="SM1")


@pytest.fixture
def deliveries(keyring: Keyring) -> Deliveries:
    return Deliveries(keyring)


def _state(database: Database, which: str = "1") -> tuple[str, str]:
    with database.read() as tx:
        return tuple(tx.execute(select(delivery.c.state, delivery.c.why).where(delivery.c.id == which)).one())


def test_the_providers_own_name_stands_nowhere_in_the_clear(
    database: Database, deliveries: Deliveries, now: datetime
) -> None:
    with database.write() as tx:
        deliveries.put(tx, TEXT, now)
    with database.read() as tx:
        row = tx.execute(select(delivery)).mappings().one()
    assert "SM1" not in repr(dict(row))
    assert row["ref"]
    assert row["sealed"]


def test_an_attempt_ends_in_the_row_in_which_it_began(
    database: Database, deliveries: Deliveries, now: datetime
) -> None:
    begun = replace(TEXT, state=State.TRYING, provider_id="")
    with database.write() as tx:
        deliveries.put(tx, begun, now)
        assert deliveries.of(tx, "challenge") == [("twilio", State.TRYING)]
        deliveries.put(tx, replace(TEXT, state=State.FAILED, why="refused"), now + timedelta(seconds=1))
        assert deliveries.of(tx, "challenge") == [("twilio", State.FAILED)]
        assert deliveries.of(tx, "another") == []
    assert _state(database) == ("failed", "refused")


def test_what_a_provider_tells_before_we_noted_that_it_took_the_message_stays(
    database: Database, deliveries: Deliveries, now: datetime
) -> None:
    with database.write() as tx:
        deliveries.put(tx, replace(TEXT, state=State.TRYING, provider_id=""), now)
        deliveries.tell(tx, "twilio", "challenge", Report(State.FAILED, "no-answer", now))
        deliveries.put(tx, TEXT, now + timedelta(milliseconds=100))
        assert deliveries.of(tx, "challenge") == [("twilio", State.FAILED)]
        # Its name for the message is known from then on.
        assert deliveries.tell_by_id(tx, "twilio", "SM1", Report(State.SENT, "", now))
    assert _state(database) == ("failed", "no-answer")


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ([State.SENT, State.DELIVERED], State.DELIVERED),
        ([State.DELIVERED, State.SENT], State.DELIVERED),
        ([State.DELIVERED, State.FAILED], State.DELIVERED),
        ([State.FAILED, State.SENT], State.FAILED),
        ([State.SENT, State.FAILED], State.FAILED),
    ],
)
def test_what_a_provider_says_late_undoes_nothing(
    said: list[State], stands: State, database: Database, deliveries: Deliveries, now: datetime
) -> None:
    with database.write() as tx:
        deliveries.put(tx, TEXT, now)
        for state in said:
            deliveries.tell_by_id(tx, "twilio", "SM1", Report(state, "", now))
    assert _state(database)[0] == stands


def test_a_receipt_of_another_provider_or_for_another_message_changes_nothing(
    database: Database, deliveries: Deliveries, now: datetime
) -> None:
    with database.write() as tx:
        deliveries.put(tx, TEXT, now)
        deliveries.tell_by_id(tx, "smpp", "SM1", Report(State.FAILED, "refused", now))
        deliveries.tell_by_id(tx, "twilio", "SM2", Report(State.FAILED, "refused", now))
        deliveries.tell(tx, "smpp", "challenge", Report(State.FAILED, "refused", now))
        deliveries.tell(tx, "twilio", "", Report(State.FAILED, "refused", now))
    assert _state(database) == ("accepted", "")
    with database.write() as tx:
        deliveries.tell(tx, "twilio", "challenge", Report(State.FAILED, "unreachable", now))
    assert _state(database) == ("failed", "unreachable")


def test_only_codes_that_may_have_arrived_are_set_against_those_that_were_typed_back(
    database: Database, deliveries: Deliveries, now: datetime
) -> None:
    others = (
        replace(TEXT, id="2", challenge="second"),
        replace(TEXT, id="3", challenge="third", state=State.FAILED),
        replace(TEXT, id="4", challenge=""),
        replace(TEXT, id="5", challenge="fifth", region="", medium="email"),
        replace(TEXT, id="6", challenge="sixth", region="AT"),
    )
    with database.write() as tx:
        for attempt in (TEXT, *others):
            deliveries.put(tx, attempt, now)
        deliveries.put(tx, replace(TEXT, id="7", challenge="old"), now - timedelta(hours=2))
        deliveries.used(tx, "challenge", now)
        found = deliveries.conversions(tx, now - timedelta(hours=1), now)
    assert sorted(found, key=lambda one: one.region) == [
        Conversion("sms", "AT", "", 1, 0),
        Conversion("sms", "DE", "", 2, 1),
    ]


def test_what_is_old_is_forgotten(database: Database, deliveries: Deliveries, now: datetime) -> None:
    with database.write() as tx:
        deliveries.put(tx, TEXT, now - timedelta(days=50))
        deliveries.put(tx, replace(TEXT, id="2"), now)
        assert deliveries.purge(tx, now - timedelta(days=45)) == 1
