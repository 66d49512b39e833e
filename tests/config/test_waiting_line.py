"""How long there is always somebody who waits."""

from __future__ import annotations

import time

import pytest
from servers.story import wait_until

from keyback.config.waiting_line import HELD_SECONDS, TURNS, WaitingLine


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
