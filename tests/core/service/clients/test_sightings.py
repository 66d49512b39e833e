"""What was last seen of an entry is known to whoever set it up, and costs next to nothing."""

from __future__ import annotations

from servers.small_house import SmallHouse
from sqlalchemy import func, select

from keyback.core.db.entries import Seen
from keyback.core.db.tables import event
from keyback.core.service.clients.sightings import Sightings
from keyback.core.service.start import Arrival


def seen(house: SmallHouse, entry: str = "intranet") -> Seen:
    with house.records.db.read() as tx:
        return house.records.entries.seen(tx)[entry]


def test_somebody_came_by_it(house: SmallHouse) -> None:
    house.service.starting.start("jo", {"human": "yes"}, Arrival("192.0.2.1", entry="intranet"))
    assert seen(house) == Seen(arrived_at=house.clock())


def test_who_comes_by_none_is_seen_by_none(house: SmallHouse) -> None:
    house.start()
    with house.records.db.read() as tx:
        assert house.records.entries.seen(tx) == {}


def test_it_is_noted_once_a_minute_in_each_process(house: SmallHouse) -> None:
    sightings = house.service.starting.sightings
    first = house.clock()
    sightings.came("intranet")
    house.clock.forward(seconds=59)
    sightings.came("intranet")
    assert seen(house).arrived_at == first
    house.clock.forward(seconds=1)
    sightings.came("intranet")
    assert seen(house).arrived_at == house.clock()


def test_a_thousand_refusals_are_one_event_a_minute(house: SmallHouse) -> None:
    sightings = Sightings(records=house.records, around=house.around)
    for _ in range(1000):
        sightings.refused("intranet", "invalid_scope")
    assert (seen(house).refused_at, seen(house).refused_why) == (house.clock(), "invalid_scope")
    with house.records.db.read() as tx:
        assert tx.scalar(select(func.count()).where(event.c.name == "client.refused")) == 1


def test_a_refusal_does_not_hide_when_somebody_came(house: SmallHouse) -> None:
    sightings = house.service.starting.sightings
    sightings.came("intranet")
    sightings.refused("intranet", "invalid_grant")
    assert seen(house).arrived_at == house.clock()
