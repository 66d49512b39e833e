"""The way that somebody likes best comes first after the first proof, and changes nothing before it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyotp import TOTP
from servers.small_house import SmallHouse, Visit, small_house
from signed_in_sessions import InSession, sign_in

from keyback.core.db.session import Database
from keyback.core.db.standings import Standings
from keyback.plugins.methods.authenticator import Authenticator

APP = "authenticator"


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=[Authenticator(Authenticator.Settings())])
    database.close()


@pytest.fixture
def jo(house: SmallHouse) -> InSession:
    """Jo has a phone, paper and an app, and likes the app best."""
    jo = sign_in(house)
    house.staff.enrolling.begin(jo.who, APP)
    challenge = house.staff.enrolling.pending(jo.who, APP)
    assert challenge is not None
    code = TOTP(challenge.secret["secret"]).at(house.clock())
    house.staff.enrolling.confirm(jo.who, APP, {"code": code})
    house.staff.enrolling.arranging.prefer(jo.who, f"{APP}.app")
    return jo


def liked(house: SmallHouse, visit: Visit) -> str:
    return house.service.choosing.liked(visit.recovery)


def test_after_the_first_proof_it_is_the_one_that_comes_first(house: SmallHouse, jo: InSession) -> None:
    visit = house.start()
    visit.prove_by_mail()
    value = liked(house, visit)
    (choice,) = [choice for choice in house.service.choosing.choices(visit.recovery) if choice.value == value]
    assert choice.method == APP


def test_what_a_choice_is_called_in_the_form_does_not_depend_on_it(house: SmallHouse, jo: InSession) -> None:
    visit = house.start()
    visit.prove_by_mail()
    before = [(choice.value, choice.method) for choice in house.service.choosing.choices(visit.recovery)]
    paper = next(mine.way for mine in house.staff.enrolling.mine.look(jo.who).mine if mine.method == "saved_codes")
    house.staff.enrolling.arranging.prefer(jo.who, paper)
    assert [(choice.value, choice.method) for choice in house.service.choosing.choices(visit.recovery)] == before


def test_before_it_nothing_is_liked_and_nothing_is_read(
    house: SmallHouse, jo: InSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Standings, "of", lambda *_: 1 / 0)
    for name in ("jo", "nobody-at-all"):
        visit = house.start(name)
        house.work()
        assert liked(house, visit) == ""


def test_a_default_that_is_gone_or_used_already_is_none(house: SmallHouse, jo: InSession) -> None:
    (app,) = [mine.id for mine in house.staff.enrolling.mine.look(jo.who).mine if mine.method == APP]
    house.staff.enrolling.remove(jo.who, app)
    visit = house.start()
    visit.prove_by_mail()
    assert liked(house, visit) == ""
