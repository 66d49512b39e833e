"""Decoys look like people: in every feature, together, and over the years."""

from __future__ import annotations

import hmac
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log

import pytest
from examples.auc import auc
from examples.population import Employee, people
from hypothesis import given, settings
from hypothesis import strategies as st

from keyback.core.recovery.decoys import ORIGIN, USUAL_CHANGE, Seen, Shapes, decoy, freeze, shape_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz.-0123456789", min_size=1, max_size=20)
ENOUGH = 1000


def draw(*words: str) -> bytes:
    return hmac.digest(b"the key of these tests", "\0".join(words).encode(), "sha256")


@pytest.fixture(scope="module")
def company() -> list[Employee]:
    return people(2 * ENOUGH, random.Random(7))


@pytest.fixture(scope="module")
def shapes(company: list[Employee]) -> Shapes:
    """Frozen from the first half; the second half is who is looked at."""
    return freeze((one.name, one.seen) for one in company[:ENOUGH])


def strangers(count: int = ENOUGH) -> Iterator[str]:
    """Names as people have them, that nobody has."""
    return (f"{one.name}.x" for one in people(count, random.Random(11)))


# What a page shows ---------------------------------------------------------------------------------------------


def features(name: str, seen: tuple[Seen, ...]) -> list[str]:
    """What somebody could count: methods, their order, domains, first letters, digits."""
    mails = [one.end for one in seen if "@" in one.end]
    phones = [one.end for one in seen if one.end.startswith("+")]
    methods = [one.method for one in seen]
    return [
        f"methods {sorted(methods)}",
        f"order {methods}",
        f"domains {[mail[1:] for mail in mails]}",
        f"own letter {[mail[0] == name[0] for mail in mails]}",
        f"letter {[mail[0] for mail in mails if mail[0] != name[0]]}",
        f"last digit {[phone[-1] for phone in phones]}",
        f"tens {[phone[-2] for phone in phones]}",
        f"all but digits {[(one.method, one.end[1:] if '@' in one.end else '') for one in seen]}",
    ]


def classified(real: list[list[str]], made: list[list[str]]) -> float:
    """How well features, counted in one half of both groups, tell the other half apart."""
    half = len(real) // 2
    counts = [Counter(one for features in group[:half] for one in features) for group in (real, made)]

    def score(features: list[str]) -> float:
        return sum(log((counts[1][one] + 1) / (counts[0][one] + 1)) for one in features)

    return auc([score(one) for one in real[half:]], [score(one) for one in made[half:]])


def test_a_thousand_people_and_a_thousand_decoys_cannot_be_told_apart(company: list[Employee], shapes: Shapes) -> None:
    real = [features(one.name, one.seen) for one in company[ENOUGH:]]
    made = [features(name, decoy(shapes, draw, name, NOW)) for name in strangers()]
    told = classified(real, made)
    assert abs(told - 0.5) <= 0.05, told


def test_the_same_classifier_sees_through_methods_that_are_drawn_one_by_one(
    company: list[Employee], shapes: Shapes
) -> None:
    """Or the test above could not fail."""
    real = [features(one.name, one.seen) for one in company[ENOUGH:]]
    chance, parts = random.Random(3), [part for one in company[:ENOUGH] for part in one.seen]
    drawn = [tuple(chance.sample(parts, chance.choice((1, 2, 3)))) for _ in range(ENOUGH)]
    assert classified(real, [features(name, seen) for name, seen in zip(strangers(), drawn, strict=True)]) > 0.8


def test_a_decoy_has_the_shape_of_somebody(shapes: Shapes) -> None:
    theirs = {shape for shape, _ in shapes.counted}
    letterless = {tuple((part.method, part.end, part.which) for part in shape) for shape in theirs}
    for name in strangers(200):
        made = shape_of(name, decoy(shapes, draw, name, NOW))
        assert tuple((part.method, part.end, part.which) for part in made) in letterless


def test_a_text_and_a_call_to_one_number_stay_one_number() -> None:
    both = (Seen("sms", "+XX XXXXXXX05"), Seen("voice", "+XX XXXXXXX05"), Seen("voice", "+XX XXXXXXX77"))
    shapes = freeze([("jo", both)] * 50)
    made = [[seen.end for seen in decoy(shapes, draw, name, NOW)] for name in strangers(50)]
    assert all(sms == voice for sms, voice, _ in made)
    assert any(voice != other for _, voice, other in made)


# Over time -----------------------------------------------------------------------------------------------------


