"""Five texts and calls for a person and day: whoever asks for more gets none, and takes none from the owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.small_house import PHONE, SmallHouse, Visit, small_house

from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.db.session import Database
from keyback.core.service.known_browser import remember
from keyback.core.testing import FakeChannel
from keyback.plugins.methods.voice import Voice

OTHER, LANDLINE = "+436641234517", "+4315234567"
PHONES = (PHONE, OTHER, LANDLINE)


class Exchange(FakeChannel):
    """Carries calls too."""

    media = frozenset({"sms", "email", "voice"})


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    file = tmp_path / "keyback.db"
    file.write_bytes(migrated.read_bytes())
    database = Database(f"sqlite:///{file}")
    house = small_house(database, methods=[Voice(Voice.Settings())], channel=Exchange())
    phones = tuple(Contact(ContactKind.PHONE, phone, "mobile", trusted=True) for phone in PHONES)
    house.store.change("id-of-jo", contacts=(*phones, *house.store._accounts["id-of-jo"].contacts[1:]))
    yield house
    database.close()


def ask(house: SmallHouse, to: str = PHONE, *, by: str = "sms", browser: str = "", proves: bool = False) -> Visit:
    """For one code, a good while after the last one."""
    house.clock.forward(minutes=20)
    visit = house.start("jo", browser=browser)
    house.work()
    if proves:
        visit.prove_by_mail()
        choices = house.service.choosing.choices(visit.recovery)
        by = next(choice.value for choice in choices if choice.method == by)
    visit.pick(by, to)
    house.work()
    return visit


def arrived(house: SmallHouse) -> int:
    """Codes by text and by call; notices are none."""
    return len([text for text in house.sent("sms") if str(text.text)[:8].isdigit()] + house.sent("voice"))


def test_five_a_day_to_all_numbers_together(house: SmallHouse) -> None:
    for to, by in ((PHONE, "sms"), (OTHER, "sms"), (LANDLINE, "voice"), (PHONE, "voice"), (OTHER, "sms")):
        ask(house, to, by=by)
    assert arrived(house) == 5
    visit = ask(house, LANDLINE, by="voice")
    assert arrived(house) == 5
    # Nothing tells whoever asks.
    assert visit.recovery.stage == "answering"
    house.clock.forward(hours=24)
    ask(house)
    assert arrived(house) == 6


def test_a_stranger_uses_up_neither_the_known_browsers_five_nor_those_after_a_proof(house: SmallHouse) -> None:
    for _ in range(9):
        ask(house)
    assert arrived(house) == 5
    jo = house.records.keyring.pseudonym("fake", "id-of-jo")
    known = remember(house.records.keyring, "", jo, "browser")
    for _ in range(3):
        ask(house, browser=known)
    assert arrived(house) == 8
    for _ in range(3):
        ask(house, proves=True)
    assert arrived(house) == 11


def test_what_fits_no_number_of_theirs_uses_nothing_up(house: SmallHouse) -> None:
    for _ in range(6):
        ask(house, "+436649999999")
    assert arrived(house) == 0
    ask(house)
    assert arrived(house) == 1


def test_mail_is_counted_for_its_mailbox_alone(house: SmallHouse) -> None:
    for _ in range(6):
        ask(house, "", by="email")
    assert len(house.sent("email")) == 6
    ask(house)
    assert arrived(house) == 1
