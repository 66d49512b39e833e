"""Disclosure `masked`: everybody is offered something at the same moment, and only some of it is real."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.masked_house import CANARY, COLLEAGUES, RULES, STRANGERS, masked_house, put, switch_on, wait_for_the_moment
from servers.small_house import PHONE, SmallHouse, Visit
from sqlalchemy import event

from keyback.core.contracts.errors import MustWait, NotAllowed, OutOfTurn, StoreUnavailable
from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.db.session import Database
from keyback.core.recovery.decoys import shape_of
from keyback.core.recovery.limits import SYSTEM_MISSES
from keyback.core.recovery.ordinary import pausing
from keyback.core.recovery.policy import PublicRules
from keyback.core.recovery.state import Stage
from keyback.core.service.finding.decoy_desk import DecoyDesk
from keyback.core.service.finding.disguise import seen
from keyback.core.service.gate import system_mark
from keyback.core.service.tickets import Choice

EVERYBODY = ("jo", *STRANGERS)


@pytest.fixture
def empty(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'masked.db')}")
    yield database
    database.close()


@pytest.fixture
def masked(empty: Database) -> SmallHouse:
    return masked_house(empty)


@pytest.fixture
def desk(masked: SmallHouse) -> DecoyDesk:
    recognising = masked.staff.recognising
    return DecoyDesk(records=masked.records, snapshots=masked.snapshots, recognising=recognising, around=masked.around)


def offered(house: SmallHouse, name: str) -> tuple[Choice, ...]:
    visit = house.start(name)
    wait_for_the_moment(house)
    return choices(visit)


def choices(visit: Visit) -> tuple[Choice, ...]:
    return visit.house.service.choosing.choices(visit.recovery)


def said(choices: tuple[Choice, ...]) -> list[tuple[str, str]]:
    return [(choice.value, str(choice.summary)) for choice in choices]


# What is offered -----------------------------------------------------------------------------------------------


def test_somebody_is_offered_their_own_ways_with_masked_ends(masked: SmallHouse) -> None:
    assert said(offered(masked, "jo")) == [
        ("email.0", "We send a code to j••••@ma••••.example"),
        ("sms.1", "We send a code to +XX XXXXXXX05"),
        ("saved_codes.2", "One of the codes you printed"),
    ]


def test_a_masked_end_is_said_to_the_ear_without_its_dots(masked: SmallHouse) -> None:
    mail, phone, paper = offered(masked, "jo")
    assert str(mail.heard) == "We send a code to the address beginning with j"
    assert str(phone.heard) == "We send a code to the number ending in 05"
    assert paper.heard == paper.summary
    assert phone.destination is not None
    assert str(phone.destination.label) == "Whole number ending in 05"


@pytest.mark.parametrize("name", STRANGERS)
def test_everybody_else_is_offered_what_somebody_could_have(masked: SmallHouse, name: str) -> None:
    visit = masked.start(name)
    wait_for_the_moment(masked)
    assert visit.recovery.subject is None
    frozen = masked.snapshots.current.shapes
    assert frozen is not None
    made = shape_of(name, seen(visit.recovery.shown))
    kinds = {tuple((part.method, part.end) for part in shape) for shape, _ in frozen.counted}
    assert tuple((part.method, part.end) for part in made) in kinds
    assert [choice.method for choice in choices(visit)] == [offer.method for offer in visit.recovery.shown]


@pytest.mark.parametrize("name", EVERYBODY)
def test_while_strangers_are_paused_what_can_be_guessed_is_missing_for_all(masked: SmallHouse, name: str) -> None:
    visit = masked.start(name)
    wait_for_the_moment(masked)
    before = choices(visit)
    with masked.records.db.write() as tx:
        much = replace(system_mark(SYSTEM_MISSES), by=pausing(SYSTEM_MISSES).most + 1)
        masked.records.counters.bump(tx, [much], masked.clock())
    masked.look_at_norms()
    assert choices(visit) == tuple(choice for choice in before if choice.method == "saved_codes") != before


def test_a_decoy_is_the_same_at_every_start_by_every_spelling_and_in_every_process(masked: SmallHouse) -> None:
    first = said(offered(masked, "nobody.at.all"))
    for name in ("nobody.at.all", "NOBODY.at.all", " nobody.at.all ", "ｎobody.at.all"):
        assert said(offered(masked, name)) == first
    again = masked_house(masked.records.db)
    assert said(offered(again, "nobody.at.all")) == first


def test_what_is_offered_was_decided_at_the_look_up_and_stays(masked: SmallHouse, desk: DecoyDesk) -> None:
    stranger, jo = masked.start("nobody.at.all"), masked.start()
    wait_for_the_moment(masked)
    before = said(choices(stranger)), said(choices(jo))
    masked.clock.forward(minutes=10)
    masked.add("jo", privileged=True)
    desk.freeze(COLLEAGUES[5:], change_every=timedelta(days=1), who="the tests", why="tests")
    masked.snapshots.at_least(1000)
    assert (said(choices(stranger)), said(choices(jo))) == before


def test_where_fewer_methods_are_shown_decoys_have_no_others(masked: SmallHouse) -> None:
    switch_on(masked, replace(RULES, methods=("sms",)))
    for name in EVERYBODY:
        assert {choice.method for choice in offered(masked, name)} == {"sms"}


# When it is offered --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERYBODY)
def test_nothing_is_offered_before_the_moment(masked: SmallHouse, name: str) -> None:
    visit = masked.start(name)
    masked.work()
    masked.clock.forward(seconds=1.99)
    assert choices(visit) == ()
    with pytest.raises(OutOfTurn):
        visit.pick("email.0")
    masked.clock.forward(seconds=0.01)
    assert choices(visit) != ()


@pytest.mark.parametrize(("found", "shows"), [(1.7, 2), (1.8, 4), (3.7, 4), (3.8, 8), (9, 16), (20, 32)])
def test_whoever_is_found_late_waits_for_the_next_moment(masked: SmallHouse, found: float, shows: float) -> None:
    for name in EVERYBODY:
        visit = masked.start(name)
        began = masked.clock.time
        masked.clock.forward(seconds=found)
        masked.work()
        masked.clock.time = began + timedelta(seconds=shows - 0.001)
        assert choices(visit) == ()
        masked.clock.time = began + timedelta(seconds=shows)
        assert choices(visit) != ()


@pytest.mark.parametrize("name", EVERYBODY)
def test_while_a_store_is_silent_nobody_is_offered_anything(masked: SmallHouse, name: str) -> None:
    masked.store.trouble = StoreUnavailable("silent")
    find, masked.store.find = masked.store.find, _silent  # type: ignore[method-assign]
    visit = masked.start(name)
    masked.work()
    masked.clock.forward(seconds=300)
    assert (visit.recovery.found, choices(visit)) == (False, ())
    masked.store.trouble, masked.store.find = None, find  # type: ignore[method-assign]
    masked.work()
    masked.clock.forward(seconds=300)
    assert choices(visit) != ()


def _silent(identifier: str, ctx: object) -> None:
    raise StoreUnavailable("silent")


@pytest.mark.parametrize("name", EVERYBODY)
def test_without_shapes_nobody_is_offered_anything(empty: Database, name: str) -> None:
    assert offered(masked_house(empty, frozen=False), name) == ()


# What it costs -------------------------------------------------------------------------------------------------


def asked(house: SmallHouse, name: str) -> Counter[str]:
    """What the directory is asked for one start."""
    asked: Counter[str] = Counter()
    find, rules = house.store.find, house.store.rules

    def noted(identifier: str, ctx: Any) -> Any:
        try:
            account = find(identifier, ctx)
        except Exception:
            asked["miss"] += 1
            raise
        asked["hit" if account else "miss"] += 1
        return account

    def ruled(account: Any, ctx: Any) -> Any:
        asked["rules"] += 1
        return rules(account, ctx)

    house.store.find, house.store.rules = noted, ruled  # type: ignore[method-assign]
    house.start(name)
    house.work()
    house.store.find, house.store.rules = find, rules  # type: ignore[method-assign]
    return asked


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_directory_is_asked_the_same_for_every_name(masked: SmallHouse, name: str) -> None:
    assert asked(masked, name) == {"hit": 1, "miss": 1, "rules": 1}


def test_in_generic_the_directory_is_asked_nothing_more(house: SmallHouse) -> None:
    assert asked(house, "jo") == {"hit": 1, "rules": 1}
    assert asked(house, "nobody") == {"miss": 1}


def statements(house: SmallHouse, name: str) -> list[str]:
    """What our own database is asked by one look-up, by the kind of statement and the table."""
    done: list[str] = []
    house.start(name)
    engine = house.records.db._engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.split()
        table = words[words.index("FROM") + 1] if "FROM" in words else "".join(words[1:3])
        done.append(f"{words[0]} {table}")

    event.listen(engine, "before_cursor_execute", note)
    try:
        house.work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return done


def test_our_database_is_asked_the_same_for_every_name(masked: SmallHouse) -> None:
    for name in EVERYBODY:
        # Whoever comes the first time is remembered: their contacts, and a key for their events.
        statements(masked, name)
    told = {name: statements(masked, name) for name in EVERYBODY}
    assert len(told["jo"]) > 10
    for name in STRANGERS:
        assert told[name] == told["jo"], name


def test_a_canary_that_is_gone_is_said_in_the_log_and_decoys_are_shown(
    masked: SmallHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Withholding decoys alone would tell who is real."""
    del masked.store._accounts[f"id-of-{CANARY}"]
    assert offered(masked, "jo") != ()
    assert "canary" not in caplog.text
    assert offered(masked, "nobody.at.all") != ()
    assert "the canary is not there" in caplog.text


