"""Who is asked for more, how often they may put it off, and what is asked about again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery import renewals
from keyback.core.recovery.policy import EnrolmentRules, Policy, ProofRules, enough
from keyback.core.recovery.renewals import Standing, old_since, short

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RIDES_ON = {"email": "mailbox", "sms": "phone", "authenticator": "device", "webauthn": "device", "saved_codes": "paper"}
FIRST = tuple(RIDES_ON)

some = st.sets(st.sampled_from(FIRST)).map(lambda keys: {key: RIDES_ON[key] for key in keys})
spans = st.integers(0, 800).map(lambda days: days * DAY)
moments = st.integers(0, 2000).map(lambda days: NOW - days * DAY)
standings = st.builds(
    Standing, st.integers(0, 9), st.none() | moments, st.just(""), st.dictionaries(st.sampled_from("abc"), moments)
)
any_rules = st.builds(EnrolmentRules, st.integers(0, 5), st.integers(0, 9), spans, spans)


def needing(count: int, **proof: object) -> Policy:
    return Policy("p", proof=ProofRules(**proof), enrolment=EnrolmentRules(methods_needed=count))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("needed", "have", "is_short"),
    [
        (2, (), True),
        (2, ("sms",), True),
        (2, ("sms", "email"), False),
        (2, ("authenticator", "webauthn"), True),
        (3, ("sms", "email"), True),
        (3, ("sms", "email", "saved_codes"), False),
        (1, ("sms",), True),
        (0, (), False),
    ],
)
def test_kinds_are_counted_and_what_rides_on_the_same_thing_is_one(
    needed: int, have: tuple[str, ...], *, is_short: bool
) -> None:
    assert short(needing(needed), {key: RIDES_ON[key] for key in have}, FIRST) is is_short


def test_a_required_method_that_is_missing_is_missing_however_many_there_are() -> None:
    have = {key: RIDES_ON[key] for key in ("sms", "email", "saved_codes")}
    assert short(needing(2, required=frozenset({"webauthn"})), have, FIRST)
    assert not short(needing(2, required=frozenset({"sms"})), have, FIRST)


def test_who_could_not_begin_is_short() -> None:
    have = {"questions": "memory", "sms": "phone"}
    policy = needing(2, optional=frozenset(have))
    assert short(policy, have, [])
    assert not short(policy, have, ["sms"])


@given(st.integers(1, 5), some)
def test_nobody_is_let_go_who_could_not_get_back_in(needed: int, have: dict[str, str]) -> None:
    policy = needing(needed)
    if not short(policy, have, FIRST):
        assert enough(policy.proof, have, FIRST)
        assert len(set(have.values())) >= needed


@given(st.integers(0, 5), some, some)
def test_having_more_never_makes_anybody_short(needed: int, have: dict[str, str], more: dict[str, str]) -> None:
    if not short(needing(needed), have, FIRST):
        assert not short(needing(needed), have | more, FIRST)


@given(any_rules, standings)
def test_later_is_never_said_more_often_than_allowed_nor_after_its_day(rules: EnrolmentRules, mine: Standing) -> None:
    said = 0
    while renewals.later(rules, mine, NOW).left:
        mine = renewals.put_off(mine, NOW)
        said += 1
        assert said <= rules.later_allowed
    over = (mine.first_later or NOW) + rules.later_for
    assert renewals.later(rules, mine, over).left == 0


@given(any_rules, standings)
def test_every_later_leaves_one_less_and_moves_no_day(rules: EnrolmentRules, mine: Standing) -> None:
    before = renewals.later(rules, mine, NOW)
    if before.left:
        after = renewals.later(rules, renewals.put_off(mine, NOW), NOW)
        assert (after.left, after.until) == (before.left - 1, before.until)


def test_whoever_has_enough_begins_anew() -> None:
    rules = EnrolmentRules(later_allowed=2)
    mine = renewals.put_off(renewals.put_off(Standing(default="sms.1"), NOW), NOW)
    assert renewals.later(rules, mine, NOW).left == 0
    again = renewals.done(mine)
    assert renewals.later(rules, again, NOW + 100 * DAY).left == 2
    assert again.default == "sms.1"


@pytest.mark.parametrize(("days", "is_old"), [(179, False), (180, True), (400, True)])
def test_it_is_asked_again_after_as_long_as_the_policy_says(days: int, *, is_old: bool) -> None:
    rules = EnrolmentRules(confirm_again_after=180 * DAY)
    since = old_since(rules, Standing(), "a", NOW - days * DAY, now=NOW)
    assert since == (NOW - days * DAY if is_old else None)


@given(standings, moments)
def test_zero_never_asks(mine: Standing, shown: datetime) -> None:
    assert old_since(EnrolmentRules(confirm_again_after=timedelta(0)), mine, "a", shown, now=NOW) is None


@given(any_rules, standings, moments)
def test_what_was_just_confirmed_is_not_asked_about(rules: EnrolmentRules, mine: Standing, shown: datetime) -> None:
    confirmed = renewals.confirm(mine, "a", {"a"}, NOW)
    assert old_since(rules, confirmed, "a", shown, now=NOW + rules.confirm_again_after - DAY) is None


def test_what_is_gone_is_forgotten_by_the_next_yes() -> None:
    mine = renewals.confirm(Standing(confirmed={"gone": NOW, "kept": NOW}), "a", {"a", "kept"}, NOW + DAY)
    assert mine.confirmed == {"kept": NOW, "a": NOW + DAY}
