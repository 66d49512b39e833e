"""What every channel must hold to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from ..contracts.channel import Call, Channel, Message, Receipt
from ..contracts.errors import DeliveryFailed
from ..contracts.text import Text
from .fakes import MAIL, PHONE, a_context
from .suite import ODD, PluginSuite, is_a, must, refuses

CODE = "40718265"
ANSWER_TO = "https://reset.alderwick.example/callback/channel/4711"


class ChannelSuite(PluginSuite):
    """For channels, against something that takes their messages. `to` says where, for each medium."""

    plugin: Channel
    to: ClassVar[Mapping[str, str]] = MappingProxyType({"sms": PHONE, "voice": PHONE, "email": MAIL})

    def _message(self, medium: str, to: str | None = None, text: str = "Your code is {code}") -> Message:
        call = Call(Text("Good day. Press the hash key.")) if medium == "voice" else None
        to = self.to[medium] if to is None else to
        return Message(medium, to, Text(text, code=CODE), Text("A code"), call, ANSWER_TO)

    def _send(self, message: Message) -> Receipt:
        return self.plugin.send(message, a_context(seconds=20))

    def _refused(self, message: Message) -> DeliveryFailed:
        error = refuses(lambda: self._send(message), DeliveryFailed, why="sent what cannot be carried")
        if not isinstance(error, DeliveryFailed):
            raise error
        return error

    def test_it_says_what_it_carries(self) -> None:
        media = self.plugin.media
        must(is_a(media, frozenset) and media, "media must be a frozenset with something in it")
        must(all(is_a(medium, str) and medium for medium in media), "media are words")

    def test_a_message_is_carried_and_receipted(self) -> None:
        for medium in self.plugin.media:
            must(is_a(self._send(self._message(medium)), Receipt), "sending must return a Receipt")

    def test_words_of_any_language_and_length_are_carried_or_refused(self) -> None:
        for words in ("{code} — Ваш код 🔑", "{code}\r\n.\r\nBcc: eve@example.org", "{code}" + "long " * 2_000):
            for medium in self.plugin.media:
                try:
                    self._send(self._message(medium, text=words))
                except DeliveryFailed as error:
                    must(CODE not in str(error), "a failure quotes the message")

    def test_a_medium_that_it_does_not_know_is_refused_for_good(self) -> None:
        error = self._refused(Message("pigeon", PHONE, Text("coo")))
        must(error.retry is False, "another try would not help")

    def test_an_address_with_a_second_line_reaches_nobody(self) -> None:
        for medium, to in self.to.items():
            if medium in self.plugin.media:
                error = self._refused(self._message(medium, f"{to}\r\nBcc: eve@example.org"))
                must(error.retry is False, "another try would not help")

    def test_an_odd_address_is_refused_and_not_quoted(self) -> None:
        for odd in ("hunter2\x00", "hunter2\ud800", *ODD):
            for medium in self.plugin.media:
                try:
                    self._send(self._message(medium, odd))
                except DeliveryFailed as error:
                    must("hunter2" not in str(error) and CODE not in str(error), "a failure quotes what was sent")
