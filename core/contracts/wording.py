"""The sentences of a message that a company may say in its own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .text import Language, Text

# A gap is a name and nothing else: what formats, asks for attributes or counts is no gap of ours.
GAP = re.compile(r"\{([a-z_]+)\}", re.ASCII)


class Part(StrEnum):
    """The three of them: a mail's subject and first paragraph, and the text message."""

    SUBJECT = "subject"
    MAIL = "mail"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Wording:
    """One message. `end` follows the mail's first paragraph and stays as it is: it says how to object.

    `examples` fill the gaps where the words are only shown; the company and the help desk are known.
    """

    key: str
    subject: Text
    mail: Text
    text: Text
    end: Text
    examples: Mapping[str, object] = field(default_factory=dict)

    @property
    def called(self) -> Text:
        """By its subject people know a mail."""
        return self.subject.filled(**self.examples)

    def ours(self, part: Part) -> Text:
        """The sentence as it came."""
        return {Part.SUBJECT: self.subject, Part.MAIL: self.mail, Part.TEXT: self.text}[part]


def gaps_of(words: str) -> frozenset[str]:
    """Which values stand in it."""
    return frozenset(GAP.findall(words))


class InOwnWords:
    """A language in which some sentences are the company's."""

    def __init__(self, language: Language, own: Mapping[str, str]) -> None:
        self._language = language
        self._own = own

    def gettext(self, message: str, /) -> str:
        """The company's sentence, or ours in this language."""
        return self._own.get(message) or self._language.gettext(message)

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Ours: what counts is in no message that can be changed."""
        return self._language.ngettext(one, many, n)
