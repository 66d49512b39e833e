"""How well one number tells two groups apart: 0.5 is not at all, 0 and 1 are always (area under the ROC curve)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import sqrt
from statistics import variance

# So many standard errors on either side hold 95 of 100 samples.
USUAL = 1.96


def auc(left: Sequence[float], right: Sequence[float]) -> float:
    """How often one of `right` is larger than one of `left`; ties count half (Mann and Whitney)."""
    return sum(_larger(left, right)) / len(right)


def interval(left: Sequence[float], right: Sequence[float], *, errors: float = USUAL) -> tuple[float, float]:
    """Where the area lies, give or take so many standard errors (DeLong): two values on each side at least."""
    shares = _larger(left, right), _larger(right, left)
    spread = errors * sqrt(sum(variance(share) / len(share) for share in shares))
    middle = auc(left, right)
    return max(0.0, middle - spread), min(1.0, middle + spread)


def _larger(than: Sequence[float], those: Sequence[float]) -> list[float]:
    """For each of `those` the share of `than` that it exceeds, ties half."""
    ranked = sorted(than)
    return [(bisect_left(ranked, one) + bisect_right(ranked, one)) / (2 * len(ranked)) for one in those]
