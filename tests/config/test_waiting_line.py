"""How long there is always somebody who waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from servers.story import wait_until

from keyback.config.waiting_line import HELD_SECONDS, TURNS, Threads, WaitingLine


def take_turns(line: WaitingLine, turns: int) -> None:
    for _ in range(turns):
        line.join()
        line.leave()


def test_a_line_is_as_old_as_the_time_since_it_was_empty() -> None:
    line = WaitingLine()
    assert line.seconds == 0
    line.join()
    # Whoever is served leaves it as old as it is, as long as somebody else waits.
    take_turns(line, TURNS)
    wait_until(lambda: line.seconds > 0.02, "time to pass")
    line.leave()
    assert line.seconds == 0
    line.join()
    take_turns(line, TURNS)
    assert 0 < line.seconds < 0.02


def test_a_machine_that_stood_still_made_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line, now = WaitingLine(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    line.join()
    take_turns(line, TURNS - 1)
    now = 0.9
    assert line.seconds == 0
    take_turns(line, 1)
    assert line.seconds == 0.9


def test_threads_that_nobody_gives_back_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    line, now = WaitingLine(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    line.join()
    now = HELD_SECONDS
    assert line.seconds == HELD_SECONDS


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Work that lasts until this is set."""
    event = threading.Event()
    yield event
    event.set()


def test_whoever_finds_no_thread_stands_in_the_line_until_there_is_one(held: threading.Event) -> None:
    line = WaitingLine()
    threads = Threads(1, line)
    first = threads.submit(lambda _: held.wait(5), "first")
    wait_until(lambda: not line.length, "the first one to be served")
    second = threads.submit(lambda who: who, "second")
    assert line.length == 1
    held.set()
    assert (first.result(5), second.result(5)) == (True, "second")
    assert line.length == 0
    threads.shutdown()
