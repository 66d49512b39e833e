"""One way out for every message: to numbers that may get one, by the first provider that takes it, never by two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from servers.small_house import PHONE, SmallHouse, Visit, small_house
from sqlalchemy import select

from keyback.core.contracts.channel import Message
from keyback.core.contracts.errors import DeliveryFailed
from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.contracts.text import Text
from keyback.core.db import tables
from keyback.core.db.session import Database
from keyback.core.service.calls import Calls
from keyback.core.service.norms import Norms
from keyback.core.service.sending.budgets import Budgets
from keyback.core.service.sending.deliver import Carried, Delivering, Errand
from keyback.core.service.sending.media import PARTS, MediumRules
from keyback.core.service.sending.numbers import NumberRules
from keyback.core.testing import FakeChannel

WORDS = Text("48210973 is your code")


class Second(FakeChannel):
    """Another provider."""

    key = "second"


Open = Callable[..., tuple[SmallHouse, FakeChannel, FakeChannel]]


@pytest.fixture
def open_house(tmp_path: Path, migrated: Path) -> Open:
    def opened(**rules: object) -> tuple[SmallHouse, FakeChannel, FakeChannel]:
        file, second = tmp_path / "deliver.db", Second()
        file.write_bytes(migrated.read_bytes())
        medium = MediumRules(**rules)  # type: ignore[arg-type]
        house = small_house(Database(f"sqlite:///{file}"), channels=(second,), media={"sms": medium, "email": medium})
        return house, house.channel, second

    return opened


def deliver(house: SmallHouse, to: str = PHONE, medium: str = "sms", **changes: object) -> Carried:
    delivering = Delivering(
        records=house.records, snapshots=house.snapshots, calls=Calls(house.around.meter),
        around=house.around,
        budgets=Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around)),
    )  # fmt: skip
    given: dict[str, object] = {"challenge": "challenge", "ours": True, **changes}
    carried = delivering.deliver(Errand(message=Message(medium, to, WORDS), language="", **given))  # type: ignore[arg-type]
    with house.records.db.write() as tx:
        delivering.keep(tx, carried)
    return carried


def states(house: SmallHouse) -> list[tuple[str, str, str]]:
    with house.records.db.read() as tx:
        of = tables.delivery.c
        return [tuple(row) for row in tx.execute(select(of.channel, of.state, of.why).order_by(of.changed_at, of.id))]


def no(kind: str = "throttled", **how: bool) -> DeliveryFailed:
    return DeliveryFailed(kind, **{"retry": True, **how})


def test_the_first_channel_carries_it_and_its_attempt_is_kept(open_house: Open) -> None:
    house, first, second = open_house()
    assert deliver(house).channel == "fake"
    assert [message.to for message in first.sent] == [PHONE]
    assert second.sent == []
    assert states(house) == [("fake", "accepted", "")]


def test_the_settings_say_who_is_first_and_who_carries_nothing(open_house: Open) -> None:
    house, first, second = open_house(channels=("second",))
    second.trouble = no()
    assert deliver(house).why == "failed: throttled"
    assert first.sent == []


def test_what_is_named_for_a_medium_and_does_not_work_is_replaced_by_nobody(open_house: Open) -> None:
    house, first, second = open_house(channels=("third",))
    assert deliver(house).why == "no-channel"
    assert first.sent + second.sent == []


@pytest.mark.parametrize("medium", ["sms", "email"])
def test_the_next_provider_is_asked_when_the_first_surely_did_not_take_it(medium: str, open_house: Open) -> None:
    house, first, _ = open_house()
    first.trouble = no()
    assert deliver(house, medium=medium).channel == "second"
    assert sorted(states(house)) == [("fake", "failed", "throttled"), ("second", "accepted", "")]


@pytest.mark.parametrize("medium", ["sms", "email"])
def test_no_other_provider_is_asked_when_the_first_may_have_taken_it(medium: str, open_house: Open) -> None:
    house, first, second = open_house()
    first.trouble = no("timeout", unknown=True)
    carried = deliver(house, medium=medium)
    assert (carried.channel, carried.why, carried.retry) == ("", "failed: timeout", True)
    assert second.sent == []
    assert states(house) == [("fake", "unknown", "timeout")]


def test_a_provider_that_broke_may_have_taken_it(open_house: Open) -> None:
    house, first, second = open_house()
    first.trouble = RuntimeError("48210973")
    assert deliver(house).retry
    assert second.sent == []
    assert states(house)[0][1] == "unknown"


@pytest.mark.parametrize("medium", ["sms", "email"])
def test_what_may_have_been_taken_is_sent_again_by_the_same_provider_alone(medium: str, open_house: Open) -> None:
    house, first, second = open_house()
    first.trouble = no("timeout", unknown=True)
    deliver(house, medium=medium)
    first.trouble = no()
    assert deliver(house, medium=medium, again=True).why == "failed: throttled"
    assert second.sent == []


def test_who_failed_before_is_asked_last(open_house: Open) -> None:
    house, first, second = open_house()
    first.trouble, second.trouble = no(), no()
    assert deliver(house).retry
    first.trouble = second.trouble = None
    first.trouble = no()
    deliver(house, again=True)
    second.trouble = None
    assert [len(first.sent), len(second.sent)] == [0, 1]


@pytest.mark.parametrize("kind", ["address", "number", "not-mobile", "opted-out"])
def test_what_is_wrong_with_the_number_is_not_tried_elsewhere(kind: str, open_house: Open) -> None:
    house, first, second = open_house()
    first.trouble = no(kind, retry=False)
    assert not deliver(house).retry
    assert second.sent == []


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("+49 900 1234567", "premium-rate"),
        ("+4930901820", "landline"),
        ("+447700900142", "unknown"),
        ("jo@mail.example", "unknown"),
        ("+491712345678", "region"),
    ],
)
def test_a_number_that_may_get_nothing_gets_nothing_from_anybody(to: str, why: str, open_house: Open) -> None:
    house, first, second = open_house(numbers=NumberRules(frozenset({"AT"})))
    carried = deliver(house, to)
    assert (carried.why, carried.retry) == (f"number: {why}", False)
    assert first.sent + second.sent == []


def test_a_mailbox_is_no_number(open_house: Open) -> None:
    house, first, _ = open_house(numbers=NumberRules(frozenset({"AT"})))
    assert deliver(house, "jo@mail.example", "email").channel == "fake"
    assert len(first.sent) == 1


def test_without_a_region_only_what_the_organisation_knows_is_written_to(open_house: Open) -> None:
    house, first, _ = open_house()
    assert deliver(house, ours=False).why == "number: region"
    assert deliver(house, ours=True).channel == "fake"
    assert len(first.sent) == 1


def test_what_the_budget_forbids_is_not_sent_and_not_tried_again(open_house: Open) -> None:
    house, first, second = open_house(per_range_hour=1)
    deliver(house)
    assert deliver(house, challenge="another") == Carried(why="budget: sms-range")
    assert len(first.sent + second.sent) == 1


def test_a_notice_that_the_money_does_not_reach_for_comes_later(open_house: Open) -> None:
    house, *_ = open_house(money_per_day=0)
    carried = deliver(house, challenge="", notice=True)
    assert (carried.why, carried.retry) == ("budget: sms-money", True)


def test_what_was_surely_not_taken_is_paid_for_once(open_house: Open) -> None:
    house, first, second = open_house(money_per_day=PARTS // 10)
    first.trouble = second.trouble = no()
    for _ in range(3):
        assert deliver(house, again=True).why == "failed: throttled"
    first.trouble = None
    assert deliver(house, again=True).channel == "fake"


def test_what_may_have_been_taken_is_paid_for_each_time(open_house: Open) -> None:
    house, first, _ = open_house(money_per_day=PARTS // 10)
    first.trouble = no("timeout", unknown=True)
    assert deliver(house).why == "failed: timeout"
    assert deliver(house, again=True).why == "budget: sms-money"


def test_the_dearest_of_those_that_may_carry_it_is_reckoned_with(open_house: Open) -> None:
    prices = {"fake": 1000, "second": 2000}
    house, *_ = open_house(prices=prices, money_per_day=3999)
    assert deliver(house).channel == "fake"
    assert deliver(house, challenge="another").why == "budget: sms-money"


def test_a_process_that_dies_while_it_sends_leaves_the_trace_that_it_may_have_sent(open_house: Open) -> None:
    house, first, second = open_house()

    class Died(BaseException):
        """As kill -9 does."""

    def die(*_: object) -> None:
        raise Died

    deliver_once = Delivering._try_each
    Delivering._try_each = die  # type: ignore[method-assign,assignment]
    try:
        with pytest.raises(Died):
            deliver(house)
    finally:
        Delivering._try_each = deliver_once  # type: ignore[method-assign]
    assert states(house) == [("fake", "trying", "")]
    first.trouble = no()
    deliver(house, again=True)
    assert second.sent == []


# In a recovery ----------------------------------------------------------------------------------------------------


def _texted(house: SmallHouse) -> Visit:
    visit = house.start()
    house.work()
    visit.pick("sms", PHONE)
    house.work()
    return visit


def test_a_code_that_is_typed_back_is_known_to_have_arrived(open_house: Open) -> None:
    house, *_ = open_house()
    visit = _texted(house)
    visit.answer(visit.code())
    with house.records.db.read() as tx:
        used = tx.execute(select(tables.delivery.c.used_at).where(tables.delivery.c.medium == "sms")).scalars().all()
    assert used == [house.clock()]


def test_a_persons_own_number_needs_its_region_on_the_list(open_house: Open) -> None:
    house, first, _ = open_house()
    house.add("max", contacts=(Contact(ContactKind.PHONE, "+4930901820", "mobile", trusted=True),))
    own = house.records.keyring.pseudonym("fake", "id-of-max")
    now = house.clock()
    with house.records.db.write() as tx:
        house.records.enrolments.add(tx, own, "sms", "Own", {"to": PHONE}, proven_at=now, usable_from=now)
    visit = house.start("max")
    house.work()
    visit.pick("sms", PHONE)
    house.work()
    assert first.sent == []
    assert visit.recovery.pick is not None
