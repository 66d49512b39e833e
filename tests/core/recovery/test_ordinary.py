"""What an ordinary hour comes to: learned slowly, and never beyond where it began."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery.guessing import tries_a_day
from keyback.core.recovery.limits import HOUR, SUBJECT_MISSES, SYSTEM_MISSES, SYSTEM_SENDS, Quota
from keyback.core.recovery.ordinary import HOURS, LEAST, PAUSED_AT, RAISED_AT, STEP, learned, pausing

CEILINGS = st.builds(Quota, st.just("misses"), st.integers(STEP, 10_000), st.just(HOUR))
DAYS = st.lists(st.integers(0, 10**7), max_size=120)


def test_before_the_first_day_a_norm_is_its_ceiling() -> None:
    assert learned(SYSTEM_MISSES, []) == SYSTEM_MISSES


@given(CEILINGS, DAYS)
def test_it_stays_between_its_floor_and_its_ceiling_whatever_happens(ceiling: Quota, days: list[int]) -> None:
    assert ceiling.most // LEAST <= learned(ceiling, days).most <= ceiling.most


@given(CEILINGS, DAYS, st.integers(0, 10**7))
def test_one_day_moves_it_by_a_twentieth_at_most(ceiling: Quota, days: list[int], day: int) -> None:
    before, after = learned(ceiling, days).most, learned(ceiling, [*days, day]).most
    assert abs(after - before) <= max(1, before // STEP)


@given(CEILINGS, DAYS)
def test_a_window_that_moves_on_by_a_day_moves_it_little(ceiling: Quota, days: list[int]) -> None:
    before, after = learned(ceiling, days[:-1]).most, learned(ceiling, days[1:]).most
    assert abs(after - before) <= 2 * max(2, max(before, after) // STEP)


@given(CEILINGS, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=120))
def test_who_sees_more_never_learns_less(ceiling: Quota, days: list[tuple[int, int]]) -> None:
    fewer, more = [min(day) for day in days], [max(day) for day in days]
    assert learned(ceiling, fewer).most <= learned(ceiling, more).most


def test_days_that_are_alike_teach_five_times_their_hour() -> None:
    assert learned(SYSTEM_MISSES, [800] * 90).most == 800 // HOURS * RAISED_AT


def test_quiet_weekends_do_not_make_monday_an_alarm() -> None:
    weeks = [800, 800, 800, 800, 800, 0, 0] * 13
    assert learned(SYSTEM_MISSES, weeks).most >= 800 // HOURS * RAISED_AT * 0.9


def test_a_house_where_hardly_anything_happens_has_the_floor() -> None:
    assert [learned(quota, [3] * 90).most for quota in (SYSTEM_MISSES, SYSTEM_SENDS)] == [200, 500]


def test_whoever_guesses_at_one_person_alone_brings_no_alert_about() -> None:
    ways = ("email", "sms", "voice", "authenticator", "password")
    in_an_hour = tries_a_day(replace(SUBJECT_MISSES, window=HOUR))
    assert in_an_hour * len(ways) < learned(SYSTEM_MISSES, [0] * 90).most


def test_two_weeks_of_attack_teach_no_more_than_twice_as_much() -> None:
    quiet = [160] * 90
    assert learned(SYSTEM_MISSES, [*quiet, *[10**6] * 14]).most <= 2 * learned(SYSTEM_MISSES, quiet).most


@given(CEILINGS)
def test_guesses_are_paused_at_four_times_where_the_first_alert_is(ceiling: Quota) -> None:
    assert pausing(ceiling).most * RAISED_AT == ceiling.most * PAUSED_AT
