"""Jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from keyback.core.db import tables
from keyback.core.db.jobs import Job, Jobs
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database

TEN = timedelta(seconds=10)
PAYLOAD = {"to": "canary-mail@example.org", "code": "73310042"}


@pytest.fixture
def jobs(keyring: Keyring) -> Jobs:
    return Jobs(keyring)


def put(jobs: Jobs, tx: Connection, now: datetime, lane: str = "mail", due: timedelta = timedelta(0)) -> Job:
    return jobs.put(
        tx, lane, "message", "recovery-1", PAYLOAD, due_at=now + due, leased_by="maker", leased_until=now + TEN
    )


def test_a_job_is_born_leased_and_others_take_it_over_when_the_lease_ends(
    database: Database, jobs: Jobs, now: datetime
) -> None:
    with database.write() as tx:
        job = put(jobs, tx, now)
        assert jobs.mine(tx, job.id, "maker")
        assert jobs.claim(tx, "other", now, now + TEN) == []
        assert jobs.claim(tx, "other", now + TEN, now + 2 * TEN) == [job]
        assert jobs.mine(tx, job.id, "other")
        assert not jobs.mine(tx, job.id, "maker")
        assert jobs.claim(tx, "maker", now + TEN, now + 2 * TEN) == []


def test_a_job_is_not_done_before_it_is_due(database: Database, jobs: Jobs, now: datetime) -> None:
    with database.write() as tx:
        put(jobs, tx, now, due=timedelta(minutes=1))
        assert not jobs.any_due(tx, now + 3 * TEN)
        assert jobs.claim(tx, "other", now + 3 * TEN, now + 4 * TEN) == []
        assert jobs.any_due(tx, now + 6 * TEN)
        assert len(jobs.claim(tx, "other", now + 6 * TEN, now + 7 * TEN)) == 1


def test_two_who_claim_at_once_never_get_the_same_job(
    database: Database, other_process: Database, jobs: Jobs, now: datetime, at_once: Callable[..., list[list[Job]]]
) -> None:
    with database.write() as tx:
        made = {put(jobs, tx, now).id for _ in range(40)}

    def claim(number: int) -> list[Job]:
        with (database, other_process)[number % 2].write() as tx:
            return jobs.claim(tx, f"holder {number}", now + TEN, now + 2 * TEN, limit=10)

    claimed = [job.id for got in at_once(8, claim) for job in got]
    assert len(claimed) == len(set(claimed)) == 40
    assert set(claimed) == made


def test_only_the_lanes_that_were_asked_for_are_claimed_and_the_oldest_first(
    database: Database, jobs: Jobs, now: datetime
) -> None:
    with database.write() as tx:
        late, early = (
            put(jobs, tx, now, "mail", timedelta(seconds=2)),
            put(jobs, tx, now, "texts", timedelta(seconds=1)),
        )
        put(jobs, tx, now, "ldap")
        assert jobs.claim(tx, "other", now + TEN, now + 2 * TEN, lanes=["mail", "texts"]) == [early, late]
        assert jobs.claim(tx, "other", now + TEN, now + 2 * TEN, lanes=[]) == []
        assert [job.lane for job in jobs.claim(tx, "other", now + TEN, now + 2 * TEN, limit=5)] == ["ldap"]


def test_a_job_that_failed_comes_back_later(database: Database, jobs: Jobs, now: datetime) -> None:
    with database.write() as tx:
        job = put(jobs, tx, now)
        jobs.again(tx, job.id, now + TEN)
        assert not jobs.mine(tx, job.id, "maker")
        (again,) = jobs.claim(tx, "other", now + TEN, now + 2 * TEN)
        assert (again.id, again.tries, again.payload) == (job.id, 1, PAYLOAD)


def test_a_job_is_done_once(database: Database, jobs: Jobs, now: datetime) -> None:
    with database.write() as tx:
        first, second = put(jobs, tx, now), put(jobs, tx, now)
        assert jobs.done(tx, [first.id]) == 1
        assert jobs.done(tx, [first.id]) == 0
        assert jobs.done(tx, [first.id, second.id]) == 1
        assert jobs.get(tx, second.id) is None


def test_a_job_that_was_given_up_is_not_tried_again_and_forgets_what_it_carried(
    database: Database, jobs: Jobs, now: datetime
) -> None:
    with database.write() as tx:
        job = put(jobs, tx, now)
        jobs.give_up(tx, job.id, now)
        assert jobs.get(tx, job.id) is None
        assert not jobs.mine(tx, job.id, "maker")
        assert jobs.claim(tx, "other", now + TEN, now + 2 * TEN) == []
        assert tx.scalar(select(tables.job.c.sealed)) == b""
        assert jobs.purge(tx, now) == 0
        assert jobs.purge(tx, now + TEN) == 1


def test_what_is_given_back_is_anybodys_at_once_and_nothing_else_is(
    database: Database, jobs: Jobs, now: datetime
) -> None:
    with database.write() as tx:
        job = put(jobs, tx, now)
        jobs.give_back(tx, [job])
        (taken,) = jobs.claim(tx, "other", now, now + TEN)
        assert (taken.id, taken.tries) == (job.id, 0)
        jobs.give_back(tx, [job])
        assert jobs.mine(tx, job.id, "other")


@pytest.mark.parametrize("changed", [{"kind": "settle"}, {"recovery_id": "recovery-2"}, {"lane": "ldap"}])
def test_a_job_that_was_changed_without_the_key_is_told_and_holds_up_no_other(
    database: Database, jobs: Jobs, now: datetime, tamper: Callable[..., None], changed: dict[str, Any]
) -> None:
    with database.write() as tx:
        bad, good = put(jobs, tx, now), put(jobs, tx, now, due=timedelta(seconds=1))
    tamper(tables.job, {"id": bad.id}, **changed)
    with database.write() as tx:
        told, fine = jobs.claim(tx, "other", now + TEN, now + 2 * TEN)
        assert (told.id, told.tampered, told.payload) == (bad.id, True, {})
        assert fine == good
        with pytest.raises(SealBroken):
            jobs.get(tx, bad.id)


def test_what_a_job_carries_is_not_in_its_repr(database: Database, jobs: Jobs, now: datetime) -> None:
    with database.write() as tx:
        assert "canary" not in repr(put(jobs, tx, now))
