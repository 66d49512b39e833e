"""What a new password must be, and the words that say so."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.store import DirectoryRules
from keyback.core.contracts.text import Text
from keyback.core.recovery.passwords import (
    CAP,
    NO_CONTROLS,
    Judged,
    PasswordContext,
    State,
    judge,
    lengths,
    requirements,
    terms,
)
from keyback.core.recovery.policy import PasswordRules

RULES = PasswordRules()
DIRECTORY = DirectoryRules()
JO = PasswordContext(("jfrost", "Jo Frost-Weber", "jo.frost@alderwick.example"), "Alderwick Care Group")
LEAKED = {"dragonflies-and-bees", "sunshine sunshine"}
GOOD = "plenty rivet museum"


def said(
    password: str,
    rules: PasswordRules = RULES,
    directory: DirectoryRules = DIRECTORY,
    context: PasswordContext = JO,
) -> list[str]:
    found = judge(password, rules, directory, context, breached=LEAKED.__contains__).shortcomings
    return [str(text) for text in found]


LEAK = "This password is in a known data leak. Choose another."
NAMES = 'Without your name or "Alderwick Care Group"'


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("fourteen-chars", "15 characters or more: 1 to go"),
        ("x", "15 characters or more: 14 to go"),
        ("", "15 characters or more: 15 to go"),
        ("m" * 129, "At most 128 characters: 1 too many"),
        ("dragonflies-and-bees", LEAK),
        ("i am the frost giant", NAMES),
        ("my alderwick badge", NAMES),
        ("tsorFj likes rivers", NAMES),
    ],
)
def test_each_shortcoming_is_said_so_that_a_person_can_act(password: str, sentence: str) -> None:
    assert said(password) == [sentence]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert said("jo-frost") == ["15 characters or more: 7 to go", NAMES]


@pytest.mark.parametrize("password", [GOOD, "aaaaaaaaaaaaaaaa", "               ", "пароль из слов тут", "🐟" * 15])
def test_there_are_no_rules_of_composition(password: str) -> None:
    assert said(password) == []


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=15, max_size=128))
def test_any_long_password_is_good_that_is_on_no_list(password: str) -> None:
    assert said(password, context=PasswordContext()) == []


@pytest.mark.parametrize("character", ["\x00", "\n", "\t", "\x1b", "\x7f", "\x85", "\udfff"])
def test_what_no_directory_can_hold_is_refused_before_anything_is_written(character: str) -> None:
    assert said(f"{GOOD}{character}") == ["Without line breaks, tabs or other control characters"]


def test_each_code_point_counts_as_one_character() -> None:
    assert said("🐟" * 14) == ["15 characters or more: 1 to go"]
    assert said("e\u0301" * 7 + "e") == []


def test_nothing_looks_at_a_password_that_is_far_too_long() -> None:
    def never(password: str) -> bool:
        raise AssertionError

    judged = judge("m" * 1_000_000, replace(RULES, max_length=9999), DIRECTORY, JO, breached=never)
    (reason,) = judged.shortcomings
    assert reason == Text("At most {n} characters: {m} too many", n=CAP, m=1_000_000 - CAP)


@pytest.mark.parametrize(
    ("password", "leaked"),
    [
        ("sunshine sunshine", True),
        ("SunShine Sunshine", True),
        ("$un5hine Sunshine", False),
        ("$unshine sunsh1ne", False),
        ("$unshine sunshine", True),
        ("sunshine sunshine1!", True),
        ("(sunshine sunshine)", True),
        ("123sunshine sunshine", True),
        ("1234sunshine sunshine", False),
        ("sunshine sunshineab", False),
        ("oh sunshine sunshine", False),
    ],
)
def test_a_leaked_password_stays_leaked_with_a_trivial_change(password: str, leaked: bool) -> None:
    assert said(password) == ([LEAK] if leaked else [])


def test_why_it_is_easy_is_said_unless_it_is_leaked_anyway() -> None:
    def easy(password: str) -> Text:
        return Text("it repeats itself")

    sentences = [
        str(*judge(password, RULES, DIRECTORY, JO, breached=LEAKED.__contains__, easy=easy).shortcomings)
        for password in (GOOD, "sunshine sunshine")
    ]
    assert sentences == ["This is easy to guess because it repeats itself. Add another word.", LEAK]


def test_banned_words_are_scored_not_forbidden() -> None:
    rules = replace(RULES, min_length=8, banned_words=("contoso", "museum"))
    banned = "Not a word your organisation rules out"
    assert said("Cont0soMuseum12", rules) == [banned]
    assert said("Cont0soMuseum123", rules) == []


@pytest.mark.parametrize(
    ("rules", "directory", "ruled", "expected"),
    [
        (RULES, DirectoryRules(), False, (15, 128)),
        (RULES, DirectoryRules(min_length=12), False, (15, 128)),
        (RULES, DirectoryRules(min_length=20, max_length=64), False, (20, 64)),
        (RULES, DirectoryRules(min_length=12), True, (12, 128)),
        (RULES, DirectoryRules(min_length=4), True, (8, 128)),
        (replace(RULES, min_length=6), DirectoryRules(), False, (8, 128)),
        (replace(RULES, directory_floor=1), DirectoryRules(), True, (8, 128)),
        (replace(RULES, max_length=4000), DirectoryRules(), False, (15, CAP)),
    ],
)
def test_our_length_steps_back_for_the_directorys_but_never_below_eight(
    rules: PasswordRules, directory: DirectoryRules, ruled: bool, expected: tuple[int, int]
) -> None:
    assert lengths(rules, directory, PasswordContext(directory_rules_length=ruled)) == expected


def test_the_names_that_count_are_the_persons_and_the_companys_own() -> None:
    assert terms(JO) == {
        "jfrost", "Jo Frost-Weber", "Jo", "Frost", "Weber", "jo.frost", "jo", "frost",
        "Alderwick Care Group", "AlderwickCareGroup", "Alderwick",
    }  # fmt: skip
    assert terms(PasswordContext()) == set()


def test_short_names_and_the_companys_other_words_are_free() -> None:
    assert said("jo takes good care of her group") == []


def test_whoever_turned_a_rule_off_is_not_held_to_it() -> None:
    lax = replace(RULES, forbid_breached=False, forbid_name_parts=False)
    assert said("dragonflies-and-bees", lax) == []
    assert said("frost alderwick jfrost", lax) == []


def test_the_rules_are_said_before_anything_is_typed() -> None:
    directory = DirectoryRules(min_length=10, history=5, sentences=(Text("Three of four kinds of characters"),))
    rules = replace(RULES, banned_words=("contoso",))
    assert [str(line.says) for line in requirements(rules, directory, replace(JO, directory_rules_length=True))] == [
        "10 characters or more",
        "At most 128 characters",
        "Not in any known data leak",
        NAMES,
        "Not a word your organisation rules out",
        "Not one of your last 5: checked when you save",
        "Three of four kinds of characters",
    ]


@given(st.text(string.printable, max_size=40))
def test_no_sentence_repeats_the_password(password: str) -> None:
    for sentence in judge(password, RULES, DIRECTORY, PasswordContext(), breached=lambda _: True).shortcomings:
        assert len(password) < 8 or password not in str(sentence)
        assert password not in sentence.values.values()


def test_the_names_are_kept_out_of_sight() -> None:
    assert "frost" not in repr(JO).lower()


# While it is typed ------------------------------------------------------------------------------------------------

STRICT = replace(RULES, banned_words=("contoso",))
KEEPS = DirectoryRules(history=5)


def live(password: str, easy: Text | None = None) -> Judged:
    return judge(password, STRICT, KEEPS, JO, breached=LEAKED.__contains__, easy=lambda _: easy)


def states(judged: Judged) -> str:
    """Each line's state by its first letter."""
    return "".join(line.state.value[0] for line in judged.lines)


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        (GOOD, "mmmmml"),
        ("x", "nmmmml"),
        ("cont", "nmmmml"),
        ("conto", "nmmmml"),
        ("contoso", "nmmmnl"),
        ("frost giants all over", "mmmnml"),
        ("sunshine sunshine", "mmnmml"),
        ("Contoso12", "nmmmnl"),
        ("m" * 129, "mnoool"),
        (f"{GOOD}\t", "mmoool"),
    ],
)
def test_each_line_says_how_the_password_stands_to_it(password: str, expected: str) -> None:
    assert states(live(password)) == expected


