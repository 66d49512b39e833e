"""Counts in, Allowed or Wait out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery import limits
from keyback.core.recovery.limits import Allowed, Ladder, Quota, Wait, ahead, decide, earned, effort

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
START = NOW - timedelta(minutes=10)
QUOTA = Quota("starts", most=3, window=timedelta(hours=1))
MISSES = limits.SUBJECT_MISSES

some_limits = st.sampled_from([QUOTA, MISSES, limits.DESTINATION_SENDS_DAY, limits.SOURCE_STARTS])
counts = st.integers(0, 1000)
moments = st.timedeltas(timedelta(0), timedelta(days=2)).map(lambda ago: NOW - ago)


def most_in_a_window(ladder: Ladder) -> int:
    """How many failures fit into one window for somebody who never pauses."""
    count, spent = 0, timedelta()
    while spent < ladder.window:
        count += 1
        spent += earned(ladder, count) or timedelta()
    return count


@given(some_limits, counts, moments, st.timedeltas(timedelta(seconds=1), timedelta(days=1)))
def test_whoever_is_locked_out_waits_until_the_lock_ends(
    limit: limits.Limit, count: int, start: datetime, left: timedelta
) -> None:
    assert decide(limit, count, start, NOW + left, NOW) == Wait(NOW + left)
    assert ahead(limit, count, start, NOW + left, NOW) == Wait(NOW + left)


@given(some_limits, counts, moments, moments)
def test_a_lock_that_is_over_stops_nobody(
    limit: limits.Limit, count: int, start: datetime, locked_until: datetime
) -> None:
    assert decide(limit, count, start, locked_until, NOW) == decide(limit, count, start, None, NOW)


@given(some_limits, counts, moments)
def test_nobody_waits_for_a_moment_that_has_passed_once_the_window_is_current(
    limit: limits.Limit, count: int, start: datetime
) -> None:
    verdict = decide(limit, count, start, None, NOW)
    assert isinstance(verdict, Allowed) or verdict.until > NOW or start + limit.window <= NOW


def test_a_quota_lets_so_many_through_and_then_none_until_its_window_is_over() -> None:
    verdicts = [decide(QUOTA, count, START, None, NOW) for count in range(1, 6)]
    assert verdicts == [Allowed()] * 3 + [Wait(START + QUOTA.window)] * 2


def test_asking_ahead_says_what_the_next_count_would_say() -> None:
    for count in range(6):
        assert ahead(QUOTA, count, START, None, NOW) == decide(QUOTA, count + 1, START, None, NOW)


def test_a_window_that_is_over_stops_nobody_who_asks_ahead() -> None:
    assert ahead(QUOTA, 99, NOW - QUOTA.window, None, NOW) == Allowed()


def test_a_wait_that_was_served_is_not_served_again() -> None:
    # After five misses and half a minute the next answer is judged; only the tenth miss brings another wait.
    assert ahead(MISSES, 5, START, NOW, NOW) == Allowed()
    assert [decide(MISSES, count, START, NOW, NOW) for count in (6, 7, 8, 9)] == [Allowed()] * 4
    assert decide(MISSES, 10, START, NOW, NOW) == Wait(NOW + timedelta(minutes=1))


def test_every_five_misses_earn_a_longer_wait_and_in_the_end_every_single_one() -> None:
    waits = {count: earned(MISSES, count) for count in range(30) if earned(MISSES, count)}
    seconds = {count: int(wait.total_seconds()) for count, wait in waits.items() if wait}
    assert seconds == {5: 30, 10: 60, 15: 120, 20: 300, **dict.fromkeys(range(25, 30), 900)}


@given(st.integers(1, 500))
def test_no_wait_is_longer_than_a_quarter_of_an_hour(count: int) -> None:
    wait = earned(MISSES, count)
    assert wait is None or timedelta(0) < wait <= timedelta(minutes=15)


@given(
    st.builds(
        Ladder,
        st.just("any"),
        st.integers(1, 9),
        st.lists(st.integers(1, 900).map(lambda s: timedelta(seconds=s)), min_size=1, max_size=6).map(
            lambda waits: tuple(sorted(waits))
        ),
        st.just(timedelta(hours=1)),
    )
)
def test_waits_only_grow(ladder: Ladder) -> None:
    waits = [wait for count in range(1, 80) if (wait := earned(ladder, count))]
    assert waits == sorted(waits)
    assert waits[-1] == ladder.waits[-1]


def test_a_day_of_guessing_without_a_pause_is_about_a_hundred_guesses() -> None:
    guesses = most_in_a_window(MISSES)
    assert guesses == 120
    # The number that administrators are shown for one method with eight digits.
    assert guesses / 10**8 < 2e-6


def test_a_phone_gets_three_messages_in_a_quarter_of_an_hour_and_six_a_day() -> None:
    sent: list[datetime] = []
    now = START
    while now < START + timedelta(hours=23):
        quarter = [at for at in sent if at > now - timedelta(minutes=15)]
        budgets = ((limits.DESTINATION_SENDS_QUARTER, len(quarter)), (limits.DESTINATION_SENDS_DAY, len(sent)))
        if all(decide(quota, count + 1, now, None, now) == Allowed() for quota, count in budgets):
            sent.append(now)
        now += timedelta(minutes=1)
    assert len(sent) == 6
    assert sent[3] - sent[0] >= timedelta(minutes=15)


@pytest.mark.parametrize(("starts", "times"), [(0, 1), (30, 1), (31, 2), (100, 2), (101, 10), (201, 40)])
def test_a_busy_source_pays_more_for_each_start(starts: int, times: int) -> None:
    assert effort(starts) == times
