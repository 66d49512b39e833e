"""Joining accounts and parting them: who may, what it takes, whom it tells, when it counts, and what it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.small_house import MAIL, OLD, Cloud, SmallHouse, small_house
from signed_in_sessions import InSession, sign_in
from sqlalchemy import func, select

from keyback.core.contracts.errors import MustWait, NotAllowed, OutOfTurn
from keyback.core.contracts.people import Account, AccountKey, AccountState, Contact, ContactKind
from keyback.core.contracts.text import Secret
from keyback.core.db.freezes import Freeze
from keyback.core.db.session import Database
from keyback.core.db.tables import account as accounts_table
from keyback.core.db.tables import event
from keyback.core.recovery import limits
from keyback.core.recovery.state import Stage
from keyback.core.service.enrolling.enrol import SignInAgain
from keyback.core.service.enrolling.linking import JOINED, SAME, TAKEN
from keyback.core.service.enrolling.other_account import NOT_YOURS, NotTheirs
from keyback.core.service.enrolling.signed_in import FRESH
from keyback.core.service.sending.notice_links import Told

FIRST, SECOND = AccountKey("fake", "id-of-jo"), AccountKey("cloud", "cloud-id-of-jo")
THEIRS = "jo@cloud.example"
DAYS = timedelta(hours=72)


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """Jo and kim, each with an account in both directories that nobody has joined."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, cloud=Cloud())
    house.add("kim")
    house.add("jo")
    for name in ("jo", "kim"):
        in_the_cloud(house, name)
    yield house
    database.close()


def in_the_cloud(house: SmallHouse, name: str) -> None:
    assert house.cloud is not None
    mail = Contact(ContactKind.MAIL, f"{name}@cloud.example", "mail", trusted=True)
    theirs = Account(AccountKey("cloud", f"cloud-id-of-{name}"), f"{name}.cloud", contacts=(mail,), stamp="1")
    house.cloud.add(theirs, OLD)


@pytest.fixture
def cloud(house: SmallHouse) -> Cloud:
    assert house.cloud is not None
    return house.cloud


@pytest.fixture
def jo(house: SmallHouse) -> InSession:
    return sign_in(house)


def join(house: SmallHouse, jo: InSession, name: str = "jo.cloud", password: str = OLD, place: str = "cloud") -> None:
    house.staff.linking.join(jo.who, place, name, Secret(password))


def count(house: SmallHouse) -> None:
    """The cool-down passes."""
    house.clock.forward(hours=72)
    house.staff.linking.effect.bring_due(house.clock())


def joined(house: SmallHouse, jo: InSession) -> InSession:
    """Both are one person's, and it counts; jo signed in anew."""
    join(house, jo)
    count(house)
    return sign_in(house, key="key-2")


def events(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name).order_by(event.c.at, event.c.id)))


def told(house: SmallHouse) -> dict[str, int]:
    house.work()
    by_mail: dict[str, int] = {}
    for message in house.sent("email"):
        by_mail[message.to] = by_mail.get(message.to, 0) + 1
    return by_mail


def accounts_that_reset(house: SmallHouse, name: str = "jo") -> set[str]:
    visit = house.start(name)
    house.clock.forward(minutes=10)
    visit.prove_by_mail()
    targets = house.service.renewing.targets(visit.recovery)
    return {target.name for target in targets}


def test_the_own_account_is_listed_alone_until_another_is_joined(house: SmallHouse, jo: InSession) -> None:
    (own,) = house.staff.linking.accounts.look(jo.who)
    assert (own.name, own.mine, own.waits_until) == ("jo", True, None)
    join(house, jo)
    _, other = house.staff.linking.accounts.look(jo.who)
    assert (other.name, other.mine, other.waits_until) == ("jo.cloud", False, house.clock() + DAYS)
    assert "cloud-id" not in other.value


