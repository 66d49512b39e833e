"""Every sentence can be said in every language that we have: the catalogues lack none, keep none, and mean the same."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import catalogues
import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo

from keyback.core import Text, fits_one_text
from keyback.core.languages import CATALOGUE

LANGUAGES = catalogues.languages()
FOLDERS = (catalogues.FOLDER, catalogues.CONSOLE)
GAP = re.compile(r"\{(\w*)\}")
# The longest that anybody can fill in: see `short_name`, and a number as long as numbers get.
COMPANY, NUMBER, METHOD = "Österreichische Bahn", "+491234567890123", "Passkey oder Sicherheitsschlüssel"
WIDEST = {
    "code": "480219736412",
    "minutes": 15,
    "company": COMPANY,
    "time": "10:31",
    "help_desk": NUMBER,
    "method": METHOD,
}
# What goes out as text messages, by how it begins.
BY_TEXT = (
    "{code} is your {company} code, good",
    "Somebody gave a proof to reset",
    "Somebody gave a proof to unlock",
    "Your {company} password was reset at",
    "Your {company} account was unlocked at",
    "Saved codes were added to your {company}",
    "{method} was added to your {company}",
    "{method} was removed from your {company}",
    "Self-service is stopped for your {company}",
)


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=FOLDERS, ids=["portal", "console"])
def folder(request: pytest.FixtureRequest) -> Path:
    """Of the people's pages, and of the console."""
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def catalogue(language: str, folder: Path) -> Catalog:
    return catalogues.catalogue(language, folder)


def _sentences(catalogue: Catalog) -> Iterator[tuple[Message, list[str], list[str]]]:
    """Each with how it reads in English, and how in the other language."""
    for message in catalogue:
        if message.id:
            yield message, _forms(message.id), _forms(message.string)


def _forms(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def test_there_is_german() -> None:
    assert "de" in LANGUAGES


def test_a_catalogue_has_every_sentence_and_no_stale_one(catalogue: Catalog, folder: Path) -> None:
    there = {(sentence.one, sentence.many) for sentence in catalogues.sentences(folder)}
    kept = {(forms[0], forms[1] if len(forms) > 1 else "") for _, forms, _ in _sentences(catalogue)}
    assert kept == there, "make catalogues"


def test_every_sentence_is_translated_and_none_was_guessed(catalogue: Catalog) -> None:
    assert not [message.id for message, _, said in _sentences(catalogue) if message.fuzzy or not all(said)]


def test_a_translation_has_the_gaps_of_the_sentence_and_no_others(catalogue: Catalog) -> None:
    wrong = [
        message.id
        for message, forms, said in _sentences(catalogue)
        for form in said
        # "One more try" may leave the number out, as the English sentence may.
        if not set(GAP.findall(form)) <= set(GAP.findall(forms[-1]))
        or not set(GAP.findall(forms[0])) <= set(GAP.findall(form))
        or re.search(r"[{}]", GAP.sub("", form))
    ]
    assert not wrong


def test_a_text_message_stays_one_part_in_every_language(language: str) -> None:
    catalogue = catalogues.catalogue(language)
    texts = [said[0] for _, forms, said in _sentences(catalogue) if forms[0].startswith(BY_TEXT)]
    assert len(texts) == len(BY_TEXT)
    assert not [text for text in texts if not fits_one_text(str(Text(text, **WIDEST)))]


def test_what_the_program_reads_is_what_the_translators_wrote(language: str, folder: Path, catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    committed = (folder / language / CATALOGUE).open("rb")
    with committed:
        assert _read(GNUTranslations(committed)) == _read(GNUTranslations(compiled)), "make catalogues"


def _read(translations: GNUTranslations) -> dict[object, str]:
    kept: dict[object, str] = translations._catalog  # type: ignore[attr-defined]
    return {key: words for key, words in kept.items() if key}
