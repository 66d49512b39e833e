"""A code by text message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from keyback.config.house import TRANSLATIONS
from keyback.core import Contact, ContactKind, Context, Offer, Person, fits_one_text
from keyback.core.languages import Languages
from keyback.plugins.methods._phone_code import PhoneSettings
from keyback.plugins.methods.sms import Sms


def person(*numbers: str) -> Person:
    return Person("p", (), tuple(Contact(ContactKind.PHONE, number) for number in numbers))


def offer_to(number: str, ctx: Context) -> Offer:
    (offer,) = Sms(PhoneSettings()).offers(person(number), (), ctx)
    return offer


def test_eight_digits_good_for_five_minutes(ctx: Context) -> None:
    challenge = Sms(PhoneSettings()).begin(None, ctx)
    assert len(challenge.secret["code"]) == 8
    assert challenge.lifetime == timedelta(minutes=5)


def test_the_text_reads_as_promised_and_fits_one_message(ctx: Context) -> None:
    sms = Sms(PhoneSettings())
    challenge = sms.begin(None, ctx)
    message = sms.message(offer_to("+44 1632 960123", ctx), challenge, ctx)
    code = challenge.secret["code"]
    assert message is not None
    assert (message.medium, message.to, message.subject) == ("sms", "+441632960123", None)
    assert str(message.text) == (
        f"{code} is your Alderwick code, good for 5 minutes. Nobody from Alderwick will ask for it."
        f"\n\n@reset.alderwick.example #{code}"
    )
    assert fits_one_text(str(message.text))


def test_a_long_company_name_is_cut_so_that_one_message_is_enough(ctx: Context) -> None:
    sms = Sms(PhoneSettings())
    ctx = replace(ctx, company="The Honourable Society of Alderwick Żarów")
    text = sms.words("12345678", ctx)[1]
    assert fits_one_text(str(text))
    assert str(text).endswith("@reset.alderwick.example #12345678")


def test_the_line_for_filling_in_gives_way_where_it_does_not_fit(ctx: Context) -> None:
    ctx = replace(ctx, origin=f"https://{'a' * 60}.example", company="Alderwick Forestry")
    text = str(Sms(PhoneSettings()).words("12345678", ctx)[1])
    assert fits_one_text(text)
    assert text.endswith("will ask for it.")


def test_the_offer_shows_the_masked_end_only(ctx: Context) -> None:
    offer = offer_to("+441632960105", ctx)
    assert str(offer.label) == "We send a code to +XX XXXXXXX05"
    assert "960" not in repr(offer) + offer.id


def test_two_spellings_of_one_number_are_one_offer(ctx: Context) -> None:
    assert len(Sms(PhoneSettings()).offers(person("+44 1632 960123", "0044 1632 960123"), (), ctx)) == 1


@pytest.mark.parametrize("number", ["01632 960123", "+44 1632 960123 ext 7", "+441632960123;+441632960124", "none"])
def test_what_is_no_whole_number_is_not_offered(number: str, ctx: Context) -> None:
    assert Sms(PhoneSettings()).offers(person(number), (), ctx) == []


def test_a_number_without_a_country_is_offered_where_the_country_is_known(ctx: Context) -> None:
    (offer,) = Sms(PhoneSettings(country_code="44")).offers(person("01632 960123"), (), ctx)
    assert offer.private["to"] == "+441632960123"


@pytest.mark.parametrize(
    "typed",
    [
        "+441632960123", "+44 (0)1632 960123", "00441632960123", "01632960123", "1632960123", "441632960123",
        "01632 960-123", "（０１６３２）９６０１２３", "٠١٦٣٢٩٦٠١٢٣",
    ],
)  # fmt: skip
def test_the_whole_number_fits_in_any_spelling(typed: str, ctx: Context) -> None:
    assert Sms(PhoneSettings()).fits(offer_to("+441632960123", ctx), typed)


@pytest.mark.parametrize(
    "typed",
    [
        "", "23", "960123", "32960123", "0960123", "+441632960124", "+1632960123", "0011632960123",
        "01632960123,01632960199", "01632\n960123", "x01632960123", "²1632960123", "\ud800", "0" * 500,
    ],
)  # fmt: skip
def test_anything_less_or_else_does_not_fit(typed: str, ctx: Context) -> None:
    assert not Sms(PhoneSettings()).fits(offer_to("+441632960123", ctx), typed)


def test_the_prompt_drawn_for_nobody_names_no_number(ctx: Context) -> None:
    prompt = Sms(PhoneSettings()).begin(None, ctx).prompt
    assert str(prompt.text) == "If that number is yours, it gets a text with 8 digits. It can take a minute."
    (field,) = prompt.fields
    assert (str(field.label), field.length) == ("Code from the text message", 8)
    assert str(field.hint) == "Good for 5 minutes. Spaces don't matter."


def test_a_code_that_is_good_for_one_minute_says_so(ctx: Context) -> None:
    sms = Sms(PhoneSettings(lifetime=timedelta(minutes=1)))
    _, text = sms.words("12345678", ctx)
    assert "good for 1 minute." in str(text)
    (field,) = sms.begin(None, ctx).prompt.fields
    assert field.hint
    assert field.hint.render(Languages(TRANSLATIONS).catalogue("de")) == "1 Minute gültig. Leerzeichen sind egal."


@pytest.mark.parametrize("answer", [{}, {"code": ""}, {"code": "\ud800"}, {"code": "１２３"}, {"other": "1"}])
def test_odd_answers_miss(answer: dict[str, str], ctx: Context) -> None:
    sms = Sms(PhoneSettings())
    assert not sms.judge(offer_to("+441632960123", ctx), sms.begin(None, ctx), answer, ctx).passed
