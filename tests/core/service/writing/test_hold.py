"""A job's rest can be held: it is done at its moment and no sooner, and what is held is lost to nobody (P4, R23)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from servers.small_house import Cloud, SmallHouse, small_house
from servers.story import wait_until
from sqlalchemy import select

from keyback.core.contracts.errors import OutOfTurn
from keyback.core.db.jobs import Job
from keyback.core.db.tables import job as table
from keyback.core.recovery.policy import PublicRules
from keyback.core.service.back_office import LEASE, BackOffice
from keyback.core.service.lanes import Lane
from keyback.core.service.surroundings import Surroundings, utc_now

SOON = timedelta(milliseconds=300)


class Holding:
    """A back office whose only kind of job holds its rest."""

    def __init__(self, house: SmallHouse, after: timedelta = SOON) -> None:
        self.house, self.after = house, after
        self.asked: list[datetime] = []
        self.rests: list[datetime] = []
        self.refuse = 0
        self.office = BackOffice(house.records, Surroundings("Acme", "https://reset.example.org"))
        self.office.teach("hold", self._ask)

    def put(self) -> Job:
        with self.house.records.db.write() as tx:
            job = self.office.put(tx, "slow", "hold", "recovery", {})
        self.office.hand_over(job)
        return job

    def free(self) -> set[str]:
        """The jobs that another process would get now."""
        with self.house.records.db.read() as tx:
            return set(tx.scalars(select(table.c.id).where(table.c.leased_until <= utc_now())))

    def _ask(self, job: Job) -> None:
        self.asked.append(utc_now())
        self.office.hold(job, self.asked[-1] + self.after, self._rest)

    def _rest(self, job: Job) -> None:
        self.rests.append(utc_now())
        if len(self.rests) <= self.refuse:
            raise OutOfTurn("somebody moved it meanwhile")
        self.office.done(job)


@pytest.fixture
def holding(house: SmallHouse) -> Iterator[Holding]:
    made = Holding(house)
    made.office.start()
    yield made
    made.office.stop(5)


def test_the_rest_is_done_at_its_moment(holding: Holding) -> None:
    holding.put()
    wait_until(lambda: holding.asked and not holding.rests and not holding.office.idle, "it to be held")
    wait_until(lambda: holding.rests, "the rest")
    assert holding.rests[0] >= holding.asked[0] + SOON
    wait_until(lambda: holding.office.idle, "it to be done")
    assert len(holding.asked) == 1


def test_a_rest_that_meets_a_move_is_tried_again_and_nobody_is_asked_again(holding: Holding) -> None:
    holding.refuse = 2
    holding.put()
    wait_until(lambda: len(holding.rests) == 3, "the third try")
    assert len(holding.asked) == 1


def test_what_is_held_when_its_process_leaves_is_free_at_once(holding: Holding) -> None:
    holding.after = timedelta(seconds=10)
    job = holding.put()
    wait_until(lambda: holding.asked and not holding.office._in_hand, "it to be held")
    holding.office.stop(1)
    assert holding.free() == {job.id}
    assert holding.rests == []


def test_what_finds_its_lane_full_is_free_at_once(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    job = holding.put()
    wait_until(lambda: holding.asked and not holding.office._in_hand, "it to be held")
    monkeypatch.setattr(Lane, "offer", lambda lane, item: False)
    wait_until(lambda: holding.free() == {job.id}, "it to be given back", 3)
    assert holding.rests == []


@pytest.mark.parametrize("after", [LEASE, timedelta(0)])
def test_a_moment_beyond_the_lease_or_long_past_is_now(holding: Holding, after: timedelta) -> None:
    holding.after = after
    holding.put()
    wait_until(lambda: holding.rests, "the rest", 2)


class PassingOn(Holding):
    """A back office whose only kind of job does its rest in the lane of somebody else."""

    def _ask(self, job: Job) -> None:
        self.asked.append(utc_now())
        if not self.office.hand_over(replace(job, lane="other"), self._rest):
            self.refused.append(job)

    def _rest(self, job: Job) -> None:
        self.threads.append(threading.current_thread().name)
        super()._rest(job)

    def __init__(self, house: SmallHouse) -> None:
        super().__init__(house)
        self.refused, self.threads = list[Job](), list[str]()


@pytest.fixture
def passing(house: SmallHouse) -> Iterator[PassingOn]:
    made = PassingOn(house)
    made.office.start()
    yield made
    made.office.stop(5)


def test_the_rest_of_a_job_is_done_in_the_lane_it_is_handed_to(passing: PassingOn) -> None:
    passing.put()
    wait_until(lambda: passing.rests and passing.office.idle, "the rest")
    assert [name.startswith("lane other") for name in passing.threads] == [True]
    assert passing.free() == set()
    assert not passing.office._in_hand


def test_a_full_lane_refuses_the_rest_and_the_job_stays_in_hand(
    passing: PassingOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = Lane.offer
    monkeypatch.setattr(Lane, "offer", lambda lane, item: lane.name != "other" and offer(lane, item))
    passing.put()
    wait_until(lambda: passing.refused, "the refusal")
    assert passing.rests == []


def test_who_is_leaving_hands_nothing_to_another_lane(passing: PassingOn) -> None:
    ask = passing._ask

    def leave_first(job: Job) -> None:
        passing.office.leaving.set()
        ask(job)

    passing.office.teach("hold", leave_first)
    passing.put()
    wait_until(lambda: passing.refused, "the refusal")
    assert passing.rests == []


def test_what_was_found_is_saved_at_a_moment_that_is_the_same_for_everybody(house: SmallHouse) -> None:
    house = small_house(house.records.db, look_up=timedelta(seconds=3))
    house.add("kim", privileged=True)
    began, held = house.clock(), dict[str, datetime]()
    for name in ("jo", "kim", "nobody"):
        visit = house.start(name)
        house.staff.office.hold = lambda job, moment, worker, name=name: held.update({name: moment})  # type: ignore[method-assign]
        house.clock.forward(milliseconds=17)
        house.work()
        assert not visit.recovery.found
        assert held[name] == visit.recovery.started_at + timedelta(seconds=2.5)
    assert held["jo"] == began + timedelta(seconds=2.5)


def test_what_was_read_is_not_read_again_where_the_page_moved_meanwhile(house: SmallHouse) -> None:
    jobs: list[Job] = []
    house.staff.office.hand_over = lambda job, rest=None: bool(jobs.append(job))  # type: ignore[method-assign]
    visit = house.start()
    (job,) = jobs
    asked = list[str]()
    house.records.freezes.stopped = lambda tx, person: bool(asked.append(person.id))  # type: ignore[method-assign]
    visit.pick("email")
    # As it left the start: what was picked since is not in it.
    house.staff.office._workers["find"](job)
    assert visit.recovery.found
    assert visit.recovery.pick is not None
    assert len(asked) == 1
    house.work()
    assert len(house.sent("email")) == 1


def test_a_linked_account_is_saved_at_a_moment_that_nobody_can_aim_at(linked: SmallHouse) -> None:
    assert isinstance(linked.cloud, Cloud)
    with linked.records.db.write() as tx:
        linked.records.settings.save_public_rules(tx, PublicRules(), who="the tests", why="tests")
    linked.snapshots.at_least(1000)
    moments = set[timedelta]()

    def note(job: Job, moment: datetime, worker: object) -> None:
        if job.kind == "join":
            moments.add(moment - linked.clock())
        else:
            BackOffice.hold(linked.staff.office, job, moment, worker)  # type: ignore[arg-type]

    linked.staff.office.hold = note  # type: ignore[method-assign]
    for n in range(8):
        linked.start(address=f"192.0.2.{n}")
        linked.work()
    assert len(moments) > 4
    assert all(timedelta(0) <= moment < timedelta(milliseconds=250) for moment in moments)


@pytest.mark.parametrize(("late", "begun"), [(timedelta(0), True), (LEASE, False)])
def test_what_came_too_late_from_another_process_is_left_to_whoever_finds_it(
    holding: Holding, late: timedelta, begun: bool
) -> None:
    with holding.house.records.db.write() as tx:
        job = holding.office.put(tx, "slow", "hold", "recovery", {})
    holding.office.hand_over(job, since=job.due_at - late)
    wait_until(lambda: holding.office.idle, "it to be done or left")
    assert (len(holding.asked), len(holding.rests)) == ((1, 1) if begun else (0, 0))
