"""The instrument before the measurement: it sees what is there, and nothing where nothing is."""

from __future__ import annotations

import random
from statistics import NormalDist

import pytest
from examples.auc import auc, interval


@pytest.mark.parametrize(
    ("left", "right", "area"),
    [
        ([1, 2, 3], [4, 5, 6], 1),
        ([4, 5, 6], [1, 2, 3], 0),
        ([1, 2], [1, 2], 0.5),
        ([7, 7, 7], [7, 7], 0.5),
        ([1, 3], [2, 4], 0.75),
        ([2], [1, 2, 3, 4], 0.625),
    ],
)
def test_it_is_the_share_of_pairs_in_which_the_right_one_is_larger(
    left: list[float], right: list[float], area: float
) -> None:
    assert auc(left, right) == area
    counted = [(a < b) + (a == b) / 2 for a in left for b in right]
    assert auc(left, right) == sum(counted) / len(counted)


def test_sides_swapped_mirror_the_area() -> None:
    chance = random.Random(5)
    left, right = [chance.gauss(0, 1) for _ in range(50)], [chance.gauss(0.4, 2) for _ in range(80)]
    low, high = interval(left, right)
    assert auc(right, left) == pytest.approx(1 - auc(left, right))
    assert interval(right, left) == pytest.approx((1 - high, 1 - low))


def test_a_known_shift_is_measured_as_theory_says() -> None:
    chance = random.Random(6)
    left, right = [chance.gauss(0, 1) for _ in range(4000)], [chance.gauss(0.1, 1) for _ in range(4000)]
    expected = NormalDist().cdf(0.1 / 2**0.5)
    low, high = interval(left, right, errors=3)
    assert low < expected < high
    # Two thousand pairs of equals scatter by 0.009; twice as many by less.
    assert (high - low) / 6 == pytest.approx(1 / (6 * 4000) ** 0.5, rel=0.05)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(7)

    def holds() -> bool:
        low, high = interval([chance.random() for _ in range(60)], [chance.random() for _ in range(60)])
        return low <= 0.5 <= high

    assert 0.92 < sum(holds() for _ in range(500)) / 500 < 0.98


def test_sides_that_never_overlap_leave_no_doubt() -> None:
    assert interval([1, 2], [3, 4]) == (1.0, 1.0)
