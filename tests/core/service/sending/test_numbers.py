"""Numbers: read as the numbering plans say, and never one that somebody is paid for."""

from __future__ import annotations

import catalogues
import pytest

from keyback.core.service.sending.numbers import (
    Kind,
    NumberRules,
    calling_code,
    is_region,
    may_get,
    read,
    region_name,
    regions,
    too_short,
)

EVERYWHERE = NumberRules(frozenset(region.code for region in regions()))


@pytest.mark.parametrize(
    ("typed", "region", "e164", "extension", "where", "kind"),
    [
        ("0171 2345678", "DE", "+491712345678", "", "DE", Kind.MOBILE),
        ("+49 171 2345678", "US", "+491712345678", "", "DE", Kind.MOBILE),
        ("030 901820", "DE", "+4930901820", "", "DE", Kind.LANDLINE),
        ("030 901820 ext. 123", "DE", "+4930901820", "123", "DE", Kind.LANDLINE),
        ("+1 876 555 0123", "US", "+18765550123", "", "JM", Kind.MOBILE),
        ("+44 7911 123456", "GB", "+447911123456", "", "GG", Kind.MOBILE),
        ("+1 212 555 0123", "", "+12125550123", "", "US", Kind.EITHER),
    ],
)
def test_a_number_is_read_with_its_country_its_kind_and_its_extension(
    typed: str, region: str, e164: str, extension: str, where: str, kind: Kind
) -> None:
    number = read(typed, region)
    assert number is not None
    assert (number.e164, number.extension, number.region, number.kind) == (e164, extension, where, kind)


@pytest.mark.parametrize("typed", ["", "0171 2345678", "nobody", "+49", "+999 123456789", "+49 171 2345678" * 9])
def test_what_no_numbering_plan_knows_is_no_number(typed: str) -> None:
    assert read(typed) is None


@pytest.mark.parametrize(("typed", "region"), [("110", "DE"), ("112", "DE"), ("911", "US"), ("22333", "US")])
def test_short_and_emergency_numbers_are_none(typed: str, region: str) -> None:
    assert read(typed, region) is None


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("+49 900 1234567", "premium-rate"),
        ("+1 900 234 5678", "premium-rate"),
        ("+49 180 5012345", "shared-cost"),
        ("+1 800 234 5678", "toll-free"),
        ("+44 70 1234 5678", "personal"),
        ("+881 6 1234 5678", "no-country"),
        ("+882 16 12345678", "no-country"),
        ("+979 1 2345 6789", "no-country"),
    ],
)
@pytest.mark.parametrize("medium", ["sms", "voice"])
def test_what_somebody_is_paid_for_is_never_written_to(typed: str, why: str, medium: str) -> None:
    number = read(typed)
    assert number is not None
    assert may_get(number, medium, EVERYWHERE) == why


def test_a_landline_gets_calls_and_no_texts() -> None:
    landline = read("030 901820", "DE")
    assert landline is not None
    assert may_get(landline, "sms", EVERYWHERE) == "landline"
    assert may_get(landline, "voice", EVERYWHERE) == ""


def test_a_number_of_the_internet_counts_where_the_settings_say_so() -> None:
    internet = read("+44 56 0012 3456")
    assert internet is not None
    assert internet.kind is Kind.VOIP
    assert may_get(internet, "sms", EVERYWHERE) == "voip"
    assert may_get(internet, "sms", NumberRules(EVERYWHERE.regions, voip=True)) == ""


def test_nothing_goes_to_a_region_that_is_not_on_the_list() -> None:
    german = read("+49 171 2345678")
    assert german is not None
    assert may_get(german, "sms", NumberRules(frozenset({"AT"}))) == "region"
    assert may_get(german, "sms", NumberRules()) == "region"
    assert may_get(german, "sms", NumberRules(frozenset({"AT", "DE"}))) == ""


def test_a_number_that_lacks_digits_is_told_from_one_that_is_none() -> None:
    assert too_short("0171 23", "DE")
    assert not too_short("0171 2345678", "DE")
    assert not too_short("nobody", "DE")


def test_every_region_has_a_name_in_every_language_and_a_calling_code() -> None:
    for language in ("en", *catalogues.languages()):
        named = regions(language)
        assert len(named) > 240
        assert all(is_region(region.code) and region.calling_code == calling_code(region.code) for region in named)
        assert (catalogues.REGION_NAMES / f"{language}.txt").read_text(encoding="utf-8") == catalogues.regions(language)


def test_regions_stand_as_their_language_sorts_them() -> None:
    names = [region.name for region in regions("de")]
    assert names.index("Ägypten") < names.index("Albanien") < names.index("Österreich") < names.index("Polen")


def test_a_language_without_names_says_the_english_ones() -> None:
    assert region_name("DE", "de") == "Deutschland"
    assert region_name("DE", "xx") == "Germany"
    assert region_name("??") == "??"


def test_without_any_region_only_numbers_of_the_directory_are_written_to() -> None:
    german = read("+49 171 2345678")
    assert german is not None
    assert may_get(german, "sms", NumberRules(), ours=True) == ""
    assert may_get(german, "sms", NumberRules(frozenset({"AT"})), ours=True) == "region"


def test_a_range_that_somebody_vouches_for_counts_although_no_plan_knows_it() -> None:
    assert read("07700 900142", "GB") is None
    vouched = read("07700 900142", "GB", ("+447700900",))
    assert vouched is not None
    assert (vouched.e164, vouched.region, vouched.kind) == ("+447700900142", "GB", Kind.EITHER)
    assert read("07700 900142", "GB", ("+447700901",)) is None


def test_nobody_can_vouch_for_what_somebody_is_paid_for() -> None:
    premium = read("+49 900 1234567", "", ("+49900",))
    assert premium is not None
    assert may_get(premium, "sms", EVERYWHERE) == "premium-rate"
