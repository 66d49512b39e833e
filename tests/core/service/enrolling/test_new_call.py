"""A phone that is called: added once its owner pressed the key, heard the code and typed it."""

from __future__ import annotations

import re
from typing import cast

import pytest
from servers.adding import mine, signed_in
from servers.small_house import SmallHouse, small_house

from keyback.core import Callback, Context, Heard, Message
from keyback.core.db.session import Database
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.service.sending.callback_links import PATH
from keyback.core.testing import FakeChannel
from keyback.plugins.methods.voice import Voice

LANDLINE = "+4315234567"


class Carrier(FakeChannel):
    """Says the words once it is told that the key was pressed."""

    media = frozenset({"sms", "email", "voice"})
    ends_as = "delivered"

    def hear(self, callback: Callback, message: Message, ctx: Context) -> Heard | None:
        if callback.headers.get("Signature") != callback.url or message.to != LANDLINE:
            return None
        return Heard({"key": "#"}, self.ends_as, reply=str(message.text))


@pytest.fixture
def house(database: Database) -> SmallHouse:
    house = small_house(database, methods=[Voice(Voice.Settings(approve=True))], channel=Carrier())
    with database.write() as tx:
        policy = Policy("everybody", proof=ProofRules(optional=frozenset({"email", "voice"})))
        house.records.settings.save_policies(tx, [policy], who="the tests", why="tests")
    house.snapshots.at_least(99)
    return house


def press(house: SmallHouse, address: str, signature: str = "") -> Heard | None:
    channel, token = address.partition(PATH)[2].split("/")
    return house.service.hearing.call_back(channel, token, {"key": "#"}, {"Signature": signature or address})


def call(house: SmallHouse, number: str = LANDLINE) -> str:
    """Has it ring; where a pressed key is told to."""
    who = signed_in(house)
    house.staff.enrolling.begin(who, "voice")
    house.staff.enrolling.confirm(who, "voice", {"region": "AT", "destination": number}, language="de")
    house.work()
    return house.sent("voice")[-1].answer_to


def test_the_code_is_said_after_the_key_and_typed_even_where_the_key_alone_approves(house: SmallHouse) -> None:
    address, who = call(house), signed_in(house)
    (rung,) = house.sent("voice")
    assert rung.to == LANDLINE
    heard = press(house, address)
    assert heard is not None
    code = re.sub(r"\D", "", heard.reply.split("\n")[0])
    assert code not in str(rung.call and rung.call.greeting)
    assert house.staff.enrolling.confirm(who, "voice", {"code": code})
    assert [line.end for line in mine(house, who) if line.id and line.method == "voice"] == ["+XX XXXXXXX67"]


def test_nobody_hears_it_but_who_was_called_for_the_newest_code(house: SmallHouse) -> None:
    old = call(house)
    assert press(house, old, "forged") is None
    house.clock.forward(seconds=30)
    house.staff.enrolling.addresses.again(signed_in(house), "voice", "")
    house.work()
    assert press(house, old) is None
    # The phone still rings with the first one; the second one follows.
    assert len(house.sent("voice")) == 1
    house.clock.forward(seconds=30)
    house.work()
    new = house.sent("voice")[-1].answer_to
    assert press(house, new) is not None
    house.clock.forward(minutes=5)
    assert press(house, new) is None


@pytest.mark.parametrize("ends_as", ["delivered", "failed"])
def test_a_phone_whose_call_was_taken_or_missed_is_called_again_at_once(house: SmallHouse, ends_as: str) -> None:
    cast("Carrier", house.channel).ends_as = ends_as
    assert press(house, call(house)) is not None
    call(house)
    assert len(house.sent("voice")) == 2


def test_what_was_given_up_says_nothing_any_more(house: SmallHouse) -> None:
    address = call(house)
    house.staff.enrolling.give_up(signed_in(house), "voice")
    assert press(house, address) is None


def test_what_was_given_up_before_it_left_is_not_carried(house: SmallHouse) -> None:
    who = signed_in(house)
    house.staff.enrolling.begin(who, "voice")
    house.staff.enrolling.confirm(who, "voice", {"region": "AT", "destination": LANDLINE})
    house.staff.enrolling.give_up(who, "voice")
    house.work()
    assert house.sent("voice") == []


def test_an_office_phone_is_dialled_to_its_end(house: SmallHouse) -> None:
    who = signed_in(house)
    for typed in ({"destination": LANDLINE, "extension": "4711"}, {"destination": f"{LANDLINE} ext. 4711"}):
        house.staff.enrolling.begin(who, "voice")
        house.staff.enrolling.confirm(who, "voice", {"region": "AT", "extension": "", **typed})
        house.work()
        (*_, rung) = house.sent("voice")
        assert rung.call
        assert (rung.to, rung.call.extension) == (LANDLINE, "4711")
        house.staff.enrolling.give_up(who, "voice")
        house.clock.forward(minutes=1)
