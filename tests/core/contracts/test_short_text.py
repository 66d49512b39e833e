"""What fits into one text message."""

from __future__ import annotations

import pytest

from keyback.core import fits_one_text, short_name


def test_160_plain_letters_fit_and_161_do_not() -> None:
    assert fits_one_text("ü" * 160)
    assert not fits_one_text("ü" * 161)


def test_a_brace_takes_the_room_of_two() -> None:
    assert fits_one_text("{" * 80)
    assert not fits_one_text("{" * 80 + "a")


@pytest.mark.parametrize("letter", ["’", "ł", "日", "`"])
def test_a_letter_outside_the_alphabet_does_not_fit(letter: str) -> None:
    assert not fits_one_text(letter)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Alderwick", "Alderwick"),
        ("Škoda", "Skoda"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("The Very Long Company of Alderwick", "The Very Long"),
        ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahr"),
        ("株式会社", "株式会社"),
        (" A\r\n  B ", "A B"),
    ],
)
def test_a_name_is_made_short_enough_for_a_text(name: str, short: str) -> None:
    assert short_name(name) == short
