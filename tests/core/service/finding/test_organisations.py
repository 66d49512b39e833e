"""Which organisation? The same question for every name, and one name may be somebody in each (P4, E21)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from servers.small_house import MAIL, OLD, Cloud, SmallHouse, small_house

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind
from keyback.core.db.session import Database
from keyback.core.service.finding.named import ORGANISATION
from keyback.core.service.start import Arrival

NAMES = {"Alderwick": "fake", "Bracken Mills": "cloud"}
ELSEWHERE = "jo@bracken.example"


def a_house(migrated: Path, folder: Path, **changes: Any) -> SmallHouse:
    """There is a jo in each of two directories, and they are two people."""
    database = Database(f"sqlite:///{shutil.copy(migrated, folder / 'keyback.db')}")
    house = small_house(database, cloud=Cloud(), **{"organisations": NAMES, **changes})
    assert house.cloud is not None
    mail = Contact(ContactKind.MAIL, ELSEWHERE, "mail", trusted=True)
    house.cloud.add(Account(AccountKey("cloud", "another-jo"), "jo", contacts=(mail,), stamp="1"), OLD)
    return house


@pytest.fixture
def house(migrated: Path, tmp_path: Path) -> Iterator[SmallHouse]:
    house = a_house(migrated, tmp_path)
    yield house
    house.records.db.close()


@pytest.mark.parametrize(("organisation", "mailbox"), [("Alderwick", MAIL), ("Bracken Mills", ELSEWHERE)])
def test_a_name_that_two_directories_have_is_whose_organisation_was_chosen(
    house: SmallHouse, organisation: str, mailbox: str
) -> None:
    visit = house.start("jo", organisation=organisation)
    assert visit.recovery.asked == (NAMES[organisation],)
    house.work()
    visit.pick("email")
    house.work()
    assert [message.to for message in house.sent("email")] == [mailbox]


@pytest.mark.parametrize("organisation", ["", "alderwick", "Somewhere else", "fake", "cloud"])
@pytest.mark.parametrize("name", ["jo", "nobody.at.all", "jo@unclaimed.example"])
def test_whoever_chooses_none_of_them_is_asked_again_whatever_the_name(
    house: SmallHouse, name: str, organisation: str
) -> None:
    with pytest.raises(NotAllowed) as refused:
        house.start(name, organisation=organisation)
    assert refused.value.at == {"organisation": ORGANISATION}


def test_nothing_is_counted_before_one_is_chosen(house: SmallHouse) -> None:
    for _ in range(50):
        with pytest.raises(NotAllowed):
            house.start("jo")
    assert house.start("jo", organisation="Alderwick").recovery.is_open


@pytest.mark.parametrize("organisation", ["", "Alderwick", "Bracken Mills"])
def test_a_realm_that_one_directory_claims_says_it_already(migrated: Path, tmp_path: Path, organisation: str) -> None:
    house = a_house(migrated, tmp_path, realms={"cloud": ("bracken.example",)})
    assert house.start(ELSEWHERE, organisation=organisation).recovery.asked == ("cloud",)
    house.records.db.close()


@pytest.mark.parametrize("names", [{}, {"Alderwick": "fake"}, {"Alderwick": "fake", "Gone": "switched_off"}])
def test_where_there_is_no_choice_nobody_is_asked_for_one(
    migrated: Path, tmp_path: Path, names: Mapping[str, str]
) -> None:
    house = a_house(migrated, tmp_path, organisations=names)
    assert house.service.starting.organisations == ()
    assert house.start("jo").recovery.asked == ("fake", "cloud")
    house.records.db.close()


def test_two_names_may_stand_for_one_directory(migrated: Path, tmp_path: Path) -> None:
    house = a_house(migrated, tmp_path, organisations={**NAMES, "Alderwick Shops": "fake"})
    assert house.service.starting.organisations == ("Alderwick", "Bracken Mills", "Alderwick Shops")
    assert house.start("jo", organisation="Alderwick Shops").recovery.asked == ("fake",)
    house.records.db.close()


def test_a_change_of_a_known_password_asks_for_it_too(house: SmallHouse) -> None:
    changing = house.staff.changing
    assert changing.organisations == tuple(NAMES)
    arrival = Arrival("192.0.2.1")
    with pytest.raises(NotAllowed) as refused:
        changing.start("jo", {"human": "yes"}, arrival)
    assert refused.value.at == {"organisation": ORGANISATION}
    ticket = changing.start("jo", {"human": "yes"}, replace(arrival, organisation="Bracken Mills"))
    assert changing.look(ticket).asked == ("cloud",)
