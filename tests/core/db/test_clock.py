"""What time it is for processes that ask one database, whose answers take a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keyback.core.db.clock import agreed

# When the steady clock began to count, by the database's time.
TRULY = datetime(2026, 11, 22, 4, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """What the database's clock shows when the steady one shows this."""
    return TRULY + timedelta(seconds=seconds)


@pytest.mark.parametrize("said", [10.0, 10.1, 10.5, 10.9])
def test_a_clock_that_may_be_right_is_not_set_however_late_the_answer_comes(said: float) -> None:
    assert agreed(TRULY, after(said), 10.0, 10.9) == TRULY


@pytest.mark.parametrize("wrong", [-90.0, -0.5, 0.5, 90.0])
def test_a_clock_that_cannot_be_right_is_set_by_the_answer(wrong: float) -> None:
    assert agreed(after(wrong), after(10.1), 10.0, 10.2) == TRULY
