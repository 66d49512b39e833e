"""How easy a password is to guess, and why."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyback.core.contracts.text import Text
from keyback.core.service.writing.strength import LONGEST, Strength, estimate


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("aaaaaaaaaaaaaaaa", "it repeats itself"),
        ("abcabcabcabcabcabc", "it repeats itself"),
        ("Password1234567", "it is much like a password that many people use"),
        ("abcdefghijklmnopq", "it is a row like abc or 654"),
        ("6yhnmju7", "it follows the keys of a keyboard"),
        ("31.12.1987", "it is a date"),
        ("2019", "it is a year"),
        ("michael", "it is a common name"),
        ("wonderful", "it is made of common words"),
        ("", "it is short"),
        ("kX", "it is short"),
    ],
)
def test_an_easy_password_is_told_what_makes_it_easy(password: str, why: str) -> None:
    assert estimate(password).too_easy == Text(why)


@pytest.mark.parametrize("password", ["plenty rivet museum", "кот летит над морем", "Xq7#mVt2!pLw9$zR"])
def test_words_that_do_not_belong_together_are_good_enough(password: str) -> None:
    assert estimate(password).too_easy is None
    assert estimate(password) == Strength(4, None)


def test_a_password_made_of_the_persons_own_words_is_easier() -> None:
    own = estimate("frostweberalder", ("Jo Frost-Weber", "frostweber", "Alder Ltd"))
    assert own.score < estimate("frostweberalder").score
    assert own.warning == Text("it is made of your name")


def test_one_persons_words_are_not_kept_for_the_next() -> None:
    assert estimate("frostweber", ("Frostweber",)).warning == Text("it is made of your name")
    assert estimate("frostweber").warning != Text("it is made of your name")


def test_what_stands_beyond_72_characters_is_not_read() -> None:
    start = "plenty rivet museum " * 4
    assert estimate(start[:LONGEST] + "x" * 1_000_000) == estimate(start[:LONGEST])


@pytest.mark.parametrize(
    "hostile",
    ["4@8({[<369!|1+7%2$50" * 4, "4@8369!1752$0x" * 6, "1!|7+" * 15, "ab" * 40, "p4$$w0rd1!" * 9, "(" * 72, "19" * 36],
)
def test_no_password_takes_long_to_judge(hostile: str) -> None:
    before = time.thread_time()
    estimate(hostile, ("jo", "frost", "alderwick"))
    # zxcvbn alone takes half a second and more for the first of these.
    assert time.thread_time() - before < 0.2


@given(st.text(max_size=80), st.lists(st.text(max_size=10), max_size=3))
@settings(max_examples=60)
def test_whatever_is_typed_is_judged(password: str, words: list[str]) -> None:
    strength = estimate(password, words)
    assert 0 <= strength.score <= 4
    assert (strength.warning is None) == (strength.score > 2)
    assert strength.warning is None or len(password) < 8 or password not in str(strength.warning)


def test_threads_do_not_see_each_others_words() -> None:
    found: list[Text | None] = []

    def judge(word: str) -> None:
        found.extend(estimate("zebrafinchtown", (word,)).warning for _ in range(20))

    threads = [threading.Thread(target=judge, args=(word,)) for word in ("zebrafinchtown", "somethingelse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(Text("it is made of your name")) == 20
