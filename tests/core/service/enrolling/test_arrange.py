"""Names: given by whoever it belongs to, kept sealed, and written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.small_house import SmallHouse, small_house
from signed_in_sessions import InSession, sign_in
from sqlalchemy import select

from keyback.core.contracts.errors import NotAllowed, OutOfTurn
from keyback.core.db import tables
from keyback.core.db.session import Database
from keyback.core.service.enrolling.arrange import LONGEST_NAME


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database)
    database.close()


@pytest.fixture
def jo(house: SmallHouse) -> InSession:
    return sign_in(house, ago=timedelta(hours=1))


def names(house: SmallHouse, jo: InSession) -> dict[str, str]:
    return {mine.id: mine.end for mine in house.staff.enrolling.mine.look(jo.who).mine if mine.id}


def paper(house: SmallHouse, jo: InSession) -> str:
    (found,) = names(house, jo)
    return found


@pytest.mark.parametrize(("typed", "kept"), [("In the safe", "In the safe"), ("  At home\n", "At home"), ("", "")])
def test_it_is_called_so_from_then_on(house: SmallHouse, jo: InSession, typed: str, kept: str) -> None:
    house.staff.enrolling.arranging.rename(jo.who, paper(house, jo), typed)
    assert names(house, jo)[paper(house, jo)] == kept


def test_it_still_proves_what_it_did(house: SmallHouse, jo: InSession) -> None:
    house.staff.enrolling.arranging.rename(jo.who, paper(house, jo), "In the safe")
    visit = house.start()
    visit.prove_by_mail()
    assert visit.prove_by_paper().recovery.stage == "renewing"


def test_a_name_that_is_too_long_is_refused_with_the_reason(house: SmallHouse, jo: InSession) -> None:
    with pytest.raises(NotAllowed) as refused:
        house.staff.enrolling.arranging.rename(jo.who, paper(house, jo), "x" * (LONGEST_NAME + 1))
    assert refused.value.at.keys() == {"called"}
    assert names(house, jo)[paper(house, jo)] == "Paper"


def test_nobody_elses_can_be_renamed(house: SmallHouse, jo: InSession) -> None:
    house.add("eve")
    eve = sign_in(house, "eve", key="key-2")
    with pytest.raises(OutOfTurn):
        house.staff.enrolling.arranging.rename(eve.who, paper(house, jo), "mine now")
    assert names(house, jo)[paper(house, jo)] == "Paper"


def test_an_address_goes_by_its_end(house: SmallHouse, jo: InSession) -> None:
    now, person, kept = house.clock(), jo.who.person.id, {"to": "jo@home.example"}
    with house.records.db.write() as tx:
        added = house.records.enrolments.add(
            tx, person, "email", "j••••@ho••••.example", kept, proven_at=now, usable_from=now
        )
    with pytest.raises(OutOfTurn):
        house.staff.enrolling.arranging.rename(jo.who, added, "Home")
    assert names(house, jo)[added] == "j••••@ho••••.example"


def test_it_is_written_down_and_nobody_is_sent_anything(house: SmallHouse, jo: InSession) -> None:
    house.staff.enrolling.arranging.rename(jo.who, paper(house, jo), "In the safe")
    house.work()
    with house.records.db.read() as tx:
        (row,) = tx.execute(select(tables.event).where(tables.event.c.name == "enrolment.renamed"))
    assert "safe" not in row.data
    assert row.pseudonym
    assert house.channel.sent == []
