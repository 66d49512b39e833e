"""The method behind text messages, calls and mail: codes that are drawn fairly and compared safely."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.masking import mask_phone
from keyback.core.contracts.method import Alphabet, Carrier, Field, Prompt
from keyback.core.contracts.one_time_code import CodeSettings, OneTimeCode, draw_digits, same
from keyback.core.contracts.people import Contact, ContactKind, Enrolment, Person
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.text import Text

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PHONE, OTHER = "+4930123405", "+4930123442"
JO = Person("jo", (), (Contact(ContactKind.PHONE, PHONE),))


class Pigeon(OneTimeCode):
    """A carrier of its own, so that no built-in plugin is needed here."""

    key, label, summary = "pigeon", Text("Pigeon"), Text("We send a pigeon")
    rides_on, medium = Carrier.PHONE, "pigeon"

    def addresses(self, person: Person) -> Sequence[str]:
        return person.phones

    def masked(self, address: str) -> Text:
        return Text("Pigeon to {end}", end=mask_phone(address))

    def prompt(self, field: Field) -> Prompt:
        return Prompt(Text("Look out"), Text("If {end} is yours, it gets a pigeon."), (field,))

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        return None, Text("Your code is {code}", code=code)


def a_context(draw: Callable[[int], bytes]) -> Context:
    return Context(NOW, NOW + timedelta(seconds=8), "en", "https://reset.example", "Alderwick", draw)


PIGEON = Pigeon(CodeSettings())
CTX = a_context(random.Random(1).randbytes)


# Fair ------------------------------------------------------------------------------------------------------------


def test_a_hundred_thousand_digits_are_each_as_likely_as_any_other() -> None:
    context = a_context(random.Random(20261121).randbytes)
    digits = "".join(draw_digits(8, context) for _ in range(12_500))
    # Chi-square with 9 degrees of freedom: 27.9 is passed by one fair source in a thousand.
    assert chi_square(Counter(digits), 10) < 27.9
    # The same for neighbours, 99 degrees: a digit says nothing about the next one.
    pairs = Counter(digits[at : at + 2] for at in range(0, len(digits), 2))
    assert chi_square(pairs, 100) < 148.2


def chi_square(counts: Counter[str], kinds: int) -> float:
    expected = counts.total() / kinds
    assert len(counts) == kinds
    return sum((count - expected) ** 2 / expected for count in counts.values())


def test_bytes_that_would_favour_small_digits_are_thrown_away() -> None:
    draws = iter([bytes(range(250, 256)), bytes([249, 0, 250, 255, 13]), b"\x07"])
    assert draw_digits(4, a_context(lambda count: next(draws))) == "9037"


@given(st.integers(6, 12), st.integers())
def test_a_code_has_exactly_the_digits_that_were_asked_for(count: int, seed: int) -> None:
    code = draw_digits(count, a_context(random.Random(seed).randbytes))
    assert len(code) == count
    assert set(code) <= set("0123456789")


# Safe ------------------------------------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_comparing_never_raises_and_is_exact(left: str, right: str) -> None:
    assert same(left, right) == (left == right)
    assert same(left + "\ud800", left + "\ud800")


@pytest.mark.parametrize(
    "answer", ["", "1234567", "123456789", "１２３４５６７８", "²2345678", "12345678\x00", " 12345678", "\ud800"]
)
def test_only_the_very_code_passes(answer: str) -> None:
    (offer,) = PIGEON.offers(JO, (), CTX)
    drawn = PIGEON.begin(None, CTX)
    challenge = replace(drawn, secret={"code": "12345678"})
    assert not PIGEON.judge(offer, challenge, {"code": answer}, CTX).passed
    assert not PIGEON.judge(offer, challenge, {}, CTX).passed
    assert PIGEON.judge(offer, challenge, {"code": "12345678"}, CTX).passed


def test_nobodys_challenge_has_the_shape_of_anybodys() -> None:
    nobodys, anybodys = PIGEON.begin(None, CTX), PIGEON.begin(PIGEON.offers(JO, (), CTX), CTX)
    assert nobodys.prompt == anybodys.prompt
    assert nobodys.lifetime == anybodys.lifetime == timedelta(minutes=5)
    assert (
        [len(value) for value in nobodys.secret.values()] == [len(value) for value in anybodys.secret.values()] == [8]
    )
    assert nobodys.secret != anybodys.secret


def test_the_page_is_told_how_long_the_code_is() -> None:
    (field,) = Pigeon(CodeSettings(digits=6)).begin(None, CTX).prompt.fields
    assert (field.name, field.length, field.alphabet) == ("code", 6, Alphabet.DIGITS)
    assert field.autocomplete == "one-time-code"


def test_neither_code_nor_number_is_printed_or_stands_in_an_offers_id() -> None:
    (offer,) = PIGEON.offers(JO, (), CTX)
    challenge = PIGEON.begin(None, CTX)
    message = PIGEON.message(offer, challenge, CTX)
    shown = repr(offer) + repr(challenge) + repr(message) + offer.id + str(offer.label)
    assert challenge.secret["code"] not in shown
    assert PHONE not in shown
    assert PHONE[3:] not in shown


def test_the_message_goes_to_the_offer_and_nowhere_else() -> None:
    (offer,) = PIGEON.offers(JO, (), CTX)
    challenge = PIGEON.begin(None, CTX)
    message = PIGEON.message(offer, challenge, CTX)
    assert message is not None
    assert (message.medium, message.to) == ("pigeon", PHONE)
    assert str(message.text) == f"Your code is {challenge.secret['code']}"


def test_a_number_that_was_enrolled_lately_carries_nothing_yet() -> None:
    ready = Enrolment("1", "pigeon", "Old", {"to": OTHER}, NOW, NOW)
    cooling = Enrolment("2", "pigeon", "New", {"to": "+15550100"}, NOW, NOW + timedelta(hours=72))
    again = Enrolment("3", "pigeon", "Same", {"to": PHONE}, NOW, NOW)
    offers = PIGEON.offers(JO, (ready, cooling, again), CTX)
    assert [offer.private["to"] for offer in offers] == [PHONE, OTHER]
    assert len({offer.id for offer in offers}) == 2


def test_the_same_way_has_the_same_id_always() -> None:
    later = replace(CTX, now=NOW + timedelta(days=1), locale="de")
    assert [o.id for o in PIGEON.offers(JO, (), CTX)] == [o.id for o in PIGEON.offers(JO, (), later)]


KEPT = st.dictionaries(st.sampled_from(("to", "extension", "floor")), st.text(st.sampled_from("+12"), max_size=4))


@given(st.lists(KEPT.map(lambda kept: {"to": "", **kept}), min_size=2, max_size=2))
def test_two_ways_have_one_id_only_if_everything_kept_of_them_is_the_same(both: list[dict[str, str]]) -> None:
    left, right = (PIGEON.offer(kept).id for kept in both)
    assert (left == right) == (both[0] == both[1])
    assert left == PIGEON.offer(dict(reversed(both[0].items()))).id


def test_an_extension_is_not_the_end_of_a_longer_number() -> None:
    assert PIGEON.offer({"to": PHONE, "extension": "5"}).id != PIGEON.offer({"to": PHONE + "5"}).id
