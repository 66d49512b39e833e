"""Who serves, and who waits until somebody can."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from servers.story import wait_until

from keyback.config.threads import Threads
from keyback.config.waiting_line import WaitingLine


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Work that lasts until this is set."""
    event = threading.Event()
    yield event
    event.set()


def test_whoever_finds_no_thread_stands_in_the_line_until_there_is_one(held: threading.Event) -> None:
    line, served = WaitingLine(), list[str]()
    threads = Threads(1, line)
    threads.submit(lambda _: held.wait(5), "first")
    wait_until(lambda: not line.length, "the first one to be served")
    threads.submit(served.append, "second")
    threads.submit(served.append, "third")
    assert (line.length, served) == (2, [])
    held.set()
    # It ends when nothing is left to do.
    threads.shutdown()
    assert (line.length, served) == (0, ["second", "third"])


def test_as_many_are_served_at_once_as_there_are_threads() -> None:
    threads, all_here = Threads(3, WaitingLine()), threading.Barrier(3)
    arrived = list[int]()
    for _ in range(3):
        threads.submit(lambda barrier: arrived.append(barrier.wait(5)), all_here)
    threads.shutdown()
    assert sorted(arrived) == [0, 1, 2]


def test_whoever_was_busy_last_is_woken_first(held: threading.Event) -> None:
    threads, served = Threads(3, WaitingLine()), list[int]()
    for _ in range(3):
        threads.submit(lambda _: held.wait(5), None)
    held.set()
    for turn in range(6):
        wait_until(lambda: len(threads._bells) == 3, "all to sleep")
        threads.submit(lambda _: served.append(threading.get_ident()), None)
        wait_until(lambda: len(served) > turn, "it to be done")  # noqa: B023
    threads.shutdown()
    assert len(set(served)) == 1


def test_no_thread_is_made_before_there_is_work_for_it() -> None:
    before, threads = threading.active_count(), Threads(3, WaitingLine())
    assert threading.active_count() == before
    threads.shutdown()


def test_a_request_that_breaks_takes_no_thread_along(caplog: pytest.LogCaptureFixture) -> None:
    threads, served = Threads(1, WaitingLine()), list[str]()

    def breaks(_: str) -> None:
        raise KeyError

    with caplog.at_level(logging.ERROR):
        threads.submit(breaks, "first")
        threads.submit(served.append, "second")
        threads.shutdown()
    assert served == ["second"]
    assert [record.getMessage() for record in caplog.records] == ["a request broke"]
