"""Channels carry messages. They are the only plugins besides stores that talk to the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

from .plugin import Context, Plugin
from .text import Text


@dataclass(frozen=True, slots=True)
class Call:
    """How a call goes: the greeting, then nothing until `key` was pressed, so that no voicemail hears the text.

    `approves`: the key itself is the answer. `extension` is dialled once somebody's switchboard took the call.
    """

    greeting: Text
    key: str = "#"
    approves: bool = False
    extension: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail; its name is ours, in plain letters."""

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """Words for one person. Address and words are kept out of `repr`: they may hold a number or a code.

    `attachment` comes to channels alone that say `attaches`.
    `answer_to` is the address at which the carrier tells us what became of it; the host fills it in.
    """

    medium: str
    to: str = field(repr=False)
    text: Text = field(repr=False)
    subject: Text | None = field(default=None, repr=False)
    call: Call | None = None
    answer_to: str = field(default="", repr=False)
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message; `id` is its own name for it."""

    id: str = ""


class Channel(Plugin, ABC):
    """A carrier of messages; one class may serve several media."""

    media: ClassVar[frozenset[str]]
    # Whether it can carry a file beside the words.
    attaches: ClassVar[bool] = False

    @abstractmethod
    def send(self, message: Message, ctx: Context) -> Receipt:
        """Hand it over before `ctx.deadline`. Raise DeliveryFailed(kind, retry=...).

        The words come in the person's language, `ctx.locale`: `str(message.text)` is all there is to do.
        """


@dataclass(frozen=True, slots=True)
class Callback:
    """What came to a message's `answer_to`. The address is the one that we gave away, never one that a header names."""

    url: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a carrier told us. `answer` is judged as if it had been typed; empty while there is none.

    `state` is "", "sent", "delivered" or "failed", `why` the kind of failure. `reply` is what the carrier does next.
    """

    answer: Mapping[str, str] = field(default_factory=dict, repr=False)
    state: str = ""
    why: str = ""
    reply: str = field(default="", repr=False)
    reply_type: str = "text/plain"


@runtime_checkable
class CanHear(Protocol):
    """Optional: channels whose carrier calls back."""

    def hear(self, callback: Callback, message: Message, ctx: Context) -> Heard | None:
        """What it says of this message of ours; None when it is not from the carrier, and then nothing changes."""


@runtime_checkable
class Wakes(Protocol):
    """Optional: channels that wake an app, which its browser subscribed with their key."""

    def wake_key(self) -> str:
        """The public half, in base64 for addresses."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message that a carrier took: its own name for it (`Receipt.id`), and as in `Heard`."""

    id: str = field(repr=False)
    state: str
    why: str = ""


@runtime_checkable
class CanReport(Protocol):
    """Optional: channels whose carrier tells later, on a line that stays open, what became of messages."""

    def reports(self) -> Sequence[DeliveryReport]:
        """What came since the last time, quickly; asked every second. A report proves nothing to anybody."""
