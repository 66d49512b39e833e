"""A company's colour is one that everybody can read, in the light and in the dark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.colours import COLOUR, DARK, LIGHT, READABLE, Scheme, contrast, dark_of, mixed, stylesheet

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
# Of look.md, computed by others.
OURS = "#0b5a70", "#6cc6dd"


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert [round(contrast(OURS[0], behind), 1) for behind in LIGHT.behind] == [7.7, 7.1, 6.6]
    assert [round(contrast(OURS[1], behind), 1) for behind in DARK.behind] == [8.3, 9.3, 6.8]


def test_what_can_be_read_is_proposed_as_it_is() -> None:
    assert LIGHT.nearest(OURS[0]) == OURS[0]
    assert (LIGHT.hovered(OURS[0]), DARK.nearest(OURS[1])) == ("#084454", OURS[1])


@given(COLOURS)
@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_shade_that_is_proposed_can_be_read_everywhere_also_below_the_pointer(scheme: Scheme, colour: str) -> None:
    shade = scheme.nearest(colour)
    assert COLOUR.fullmatch(shade)
    assert scheme.worst(shade) >= READABLE
    assert scheme.worst(scheme.hovered(shade)) >= READABLE


@given(COLOURS, COLOURS)
def test_a_mixture_lies_between(one: str, other: str) -> None:
    assert (mixed(one, other, 0), mixed(one, other, 1)) == (one, other)


def test_one_colour_is_enough_for_both_looks() -> None:
    assert dark_of("#0b5a70", "#123456") == "#123456"
    sheet = stylesheet("#0b5a70", dark_of("#0b5a70", "")).decode()
    assert sheet == (
        ":root{--accent:#0b5a70;--accent-2:#084454;--on:#ffffff}"
        "@media (prefers-color-scheme:dark){:root{--accent:#6f9eab;--accent-2:#9abbc4;--on:#06222b}}\n"
    )
