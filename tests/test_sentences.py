"""What people read is what was agreed on: every agreed sentence is said, and nothing is said without a reason."""

from __future__ import annotations

import re
from calendar import day_name, month_name

from catalogues import sentences
from examples.sentences import ADDED, AGREED

CALENDAR = {*day_name, *month_name[1:]}
GAP = re.compile(r"\{[^}]*\}")
# What things are called is no jargon of ours.
NAMES = re.compile(r"user name|authenticator app", re.I)


def plain(sentence: str) -> str:
    """Whatever its gaps are called, and with a hyphen that may break."""
    return GAP.sub("{}", sentence).replace("\N{NON-BREAKING HYPHEN}", "-")


# The demo speaks of its pretend people, which no company's pages do.
SAID = {
    plain(words)
    for sentence in sentences()
    if not sentence.place.startswith("config/demo/")
    for words in (sentence.one, sentence.many)
    if words
}
LISTED = {sentence: place for groups in (AGREED, ADDED) for place, those in groups.items() for sentence in those}


def test_every_agreed_sentence_is_on_a_page_or_in_a_message() -> None:
    assert sorted({sentence for those in AGREED.values() for sentence in those} - SAID) == []


def test_nothing_else_is_said() -> None:
    assert sorted(SAID - LISTED.keys() - CALENDAR) == []


def test_no_reason_outlives_its_sentence() -> None:
    assert sorted(LISTED.keys() - SAID) == []


def test_voice() -> None:
    """No exclamation marks, no jargon, no blame, and nothing that people are told to do without knowing how."""
    never = re.compile(
        r"!|\b(invalid|error \d|oops|submit|click|credential|authenticat\w*|verif\w*|token|sorry|user)\b", re.I
    )
    assert sorted(sentence for sentence in LISTED if never.search(NAMES.sub("", sentence))) == []
