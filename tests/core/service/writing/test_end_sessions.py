"""What is open with the old password ends where the directory can, and "everywhere" is said only where that is true."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.small_house import OLD, Cloud, SmallHouse, Visit, small_house
from sqlalchemy import select

from keyback.core.contracts.channel import Message
from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.contracts.errors import DeliveryFailed, StoreUnavailable
from keyback.core.contracts.notifier import Happening, Notifier
from keyback.core.contracts.people import Account, AccountKey
from keyback.core.contracts.plugin import Context, NoSettings
from keyback.core.contracts.text import Text
from keyback.core.db.session import Database
from keyback.core.db.tables import event
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.clients.end_at_clients import EndingAtClients
from keyback.core.service.clients.entry_desk import EntryDesk
from keyback.core.service.ruling.kept_rules import Change
from keyback.core.service.writing.end_sessions import MOST_TRIES

SENTENCE = "You were signed out everywhere. Some apps notice it within an hour."


class Ends:
    """What a directory does that can."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.trouble: Exception | None = None

    def end_sessions(self, account: Account, *, ctx: Context) -> None:
        if self.trouble:
            raise self.trouble
        self.ended.append(account.name)


class EndingCloud(Cloud):
    """A class of its own: that a class can end sessions is remembered of it."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = Ends()

    def end_sessions(self, account: Account, *, ctx: Context) -> None:
        self.ends.end_sessions(account, ctx=ctx)


@pytest.fixture
def linked(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """Jo's cloud can, and the first directory cannot."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'linked.db')}")
    realms = {"fake": ("fake.example",), "cloud": ("cloud.example",)}
    house = small_house(database, cloud=EndingCloud(), realms=realms)
    house.link()
    yield house
    database.close()


@pytest.fixture
def ends(linked: SmallHouse) -> Ends:
    assert isinstance(linked.cloud, EndingCloud)
    return linked.cloud.ends


def proven(linked: SmallHouse) -> Visit:
    visit = linked.start("jo.cloud")
    visit.prove_by_mail()
    visit.prove_by_paper()
    return visit


