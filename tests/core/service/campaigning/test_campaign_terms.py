"""What comes with a campaign is said in whole sentences, for one person too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keyback.admin.look import TRANSLATIONS
from keyback.core.contracts.text import ENGLISH, Language
from keyback.core.languages import Languages
from keyback.core.service.campaigning.campaign_terms import about, terms
from keyback.core.service.campaigning.campaigns import Kind, Plan

GERMAN = Languages(TRANSLATIONS).catalogue("de")
BEGINS = datetime(2026, 11, 30, 8, tzinfo=UTC)
ONE = Plan(Kind.RESET, ("ad",), (), 1, BEGINS, BEGINS + timedelta(days=1), per_hour=1, notice_hours=1)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (ENGLISH, ("1 person must choose", "1 hour before", "1 start, 2 codes and 1 wrong answer", "what 1 person")),
        (GERMAN, ("1 Person muss", "1 Stunde vorher", "um 1 Anfang, 2 Codes und 1 falsche Antwort", "für 1 Person")),
    ],
)
def test_one_of_something_is_one(language: Language, said: tuple[str, ...]) -> None:
    words = " ".join(text.render(language) for text in (about(ONE, ["AD"]), *terms(ONE)))
    assert [part for part in said if part not in words] == []


def test_an_invitation_is_for_one_too() -> None:
    plan = Plan(Kind.INVITE, ("ad",), (), 1, BEGINS, BEGINS + timedelta(days=1))
    assert about(plan, ["AD"]).render(GERMAN).startswith("1 Person einladen")
