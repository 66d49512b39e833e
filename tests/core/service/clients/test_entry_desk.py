"""Entries are made, changed and retired whole or not at all, and hold at the next page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import select

from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.db.settings_store import SavedMeanwhile
from keyback.core.db.tables import event
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.clients.entry_desk import Door, EntryDesk, InUse, Unfit
from keyback.core.service.clients.entry_rules import digest
from keyback.core.service.ruling.kept_rules import Change, Refused
from keyback.core.service.snapshot import Snapshots
from keyback.core.service.start import Arrival

INES = Actor("ines", "Ines Roth", frozenset({Role.ADMINISTRATOR}))
LINK = Entry("intranet", "Intranet", ("https://intranet.example/out",), "https://intranet.example/")
CLIENT = Entry("idp", "Sign-in", client=OidcClient(("https://idp.example/cb",), store="fake"))
JWKS = '{"keys": [{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}]}'


@pytest.fixture
def desk(house: SmallHouse) -> EntryDesk:
    return EntryDesk(records=house.records, snapshots=house.snapshots, around=house.around)


def because(why: str = "asked for", after: int = 0) -> Change:
    return Change(INES, why, after)


def door(desk: EntryDesk, key: str) -> Door:
    found = desk.one(key)
    assert found is not None
    return found


def with_client(**values: Any) -> Entry:
    assert CLIENT.client is not None
    return replace(CLIENT, client=replace(CLIENT.client, **values))


def events(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return sorted(tx.scalars(select(event.c.name).where(event.c.name.like("entry.%"))))


def test_a_link_is_made_changed_and_retired_and_each_says_why(desk: EntryDesk, house: SmallHouse) -> None:
    made = desk.make(LINK, because("new intranet"))
    assert (made.secret, door(desk, "intranet").entry) == (None, LINK)
    desk.change(replace(LINK, name="Our intranet"), because("renamed", made.version))
    now = door(desk, "intranet")
    assert now.entry.name == "Our intranet"
    desk.retire("intranet", because("switched off", now.version))
    assert desk.one("intranet") is None
    assert [(save.who, save.why) for save in desk.past("intranet")] == [
        ("Ines Roth", "switched off"),
        ("Ines Roth", "renamed"),
        ("Ines Roth", "new intranet"),
    ]
    assert events(house) == ["entry.retired", "entry.saved", "entry.saved"]


def test_it_holds_in_another_process_at_its_next_page(desk: EntryDesk, house: SmallHouse) -> None:
    other = Snapshots(house.snapshots.host, house.records, pinned={}, human_checks=("open_door",))
    version = desk.make(LINK, because()).version
    assert house.snapshots.current.entries == {"intranet": LINK}
    assert "intranet" not in other.current.entries
    with house.records.db.read() as tx:
        seen = house.records.settings.version(tx)
    assert seen == version
    assert other.at_least(seen).entries == {"intranet": LINK}


def test_a_clients_secret_is_told_once_and_only_its_digest_kept(desk: EntryDesk) -> None:
    made = desk.make(CLIENT, because())
    assert made.secret is not None
    kept = door(desk, "idp").entry.client
    assert kept is not None
    assert (kept.secret_digest, len(made.secret.reveal())) == (digest(made.secret.reveal()), 64)
    again = desk.change(with_client(pkce=False), because(after=made.version))
    changed = door(desk, "idp").entry.client
    assert changed is not None
    assert (again.secret, changed.secret_digest, changed.pkce) == (None, kept.secret_digest, False)


def test_a_new_secret_ends_the_old_one(desk: EntryDesk) -> None:
    made = desk.make(CLIENT, because())
    other = desk.new_secret("idp", because("it leaked", made.version))
    assert made.secret is not None
    assert other.secret is not None
    kept = door(desk, "idp").entry.client
    assert kept is not None
    assert kept.secret_digest == digest(other.secret.reveal()) != digest(made.secret.reveal())


def test_a_client_with_a_key_of_its_own_has_no_secret(desk: EntryDesk) -> None:
    made = desk.make(with_client(keys=JWKS), because())
    assert made.secret is None
    with pytest.raises(SavedMeanwhile):
        desk.new_secret("idp", because(after=made.version))


def test_so_has_one_that_publishes_it(desk: EntryDesk) -> None:
    made = desk.make(with_client(jwks_uri="https://idp.example/keys"), because())
    assert made.secret is None
    assert door(desk, "idp").published is None, "nobody read it yet"
    with pytest.raises(SavedMeanwhile):
        desk.new_secret("idp", because(after=made.version))


def test_whoever_changes_an_older_version_is_told_and_nothing_is_changed(desk: EntryDesk) -> None:
    made = desk.make(LINK, because())
    desk.change(replace(LINK, name="Second"), because(after=made.version))
    with pytest.raises(SavedMeanwhile):
        desk.change(replace(LINK, name="Third"), because(after=made.version))
    with pytest.raises(SavedMeanwhile):
        desk.retire("intranet", because(after=made.version))
    assert door(desk, "intranet").entry.name == "Second"


@pytest.mark.parametrize(
    ("wanted", "at"),
    [
        (replace(LINK, key="No Key"), "key"),
        (replace(LINK, return_urls=("https://intranet.example/#x",)), "return_urls"),
        (replace(LINK, return_urls=tuple(f"https://intranet.example/{n}" for n in range(21))), "return_urls"),
        (replace(LINK, home_url="http://localhost/"), ""),
        (replace(LINK, language="tlh"), "language"),
        (with_client(store="nowhere"), "store"),
        (with_client(backchannel_logout_uri="https://idp.example/#x"), "backchannel_logout_uri"),
        (with_client(backchannel_logout_uri="http://localhost/"), ""),
        (with_client(redirect_uris=()), "redirect_uris"),
        (with_client(jwks_uri="ftp://idp.example/keys"), "jwks_uri"),
        (with_client(jwks_uri="http://localhost/"), ""),
        (with_client(jwks_uri="https://idp.example/keys", keys=JWKS), "proof"),
        (with_client(keys="{}"), "keys"),
        (with_client(keys='{"keys": [{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB", "d": "AQAB"}]}'), "keys"),
        (with_client(keys='{"keys": [{"kty": "oct", "k": "AQAB"}]}'), "keys"),
        (with_client(keys='{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}'), "keys"),
    ],
)
def test_what_could_not_be_safe_is_refused_and_nothing_is_kept(desk: EntryDesk, wanted: Entry, at: str) -> None:
    with pytest.raises(Unfit) as refused:
        desk.make(wanted, because())
    assert [problem.at for problem in refused.value.problems] == [at]
    assert desk.all() == ()


def test_nothing_is_saved_without_a_reason_or_over_another(desk: EntryDesk) -> None:
    with pytest.raises(Refused):
        desk.make(LINK, because(" "))
    desk.make(LINK, because())
    with pytest.raises(Unfit):
        desk.make(replace(LINK, name="Another"), because())
    assert door(desk, "intranet").entry == LINK


def test_what_the_file_decides_is_shown_and_never_changed(desk: EntryDesk) -> None:
    desk = replace(desk, pinned={"intranet": LINK})
    assert [(one.entry.key, one.pinned) for one in desk.all()] == [("intranet", True)]
    with pytest.raises(Unfit):
        desk.make(LINK, because())
    for wanted in (lambda: desk.change(LINK, because()), lambda: desk.retire("intranet", because())):
        with pytest.raises(SavedMeanwhile):
            wanted()


def test_one_by_which_people_came_today_is_retired_only_by_who_knows(desk: EntryDesk, house: SmallHouse) -> None:
    version = desk.make(LINK, because()).version
    house.service.starting.start("jo", {"human": "yes"}, Arrival("192.0.2.1", entry="intranet"))
    with pytest.raises(InUse):
        desk.retire("intranet", because(after=version))
    assert desk.used_lately(door(desk, "intranet"))
    house.clock.time += timedelta(hours=25)
    assert not desk.used_lately(door(desk, "intranet"))
    house.clock.time -= timedelta(hours=25)
    desk.retire("intranet", because(after=version), anyway=True)
    assert desk.one("intranet") is None
