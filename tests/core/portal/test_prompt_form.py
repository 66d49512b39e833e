"""What people type is read the way they mean it, before any code is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.method import Alphabet, Field
from keyback.core.contracts.text import Text
from keyback.core.portal.prompt_form import fold, read_answer

EIGHT = Field("code", Text("Code"), None, Alphabet.DIGITS, 8, "one-time-code")
SAVED = Field("code", Text("Saved code"), None, Alphabet.LETTERS_AND_DIGITS, 16)
FREE = Field("answer-1", Text("First pet"))


@pytest.mark.parametrize(
    "typed",
    [
        "48210937",
        " 4821 0937 ",
        "4821-0937",
        "4821\u20130937",
        "4821\u20140937",
        "4821\u22120937",
        "4821\u00a00937",
        "\u200b4821\u20090937\ufeff",
        "\uff14\uff18\uff12\uff11\uff10\uff19\uff13\uff17",
        "4821\t0937\n",
        "\u0664\u0668\u0662\u0661\u0660\u0669\u0663\u0667",
        "\u096a\u096e\u0968\u0967\u0966\u096f\u0969\u096d",
    ],
)
def test_a_code_may_be_typed_in_many_ways(typed: str) -> None:
    assert read_answer([EIGHT], {"code": typed}) == ({"code": "48210937"}, ())


@pytest.mark.parametrize("typed", ["abcd-efgh-jkmn-pqrs", "ABCD EFGH JKMN PQRS", "\uff41bcdefghjkmnpqrs"])
def test_a_saved_code_may_be_typed_with_dashes_and_full_width(typed: str) -> None:
    answer, problems = read_answer([SAVED], {"code": typed})
    assert problems == ()
    assert answer["code"].lower() == "abcdefghjkmnpqrs"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the code"),
        (" - ", "Enter the code"),
        ("4821093", "The code has 8 digits; this has 7."),
        ("482109371", "The code has 8 digits; this has 9."),
        ("4821093O", "The code has 8 digits; this has 7."),
        ("48210937x", "The code has only digits."),
        ("4821093²", "The code has 8 digits; this has 7."),
        ("9" * 300, "That is too long. It has at most 256 characters."),
    ],
)
def test_what_cannot_be_the_code_is_said_at_once(typed: str, said: str) -> None:
    _, (problem,) = read_answer([EIGHT], {"code": typed})
    assert (problem.field, str(problem.text)) == ("code", said)


def test_letters_are_counted_too_where_letters_occur() -> None:
    _, (problem,) = read_answer([SAVED], {"code": "abcd-efgh"})
    assert str(problem.text) == "The code has 16 letters and digits; this has 8."


def test_free_text_keeps_its_inside() -> None:
    assert read_answer([FREE], {"answer-1": "  Sir  Barks-a-lot "}) == ({"answer-1": "Sir  Barks-a-lot"}, ())


@pytest.mark.parametrize("typed", ["", "2", "-1", "01", "x", "\u0661", "1 0", "1" * 5000])
def test_only_what_stands_in_a_list_can_be_chosen_from_it(typed: str) -> None:
    listed = Field("question-1", Text("Question 1"), choices=(Text("First pet"), Text("First toy")))
    (problem,) = read_answer([listed], {"question-1": typed})[1]
    assert (problem.field, str(problem.text)) in {
        ("question-1", "Choose one from the list"),
        ("question-1", "That is too long. It has at most 256 characters."),
    }
    assert read_answer([listed], {"question-1": "1"}) == ({"question-1": "1"}, ())


def test_a_missing_field_is_an_empty_one() -> None:
    assert [problem.field for problem in read_answer([EIGHT, FREE], {})[1]] == ["code", "answer-1"]


@given(st.text(max_size=400))
def test_no_text_breaks_the_folding(typed: str) -> None:
    for field in (EIGHT, SAVED, FREE):
        answer, problems = read_answer([field], {field.name: typed})
        if field is not FREE and not problems:
            assert answer[field.name].isascii()
            assert len(answer[field.name]) == field.length


@given(st.text(alphabet="0123456789 -\u2013", max_size=30))
def test_folding_twice_is_folding_once(typed: str) -> None:
    assert fold(fold(typed, Alphabet.DIGITS), Alphabet.DIGITS) == fold(typed, Alphabet.DIGITS)