def test_one_reset_sets_both_only_once_the_cool_down_is_over(house: SmallHouse, jo: InSession) -> None:
    join(house, jo)
    house.clock.forward(hours=71)
    house.staff.linking.effect.bring_due(house.clock())
    assert accounts_that_reset(house) == {"jo"}
    house.clock.forward(hours=1)
    house.staff.linking.effect.bring_due(house.clock())
    assert accounts_that_reset(house) == {"jo", "jo.cloud"}
    assert accounts_that_reset(house, "jo.cloud") == {"jo", "jo.cloud"}
    assert [name for name in events(house) if name.startswith("link.")] == ["link.added", "link.added", "link.counts"]


def test_methods_of_the_joined_account_serve_both(house: SmallHouse, jo: InSession) -> None:
    alone = house.records.keyring.pseudonym(SECOND.store, SECOND.id)
    now = house.clock()
    with house.records.db.write() as tx:
        house.records.enrolments.add(
            tx, alone, "email", "mine", {"to": "own@x.example"}, proven_at=now, usable_from=now
        )
    jo = joined(house, jo)
    with house.records.db.read() as tx:
        assert house.records.enrolments.of(tx, alone) == ()
        theirs = house.records.enrolments.of(tx, jo.who.person.id)
    assert {one.method for one in theirs} == {"saved_codes", "email"}


def test_every_address_of_both_is_told_with_a_way_to_say_it_was_not_them(house: SmallHouse, jo: InSession) -> None:
    join(house, jo)
    assert told(house) == {MAIL: 1, THEIRS: 1}
    (ours,) = [m for m in house.sent("email") if m.to == THEIRS]
    assert "jo, jo.cloud: from Tuesday, 4 June, 12:00 (UTC)" in str(ours.text)
    assert "/wasnt-me/" in str(ours.text)


@pytest.mark.parametrize("key", [FIRST, SECOND])
def test_saying_it_was_not_them_in_time_undoes_the_joining(house: SmallHouse, jo: InSession, key: AccountKey) -> None:
    join(house, jo)
    person = house.records.keyring.pseudonym(key.store, key.id)
    stopping = house.service.stopping
    assert stopping.stop(stopping.links.link(Told(person, "", "link.added", house.clock())).rpartition("/")[2])
    count(house)
    with house.records.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(accounts_table)) == 0
    assert events(house).count("link.removed") == 1


def test_an_account_that_is_stopped_meanwhile_is_not_joined(house: SmallHouse, jo: InSession) -> None:
    """Whatever stopped it, also without our knowing why."""
    join(house, jo)
    alone = house.records.keyring.pseudonym(SECOND.store, SECOND.id)
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(alone, house.clock(), "test", ""))
    count(house)
    with house.records.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(accounts_table)) == 0


@pytest.mark.parametrize(
    ("name", "password", "change"),
    [
        ("jo.cloud", "not the password", {}),
        ("nobody.cloud", OLD, {}),
        ("jo.cloud", OLD, {"privileged": True}),
        ("jo.cloud", OLD, {"state": AccountState(enabled=False)}),
        ("jo.cloud", OLD, {"state": AccountState(locked=True)}),
        ("\x00", OLD, {}),
    ],
)
def test_whatever_is_wrong_is_said_in_the_same_words(
    house: SmallHouse, jo: InSession, cloud: Cloud, name: str, password: str, change: dict[str, object]
) -> None:
    cloud.change(SECOND.id, **change)
    with pytest.raises(NotTheirs) as refused:
        join(house, jo, name, password)
    assert "Check both, or call the help desk." in refused.value.reason.message
    assert events(house) == ["link.missed"]
    assert told(house) == {}


def test_a_stopped_account_is_refused_in_the_same_words(house: SmallHouse, jo: InSession) -> None:
    alone = house.records.keyring.pseudonym(SECOND.store, SECOND.id)
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(alone, house.clock(), "test", ""))
    with pytest.raises(NotTheirs):
        join(house, jo)


def test_an_account_is_asked_three_times_a_day_at_most_whoever_asks(house: SmallHouse, jo: InSession) -> None:
    kim = sign_in(house, "kim", key="kim")
    for who in (jo, kim, jo):
        with pytest.raises(NotTheirs):
            join(house, who, password="wrong")
    with pytest.raises(NotTheirs) as refused:
        join(house, kim)
    assert refused.value.reason == NOT_YOURS, "a wait would tell that there is such an account"
    # All in one moment, so that they stand in no order.
    assert sorted(events(house)) == ["limit.reached", *["link.missed"] * 4]


