"""Microsoft's published scoring, with its own examples first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.recovery.banned_words import ENOUGH, fold, holds, points, problems

OWN = ("contoso", "blank")
words = st.lists(st.text("abcdo0l1s$@ ", min_size=4, max_size=8), max_size=6)


@pytest.mark.parametrize(
    ("password", "worth"),
    [
        ("C0ntos0Blank12", 4),
        ("ContoS0Bl@nkf9!", 5),
        ("Bl@nK", 1),
        ("contoso", 1),
        ("contosocontosocontoso", 3),
        ("blanblank", 5),
        ("", 0),
        ("unrelated words", 15),
    ],
)
def test_a_banned_word_is_worth_one_point_and_each_character_left_another(password: str, worth: int) -> None:
    assert points(password, OWN) == worth


@pytest.mark.parametrize("password", ["abcdeg", "abcdefg", "abcde", "zabcdef", "bcdef", "abczef", "ABCDE", "abcdeſ"])
def test_one_edit_away_from_a_banned_word_is_that_word(password: str) -> None:
    assert points(password, ["abcdef"]) == 1


@pytest.mark.parametrize("password", ["abcd", "abcdefgh", "abdcef", "zabcdefz"])
def test_two_edits_away_it_is_another(password: str) -> None:
    assert points(password, ["abcdef"]) > 1


@pytest.mark.parametrize(
    ("typed", "folded"), [("P@$$W0RD1", "passwordl"), ("ｐａｓｓ", "pass"), ("Größe", "größe"), ("3!5", "3!5")]
)
def test_look_alikes_are_folded_to_the_letters_they_stand_for(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_overlapping_words_are_read_in_the_way_that_costs_most() -> None:
    # As "abcd" and "efg" it would be four; as "a" and "bcdefg" it is two.
    assert points("abcdefg+++", ["abcd", "bcdefg"]) == 5


@given(st.text("abcdo0l1s$@ ", max_size=40), words)
def test_no_password_is_worth_more_than_its_characters(password: str, banned: list[str]) -> None:
    assert 0 <= points(password, banned) <= len(fold(password))


@given(st.text("abcdo0l1s$@ ", max_size=20), words, words)
def test_more_banned_words_never_make_a_password_worth_more(password: str, some: list[str], more: list[str]) -> None:
    assert points(password, some + more) <= points(password, some)


@given(st.text(min_size=15, max_size=40))
def test_without_banned_words_every_character_counts(password: str) -> None:
    assert points(password, ()) == len(fold(password)) >= ENOUGH


def test_a_name_is_found_inside_and_backwards_from_four_letters_on() -> None:
    assert holds("p0LL23fb", ["Poll"])
    assert holds("23tsorf99", ["frost"])
    assert not holds("jo-and-bob", ["jo", "bob"])


def test_a_list_of_banned_words_is_checked_before_it_is_saved() -> None:
    assert problems(["four", "sixteen-letters!", "äöüß"]) == ()
    assert problems(["abc"]) == ('"abc" must have 4 to 16 characters',)
    assert len(problems(["seventeen-letters", " padded"])) == 2
    assert problems([f"word{n}" for n in range(1000)]) == ()
    assert problems([f"word{n}" for n in range(1001)]) == ("at most 1000 words, and these are 1001",)


def test_a_thousand_words_and_the_longest_password_take_no_time() -> None:
    full = [f"banned-{n:04}" for n in range(1000)]
    before = time.process_time()
    points("banned-0" * 64, full)
    assert time.process_time() - before < 0.05