def test_a_line_says_how_much_is_missing_and_no_more_once_it_is_met() -> None:
    assert [str(line.says) for line in live("lamp-harvest").lines][:2] == [
        "15 characters or more: 3 to go",
        "At most 128 characters",
    ]
    assert str(live("m" * 130).lines[1].says) == "At most 128 characters: 2 too many"
    assert str(live(GOOD).lines[0].says) == "15 characters or more"


def test_what_has_no_line_is_advice() -> None:
    assert live(GOOD).advice is None
    assert str(live(GOOD, Text("it repeats itself")).advice).startswith("This is easy to guess because it repeats")
    assert str(live("sunshine sunshine", Text("it repeats itself")).advice) == LEAK
    assert live(f"{GOOD}\n").advice == NO_CONTROLS


typed = st.one_of(
    st.text(max_size=40), st.text(min_size=120, max_size=140), st.sampled_from([GOOD, "x", *LEAKED, "Contoso12"])
)


@given(typed, st.sampled_from([None, Text("it is short")]))
def test_the_list_and_the_refusal_never_disagree(password: str, easy: Text | None) -> None:
    judged = live(password, easy)
    good = {line.state for line in judged.lines} == {State.MET, State.LATER} and judged.advice is None
    assert good == (judged.shortcomings == ())
    needed = {line.says for line in judged.lines if line.state is State.NEEDED}
    # A leaked password's line is spoken for by its advice.
    assert needed - set(judged.shortcomings) <= {Text("Not in any known data leak")}
    assert set(judged.shortcomings) - needed <= {judged.advice}


@given(typed)
def test_no_password_changes_which_rules_stand_on_the_list(password: str) -> None:
    assert [line.text for line in live(password).lines] == [line.text for line in requirements(STRICT, KEEPS, JO)]


def test_before_anything_is_typed_only_the_directorys_rules_have_a_state() -> None:
    assert [line.state.value[0] for line in requirements(STRICT, KEEPS, JO)] == list("oooool")