@given(NAMES)
@settings(max_examples=10)
def test_the_same_name_has_the_same_decoy_for_days(name: str) -> None:
    shapes = freeze((one.name, one.seen) for one in people(60, random.Random(5)))
    looks = {decoy(shapes, draw, name, NOW + timedelta(hours=hours)) for hours in range(0, 48, 6)}
    assert len(looks) <= 2


def lives(shapes: Shapes, count: int, years: int) -> Iterator[list[tuple[Seen, ...]]]:
    """What a name seemed to have, month by month."""
    months = range(12 * years)
    return (
        [decoy(shapes, draw, name, NOW + month * timedelta(days=30)) for month in months] for name in strangers(count)
    )


def test_a_decoy_changes_one_thing_at_a_time(shapes: Shapes) -> None:
    changes = together = 0
    for life in lives(shapes, 30, 8):
        for before, after in pairwise(life):
            lost, gained = Counter(before) - Counter(after), Counter(after) - Counter(before)
            changes += before != after
            together += max(lost.total(), gained.total()) > 1
    assert changes > 50
    # Two moments may fall into one month.
    assert together <= changes / 20


def test_numbers_change_as_often_as_peoples_do(shapes: Shapes) -> None:
    one_phone = freeze([("jo", (Seen("sms", "+XX XXXXXXX05"),))] * 50)
    changes = sum(before != after for life in lives(one_phone, 60, 20) for before, after in pairwise(life))
    expected = 60 * 20 * 365 / USUAL_CHANGE.days
    # One in a hundred keeps its digits by chance.
    assert 0.85 * expected < changes < 1.05 * expected


def test_no_two_names_change_at_the_same_moment(shapes: Shapes) -> None:
    one_phone = freeze([("jo", (Seen("sms", "+XX XXXXXXX05"),))] * 50)
    months = Counter(
        month
        for life in lives(one_phone, 150, 5)
        for month, (before, after) in enumerate(pairwise(life))
        if before != after
    )
    assert max(months.values()) < 25


def test_after_many_years_shapes_are_as_frequent_as_at_first(shapes: Shapes) -> None:
    def usual(now: datetime) -> Counter[tuple[str, ...]]:
        return Counter(tuple(one.method for one in decoy(shapes, draw, name, now)) for name in strangers(600))

    first, later = usual(ORIGIN + timedelta(days=1)), usual(ORIGIN + timedelta(days=365 * 20))
    for methods in first | later:
        assert abs(first[methods] - later[methods]) < 60, methods


def test_a_table_that_is_frozen_anew_changes_few(company: list[Employee], shapes: Shapes) -> None:
    grown = freeze((one.name, one.seen) for one in company[: ENOUGH + 50])
    names = list(strangers(400))
    changed = sum(decoy(shapes, draw, name, NOW) != decoy(grown, draw, name, NOW) for name in names)
    assert changed < 60


def test_another_key_makes_other_decoys(shapes: Shapes) -> None:
    def other(*words: str) -> bytes:
        return hmac.digest(b"another key", "\0".join(words).encode(), "sha256")

    names = list(strangers(100))
    assert sum(decoy(shapes, draw, name, NOW) == decoy(shapes, other, name, NOW) for name in names) < 30


def test_digits_are_spread_evenly(shapes: Shapes) -> None:
    one_phone = freeze([("jo", (Seen("sms", "+XX XXXXXXX05"),))] * 50)
    digits = Counter(decoy(one_phone, draw, f"n{number}", NOW)[0].end[-2:] for number in range(5000))
    assert len(digits) == 100
    assert max(digits.values()) < 90


# The table -----------------------------------------------------------------------------------------------------


def test_the_table_knows_no_name_and_no_number(company: list[Employee], shapes: Shapes) -> None:
    kept = repr(shapes)
    assert not [one.name for one in company if one.name in kept]
    assert "+XX XXXXXXX'" in kept
    assert not [digits for digits in ("05", "17", "99") if f"+XX XXXXXXX{digits}" in kept]


def test_those_without_a_method_have_no_shape() -> None:
    assert freeze([("jo", ()), ("kim", (Seen("sms", "+XX XXXXXXX05"),))]).people == 1


def test_where_fewer_methods_are_shown_the_same_people_have_what_is_left(shapes: Shapes) -> None:
    only = shapes.only(["saved_codes", "sms"])
    assert 0 < only.people < shapes.people
    assert {part.method for shape, _ in only.counted for part in shape} == {"saved_codes", "sms"}
    orders = {tuple(dict.fromkeys(part.method for part in shape)) for shape, _ in only.counted}
    assert ("saved_codes", "sms") in orders
    assert ("sms", "saved_codes") not in orders