# What follows --------------------------------------------------------------------------------------------------


def test_the_own_mailbox_proves_it_and_then_the_real_offers_stand_there(masked: SmallHouse) -> None:
    visit = masked.start()
    wait_for_the_moment(masked)
    visit.pick("email.0")
    masked.work()
    assert [message.to for message in masked.sent("email")] == ["jo.frost@mail.example"]
    assert visit.answer(visit.code()).reason == ""
    assert visit.prove_by_paper().recovery.stage is Stage.RENEWING
    assert visit.renew().stage is Stage.DONE


def test_a_text_goes_only_where_the_whole_number_was_typed(masked: SmallHouse) -> None:
    visit = masked.start()
    wait_for_the_moment(masked)
    visit.pick("sms.1", PHONE[:-3] + "905")
    masked.work()
    assert masked.sent("sms") == []
    visit = masked.start()
    wait_for_the_moment(masked)
    visit.pick("sms.1", PHONE)
    masked.work()
    assert [message.to for message in masked.sent("sms")] == [PHONE]


def test_of_two_numbers_the_one_that_was_chosen_gets_the_code(masked: SmallHouse) -> None:
    numbers = [PHONE, "+436641234577"]
    put(masked, "two", [Contact(ContactKind.PHONE, one, f"phone{n}", trusted=True) for n, one in enumerate(numbers)])
    visit = masked.start("two")
    wait_for_the_moment(masked)
    # The whole number of the other one is not the number that was asked for.
    visit.pick("sms.1", PHONE)
    masked.work()
    assert masked.sent("sms") == []
    masked.clock.forward(seconds=31)
    visit.pick("sms.1", numbers[1])
    masked.work()
    assert [message.to for message in masked.sent("sms")] == [numbers[1]]


