"""Jobs pass from the pages to the back office whole, and no page waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from examples.recoveries import answering
from servers.small_house import SmallHouse

from keyback.core.db.jobs import Job
from keyback.core.service.back_office import LEASE, BackOffice
from keyback.core.service.hatch import Hatch
from keyback.core.service.surroundings import Surroundings, utc_now

JOB = Job(
    "1", "store:openldap", "find", "recovery", {"store": "openldap", "words": "ß, ﬁ and \n"}, 0, datetime.now(UTC)
)


@pytest.fixture
def hatch() -> Iterator[Hatch]:
    made = Hatch()
    yield made
    made.close()


def test_a_job_arrives_as_it_was(hatch: Hatch) -> None:
    recovery = answering()
    assert hatch.give(replace(JOB, seen=recovery))
    taken = hatch.take()
    assert taken == JOB
    assert taken.seen == recovery


def test_a_hatch_that_nobody_empties_refuses_at_once(hatch: Hatch) -> None:
    passed = 0
    while hatch.give(JOB):
        passed += 1
    assert passed > 20
    assert hatch.take() == JOB
    assert hatch.give(JOB)


@pytest.mark.parametrize("size", [256 * 1024, 2_000_000])
def test_a_job_that_is_too_large_is_refused_and_not_cut(hatch: Hatch, size: int) -> None:
    assert not hatch.give(Job("2", "house", "tell", "recovery", {"words": "x" * size}, 0, JOB.due_at))
    assert hatch.give(JOB)
    assert hatch.take() == JOB


@pytest.mark.parametrize("takes", [True, False])
def test_what_finds_no_room_is_free_at_once_for_the_next_round_of_the_back_office(
    house: SmallHouse, takes: bool
) -> None:
    pages = BackOffice(house.records, Surroundings("Acme", "https://reset.example.org"))
    pages.elsewhere = lambda _job: takes
    with house.records.db.write() as tx:
        job = pages.put(tx, "house", "tell", "recovery", {})
    assert pages.hand_over(job) is takes
    with house.records.db.write() as tx:
        now = utc_now()
        found = house.records.jobs.claim(tx, "the back office", now=now, until=now + LEASE)
    assert [one.id for one in found if one.id == job.id] == ([] if takes else [job.id])
