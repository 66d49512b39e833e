"""What standards advise against is turned on by somebody who answers for it, with their organisation's name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from servers.parts_house import INES, Works, works
from servers.small_house import Clock
from sqlalchemy import select

from keyback.core.contracts.settings_events import RiskAccepted
from keyback.core.contracts.text import Text
from keyback.core.db import tables
from keyback.core.db.settings_store import SavedMeanwhile
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.ruling import kept_rules
from keyback.core.service.ruling.acceptance import WORDING, NotAccepted
from keyback.core.service.ruling.approvals import Approvals
from keyback.core.service.ruling.control_room import ControlRoom
from keyback.core.service.ruling.part_values import Change, Fixed
from keyback.core.service.ruling.parts import NotOffered, Part, State, Switch
from keyback.core.service.ruling.policy_desk import PolicyDesk


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[Works]:
    house = works(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}", tmp_path, Clock())
    yield house
    house.records.db.close()


def questions(house: Works) -> Part:
    return house.part("method", "questions")


def accept(house: Works, organisation: str = "Acme") -> int:
    return house.parts.accept(INES, questions(house), organisation, "people asked for it")


def accepted(house: Works) -> list[tuple[dict[str, object], dict[str, str]]]:
    with house.records.db.read() as tx:
        asked = select(tables.event).where(tables.event.c.name == RiskAccepted.name)
        rows = tx.execute(asked).mappings().all()
        return [(json.loads(row["data"]), dict(house.records.audit.details(tx, row) or {})) for row in rows]


def test_questions_are_off_and_no_switch_turns_them_on(house: Works) -> None:
    assert questions(house).state is State.NOT_SET_UP
    with pytest.raises(NotOffered):
        house.switch("method", "questions", True)
    assert questions(house).fixed["accepted_by"] is Fixed.ACCEPTED


def test_with_the_organisations_name_they_are_on_and_it_is_kept_who_answers_since_when(house: Works) -> None:
    accept(house)
    part = questions(house)
    assert part.state is State.ON
    assert part.answered_by == f"Ines Roth, {house.clock():%Y-%m-%d}"
    ((data, details),) = accepted(house)
    assert data == {"plugin": "questions", "what": "method", "wording": WORDING}
    assert details == {"who": "Ines Roth", "why": "people asked for it", "organisation": "Acme"}


@pytest.mark.parametrize("typed", ["", "Acm", "Acme Ltd", "yes"])
def test_with_any_other_name_nothing_changes(house: Works, typed: str) -> None:
    with pytest.raises(NotAccepted):
        accept(house, typed)
    assert questions(house).state is State.NOT_SET_UP
    assert accepted(house) == []


@pytest.mark.parametrize("typed", ["acme", " ACME "])
def test_capitals_and_spaces_around_the_name_do_not_matter(house: Works, typed: str) -> None:
    accept(house, typed)
    assert questions(house).state is State.ON


def test_what_nobody_need_answer_for_is_not_turned_on_this_way(house: Works) -> None:
    with pytest.raises(NotOffered):
        house.parts.accept(INES, house.part("method", "email"), "Acme", "why not")


def test_switched_off_they_come_on_by_a_new_answer_alone(house: Works) -> None:
    accept(house)
    house.switch("method", "questions", False, why="too easy", anyway=True)
    assert questions(house).answered_by == ""
    with pytest.raises(NotOffered):
        house.switch("method", "questions", True)
    accept(house)
    assert questions(house).state is State.ON
    assert len(accepted(house)) == 2


def test_of_two_who_answer_at_once_one_does(house: Works) -> None:
    before = questions(house)
    accept(house)
    house.switch("method", "questions", False, why="", anyway=True)
    with pytest.raises(SavedMeanwhile):
        house.parts.accept(INES, before, "Acme", "late")


def test_other_settings_never_touch_who_answers(house: Works) -> None:
    accept(house)
    house.parts.save(INES, questions(house), Change({"accepted_by": "Nobody", "to_ask": 4}))
    assert house.stored("method", "questions")["accepted_by"] == questions(house).answered_by
    assert questions(house).values["to_ask"] == 4
    house.parts.switch(INES, questions(house), Switch(False, anyway=True))
    assert questions(house).state is State.OFF


COUNTING = Policy("staff", proof=ProofRules(optional=frozenset({"email", "sms", "saved_codes", "questions"})))


def policies(house: Works) -> PolicyDesk:
    around = house.parts.around
    approvals = Approvals(records=house.records, around=around)
    return ControlRoom.open(house.records, house.snapshots, around, approvals).policies


def count_them(house: Works, organisation: str = "", policy: Policy = COUNTING) -> int:
    desk = policies(house)
    return desk.save([policy], kept_rules.Change(INES, "people asked for it", desk.now().version, organisation))


def test_a_policy_that_counts_them_anew_is_answered_for(house: Works) -> None:
    accept(house)
    for wrong in ("", "Acm"):
        with pytest.raises(NotAccepted):
            count_them(house, wrong)
    assert policies(house).now().version == 0
    count_them(house, "acme")
    ((data, details),) = [one for one in accepted(house) if one[0]["what"] != "method"]
    assert data == {"plugin": "questions", "what": "staff", "wording": WORDING}
    assert (details["who"], details["organisation"]) == ("Ines Roth", "acme")


def test_a_policy_that_counts_them_no_more_than_before_is_not_answered_for_again(house: Works) -> None:
    accept(house)
    three = replace(COUNTING, proof=replace(COUNTING.proof, at_least=3))
    count_them(house, "Acme", three)
    count_them(house, policy=replace(three, cool_down=timedelta(days=1)))
    assert len(accepted(house)) == 2
    with pytest.raises(NotAccepted):
        count_them(house, policy=COUNTING)


def test_what_two_agree_on_is_answered_for_by_whoever_asks(house: Works) -> None:
    accept(house)
    desk = policies(house)
    with pytest.raises(NotAccepted):
        desk.put_up([COUNTING], kept_rules.Change(INES, "why", 0), Text("x"))
    desk.put_up([COUNTING], kept_rules.Change(INES, "why", 0, "Acme"), Text("x"))
    (waiting,) = desk.approvals.waiting()
    desk.approvals.approve(Actor("noor", "Noor", frozenset({Role.ADMINISTRATOR})), waiting.id)
    assert policies(house).now().rules[0].proof == COUNTING.proof
    assert {one[0]["what"]: one[1]["organisation"] for one in accepted(house)} == {"method": "Acme", "staff": "Acme"}
