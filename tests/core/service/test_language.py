"""Messages and notices speak the language of the page from which the person moved, whoever it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from servers.small_house import PHONE, SmallHouse, Visit, small_house

from keyback.config.house import TRANSLATIONS
from keyback.core.db.session import Database
from keyback.core.languages import Languages
from keyback.core.service.start import Arrival


@pytest.fixture
def german(database: Database) -> SmallHouse:
    """A house that speaks English and German."""
    return small_house(database, languages=Languages(TRANSLATIONS))


def arrive(house: SmallHouse, language: str) -> Visit:
    arrival = Arrival("192.0.2.1", language=language)
    visit = Visit(house, house.service.starting.start("jo", {"human": "yes"}, arrival))
    house.work()
    return visit


def newest(house: SmallHouse, medium: str) -> str:
    message = house.sent(medium)[-1]
    return f"{message.subject or ''}\n{message.text}"


def test_a_code_comes_in_the_language_of_the_start_page(german: SmallHouse) -> None:
    for language, words in (("de", "ist Ihr Code für Acme"), ("en", "is your Acme code"), ("fr", "is your Acme code")):
        visit = arrive(german, language)
        visit.pick("email")
        german.work()
        assert f"{visit.code()} {words}" in newest(german, "email")


def test_a_text_keeps_the_line_that_fills_the_code_in(german: SmallHouse) -> None:
    visit = arrive(german, "de")
    visit.pick("sms", PHONE)
    german.work()
    code = visit.code()
    said = f"{code} ist Ihr Code für Acme, 5 Minuten gültig. Niemand von Acme fragt danach."
    assert newest(german, "sms") == f"\n{said}\n\n@reset.example.org #{code}"


def test_whoever_chooses_another_language_on_the_way_gets_the_next_message_in_it(german: SmallHouse) -> None:
    visit = arrive(german, "en")
    visit.pick("email")
    german.work()
    assert "is your Acme code" in newest(german, "email")
    visit.ticket = replace(visit.ticket, language="de")
    german.clock.forward(minutes=2)
    visit.send_again()
    german.work()
    assert "ist Ihr Code für Acme" in newest(german, "email")


def test_every_address_gets_the_notice_in_the_recoverys_language(german: SmallHouse) -> None:
    visit = arrive(german, "de")
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew()
    german.channel.sent.clear()
    german.work()
    assert {message.medium for message in german.channel.sent} == {"email", "sms"}
    assert newest(german, "sms") == (
        "\nIhr Passwort bei Acme wurde um 12:00 UTC zurückgesetzt. Nicht Sie? Rufen Sie jetzt Call 123 an."
    )
    mail = newest(german, "email")
    assert mail.startswith("Ihr neues Passwort gilt\nIhr Passwort bei Acme wurde am Samstag, 1. Juni, 12:00 (UTC)")


def test_a_recovery_that_says_nothing_of_a_language_speaks_the_houses_own(german: SmallHouse) -> None:
    visit = arrive(german, "")
    visit.pick("email")
    german.work()
    assert "is your Acme code" in newest(german, "email")
