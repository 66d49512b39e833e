"""Whoever follows the log gets every event in its order, and not one less for having been away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from servers.siem import Siem as RealSiem
from servers.small_house import SmallHouse
from servers.story import wait_until
from sqlalchemy import insert

from keyback.core import figures
from keyback.core.contracts.errors import DeliveryFailed
from keyback.core.contracts.events import LimitReached, RecoveryStarted
from keyback.core.contracts.notifier import Happening, LogEntry, Notifier
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.text import Text
from keyback.core.db import followers
from keyback.core.db.tables import event
from keyback.core.service.calls import Calls
from keyback.core.service.reporting import follow
from keyback.core.service.reporting.follow import LEASE, LONGEST_REST, Following
from keyback.core.testing.fakes import NOON
from keyback.plugins.notifiers.syslog import Syslog, SyslogSettings

MILLION = 1_000_000


class Siem(Notifier):
    """Keeps what it is given; `away` says what becomes of a batch before it is kept."""

    key = "siem"
    label = Text("Siem")
    wants = frozenset()

    def __init__(self) -> None:
        super().__init__(self.Settings())
        self.kept: list[LogEntry] = []
        self.batches = 0
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def notify(self, happening: Happening, ctx: Context) -> Sequence[Any]:
        return ()

    def keep(self, entries: Sequence[LogEntry], ctx: Context) -> None:
        self.before()
        self.batches += 1
        self.kept += entries
        self.after()

    @property
    def numbers(self) -> list[int]:
        return [entry.seq for entry in self.kept]


@pytest.fixture
def siem() -> Siem:
    return Siem()


@pytest.fixture
def following(house: SmallHouse, siem: Siem) -> Following:
    """One that has followed from the first event on."""
    made = process(house, siem)
    look(house, made)
    return made


def process(house: SmallHouse, siem: Notifier) -> Following:
    snapshots = SimpleNamespace(current=SimpleNamespace(plugins=SimpleNamespace(notifiers={siem.key: siem})))
    return Following(house.records, cast(Any, snapshots), Calls(house.around.meter), house.around)


def happen(house: SmallHouse, count: int = 1) -> None:
    """So many events, in the chain."""
    for _ in range(count):
        with house.records.db.write() as tx:
            house.records.audit.append(tx, [RecoveryStarted("reset", "alderwick")], at=house.clock(), recovery_id="r-1")
        house.clock.forward(milliseconds=1)
    while house.records.audit.chain(house.records.db, house.clock()):
        pass


def look(house: SmallHouse, following: Following) -> None:
    following.look(house.clock())
    wait_until(lambda: not following._in_hand, "the follower to have all")


def place(house: SmallHouse) -> int | None:
    with house.records.db.read() as tx:
        return followers.place(tx, "siem")


def test_every_event_comes_once_in_its_order(house: SmallHouse, following: Following, siem: Siem) -> None:
    happen(house, 3)
    look(house, following)
    happen(house, 2)
    look(house, following)
    assert siem.numbers == [1, 2, 3, 4, 5]
    assert {entry.name for entry in siem.kept} == {"recovery.started"}
    assert siem.kept[0].data == {"entry": "alderwick", "purpose": "reset"}
    assert len({entry.hash for entry in siem.kept}) == 5


def test_what_deserves_an_eye_is_said_so(house: SmallHouse, following: Following, siem: Siem) -> None:
    with house.records.db.write() as tx:
        house.records.audit.append(tx, [LimitReached("sms-day")], at=house.clock())
    happen(house)
    look(house, following)
    assert {entry.name: entry.loud for entry in siem.kept} == {
        LimitReached.name: LimitReached.loud,
        RecoveryStarted.name: RecoveryStarted.loud,
    }


def test_what_was_before_is_not_sent(house: SmallHouse, siem: Siem) -> None:
    happen(house, 3)
    made = process(house, siem)
    look(house, made)
    happen(house)
    look(house, made)
    assert siem.numbers == [4]


def test_a_long_absence_is_made_up_for_in_batches(
    house: SmallHouse, following: Following, siem: Siem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BATCH", 4)
    happen(house, 9)
    look(house, following)
    assert siem.numbers == list(range(1, 10))
    assert siem.batches == 3


def test_an_operator_sees_how_many_it_lacks(house: SmallHouse, following: Following) -> None:
    happen(house, 3)
    lacking = [value for figure, _, value in house.staff.watch.house() if figure is figures.BEHIND]
    look(house, following)
    assert lacking == [3.0]
    assert [value for figure, _, value in house.staff.watch.house() if figure is figures.BEHIND] == [0.0]


def test_one_that_is_away_is_asked_less_and_less_often_and_loses_nothing(
    house: SmallHouse, following: Following, siem: Siem
) -> None:
    asked: list[float] = []
    began = house.clock()

    def away() -> None:
        asked.append((house.clock() - began).total_seconds())
        raise DeliveryFailed("unreachable", retry=True)

    siem.before = away
    happen(house, 2)
    for _ in range(200):
        look(house, following)
        house.clock.forward(seconds=1)
    rests = [after - before for before, after in pairwise(asked)]
    assert rests == sorted(rests)
    assert rests[-1] >= LONGEST_REST.total_seconds()
    siem.before = lambda: None
    house.clock.forward(seconds=LONGEST_REST.total_seconds())
    look(house, following)
    assert siem.numbers == [1, 2]


def test_a_slow_one_gets_on_with_fewer_at_a_time(house: SmallHouse, following: Following, siem: Siem) -> None:
    def slow(entries: Sequence[LogEntry], ctx: Context) -> None:
        if len(entries) > 2:
            raise DeliveryFailed("timeout", retry=True)
        siem.kept += entries

    siem.keep = slow  # type: ignore[method-assign]
    happen(house, 9)
    for _ in range(12):
        look(house, following)
        house.clock.forward(seconds=LONGEST_REST.total_seconds())
    assert siem.numbers == list(range(1, 10))


def test_what_was_sent_and_not_noted_comes_again_with_its_number(
    house: SmallHouse, following: Following, siem: Siem
) -> None:
    def break_off() -> None:
        raise DeliveryFailed("timeout", retry=True)

    siem.after = break_off
    happen(house, 2)
    look(house, following)
    assert place(house) == 0
    siem.after = lambda: None
    house.clock.forward(seconds=LONGEST_REST.total_seconds())
    look(house, following)
    assert siem.numbers == [1, 2, 1, 2]
    assert place(house) == 2


def test_two_processes_do_not_send_the_same(house: SmallHouse, following: Following, siem: Siem) -> None:
    another, sending, goes_on = process(house, siem), threading.Event(), threading.Event()

    def stand() -> None:
        sending.set()
        assert goes_on.wait(10)

    siem.before = stand
    happen(house, 2)
    following.look(house.clock())
    assert sending.wait(10)
    look(house, another)
    assert siem.batches == 0
    goes_on.set()
    wait_until(lambda: not following._in_hand, "the first to be done")
    look(house, another)
    assert siem.numbers == [1, 2]


def test_one_that_stood_still_takes_nobody_back(house: SmallHouse, following: Following, siem: Siem) -> None:
    another, goes_on, stood = process(house, siem), threading.Event(), threading.Event()

    def stand_once() -> None:
        if not stood.is_set():
            stood.set()
            assert goes_on.wait(10)

    siem.before = stand_once
    happen(house, 2)
    following.look(house.clock())
    assert stood.wait(10)
    house.clock.forward(seconds=LEASE.total_seconds() + 1)
    happen(house, 1)
    look(house, another)
    assert place(house) == 3
    goes_on.set()
    wait_until(lambda: not following._in_hand, "the first to be done")
    assert place(house) == 3


def test_one_that_breaks_stops_nothing_else(house: SmallHouse, following: Following, siem: Siem) -> None:
    siem.before = lambda: 1 / 0  # type: ignore[assignment, return-value]
    happen(house)
    look(house, following)
    assert place(house) == 0
    siem.before = lambda: None
    house.clock.forward(seconds=LONGEST_REST.total_seconds())
    look(house, following)
    assert siem.numbers == [1]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_million_events_arrive_in_their_order_at_a_collector_that_breaks_and_comes_back(
    house: SmallHouse, tmp_path: Path
) -> None:
    """R13. They are written without their digests: what is tried is the way to the collector."""
    with RealSiem(tmp_path / "siem") as siem:
        plugin = Syslog(SyslogSettings(host="localhost", port=siem.port, ca_file=str(siem.ca_file)))
        following = process(house, plugin)
        look(house, following)
        with house.records.db.write() as tx:
            for at in range(1, MILLION, 10_000):
                tx.execute(insert(event), [_written(seq) for seq in range(at, at + 10_000)])
        while not siem.records or siem.records[-1].seq < MILLION:
            # In the middle of the next batch; the one after it comes a minute later.
            siem.breaks_after = 300
            following.look(house.clock())
            wait_until(lambda: not following._in_hand, "the collector to have all, or to break", 1700)
            house.clock.forward(seconds=LONGEST_REST.total_seconds())
    assert siem.faults == []
    assert siem.numbers() == list(range(1, MILLION + 1))


def _written(seq: int) -> dict[str, Any]:
    return {
        "id": f"{seq:040}", "at": NOON, "name": "recovery.started", "recovery_id": "r", "pseudonym": "",
        "data": "{}", "key_name": "", "details_digest": b"", "digest": b"", "seq": seq, "hash": b"h",
    }  # fmt: skip
