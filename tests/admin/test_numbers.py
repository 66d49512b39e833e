"""Numbers with a fraction are written as the page's language writes them, and none is cut but at its fraction."""

from __future__ import annotations

from decimal import Decimal

import pytest

from keyback.admin.look import TRANSLATIONS
from keyback.admin.numbers import number
from keyback.core.contracts.text import Text
from keyback.core.languages import Languages

GERMAN = Languages(TRANSLATIONS).catalogue("de")


@pytest.mark.parametrize(
    ("value", "places", "english", "german"),
    [
        (0, None, "0", "0"),
        (0.005, None, "0.005", "0,005"),
        (2.50, None, "2.5", "2,5"),
        (1000.0, None, "1000", "1000"),
        (0.1 + 0.2, None, "0.3", "0,3"),
        (Decimal("22.5"), 2, "22.50", "22,50"),
        (1_234_567.891, 2, "1234567.89", "1234567,89"),
        ("2.0", 1, "2.0", "2,0"),
        (7, 0, "7", "7"),
    ],
)
def test_each_language_has_its_own_sign_before_the_fraction(
    value: float | Decimal | str, places: int | None, english: str, german: str
) -> None:
    written = number(value, places)
    assert str(written) == english
    assert (written.render(GERMAN) if isinstance(written, Text) else written) == german
