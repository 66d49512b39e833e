"""A call through Twilio, from the enrolment that it goes to until the code is typed, in the whole house."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from servers.small_house import PHONE, SmallHouse, Visit, small_house
from servers.twilio import Twilio, callback, key_goes_to, said

from keyback.config.house import TRANSLATIONS
from keyback.core.contracts.channel import Heard
from keyback.core.db.session import Database
from keyback.core.languages import Languages
from keyback.core.service.sending.callback_links import PATH
from keyback.core.service.sending.media import MediumRules
from keyback.core.service.sending.numbers import NumberRules
from keyback.plugins.channels import twilio as plugin
from keyback.plugins.methods._plain_words import WORDS
from keyback.plugins.methods.voice import Voice, VoiceSettings

OFFICE = {"to": "+4315234567", "extension": "4711"}


class Called(NamedTuple):
    """A house whose calls go out to Twilio."""

    house: SmallHouse
    twilio: Twilio

    def picks(self, number: str = PHONE, language: str = "") -> Visit:
        visit = self.house.start()
        visit.ticket = replace(visit.ticket, language=language)
        self.house.work()
        visit.pick("voice", number)
        self.house.work()
        return visit

    def presses(self, number: str, key: str = "#") -> Heard | None:
        address = key_goes_to(self.twilio.calls(number)[-1]["Twiml"][0])
        assert address
        told = callback(address, To=number, Digits=key)
        channel, token = address.partition(PATH)[2].split("/")
        return self.house.service.hearing.call_back(channel, token, told.fields, told.headers)


@pytest.fixture(params=[False])
def called(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Called]:
    """`params`: whether the key approves."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'calls.db')}")
    with Twilio(tmp_path) as twilio:
        channel = cast("Any", plugin.Twilio(twilio.settings()))
        media = {"voice": MediumRules(numbers=NumberRules(frozenset({"AT"})))}
        voice, languages = Voice(VoiceSettings(approve=request.param)), Languages(TRANSLATIONS)
        house = small_house(database, methods=[voice], channel=channel, media=media, languages=languages)
        yield Called(house, twilio)
    database.close()


def typed(heard: Heard | None) -> str:
    assert heard is not None
    return re.sub("[^0-9]", "", said(heard.reply)[0])


def test_an_office_phone_that_was_added_is_dialled_to_its_end_and_proves_it(called: Called) -> None:
    house, now = called.house, called.house.clock()
    person = house.records.keyring.pseudonym("fake", "id-of-jo")
    with house.records.db.write() as tx:
        house.records.enrolments.add(tx, person, "voice", "Office", OFFICE, proven_at=now, usable_from=now)
    visit = called.picks(OFFICE["to"])
    (form,) = called.twilio.calls(OFFICE["to"])
    assert form["SendDigits"] == ["wwww4711"]
    assert visit.answer(typed(called.presses(OFFICE["to"]))).reason == ""
    assert len(visit.recovery.proofs) == 1


def test_a_phone_of_the_directory_has_no_extension(called: Called) -> None:
    visit = called.picks()
    (form,) = called.twilio.calls(PHONE)
    assert "SendDigits" not in form
    assert visit.answer(typed(called.presses(PHONE))).reason == ""


def test_a_call_that_was_answered_says_no_code_any_more(called: Called) -> None:
    visit = called.picks()
    visit.answer(typed(called.presses(PHONE)))
    assert called.presses(PHONE) is None


def test_a_call_before_the_newest_one_says_nothing(called: Called) -> None:
    visit = called.picks()
    old = called.twilio.calls(PHONE)[-1]["Twiml"][0]
    called.house.clock.forward(seconds=30)
    visit.send_again()
    # While the first one may ring, there is no second one.
    called.house.clock.forward(seconds=30)
    called.house.work()
    address = key_goes_to(old)
    assert address
    channel, token = address.partition(PATH)[2].split("/")
    told = callback(address, To=PHONE, Digits="#")
    assert called.house.service.hearing.call_back(channel, token, told.fields, told.headers) is None
    assert visit.answer(typed(called.presses(PHONE))).reason == ""


def test_a_code_dies_after_five_minutes_in_the_call_too(called: Called) -> None:
    called.picks()
    called.house.clock.forward(minutes=5)
    assert called.presses(PHONE) is None


def test_the_call_speaks_as_the_page_does(called: Called) -> None:
    called.picks(language="de")
    script = called.twilio.calls(PHONE)[-1]["Twiml"][0]
    assert 'language="de-DE"' in script
    assert said(script)[0].startswith("Hier ist Acme. Drücken Sie die Raute-Taste")
    heard = called.presses(PHONE)
    assert heard is not None
    assert said(heard.reply)[0].startswith("Ihr Code ist ")


@pytest.mark.parametrize("called", [True], indirect=True)
def test_page_and_call_share_a_word_of_the_language_of_the_page(called: Called) -> None:
    pick = called.picks(language="de").recovery.pick
    assert pick is not None
    word = pick.challenge.prompt.data["word"]
    assert word in WORDS["de"]
    assert f"Das Wort ist: {word}." in said(called.twilio.calls(PHONE)[-1]["Twiml"][0])[0]
