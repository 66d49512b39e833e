"""A directory that falls silent while a password is changed: nobody waits for it as long as somebody does (P4)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.changing import begin
from servers.small_house import NEW, SmallHouse, small_house

from keyback.core.contracts.errors import OutcomeUnknown, StoreUnavailable
from keyback.core.contracts.people import Account
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.text import Secret
from keyback.core.db.session import Database
from keyback.core.recovery.changing import Change, Result, Step
from keyback.core.service.finding.whose import BALANCE

WRONG = "not the password of jo"
BACK_AFTER = 9


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """One in which no result shows before three seconds have passed."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'slow.db')}")
    yield small_house(database, look_up=timedelta(seconds=3))
    database.close()


def shown(change: Change) -> tuple[Step, Result | None, int]:
    return change.step, change.told and change.told.result, change.tries_left


def waiting(house: SmallHouse, name: str) -> list[tuple[Step, Result | None, int]]:
    """What the page shows in each of forty seconds."""
    visit, seen = begin(house, name), []
    visit.send(WRONG, NEW)
    for second in range(40):
        if second == BACK_AFTER:
            house.store.trouble = None
        house.work()
        seen.append(shown(visit.change))
        house.clock.forward(seconds=1)
    return seen


def fall_silent_at_the_order(house: SmallHouse, patch: pytest.MonkeyPatch) -> None:
    def lose(account: Account, old: Secret, new: Secret, *, ctx: object) -> None:
        house.store.trouble = StoreUnavailable("gone")
        raise OutcomeUnknown("lost")

    patch.setattr(house.store, "change_password", lose)


def fall_silent_at_a_question(house: SmallHouse, patch: pytest.MonkeyPatch, which: int) -> None:
    find, asked = house.store.find, list[str]()

    def lose(identifier: str, ctx: Context) -> Account | None:
        asked.append(identifier)
        if len(asked) == which:
            house.store.trouble = StoreUnavailable("gone")
        return find(identifier, ctx)

    patch.setattr(house.store, "find", lose)


def test_nobody_waits_as_long_as_somebody_whose_last_answer_was_lost(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fall_silent_at_the_order(house, patch)
        somebody = waiting(house, "jo")
    with monkeypatch.context() as patch:
        # The question that stands for the order.
        fall_silent_at_a_question(house, patch, 1 + BALANCE)
        nobody = waiting(house, "nobody")
    assert somebody == nobody
    assert somebody[BACK_AFTER + 2][0] is Step.TRYING
    assert somebody[-1][:2] == (Step.ASKING, Result.NOT_SET)


@pytest.mark.parametrize("which", range(1, 1 + BALANCE))
def test_a_directory_that_falls_silent_earlier_is_said_to_everybody_at_the_same_moment(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    house.store.trouble = StoreUnavailable("down")
    somebody = waiting(house, "jo")
    with monkeypatch.context() as patch:
        fall_silent_at_a_question(house, patch, which)
        assert waiting(house, "nobody") == somebody
    assert somebody[3][:2] == (Step.ASKING, Result.NOT_SET)
