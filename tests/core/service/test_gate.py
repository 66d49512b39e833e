"""Who may start, and what it costs them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from servers.small_house import SmallHouse

from keyback.core.contracts.errors import MustWait, NotAllowed, StoreUnavailable
from keyback.core.db.counters import Mark
from keyback.core.recovery import limits
from keyback.core.service.gate import system_mark
from keyback.core.service.start import Arrival


def effort(house: SmallHouse, address: str = "192.0.2.1") -> int:
    """How hard the check of the next start page is."""
    return int(house.service.starting.widget(address).data["effort"])


def count(house: SmallHouse, mark: Mark, times: int) -> None:
    """So many of these have happened within the hour."""
    with house.records.db.write() as tx:
        for _ in range(times):
            house.records.counters.bump(tx, [mark], house.clock())


def test_a_source_that_starts_often_works_harder(house: SmallHouse) -> None:
    quiet = effort(house)
    for _ in range(31):
        house.start()
    assert effort(house) > quiet
    assert effort(house, "192.0.2.2") == quiet


def test_addresses_of_one_ipv6_network_are_one_source(house: SmallHouse) -> None:
    quiet = effort(house, "2001:db8::1")
    for number in range(31):
        house.start(address=f"2001:db8::{number:x}")
    assert effort(house, "2001:db8::ffff") > quiet
    assert effort(house, "2001:db8:0:1::1") == quiet


def test_everybody_works_harder_while_many_people_are_guessed_at(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = limits.Quota(limits.SYSTEM_MISSES.name, 10, limits.SYSTEM_MISSES.window)
    monkeypatch.setattr(limits, "SYSTEM_MISSES", quota)
    quiet = effort(house)
    count(house, system_mark(quota), 11)
    assert effort(house) == quiet * limits.UNDER_ATTACK


def test_refused_starts_are_counted_too(house: SmallHouse) -> None:
    for _ in range(300):
        house.start()
    for _ in range(2):
        with pytest.raises(MustWait) as refused:
            house.start()
        assert refused.value.until > house.clock()


def test_after_the_hour_a_source_may_start_again(house: SmallHouse) -> None:
    for _ in range(300):
        house.start()
    house.clock.forward(hours=1, seconds=1)
    assert house.start().recovery.is_open


def test_without_a_human_check_nobody_may_start(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    without = replace(house.snapshots.current.plugins, human_check=None)
    monkeypatch.setattr(house.snapshots, "_current", replace(house.snapshots.current, plugins=without))
    with pytest.raises(StoreUnavailable):
        house.start()


def test_a_failed_check_leaves_nothing_behind(house: SmallHouse) -> None:
    with pytest.raises(NotAllowed):
        house.service.starting.start("jo", {"human": "no"}, Arrival("192.0.2.1"))
    with house.records.db.read() as tx:
        assert house.records.recoveries.overdue(tx, house.clock().replace(year=2040)) == []


@pytest.mark.parametrize("name", ["", " ", "\x00", "a" * 300, "a\ud800b", "\u202e"])
def test_what_can_be_nobodys_name_is_refused_before_anything_is_counted(house: SmallHouse, name: str) -> None:
    with pytest.raises(NotAllowed):
        house.start(name)
