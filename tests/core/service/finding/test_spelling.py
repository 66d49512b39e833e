"""Nobody's budgets run out where somebody's would, however the name is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.small_house import SmallHouse, small_house
from sqlalchemy import select

from keyback.core.contracts.errors import MustWait
from keyback.core.db.session import Database
from keyback.core.db.tables import event


@pytest.fixture
def house(house: SmallHouse, tmp_path: Path) -> SmallHouse:
    """One that knows whose realm is whose."""
    house.records.db.close()
    return small_house(Database(f"sqlite:///{tmp_path / 'keyback.db'}"), realms={"fake": ("acme.example",)})


@pytest.mark.parametrize("other", ["XYZ", "xyz@acme.example", "ｘｙｚ＠Acme.Example", " xyz. "])
def test_wrong_answers_under_one_spelling_count_under_the_others(house: SmallHouse, other: str) -> None:
    _miss(house, "xyz", times=5)
    with pytest.raises(MustWait):
        _miss(house, other, times=1)


def test_another_name_is_another_budget(house: SmallHouse) -> None:
    _miss(house, "xyz", times=5)
    _miss(house, "xyzz@acme.example", times=1)


@pytest.mark.parametrize("name", ["jo", "xyz"])
def test_mails_use_up_no_texts(house: SmallHouse, name: str) -> None:
    """A fourth send writes one more event, which takes time: it must be the same one for nobody and somebody."""
    visit = house.start(name)
    house.work()
    for method, destination in [("email", ""), ("sms", "+15550000000")]:
        for _ in range(3):
            visit.pick(method, destination)
            house.clock.forward(seconds=121)
    assert _limits(house) == 0


def _miss(house: SmallHouse, name: str, *, times: int) -> None:
    visit = house.start(name)
    house.work()
    visit.pick("email")
    for _ in range(times):
        assert visit.answer("00000000").reason == "wrong"


def _limits(house: SmallHouse) -> int:
    with house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name))).count("limit.reached")
