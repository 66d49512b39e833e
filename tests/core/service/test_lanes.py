"""Lanes: what is slow in one delays nothing in another."""

from __future__ import annotations

from threading import Barrier, Event, Thread

import pytest

from keyback.core.service.lanes import Lane, Lanes


def test_a_full_lane_refuses_at_once() -> None:
    hold, begun = Event(), Event()

    def work(_: int) -> None:
        begun.set()
        hold.wait(10)

    lane = Lane("slow", work, threads=1, room=2)
    assert lane.offer(0)
    assert begun.wait(5)
    assert [lane.offer(n) for n in range(1, 4)] == [True, True, False]
    hold.set()


def test_a_hung_lane_delays_no_other() -> None:
    hold, done = Event(), Event()
    lanes: Lanes[Event] = Lanes(lambda event: hold.wait(10) if event is hold else event.set())
    for _ in range(20):
        lanes["frozen"].offer(hold)
    assert lanes["healthy"].offer(done)
    assert done.wait(5)
    hold.set()


def test_work_that_fails_does_not_end_its_lane() -> None:
    done = Event()

    def work(item: object) -> None:
        assert isinstance(item, Event)
        item.set()

    lane: Lane[object] = Lane("clumsy", work, threads=1)
    lane.offer("fails")
    lane.offer(done)
    assert done.wait(5)


def test_what_is_taken_back_is_not_begun_and_stopping_does_not_wait_for_the_hung() -> None:
    hold, never, begun = Event(), Event(), Barrier(3)

    def work(item: Event) -> None:
        if item is hold:
            begun.wait(5)
            hold.wait(10)
        else:
            item.set()

    lanes: Lanes[Event] = Lanes(work)
    lane = lanes["slow"]
    for _ in range(2):
        lane.offer(hold)
    begun.wait(5)
    lane.offer(never)
    assert lanes.empty() == [never]
    lanes.stop(0.2)
    hold.set()
    assert not never.wait(0.2)


def test_whoever_takes_back_what_waits_leaves_the_threads_their_end() -> None:
    hold, begun = Event(), Barrier(3)

    def work(_: int) -> None:
        begun.wait(5)
        hold.wait(10)

    lane = Lane("stopping", work, threads=2)
    for n in range(2):
        lane.offer(n)
    begun.wait(5)
    lane.stop()
    assert lane.empty() == []
    hold.set()
    lane.join(5)
    assert not any(thread.is_alive() for thread in lane._threads)


def test_a_lane_without_a_thread_refuses_until_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Event()
    lane: Lane[Event] = Lane("poor", lambda event: event.set(), threads=2)
    with monkeypatch.context() as poor:
        poor.setattr(Thread, "start", _no_thread)
        assert not lane.offer(done)
    assert lane.idle
    assert lane.offer(done)
    assert done.wait(5)
    lane.stop()
    lane.join(5)


def _no_thread(_: Thread) -> None:
    raise RuntimeError("can't start new thread")
