"""A caller is let in by their own proofs alone: what an agent can start, what they see, and what they never can."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields
from threading import Barrier

import pytest
from servers.desk import ADA, AGENT, BO, HELP_DESK, desk_of, happened
from servers.held_rows import behind
from servers.postgres import Postgres
from servers.small_house import NEW, SmallHouse, Visit, small_house
from sqlalchemy import update

from keyback.core.contracts.errors import MustWait, NotAllowed
from keyback.core.contracts.people import Contact
from keyback.core.db.callers import MOST_TRIES, Callers
from keyback.core.db.desk_tables import caller as table
from keyback.core.db.session import Database, Transaction
from keyback.core.recovery import limits
from keyback.core.recovery.policy import Policy, Scope
from keyback.core.recovery.state import Lane, Stage
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.helping.call_word import PLACES, call_word
from keyback.core.service.helping.caller_desk import GOOD_FOR, Call, Progress
from keyback.core.service.helping.desk import Desk

OTHER_AGENT = Actor("idp|otto", "otto", HELP_DESK)
NO_CONTACTS: tuple[Contact, ...] = ()


@pytest.fixture
def desk(house: SmallHouse) -> Desk:
    return desk_of(house)


def call(desk: Desk, name: str = "jo", actor: Actor = AGENT) -> Call:
    handle = desk.reach.find(actor, name).handle
    return desk.calling.look(actor, desk.calling.start(actor, handle, "call-back"))


def again(desk: Desk, known: Call) -> Call:
    return desk.calling.look(AGENT, known.id)


def caller(house: SmallHouse, code: str, name: str = "jo") -> Visit:
    visit = house.start(name, desk_code=code)
    house.work()
    return visit


def lane(visit: Visit) -> Lane | None:
    subject = visit.recovery.subject
    return subject.lane if subject else None


def test_agent_and_caller_see_the_same_word_and_nobody_sees_it_before(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    assert (started.progress, started.word) == (Progress.EXPECTED, "")
    visit = caller(house, started.code)
    seen = again(desk, started)
    assert (seen.progress, seen.word) == (Progress.OPENED, house.service.tickets.word(visit.recovery))
    assert seen.word.count("-") == 1


def test_the_agent_follows_how_far_they_are_and_the_person_does_all_of_it(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    visit = caller(house, started.code)
    visit.prove_by_mail()
    assert again(desk, started).progress is Progress.PROVING
    visit.prove_by_paper()
    assert again(desk, started).progress is Progress.PROVEN
    visit.renew(NEW)
    over = again(desk, started)
    assert (over.progress, over.word) == (Progress.DONE, "")
    assert house.opens("jo", NEW)


def test_the_policy_asks_a_caller_for_no_proof_less(house: SmallHouse, desk: Desk) -> None:
    visit = caller(house, call(desk).code)
    assert lane(visit) is Lane.HELP_DESK
    assert visit.recovery.proofs == ()
    visit.prove_by_mail()
    assert visit.recovery.stage is Stage.CHOOSING
    without = house.start()
    without.prove_by_mail()
    assert without.recovery.stage is Stage.CHOOSING


def test_a_caller_gets_in_where_a_stranger_emptied_the_budget(house: SmallHouse, desk: Desk) -> None:
    stranger = house.start()
    house.work()
    stranger.pick("email")
    for _ in range(5):
        stranger.answer("00000000")
    locked = house.start()
    with pytest.raises(MustWait):
        locked.prove_by_mail()
    house.clock.forward(minutes=2)
    assert caller(house, call(desk).code).prove_by_mail().reason == ""


def test_a_code_is_good_once(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    first, second = caller(house, started.code), caller(house, started.code)
    assert (lane(first), lane(second)) == (Lane.HELP_DESK, Lane.UNKNOWN_BROWSER)
    assert again(desk, started).word == house.service.tickets.word(first.recovery)


def test_whoever_comes_second_at_the_same_moment_gets_no_lane(
    house: SmallHouse, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = call(desk)
    monkeypatch.setattr(Callers, "join", lambda *_: None)
    assert lane(caller(house, started.code)) is Lane.UNKNOWN_BROWSER
    assert happened(house, "call.joined") == []


def test_a_code_is_good_for_ten_minutes(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    house.clock.time += GOOD_FOR
    assert lane(caller(house, started.code)) is Lane.UNKNOWN_BROWSER
    assert again(desk, started).progress is Progress.OVERDUE


def test_a_code_is_good_for_its_person_alone(house: SmallHouse, desk: Desk) -> None:
    house.add("max")
    started = call(desk)
    assert lane(caller(house, started.code, "max")) is Lane.UNKNOWN_BROWSER
    assert lane(caller(house, started.code)) is Lane.HELP_DESK


def test_a_new_code_ends_the_one_before(house: SmallHouse, desk: Desk) -> None:
    old, new = call(desk), call(desk)
    assert lane(caller(house, old.code)) is Lane.UNKNOWN_BROWSER
    assert lane(caller(house, new.code)) is Lane.HELP_DESK


def test_whoever_guesses_codes_ends_the_call(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    wrong = str((int(started.code) + 1) % 10**8).zfill(8)
    for _ in range(MOST_TRIES):
        assert lane(caller(house, wrong)) is Lane.UNKNOWN_BROWSER
    assert lane(caller(house, started.code)) is Lane.UNKNOWN_BROWSER
    assert happened(house, "call.missed") == ["call.missed"] * MOST_TRIES


def test_the_right_code_does_not_overtake_wrong_ones_that_are_being_counted(
    postgres: Postgres, migrated_postgres: str
) -> None:
    with closing(Database(postgres.database(like=migrated_postgres))) as database:
        house = small_house(database)
        started = call(desk_of(house))
        with database.read() as tx:
            expected = house.records.callers.load(tx, started.id)
        assert expected is not None

        def many_wrong_ones(tx: Transaction) -> None:
            for _ in range(MOST_TRIES):
                house.records.callers.miss(tx, expected)

        assert (
            lane(behind(database, many_wrong_ones, lambda: caller(house, started.code)).result()) is not Lane.HELP_DESK
        )


def test_right_wrong_and_nobodys_look_alike_before_the_first_proof(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    visits = [caller(house, started.code), caller(house, "00000000"), caller(house, started.code, "nobody-at-all")]
    shown = []
    for visit in visits:
        visit.pick("email")
        recovery = visit.recovery
        choices = [choice.value for choice in house.service.choosing.choices(recovery)]
        shown.append((recovery.stage, recovery.turn, recovery.sent, choices, recovery.deadline))
        assert len(house.service.tickets.word(recovery).split("-")) == 2
    assert shown[0] == shown[1] == shown[2]


def test_nobody_knows_the_word_by_typing_the_same(house: SmallHouse, desk: Desk) -> None:
    """Whoever pretends to be the help desk types name and code before they call, and reads another word."""
    words = {house.service.tickets.word(caller(house, "12345678").recovery) for _ in range(12)}
    assert len(words) > 1
    assert house.service.tickets.word(house.start().recovery) == ""


def test_words_are_drawn_evenly_from_places_that_sound_unlike(house: SmallHouse) -> None:
    assert len(PLACES) == len(set(PLACES)) == 64
    drawn = Counter(
        place for n in range(3200) for place in call_word(house.records.keyring, f"recovery-{n}").split("-")
    )
    assert len(drawn) == 64
    assert max(drawn.values()) < 170


def test_a_call_is_its_agents_alone(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    for other in (OTHER_AGENT, ADA):
        with pytest.raises(NotAllowed):
            desk.calling.look(other, started.id)
        assert desk.calling.mine(other) == []
    assert [mine.id for mine in desk.calling.mine(AGENT)] == [started.id]
    house.clock.forward(hours=2)
    assert desk.calling.mine(AGENT) == []
    with pytest.raises(NotAllowed):
        again(desk, started)


def test_an_agent_learns_nothing_that_proves_anything(house: SmallHouse, desk: Desk) -> None:
    started = call(desk)
    visit = caller(house, started.code)
    visit.pick("email")
    house.work()
    assert visit.code() not in repr([getattr(again(desk, started), field.name) for field in fields(Call)])
    assert {field.name for field in fields(Call)} == {"id", "name", "code", "good_until", "progress", "word"}


@pytest.mark.parametrize("check", ["", "none", "CALL-BACK"])
def test_nothing_is_started_before_the_agent_made_sure(house: SmallHouse, desk: Desk, check: str) -> None:
    handle = desk.reach.find(AGENT, "jo").handle
    with pytest.raises(NotAllowed) as refused:
        desk.calling.start(AGENT, handle, check)
    assert "check" in refused.value.at
    assert happened(house, "call.started") == []


def test_a_code_that_would_lead_nowhere_is_not_drawn(house: SmallHouse, desk: Desk) -> None:
    house.store.change("id-of-jo", contacts=NO_CONTACTS)
    with pytest.raises(NotAllowed, match="nowhere"):
        call(desk)


def test_too_many_calls_are_loud_and_over(house: SmallHouse, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DESK_STARTS", limits.Quota("desk-starts", most=2, window=limits.HOUR))
    call(desk)
    call(desk)
    for _ in range(2):
        with pytest.raises(MustWait):
            call(desk)
    assert happened(house, "limit.reached") == ["limit.reached desk-starts"]


def test_one_person_is_not_called_for_again_and_again(house: SmallHouse, desk: Desk) -> None:
    for _ in range(limits.CALLER_STARTS.most):
        call(desk)
    for actor in (AGENT, OTHER_AGENT):
        with pytest.raises(MustWait):
            call(desk, actor=actor)


def serve_the_privileged(house: SmallHouse) -> None:
    with house.records.db.write() as tx:
        rules = [Policy("all", scope=Scope(privileged=True))]
        house.records.settings.save_policies(tx, rules, who="the tests", why="tests")
        version = house.records.settings.version(tx)
    house.snapshots.at_least(version)


def test_for_whoever_rules_others_a_second_administrator_decides(house: SmallHouse, desk: Desk) -> None:
    house.add("boss", privileged=True)
    serve_the_privileged(house)
    handle = desk.reach.find(ADA, "boss").handle
    assert desk.calling.start(ADA, handle, "manager", "lost the phone") == ""
    assert desk.calling.mine(ADA) == []
    (waiting,) = desk.approvals.waiting()
    desk.approvals.approve(BO, waiting.id)
    (mine,) = desk.calling.mine(ADA)
    assert desk.calling.mine(BO) == []
    assert lane(caller(house, mine.code, "boss")) is Lane.HELP_DESK


def test_a_recovery_that_is_put_beside_a_call_gets_no_word(house: SmallHouse, desk: Desk) -> None:
    house.add("max")
    started = call(desk)
    other = caller(house, "12345678", "max")
    with house.records.db.write() as tx:
        tx.execute(update(table).values(recovery_id=other.ticket.recovery_id))
    assert (again(desk, started).progress, again(desk, started).word) == (Progress.ENDED, "")


def test_of_many_who_type_it_at_the_same_moment_one_is_the_caller(on_either: SmallHouse) -> None:
    desk = desk_of(on_either)
    started, barrier = call(desk), Barrier(6)
    with on_either.records.db.read() as tx:
        found = on_either.records.callers.load(tx, started.id)
    assert found is not None

    def join(number: int) -> bool:
        barrier.wait(30)
        with on_either.records.db.write() as tx:
            return on_either.records.callers.join(tx, found, f"recovery-{number}", on_either.clock()) is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(join, range(6))) == 1
