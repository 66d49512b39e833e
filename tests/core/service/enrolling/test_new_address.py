"""Own phones and mailboxes: proven by a code that went there, within limits, and told to everybody it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from servers.adding import OWN_MAIL, OWN_PHONE, add_phone, codes, events, mine, signed_in, type_mailbox, type_number
from servers.small_house import MAIL, PHONE, SmallHouse
from sqlalchemy import select

from keyback.core.contracts.channel import Message
from keyback.core.contracts.errors import DeliveryFailed, MustWait, NotAllowed, OutOfTurn
from keyback.core.db.freezes import Freeze
from keyback.core.db.tables import delivery, metadata
from keyback.core.recovery import limits
from keyback.core.service.enrolling.enrol import TOO_OLD, TRIES, Wrong
from keyback.core.service.sending.media import MediumRules
from keyback.core.service.sending.numbers import NumberRules

PAUSE = {"seconds": 30}


@pytest.fixture
def house(on_either: SmallHouse) -> SmallHouse:
    """jo has a mailbox, a phone and saved codes."""
    return on_either


def test_a_phone_counts_after_the_cool_down_once_its_code_came_back(house: SmallHouse) -> None:
    who = signed_in(house)
    assert add_phone(house, who) == house.clock() + timedelta(hours=72)
    (added,) = [one for one in mine(house, who) if one.id and one.method == "sms"]
    assert (added.end, added.waits_until) == ("+XX XXXXXXX06", house.clock() + timedelta(hours=72))
    for hours, sent in ((0, 0), (72, 1)):
        house.clock.forward(hours=hours)
        visit = house.start()
        house.work()
        before = len(codes(house, OWN_PHONE))
        visit.pick("sms", "0664 1234506")
        house.work()
        assert len(codes(house, OWN_PHONE)) - before == sent
    visit.answer(codes(house, OWN_PHONE)[-1])
    assert visit.recovery.proofs


def test_a_code_that_came_back_shows_that_its_region_is_answered(house: SmallHouse) -> None:
    add_phone(house, signed_in(house))
    with house.records.db.read() as tx:
        (used,) = tx.execute(select(delivery.c.used_at).where(delivery.c.challenge != "")).scalars()
    assert used == house.clock()


def test_a_mailbox_too_and_nothing_is_kept_before(house: SmallHouse) -> None:
    who = signed_in(house)
    type_mailbox(house, who)
    assert not [one for one in mine(house, who) if one.id and one.method == "email"]
    (message,) = [message for message in house.sent("email") if message.to == OWN_MAIL]
    assert "Good for 10 minutes." in str(message.text)
    house.staff.enrolling.confirm(who, "email", {"code": str(message.text)[:8]})
    assert [one.end for one in mine(house, who) if one.id and one.method == "email"] == ["j••••@ho••••.example"]


@pytest.mark.parametrize("number", ["12", "+49 900 1234567", "+436641234506 ext. 3"])
def test_a_number_that_cannot_be_texted_gets_nothing(house: SmallHouse, number: str) -> None:
    who = signed_in(house)
    house.staff.enrolling.begin(who, "sms")
    with pytest.raises(Wrong) as wrong:
        house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": number})
    assert "destination" in wrong.value.at
    house.work()
    assert house.channel.sent == []


def test_slips_of_the_pen_do_not_use_up_the_tries_for_the_code(house: SmallHouse) -> None:
    who = signed_in(house)
    house.staff.enrolling.begin(who, "sms")
    for _ in range(TRIES + 1):
        with pytest.raises(Wrong) as wrong:
            house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": "12"})
        assert wrong.value.left
    house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": OWN_PHONE})
    with pytest.raises(Wrong) as wrong:
        house.staff.enrolling.confirm(who, "sms", {"code": "00000000"})
    assert wrong.value.left == TRIES - 1


def test_five_wrong_codes_are_the_end_however_many_codes_were_sent(house: SmallHouse) -> None:
    who = signed_in(house)
    type_number(house, who)
    for left in reversed(range(TRIES)):
        if left == 2:
            house.clock.forward(**PAUSE)
            house.staff.enrolling.addresses.again(who, "sms", "")
            house.work()
        with pytest.raises(Wrong) as wrong:
            house.staff.enrolling.confirm(who, "sms", {"code": "no"})
        assert wrong.value.left == left
    with pytest.raises(NotAllowed) as over:
        house.staff.enrolling.confirm(who, "sms", {"code": codes(house, OWN_PHONE)[-1]})
    assert not isinstance(over.value, Wrong)


def test_another_code_can_be_asked_for_after_the_wait_and_the_newest_counts(house: SmallHouse) -> None:
    who = signed_in(house)
    type_number(house, who)
    with pytest.raises(MustWait):
        house.staff.enrolling.addresses.again(who, "sms", "")
    house.clock.forward(**PAUSE)
    house.staff.enrolling.addresses.again(who, "sms", "")
    house.work()
    old, new = codes(house, OWN_PHONE)
    with pytest.raises(Wrong):
        house.staff.enrolling.confirm(who, "sms", {"code": old})
    assert house.staff.enrolling.confirm(who, "sms", {"code": new})


def test_codes_end_with_the_sends_of_a_recovery(house: SmallHouse) -> None:
    who, enrolling = signed_in(house), house.staff.enrolling
    type_number(house, who)
    for _ in range(house.snapshots.current.public.sends_per_recovery - 1):
        house.clock.forward(minutes=5)
        enrolling.addresses.again(who, "sms", "")
    house.clock.forward(minutes=5)
    underway = enrolling.addresses.underway(who, "sms")
    assert underway is not None
    assert underway.again_at is None
    with pytest.raises(NotAllowed):
        enrolling.addresses.again(who, "sms", "")


def test_a_code_that_is_too_old_says_so_and_costs_no_try(house: SmallHouse) -> None:
    who = signed_in(house)
    type_number(house, who)
    house.clock.forward(minutes=5)
    for _ in range(TRIES + 1):
        with pytest.raises(Wrong) as old:
            house.staff.enrolling.confirm(who, "sms", {"code": codes(house, OWN_PHONE)[-1]})
        assert old.value.at == {"code": TOO_OLD}
    house.staff.enrolling.addresses.again(who, "sms", "")
    house.work()
    assert house.staff.enrolling.confirm(who, "sms", {"code": codes(house, OWN_PHONE)[-1]})


def test_going_back_keeps_what_was_typed_and_ends_the_code(house: SmallHouse) -> None:
    who = signed_in(house)
    type_number(house, who)
    house.staff.enrolling.addresses.back(who, "sms")
    underway = house.staff.enrolling.addresses.underway(who, "sms")
    assert underway is not None
    assert (underway.times, dict(underway.typed)) == (0, {"region": "AT", "destination": OWN_PHONE})
    with pytest.raises(Wrong):
        house.staff.enrolling.confirm(who, "sms", {"code": codes(house, OWN_PHONE)[-1]})
    with pytest.raises(OutOfTurn):
        house.staff.enrolling.addresses.again(who, "sms", "")


def test_going_back_gives_no_more_time(house: SmallHouse) -> None:
    who = signed_in(house)
    type_number(house, who)
    house.clock.forward(minutes=9)
    house.staff.enrolling.addresses.back(who, "sms")
    assert house.staff.enrolling.pending(who, "sms")
    house.clock.forward(minutes=1)
    assert house.staff.enrolling.pending(who, "sms") is None


def test_only_the_session_that_began_it_can_go_on(house: SmallHouse) -> None:
    who, other = signed_in(house), signed_in(house, session="s2")
    type_number(house, who)
    house.clock.forward(**PAUSE)
    for move in (house.staff.enrolling.addresses.back, lambda w, k: house.staff.enrolling.addresses.again(w, k, "")):
        with pytest.raises(OutOfTurn):
            move(other, "sms")
    assert house.staff.enrolling.addresses.underway(other, "sms") is None


def test_whoever_was_stopped_is_sent_nothing(house: SmallHouse) -> None:
    who = signed_in(house)
    house.staff.enrolling.begin(who, "sms")
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(who.person.id, house.clock(), "enrolment.added", ""))
    with pytest.raises(NotAllowed):
        house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": OWN_PHONE})
    house.work()
    assert house.channel.sent == []


def allow(house: SmallHouse, **more: int) -> None:
    """As an administrator would."""
    rules = MediumRules(numbers=NumberRules(frozenset({"AT"})), **more)
    object.__setattr__(house.around, "media", {"sms": rules})


# Limits ------------------------------------------------------------------------------------------------------------


def test_a_person_may_have_ten_codes_a_day_sent_to_addresses_of_their_choice(house: SmallHouse) -> None:
    allow(house, per_range_hour=1000)
    who = signed_in(house)
    for number in range(limits.NEW_ADDRESS_SENDS.most):
        type_number(house, who, f"+4366412345{number:02d}" if number != 5 else OWN_PHONE)
    house.staff.enrolling.begin(who, "sms")
    with pytest.raises(MustWait):
        house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": "+436641234599"})
    assert len(house.sent("sms")) == limits.NEW_ADDRESS_SENDS.most


def test_an_address_that_has_had_enough_gets_no_more_and_nobody_can_tell(house: SmallHouse) -> None:
    for name in ("ann", "bob", "eve", "kim"):
        house.add(name)
        type_number(house, signed_in(house, name))
    assert len(codes(house, OWN_PHONE)) == limits.DESTINATION_SENDS_QUARTER.most
    underway = house.staff.enrolling.addresses.underway(signed_in(house, "kim"), "sms")
    first = house.staff.enrolling.addresses.underway(signed_in(house, "ann"), "sms")
    assert underway == first


def test_nobody_can_use_up_the_owners_messages_by_adding_their_number(house: SmallHouse) -> None:
    for name in ("ann", "bob", "eve", "kim"):
        house.add(name)
        type_number(house, signed_in(house, name), PHONE)
    before = len(codes(house, PHONE))
    visit = house.start()
    house.work()
    visit.pick("sms", "0664 1234505")
    house.work()
    assert len(codes(house, PHONE)) == before + 1


def test_a_new_number_counts_double_for_its_range(house: SmallHouse) -> None:
    allow(house, per_range_hour=3)
    for number, name in enumerate(("ann", "bob")):
        house.add(name)
        type_number(house, signed_in(house, name), f"+43664123450{number}")
    assert len(house.sent("sms")) == 1
    assert "message.dropped" in events(house)
    # Nobody can learn from the page what others asked for.
    waiting = house.staff.enrolling.addresses.underway(signed_in(house, "bob"), "sms")
    assert waiting is not None
    assert not waiting.undelivered


# Carried -----------------------------------------------------------------------------------------------------------


def test_a_code_that_the_carrier_refuses_is_told_to_whoever_waits(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = signed_in(house)

    def refuse(message: Message, ctx: object) -> None:
        raise DeliveryFailed("no such number", retry=False)

    with monkeypatch.context() as broken:
        broken.setattr(house.channel, "send", refuse)
        type_number(house, who)
    underway = house.staff.enrolling.addresses.underway(who, "sms")
    assert underway is not None
    assert underway.undelivered
    assert "message.dropped" in events(house)
    house.clock.forward(**PAUSE)
    house.staff.enrolling.addresses.again(who, "sms", "")
    house.work()
    underway = house.staff.enrolling.addresses.underway(who, "sms")
    assert underway is not None
    assert not underway.undelivered
    assert codes(house, OWN_PHONE)


def test_a_carrier_that_is_busy_is_asked_again(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    who = signed_in(house)

    def busy(message: Message, ctx: object) -> None:
        raise DeliveryFailed("busy", retry=True)

    with monkeypatch.context() as broken:
        broken.setattr(house.channel, "send", busy)
        type_number(house, who)
    assert codes(house, OWN_PHONE) == []
    house.clock.forward(seconds=5)
    house.work()
    assert len(codes(house, OWN_PHONE)) == 1


# Whose it is, and who is told --------------------------------------------------------------------------------------


def test_an_address_of_somebody_else_is_taken_alike(house: SmallHouse) -> None:
    house.add("ann")
    add_phone(house, signed_in(house, "ann"))
    house.work()
    for number in (OWN_PHONE, "+436641234507"):
        type_number(house, signed_in(house), number)
        underway = house.staff.enrolling.addresses.underway(signed_in(house), "sms")
        assert underway is not None
        assert underway.times == 1
        assert codes(house, number)


def test_the_old_addresses_and_the_new_one_are_told_and_only_the_old_ones_get_the_link(house: SmallHouse) -> None:
    who = signed_in(house)
    type_mailbox(house, who)
    (code,) = codes(house, OWN_MAIL)
    house.staff.enrolling.confirm(who, "email", {"code": code})
    house.work()
    told = {m.to: str(m.text) for m in house.channel.sent if "added" in f"{m.subject} {m.text}"}
    assert told.keys() == {MAIL, PHONE, OWN_MAIL}
    assert "/wasnt-me/" in told[MAIL]
    assert "/wasnt-me/" not in told[OWN_MAIL]


def test_what_still_waits_is_told_of_the_next_change_as_well(house: SmallHouse) -> None:
    who = signed_in(house)
    add_phone(house, who)
    house.work()
    before = len(house.sent("sms"))
    type_mailbox(house, who)
    house.staff.enrolling.confirm(who, "email", {"code": codes(house, OWN_MAIL)[-1]})
    house.work()
    assert {message.to for message in house.sent("sms")[before:]} == {PHONE, OWN_PHONE}


def test_an_address_that_is_removed_is_told_too(house: SmallHouse) -> None:
    who = signed_in(house)
    add_phone(house, who)
    house.work()
    (added,) = [one.id for one in mine(house, who) if one.id and one.method == "sms"]
    house.staff.enrolling.remove(who, added)
    house.work()
    assert "removed" in str([m for m in house.sent("sms") if m.to == OWN_PHONE][-1].text)


def test_nothing_that_was_typed_stands_in_the_tables_in_the_clear(house: SmallHouse) -> None:
    who = signed_in(house)
    house.staff.enrolling.begin(who, "sms")
    house.staff.enrolling.confirm(who, "sms", {"region": "AT", "destination": OWN_PHONE})
    with house.records.db.read() as tx:
        rows = [repr(dict(row)) for table in metadata.sorted_tables for row in tx.execute(select(table)).mappings()]
    assert rows
    for canary in (OWN_PHONE, OWN_PHONE[3:]):
        assert not any(canary in row for row in rows)
