"""A known password is changed by a name and the old one, or by a sign-in: what it takes, and what nobody learns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from servers.changing import begin, begin_signed_in
from servers.small_house import NEW, OLD, Cloud, SmallHouse, small_house
from signed_in_sessions import sign_in
from sqlalchemy import select

from keyback.core.contracts.errors import (
    MustWait,
    NotAllowed,
    OutcomeUnknown,
    OutOfTurn,
    PasswordRefused,
    StoreUnavailable,
)
from keyback.core.contracts.people import Account, AccountKey, AccountState
from keyback.core.contracts.text import Secret, Text
from keyback.core.db import tables
from keyback.core.db.freezes import Freeze
from keyback.core.db.session import Database
from keyback.core.recovery.changing import MOST_TRIES, Change, Result, Step
from keyback.core.recovery.policy import PasswordRules, Policy

WRONG = "not the password of jo"
JO = AccountKey("fake", "id-of-jo")
# What a page shows, and nothing else.
Shown = tuple[Step, Result | None, tuple[str, ...], int]


@pytest.fixture
def slow_house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """One in which no result shows before three seconds have passed."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'slow.db')}")
    yield small_house(database, look_up=timedelta(seconds=3))
    database.close()


def shown(change: Change) -> Shown:
    told = change.told
    return change.step, told and told.result, tuple(map(str, told.reasons)) if told else (), change.tries_left


def events(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return list(tx.scalars(select(tables.event.c.name)))


def test_the_old_one_and_a_new_one_change_it(on_either: SmallHouse) -> None:
    house = on_either
    visit = begin(house)
    change = visit.exchange(OLD, NEW)
    assert shown(change) == (Step.CHANGED, Result.SET, (), MOST_TRIES - 1)
    assert house.opens("jo", NEW)
    assert not house.opens("jo", OLD)
    assert house.store.writes == [JO]
    assert {"recovery.started", "password.intended", "password.changed"} <= set(events(house))


def test_the_owner_is_told_on_every_address_that_it_was_changed(house: SmallHouse) -> None:
    begin(house).exchange(OLD, NEW)
    house.work()
    assert "Your password is changed" in [str(message.subject) for message in house.sent("email")]
    assert any("was changed at" in str(message.text) for message in house.sent("sms"))


@pytest.mark.parametrize("state", [AccountState(must_change=True), AccountState()])
def test_who_cannot_sign_in_before_it_is_changed_can_change_it_here(house: SmallHouse, state: AccountState) -> None:
    house.store.change(JO.id, state=state)
    assert begin(house).exchange(OLD, NEW).step is Step.CHANGED


@pytest.mark.parametrize("password", [OLD, WRONG])
def test_nobody_and_whoever_may_not_are_answered_like_a_wrong_password(house: SmallHouse, password: str) -> None:
    house.add("disabled", state=AccountState(enabled=False))
    house.add("expired", state=AccountState(expired=True))
    house.add("locked", state=AccountState(locked=True))
    house.add("boss", privileged=True)
    house.add("stopped", state=AccountState(locked=True, locked_by_admin=True))
    answers = {
        name: shown(begin(house, name).exchange(password, NEW))
        for name in ("nobody", "disabled", "expired", "locked", "boss", "stopped")
    }
    wrong = shown(begin(house).exchange(WRONG, NEW))
    assert set(answers.values()) == {wrong}
    assert wrong == (Step.ASKING, Result.FAILED, (), MOST_TRIES - 1)
    assert house.store.writes == []


def test_a_netbios_name_chooses_the_store_here_too(tmp_path: Path, migrated: Path) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'netbios.db')}")
    house = small_house(database, cloud=Cloud(), realms={"fake": ("ACME",)}, netbios=("ACME",))
    assert begin(house, "acme\\jo").change.asked == ("fake",)
    assert begin(house, "jo").change.asked == ("fake", "cloud")
    database.close()


def test_no_result_of_a_name_shows_before_a_moment_that_is_everybodys(slow_house: SmallHouse) -> None:
    house, answers = slow_house, []
    for name in ("jo", "nobody"):
        visit = begin(house, name)
        visit.send(WRONG, NEW)
        house.work()
        assert visit.change.step is Step.TRYING
        house.clock.forward(seconds=2.9)
        assert visit.change.step is Step.TRYING
        with pytest.raises(OutOfTurn):
            house.staff.changing.exchange(visit.ticket, visit.token, Secret(OLD), Secret(NEW))
        house.clock.forward(seconds=0.1)
        answers.append(shown(visit.change))
    assert answers[0] == answers[1] == (Step.ASKING, Result.FAILED, (), MOST_TRIES - 1)


