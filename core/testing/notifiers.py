"""What every notifier must hold to."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import ClassVar

from ..contracts import events
from ..contracts.notifier import FollowsLog, Happening, Notifier
from ..contracts.people import Person
from ..contracts.store import CanEndSessions
from .fakes import NOON, a_context, a_person
from .suite import PluginSuite, is_a, is_words, must

# Words, which also stand for a moment where an event has one: ISO 8601 is the only form of it.
SAMPLES = {"str": NOON.isoformat(), "bool": True, "int": 3, "tuple[str, ...]": ("sample",)}

LINK = "https://reset.example.org/wasnt-me/sample"


def an_event(kind: type[events.Event]) -> events.Event:
    """One of this kind, filled with samples."""
    return kind(**{field.name: SAMPLES[str(field.type)] for field in fields(kind)})


class NotifierSuite(PluginSuite):
    """For notifiers."""

    plugin: Notifier
    person: ClassVar[Person] = a_person()

    def _wanted(self) -> list[events.Event]:
        wants = tuple(self.plugin.wants)
        return [an_event(kind) for kind in events.ALL if kind.name.startswith(wants)]

    def _about(self, event: events.Event, *, known: bool) -> Happening:
        if not known:
            return Happening(event, NOON, "r-1")
        names = tuple(account.name for account in self.person.accounts)
        return Happening(event, NOON, "r-1", self.person.contacts, names, "Call 4711.")

    def test_it_wants_events_that_there_are(self) -> None:
        must(is_a(self.plugin.wants, frozenset), "wants must be a frozenset of beginnings of event names")
        must(self._wanted() or isinstance(self.plugin, FollowsLog | CanEndSessions), "no event has such a name")

    def test_every_event_that_it_wants_is_taken(self) -> None:
        for event in self._wanted():
            for message in self.plugin.notify(self._about(event, known=True), a_context()):
                must(is_words(message.text), f"{event.name}: a message without words")

    def test_messages_go_to_the_persons_own_addresses(self) -> None:
        own = {contact.value for contact in self.person.contacts}
        for event in self._wanted():
            sent = self.plugin.notify(self._about(event, known=True), a_context())
            must({message.to for message in sent} <= own, f"{event.name}: a message to somebody else")

    def test_the_link_goes_only_where_it_may(self) -> None:
        mailbox = self.person.mails[0]
        for event in self._wanted():
            happening = replace(self._about(event, known=True), wasnt_me={mailbox: LINK})
            spread = {
                m.to for m in self.plugin.notify(happening, a_context()) if LINK in str(m.text) and m.to != mailbox
            }
            must(not spread, f"{event.name}: the link in wasnt_me is for its own mailbox alone")

    def test_nobody_is_told_nothing(self) -> None:
        for event in self._wanted():
            must(not self.plugin.notify(self._about(event, known=False), a_context()), f"{event.name}: sent to nobody")

    def test_the_same_event_twice_says_the_same(self) -> None:
        for event in self._wanted():
            first, second = (self.plugin.notify(self._about(event, known=True), a_context()) for _ in range(2))
            must(list(first) == list(second), f"{event.name}: jobs run at least once, so telling must not add up")
