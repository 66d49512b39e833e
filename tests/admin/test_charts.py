"""A chart's bars stand on the floor, fit under the scale, and nothing that happened is too small to see."""

from __future__ import annotations

import pytest

from keyback.admin.charts import DIGIT, FOOT, GAP, HEIGHT, MOST_LABELS, WIDTH, bars


@pytest.mark.parametrize("most", [0, 1, 4, 5, 99, 1234, 1_000_000])
def test_every_bar_fits_and_the_scale_begins_at_nothing(most: int) -> None:
    chart = bars(["a", "b"], [(most, most // 2), (0, 1)])
    assert chart.scale[0].words == "0"
    assert int(chart.scale[-1].words) >= most + most // 2
    assert all(len(mark.words) * DIGIT <= chart.left - GAP for mark in chart.scale)
    for piece in chart.pieces:
        assert piece.y >= 0
        assert piece.y + piece.height <= HEIGHT - FOOT + 0.2
        assert chart.left <= piece.x <= piece.x + piece.width <= WIDTH


def test_what_happened_once_among_millions_can_be_seen_and_nothing_cannot() -> None:
    chart = bars(["a", "b", "c"], [(1_000_000, 0), (1, 0), (0, 0)])
    assert [piece.height >= 1 for piece in chart.pieces] == [True, True]


def test_parts_of_a_bar_stand_apart() -> None:
    one, two = bars(["a"], [(10, 10)]).pieces
    assert one.y - (two.y + two.height) == pytest.approx(2, abs=0.2)
    assert (one.series, two.series) == ("one", "two")


def test_a_year_has_few_labels_and_an_empty_chart_none() -> None:
    assert len(bars([str(day) for day in range(400)], [(1, 0)] * 400).below) <= MOST_LABELS
    assert bars([], []).pieces == ()
