"""Sentences that can be translated, and values that must never be printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from gettext import NullTranslations
from typing import Protocol


class Language(Protocol):
    """Looks sentences up, as the standard library's gettext does; one that it lacks it gives back as it is."""

    def gettext(self, message: str, /) -> str: ...

    def ngettext(self, one: str, many: str, n: int, /) -> str: ...


# What the sentences are written in.
ENGLISH: Language = NullTranslations()
_TAG = re.compile(r"^Language: *([A-Za-z_-]+)$", re.MULTILINE)


def tag_of(language: Language) -> str:
    """Which language this is: a catalogue says so where the empty sentence would stand; English has none."""
    found = _TAG.search(language.gettext(""))
    return found[1].replace("_", "-") if found else "en"


class Text:
    """A translatable sentence with the values that fill its {gaps}; `str()` gives the English one."""

    __slots__ = ("many", "message", "values", "words")

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        # How it reads for more than one; empty where it always reads the same.
        self.many = ""
        self.values: Mapping[str, object] = values
        # What an organisation says itself, by language; such a sentence has no gaps.
        self.words: Mapping[str, str] = {}

    @classmethod
    def in_words(cls, message: str, words: Mapping[str, str]) -> Text:
        """A sentence of no catalogue, with its words in each language; where they lack, the message is said."""
        text = cls(message)
        text.words = dict(words)
        return text

    @classmethod
    def plural(cls, one: str, many: str, *, n: int, **values: object) -> Text:
        """A sentence whose words depend on {n}; languages have up to six ways to say it."""
        text = cls(one, n=n, **values)
        text.many = many
        return text

    def filled(self, **values: object) -> Text:
        """The same sentence with these values in its gaps."""
        text = Text(self.message, **{**self.values, **values})
        text.many, text.words = self.many, self.words
        return text

    def render(self, language: Language) -> str:
        """The sentence in this language; sentences inside it are translated too."""
        if self.words:
            # Never formatted: whoever wrote it knows of no gaps.
            return self.words.get(tag_of(language), self.message)
        filled = {
            name: value.render(language) if isinstance(value, Text) else value for name, value in self.values.items()
        }
        return self._template(language).format_map(filled)

    def said_in(self, language: Language) -> Text:
        """The finished words, for whoever carries them and knows no languages."""
        return Text("{words}", words=self.render(language))

    def _template(self, language: Language) -> str:
        if self.many:
            return language.ngettext(self.message, self.many, int(str(self.values["n"])))
        # A catalogue keeps notes about itself where the empty sentence would stand.
        return language.gettext(self.message) if self.message else ""

    def __str__(self) -> str:
        return self.render(ENGLISH)

    def __repr__(self) -> str:
        # The values may hold a code or a number: only the template may reach a log.
        return f"Text({self.message!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return NotImplemented
        mine, theirs = ((one.message, one.many, one.values, one.words) for one in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash(self.message)


class Secret:
    """A value that prints as dots; `reveal()` is the only way to read it, so that every use can be found."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "••••"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "••••"

    def __reduce__(self) -> str | tuple[object, ...]:
        # A pickled secret would be a secret in a file.
        raise TypeError("a Secret cannot be pickled")
