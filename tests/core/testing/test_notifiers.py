"""The suite for notifiers finds what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from keyback.core import Contact, ContactKind, Context, Happening, Message, Notifier, Text
from keyback.core.testing import NotifierSuite

Failures = Callable[..., dict[str, str]]


class Teller(Notifier):
    """A notifier without a fault."""

    key, label, wants = "teller", Text("Teller"), frozenset({"password"})

    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        mails = [contact for contact in happening.addresses if contact.kind is ContactKind.MAIL]
        return [Message("email", contact.value, Text("It happened.")) for contact in mails]


class TellsAStranger(Teller):
    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        stranger = replace(happening, addresses=(Contact(ContactKind.MAIL, "eve@example.org"),))
        return super().notify(stranger, ctx)


class KnowsOneEvent(Teller):
    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        return {"password.set": super().notify(happening, ctx)}[happening.event.name]


class WantsTheUnheard(Teller):
    wants = frozenset({"weather"})


class SpreadsTheLink(Teller):
    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        words = Text("It happened: {link}", link=" ".join(happening.wasnt_me.values()))
        return [Message("sms", contact.value, words) for contact in happening.addresses]


FAULTY_NOTIFIERS = {
    TellsAStranger: "nobody_is_told_nothing",
    KnowsOneEvent: "every_event_that_it_wants_is_taken",
    SpreadsTheLink: "the_link_goes_only_where_it_may",
    WantsTheUnheard: "it_wants_events_that_there_are",
}


def test_a_notifier_without_fault_passes(failures: Failures) -> None:
    assert failures(NotifierSuite, plugin=Teller(Teller.Settings())) == {}


@pytest.mark.parametrize("kind", FAULTY_NOTIFIERS)
def test_a_faulty_notifier_fails_the_test_that_is_about_it(kind: type[Teller], failures: Failures) -> None:
    assert FAULTY_NOTIFIERS[kind] in failures(NotifierSuite, plugin=kind(kind.Settings()))
