"""What of a number or an address may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.masking import is_masked_mail, mask_mail, mask_phone, spoken
from keyback.core.contracts.text import Text


@pytest.mark.parametrize("number", ["+49 30 1234567 05", "+15550105", "030/1234-05", "+44 (0)20 7946 0905", "٠١٢05"])
def test_of_a_number_only_the_last_two_digits_are_shown(number: str) -> None:
    assert mask_phone(number) == "+XX XXXXXXX05"


@given(st.text("0123456789", min_size=2, max_size=20), st.text("0123456789", min_size=2, max_size=20))
def test_two_numbers_with_one_ending_look_alike(left: str, right: str) -> None:
    assert mask_phone(f"+{left}42") == mask_phone(f"+{right}42")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("annette.brown@example.org", "a••••@ex••••.org"),
        ("a@b.c", "a••••@b••••.c"),
        ("jo@mail.alderwick.example", "j••••@ma••••.example"),
        ('"odd@name"@example.org', '"••••@ex••••.org'),
        ("jo@mailserver", "j••••@ma••••"),
    ],
)
def test_of_an_address_only_its_beginnings_and_its_ending_are_shown(address: str, shown: str) -> None:
    assert mask_mail(address) == shown


@given(st.from_regex(r"[a-z]{2,30}@[a-z]{3,30}\.(org|example)", fullmatch=True))
def test_the_length_of_an_address_does_not_show(address: str) -> None:
    name, domain = address.split("@")
    longer = f"{name}xyz@{domain[:2]}xyz{domain[2:]}"
    assert mask_mail(address) == mask_mail(longer)
    assert f"{name}@" not in mask_mail(address)
    assert f"@{domain}" not in mask_mail(address)


def test_an_address_is_shown_in_small_letters() -> None:
    """Or people who spell theirs with a capital could be told from those who have none."""
    assert mask_mail("Jo@Example.ORG") == mask_mail("jo@example.org")


@given(st.from_regex(r"[a-z]{1,30}@([a-z]{1,30}\.)?[a-z]{2,9}", fullmatch=True))
def test_masking_what_is_masked_changes_nothing(address: str) -> None:
    assert mask_mail(mask_mail(address)) == mask_mail(address)
    assert is_masked_mail(mask_mail(address))
    assert mask_phone(mask_phone("+15550105")) == mask_phone("+15550105")


@pytest.mark.parametrize(
    ("end", "heard"),
    [
        ("+XX XXXXXXX05", "We call the number ending in 05"),
        ("j••••@ma••••.example", "We call the address beginning with j"),
    ],
)
def test_a_masked_end_is_spoken_without_its_dots(end: str, heard: str) -> None:
    assert str(spoken(Text("We call {end}", end=end))) == heard


def test_a_label_without_an_end_is_spoken_as_it_is() -> None:
    assert spoken(Text("One of the codes you printed")) == Text("One of the codes you printed")
