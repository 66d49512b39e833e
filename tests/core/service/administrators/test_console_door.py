"""Who comes into the console, as what, and every way in which that ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from servers.console_door import door_over
from servers.small_house import SmallHouse, small_house
from sqlalchemy import select, update

from keyback.core.contracts.errors import NotAllowed
from keyback.core.db.console_tables import console_session
from keyback.core.db.session import Database
from keyback.core.db.sign_ins import Departure
from keyback.core.db.tables import event
from keyback.core.service.administrators.actor import Role
from keyback.core.service.administrators.console_desk import InConsole
from keyback.core.service.administrators.console_door import ConsoleDoor
from keyback.core.service.enrolling.signing_in import Arrived
from keyback.core.service.enrolling.vouching import SignedOut, SignInRefused, SignInUnavailable, Vouched

ADDRESS = "192.0.2.1"


@dataclass
class PretendIdp:
    """Vouches for Ines, in the groups that the test says."""

    groups: frozenset[str] = frozenset({"kb admins"})
    subject: str = "sub-ines"
    state: str = ""
    fresh: bool = False

    def address_for(self, departure: Departure, language: str) -> str:
        self.state, self.fresh = departure.state, departure.fresh
        return "https://idp.example/authorize"

    def vouch(self, answer: Mapping[str, str], departure: Departure, now: datetime) -> Vouched:
        return Vouched("https://idp.example", self.subject, "Ines Roth", now, "an.id.token", "sid-1", self.groups)

    def way_out(self, id_token: str) -> str:
        return f"https://idp.example/out?id_token_hint={id_token}"

    def told(self, logout_token: str, now: datetime) -> SignedOut:
        return SignedOut("https://idp.example", self.subject, "", logout_token, now + timedelta(minutes=5))

    def check(self) -> None:
        """Is always there."""


@dataclass
class Doorstep:
    """A browser before the door."""

    door: ConsoleDoor
    house: SmallHouse
    idp: PretendIdp

    def enter(self, key: str = "", browser: str = "") -> Arrived:
        out = self.door.set_out(ADDRESS, browser, to="/admin/policies/", fresh=bool(key), key=key, language="en")
        return self.door.come_back({"state": self.idp.state, "code": "c"}, out.browser, ADDRESS)

    def who(self, key: str) -> InConsole | None:
        return self.door.reception.whoever(key)

    def events(self) -> list[str]:
        """Sorted, for nobody moves the clock between some of them."""
        with self.house.records.db.read() as tx:
            return sorted(tx.scalars(select(event.c.name)))


@pytest.fixture
def at(database: Database) -> Doorstep:
    house, idp = small_house(database), PretendIdp()
    return Doorstep(door_over(house, idp), house, idp)


def test_whoever_has_a_role_is_in_and_goes_where_they_wanted(at: Doorstep) -> None:
    arrived = at.enter()
    who = at.who(arrived.key)
    assert who is not None
    assert (arrived.to, who.actor.name, who.actor.roles) == ("/admin/policies/", "Ines Roth", {Role.ADMINISTRATOR})
    assert at.events() == ["console.entered"]


@pytest.mark.parametrize("group", ["kb admin", "kb admins of nothing", "KB ADMINS", " kb admins", "cn=kb admins", ""])
def test_a_group_that_only_looks_alike_gives_no_role(at: Doorstep, group: str) -> None:
    at.idp.groups = frozenset({group})
    with pytest.raises(SignInRefused) as refused:
        at.enter()
    assert (refused.value.why, at.events()) == ("no-role", ["console.refused"])


def test_several_groups_give_several_roles(at: Doorstep) -> None:
    at.idp.groups = frozenset({"kb desk", "kb audit", "others"})
    who = at.who(at.enter().key)
    assert who is not None
    assert who.actor.roles == {Role.HELP_DESK, Role.AUDITOR}


def test_a_way_back_is_good_once_and_in_its_own_browser(at: Doorstep) -> None:
    out = at.door.set_out(ADDRESS, "", to="/admin/", fresh=False, key="", language="en")
    answer = {"state": at.idp.state, "code": "c"}
    for browser in ("", "another"):
        with pytest.raises(SignInRefused, match="Try again"):
            at.door.come_back(answer, browser, ADDRESS)
    at.door.come_back(answer, out.browser, ADDRESS)
    with pytest.raises(SignInRefused):
        at.door.come_back(answer, out.browser, ADDRESS)


def test_a_persons_own_sign_in_never_ends_in_the_console(at: Doorstep) -> None:
    departure = Departure("state", "nonce", "verifier", at.house.clock(), at.house.clock() + timedelta(minutes=5))
    with at.house.records.db.write() as tx:
        at.house.records.sign_ins.put(tx, "browser", departure)
    with pytest.raises(SignInRefused):
        at.door.come_back({"state": "state", "code": "c"}, "browser", ADDRESS)


@pytest.mark.parametrize(("minutes", "is_in"), [(14, True), (15, False)])
def test_whoever_does_nothing_is_out_after_a_quarter_of_an_hour(at: Doorstep, minutes: int, is_in: bool) -> None:
    key = at.enter().key
    at.house.clock.forward(minutes=minutes)
    assert (at.who(key) is not None) is is_in


def test_nobody_stays_longer_than_eight_hours(at: Doorstep) -> None:
    key = at.enter().key
    for _ in range(47):
        at.house.clock.forward(minutes=10)
        assert at.who(key) is not None
    at.house.clock.forward(minutes=10)
    assert at.who(key) is None
    assert at.events()[-1] == "console.left"


def test_a_session_is_over_at_once_when_a_group_loses_its_role(at: Doorstep) -> None:
    key = at.enter().key
    at.door = door_over(at.house, at.idp, **{Role.ADMINISTRATOR: ("others",)})
    assert at.who(key) is None


def test_after_five_minutes_a_sign_in_is_no_longer_fresh(at: Doorstep) -> None:
    who = at.who(at.enter().key)
    assert who is not None
    assert who.is_fresh(at.house.clock())
    at.house.clock.forward(minutes=5)
    assert not who.is_fresh(at.house.clock())


def test_whoever_signs_in_again_finds_what_they_typed_and_the_old_key_is_dead(at: Doorstep) -> None:
    first = at.enter()
    who = at.who(first.key)
    assert who is not None
    at.door.reception.keep(who, "/admin/policies/", {"name": ["Everybody"], "ways": ["sms", "email"]})
    second = at.enter(first.key, first.browser)
    assert at.idp.fresh
    assert at.who(first.key) is None
    again = at.who(second.key)
    assert again is not None
    assert at.door.reception.take(again, "/admin/other/") == {}
    typed = {"name": ["Everybody"], "ways": ["sms", "email"]}
    assert at.door.reception.take(again, "/admin/policies/") == typed
    assert at.door.reception.take(again, "/admin/policies/") == {}


def test_somebody_else_in_the_same_browser_finds_nothing_of_it(at: Doorstep) -> None:
    first = at.enter()
    who = at.who(first.key)
    assert who is not None
    at.door.reception.keep(who, "/admin/policies/", {"name": ["Everybody"]})
    at.idp.subject = "sub-other"
    other = at.who(at.enter(first.key, first.browser).key)
    assert other is not None
    assert at.door.reception.take(other, "/admin/policies/") == {}


def test_a_form_fits_its_own_session_alone(at: Doorstep) -> None:
    one, other = at.who(at.enter().key), at.who(at.enter().key)
    assert one is not None
    assert other is not None
    reception = at.door.reception
    assert reception.fits(one, reception.form_token(one))
    assert not reception.fits(one, reception.form_token(other))
    assert not reception.fits(one, "not hexadecimal")


def test_leaving_ends_it_here_and_says_the_way_out_there(at: Doorstep) -> None:
    key = at.enter().key
    who = at.who(key)
    assert who is not None
    assert at.door.leave(who, key) == "https://idp.example/out?id_token_hint=an.id.token"
    assert at.who(key) is None
    assert at.door.leave(who, key) == ""


def test_the_identity_provider_ends_every_session_of_a_subject_once_told(at: Doorstep) -> None:
    keys = [at.enter().key, at.enter().key]
    at.door.told("jti-1")
    assert [at.who(key) for key in keys] == [None, None]
    with pytest.raises(SignInRefused):
        at.door.told("jti-1")


def test_a_session_that_was_changed_in_the_database_is_nobodys(at: Doorstep) -> None:
    key = at.enter().key
    with at.house.records.db.write() as tx:
        tx.execute(update(console_session).values(how="link"))
    assert at.who(key) is None
    assert at.events() == ["console.entered", "seal.broken"]


def test_no_row_says_who_it_is(at: Doorstep) -> None:
    at.enter()
    with at.house.records.db.read() as tx:
        row = repr(tx.execute(select(console_session)).all())
    assert "ines" not in row.lower()


def test_a_link_opens_the_console_once_and_everybody_can_know(at: Doorstep) -> None:
    token = at.door.links.make()
    assert not at.door.reception.someone_by_link()
    key = at.door.by_link(token, ADDRESS).key
    who = at.who(key)
    assert who is not None
    assert (who.by_link, who.actor.roles) == (True, {Role.ADMINISTRATOR})
    assert at.door.reception.someone_by_link()
    with pytest.raises(NotAllowed, match="used up"):
        at.door.by_link(token, ADDRESS)
    assert at.events() == ["console.entered", "console.link-made", "console.refused"]


def test_a_link_is_good_for_half_an_hour_and_so_is_what_it_opened(at: Doorstep) -> None:
    late, token = at.door.links.make(), at.door.links.make()
    key = at.door.by_link(token, ADDRESS).key
    for _ in range(2):
        at.house.clock.forward(minutes=10)
        assert at.who(key) is not None
    at.house.clock.forward(minutes=10)
    assert at.who(key) is None
    with pytest.raises(NotAllowed):
        at.door.by_link(late, ADDRESS)


def test_a_link_works_where_nobody_can_sign_in(at: Doorstep) -> None:
    door = replace(at.door, idp=None)
    assert at.who(door.by_link(door.links.make(), ADDRESS).key) is not None
    with pytest.raises(SignInUnavailable):
        door.set_out(ADDRESS, "", to="/admin/", fresh=False, key="", language="en")


@pytest.mark.parametrize("place", [0, 7, 8, 39, 40, 60])
def test_a_link_that_was_altered_opens_nothing(at: Doorstep, place: int) -> None:
    token = at.door.links.make()
    altered = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
    for wrong in (altered, token[:-1], token + "0", "", "x" * len(token)):
        with pytest.raises(NotAllowed):
            at.door.by_link(wrong, ADDRESS)
        assert not at.door.links.is_good(wrong)


def test_whoever_knocks_all_night_leaves_one_event_an_hour_and_nothing_else_is_left_out(at: Doorstep) -> None:
    def knock(address: str) -> None:
        for _ in range(3):
            with pytest.raises(NotAllowed):
                at.door.by_link("not a link", address)
            with pytest.raises(SignInRefused):
                at.door.come_back({"state": "made up"}, "a browser", address)

    for address in (ADDRESS, "2001:db8::1", "2001:db8::2"):
        knock(address)
    assert at.events() == ["console.refused"] * 4
    at.idp.groups = frozenset()
    for _ in range(2):
        with pytest.raises(SignInRefused):
            at.enter()
    assert at.events() == ["console.refused"] * 6
    at.house.clock.forward(hours=1)
    knock(ADDRESS)
    assert at.events() == ["console.refused"] * 8
