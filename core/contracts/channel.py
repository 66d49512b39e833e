"""Channels carry messages. They are the only plugins besides stores that talk to the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from .plugin import Context, Plugin
from .text import Text


@dataclass(frozen=True, slots=True)
class Message:
    """Words for one person. Address and words are kept out of `repr`: they may hold a number or a code."""

    medium: str
    to: str = field(repr=False)
    text: Text = field(repr=False)
    subject: Text | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message; `id` is its own name for it."""

    id: str = ""


class Channel(Plugin, ABC):
    """A carrier of messages; one class may serve several media."""

    media: ClassVar[frozenset[str]]

    @abstractmethod
    def send(self, message: Message, ctx: Context) -> Receipt:
        """Hand it over before `ctx.deadline`. Raise DeliveryFailed(kind, retry=...).

        The words come in the person's language, `ctx.locale`: `str(message.text)` is all there is to do.
        """
