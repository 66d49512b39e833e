"""The public rules are changed by a page that says what each choice costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.console_forms import sent, words
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, console_of, opened, small_console
from servers.small_house import SmallHouse
from werkzeug.test import TestResponse

from keyback.core.recovery.policy import Disclosure, PublicRules
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.ruling.approvals import Approvals
from keyback.core.service.ruling.control_room import ControlRoom
from keyback.core.service.ruling.kept_rules import Change

HERE = "/admin/first-page/"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        records = console.house.records
        with records.db.write() as tx:
            records.settings.save_public_rules(tx, PublicRules(), who="Somebody", why="tests")
        yield console


@pytest.fixture
def house(console: SmallConsole) -> SmallHouse:
    return console.house


def kept(house: SmallHouse) -> PublicRules:
    with house.records.db.read() as tx:
        return house.records.settings.public_rules(tx)


def edit(console: SmallConsole, press: str = "look", **typed: Any) -> TestResponse:
    return console.post(HERE, sent(console.get(HERE), HERE, press=press, **typed))


def save(console: SmallConsole, reviewed: TestResponse, why: str = "because") -> TestResponse:
    return console.post(f"{HERE}save", sent(reviewed, f"{HERE}save", why=why))


def test_administrators_change_auditors_look_and_nobody_else_comes_in(console: SmallConsole) -> None:
    form = sent(edit(console, "review", answers_per_challenge="3"), f"{HERE}save", why="because")
    for path in ("", "history", "version?number=2"):
        seen = [console.as_(who).get(HERE + path).status_code for who in (ADMINISTRATOR, AUDITOR, HELP_DESK)]
        assert seen == [200, 200, 403]
    assert console.as_(AUDITOR).post(f"{HERE}save", form).status_code == 403
    assert console.post(f"{HERE}save", form, token="another").status_code == 403
    assert kept(console.house) == PublicRules()


def test_the_price_of_masked_ends_stands_beside_the_choice(console: SmallConsole) -> None:
    page = words(console.get(HERE))
    assert "it says more to strangers" in page
    assert "Whoever knows somebody's number or mailbox sees whether the page agrees." in page


def test_a_change_is_reviewed_and_saved_and_the_rest_stays(console: SmallConsole) -> None:
    reviewed = edit(console, "review", answers_per_challenge="3", resend_waits="45\n90")
    assert "Wrong answers per code: 5 → becomes 3" in words(reviewed)
    assert "becomes 45 seconds, 90 seconds" in words(reviewed)
    assert save(console, reviewed).status_code == 303
    rules = kept(console.house)
    assert (rules.answers_per_challenge, [wait.seconds for wait in rules.resend_waits]) == (3, [45, 90])
    assert (rules.methods, rules.type_destination, rules.look_up) == (
        PublicRules().methods,
        PublicRules().type_destination,
        PublicRules().look_up,
    )


def test_methods_that_nobody_loads_keep_their_place(console: SmallConsole) -> None:
    save(console, edit(console, "review", methods=["email", "saved_codes"]))
    assert kept(console.house).methods == (
        "email",
        "voice",
        "authenticator",
        "webauthn",
        "phone_approval",
        "saved_codes",
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"disclosure": "masked"}, "needs an account that is read for unknown names"),
        ({"disclosure": "everything"}, "Choose one of these."),
        ({"methods": []}, "The first page must show a method that is on."),
        ({"methods": ["questions"]}, "Choose from the list"),
        ({"lifetime": "4"}, "Type a whole number from 5 to 60"),
        ({"idle": "59"}, "nobody may be idle for longer"),
        ({"answers_per_challenge": "11"}, "Type a whole number from 1 to 10"),
        ({"resend_waits": ""}, "there is at least one"),
        ({"resend_waits": "60 30"}, "Waits grow"),
        ({"resend_waits": "soon"}, "each a number of seconds"),
        ({"resend_waits": "9" * 9999}, "each a number of seconds"),
    ],
)
def test_what_cannot_hold_is_said_at_its_field(console: SmallConsole, typed: dict[str, Any], said: str) -> None:
    page = edit(console, "review", **typed)
    assert page.status_code == 422
    assert said in words(page)
    assert kept(console.house) == PublicRules()


@pytest.mark.parametrize("hidden", ["look_up", "release", "who", "version"])
def test_hidden_fields_are_refused_and_change_nothing(console: SmallConsole, hidden: str) -> None:
    assert edit(console, "review", answers_per_challenge="4", **{hidden: "0"}).status_code == 400
    assert kept(console.house) == PublicRules()


def test_what_the_file_pins_is_shown_with_the_reason_and_never_changed(house: SmallHouse) -> None:
    approvals = Approvals(records=house.records, around=house.around)
    room = ControlRoom.open(house.records, house.snapshots, house.around, approvals, pinned=Disclosure.GENERIC)
    console = small_console(house, console=console_of(house, control_room=room))
    page = console.get(HERE)
    assert "Set in keyback.toml: disclosure." in words(page)
    assert 'name="disclosure"' not in page.text
    assert edit(console, "review", disclosure="masked", answers_per_challenge="4").status_code == 400
    assert save(console, edit(console, "review", answers_per_challenge="4")).status_code == 303
    assert kept(house).disclosure is Disclosure.GENERIC


def test_the_second_of_two_administrators_is_told(console: SmallConsole) -> None:
    reviewed = edit(console, "review", answers_per_challenge="3")
    public = console_of(console.house).control_room.public
    public.save(PublicRules(sends_per_recovery=4), Change(Actor("noor", "Noor"), "why", public.now().version))
    told = save(console, reviewed)
    assert told.status_code == 409
    assert "Noor saved version 3 while you were at it." in words(told)
    assert kept(console.house).answers_per_challenge == 5


def test_a_version_can_be_gone_back_to(console: SmallConsole) -> None:
    save(console, edit(console, "review", answers_per_challenge="3"), "<script>alert(1)</script>")
    assert "<script" not in console.get(f"{HERE}history").text
    old = console.get(f"{HERE}version?number=2")
    assert "Wrong answers per code: 3 → becomes 5" in words(old)
    reviewed = console.post(f"{HERE}review", sent(old, f"{HERE}review"))
    assert save(console, reviewed).status_code == 303
    assert kept(console.house) == PublicRules()
