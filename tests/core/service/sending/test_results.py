"""Results are written together, each once, and none is lost with another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest
from servers.small_house import SmallHouse
from servers.story import wait_until

from keyback.core.contracts.events import NoticeSent
from keyback.core.db.jobs import Job
from keyback.core.db.session import Transaction
from keyback.core.service.sending.results import Result, Results


@pytest.fixture
def results(house: SmallHouse) -> Iterator[Results]:
    results = Results(house.records)
    results.start()
    yield results
    results.stop(5)


def put(house: SmallHouse, count: int = 1) -> list[Job]:
    now = house.clock()
    with house.records.db.write() as tx:
        return [
            house.records.jobs.put(
                tx, "house", "notify", "r1", {}, due_at=now, leased_by="me", leased_until=now + timedelta(seconds=20)
            )
            for _ in range(count)
        ]


def left(house: SmallHouse, jobs: list[Job]) -> int:
    with house.records.db.read() as tx:
        return sum(house.records.jobs.get(tx, job.id) is not None for job in jobs)


def test_many_at_once_take_few_commits(house: SmallHouse, results: Results) -> None:
    jobs, transactions = put(house, 12), set[Transaction]()
    together = Barrier(len(jobs))

    def finish(job: Job) -> None:
        together.wait(5)
        results.keep(Result(job, transactions.add))

    threads = [Thread(target=finish, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: results.idle, "all to be written")
    assert left(house, jobs) == 0
    assert len(transactions) <= 3


def test_a_result_that_cannot_be_written_keeps_its_job_and_takes_no_other_along(
    house: SmallHouse, results: Results
) -> None:
    def refuse(_tx: Transaction) -> None:
        raise RuntimeError("no")

    bad, good = put(house, 2)
    written: list[str] = []
    results.keep(Result(bad, refuse))
    results.keep(Result(good, lambda tx: written.append("good")))
    wait_until(lambda: results.idle, "both to be tried")
    assert (left(house, [bad]), left(house, [good]), written) == (1, 0, ["good"])


def test_what_came_before_the_end_is_written_and_what_comes_after_it_too(house: SmallHouse, results: Results) -> None:
    before, after = put(house, 2)
    event = NoticeSent("account_notice", "password.set")
    results.keep(Result(before, lambda tx: house.records.audit.append(tx, [event], at=house.clock(), recovery_id="r1")))
    results.stop(5)
    assert left(house, [before]) == 0
    results.keep(Result(after, lambda tx: None))
    assert left(house, [after]) == 0


def test_what_comes_while_the_last_ones_are_written_is_not_left_behind(house: SmallHouse, results: Results) -> None:
    first, second = put(house, 2)
    writing, go_on = Event(), Event()

    def slow(_tx: Transaction) -> None:
        writing.set()
        go_on.wait(5)

    results.keep(Result(first, slow))
    assert writing.wait(5)
    results.keep(Result(second, lambda tx: None))
    ending = Thread(target=results.stop, args=(5,))
    ending.start()
    wait_until(results._over.is_set, "the end to be asked for")
    go_on.set()
    ending.join()
    assert left(house, [first, second]) == 0
