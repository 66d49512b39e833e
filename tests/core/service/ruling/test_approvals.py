"""What needs two administrators: one asks, another decides, and only then it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import select, update

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.text import Text
from keyback.core.db.approvals import Approval, Decision
from keyback.core.db.desk_tables import approval as table
from keyback.core.db.sealing import SealBroken
from keyback.core.db.session import Transaction
from keyback.core.db.tables import event
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.ruling.approvals import GOOD_FOR, Approvals, Wish

ADMIN = frozenset({Role.ADMINISTRATOR})
ADA, BO, EVE = Actor("idp|ada", "Ada Lee", ADMIN), Actor("idp|bo", "Bo", ADMIN), Actor("idp|eve", "Eve", frozenset())
WISH = Wish("scope", Text("Let {policy} serve privileged people", policy="staff"), {"policy": "staff"}, "they asked")


class Effects:
    """Remembers what was carried out, and refuses when told to."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.refuses = False

    def __call__(self, approval: Approval, actor: Actor) -> Callable[[Transaction], None]:
        def write(tx: Transaction) -> None:
            if self.refuses:
                raise NotAllowed(Text("It does not fit any more"))
            self.done.append((approval.payload["policy"], actor.name))

        return write


@pytest.fixture
def effects() -> Effects:
    return Effects()


def approvals_of(house: SmallHouse, effects: Effects) -> Approvals:
    approvals = Approvals(records=house.records, around=house.around)
    approvals.teach("scope", effects)
    return approvals


@pytest.fixture
def approvals(house: SmallHouse, effects: Effects) -> Approvals:
    return approvals_of(house, effects)


def ask(approvals: Approvals, actor: Actor = ADA) -> Approval:
    with approvals.records.db.write() as tx:
        return approvals.ask(tx, actor, WISH)


def told(house: SmallHouse) -> list[str]:
    """Which events, with what they say; those of one moment have no order."""
    with house.records.db.read() as tx:
        rows = tx.execute(select(event.c.name, event.c.data)).all()
    return sorted(row.name + "".join(f" {value}" for value in json.loads(row.data).values()) for row in rows)


def test_it_holds_when_another_administrator_says_so(house: SmallHouse, approvals: Approvals, effects: Effects) -> None:
    asked = ask(approvals)
    assert effects.done == []
    assert approvals.waiting() == (asked,)
    approvals.approve(BO, asked.id)
    assert effects.done == [("staff", "Bo")]
    assert approvals.waiting() == ()
    (over,) = approvals.decided()
    assert (over.state, over.asker, over.decider, over.about) == (Decision.GIVEN, "Ada Lee", "Bo", WISH.about)
    assert told(house) == ["approval.asked scope", "approval.given scope"]


def test_nobody_approves_their_own_wish(approvals: Approvals, effects: Effects) -> None:
    asked = ask(approvals)
    again = Actor(ADA.subject, "Another name", ADMIN)
    with pytest.raises(NotAllowed, match="yourself"):
        approvals.approve(again, asked.id)
    assert (effects.done, approvals.waiting()) == ([], (asked,))


@pytest.mark.parametrize("decide", ["approve", "refuse"])
def test_only_administrators_decide(approvals: Approvals, effects: Effects, decide: str) -> None:
    asked = ask(approvals)
    with pytest.raises(NotAllowed, match="Only administrators"):
        getattr(approvals, decide)(EVE, asked.id)
    assert (effects.done, approvals.waiting()) == ([], (asked,))


def test_it_is_decided_once(house: SmallHouse, approvals: Approvals, effects: Effects) -> None:
    asked = ask(approvals)
    approvals.refuse(BO, asked.id, "not now")
    for late in (approvals.approve, approvals.refuse):
        with pytest.raises(NotAllowed, match="already"):
            late(BO, asked.id)
    assert effects.done == []
    assert told(house) == ["approval.asked scope", "approval.ended refused scope"]


def test_whoever_asked_takes_it_back(house: SmallHouse, approvals: Approvals) -> None:
    approvals.refuse(ADA, ask(approvals).id)
    assert [one.state for one in approvals.decided()] == [Decision.WITHDRAWN]
    assert "approval.ended withdrawn scope" in told(house)


def test_an_effect_that_refuses_leaves_it_to_be_decided(approvals: Approvals, effects: Effects) -> None:
    asked = ask(approvals)
    effects.refuses = True
    with pytest.raises(NotAllowed, match="fit"):
        approvals.approve(BO, asked.id)
    assert approvals.waiting() == (asked,)
    effects.refuses = False
    approvals.approve(BO, asked.id)
    assert effects.done == [("staff", "Bo")]


def test_it_is_over_after_three_days(house: SmallHouse, approvals: Approvals, effects: Effects) -> None:
    asked = ask(approvals)
    house.clock.time += GOOD_FOR
    assert approvals.waiting() == ()
    with pytest.raises(NotAllowed, match="in time"):
        approvals.approve(BO, asked.id)
    approvals.expire(house.clock())
    approvals.expire(house.clock())
    assert [one.state for one in approvals.decided()] == [Decision.EXPIRED]
    assert told(house) == ["approval.asked scope", "approval.ended expired scope"]
    assert effects.done == []


def test_it_needs_a_reason(approvals: Approvals) -> None:
    with pytest.raises(NotAllowed) as refused, approvals.records.db.write() as tx:
        approvals.ask(tx, ADA, Wish("scope", WISH.about, {}, "  "))
    assert "why" in refused.value.at
    assert approvals.waiting() == ()


@pytest.mark.parametrize("column", ["kind", "state", "expires_at"])
def test_whoever_writes_without_the_key_approves_nothing(
    house: SmallHouse, approvals: Approvals, effects: Effects, column: str
) -> None:
    asked = ask(approvals)
    tampered = {"kind": "policy", "state": "given", "expires_at": asked.expires_at + GOOD_FOR}
    with house.records.db.write() as tx:
        tx.execute(update(table).values({column: tampered[column]}))
    with pytest.raises(SealBroken):
        approvals.approve(BO, asked.id)
    assert effects.done == []


def test_two_who_approve_at_the_same_moment_let_it_hold_once(on_either: SmallHouse, effects: Effects) -> None:
    approvals = approvals_of(on_either, effects)
    asked, barrier = ask(approvals), Barrier(6)

    def approve(number: int) -> bool:
        barrier.wait(30)
        try:
            approvals.approve(Actor(f"idp|{number}", str(number), ADMIN), asked.id)
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(approve, range(6))) == 1
    assert [one.state for one in approvals.decided()] == [Decision.GIVEN]
    assert len(effects.done) == 1
    assert told(on_either).count("approval.given scope") == 1
