"""The suite for methods finds what is wrong with one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import Field as Setting
from pydantic import SecretStr

from keyback.core import (
    Carrier,
    Challenge,
    CodeSettings,
    Context,
    Enrolment,
    Field,
    Message,
    Offer,
    OneTimeCode,
    Person,
    PluginSettings,
    Prompt,
    Text,
    Verdict,
    mask_phone,
)
from keyback.core.testing import MethodSuite

Failures = Callable[..., dict[str, str]]


class Code(OneTimeCode):
    """A method without a fault."""

    key, label, rides_on, medium = "code", Text("A code"), Carrier.PHONE, "sms"
    summary = Text("A code to a phone")
    destination = Field("to", Text("Your number"))

    def addresses(self, person: Person) -> Sequence[str]:
        return person.phones

    def masked(self, address: str) -> Text:
        return Text("A code to {end}", end=mask_phone(address))

    def prompt(self, field: Field) -> Prompt:
        return Prompt(Text("Enter it"), Text("If there is a phone, a code is on its way."), (field,))

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        return None, Text("{code}", code=code)

    def fits(self, offer: Offer, destination: str) -> bool:
        return offer.private["to"] == destination


class ShowsNumber(Code):
    def masked(self, address: str) -> Text:
        return Text("A code to {end}", end=address)


class OddField(Code):
    def prompt(self, field: Field) -> Prompt:
        return Prompt(
            Text("Enter it"), Text("If there is a phone, a code is on its way."), (replace(field, name="pin"),)
        )


class NumberAsId(Code):
    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return [replace(offer, id=offer.private["to"]) for offer in super().offers(person, enrolments, ctx)]


class NewIds(Code):
    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return [replace(offer, id=os.urandom(8).hex()) for offer in super().offers(person, enrolments, ctx)]


class OffersToNobody(Code):
    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return super().offers(person, enrolments, ctx) or [Offer(self.key, "x", Text("A code"), {"to": "+15550199"})]


class TellsWhoIsKnown(Code):
    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        challenge = super().begin(offers, ctx)
        return challenge if offers else replace(challenge, lifetime=timedelta(minutes=1))


class NoSecretForNobody(Code):
    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        challenge = super().begin(offers, ctx)
        return challenge if offers else replace(challenge, secret={"nobody": "1"})


class OneCodeForAll(Code):
    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        return replace(super().begin(offers, ctx), secret={"code": "12345678"})


class OwnChance(Code):
    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        return replace(super().begin(offers, ctx), secret={"code": os.urandom(4).hex()})


class NoText(Code):
    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        secret: Any = {"code": b"12345678"}
        return replace(super().begin(offers, ctx), secret=secret)


class GoodForever(Code):
    Settings = CodeSettings

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        return replace(super().begin(offers, ctx), lifetime=timedelta(days=1))


class Tired(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return replace(super().judge(offer, challenge, answer, ctx), reason=os.urandom(4).hex())


class YesForAll(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(True)


class YesForEmpty(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(challenge.secret["code"].startswith(answer.get("code", "")))


class RaisesOnMissing(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(answer["code"] == challenge.secret["code"])


class RaisesOnOdd(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(answer.get("code", "-").encode() == challenge.secret["code"].encode())


class NeverYes(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(False)


class AnyDigits(Code):
    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(len(answer.get("code", "")) == 8 and answer["code"].isascii())


class FitsAll(Code):
    def fits(self, offer: Offer, destination: str) -> bool:
        return True


class Astray(Code):
    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        message = super().message(offer, challenge, ctx)
        return message and replace(message, to="+15550199")


class SaysNothing(Code):
    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        return None


class Nameless(Code):
    key = "Not a key!"


class Untitled(PluginSettings):
    """A setting without a title."""

    digits: int = 8
    lifetime: timedelta = timedelta(minutes=5)


class Formless(CodeSettings):
    """A setting that no form can show."""

    table: dict[str, str] = Setting({}, title="Table", description="Of things.")


class Readable(CodeSettings):
    """A secret that prints."""

    api_token: str = Setting("hunter2", title="Token", description="Of the provider.")


class Loose(CodeSettings, extra="ignore"):
    """Takes whatever it is given."""


class Guarded(CodeSettings):
    """As it should be."""

    api_token: SecretStr = Setting(SecretStr("hunter2"), title="Token", description="Of the provider.")


def set_up(settings: type[PluginSettings]) -> Code:
    method: Code = type("Code", (Code,), {"Settings": settings})(settings())
    return method


FAULTY_METHODS: Mapping[str, tuple[Code, str]] = {
    "shows the number": (ShowsNumber(CodeSettings()), "nothing_private_is_shown"),
    "asks by a name that no page takes": (OddField(CodeSettings()), "its_fields_have_names_that_pages_take"),
    "uses the number as id": (NumberAsId(CodeSettings()), "nothing_private_is_shown"),
    "has new ids every time": (NewIds(CodeSettings()), "the_same_ways_have_the_same_ids_always"),
    "offers something to nobody": (OffersToNobody(CodeSettings()), "the_same_ways_have_the_same_ids_always"),
    "tells who is known by lifetime": (
        TellsWhoIsKnown(CodeSettings()),
        "a_challenge_for_nobody_has_the_shape_of_anybodys",
    ),
    "draws nothing for nobody": (NoSecretForNobody(CodeSettings()), "a_challenge_for_nobody_has_the_shape_of_anybodys"),
    "has one code for all": (OneCodeForAll(CodeSettings()), "chance_comes_from_the_context_and_never_twice"),
    "has its own chance": (OwnChance(CodeSettings()), "chance_comes_from_the_context_and_never_twice"),
    "has a secret that is no text": (NoText(CodeSettings()), "a_challenge_survives_being_stored"),
    "is good for ever": (GoodForever(CodeSettings()), "a_challenge_survives_being_stored"),
    "judges differently each time": (Tired(CodeSettings()), "the_right_answer_passes_every_time_it_is_judged"),
    "says yes to all": (YesForAll(CodeSettings()), "an_odd_answer_fails_and_never_raises"),
    "says yes to nothing": (YesForEmpty(CodeSettings()), "an_odd_answer_fails_and_never_raises"),
    "raises when a field is missing": (RaisesOnMissing(CodeSettings()), "an_odd_answer_fails_and_never_raises"),
    "raises on half a character": (RaisesOnOdd(CodeSettings()), "an_odd_answer_fails_and_never_raises"),
    "fits any destination": (FitsAll(CodeSettings()), "an_odd_answer_fails_and_never_raises"),
    "never says yes": (NeverYes(CodeSettings()), "the_right_answer_passes_every_time_it_is_judged"),
    "takes any digits": (AnyDigits(CodeSettings()), "an_answer_to_another_challenge_fails"),
    "sends to somebody else": (Astray(CodeSettings()), "a_message_goes_to_the_offers_own_end"),
    "has a medium and no message": (SaysNothing(CodeSettings()), "a_message_goes_to_the_offers_own_end"),
    "has an odd key": (Nameless(CodeSettings()), "it_has_a_name_for_the_database_and_one_for_people"),
    "has an untitled setting": (set_up(Untitled), "every_setting_has_a_title_and_a_description"),
    "has a setting without a form": (set_up(Formless), "every_setting_is_of_a_kind_that_a_form_can_show"),
    "has a readable secret": (set_up(Readable), "secrets_in_settings_are_never_printed"),
    "takes unknown settings": (set_up(Loose), "settings_that_nobody_knows_are_refused"),
}


@pytest.mark.parametrize("method", [Code(CodeSettings()), set_up(Guarded)], ids=["plain", "with a secret"])
def test_a_method_without_fault_passes(method: Code, failures: Failures) -> None:
    assert failures(MethodSuite, plugin=method) == {}


@pytest.mark.parametrize("fault", FAULTY_METHODS)
def test_a_faulty_method_fails_the_test_that_is_about_it(fault: str, failures: Failures) -> None:
    method, test = FAULTY_METHODS[fault]
    assert test in failures(MethodSuite, plugin=method)


def test_a_suite_without_anything_to_offer_says_what_to_set(failures: Failures) -> None:
    assert (
        "set `person`"
        in failures(MethodSuite, plugin=Code(CodeSettings()), person=Person("p", ()))[
            "the_right_answer_passes_every_time_it_is_judged"
        ]
    )
