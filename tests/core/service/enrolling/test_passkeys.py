"""A passkey in a whole house: judged alike for everybody, never locked by strangers, and loud when it was copied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from servers.device import Device, raw
from servers.small_house import SmallHouse, Visit, small_house
from sqlalchemy import select

from keyback.core.contracts.method import Challenge
from keyback.core.db.session import Database
from keyback.core.db.tables import event
from keyback.core.recovery.state import Stage
from keyback.core.service.tickets import Answered
from keyback.core.testing import a_person
from keyback.plugins.methods.webauthn import WebAuthn

METHOD = WebAuthn(WebAuthn.Settings())


@dataclass
class Home:
    """A house, and the phone of jo, who has a passkey for it."""

    house: SmallHouse
    phone: Device

    def visit(self, name: str) -> Visit:
        """Somebody who is asked for a passkey."""
        visit = self.house.start(name)
        self.house.work()
        self.house.clock.forward(seconds=10)
        visit.pick("webauthn")
        return visit

    def answer(self, visit: Visit, device: Device) -> Answered:
        passkey = device.sign(asked(visit).prompt.data["options"])
        proving = self.house.service.proving
        answered = proving.answer(visit.ticket, visit.token, {"passkey": passkey})
        visit.ticket = answered.ticket
        return answered

    def alarms(self) -> int:
        with self.house.records.db.read() as tx:
            return list(tx.scalars(select(event.c.name))).count("enrolment.copied")


def asked(visit: Visit) -> Challenge:
    pick = visit.recovery.pick
    assert pick is not None
    return pick.challenge


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Iterator[Home]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'passkeys.db')}")
    house, phone = small_house(database, methods=[METHOD]), Device()
    house.add("kim")
    challenge = METHOD.enrol(a_person(), (), house.context())
    new = METHOD.confirm(challenge, {"passkey": phone.make(challenge.prompt.data["options"])}, house.context())
    person, now = house.records.keyring.pseudonym("fake", "id-of-jo"), house.clock()
    with house.records.db.write() as tx:
        house.records.enrolments.add(tx, person, "webauthn", "", new.data, proven_at=now, usable_from=now)
    yield Home(house, phone)
    database.close()


def test_somebody_proves_it_with_their_own(home: Home) -> None:
    visit = home.visit("jo")
    assert home.answer(visit, home.phone).reason == ""
    assert [proof.method for proof in visit.recovery.proofs] == ["webauthn"]


@pytest.mark.parametrize("name", ["jo", "kim", "xyz"])
def test_a_strangers_device_proves_nothing_and_is_judged_once(
    home: Home, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    whole = METHOD.judge
    monkeypatch.setattr(METHOD, "judge", lambda *how: judged.append(how) or whole(*how))
    assert home.answer(home.visit(name), Device()).reason == "wrong"
    assert len(judged) == 1


@pytest.mark.parametrize("name", ["jo", "kim", "xyz"])
def test_the_challenge_before_the_first_proof_is_everybodys(home: Home, name: str) -> None:
    drawn = json.loads(asked(home.visit(name)).prompt.data["options"])
    drawn.pop("challenge")
    assert drawn == {
        "rpId": "reset.example.org",
        "timeout": 300000,
        "allowCredentials": [],
        "userVerification": "required",
    }


def test_strangers_lock_nobody_out(home: Home) -> None:
    for _ in range(4):
        visit = home.visit("jo")
        for _ in range(5):
            assert home.answer(visit, Device()).reason == "wrong"
    assert home.answer(home.visit("jo"), home.phone).reason == ""


def test_a_copy_proves_nothing_and_is_told_to_administrators(home: Home) -> None:
    copy = replace(home.phone)
    for _ in range(3):
        assert home.answer(home.visit("jo"), home.phone).reason == ""
    assert home.alarms() == 0
    assert home.answer(home.visit("jo"), copy).reason == "wrong"
    assert home.alarms() == 1


def test_an_answer_is_good_once_and_in_one_recovery(home: Home) -> None:
    first, second = home.visit("jo"), home.visit("jo")
    passkey = home.phone.sign(asked(first).prompt.data["options"])
    proving = home.house.service.proving
    assert proving.answer(second.ticket, second.token, {"passkey": passkey}).reason == "wrong"
    assert proving.answer(first.ticket, first.token, {"passkey": passkey}).reason == ""


def test_after_five_minutes_it_is_too_late(home: Home) -> None:
    visit = home.visit("jo")
    home.house.clock.forward(minutes=5)
    assert home.answer(visit, home.phone).reason == "expired"
    home.house.service.choosing.again(visit.ticket, visit.token)
    assert home.answer(visit, home.phone).reason == ""


def test_as_second_proof_the_persons_own_is_named(home: Home) -> None:
    visit = home.house.start("jo")
    home.house.clock.forward(seconds=10)
    visit.prove_by_mail()
    choice = next(one for one in home.house.service.choosing.choices(visit.recovery) if one.method == "webauthn")
    visit.pick(choice.value)
    (named,) = json.loads(asked(visit).prompt.data["options"])["allowCredentials"]
    assert raw(named["id"]) == home.phone.id
    assert home.answer(visit, home.phone).reason == ""
    assert visit.recovery.stage is Stage.RENEWING


def test_one_that_was_removed_meanwhile_proves_nothing(home: Home) -> None:
    visit = home.visit("jo")
    with home.house.records.db.write() as tx:
        home.house.records.enrolments.remove_all(
            tx, home.house.records.keyring.pseudonym("fake", "id-of-jo"), "webauthn"
        )
    assert home.answer(visit, home.phone).reason == "wrong"
