"""A call: a code that is heard, or a key that approves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keyback.core import (
    Asked,
    Call,
    Challenge,
    Contact,
    ContactKind,
    Context,
    Enrolment,
    Message,
    NewEnrolment,
    NotAllowed,
    Offer,
    Person,
)
from keyback.plugins.methods._plain_words import WORDS
from keyback.plugins.methods.voice import Voice, VoiceSettings

PERSON = Person("p", (), (Contact(ContactKind.PHONE, "+44 1632 960123"),))
HEAR, APPROVE = Voice(VoiceSettings()), Voice(VoiceSettings(approve=True))


def offer(ctx: Context) -> Offer:
    (one,) = HEAR.offers(PERSON, (), ctx)
    return one


def carried(voice: Voice, challenge: Challenge, ctx: Context) -> tuple[Message, Call]:
    message = voice.message(offer(ctx), challenge, ctx)
    assert message is not None
    assert message.call is not None
    return message, message.call


def test_the_call_says_the_code_twice_digit_by_digit(ctx: Context) -> None:
    challenge = replace(HEAR.begin(None, ctx), secret={"code": "48210973"})
    message, call = carried(HEAR, challenge, ctx)
    assert (message.medium, message.to) == ("voice", "+441632960123")
    assert str(message.text).splitlines() == ["Your code is 4, 8, 2, 1 – 0, 9, 7, 3."] * 2
    assert (call.key, call.approves) == ("#", False)


def test_whoever_picks_up_hears_no_code_before_the_key(ctx: Context) -> None:
    challenge = HEAR.begin(None, ctx)
    _, call = carried(HEAR, challenge, ctx)
    assert str(call.greeting) == (
        "This is Alderwick. To hear the code you asked for, press the hash key. If you didn't ask, hang up."
    )
    assert not set(str(call.greeting)) & set("0123456789")


def test_the_prompt_drawn_for_nobody_names_no_number(ctx: Context) -> None:
    prompt = HEAR.begin(None, ctx).prompt
    assert (str(prompt.heading), prompt.widget) == ("Answer your phone", "call")
    assert str(prompt.text) == "If that number is yours, it rings now."
    (field,) = prompt.fields
    assert (str(field.label), field.length) == ("Code you heard", 8)
    assert str(field.hint) == "The call says it twice. Press # to hear it again."


def test_the_offer_shows_the_masked_end_only(ctx: Context) -> None:
    assert str(offer(ctx).label) == "We call +XX XXXXXXX23"
    assert "960" not in repr(offer(ctx)) + offer(ctx).id


@pytest.mark.parametrize(("voice", "hears"), [(HEAR, False), (APPROVE, True)])
def test_a_setting_says_whether_the_key_is_the_answer(voice: Voice, hears: bool, ctx: Context) -> None:
    challenge = voice.begin(None, ctx)
    assert voice.hears is hears
    assert bool(challenge.prompt.fields) is not hears
    assert carried(voice, challenge, ctx)[1].approves is hears


@pytest.mark.parametrize("locale", ["en", "de", "de-AT", "fr"])
def test_page_and_call_share_a_word_of_the_language_that_is_spoken(locale: str, ctx: Context) -> None:
    challenge = APPROVE.begin(None, replace(ctx, locale=locale))
    word = challenge.prompt.data["word"]
    assert word in WORDS.get(locale[:2], WORDS["en"])
    assert f"The word is: {word}." in str(carried(APPROVE, challenge, ctx)[1].greeting)
    # Whoever changes the language of the page meanwhile still sees the word that is said.
    assert f"The word is: {word}." in str(carried(APPROVE, challenge, replace(ctx, locale="de"))[1].greeting)


def test_another_call_has_another_word_with_few_exceptions(ctx: Context) -> None:
    numbered = (replace(ctx, random=lambda count, n=n: bytes([n]) * count) for n in range(256))
    drawn = [APPROVE.begin(None, each).prompt.data["word"] for each in numbered]
    assert {word: drawn.count(word) for word in drawn} == dict.fromkeys(WORDS["en"], 4)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
def test_words_are_told_apart_by_their_beginning_and_length(words: tuple[str, ...]) -> None:
    assert len({word.casefold() for word in words}) == 64
    assert all(word.isalpha() and 4 <= len(word) <= 9 for word in words)


@pytest.mark.parametrize("answer", [{}, {"key": ""}, {"key": "1"}, {"key": "##"}, {"code": "#"}, {"key": "\ud800"}])
def test_nothing_but_the_key_approves(answer: dict[str, str], ctx: Context) -> None:
    challenge = APPROVE.begin(None, ctx)
    assert APPROVE.judge(offer(ctx), challenge, {"key": "#"}, ctx).passed
    assert not APPROVE.judge(offer(ctx), challenge, answer, ctx).passed


def test_a_key_is_no_answer_where_a_code_is_asked_for_even_if_the_setting_changed_meanwhile(ctx: Context) -> None:
    asked_for_a_code, asked_for_a_key = HEAR.begin(None, ctx), APPROVE.begin(None, ctx)
    for voice in (HEAR, APPROVE):
        assert not voice.judge(offer(ctx), asked_for_a_code, {"key": "#"}, ctx).passed
        assert voice.judge(offer(ctx), asked_for_a_code, asked_for_a_code.secret, ctx).passed
        assert voice.judge(offer(ctx), asked_for_a_key, {"key": "#"}, ctx).passed


def test_a_number_with_an_extension_is_dialled_to_its_end(ctx: Context) -> None:
    kept = Enrolment("e", "voice", "", {"to": "+441632960100", "extension": "4711"}, ctx.now, ctx.now)
    (behind,) = HEAR.offers(Person("p", ()), (kept,), ctx)
    message = HEAR.message(behind, HEAR.begin(None, ctx), ctx)
    assert message is not None
    assert message.call is not None
    assert (message.to, message.call.extension) == ("+441632960100", "4711")
    assert "4711" not in f"{behind.label} {behind!r} {message!r}"


# Adding one -------------------------------------------------------------------------------------------------------


def added(answer: dict[str, str], ctx: Context) -> NewEnrolment:
    """What is kept once the code that was heard was typed."""
    asked = APPROVE.confirm(APPROVE.enrol(Person("p", ()), (), ctx), answer, ctx)
    assert isinstance(asked, Asked)
    assert asked.message is not None
    assert asked.message.call is not None
    assert not asked.message.call.approves
    new = APPROVE.confirm(asked.challenge, {"code": asked.challenge.secret["code"]}, ctx)
    assert isinstance(new, NewEnrolment)
    return new


def test_an_office_phone_is_kept_with_its_extension_and_never_shows_it(ctx: Context) -> None:
    fields = [field.name for field in HEAR.asks(ctx).fields]
    assert fields == ["region", "destination", "extension"]
    new = added({"destination": "+441632960100", "extension": "4711"}, ctx)
    assert new.data == {"to": "+441632960100", "extension": "4711"}
    assert new.label == "+XX XXXXXXX00"


def test_any_other_phone_has_none(ctx: Context) -> None:
    assert added({"destination": "+441632960100", "extension": ""}, ctx).data == {"to": "+441632960100"}
    assert added({"destination": "+441632960100"}, ctx).data == {"to": "+441632960100"}


@pytest.mark.parametrize("extension", ["x", "47#", "1" * 11, "+1", "²", "1,2", " ", "\ud800"])
def test_what_could_not_be_dialled_is_no_extension(extension: str, ctx: Context) -> None:
    with pytest.raises(NotAllowed) as refused:
        added({"destination": "+441632960100", "extension": extension}, ctx)
    assert set(refused.value.at) == {"extension"}
    assert str(refused.value.reason) == "An extension has at most 10 digits."


def test_the_same_number_behind_another_extension_is_another_phone(ctx: Context) -> None:
    kept = Enrolment("e", "voice", "", {"to": "+441632960100", "extension": "4711"}, ctx.now, ctx.now)
    challenge = HEAR.enrol(Person("p", ()), (kept,), ctx)
    assert isinstance(HEAR.confirm(challenge, {"destination": "+441632960100", "extension": "4712"}, ctx), Asked)
    with pytest.raises(NotAllowed, match="added this number already"):
        HEAR.confirm(challenge, {"destination": "+441632960100", "extension": "4711"}, ctx)
