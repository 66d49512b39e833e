"""Somebody is forgotten: nothing about them is left but a log that is whole and names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import select

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.people import AccountKey
from keyback.core.db.audit_chain import AuditChain
from keyback.core.db.audit_verify import verify
from keyback.core.db.campaigns import Campaign, Kind, Plan, Turn
from keyback.core.db.columns import metadata
from keyback.core.db.freezes import Freeze
from keyback.core.db.tables import event
from keyback.core.service.helping.erase_desk import EraseDesk

NEW = "seven rainy sundays in march"
JO = AccountKey("fake", "id-of-jo")


@pytest.fixture
def desk(house: SmallHouse) -> EraseDesk:
    return EraseDesk(house.records, house.snapshots, house.around)


def resets(house: SmallHouse, name: str = "jo") -> None:
    visit = house.start(name)
    visit.prove_by_mail()
    house.work()
    visit.prove_by_paper(0)
    house.work()
    visit.renew(NEW)
    house.work()


def left(house: SmallHouse, key: AccountKey = JO) -> Iterator[str]:
    """Every table that still has a row with this person's name in it."""
    ref = house.records.keyring.pseudonym(key.store, key.id)
    with house.records.db.read() as tx:
        for table in metadata.sorted_tables:
            if any(ref in map(str, row) for row in tx.execute(select(table))):
                yield table.name


def test_nothing_is_left_but_a_log_that_names_nobody(house: SmallHouse, desk: EraseDesk) -> None:
    resets(house)
    assert {"enrolment", "recovery", "proof", "person"} <= set(left(house))
    erased = desk.erase_named("jo")
    assert (erased.methods, erased.recoveries) == (1, 1)
    assert erased.events > 0
    assert set(left(house)) == {"event"}
    with house.records.db.read() as tx:
        rows = tx.execute(select(event)).mappings().all()
    assert [row["name"] for row in rows if row["details"] is not None] == []
    assert rows[-1]["name"] == "person.erased"
    db, keyring, now = house.records.db, house.records.keyring, house.clock()
    house.records.audit.chain(db, now)
    assert verify(db, keyring, AuditChain(keyring).public_key(db, now)) == []


def turn(house: SmallHouse, state: Turn, name: str = "jo", campaign: str = "c-1") -> None:
    """What a campaign notes of somebody's turn."""
    now = house.clock()
    plan = Plan(Kind.RESET, ("fake",), (), 1, now, now + timedelta(days=1))
    with house.records.db.write() as tx:
        if house.records.campaigns.load(tx, campaign) is None:
            house.records.campaigns.add(tx, Campaign(campaign, plan, "idp|ada", "ada", "a leak", now))
        ref = house.records.keyring.pseudonym("fake", f"id-of-{name}")
        assert house.records.campaigns.begin(tx, campaign, ref, state, now, why="refused")


def test_what_campaigns_noted_of_their_turns_is_forgotten_too(house: SmallHouse, desk: EraseDesk) -> None:
    kim = house.add("kim")
    for campaign, state in (("c-1", Turn.TOLD), ("c-2", Turn.FAILED)):
        turn(house, state, campaign=campaign)
        turn(house, state, "kim", campaign)
    assert "campaign_person" in set(left(house))
    assert desk.erase_named("jo").turns == 2
    assert "campaign_person" not in set(left(house))
    assert "campaign_person" in set(left(house, kim))


def test_whoever_is_known_to_a_campaign_alone_is_erased(house: SmallHouse, desk: EraseDesk) -> None:
    desk.erase_named("jo")
    turn(house, Turn.DONE)
    assert desk.erase_named("jo").turns == 1


def test_nobody_is_erased_while_a_campaign_has_their_turn(house: SmallHouse, desk: EraseDesk) -> None:
    turn(house, Turn.BEGUN)
    with pytest.raises(NotAllowed, match="at this moment"):
        desk.erase_named("jo")
    assert "campaign_person" in set(left(house))


def test_others_keep_what_is_theirs(house: SmallHouse, desk: EraseDesk) -> None:
    resets(house)
    other = house.add("kim")
    before = set(left(house, other))
    desk.erase_named("jo")
    assert set(left(house, other)) == before


def test_whoever_is_not_in_the_directory_any_more_is_erased_by_their_id(house: SmallHouse, desk: EraseDesk) -> None:
    resets(house)
    house.store.remove(JO.id)
    with pytest.raises(NotAllowed, match="Nobody"):
        desk.erase_named("jo")
    assert desk.erase(JO).methods == 1
    assert "enrolment" not in set(left(house))


def test_nobody_is_erased_in_the_middle_of_a_recovery(house: SmallHouse, desk: EraseDesk) -> None:
    visit = house.start()
    visit.prove_by_mail()
    before = set(left(house))
    with pytest.raises(NotAllowed, match="at this moment"):
        desk.erase_named("jo")
    assert set(left(house)) == before


def test_a_stop_by_this_wasnt_me_outlives_it(house: SmallHouse, desk: EraseDesk) -> None:
    ref = house.records.keyring.pseudonym(JO.store, JO.id)
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(ref, house.clock(), "password.set", "r-1"))
    desk.erase_named("jo")
    with house.records.db.read() as tx:
        assert house.records.freezes.of(tx, ref) is not None


def test_somebody_of_whom_nothing_is_known_is_said_to_be_so(house: SmallHouse, desk: EraseDesk) -> None:
    with pytest.raises(NotAllowed, match="Nothing is known"):
        desk.erase(AccountKey("fake", "nobody's"))
