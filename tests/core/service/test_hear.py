"""A key pressed on a phone: heard once, judged when the person's own browser goes on, and silent about who exists."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from servers.small_house import PHONE, SmallHouse, Visit, small_house

from keyback.core import (
    Call,
    Callback,
    Carrier,
    Challenge,
    Context,
    Enrolment,
    Factor,
    Heard,
    Message,
    Method,
    Offer,
    Person,
    Prompt,
    Text,
    Verdict,
)
from keyback.core.db.session import Database
from keyback.core.recovery.policy import Policy, ProofRules, PublicRules
from keyback.core.service.sending.callback_links import PATH
from keyback.core.service.tickets import Answered
from keyback.core.testing import FakeChannel


class Press(Method):
    """Press # to approve."""

    key, medium, hears = "press", "voice", True
    label = summary = Text("Press a key")
    factor, rides_on = Factor.HAS, Carrier.PHONE

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        return [Offer(self.key, f"phone-{n}", Text("We call you"), {"to": to}) for n, to in enumerate(person.phones)]

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        return Challenge(Prompt(Text("Press #"), Text("It rings."), widget="waiting"), timedelta(minutes=5))

    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        call = Call(Text("Somebody resets your password. Press # if it is you."), approves=True)
        return Message("voice", offer.private["to"], Text("Thank you"), call=call)

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        return Verdict(answer.get("key") == "#")


class Carriers(FakeChannel):
    """Says which key was pressed, and signs it."""

    media = frozenset({"sms", "email", "voice"})

    def hear(self, callback: Callback, message: Message, ctx: Context) -> Heard | None:
        if callback.headers.get("Signature") != callback.url or message.to != PHONE:
            return None
        return Heard({"key": callback.fields["key"]} if "key" in callback.fields else {}, reply=str(message.text))


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'hears.db')}")
    house = small_house(database, methods=[Press(Press.Settings())], channel=Carriers())
    with database.write() as tx:
        rules = PublicRules(methods=("email", "press"), look_up=timedelta(0), type_destination=())
        house.records.settings.save_public_rules(tx, rules, who="the tests", why="tests")
        policy = Policy("everybody", proof=ProofRules(optional=frozenset({"email", "press"}), different_carriers=False))
        house.records.settings.save_policies(tx, [policy], who="the tests", why="tests")
    house.staff.service.tickets.snapshots.at_least(99)
    yield house
    database.close()


def called(house: SmallHouse, name: str = "jo") -> Visit:
    visit = house.start(name)
    house.work()
    visit.pick("press")
    house.work()
    return visit


def goes_on(visit: Visit) -> Answered:
    answered = visit.house.service.proving.answer(visit.ticket, visit.token, {})
    visit.ticket = answered.ticket
    return answered


def presses(house: SmallHouse, key: str = "#", *, at: str = "", signature: str | None = None) -> Heard | None:
    address = at or house.sent("voice")[-1].answer_to
    channel, token = address.partition(PATH)[2].split("/")
    headers = {"Signature": address if signature is None else signature}
    return house.service.hearing.call_back(channel, token, {"key": key} if key else {}, headers)


def test_the_key_proves_it_when_the_persons_own_browser_goes_on(house: SmallHouse) -> None:
    visit = called(house)
    assert goes_on(visit).reason == "not-heard"
    assert not house.service.hearing.heard(visit.recovery)
    heard = presses(house)
    assert heard is not None
    assert heard.reply == "Thank you"
    assert house.service.hearing.heard(visit.recovery)
    before = visit.ticket
    assert goes_on(visit).reason == ""
    assert [proof.method for proof in visit.recovery.proofs] == ["press"]
    assert visit.ticket.key != before.key


def test_it_is_good_once(house: SmallHouse) -> None:
    visit = called(house)
    presses(house)
    goes_on(visit)
    assert presses(house) is None
    assert len(visit.recovery.proofs) == 1


@pytest.mark.parametrize("name", ["jo", "nobody at all"])
def test_before_the_first_proof_another_key_is_silence(house: SmallHouse, name: str) -> None:
    visit = called(house, name)
    if house.sent("voice"):
        presses(house, "7")
    assert not house.service.hearing.heard(visit.recovery)
    assert goes_on(visit).reason == "not-heard"
    pick = visit.recovery.pick
    assert pick is not None
    assert pick.tries == 0


def test_whoever_pressed_another_key_first_cannot_take_it_back(house: SmallHouse) -> None:
    visit = called(house)
    presses(house, "7")
    presses(house, "#")
    assert goes_on(visit).reason == "not-heard"


def test_after_the_first_proof_the_truth_is_told(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    choice = next(one for one in house.service.choosing.choices(visit.recovery) if one.method == "press")
    visit.pick(choice.value)
    house.work()
    presses(house, "7")
    assert house.service.hearing.heard(visit.recovery)
    assert goes_on(visit).reason == "declined"


def test_what_the_carrier_did_not_sign_changes_nothing(house: SmallHouse) -> None:
    visit = called(house)
    assert presses(house, signature="x") is None
    assert goes_on(visit).reason == "not-heard"


def test_a_key_for_another_recovery_changes_nothing(house: SmallHouse) -> None:
    first = called(house)
    address = house.sent("voice")[-1].answer_to
    house.clock.forward(minutes=1)
    second = called(house)
    assert presses(house, at=address) is not None
    assert goes_on(second).reason == "not-heard"
    assert goes_on(first).reason == ""


def test_a_key_for_a_call_that_was_repeated_changes_nothing(house: SmallHouse) -> None:
    visit = called(house)
    address = house.sent("voice")[-1].answer_to
    house.clock.forward(minutes=1)
    visit.send_again()
    house.work()
    assert presses(house, at=address) is None
    assert goes_on(visit).reason == "not-heard"


@pytest.mark.parametrize("wrong", ["", "a" * 80, "a" * 4000, "!"])
def test_an_address_of_nobodys_making_is_none(house: SmallHouse, wrong: str) -> None:
    called(house)
    assert house.service.hearing.call_back("fake", wrong, {"key": "#"}, {}) is None


def test_another_channels_address_is_none(house: SmallHouse) -> None:
    called(house)
    token = house.sent("voice")[-1].answer_to.rpartition("/")[2]
    assert house.service.hearing.call_back("smtp", token, {"key": "#"}, {}) is None


def test_after_five_minutes_it_is_too_late(house: SmallHouse) -> None:
    visit = called(house)
    house.clock.forward(minutes=5)
    assert presses(house) is None
    assert goes_on(visit).reason == "expired"


def test_a_press_without_a_key_only_gets_its_reply(house: SmallHouse) -> None:
    visit = called(house)
    heard = presses(house, "")
    assert heard is not None
    assert heard.reply == "Thank you"
    assert goes_on(visit).reason == "not-heard"
