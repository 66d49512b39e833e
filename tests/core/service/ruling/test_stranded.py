"""Everybody is counted, and rules are judged by what they have: as the flow itself would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.everybody_tries import SIMPLE, save
from servers.listed import Listed
from servers.small_house import SmallHouse, small_house

from keyback.core.db.session import Database
from keyback.core.recovery.policy import Audience, Policy, ProofRules, PublicRules, Scope
from keyback.core.service.reporting.capable import capable
from keyback.core.service.reporting.counting import Counting
from keyback.core.service.ruling.simulator import Draft
from keyback.core.service.ruling.stranded import PAGE, Stranded

EVERYBODY = Policy("Everybody", 99)


@pytest.fixture
def town(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHouse]:
    monkeypatch.setattr("servers.small_house.Directory", Listed)
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=tuple(each() for each in SIMPLE))
    database.close()


def desk(house: SmallHouse) -> Stranded:
    return house.staff.stranded


def counting(house: SmallHouse) -> Counting:
    return house.staff.counting


def draft(*policies: Policy) -> Draft:
    return Draft(policies, PublicRules())


def only(*methods: str, at_least: int = 1) -> Policy:
    return Policy("Everybody", 99, proof=ProofRules(optional=frozenset(methods), at_least=at_least))


def test_saving_rules_is_foretold_by_how_many_could_reset_before_and_after(town: SmallHouse) -> None:
    for name in ("kim", "lee"):
        town.add(name, contacts=())
    counting(town).work()
    told = desk(town).compare(draft(only("email")))
    assert (told.people, told.before, told.after, told.stranded, told.gained) == (3, 1, 1, 0, 0)
    told = desk(town).compare(draft(only("saved_codes")))
    assert (told.before, told.after, told.stranded, told.gained) == (1, 3, 0, 2)
    told = desk(town).compare(draft(only("device", "known", at_least=2)))
    assert (told.before, told.after, told.stranded) == (1, 0, 1)
    (lost,) = told.lost
    assert [one.name for one in desk(town).people(lost.digests)] == ["Jo"]


def test_switching_a_method_off_is_foretold_too(town: SmallHouse) -> None:
    counting(town).work()
    assert desk(town).compare(draft(only("email", "sms", at_least=2))).stranded == 0
    told = desk(town).compare(draft(only("email", "sms", at_least=2)), off={"sms"})
    assert (told.before, told.after, told.stranded) == (1, 0, 1)


def test_who_cannot_get_back_in_is_grouped_by_what_they_have_and_lack(town: SmallHouse) -> None:
    for number in range(3):
        town.add(f"kim{number}", contacts=())
    town.add("lee", contacts=(), privileged=True)
    counting(town).work()
    paper, ruler = desk(town).today()
    assert (paper.methods, paper.people, paper.refusal) == (("saved_codes",), 3, "")
    assert set(paper.help) == {"email", "sms"}
    assert (ruler.people, ruler.refusal) == (1, "privileged")


def test_the_list_goes_on_where_it_ended(town: SmallHouse) -> None:
    for number in range(PAGE + 5):
        town.add(f"kim{number}", contacts=())
    counting(town).work()
    (group,) = desk(town).today()
    first = desk(town).people(group.digests)
    rest = desk(town).people(group.digests, first[-1].place)
    assert (len(first), len(rest)) == (PAGE, 5)
    assert len({one.account for one in (*first, *rest)}) == PAGE + 5
    assert desk(town).people(group.digests, rest[-1].place) == ()


def test_somebody_who_adds_a_method_is_counted_anew_at_once(town: SmallHouse) -> None:
    key = town.add("kim", contacts=())
    counting(town).work()
    assert capable(desk(town)).capable == 1
    person, now = town.records.keyring.pseudonym("fake", key.id), town.clock()
    with town.records.db.write() as tx:
        data = {"to": "+436641234599"}
        later = now + timedelta(hours=72)
        town.records.enrolments.add(tx, person, "sms", "", data, proven_at=now, usable_from=later)
    counting(town).work()
    assert capable(desk(town)).capable == 1
    town.clock.forward(hours=73)
    counting(town).work()
    assert capable(desk(town)).capable == 2


def test_the_three_numbers(town: SmallHouse) -> None:
    town.add("kim", contacts=())
    town.add("lee", privileged=True)
    town.add("old", contacts=())
    town.records.enrolments  # noqa: B018
    person = town.records.keyring.pseudonym("fake", "id-of-old")
    with town.records.db.write() as tx:
        town.records.enrolments.remove_all(tx, person, "saved_codes")
    counting(town).work()
    told = capable(desk(town))
    assert (told.people, told.registered, told.enabled, told.capable, told.one_method) == (4, 3, 3, 1, 1)
    assert told.by_method == {"email": 2, "sms": 2, "saved_codes": 3}


def test_a_directory_that_falls_silent_leaves_the_last_full_count(town: SmallHouse) -> None:
    for number in range(5):
        town.add(f"kim{number}")
    counting(town).work()
    at = town.clock()
    town.clock.forward(days=2)
    assert isinstance(town.store, Listed)
    town.store.breaks_after = 1
    town.store.remove("id-of-kim4")
    counting(town).work()
    told = desk(town).census()
    assert told.counted_at == at
    assert told.rounds[0].failed == "StoreUnavailable"
    assert desk(town).compare(draft(EVERYBODY)).people == 6
    town.store.breaks_after = None
    town.clock.forward(hours=1)
    counting(town).work()
    assert desk(town).compare(draft(EVERYBODY)).people == 5


def test_who_left_the_directory_is_forgotten_and_nobody_is_counted_sooner_than_is_due(town: SmallHouse) -> None:
    town.add("kim")
    counting(town).work()
    town.store.remove("id-of-kim")
    counting(town).work()
    assert desk(town).compare(draft(EVERYBODY)).people == 2
    desk(town).count_again()
    assert [one.store for one in desk(town).census().counting] == ["fake"]
    counting(town).work()
    assert desk(town).compare(draft(EVERYBODY)).people == 1
    assert desk(town).census().counting == ()


def test_rules_that_name_a_group_nobody_was_told_apart_by_are_said_to_be_uncertain(town: SmallHouse) -> None:
    town.add("kim", contacts=(), groups=frozenset({"board", "staff"}))
    counting(town).work()
    strict = Policy("Board", 1, Audience(groups=frozenset({"board"})), ProofRules(frozenset({"device"})))
    rules = draft(strict, only("saved_codes"))
    told = desk(town).compare(rules)
    assert (told.after, told.census.unknown_groups) == (2, ("board",))
    desk(town).count_again({"board"})
    counting(town).work()
    told = desk(town).compare(rules)
    assert (told.after, told.census.unknown_groups) == (1, ())


def test_a_directory_that_cannot_say_who_is_there_is_named(house: SmallHouse) -> None:
    counting(house).work()
    told = desk(house).census()
    assert (told.unlisted, told.counted_at) == (("fake",), None)


def test_a_forbidden_group_is_told_apart(town: SmallHouse) -> None:
    town.add("kim", groups=frozenset({"barred"}))
    barring = Policy("Everybody", 99, scope=Scope(forbidden_groups=frozenset({"barred"})))
    save(town, ((barring,), PublicRules(look_up=timedelta(0))))
    counting(town).work()
    assert desk(town).compare(draft(barring)).after == 1
