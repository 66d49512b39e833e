"""Addresses that administrators type, and the walls that their plugins get."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from servers.parts_house import Works, works
from servers.small_house import Clock

from keyback.core.contracts.wall import NO_WALL, Wall
from keyback.core.service.ruling.parts import Unfit

HERE = "127.0.0.1"


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[Works]:
    process = works(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}", tmp_path, Clock())
    yield process
    process.records.db.close()


@pytest.mark.parametrize(
    "host", [HERE, "localhost", "LOCALHOST.", "::1", "169.254.169.254", "10.1.2.3", "fe80::1%eth0"]
)
def test_an_address_inside_the_house_is_not_kept(house: Works, host: str) -> None:
    with pytest.raises(Unfit) as unfit:
        house.save("channel", "smtp", host=host, sender="keyback@example.org")
    assert [(fault.field, fault.kind) for fault in unfit.value.faults] == [("host", "walled")]
    assert house.part("channel", "smtp").version == 0


def test_what_was_typed_runs_behind_the_wall_and_what_is_pinned_before_it(house: Works) -> None:
    house.save("channel", "smtp", host="mail.example.org", sender="keyback@example.org")
    house.switch("channel", "smtp", True)
    assert house.snapshots.current.plugins.channels["smtp"].wall == Wall()
    house.snapshots.pinned = {**house.snapshots.pinned, ("channel", "smtp"): {"host": HERE}}
    house.switch("channel", "smtp", True)
    assert house.snapshots.current.plugins.channels["smtp"].wall == NO_WALL


def test_what_the_file_pins_besides_the_address_says_nothing_of_where(house: Works) -> None:
    house.snapshots.pinned = {**house.snapshots.pinned, ("channel", "smtp"): {"port": 25, "sender": "k@example.org"}}
    house.save("channel", "smtp", host="mail.example.org")
    house.switch("channel", "smtp", True)
    assert house.snapshots.current.plugins.channels["smtp"].wall == Wall()


def test_a_network_that_the_file_lists_may_be_typed(house: Works) -> None:
    house.snapshots._wall = Wall((ip_network("10.1.0.0/16"),))
    house.save("channel", "smtp", host="10.1.2.3", sender="keyback@example.org")
    with pytest.raises(Unfit):
        house.save("channel", "smtp", host="10.2.0.1", sender="keyback@example.org")


def test_a_wall_that_became_another_one_is_no_longer_the_old_plugins(house: Works) -> None:
    house.save("channel", "smtp", host="mail.example.org", sender="keyback@example.org")
    house.switch("channel", "smtp", True)
    before = house.snapshots.current.plugins.channels["smtp"]
    house.save("channel", "smtp", sender="other@example.org")
    house.save("channel", "smtp", sender="keyback@example.org")
    house.snapshots._wall = Wall((ip_network("10.1.0.0/16"),))
    house.switch("channel", "smtp", True)
    assert house.snapshots.current.plugins.channels["smtp"].wall != before.wall