def events(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return [name for name in tx.scalars(select(event.c.name)) if name.startswith("sessions.")]


def notice(house: SmallHouse) -> str:
    """What the mail about the new password says, once it is time for it."""
    house.clock.forward(seconds=6)
    house.work()
    mails = [message for message in house.sent("email") if "is set" in str(message.subject)]
    return str(mails[-1].text) if mails else ""


def says(house: SmallHouse, visit: Visit) -> bool:
    return house.service.renewing.signed_out(visit.recovery)


def test_sessions_end_after_a_reset_and_page_and_notice_say_so(linked: SmallHouse, ends: Ends) -> None:
    visit = proven(linked)
    visit.renew("violet anchors drift homeward", "jo.cloud")
    assert not says(linked, visit), "nobody has done it yet"
    linked.work()
    assert ends.ended == ["jo.cloud"]
    assert says(linked, visit)
    assert events(linked) == ["sessions.ended"]
    assert SENTENCE in notice(linked)


def test_everywhere_is_not_said_where_one_directory_cannot(linked: SmallHouse, ends: Ends) -> None:
    visit = proven(linked)
    visit.renew()
    linked.work()
    assert ends.ended == ["jo.cloud"]
    assert not says(linked, visit)
    assert SENTENCE not in notice(linked)


def test_sessions_of_a_copy_end_too(linked: SmallHouse, ends: Ends) -> None:
    assert linked.cloud is not None
    master = AccountKey("fake", "id-of-jo")
    linked.cloud.add(Account(AccountKey("cloud", "copy"), "jo@cloud.example", stamp="1", synced_from=master), OLD)
    visit = linked.start("jo@cloud.example")
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew("violet anchors drift homeward", "jo")
    linked.work()
    assert ends.ended == ["jo@cloud.example"]
    assert not says(linked, visit), "the directory that keeps the password cannot"


def test_nothing_ends_where_nothing_was_set(linked: SmallHouse, ends: Ends) -> None:
    assert linked.cloud is not None
    visit = proven(linked)
    linked.cloud.trouble_when_writing = StoreUnavailable("down")
    visit.renew()
    linked.work()
    assert ends.ended == []


def test_a_silent_directory_is_asked_again_and_nothing_is_said_meanwhile(linked: SmallHouse, ends: Ends) -> None:
    ends.trouble = StoreUnavailable("down")
    visit = proven(linked)
    visit.renew("violet anchors drift homeward", "jo.cloud")
    linked.work()
    assert SENTENCE not in notice(linked)
    assert not says(linked, visit)
    ends.trouble = None
    linked.clock.forward(minutes=2)
    linked.work()
    assert (ends.ended, says(linked, visit)) == (["jo.cloud"], True)


def test_a_directory_that_never_does_it_is_told_to_administrators(linked: SmallHouse, ends: Ends) -> None:
    ends.trouble = StoreUnavailable("down")
    proven(linked).renew("violet anchors drift homeward", "jo.cloud")
    for _ in range(MOST_TRIES + 2):
        linked.work()
        linked.clock.forward(seconds=timedelta(minutes=1).total_seconds())
    assert events(linked) == ["sessions.not-ended"]


def test_a_reset_without_such_a_directory_waits_for_nothing(linked: SmallHouse) -> None:
    visit: Any = proven(linked)
    visit.renew("violet anchors drift homeward", "jo")
    linked.work()
    assert [m for m in linked.sent("email") if "is set" in str(m.subject)]
    assert events(linked) == []


class Elsewhere(Notifier):
    """An identity provider whose sessions a notifier ends."""

    key = "elsewhere"
    label = Text("Elsewhere")
    wants = frozenset()

    def __init__(self) -> None:
        super().__init__(NoSettings())
        self.ends = Ends()

    def notify(self, happening: Happening, ctx: Context) -> tuple[Message, ...]:
        return ()

    def end_sessions(self, account: Account, *, ctx: Context) -> None:
        self.ends.end_sessions(account, ctx=ctx)


@pytest.fixture
def beside(tmp_path: Path, migrated: Path) -> Iterator[tuple[SmallHouse, Ends]]:
    """Jo's cloud can, and so can somebody who is no directory."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'beside.db')}")
    realms, notifier = {"fake": ("fake.example",), "cloud": ("cloud.example",)}, Elsewhere()
    house = small_house(database, cloud=EndingCloud(), realms=realms, notifiers=(notifier,))
    house.link()
    yield house, notifier.ends
    database.close()


def test_a_notifier_ends_sessions_of_every_account_that_was_set(beside: tuple[SmallHouse, Ends]) -> None:
    house, elsewhere = beside
    proven(house).renew()
    house.work()
    assert sorted(elsewhere.ended) == ["jo", "jo.cloud"]


def test_everywhere_waits_for_the_notifier_too(beside: tuple[SmallHouse, Ends]) -> None:
    house, elsewhere = beside
    elsewhere.trouble = StoreUnavailable("away")
    visit = proven(house)
    visit.renew("violet anchors drift homeward", "jo.cloud")
    house.work()
    assert not says(house, visit)
    elsewhere.trouble = None
    house.clock.forward(minutes=2)
    house.work()
    assert elsewhere.ended == ["jo.cloud"]
    assert says(house, visit)
    assert events(house) == ["sessions.ended", "sessions.ended"]


def test_everywhere_waits_for_a_client_that_wants_to_be_told(beside: tuple[SmallHouse, Ends]) -> None:
    house, _ = beside
    client = OidcClient(("https://idp.example/cb",), store="cloud", backchannel_logout_uri="https://idp.example/out")
    told = Ends()
    told.trouble = DeliveryFailed("unreachable", retry=True)
    EndingAtClients(
        ending=house.staff.ending,
        snapshots=house.snapshots,
        tell=lambda entry, account, ctx: told.end_sessions(account, ctx=ctx),
    ).teach(house.staff.office)
    desk = EntryDesk(records=house.records, snapshots=house.snapshots, around=house.around)
    roth = Actor("roth", "Ines Roth", frozenset({Role.ADMINISTRATOR}))
    desk.make(Entry("idp", "Sign-in", client=client), Change(roth, "asked for", 0))
    visit = proven(house)
    visit.renew("violet anchors drift homeward", "jo.cloud")
    house.work()
    assert (told.ended, says(house, visit)) == ([], False)
    told.trouble = None
    house.clock.forward(minutes=2)
    house.work()
    assert (told.ended, says(house, visit)) == (["jo.cloud"], True)


def test_a_notifier_that_never_can_is_told_to_an_administrator(beside: tuple[SmallHouse, Ends]) -> None:
    house, elsewhere = beside
    elsewhere.trouble = StoreUnavailable("away")
    visit = proven(house)
    visit.renew("violet anchors drift homeward", "jo.cloud")
    for _ in range(MOST_TRIES + 2):
        house.work()
        house.clock.forward(minutes=2)
    assert events(house).count("sessions.not-ended") == 1
    assert not says(house, visit)
