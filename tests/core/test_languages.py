"""Languages are folders of catalogues; a plugin adds its own sentences to them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from keyback.core.contracts.text import ENGLISH, Text
from keyback.core.languages import CATALOGUE, Languages

HELLO, SIGNAL = Text("Hello"), Text("Send me a signal")


def put(folder: Path, tag: str, **sentences: str) -> Path:
    """A catalogue as `make catalogues` leaves it behind."""
    catalogue = Catalog(locale=tag)
    for words, said in sentences.items():
        catalogue.add(words.replace("_", " "), said)
    path = folder / tag / CATALOGUE
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    put(tmp_path / "ours", "de", Hello="Hallo", English="Deutsch")
    return put(tmp_path / "ours", "pt_BR", Hello="Olá", English="Português")


def test_every_folder_is_a_language_by_its_own_name_and_english_needs_none(ours: Path) -> None:
    assert Languages(ours).names == {"en": "English", "de": "Deutsch", "pt-BR": "Português"}
    assert Languages().names == {"en": "English"}


def test_a_sentence_is_said_in_its_language(ours: Path) -> None:
    languages = Languages(ours)
    assert [HELLO.render(languages.catalogue(tag)) for tag in ("en", "de", "pt-BR")] == ["Hello", "Hallo", "Olá"]


def test_an_unknown_language_is_the_default(ours: Path) -> None:
    languages = Languages(ours, default="de")
    assert (languages.known("fr"), languages.known(""), languages.known("en")) == ("de", "de", "en")
    assert HELLO.render(languages.catalogue("fr")) == "Hallo"


def test_a_default_that_is_not_there_is_english(ours: Path) -> None:
    assert Languages(ours, default="fr").catalogue("") is ENGLISH


def test_a_plugin_brings_sentences_and_no_language(ours: Path, tmp_path: Path) -> None:
    theirs = put(tmp_path / "theirs", "de", Send_me_a_signal="Signal senden")
    put(theirs, "fr", Send_me_a_signal="Envoyer un signal")
    languages = Languages(ours, [tmp_path / "nowhere", theirs])
    assert SIGNAL.render(languages.catalogue("de")) == "Signal senden"
    assert "fr" not in languages.names


def test_a_plugin_puts_no_words_into_our_mouth(ours: Path, tmp_path: Path) -> None:
    theirs = put(tmp_path / "theirs", "de", Hello="Ihr Passwort bitte")
    assert HELLO.render(Languages(ours, [theirs]).catalogue("de")) == "Hallo"


@pytest.mark.parametrize("junk", [b"", b"\xde\x12\x04\x95", b"\xde\x12\x04\x95" + b"\xff" * 40, b"no catalogue"])
def test_a_plugins_broken_catalogue_costs_its_own_sentences_alone(ours: Path, tmp_path: Path, junk: bytes) -> None:
    broken = put(tmp_path / "theirs", "de") / "de" / CATALOGUE
    broken.write_bytes(junk)
    german = Languages(ours, [tmp_path / "theirs"]).catalogue("de")
    assert (HELLO.render(german), SIGNAL.render(german)) == ("Hallo", "Send me a signal")
