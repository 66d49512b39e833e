"""Norms while campaigns are open: raised by their pace and their number, and never anything of one person's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery import limits
from keyback.core.recovery.limits import DAY, HOUR, Quota
from keyback.core.recovery.norms import OF_A_RESET, OF_AN_INVITATION, RAISED, Caused, Expected, raised
from keyback.core.service.sending.media import PHONE_MEDIA, MediumRules

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
RESET = Expected("one", OF_A_RESET, 1000, 100, NOW, NOW + DAY, 500)
MEDIA = [quota for medium in PHONE_MEDIA for quota in MediumRules().quotas(medium)]
ALL = [*(one for one in vars(limits).values() if isinstance(one, Quota)), *MEDIA]

claims = st.builds(
    Expected,
    campaign=st.just("one"),
    each=st.sampled_from([OF_A_RESET, OF_AN_INVITATION]),
    people=st.integers(0, 50),
    per_hour=st.integers(1, 50),
    opens_at=st.just(NOW),
    closes_at=st.just(NOW + DAY),
    money=st.integers(0, 100),
)


def test_only_what_is_everybodys_is_raised() -> None:
    by = {quota.name: RESET.in_window(quota) for quota in ALL}
    assert {name for name, more in by.items() if more} == {
        *("weak-system-starts", "system-drawings", "system-sends", "system-misses"),
        *("sms-region", "sms-day", "sms-money", "voice-region", "voice-day", "voice-money"),
    }
    assert RAISED.keys() <= by.keys()


@pytest.mark.parametrize(
    ("norm", "an_hour", "in_all"),
    [
        (limits.WEAK_SYSTEM_STARTS, 100, 1000),
        (limits.SYSTEM_DRAWINGS, 300, 3000),
        (limits.SYSTEM_SENDS, 200, 2000),
        (limits.SYSTEM_MISSES, 100, 1000),
        (Quota("sms-region", 50, HOUR), 200, 2000),
        (Quota("voice-day", 50, DAY), 2000, 2000),
        (Quota("sms-money", 50, DAY), 500, 500),
    ],
)
def test_a_reset_of_a_thousand_at_a_hundred_an_hour_adds_this(norm: Quota, an_hour: int, in_all: int) -> None:
    assert (RESET.in_window(norm), RESET.in_all(norm)) == (an_hour, in_all)


def test_fewer_people_than_its_pace_are_all_it_adds() -> None:
    assert replace(RESET, people=7).in_window(limits.SYSTEM_SENDS) == 14


def test_without_money_no_text_more_is_let_through() -> None:
    free = replace(RESET, money=0)
    assert [free.in_window(quota) for quota in MEDIA] == [0] * len(MEDIA)


def test_invitations_cause_no_starts_and_no_wrong_answers() -> None:
    invited = replace(RESET, each=OF_AN_INVITATION)
    assert [name for name in RAISED if invited.in_window(Quota(name, 0, HOUR))] == ["system-sends", *(
        name for name, caused in RAISED.items() if caused in {Caused.TEXTS, Caused.MONEY}
    )]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "is_open"),
    [(timedelta(seconds=-1), False), (timedelta(0), True), (DAY, False)],
    ids=["before", "in", "after"],
)
def test_nobody_is_expected_outside_its_window(at: timedelta, is_open: bool) -> None:
    assert RESET.is_open(NOW + at) is is_open


@given(st.sampled_from(ALL), st.lists(st.tuples(claims, st.integers(0, 200))))
def test_a_norm_is_never_lowered_nor_raised_beyond_what_was_said(
    norm: Quota, open_ones: list[tuple[Expected, int]]
) -> None:
    more = raised(norm, open_ones).most - norm.most
    assert 0 <= more <= sum(one.in_window(norm) for one, _ in open_ones)
    assert all(one.in_window(norm) <= one.in_all(norm) for one, _ in open_ones)
    assert raised(norm, [(one, one.in_all(norm) + 1) for one, _ in open_ones]) == norm
