"""What the preview and the simulator foretell is what happens: people and rules by chance, every way really tried."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from servers.everybody_tries import SIMPLE, Somebody, Trying, people, policies, put, save
from servers.listed import Listed
from servers.revocable import Revocable
from servers.small_house import SmallHouse, small_house

from keyback.core.recovery.policy import Policy, PublicRules, Purpose
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.ruling.simulator import Draft

INES = Actor("ines", "Ines Roth", frozenset({"administrator"}))

Ways = set[frozenset[str]]


@pytest.fixture
def crowded(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHouse]:
    monkeypatch.setattr("servers.small_house.Directory", Listed)
    database = Revocable(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=tuple(each() for each in SIMPLE))
    database.close()


def settle(house: SmallHouse, everybody: Sequence[Somebody]) -> None:
    """Nobody else is there, and all of them are counted."""
    house.store.remove("id-of-jo")
    for one in everybody:
        put(house, one)
    house.staff.stranded.count_again({"staff", "board", "barred"})
    house.staff.counting.work()


def foretold(house: SmallHouse, one: Somebody, purpose: Purpose, draft: Draft | None = None) -> Ways:
    with house.records.db.never_kept():
        told = house.staff.simulator.look(INES, one.name, purpose, draft)
    assert told.yes is bool(told.ways)
    return {frozenset(way) for way in told.ways}


def tried(house: SmallHouse, one: Somebody, purpose: Purpose) -> Ways:
    """What really happens, which is what the simulator says of the rules that hold."""
    really = Trying(house, one, purpose).all()
    assert foretold(house, one, purpose) == really, (one, purpose)
    return really


def agrees(house: SmallHouse, everybody: Sequence[Somebody], rules: tuple[tuple[Policy, ...], PublicRules]) -> int:
    """How many get back in by these rules, as the preview and the simulator say before they are saved."""
    draft = Draft(*rules)
    preview = house.staff.stranded.compare(draft)
    before = {one: foretold(house, one, Purpose.RESET, draft) for one in everybody}
    save(house, rules)
    really = {one: tried(house, one, Purpose.RESET) for one in everybody}
    assert before == really, rules
    able = sum(map(bool, really.values()))
    assert (preview.people, preview.after) == (len(everybody), able)
    assert preview.census.unknown_groups == ()
    assert preview.before - preview.stranded + preview.gained == preview.after
    return able


def all_agree(house: SmallHouse, random: Random, how_many: tuple[int, int]) -> int:
    """How many pairs of somebody and a set of rules had a way in."""
    everybody, able = people(random, how_many[0]), [0]
    settle(house, everybody)
    for rules in policies(random, how_many[1]):
        able.append(agrees(house, everybody, rules))
        assert house.staff.stranded.compare(Draft(*rules)).before == able[-1]
        for one in random.sample(everybody, len(everybody) // 4):
            tried(house, one, Purpose.UNLOCK)
    return sum(able)


def test_the_preview_and_the_simulator_agree_with_what_happens(crowded: SmallHouse) -> None:
    assert 10 < all_agree(crowded, Random(7), (12, 10)) < 120


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_they_agree_for_two_hundred_people_and_fifty_sets_of_rules(crowded: SmallHouse) -> None:
    assert 1000 < all_agree(crowded, Random(2026), (200, 50)) < 10_000
