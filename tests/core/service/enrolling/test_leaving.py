"""A back office that is told to leave begins nothing, gives back what waits, and keeps nobody waiting (R23)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
from servers.small_house import SmallHouse
from servers.story import wait_until
from sqlalchemy import select

from keyback.core.db.jobs import Job
from keyback.core.db.tables import job as table
from keyback.core.service.back_office import BackOffice
from keyback.core.service.surroundings import Surroundings, utc_now


class Office:
    """A back office of one kind of job, which hangs until it is let go."""

    def __init__(self, house: SmallHouse) -> None:
        self.house, self.hold, self.begun = house, Event(), list[str]()
        self.office = BackOffice(house.records, Surroundings("Acme", "https://reset.example.org"))
        self.office.teach("wait", self._wait)

    def put(self, count: int = 1) -> list[Job]:
        with self.house.records.db.write() as tx:
            jobs = [self.office.put(tx, "slow", "wait", "recovery", {}) for _ in range(count)]
        for job in jobs:
            self.office.hand_over(job)
        return jobs

    def free(self) -> set[str]:
        """The jobs that another process would get now."""
        now = utc_now()
        with self.house.records.db.read() as tx:
            return set(tx.scalars(select(table.c.id).where(table.c.leased_until <= now)))

    def _wait(self, job: Job) -> None:
        self.begun.append(job.id)
        self.hold.wait(20)
        with self.house.records.db.write() as tx:
            self.house.records.jobs.done(tx, [job.id])


@pytest.fixture
def office(house: SmallHouse) -> Iterator[Office]:
    made = Office(house)
    yield made
    made.hold.set()
    made.office.stop(5)


def test_what_waits_is_free_at_once_and_what_is_begun_is_finished(office: Office) -> None:
    office.office.start()
    jobs = office.put(7)
    wait_until(lambda: len(office.begun) == 4, "four to be begun")
    office.office.leaving.set()
    waiting = {job.id for job in jobs} - set(office.begun)
    wait_until(lambda: office.free() == waiting, "the others to be free", 3)
    office.hold.set()
    wait_until(lambda: office.office.idle, "those that were begun to be finished")
    assert len(office.begun) == 4
    assert _kept(office) == waiting


def test_nothing_is_claimed_any_more(office: Office) -> None:
    now = utc_now()
    office.office.start()
    office.office.leaving.set()
    with office.house.records.db.write() as tx:
        office.house.records.jobs.put(
            tx, "slow", "wait", "recovery", {}, due_at=now, leased_by="dead", leased_until=now - timedelta(seconds=1)
        )
    office.office.stop(1)
    assert office.begun == []
    assert len(office.free()) == 1


def test_what_the_last_pages_ask_for_is_others_to_take_at_once(office: Office) -> None:
    office.office.leaving.set()
    (job,) = office.put()
    assert office.free() == {job.id}
    assert office.begun == []


def test_a_job_that_hangs_is_free_when_its_process_ends(office: Office) -> None:
    (job,) = office.put()
    wait_until(lambda: office.begun, "it to be begun")
    office.office.stop(0.1)
    assert office.free() == {job.id}


def test_a_job_that_others_took_meanwhile_stays_theirs(office: Office) -> None:
    office.office.leaving.set()
    (job,) = office.put()
    now = utc_now()
    with office.house.records.db.write() as tx:
        office.house.records.jobs.claim(tx, "other", now, now + timedelta(minutes=1))
    office.office.hand_over(job)
    assert office.free() == set()


def _kept(office: Office) -> set[str]:
    with office.house.records.db.read() as tx:
        return set(tx.scalars(select(table.c.id)))
