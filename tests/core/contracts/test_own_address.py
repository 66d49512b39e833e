"""An address of one's own: it is kept once the code that went there was typed, and never for whom it looks like."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.masking import mask_mail
from keyback.core.contracts.method import Asked, Carrier, Challenge, Field, NewEnrolment, Prompt
from keyback.core.contracts.one_time_code import CodeSettings
from keyback.core.contracts.own_address import WHILE_ADDING, OwnAddress
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Enrolment, Person
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.text import Text

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GIVEN, OWN = "jo@given.example", "jo@home.example"
JO = Person("jo", (Account(AccountKey("fake", "1"), "jo@sign-in.example"),), (Contact(ContactKind.MAIL, GIVEN),))


class Pigeon(OwnAddress):
    """A carrier of its own, so that no built-in plugin is needed here."""

    key, label, summary = "pigeon", Text("Pigeon"), Text("We send a pigeon")
    rides_on, medium, added_already = Carrier.MAILBOX, "pigeon", Text("Added already.")

    def asks(self, ctx: Context) -> Prompt:
        return Prompt(Text("Add a loft"), Text("Where?"), (Field("destination", Text("Loft")),), "address")

    def sent(self, end: str) -> Text:
        return Text("{end} gets a pigeon.", end=end)

    def unfit(self, to: str, names: Sequence[str]) -> Text | None:
        return Text("No.") if "@" not in to or to in names else None

    def addresses(self, person: Person) -> Sequence[str]:
        return person.mails

    def masked(self, address: str) -> Text:
        return Text("Pigeon to {end}", end=mask_mail(address))

    def prompt(self, field: Field) -> Prompt:
        return Prompt(Text("Look up"), Text("If it is yours."), (field,))

    def words(self, code: str, ctx: Context) -> tuple[Text | None, Text]:
        return None, Text("{code}, for {minutes} minutes", code=code, minutes=self.settings.lifetime // MINUTE)


MINUTE = timedelta(minutes=1)
PIGEON = Pigeon(CodeSettings(lifetime=timedelta(minutes=15)))


def context(draw: Callable[[int], bytes]) -> Context:
    return Context(NOW, NOW + timedelta(seconds=8), "en", "https://reset.example", "Alderwick", draw)


CTX = context(random.Random(1).randbytes)


def typed(address: str, enrolments: Sequence[Enrolment] = ()) -> Asked:
    step = PIGEON.confirm(PIGEON.enrol(JO, enrolments, CTX), {"destination": address}, CTX)
    assert isinstance(step, Asked)
    return step


def kept(challenge: Challenge, answer: Mapping[str, str]) -> NewEnrolment:
    new = PIGEON.confirm(challenge, answer, CTX)
    assert isinstance(new, NewEnrolment)
    return new


def refused(address: str, enrolments: Sequence[Enrolment] = ()) -> dict[str, str]:
    with pytest.raises(NotAllowed) as why:
        typed(address, enrolments)
    return {name: str(text) for name, text in why.value.at.items()}


def test_the_code_goes_to_the_address_and_its_owner_brings_it_back() -> None:
    step = typed(OWN)
    assert step.message is not None
    assert (step.message.to, str(step.message.text)[:8]) == (OWN, step.challenge.secret["code"])
    new = kept(step.challenge, {"code": step.challenge.secret["code"]})
    assert (new.label, dict(new.data)) == ("j••••@ho••••.example", {"to": OWN})
    (_, offer) = PIGEON.offers(JO, [Enrolment("e", "pigeon", new.label, new.data, NOW, NOW)], CTX)
    assert offer.private["to"] == OWN


@pytest.mark.parametrize("answer", [{}, {"code": ""}, {"code": "00000000"}, {"destination": OWN}])
def test_nothing_else_keeps_it(answer: dict[str, str]) -> None:
    with pytest.raises(NotAllowed):
        kept(typed(OWN).challenge, answer)


def test_a_code_drawn_again_is_another_one_and_the_old_one_is_worth_nothing() -> None:
    first, second = typed(OWN), typed(OWN)
    with pytest.raises(NotAllowed):
        kept(second.challenge, {"code": first.challenge.secret["code"]})


def test_no_code_outlives_what_is_being_added_and_the_message_says_so() -> None:
    step = typed(OWN)
    assert step.challenge.lifetime == WHILE_ADDING
    assert step.message is not None
    assert str(step.message.text).endswith("for 10 minutes")
    quick = Pigeon(CodeSettings(lifetime=timedelta(minutes=5)))
    sooner = quick.confirm(quick.enrol(JO, (), CTX), {"destination": OWN}, CTX)
    assert isinstance(sooner, Asked)
    assert sooner.challenge.lifetime == timedelta(minutes=5)


def test_what_was_typed_is_shown_again_and_what_only_the_directory_knows_is_not() -> None:
    assert str(typed(OWN).challenge.prompt.text) == f"{OWN} gets a pigeon."
    assert str(typed(GIVEN).challenge.prompt.text) == f"{GIVEN} gets a pigeon."
    chosen = PIGEON.confirm(PIGEON.enrol(JO, (), CTX), {"destination": GIVEN, "given": "yes"}, CTX)
    assert isinstance(chosen, Asked)
    assert str(chosen.challenge.prompt.text) == "j••••@gi••••.example gets a pigeon."


def test_one_address_is_added_once() -> None:
    there = Enrolment("e", "pigeon", "", {"to": OWN}, NOW, NOW + timedelta(hours=72))
    assert refused(OWN, [there]) == {"destination": "Added already."}
    assert typed("other@home.example", [there])


def test_an_address_that_does_not_fit_is_told_at_its_field() -> None:
    assert refused("nowhere") == refused("jo@sign-in.example") == refused("") == {"destination": "No."}


def test_neither_address_nor_code_is_printed() -> None:
    step = typed(OWN)
    shown = f"{step!r} {step.challenge!r} {step.challenge.prompt.text!r} {step.message!r}"
    assert OWN not in shown
    assert step.challenge.secret["code"] not in shown
