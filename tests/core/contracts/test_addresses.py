"""One number or one mailbox, in one form, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core import e164, fold_number, mailbox


@pytest.mark.parametrize(
    "raw",
    [
        "+441632960123",
        "+44 1632 960-123",
        "0044 1632 960123",
        "+44 (0)1632 960123",
        "＋４４１６３２９６０１２３",
        "+44\u00a01632\u200b960123",
    ],
)
def test_spellings_of_a_number_are_one_number(raw: str) -> None:
    assert e164(raw) == "+441632960123"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "+",
        "+44 1632 960123 ext 5",
        "+441632960123,+441632960124",
        "+44163²",
        "+44\n1632960123\r\nBcc",
        "9" * 400,
        "\ud800",
        "1+2345678",
    ],
)
def test_what_is_not_one_number_is_none(raw: str) -> None:
    assert e164(raw, "44") is None


def test_a_number_without_a_country_needs_to_be_told_which() -> None:
    assert e164("01632 960123") is None
    assert e164("01632 960123", "44") == "+441632960123"


@pytest.mark.parametrize("raw", ["a.b+c@example.org", "jö@exämple.org", " a@sub.example.co.uk "])
def test_one_address_is_kept_as_it_is_spelt(raw: str) -> None:
    assert mailbox(raw) == raw.strip()


@pytest.mark.parametrize(
    "raw",
    [
        "", "a", "@b.org", "a@", "a@b", "a@b.org,c@d.org", "a@b.org;c@d.org", "a@b.org c@d.org", "A <a@b.org>",
        "a@b@c.org", "a@b.org\r\nBcc: c@d.org", '"a b"@c.org', "a(x)@b.org", "a@[127.0.0.1]", "a@-b.org", "a@b..org",
        "x" * 65 + "@b.org",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_none(raw: str) -> None:
    assert mailbox(raw) is None


@given(st.text())
def test_nothing_that_anybody_types_raises(raw: str) -> None:
    folded, number, address = fold_number(raw), e164(raw, "44"), mailbox(raw)
    assert folded is None or folded.removeprefix("+").isascii()
    assert number is None or number[1:].isdecimal()
    assert address is None or "\n" not in address
