"""The clocks of nodes are wrong, or step while people are at work: all of them live by the database's time (R11)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.crowd import at_work
from servers.historian import assert_true
from servers.nodes import Nodes, running_nodes
from servers.persistent import Persistent
from servers.postgres import Postgres
from servers.serving import say
from servers.slapd import Slapd
from servers.story import Post, wait_until
from servers.wrong_clock import WrongClock, missing
from sqlalchemy import create_engine, func, select

from keyback.core.db.tables import event

APART = 90
HOUR, DAY = 3600, 86400
STEPS = (HOUR, -HOUR, DAY, -DAY)
ROUNDS, PEOPLE = 13, 3
# How wrong anything may be that says when it happened or until when it is good.
OFF = timedelta(seconds=5)


@pytest.fixture
def clocks(tmp_path: Path, postgres: Postgres, post: Post, slapd: Slapd) -> Iterator[tuple[Nodes, WrongClock]]:
    """Two nodes, and the clock of the second."""
    if why := missing():
        pytest.skip(why)
    with running_nodes(tmp_path, 2, postgres.database(), post, slapd) as nodes:
        nodes.each[1].stop()
        clock = WrongClock(nodes.each[1])
        clock.set(APART)
        nodes.each[1].start()
        yield nodes, clock


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_clocks_that_are_apart_and_step_reopen_and_end_nothing(clocks: tuple[Nodes, WrongClock], slapd: Slapd) -> None:
    nodes, clock = clocks
    began = datetime.now(UTC)
    with at_work(lambda: Persistent(nodes.somebody()), PEOPLE) as crowd:
        for seconds in (APART, *STEPS * ROUNDS):
            clock.set(seconds)
            _as_many_are_done_as_work(crowd, time.time())
    assert_true(slapd, crowd)
    assert all(len(person.recoveries) == 1 for person in crowd), [person.troubles for person in crowd]
    first, last = _told_between(nodes)
    assert began - OFF < first <= last < datetime.now(UTC) + OFF
    say(f"{4 * ROUNDS} steps of a clock beside {len(crowd)} people")


def _as_many_are_done_as_work(crowd: list[Persistent], since: float) -> None:
    """Each of them has lived with the clock as it was set."""
    wait_until(lambda: sum(person.done_at > since for person in list(crowd)) >= PEOPLE, "people to be done", 240)


def _told_between(nodes: Nodes) -> tuple[datetime, datetime]:
    """When the first and the last thing happened, as the event log says."""
    engine = create_engine(nodes.each[0].database_url)
    try:
        with engine.connect() as tx:
            first, last = tx.execute(select(func.min(event.c.at), func.max(event.c.at))).one()
            return first, last
    finally:
        engine.dispose()
