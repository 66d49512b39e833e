"""Wrong answers that come at the same moment as the right one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers.postgres import Postgres
from servers.small_house import SmallHouse, Visit, small_house
from sqlalchemy import text

from keyback.core.contracts.errors import MustWait
from keyback.core.db.session import Database
from keyback.core.recovery.limits import SUBJECT_MISSES
from keyback.core.recovery.state import Lane
from keyback.core.service.misses import Budgets

PATIENCE = 30


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


def wait_until(come: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not come():
        assert time.monotonic() < ends, "nothing came"
        time.sleep(0.01)


def somebody_waits(house: SmallHouse) -> bool:
    with house.records.db.read() as tx:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(tx.scalar(waiting))


@pytest.mark.parametrize(("wrong", "enters"), [(SUBJECT_MISSES.free, False), (SUBJECT_MISSES.free - 1, True)])
def test_the_right_answer_does_not_overtake_wrong_ones_that_are_being_counted(
    house: SmallHouse, wrong: int, *, enters: bool
) -> None:
    """Otherwise a hundred answers sent at once would all be looked at, and cost one try."""
    visit, misses = asked_for_a_code(house), house.service.proving.misses
    code = visit.code()
    with ThreadPoolExecutor(1) as one:
        with house.records.db.write() as tx:
            for _ in range(wrong):
                misses.count(tx, budgets(house), guessable=True)
            answering = one.submit(visit.answer, code)
            wait_until(lambda: answering.done() or somebody_waits(house))
            assert not answering.done()
        if enters:
            assert answering.result(PATIENCE).recovery.proofs
        else:
            with pytest.raises(MustWait):
                answering.result(PATIENCE)
    assert bool(visit.recovery.proofs) is enters
