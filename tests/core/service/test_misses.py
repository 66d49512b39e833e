"""Wrong answers that come at the same moment as the right one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.held_rows import behind
from servers.postgres import Postgres
from servers.small_house import SmallHouse, Visit, small_house

from keyback.core.contracts.errors import MustWait
from keyback.core.db.session import Database, Transaction
from keyback.core.recovery.limits import SUBJECT_MISSES
from keyback.core.recovery.state import Lane
from keyback.core.service.misses import Budgets


@pytest.fixture
def house(postgres: Postgres, migrated_postgres: str) -> Iterator[SmallHouse]:
    """On a server, where transactions run side by side."""
    database = Database(postgres.database(like=migrated_postgres))
    yield small_house(database)
    database.close()


def asked_for_a_code(house: SmallHouse) -> Visit:
    visit = house.start()
    house.work()
    visit.pick("email")
    house.work()
    return visit


def budgets(house: SmallHouse) -> Budgets:
    method = house.snapshots.current.plugins.methods["email"]
    jo = house.records.keyring.pseudonym("fake", "id-of-jo")
    return house.service.proving.misses.budgets(method, "email", jo, Lane.UNKNOWN_BROWSER)


@pytest.mark.parametrize(("wrong", "enters"), [(SUBJECT_MISSES.free, False), (SUBJECT_MISSES.free - 1, True)])
def test_the_right_answer_does_not_overtake_wrong_ones_that_are_being_counted(
    house: SmallHouse, wrong: int, *, enters: bool
) -> None:
    """Otherwise a hundred answers sent at once would all be looked at, and cost one try."""
    visit, misses = asked_for_a_code(house), house.service.proving.misses
    code = visit.code()

    def many_wrong_ones(tx: Transaction) -> None:
        for _ in range(wrong):
            misses.count(tx, budgets(house), guessable=True)

    answered = behind(house.records.db, many_wrong_ones, lambda: visit.answer(code))
    if enters:
        assert answered.result().recovery.proofs
    else:
        with pytest.raises(MustWait):
            answered.result()
    assert bool(visit.recovery.proofs) is enters
