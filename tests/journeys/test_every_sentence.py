"""Every sentence on every page can be translated: in a language that marks what it says, nothing stands unmarked.

What is no sentence of ours (names, numbers, addresses, what a company or a sender wrote) is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from gettext import NullTranslations
from types import MappingProxyType
from typing import Any

import pytest
from examples.pages import ADDRESS, APPROVED, PAGES, Page
from pretend_enrolling import A_PHONE
from servers.walk import COMPANY, LETTERS, Walker, served_pages

from keyback.config.demo.people import HELP_DESK, PEOPLE
from keyback.core.languages import Languages
from keyback.core.service.sending.numbers import regions

TAG = "qps"
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
# What a page shows, what it keeps for ears and scripts, and what it says where scripts are off: all but challenges,
# and what programs say to each other (a token's claims).
READ = """() => {
  document.querySelectorAll("script, style, pre.token").forEach((part) => part.remove());
  const attributes = [...document.querySelectorAll("body *")].flatMap((place) => [...place.attributes]);
  const kept = attributes.filter(({ name, value }) =>
    ["alt", "title", "aria-label", "placeholder"].includes(name) || (/^data-/.test(name) && /^[^{].* /.test(value)));
  return [document.title, document.body.textContent, ...kept.map(({ value }) => value)];
}"""
TAGS = re.compile(r"</?\w[^>]*>")
# Masked ends, the key of an app, the code for a phone, saved codes, and whose clock it is: the same in every language.
VALUES = re.compile(
    r"\S*•\S*|(?:[A-Z2-7]{4} ?){8}|(?:[A-Z2-7]{4} ){6}[A-Z2-7]{2}|\+XX X+\d+"
    r"|(?:(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})+|\bUTC\b"
)
OWN_WORDS = (
    *("Alderwick sign-in", "Alderwick", "Keyback", "English"),
    *(COMPANY["help_desk"].words, COMPANY["help_desk"].hours),  # type: ignore[attr-defined]
    *(
        word
        for person in (*PEOPLE, HELP_DESK)
        for word in (person.display_name, person.mail, person.phone, person.name)
    ),
    *(words for letter in LETTERS for words in (letter.subject, *letter.text.split("\n"))),
    *("maya.okafor@alderwick.example", "maya.okafor", "Maya Okafor", ADDRESS.name, "Cloud"),
    # Where a phone's page is.
    A_PHONE.prompt.data["address"],
    # The key of a method that is switched off: there is no plugin to say what it is called.
    "gone",
    # What somebody called theirs.
    "My key",
    # The other organisation, in keyback.toml.
    "Bracken Mills",
    # Drawn from a list of each language, finished: page and call say the same one.
    APPROVED.prompt.data["word"],
    # In their own file for each language.
    *(region.name for region in regions()),
)


class Marks(NullTranslations):
    """Says every sentence as it is, between marks."""

    def gettext(self, message: str, /) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return f"⟦{one if n == 1 else many}⟧"


class MarkedLanguages(Languages):
    """English, and a language that nobody speaks."""

    def __init__(self) -> None:
        super().__init__()
        self._catalogues[TAG] = Marks()
        self.names = MappingProxyType({**self.names, TAG: "⟦⟧"})


@pytest.fixture(scope="module")
def walker(chromium: Any) -> Iterator[Walker]:
    with served_pages(MarkedLanguages()) as pages:
        yield Walker(chromium, *pages)


def unmarked(said: str) -> str:
    """What is left without marked sentences and without what is nobody's to translate."""
    said = TAGS.sub("", said).replace("\N{WORD JOINER}", "")
    while MARKED.search(said):
        said = MARKED.sub(" ", said)
    for words in sorted(filter(None, OWN_WORDS), key=len, reverse=True):
        said = said.replace(words, " ")
    said = VALUES.sub(" ", said)
    return " ".join(word for word in said.split() if any(letter.isalpha() for letter in word))


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_no_sentence_of_a_page_stands_outside_the_catalogue(walker: Walker, page: Page) -> None:
    walker.load(page, script=True, language=TAG)
    assert walker.ask("document.documentElement.lang") == TAG
    said = walker.ask(READ)
    assert any("⟦" in words for words in said)
    assert [left for words in said if (left := unmarked(words))] == []


def test_an_unmarked_sentence_would_be_seen() -> None:
    assert unmarked("⟦Wait ⟦10 seconds⟧ and⟧ go on, Maya Lindqvist – 12:30") == "go on,"
    assert unmarked("m••••@ho•••.example gets +XX XXXXXXX05 or 0YG8-SF2F-YQS9-QH33") == "gets or"
