"""How a phone joins: by one code, in the hand of whoever is signed in, and as one of three at most."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.phone import Phone
from servers.phone_home import KEY, WHERE, Home, a_home

from keyback.core.contracts.device import Statement
from keyback.core.contracts.errors import NotAllowed
from keyback.core.db.session import Database
from keyback.core.service.enrolling.enrol import GOOD_FOR, Wrong
from keyback.core.service.enrolling.phones import Said
from keyback.plugins.methods._device_key import compared


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Iterator[Home]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'phones.db')}")
    yield a_home(database)
    database.close()


def test_a_phone_counts_only_once_its_owner_confirmed_it(home: Home) -> None:
    who, phone = home.who(), Phone()
    home.house.staff.enrolling.begin(who, KEY)
    code = home.code(who)
    assert home.says(phone.joins(code, home.house.clock())).said is Said.JOINED
    assert home.says(phone.says("asks", home.house.clock())).said is Said.UNKNOWN
    with pytest.raises(Wrong):
        home.house.staff.enrolling.confirm(who, KEY, {"code": compared(Phone().public, code)})
    home.house.staff.enrolling.confirm(who, KEY, {"code": compared(phone.public, code)})
    assert home.waiting(phone) == []


def test_it_counts_at_once_because_it_is_in_the_owners_hand(home: Home) -> None:
    (mine,) = [one for one in home.house.staff.enrolling.mine.look(home.who()).mine if one.method == KEY]
    assert mine.waits_until is None
    assert KEY in home.house.staff.enrolling.mine.look(home.who()).get_back.have


def test_a_code_is_good_for_one_phone_and_ten_minutes(home: Home) -> None:
    who = home.who()
    home.house.staff.enrolling.begin(who, KEY)
    code = home.code(who)
    assert home.says(Phone().joins("A" * 26, home.house.clock())).said is Said.NOT_JOINED
    assert home.says(Phone().joins(code, home.house.clock())).said is Said.JOINED
    assert home.says(Phone().joins(code, home.house.clock())).said is Said.NOT_JOINED
    home.house.staff.enrolling.begin(who, KEY)
    fresh = home.code(who)
    assert fresh != code
    assert home.says(Phone().joins(code, home.house.clock())).said is Said.NOT_JOINED
    home.house.clock.forward(seconds=GOOD_FOR.total_seconds())
    assert home.says(Phone().joins(fresh, home.house.clock())).said is Said.NOT_JOINED


def test_a_fourth_phone_is_refused(home: Home) -> None:
    for _ in range(2):
        home.add(Phone())
    with pytest.raises(NotAllowed, match="already"):
        home.add(Phone())


def test_a_phone_says_by_itself_where_it_can_be_woken_now(home: Home) -> None:
    said = home.phone.says("moved", home.house.clock(), push=WHERE)
    assert home.says(said).said is Said.NOTED
    home.visit()
    assert [message.to for message in home.house.sent("push")] == [f"[{WHERE}]"]


def test_whoever_signs_wrongly_or_with_a_wrong_clock_is_asked_again(home: Home) -> None:
    right = home.phone.says("asks", home.house.clock())
    for odd in (
        replace(right, signature="x"),
        replace(right, words="{}"),
        home.phone.says("sings", home.house.clock()),
    ):
        assert home.says(odd).said is Said.AGAIN
    home.house.clock.forward(minutes=3)
    assert home.says(right).said is Said.AGAIN


def test_what_no_phone_says_is_unknown(home: Home) -> None:
    for odd in (Statement("", "", ""), Statement("\ud800", "\ud800", "\ud800"), Statement("x" * 9000, "{}", "AA")):
        assert home.says(odd).said is Said.UNKNOWN
    assert home.says(Phone().joins("\ud800", home.house.clock())).said is Said.NOT_JOINED


def test_a_phone_is_one_line_of_the_list_and_may_be_given_a_name(home: Home) -> None:
    enrolling = home.house.staff.enrolling
    (line,) = [one for one in enrolling.mine.look(home.who()).mine if one.method == KEY]
    enrolling.arranging.rename(home.who(), line.id, "Blue one")
    (line,) = [one for one in enrolling.mine.look(home.who()).mine if one.method == KEY]
    assert (line.id, line.end) == (home.phone.name, "Blue one")
    assert home.waiting(home.phone) == []
