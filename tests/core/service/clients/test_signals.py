"""Who is to hear of a new password hears of it: once, in order, and however long they were away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.signals import ADDRESS, ADMINISTRATOR, TO_FETCH, TO_PUSH, Listener, Telling
from servers.small_house import Cloud, small_house
from sqlalchemy import update

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.people import AccountState
from keyback.core.contracts.signals import Kind, Naming, Receiver, Status
from keyback.core.db.session import Database
from keyback.core.db.signal_tables import receiver
from keyback.core.service.clients.signal_post import Became, Brought
from keyback.core.service.clients.signal_streams import Fetching, HasOne, NoSuchStream, NotThere, TooSoon

BOTH = ["credential-change", "session-revoked"]
AWAY = Brought(Became.NOT_YET, "unreachable")
NO = Brought(Became.REFUSED, "invalid_key")


@pytest.fixture
def telling(tmp_path: Path, migrated: Path) -> Iterator[Telling]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield Telling(small_house(database, signals=True, cloud=Cloud()))
    database.close()


def happened(telling: Telling) -> list[str]:
    from keyback.core.db.tables import event

    with telling.house.records.db.read() as tx:
        return [row.name for row in tx.execute(event.select().order_by(event.c.id))]


def test_a_reset_is_told_as_a_changed_password_and_then_as_ended_sessions(telling: Telling) -> None:
    telling.add()
    telling.reset()
    telling.tick()
    assert telling.listener.kinds == BOTH
    first, second = telling.listener.heard
    assert (first.signal.naming, first.signal.subject) == (Naming.MAIL, "jo.frost@mail.example")
    assert first.signal.together == second.signal.together != ""
    assert first.id != second.id
    assert telling.one().delivered_at == telling.house.clock()
    telling.tick()
    assert telling.listener.kinds == BOTH


def test_nothing_is_kept_where_nobody_may_hear(tmp_path: Path, migrated: Path) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    off = Telling(small_house(database))
    off.add()
    off.reset()
    assert off.waiting() == []
    database.close()


def test_an_unlock_says_nothing_because_the_password_is_the_same(telling: Telling) -> None:
    from keyback.core.recovery.policy import Purpose

    telling.add()
    telling.house.store.change("id-of-jo", state=AccountState(locked=True))
    visit = telling.house.start(purpose=Purpose.UNLOCK)
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.unlock()
    assert telling.waiting() == []


def test_a_receiver_hears_of_its_own_directory_alone_and_by_the_name_it_knows(telling: Telling) -> None:
    telling.add("cloud", store="cloud")
    telling.add("ids", store="fake", naming=Naming.ID)
    telling.add("upns", naming=Naming.UPN)
    telling.house.link()
    telling.reset()
    assert {queued.signal.subject for queued in telling.waiting("cloud")} == {"jo@cloud.example"}
    assert {queued.signal.subject for queued in telling.waiting("ids")} == {"id-of-jo"}
    # Nobody has a UPN here: each is called by the id of the directory, and the receiver can see that it is one.
    called = {(queued.signal.naming, queued.signal.subject) for queued in telling.waiting("upns")}
    assert called == {(Naming.ID, "id-of-jo"), (Naming.ID, "cloud-id-of-jo")}


def test_a_receiver_that_was_away_for_an_hour_gets_everything_once_and_in_order(telling: Telling) -> None:
    telling.add()
    telling.listener.usual = AWAY
    for number in range(4):
        telling.house.add(f"person{number}")
        telling.reset(f"person{number}")
        for _ in range(10):
            telling.house.clock.forward(seconds=90)
            telling.tick()
    kept = [queued.id for queued in telling.waiting()]
    assert len(kept) == 8
    # Only the first was ever tried: the others would have arrived before it.
    assert set(telling.listener.ids) == {kept[0]}
    assert telling.one().trouble == "unreachable"
    telling.listener.heard.clear()
    telling.listener.usual = Brought(Became.TAKEN)
    telling.house.clock.forward(seconds=90)
    telling.tick()
    assert telling.listener.ids == kept
    assert (telling.one().trouble, telling.one().failures, telling.waiting()) == ("", 0, [])


def test_it_is_left_alone_for_longer_each_time_but_never_for_more_than_a_minute(telling: Telling) -> None:
    telling.add()
    telling.listener.usual = AWAY
    telling.reset()
    pauses, last = [], telling.house.clock()
    while len(pauses) < 9:
        before = len(telling.listener.heard)
        telling.tick()
        if len(telling.listener.heard) > before:
            pauses.append((telling.house.clock() - last).total_seconds())
            last = telling.house.clock()
        telling.house.clock.forward(seconds=1)
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_a_process_that_dies_before_it_noted_what_arrived_brings_that_again_by_the_same_name(telling: Telling) -> None:
    telling.add()
    telling.reset()

    class Killed(BaseException):
        pass

    def dying(*_: object) -> Brought:
        telling.listener(*_)  # type: ignore[arg-type]
        raise Killed

    telling.posted_by(dying).look(telling.house.clock())
    with pytest.raises(Killed):
        telling.house.work()
    # Its job is in the table still, and its lease ends.
    telling.house.staff.office.teach("signals", telling.post.work)
    telling.house.clock.forward(minutes=2)
    telling.house.work()
    ids = telling.listener.ids
    assert ids[0] == ids[1]
    assert telling.listener.kinds[1:] == BOTH


def test_two_back_offices_bring_each_signal_once(telling: Telling) -> None:
    telling.add()
    telling.reset()
    other = Listener()
    telling.posted_by(other).look(telling.house.clock())
    telling.post.look(telling.house.clock())
    telling.house.work()
    assert len(telling.listener.heard + other.heard) == 2


def test_what_is_refused_is_kept_for_the_administrator_and_the_rest_goes_on(telling: Telling) -> None:
    telling.add()
    telling.listener.script = [NO]
    telling.reset()
    telling.tick()
    assert telling.listener.kinds == BOTH
    (refused,) = telling.desk.refused("siem")
    assert (refused.kind, refused.error, refused.at) == ("credential-change", "invalid_key", telling.house.clock())
    assert "signal.refused" in happened(telling)
    assert telling.waiting() == []


def test_a_paused_stream_keeps_what_happens_and_a_disabled_one_does_not(telling: Telling) -> None:
    token = telling.add()
    who = telling.who(token)
    assert who.stream
    name = who.stream.id
    telling.streams.set_status(who, name, Status.PAUSED, "maintenance")
    telling.reset()
    telling.tick()
    assert telling.listener.heard == []
    assert len(telling.waiting()) == 2
    telling.streams.set_status(telling.who(token), name, Status.ENABLED, "")
    telling.tick()
    assert telling.listener.kinds == BOTH
    telling.streams.set_status(telling.who(token), name, Status.DISABLED, "")
    telling.house.add("mia")
    telling.reset("mia")
    assert telling.waiting() == []


def test_whoever_fetches_gets_it_until_they_say_that_they_have_it(telling: Telling) -> None:
    token = telling.add(wish=TO_FETCH)
    telling.reset()
    telling.tick()
    assert telling.listener.heard == []
    who = telling.who(token)
    (first,), more = telling.streams.fetch(who, Fetching(1))
    assert more
    (again, second), more = telling.streams.fetch(who, Fetching(100))
    assert (again.id, more) == (first.id, False)
    left, _ = telling.streams.fetch(who, Fetching(100, [first.id], {second.id: "invalid_request"}))
    assert list(left) == []
    assert [one.error for one in telling.desk.refused("siem")] == ["invalid_request"]
    assert telling.one().delivered_at == telling.house.clock()


def test_nobody_settles_what_is_anothers(telling: Telling) -> None:
    mine, other = telling.add(wish=TO_FETCH), telling.add("other", wish=TO_FETCH)
    telling.reset()
    (queued, *_), _ = telling.streams.fetch(telling.who(mine), Fetching(10))
    telling.streams.fetch(telling.who(other), Fetching(10, [queued.id], {queued.id: "other"}))
    assert queued.id in [one.id for one in telling.waiting()]
    assert list(telling.desk.refused("siem")) == []


def test_a_test_arrives_like_any_other_and_not_more_often_than_once_a_minute(telling: Telling) -> None:
    token = telling.add()
    who = telling.who(token)
    assert who.stream
    telling.streams.test(who, who.stream.id, "seen by nobody else")
    with pytest.raises(TooSoon):
        telling.streams.test(who, who.stream.id, "again")
    telling.tick()
    (queued,) = telling.listener.heard
    assert (queued.signal.kind, queued.signal.state) == (Kind.VERIFICATION, "seen by nobody else")
    telling.house.clock.forward(seconds=61)
    assert telling.desk.test(telling.one())


def test_a_receiver_has_one_stream_and_only_to_a_listed_host(telling: Telling) -> None:
    token = telling.add(wish=None)
    with pytest.raises(NotThere):
        telling.streams.make(
            telling.who(token), type(TO_PUSH)(TO_PUSH.delivery, TO_PUSH.wanted, "https://evil.example/")
        )
    made = telling.streams.make(telling.who(token), TO_PUSH)
    with pytest.raises(HasOne):
        telling.streams.make(made, TO_FETCH)
    with pytest.raises(NoSuchStream):
        telling.streams.change(made, "another", TO_FETCH)
    assert made.stream
    telling.streams.remove(made, made.stream.id)
    telling.reset()
    assert telling.waiting() == []


def test_a_new_token_ends_the_one_before_and_neither_is_kept(telling: Telling) -> None:
    token = telling.add()
    newer = telling.desk.renew_token(ADMINISTRATOR, telling.one())
    assert telling.streams.whoever(token) is None
    assert telling.who(newer).key == "siem"
    with telling.house.records.db.read() as tx:
        row = tx.execute(receiver.select()).one()
    assert newer not in str(row)
    assert ADDRESS not in str(row)


def test_what_an_administrator_types_wrong_is_refused_at_its_field(telling: Telling) -> None:
    telling.add()
    for wrong, endpoint, field in (
        (Receiver("siem", "Again", "aud"), "", "key"),
        (Receiver("Not A Key", "Name", "aud"), "", "key"),
        (Receiver("okta", "Okta", "aud"), "https://evil.example/", "endpoint"),
    ):
        with pytest.raises(NotAllowed) as refused:
            telling.desk.add(ADMINISTRATOR, wrong, endpoint, "why")
        assert set(refused.value.at) == {field}


def test_one_that_cannot_make_a_stream_has_it_from_the_administrator(telling: Telling) -> None:
    telling.desk.add(ADMINISTRATOR, Receiver("okta", "Okta", "https://okta.example"), ADDRESS, "ticket 4711")
    telling.reset()
    telling.tick()
    assert telling.listener.kinds == BOTH


def test_who_is_removed_hears_nothing_and_leaves_nothing(telling: Telling) -> None:
    telling.add()
    telling.reset()
    telling.desk.remove(ADMINISTRATOR, "siem", "contract ended")
    telling.tick()
    assert (telling.listener.heard, telling.waiting(), telling.desk.one("siem")) == ([], [], None)
    assert {"receiver.saved", "stream.changed", "receiver.removed"} <= set(happened(telling))


def test_a_row_that_somebody_changed_hears_nothing_and_stops_no_reset(telling: Telling) -> None:
    telling.add()
    telling.add("other")
    with telling.house.records.db.write() as tx:
        tx.execute(update(receiver).where(receiver.c.key == "siem").values(token="0" * 64))
    telling.reset()
    assert telling.waiting() == []
    assert len(telling.waiting("other")) == 2


def test_what_waited_for_a_month_is_forgotten(telling: Telling) -> None:
    telling.add(wish=TO_FETCH)
    telling.reset()
    telling.house.clock.forward(days=29)
    telling.tick()
    assert len(telling.waiting()) == 2
    telling.house.clock.forward(days=2)
    telling.tick()
    assert telling.waiting() == []
