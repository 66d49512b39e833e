"""The risk of being guessed, as administrators are shown it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from keyback.core.recovery.guessing import a_day, a_year, one_in, tries_a_day
from keyback.core.recovery.limits import KNOWN_MISSES, SUBJECT_MISSES, Ladder
from keyback.core.recovery.policy import ProofRules
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.email import Email
from keyback.plugins.methods.saved_codes import SavedCodes
from keyback.plugins.methods.sms import Sms
from keyback.plugins.methods.voice import Voice, VoiceSettings

CARRIERS = {"sms": "phone", "voice": "phone", "email": "mailbox", "authenticator": "device", "questions": "memory"}
EIGHT_DIGITS, APP = 1e-8, 3e-6
CHANCES: dict[str, float | None] = {"sms": EIGHT_DIGITS, "voice": EIGHT_DIGITS, "email": EIGHT_DIGITS}
CHANCES |= {"authenticator": APP, "questions": None}
SHOWN = ("sms", "voice", "email", "authenticator")


def risk(*optional: str, at_least: int = 2, required: tuple[str, ...] = (), apart: bool = True) -> float:
    rules = ProofRules(frozenset(required), frozenset(optional), at_least, different_carriers=apart)
    named = {key: CARRIERS[key] for key in rules.named}
    return a_year(rules, named, CHANCES, SHOWN)


def test_a_stranger_tries_about_a_hundred_times_a_day() -> None:
    assert 90 <= tries_a_day(SUBJECT_MISSES) <= 125
    assert tries_a_day(KNOWN_MISSES) == 5


def test_as_many_tries_are_counted_as_the_ladder_lets_through() -> None:
    """Five for nothing, a wait of an hour, and from then on one an hour."""
    hour = timedelta(hours=1)
    assert tries_a_day(Ladder("l", free=5, waits=(hour,), window=24 * hour)) == 5 + 23


def test_one_code_of_eight_digits_falls_once_in_thousands_of_years() -> None:
    assert risk("sms", at_least=1) == pytest.approx(365 * tries_a_day(SUBJECT_MISSES) * 1e-8)
    assert 1 / risk("sms", at_least=1) > 2000


def test_two_proofs_must_both_be_guessed() -> None:
    assert risk("sms", "email") == pytest.approx(365 * (tries_a_day(SUBJECT_MISSES) * 1e-8) ** 2)


def test_every_way_in_adds_to_the_risk() -> None:
    assert risk("sms", "email", "authenticator") == pytest.approx(
        risk("sms", "email") + risk("sms", "authenticator") + risk("email", "authenticator")
    )


def test_two_on_one_phone_are_no_way_where_they_must_ride_on_different_things() -> None:
    assert risk("sms", "voice") == 0
    assert risk("sms", "voice", apart=False) > 0


def test_what_is_only_known_protects_nothing() -> None:
    assert risk("sms", "questions") == pytest.approx(risk("sms", at_least=1))


def test_what_cannot_be_guessed_is_no_risk() -> None:
    rules = ProofRules(optional=frozenset({"saved_codes"}), at_least=1)
    assert a_year(rules, {"saved_codes": "paper"}, {"saved_codes": 0.0}, ("saved_codes",)) == 0


def test_a_day_is_never_more_than_certain() -> None:
    assert a_day(0.5) == 1
    assert a_day(None) == 1


@pytest.mark.parametrize(
    ("year", "accounts"), [(0.0, 0), (1.1e-7, 9_000_000), (1 / 2_345, 2000), (0.5, 2), (3.0, 1), (1.0, 1)]
)
def test_it_is_said_as_one_account_in_so_many(year: float, accounts: int) -> None:
    assert one_in(year) == accounts


def test_each_method_says_how_likely_a_blind_answer_passes() -> None:
    assert Sms(Sms.Settings()).by_chance == pytest.approx(1e-8)
    assert Email(Email.Settings(digits=6)).by_chance == pytest.approx(1e-6)
    assert Authenticator(Authenticator.Settings()).by_chance == pytest.approx(3e-6)
    assert Voice(VoiceSettings()).by_chance == pytest.approx(1e-8)
    assert Voice(VoiceSettings(approve=True)).by_chance is None
    assert SavedCodes(SavedCodes.Settings(pepper="0" * 64)).by_chance == 0