def test_a_changed_password_is_said_at_once(slow_house: SmallHouse) -> None:
    assert begin(slow_house).exchange(OLD, NEW).step is Step.CHANGED


def test_five_wrong_ones_end_it_and_cost_a_wait_at_the_same_place_for_everybody(house: SmallHouse) -> None:
    for name in ("jo", "nobody"):
        visit = begin(house, name)
        left = [visit.exchange(WRONG, NEW).tries_left for _ in range(MOST_TRIES)]
        assert left == [4, 3, 2, 1, 0]
        assert visit.change.step is Step.CLOSED
        with pytest.raises(MustWait) as wait:
            begin(house, f" {name.upper()}").send(OLD, NEW)
        assert wait.value.until == house.clock() + timedelta(seconds=29)


def test_a_browser_in_which_it_was_changed_has_a_lane_of_its_own(house: SmallHouse) -> None:
    visit = begin(house)
    mark = house.staff.changing.browser_mark(visit.exchange(OLD, NEW), "")
    assert mark is not None
    with pytest.raises(MustWait):
        for _ in range(MOST_TRIES + 1):
            begin(house).exchange(WRONG, NEW)
    assert begin(house, browser=mark).exchange(NEW, OLD + " again").step is Step.CHANGED


def test_what_the_directory_refuses_is_said_to_who_had_the_right_one(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.store.trouble_when_writing = PasswordRefused([Text("The directory says: used before.")])
    assert shown(begin(house).exchange(OLD, NEW))[1:3] == (Result.REFUSED, ("The directory says: used before.",))
    assert shown(begin(house).exchange(WRONG, NEW))[1:3] == (Result.FAILED, ())


def test_a_store_that_looks_at_the_new_one_first_tells_strangers_nothing(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(*_: object, **__: object) -> None:
        raise PasswordRefused([Text("No brackets here.")])

    monkeypatch.setattr(house.store, "change_password", at_once)
    assert shown(begin(house).exchange(WRONG, NEW))[1:3] == (Result.FAILED, ())
    assert shown(begin(house).exchange(OLD, NEW))[1:3] == (Result.REFUSED, ("No brackets here.",))


def test_the_persons_own_rules_are_said_to_who_had_the_right_one_alone(house: SmallHouse) -> None:
    strict = Policy("strict", password=PasswordRules(min_length=40))
    usual = Policy("usual", position=2000)
    house.store.change(JO.id, groups=frozenset({"staff"}))
    with house.records.db.write() as tx:
        policies = [replace(strict, audience=replace(strict.audience, groups=frozenset({"staff"}))), usual]
        house.records.settings.save_policies(tx, policies, who="the tests", why="tests")
    with house.records.db.read() as tx:
        house.snapshots.at_least(house.records.settings.version(tx))
    result, reasons = shown(begin(house).exchange(OLD, NEW))[1:3]
    assert result is Result.REFUSED
    assert reasons[0].startswith("40 characters or more")
    assert shown(begin(house).exchange(WRONG, NEW))[1:3] == (Result.FAILED, ())
    assert house.store.writes == []


@pytest.mark.parametrize("new", ["short", OLD])
def test_what_is_wrong_for_everybody_is_said_before_anything_is_counted(house: SmallHouse, new: str) -> None:
    visit = begin(house, "nobody")
    with pytest.raises(PasswordRefused):
        visit.send(OLD, new)
    assert visit.change.tries_left == MOST_TRIES
    assert house.in_hand == []


def test_a_second_tab_is_out_of_turn(house: SmallHouse) -> None:
    visit = begin(house)
    token = visit.token
    visit.send(OLD, NEW)
    with pytest.raises(OutOfTurn):
        house.staff.changing.exchange(visit.ticket, token, Secret(OLD), Secret("another one that is long"))
    house.work()
    assert house.store.writes == [JO]


def test_another_browser_and_a_made_up_key_see_nothing(house: SmallHouse) -> None:
    visit = begin(house)
    for ticket in (replace(visit.ticket, key="0" * 64), replace(visit.ticket, recovery_id="f" * 32)):
        with pytest.raises(NotAllowed):
            house.staff.changing.look(ticket)


def test_a_silent_directory_is_said_to_everybody_alike(house: SmallHouse) -> None:
    house.store.trouble = StoreUnavailable("down")
    answers = [shown(begin(house, name).exchange(OLD, NEW)) for name in ("jo", "nobody")]
    assert answers[0] == answers[1]
    assert answers[0][1] is Result.NOT_SET


def test_a_lost_answer_is_looked_up_while_the_new_one_is_in_hand(house: SmallHouse) -> None:
    house.store.loses_answers = True
    assert begin(house).exchange(OLD, NEW).step is Step.CHANGED
    assert house.opens("jo", NEW)


@pytest.mark.parametrize("reached", [True, False])
def test_a_lost_answer_that_nobody_can_look_up_is_settled_by_the_directorys_mark(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, reached: bool
) -> None:
    def lose(account: Account, old: Secret, new: Secret, *, ctx: object) -> None:
        if reached:
            house.store.set_password(account, new, unlock=False, ctx=house.context())
        house.store.trouble = StoreUnavailable("gone")
        raise OutcomeUnknown("lost")

    monkeypatch.setattr(house.store, "change_password", lose)
    visit = begin(house)
    assert visit.exchange(OLD, NEW).step is Step.TRYING
    assert house.in_hand == []
    house.store.trouble = None
    for _ in range(10):
        house.clock.forward(seconds=2)
        house.work()
    assert visit.change.told is not None
    assert visit.change.told.result is (Result.SET if reached else Result.NOT_SET)
    assert ("password.changed" in events(house)) is reached


def test_a_process_that_dies_with_the_passwords_in_hand_changes_nothing(house: SmallHouse) -> None:
    """Whoever takes its job over has none of what was typed, and says so at the same moment for everybody."""
    answers = []
    for name in ("jo", "nobody"):
        visit = begin(house, name)
        visit.send(OLD, NEW)
        house.in_hand.clear()
        house.clock.forward(seconds=25)
        house.work()
        answers.append(shown(visit.change))
    assert answers[0] == answers[1]
    assert answers[0][1] is Result.NOT_SET
    assert house.opens("jo", OLD)


def test_no_password_stands_in_any_table(house: SmallHouse) -> None:
    visit = begin(house)
    visit.send(OLD, NEW)
    with house.records.db.read() as tx:
        rows = [repr(row) for table in tables.metadata.sorted_tables for row in tx.execute(select(table))]
    assert not any(password in row for row in rows for password in (OLD, NEW))
    with house.records.db.read() as tx:
        change = house.records.changes.load(tx, visit.change.id)
    assert OLD not in repr(change)
    assert NEW not in repr(house.in_hand)


def test_every_session_and_every_recovery_of_the_person_ends_with_the_old_password(house: SmallHouse) -> None:
    sign_in(house)
    recovery = house.start()
    recovery.prove_by_mail()
    begin(house).exchange(OLD, NEW)
    with house.records.db.read() as tx:
        assert tx.execute(select(tables.session)).first() is None
    assert recovery.recovery.closed_because == "superseded"


def test_who_is_signed_in_needs_the_old_one_as_well_and_is_told_what_is_wrong(house: SmallHouse) -> None:
    visit = begin_signed_in(house, sign_in(house).who)
    assert shown(visit.exchange(WRONG, NEW)) == (Step.ASKING, Result.FAILED, (), MOST_TRIES - 1)
    house.store.change(JO.id, state=AccountState(locked=True))
    locked = "This account is locked. Unlock it, or reset the password."
    assert shown(visit.exchange(OLD, NEW))[1:3] == (Result.REFUSED, (locked,))
    house.store.change(JO.id, state=AccountState())
    assert visit.exchange(OLD, NEW).step is Step.CHANGED


def test_a_stopped_person_changes_nothing_here(house: SmallHouse) -> None:

    person = house.records.keyring.pseudonym(JO.store, JO.id)
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(person, house.clock(), "password.set", ""))
    assert shown(begin(house).exchange(OLD, NEW))[1] is Result.FAILED
    assert house.opens("jo", OLD)


def test_old_ones_are_forgotten(house: SmallHouse) -> None:
    visit = begin(house)
    house.clock.forward(hours=24, seconds=1)
    assert visit.change.step is Step.CLOSED
    with house.records.db.write() as tx:
        assert house.records.changes.purge(tx, house.clock()) == 1


def test_whoever_stops_has_changed_nothing(house: SmallHouse) -> None:
    visit = begin(house)
    house.staff.changing.cancel(visit.ticket, visit.token)
    assert visit.change.step is Step.CLOSED
    with pytest.raises(OutOfTurn):
        visit.send(OLD, NEW)
