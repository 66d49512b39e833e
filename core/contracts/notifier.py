"""Notifiers: somebody who wants to know what happened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from .channel import Message
from .events import Event
from .people import Contact
from .plugin import Context, Plugin
from .text import Text
from .wording import Wording


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, when it happened, and every address of the person it happened to (none for nobody).

    A write that sets several accounts happens once: the event names the first one's store, `accounts` names all.
    """

    event: Event
    at: datetime
    recovery: str = ""
    addresses: tuple[Contact, ...] = ()
    accounts: tuple[str, ...] = ()
    help_desk: str = ""
    # Whether every directory that took a new password has ended what was open with the old one.
    signed_out: bool = False
    # What the method is called that was added or removed.
    method: Text | None = None
    # By the mailboxes that may carry it, the page where the person can say "this wasn't me". It can do harm in no other
    # hands than the owner's, so no other address gets it, and a text message never does.
    wasnt_me: Mapping[str, str] = field(default_factory=dict, repr=False)


class Notifier(Plugin, ABC):
    """A listener. It may hand back messages, which the back office carries, or talk to its own service."""

    # Beginnings of event names: "password" hears password.set and password.refused.
    wants: ClassVar[frozenset[str]]
    # What it says to people and a company may say otherwise.
    wordings: ClassVar[Sequence[Wording]] = ()

    def hears(self, event: Event) -> bool:
        """Whether it would do anything about this event. Asked while a person waits, so it must be quick."""
        return any(event.name == want or event.name.startswith(f"{want}.") for want in self.wants)

    @abstractmethod
    def notify(self, happening: Happening, ctx: Context) -> Sequence[Message]:
        """Called by a job, at least once for each event. Raise DeliveryFailed(kind, retry=...) to be asked again."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event as the log keeps it. `seq` counts without a gap; people are pseudonyms; `loud` deserves an eye."""

    seq: int
    id: str
    at: datetime
    name: str
    recovery: str
    person: str
    data: Mapping[str, object]
    loud: bool
    # The chain's up to here: whoever keeps it elsewhere sees later whether the log was cut short or written anew.
    hash: bytes


@runtime_checkable
class FollowsLog(Protocol):
    """A notifier that keeps the log elsewhere: every event of everybody, in the log's order, none left out."""

    def keep(self, entries: Sequence[LogEntry], ctx: Context) -> None:
        """Returning means: they arrived. Raise DeliveryFailed, and the same come again: `seq` tells them apart."""
