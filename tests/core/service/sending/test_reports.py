"""What carriers tell later finds its message by the carrier's own name, also when it comes before our note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from servers.small_house import SmallHouse, small_house
from sqlalchemy import select

from keyback.core.contracts.channel import DeliveryReport
from keyback.core.contracts.errors import PluginError
from keyback.core.db import tables
from keyback.core.db.deliveries import Attempt, State
from keyback.core.db.session import Database
from keyback.core.service.calls import Calls
from keyback.core.service.sending.reports import Reports
from keyback.core.testing import FakeChannel


class Telling(FakeChannel):
    """A carrier on a line that stays open."""

    key = "telling"

    def __init__(self) -> None:
        super().__init__()
        self.told: list[DeliveryReport] = []

    def reports(self) -> Sequence[DeliveryReport]:
        if self.trouble:
            raise self.trouble
        told, self.told = self.told, []
        return told


class AlsoTelling(Telling):
    """Another one."""

    key = "another"


@pytest.fixture
def carrier() -> Telling:
    return Telling()


@pytest.fixture
def another() -> AlsoTelling:
    return AlsoTelling()


@pytest.fixture
def house(tmp_path: Path, migrated: Path, carrier: Telling, another: AlsoTelling) -> SmallHouse:
    (tmp_path / "reports.db").write_bytes(migrated.read_bytes())
    return small_house(Database(f"sqlite:///{tmp_path / 'reports.db'}"), channels=(carrier, another))


@pytest.fixture
def reports(house: SmallHouse) -> Reports:
    return Reports(records=house.records, snapshots=house.snapshots, calls=Calls(house.around.meter))


def send(house: SmallHouse, channel: str = "telling") -> None:
    attempt = Attempt(channel, channel, "sms", channel, "DE", State.ACCEPTED, provider_id="SM1")
    with house.records.db.write() as tx:
        house.records.deliveries.put(tx, attempt, house.clock())


def states(house: SmallHouse) -> dict[str, str]:
    with house.records.db.read() as tx:
        found = tx.execute(select(tables.delivery.c.channel, tables.delivery.c.state))
        return {channel: state for channel, state in found}  # noqa: C416 - rows are no pairs to dict()


def test_a_report_finds_its_message_and_nobody_elses(house: SmallHouse, reports: Reports, carrier: Telling) -> None:
    send(house)
    send(house, "another")
    carrier.told.append(DeliveryReport("SM1", "delivered"))
    reports.collect(house.clock())
    assert states(house) == {"telling": "delivered", "another": "accepted"}


def test_a_report_that_is_quicker_than_our_own_note_waits_for_it(
    house: SmallHouse, reports: Reports, carrier: Telling
) -> None:
    carrier.told.append(DeliveryReport("SM1", "failed", "expired"))
    reports.collect(house.clock())
    send(house)
    reports.collect(house.clock() + timedelta(seconds=1))
    assert states(house) == {"telling": "failed"}


def test_nobody_waits_for_long(house: SmallHouse, reports: Reports, carrier: Telling) -> None:
    carrier.told.append(DeliveryReport("SM1", "delivered"))
    reports.collect(house.clock())
    reports.collect(house.clock() + timedelta(seconds=10))
    send(house)
    reports.collect(house.clock() + timedelta(seconds=11))
    assert states(house) == {"telling": "accepted"}


def test_a_state_that_no_carrier_can_know_is_none(house: SmallHouse, reports: Reports, carrier: Telling) -> None:
    send(house)
    carrier.told += [DeliveryReport("SM1", state) for state in ("accepted", "trying", "unknown", "", "read")]
    reports.collect(house.clock())
    assert states(house) == {"telling": "accepted"}


@pytest.mark.parametrize("trouble", [PluginError("late"), RuntimeError("SM1")])
def test_a_carrier_that_fails_silences_no_other(
    trouble: Exception, house: SmallHouse, reports: Reports, carrier: Telling, another: AlsoTelling
) -> None:
    send(house, "another")
    carrier.trouble = trouble
    another.told.append(DeliveryReport("SM1", "delivered"))
    reports.collect(house.clock())
    assert states(house) == {"another": "delivered"}
