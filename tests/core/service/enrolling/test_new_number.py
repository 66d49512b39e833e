"""The number that somebody adds: read as its country writes it, and refused in words that help."""

from __future__ import annotations

import pytest

from keyback.core.contracts.errors import NotAllowed
from keyback.core.service.enrolling.new_number import dialled
from keyback.core.service.sending.numbers import NumberRules

EVERYWHERE = NumberRules(frozenset({"AT", "DE", "GB", "US"}))


def read(typed: str, region: str = "", medium: str = "sms", rules: NumberRules = EVERYWHERE, **more: str) -> str:
    return dialled({"destination": typed, "region": region, **more}, medium, rules, "en")["destination"]


def refused(typed: str, region: str = "", medium: str = "sms", rules: NumberRules = EVERYWHERE) -> dict[str, str]:
    with pytest.raises(NotAllowed) as why:
        read(typed, region, medium, rules)
    return {name: str(text) for name, text in why.value.at.items()}


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("0664 1234505", "AT"), ("664 1234505", "AT"), ("+43 664 1234505", ""), ("+43 (0)664 123 45-05", "DE"),
        ("0043 664 1234505", "DE"), ("011 43 664 1234505", "US"),
    ],
)  # fmt: skip
def test_a_number_is_read_at_home_and_from_abroad(typed: str, region: str) -> None:
    assert read(typed, region) == "+436641234505"


def test_a_country_in_the_number_wins_over_the_list() -> None:
    assert read("+1 202 555 0142", "AT") == "+12025550142"


def test_without_a_country_the_list_has_to_say_it() -> None:
    assert refused("0664 1234505") == {"region": "Choose one from the list"}


@pytest.mark.parametrize(
    ("typed", "region", "why"),
    [
        ("0664 12", "AT", "That number is too short for Austria."),
        ("0664 1234505 999999", "AT", "That isn't a whole phone number. Check the digits."),
        ("+43 664", "", "That isn't a whole phone number. Check the digits."),
        ("call me", "AT", "That isn't a whole phone number. Check the digits."),
        ("0664 1234505", "XX", "That isn't a whole phone number. Check the digits."),
        ("0664 1234505 ext. 7", "AT", "Text messages don't reach this kind of number. Use another one."),
    ],
)
def test_what_is_no_whole_number_is_told_at_its_field(typed: str, region: str, why: str) -> None:
    assert refused(typed, region) == {"destination": why}


@pytest.mark.parametrize("typed", ["+49 900 1234567", "+44 7000 123456", "+1 800 555 0199", "+881 612345678"])
def test_what_somebody_is_paid_for_gets_neither_text_nor_call(typed: str) -> None:
    assert refused(typed) == {"destination": "Text messages don't reach this kind of number. Use another one."}
    assert refused(typed, medium="voice") == {"destination": "We don't call this kind of number. Use another one."}


def test_a_landline_is_called_but_gets_no_text() -> None:
    assert "Text messages don't reach" in refused("+43 1 5234567")["destination"]
    assert read("+43 1 5234567", medium="voice") == "+4315234567"


def test_where_the_organisation_sends_nothing_is_named() -> None:
    rules = NumberRules(frozenset({"AT"}))
    assert read("0664 1234505", "AT", rules=rules) == "+436641234505"
    assert refused("+1 202 555 0142", rules=rules)["destination"] == "Your organisation doesn't send to United States."


def test_a_number_of_the_directory_needs_no_list_of_regions() -> None:
    assert "doesn't send" in refused("+43 664 1234505", rules=NumberRules())["destination"]
    assert read("+43 664 1234505", rules=NumberRules(), given="yes") == "+436641234505"
    assert "doesn't send" in refused("+1 202 555 0142", rules=NumberRules(frozenset({"AT"})))["destination"]


def test_a_range_that_somebody_vouched_for_is_taken() -> None:
    assert read("07700 900142", "GB", rules=NumberRules(frozenset({"GB"}), known=("+447700",))) == "+447700900142"


def test_an_extension_is_read_where_the_page_asks_for_one() -> None:
    asked = {"destination": "+43 1 5234567 ext. 12", "extension": ""}
    assert dialled(asked, "voice", EVERYWHERE, "en")["extension"] == "12"
    assert dialled({**asked, "extension": "34"}, "voice", EVERYWHERE, "en")["extension"] == "34"
