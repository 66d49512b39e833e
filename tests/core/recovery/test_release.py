"""When offers show tells at most in which of a few spans a directory answered, never when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from examples.recoveries import NOW, a_recovery
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery.policy import Disclosure, PublicRules
from keyback.core.recovery.release import AHEAD, SETTLED, moment, released, saving
from keyback.core.recovery.state import Recovery

MASKED = PublicRules(disclosure=Disclosure.MASKED)
GRID = [2.0 * 2**n for n in range(12)]
SECONDS = st.floats(0, 3000)


def found_after(seconds: float, rules: PublicRules = MASKED) -> Recovery:
    return a_recovery(rules=rules, found=True, found_at=NOW + timedelta(seconds=seconds))


@given(SECONDS, SECONDS)
def test_what_was_found_shows_at_moments_that_are_everybodys(found: float, later: float) -> None:
    recovery = found_after(found)
    shows = (moment(recovery) - NOW).total_seconds()
    assert shows in GRID
    assert released(recovery, NOW + timedelta(seconds=later)) == (timedelta(seconds=later) >= timedelta(seconds=shows))


@given(SECONDS)
def test_nothing_shows_before_it_is_surely_saved_and_nothing_waits_longer_than_to_the_next_moment(found: float) -> None:
    shows = moment(found_after(found)) - NOW
    assert shows >= timedelta(seconds=found) + SETTLED
    # A moment earlier would have been too early, or there is none.
    earlier = shows / 2
    assert earlier < timedelta(seconds=found) + SETTLED or shows == MASKED.release


@given(SECONDS, SECONDS)
def test_whoever_was_found_sooner_never_waits_longer(one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    assert moment(found_after(sooner)) <= moment(found_after(later))


@given(st.floats(0, 1.75), st.floats(0, 1.75))
def test_all_that_is_found_in_time_shows_at_the_same_moment(one: float, other: float) -> None:
    assert moment(found_after(one)) == moment(found_after(other))


@given(SECONDS)
def test_nothing_shows_while_nobody_knows(later: float) -> None:
    assert not released(a_recovery(rules=MASKED), NOW + timedelta(seconds=later))


@pytest.mark.parametrize(("found", "judged"), [(0.1, 3), (2.7, 3), (2.8, 6), (7, 12)])
def test_in_generic_the_first_answer_has_its_moments_too(found: float, judged: int) -> None:
    assert moment(found_after(found, PublicRules())) == NOW + timedelta(seconds=judged)


def test_whoever_waives_the_pause_waits_for_nothing() -> None:
    assert moment(found_after(7, PublicRules(look_up=timedelta(0)))) == NOW + timedelta(seconds=7)


# When it is saved ------------------------------------------------------------------------------------------------


@given(SECONDS, st.floats(0, 0.249))
def test_what_was_found_is_saved_a_fixed_while_before_a_moment_and_shows_at_that_one(found: float, late: float) -> None:
    saved = saving(a_recovery(rules=MASKED), NOW + timedelta(seconds=found))
    assert (saved + AHEAD - NOW).total_seconds() in GRID
    assert saved >= NOW + timedelta(seconds=found)
    # Also when the machine is busy and it is saved a little late.
    assert moment(found_after((saved - NOW).total_seconds() + late)) == saved + AHEAD


@given(st.floats(0, 2.5), st.floats(0, 2.5))
def test_all_that_is_found_in_time_is_saved_at_the_same_moment(one: float, other: float) -> None:
    asked = a_recovery(rules=PublicRules())
    first, second = (saving(asked, NOW + timedelta(seconds=found)) for found in (one, other))
    assert first == second == NOW + timedelta(seconds=2.5)


def test_whoever_waives_the_pause_saves_at_once() -> None:
    now = NOW + timedelta(seconds=7)
    assert saving(a_recovery(rules=PublicRules(look_up=timedelta(0))), now) == now
