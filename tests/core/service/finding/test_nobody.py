"""A name that nobody has is counted, and offered something, as a person would be: in one directory (P4)."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.masked_house import keep_shapes, switch_on, wait_for_the_moment
from servers.small_house import Cloud, SmallHouse, small_house

from keyback.core.db.session import Database
from keyback.core.service.finding.nobody import nobody
from keyback.core.service.tickets import Choice

REALMS = {"fake": ("fake.example",), "cloud": ("cloud.example",)}
# A name in one organisation, in the other, and without a word of either.
PLACES = ("{}@fake.example", "{}@cloud.example", "{}")
STRANGERS = [f"stranger{number}" for number in range(40)]


@pytest.fixture
def house(migrated: Path, tmp_path: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, cloud=Cloud(), realms=REALMS, canaries={"fake": "a", "cloud": "b"})
    database.close()


def counted_as(house: SmallHouse, name: str) -> str:
    stores = house.snapshots.current.plugins.stores
    return nobody(house.start(name).recovery, house.around, house.records.keyring, stores)


def offered(house: SmallHouse, name: str) -> tuple[Choice, ...]:
    visit = house.start(name)
    wait_for_the_moment(house)
    return house.service.choosing.choices(visit.recovery)


def test_one_name_in_two_directories_is_two_people(house: SmallHouse) -> None:
    first, second, bare = (counted_as(house, place.format("stranger")) for place in PLACES)
    assert first != second
    assert bare in {first, second}


def test_each_way_to_write_it_is_the_same_one(house: SmallHouse) -> None:
    for spellings in (("jo.nobody@fake.example", "JO.Nobody@FAKE.example"), ("jo.nobody", " Jo.Nobody ")):
        assert len({counted_as(house, spelling) for spelling in spellings}) == 1


def test_no_directory_has_all_who_are_asked_for_without_a_realm(house: SmallHouse) -> None:
    homes = Counter(counted_as(house, name) == counted_as(house, f"{name}@fake.example") for name in STRANGERS)
    assert min(homes[True], homes[False]) > 5


def test_nobody_can_type_what_stands_for_somebody_else(house: SmallHouse) -> None:
    typed = {counted_as(house, f"{store}{sign}stranger") for store in REALMS for sign in ("\\", "/", "@", ":", " ")}
    assert typed.isdisjoint(counted_as(house, place.format("stranger")) for place in PLACES)


def test_where_there_is_one_directory_a_name_is_counted_as_before(migrated: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'one.db')}")
    house = small_house(database, realms={"fake": ("fake.example",)})
    assert {counted_as(house, name) for name in ("stranger", "stranger@fake.example")} == {"stranger"}
    database.close()


def test_masked_ends_of_one_name_in_two_directories_are_not_the_same(house: SmallHouse) -> None:
    keep_shapes(house)
    switch_on(house)
    shown = [[offered(house, place.format(name)) for place in PLACES] for name in STRANGERS[:5]]
    assert all(bare in (first, second) for first, second, bare in shown)
    # Two that are drawn apart agree now and then.
    assert sum(first != second for first, second, _ in shown) >= len(shown) - 1
