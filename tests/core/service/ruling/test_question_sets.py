"""Administrators save question sets: as a whole, with who and why, and never so that people's answers are lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from servers.small_house import SmallHouse, small_house
from sqlalchemy import select

from keyback.core.contracts.question_set import Question, QuestionSet
from keyback.core.contracts.settings_events import RulesSaved
from keyback.core.db import tables
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SavedMeanwhile
from keyback.core.languages import Languages
from keyback.core.recovery.policy import Policy
from keyback.core.recovery.question_sets import Fault, with_question, without_question
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.ruling.kept_rules import Change, Refused
from keyback.core.service.ruling.question_sets import QuestionDesk, Unfit
from keyback.plugins.methods.questions import Questions, QuestionsSettings

INES = Actor("ines", "Ines Canary", frozenset({Role.ADMINISTRATOR}))
OWN = tuple(f"Own question {n}?" for n in range(6))
TRANSLATIONS = Path(__file__).parents[4] / "core" / "portal" / "translations"


def method(**settings: object) -> Questions:
    values = {"pepper": "p" * 32, "accepted_by": "Ada Lee", **settings}
    return Questions(QuestionsSettings.model_validate(values))


@pytest.fixture
def house(migrated: Path, tmp_path: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=[method()], languages=Languages(TRANSLATIONS))
    database.close()


@pytest.fixture
def desk(house: SmallHouse) -> QuestionDesk:
    return opened(house)


def opened(house: SmallHouse) -> QuestionDesk:
    return QuestionDesk(records=house.records, snapshots=house.snapshots, around=house.around)


def by(after: int, why: str = "because canary") -> Change:
    return Change(INES, why, after)


def asks(house: SmallHouse) -> Questions:
    asked = house.snapshots.current.plugins.methods["questions"]
    assert isinstance(asked, Questions)
    return asked


def test_until_somebody_saves_a_set_keybacks_own_are_one_said_in_every_language(desk: QuestionDesk) -> None:
    now = desk.now()
    assert (now.version, [one.name for one in now.rules]) == (0, ["Everybody"])
    first = now.rules[0].questions[0]
    assert first.words.keys() == {"en", "de"}
    assert first.words["en"] == first.id
    assert first.words["de"] != first.id
    assert desk.missing(now.rules) == ()


def test_the_files_own_are_the_first_set_and_lack_the_other_languages(migrated: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    desk = opened(small_house(database, methods=[method(questions=OWN)], languages=Languages(TRANSLATIONS)))
    now = desk.now()
    assert [question.id for question in now.rules[0].questions] == list(OWN)
    assert {(one.question, one.language) for one in desk.missing(now.rules)} == {(each, "de") for each in OWN}
    database.close()


def test_where_nothing_asks_questions_there_is_no_set(house: SmallHouse, on_either: SmallHouse) -> None:
    assert opened(on_either).now().rules == ()


def test_what_is_saved_holds_at_once_and_is_told_with_who_and_why(house: SmallHouse, desk: QuestionDesk) -> None:
    (first,) = desk.now().rules
    version = desk.save((with_question(first, 15, Question("One more?")),), by(0))
    now = desk.now()
    assert (now.version, now.who, now.why) == (version, "Ines Canary", "because canary")
    assert now.rules[0].questions[-1].id == "One more?"
    assert asks(house).sets == now.rules
    with house.records.db.read() as tx:
        (row,) = tx.execute(select(tables.event).where(tables.event.c.name == RulesSaved.name)).mappings().all()
        details = dict(house.records.audit.details(tx, row) or {})
    data = json.loads(row["data"])
    assert (data["what"], data["version"]) == ("question-sets", version)
    assert "Everybody.question: - > One more?" in data["changes"]
    assert details["why"] == "because canary"


def test_of_two_who_save_at_once_the_second_is_told(desk: QuestionDesk) -> None:
    sets = desk.now().rules
    desk.save(sets, by(0))
    with pytest.raises(SavedMeanwhile):
        desk.save(sets, by(0))


def test_what_cannot_work_or_has_no_reason_is_not_saved(desk: QuestionDesk) -> None:
    (first,) = desk.now().rules
    with pytest.raises(Unfit) as unfit:
        desk.save((replace(first, questions=first.questions[:4]),), by(0))
    assert [flaw.fault for flaw in unfit.value.flaws] == [Fault.TOO_FEW]
    with pytest.raises(Refused):
        desk.save((first,), by(0, why=" "))
    assert desk.now().version == 0


def test_every_save_can_be_looked_at_and_taken_back(desk: QuestionDesk) -> None:
    (first,) = desk.now().rules
    one = desk.save((first,), by(0))
    two = desk.save((with_question(first, 15, Question("One more?")),), by(one))
    assert [kept.version for kept in desk.ledger.past()] == [two, one]
    old = desk.ledger.version(one)
    assert old is not None
    desk.save(old.rules, by(two, "back"))
    assert desk.now().rules == (first,)


def test_what_somebody_chose_is_retired_and_not_taken_away(house: SmallHouse, desk: QuestionDesk) -> None:
    (first,) = desk.now().rules
    with house.records.db.write() as tx:
        now, chosen = house.clock(), first.questions[0].id
        house.records.enrolments.add(
            tx, "somebody", "questions", "", {}, proven_at=now, usable_from=now, counted=(chosen,)
        )
    assert desk.chosen(desk.now().rules)[chosen] == 1
    with pytest.raises(Unfit) as unfit:
        desk.save((without_question(first, 0),), by(0))
    assert [(flaw.fault, flaw.n) for flaw in unfit.value.flaws] == [(Fault.IN_USE, 1)]
    assert desk.now().version == 0
    desk.save((with_question(first, 0, replace(first.questions[0], last_day=date(2027, 1, 31))),), by(0))
    desk.save((without_question(first, 1),), by(desk.now().version))


def test_a_set_is_for_policies_that_there_are(house: SmallHouse, desk: QuestionDesk) -> None:
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [Policy("lab", 10), Policy("all", 20)], who="admin", why="test")
    assert desk.policies() == ("lab", "all")
    lab = QuestionSet("Lab", desk.now().rules[0].questions, frozenset({"lab"}))
    desk.save((lab, *desk.now().rules), by(0))
    assert asks(house).sets[0].policies == {"lab"}