def test_an_offer_that_was_not_shown_cannot_be_picked(masked: SmallHouse) -> None:
    visit = masked.start("methodless")
    wait_for_the_moment(masked)
    for choice in ("email", "sms", "email.7", "voice.0", "saved_codes.9"):
        with pytest.raises(OutOfTurn):
            visit.pick(choice)


def everything(house: SmallHouse, name: str) -> Iterator[str]:
    """What every wrong answer to everything gets."""
    for _ in range(3):
        visit = house.start(name)
        wait_for_the_moment(house)
        for choice in choices(visit):
            visit.pick(choice.value, "+15550000000")
            house.work()
            try:
                yield from (visit.answer("00000000").reason for _ in range(5))
            except MustWait as wait:
                yield f"wait {(wait.until - house.clock()).total_seconds():.0f}"
                house.clock.forward(seconds=31)
                house.service.choosing.go_back(visit.ticket, visit.token)
            yield f"{visit.recovery.stage} {visit.recovery.closed_because}"


def test_wrong_answers_to_decoys_end_as_those_to_people_do(masked: SmallHouse) -> None:
    began = masked.clock.time
    # Somebody with the same kinds of offers as the decoy, so that as much can be asked of both.
    for number, name in enumerate(STRANGERS):
        kinds = [choice.method for choice in offered(masked, name)]
        twin = f"colleague{3 * number + len(kinds) - 1}"
        assert [choice.method for choice in offered(masked, twin)] == kinds
        masked.clock.time = began
        stranger = list(everything(masked, name))
        masked.clock.time = began
        assert stranger == list(everything(masked, twin))
        began += timedelta(days=2)
        masked.clock.time = began


def test_nothing_is_sent_for_a_decoy(masked: SmallHouse) -> None:
    for name in STRANGERS:
        visit = masked.start(name)
        wait_for_the_moment(masked)
        for choice in choices(visit):
            visit.pick(choice.value, PHONE)
            masked.work()
            masked.service.choosing.go_back(visit.ticket, visit.token)
    assert masked.channel.sent == []


# Freezing ------------------------------------------------------------------------------------------------------


def test_the_desk_keeps_the_shape_of_everybody_who_has_one(masked: SmallHouse, desk: DecoyDesk) -> None:
    before = desk.kept()
    frozen = desk.freeze([*COLLEAGUES, *STRANGERS], change_every=None, who="the tests", why="tests")
    assert (frozen.asked, frozen.shapes) == (66, before)


def test_too_few_people_are_refused_and_what_was_kept_stays(desk: DecoyDesk) -> None:
    before = desk.kept()
    few = [*COLLEAGUES[:49], *STRANGERS, "colleague1", " ", ""]
    with pytest.raises(NotAllowed) as refused:
        desk.freeze(few, change_every=None, who="the tests", why="too few")
    assert str(refused.value.reason) == "Too few of these people have a method to show: 49 of 50 that are needed"
    assert desk.kept() == before
    assert before is not None
    assert before.people == 60


def test_the_rate_stays_when_shapes_are_frozen_anew(desk: DecoyDesk) -> None:
    desk.freeze(COLLEAGUES, change_every=timedelta(days=400), who="the tests", why="tests")
    again = desk.freeze(COLLEAGUES, change_every=None, who="the tests", why="tests")
    assert again.shapes.change_every == timedelta(days=400)


def test_in_generic_nothing_of_this_is_kept(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    assert visit.recovery.shown == ()
    assert visit.recovery.rules.disclosure is PublicRules().disclosure
