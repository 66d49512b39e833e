"""A slow step says which part of it was slow, and a quick one says nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from keyback.core import stopwatch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that a test moves."""
    time = [100.0]
    monkeypatch.setattr(stopwatch, "_now", lambda: time[0])
    yield time
    stopwatch.end("test")


def test_a_slow_step_names_its_parts(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    stopwatch.begin()
    for _ in range(2):
        with stopwatch.part("directory"):
            clock[0] += 0.75
    stopwatch.add("render", 0.01)
    assert stopwatch.seconds() == 1.5
    assert stopwatch.end("page portal.show") == 1.5
    (line,) = caplog.records
    said = vars(line)
    assert (said["what"], said["milliseconds"], said["directory"], said["render"]) == (
        "page portal.show",
        1500,
        1500,
        10,
    )


def test_a_quick_step_says_nothing_and_the_next_one_begins_anew(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(2):
        stopwatch.begin()
        with stopwatch.part("database"):
            clock[0] += 0.9
        assert stopwatch.end("job find") == pytest.approx(0.9)
    assert caplog.records == []
