"""What the simulator foretells is what happens: people and rules by chance, every combination tried by the service."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from servers.everybody_tries import SIMPLE, Somebody, Trying, people, policies, put, save
from servers.small_house import SmallHouse, small_house

from keyback.core.db.session import Database
from keyback.core.recovery.policy import Purpose
from keyback.core.service.actor import Actor
from keyback.core.service.simulator import Draft

INES = Actor("ines", "Ines Roth", frozenset({"administrator"}))


@pytest.fixture
def crowded(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=tuple(each() for each in SIMPLE))
    database.close()


def foretold(house: SmallHouse, one: Somebody, purpose: Purpose, draft: Draft | None = None) -> set[frozenset[str]]:
    house.clock.forward(days=2)
    told = house.staff.simulator.look(INES, one.name, purpose, draft)
    assert told.yes is bool(told.ways)
    return {frozenset(way) for way in told.ways}


def all_agree(house: SmallHouse, random: Random, how_many: tuple[int, int]) -> int:
    """How many pairs of somebody and a set of rules had a way in."""
    everybody, ways = people(random, how_many[0]), 0
    for one in everybody:
        put(house, one)
    for rules in policies(random, how_many[1]):
        before = {one.name: foretold(house, one, Purpose.RESET, Draft(*rules)) for one in everybody}
        save(house, rules)
        for one in everybody:
            purpose = random.choice((Purpose.RESET, Purpose.RESET, Purpose.UNLOCK))
            really = Trying(house, one, purpose).all()
            assert foretold(house, one, purpose) == really, (one, rules, purpose)
            if purpose is Purpose.RESET:
                assert before[one.name] == really, (one, rules)
            ways += bool(really)
    return ways


def test_the_simulator_agrees_with_what_happens_before_and_after_a_save(crowded: SmallHouse) -> None:
    assert 10 < all_agree(crowded, Random(7), (12, 10)) < 120


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_it_agrees_for_two_hundred_people_and_fifty_sets_of_rules(crowded: SmallHouse) -> None:
    assert all_agree(crowded, Random(2026), (200, 50)) > 1000
