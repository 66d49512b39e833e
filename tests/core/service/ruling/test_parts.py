"""What administrators do with plugins: settings, on and off, and off for a while."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.parts_house import CANARY, INES, LOADED, MAIL, Works, works
from servers.small_house import Clock
from sqlalchemy import select

from keyback.core.contracts.settings_events import PluginSaved
from keyback.core.db.settings_store import SavedMeanwhile
from keyback.core.db.tables import event
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.service.ruling.needed import Lost
from keyback.core.service.ruling.part_values import Change, Fixed
from keyback.core.service.ruling.parts import Needed, NotOffered, State, Switch, Unfit


@pytest.fixture
def path(tmp_path: Path, migrated: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}"


@pytest.fixture
def process(path: str, tmp_path: Path) -> Iterator[Any]:
    begun, clock = [], Clock()

    def begin() -> Works:
        begun.append(works(path, tmp_path, clock))
        return begun[-1]

    yield begin
    for each in begun:
        each.records.db.close()


@pytest.fixture
def house(process: Any) -> Works:
    return process()  # type: ignore[no-any-return]


def test_what_is_not_set_up_is_neither_on_nor_broken(house: Works) -> None:
    states = {part.name: part.state for part in house.parts.all()}
    assert states["channel", "smtp"] is State.NOT_SET_UP
    assert states["method", "questions"] is State.NOT_SET_UP
    assert states["method", "email"] is State.ON
    assert states["store", "embedded"] is State.ON
    assert states["human_check", "proof_of_work"] is State.ON


def test_what_the_file_does_not_load_is_known_by_name_alone(house: Works) -> None:
    assert "openldap" in house.parts.left_out
    assert not set(house.parts.left_out) & set(LOADED)


def test_what_is_saved_comes_back_and_only_what_differs_is_kept(house: Works) -> None:
    house.save("channel", "smtp", **MAIL, port=587, password=CANARY)
    assert house.part("channel", "smtp").values == MAIL
    assert house.stored("channel", "smtp") == {**MAIL, "password": CANARY}


def test_saving_settings_switches_nothing_on(house: Works) -> None:
    house.save("channel", "smtp", **MAIL)
    assert house.part("channel", "smtp").state is State.OFF
    house.switch("channel", "smtp", True)
    assert house.part("channel", "smtp").state is State.ON
    assert "smtp" in house.snapshots.current.plugins.channels


def test_a_secret_goes_in_and_never_comes_out(house: Works) -> None:
    house.save("channel", "smtp", **MAIL, username="keyback", password=CANARY)
    part = house.part("channel", "smtp")
    assert part.kept == {"password"}
    assert "password" not in part.values
    assert CANARY not in repr(part) + repr(Change({"password": CANARY}))


def test_a_secret_that_nobody_typed_stays_and_goes_by_a_wish_of_its_own(house: Works) -> None:
    house.save("channel", "smtp", **MAIL, password=CANARY)
    house.save("channel", "smtp", **MAIL, port=465)
    assert house.stored("channel", "smtp")["password"] == CANARY
    house.save("channel", "smtp", forget=frozenset({"password"}), **MAIL, port=465)
    assert "password" not in house.stored("channel", "smtp")
    assert house.part("channel", "smtp").kept == frozenset()


def test_the_event_has_old_and_new_and_no_secret(house: Works) -> None:
    house.save("channel", "smtp", **MAIL, password=CANARY)
    house.clock.forward(seconds=1)
    house.save("channel", "smtp", **MAIL, port=465, password=CANARY + "2")
    with house.records.db.read() as tx:
        saved = select(event).where(event.c.name == PluginSaved.name).order_by(event.c.id)
        details = house.records.audit.details(tx, tx.execute(saved).mappings().all()[-1])
    assert details is not None
    assert details["port"] == "587 → 465"
    assert details["who"] == "Ines Roth"
    assert CANARY not in str(details)


def test_what_cannot_work_is_refused_at_its_field_and_nothing_changes(house: Works) -> None:
    with pytest.raises(Unfit) as unfit:
        house.save("channel", "smtp", **{**MAIL, "port": 70000})
    assert [(fault.field, fault.kind, fault.limit) for fault in unfit.value.faults] == [
        ("port", "less_than_equal", "65535")
    ]
    assert house.part("channel", "smtp").state is State.NOT_SET_UP


def test_settings_that_would_break_the_plugin_are_refused(house: Works, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="cannot be kept"):
        house.save("channel", "smtp", **MAIL, ca_file=str(tmp_path / "no.pem"))
    assert house.part("channel", "smtp").version == 0


def test_what_the_file_pins_and_what_keyback_made_is_not_changed_from_outside(house: Works) -> None:
    part = house.part("store", "embedded")
    assert part.fixed["database"] is Fixed.PINNED
    house.save("store", "embedded", database="sqlite:///elsewhere.db")
    house.save("method", "saved_codes", pepper="x" * 32)
    assert house.stored("store", "embedded") == {}
    assert house.stored("method", "saved_codes") == {}
    assert "pepper" in house.part("method", "saved_codes").hidden


def test_networks_inside_the_house_are_opened_by_the_file_alone(house: Works) -> None:
    part = house.part("channel", "http_gateway")
    assert part.fixed["private_networks"] is Fixed.ONLY_IN_FILE
    house.save("channel", "http_gateway", url="https://sms.example/send", private_networks=("169.254.0.0/16",))
    assert "private_networks" not in house.stored("channel", "http_gateway")


def test_the_second_of_two_who_save_is_told(house: Works) -> None:
    seen = house.part("channel", "smtp")
    house.parts.save(INES, seen, Change(MAIL))
    with pytest.raises(SavedMeanwhile):
        house.parts.save(INES, seen, Change({**MAIL, "port": 465}))
    with pytest.raises(SavedMeanwhile):
        house.parts.switch(INES, seen, Switch(on=False))
    assert house.stored("channel", "smtp") == MAIL


def test_off_for_a_while_ends_by_itself_in_every_process_also_after_a_restart(process: Any) -> None:
    one, other = process(), process()
    until = one.clock() + timedelta(hours=4)
    version = one.switch("method", "sms", False, until=until, why="fraud", anyway=True)
    other.snapshots.at_least(version)
    assert process().part("method", "sms").off_until == until
    for each in (one, other):
        assert "sms" not in each.snapshots.current.plugins.methods
    one.clock.forward(hours=4)
    for each in (one, other, process()):
        assert "sms" in each.snapshots.at_least(version).plugins.methods
        assert each.part("method", "sms").off_until is None


def test_settings_that_are_saved_meanwhile_keep_it_off(house: Works) -> None:
    until = house.clock() + timedelta(hours=4)
    house.switch("method", "sms", False, until=until, anyway=True)
    house.save("method", "sms", country_code="44")
    part = house.part("method", "sms")
    assert (part.state, part.off_until) == (State.OFF, until)


@pytest.mark.parametrize("hours", [0, -1, 24 * 40])
def test_a_moment_that_is_over_or_far_away_is_no_end(house: Works, hours: int) -> None:
    with pytest.raises(NotOffered):
        house.switch("method", "sms", False, until=house.clock() + timedelta(hours=hours), anyway=True)


def test_the_last_store_stays_on_whatever_anybody_knows(house: Works) -> None:
    with pytest.raises(Needed) as needed:
        house.switch("store", "embedded", False, anyway=True)
    assert [need.lost for need in needed.value.needs] == [Lost.LAST_STORE]
    assert house.part("store", "embedded").state is State.ON


def test_what_a_policy_requires_goes_off_only_knowingly(house: Works) -> None:
    policy = Policy("staff", proof=ProofRules(required=frozenset({"sms"}), optional=frozenset({"email"})))
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [policy], who="admin", why="test")
    with pytest.raises(Needed) as needed:
        house.switch("method", "sms", False)
    assert [(need.lost, need.what) for need in needed.value.needs] == [(Lost.POLICY, "staff")]
    house.switch("method", "sms", False, anyway=True)
    assert house.part("method", "sms").state is State.OFF


def test_a_channel_that_alone_carries_a_method_goes_off_only_knowingly(house: Works) -> None:
    house.save("channel", "smtp", **MAIL)
    house.switch("channel", "smtp", True)
    with pytest.raises(Needed) as needed:
        house.switch("channel", "smtp", False)
    assert [(need.lost, str(need.what)) for need in needed.value.needs] == [(Lost.METHOD, "E-mail")]


def test_a_human_check_is_chosen_in_the_file_alone(house: Works) -> None:
    with pytest.raises(NotOffered):
        house.switch("human_check", "proof_of_work", False)


def test_the_history_says_who_and_why_and_holds_no_settings(house: Works) -> None:
    house.save("channel", "smtp", **MAIL, password=CANARY)
    house.switch("channel", "smtp", True, why="the new server is there")
    history = house.parts.history(house.part("channel", "smtp"))
    assert [(saved.who, saved.why) for saved in history] == [
        ("Ines Roth", "the new server is there"),
        ("Ines Roth", ""),
    ]
    assert all(saved.what == "" for saved in history)
