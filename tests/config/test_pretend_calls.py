"""The pretend phone rings, and its key is heard like any phone's."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from servers.small_house import PHONE, SmallHouse, Visit, small_house

from keyback.config.demo.pretend_calls import press
from keyback.config.house import House
from keyback.core.db.session import Database
from keyback.plugins.channels.outbox import Outbox, OutboxSettings
from keyback.plugins.methods.voice import Voice, VoiceSettings


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    return Outbox(OutboxSettings(demo=True, path=str(tmp_path / "outbox.sqlite")))


@pytest.fixture(params=[False, True], ids=["hear", "approve"])
def house(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path, box: Outbox) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'rings.db')}")
    voice = Voice(VoiceSettings(approve=request.param))
    yield small_house(database, methods=[voice], channel=cast("Any", box))
    database.close()


def rung(house: SmallHouse) -> Visit:
    visit = house.start()
    house.work()
    visit.pick("voice", PHONE)
    house.work()
    return visit


def pressed(house: SmallHouse, call: str) -> None:
    press(cast("House", SimpleNamespace(snapshots=house.snapshots, staff=house.staff)), call)


def test_a_pressed_key_leads_to_the_first_proof(house: SmallHouse, box: Outbox) -> None:
    visit = rung(house)
    (call,) = box.messages()
    assert call.text.startswith("This is Acme.")
    pressed(house, call.rings)
    (said,) = box.messages()
    assert said.rings == ""
    visit.answer("".join(re.findall("[0-9]", said.text.partition("\n")[0])))
    assert len(visit.recovery.proofs) == 1


def test_a_call_that_comes_too_late_says_nothing(house: SmallHouse, box: Outbox) -> None:
    visit = rung(house)
    house.clock.forward(minutes=6)
    pressed(house, box.messages()[0].rings)
    assert (box.messages()[0].text, box.messages()[0].rings) == ("", "")
    assert visit.recovery.proofs == ()


def test_no_other_call_is_answered_by_it(house: SmallHouse, box: Outbox) -> None:
    visit = rung(house)
    pressed(house, "99")
    assert box.messages()[0].rings
    assert visit.recovery.proofs == ()