def test_somebody_who_tries_many_accounts_has_to_wait(house: SmallHouse, jo: InSession) -> None:
    for n in range(limits.LINK_TRIES.most):
        with pytest.raises(NotTheirs):
            join(house, jo, f"person{n}")
    with pytest.raises(MustWait):
        join(house, jo)


def test_it_takes_a_fresh_sign_in(house: SmallHouse, jo: InSession) -> None:
    house.clock.forward(seconds=FRESH.total_seconds())
    with pytest.raises(SignInAgain):
        join(house, jo)
    with pytest.raises(SignInAgain):
        house.staff.linking.part(jo.who, "any")  # nothing is there, but that is not for old sessions to learn


def test_what_is_joined_already_is_not_joined_again(house: SmallHouse, jo: InSession) -> None:
    for name, place, why in (("jo", "fake", SAME), ("jo.cloud", "cloud", None), ("jo.cloud", "cloud", JOINED)):
        if why is None:
            join(house, jo, name, place=place)
            continue
        with pytest.raises(NotAllowed) as refused:
            join(house, jo, name, place=place)
        assert refused.value.reason == why


@pytest.mark.parametrize("counts", [False, True])
def test_somebody_elses_account_is_refused(house: SmallHouse, jo: InSession, *, counts: bool) -> None:
    join(house, jo)
    if counts:
        count(house)
    kim = sign_in(house, "kim", key="kim")
    with pytest.raises(NotAllowed) as refused:
        join(house, kim)
    assert refused.value.reason == TAKEN


def test_parted_accounts_are_reset_on_their_own_and_the_methods_stay_with_the_first(
    house: SmallHouse, jo: InSession
) -> None:
    jo = joined(house, jo)
    value = house.staff.linking.accounts.value(SECOND)
    assert house.staff.linking.part(jo.who, value)
    assert told(house) == {MAIL: 2, THEIRS: 2}
    assert accounts_that_reset(house) == {"jo"}
    with house.records.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(accounts_table)) == 0
        assert house.records.enrolments.of(tx, jo.who.person.id)
    assert "link.removed" in events(house)


def test_whoever_signed_in_to_the_joined_account_takes_no_methods_away(house: SmallHouse, jo: InSession) -> None:
    joined(house, jo)
    person_id = house.records.keyring.pseudonym(FIRST.store, FIRST.id)
    second = sign_in(house, key="key-3", at=SECOND)
    assert not house.staff.linking.part(second.who, house.staff.linking.accounts.value(FIRST))
    with house.records.db.read() as tx:
        assert house.records.enrolments.of(tx, person_id)
        assert house.records.sessions.find(tx, "key-3") is None


def test_parting_ends_what_was_begun_as_one_person(house: SmallHouse, jo: InSession) -> None:
    jo = joined(house, jo)
    visit = house.start()
    visit.prove_by_mail()
    house.staff.linking.part(jo.who, house.staff.linking.accounts.value(SECOND))
    assert (visit.recovery.stage, visit.recovery.closed_because) == (Stage.CLOSED, "parted")


def test_what_waits_can_be_parted_from_either_side(house: SmallHouse, jo: InSession) -> None:
    for key, other in ((FIRST, SECOND), (SECOND, FIRST)):
        join(house, jo)
        who = sign_in(house, key=f"at-{key.store}", at=key)
        assert house.staff.linking.part(who.who, house.staff.linking.accounts.value(other))
    count(house)
    assert accounts_that_reset(house) == {"jo"}


def test_nobody_parts_what_is_not_theirs(house: SmallHouse, jo: InSession) -> None:
    joined(house, jo)
    kim = sign_in(house, "kim", key="kim")
    for key in (SECOND, AccountKey("fake", "id-of-kim")):
        with pytest.raises(OutOfTurn):
            house.staff.linking.part(kim.who, house.staff.linking.accounts.value(key))
