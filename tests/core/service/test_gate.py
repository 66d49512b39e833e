"""Who may start, and what it costs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Thread, current_thread
from typing import Any

import pytest
from servers.small_house import OpenDoor, SmallHouse, WeakDoor
from sqlalchemy import Dialect, Engine, event

from keyback.core.contracts.errors import MustWait, NotAllowed, StoreUnavailable
from keyback.core.contracts.human_check import Humanity
from keyback.core.db.counters import Mark
from keyback.core.db.prepared import Prepared, Row
from keyback.core.recovery import limits
from keyback.core.service.gate import Busy, NotHuman, system_mark
from keyback.core.service.start import Arrival


def effort(house: SmallHouse, address: str = "192.0.2.1") -> int:
    """How hard the check of the next start page is."""
    return int(house.service.starting.widget(address).data["effort"])


def count(house: SmallHouse, mark: Mark, times: int) -> None:
    """So many of these have happened within the hour."""
    with house.records.db.write() as tx:
        for _ in range(times):
            house.records.counters.bump(tx, [mark], house.clock())


def test_a_source_that_starts_often_works_harder(house: SmallHouse) -> None:
    quiet = effort(house)
    for _ in range(31):
        house.start()
    assert effort(house) > quiet
    assert effort(house, "192.0.2.2") == quiet


@pytest.mark.parametrize("starts", [0, 31])
def test_whoever_failed_gets_a_check_as_hard_as_a_new_page_would(house: SmallHouse, starts: int) -> None:
    for _ in range(starts):
        house.start()
    with pytest.raises(NotHuman) as refused:
        house.service.starting.start("jo", {"human": "no"}, Arrival("192.0.2.1"))
    again = house.service.starting.widget("192.0.2.1", refused=refused.value)
    assert int(again.data["effort"]) == refused.value.effort == effort(house)


def test_addresses_of_one_ipv6_network_are_one_source(house: SmallHouse) -> None:
    quiet = effort(house, "2001:db8::1")
    for number in range(31):
        house.start(address=f"2001:db8::{number:x}")
    assert effort(house, "2001:db8::ffff") > quiet
    assert effort(house, "2001:db8:0:1::1") == quiet


def test_everybody_works_harder_while_many_people_are_guessed_at(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = limits.Quota(limits.SYSTEM_MISSES.name, 10, limits.SYSTEM_MISSES.window)
    monkeypatch.setattr(limits, "SYSTEM_MISSES", quota)
    quiet = effort(house)
    count(house, system_mark(quota), 11)
    house.look_at_norms()
    assert effort(house) == quiet * limits.UNDER_ATTACK


def test_refused_starts_are_counted_too(house: SmallHouse) -> None:
    for _ in range(300):
        house.start()
    for _ in range(2):
        with pytest.raises(MustWait) as refused:
            house.start()
        assert refused.value.until > house.clock()


def test_a_lock_that_comes_after_the_check_was_judged_holds_though_nothing_was_counted(house: SmallHouse) -> None:
    gate, now = house.service.starting.gate, house.clock()
    passed = gate.judge({"human": "yes"}, "192.0.2.1")
    source = Mark(limits.SOURCE_STARTS.name, "192.0.2.1/32", limits.SOURCE_STARTS.window)
    with house.records.db.write() as tx:
        house.records.counters.lock(tx, source, now + timedelta(minutes=10), now)
        refusal = gate.admit(tx, passed, "192.0.2.1")
    assert isinstance(refusal, MustWait)
    assert refusal.until == now + timedelta(minutes=10)


def test_after_the_hour_a_source_may_start_again(house: SmallHouse) -> None:
    for _ in range(300):
        house.start()
    house.clock.forward(hours=1, seconds=1)
    assert house.start().recovery.is_open


def test_without_a_human_check_nobody_may_start(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    without = replace(house.snapshots.current.plugins, human_checks={})
    monkeypatch.setattr(house.snapshots, "_current", replace(house.snapshots.current, plugins=without))
    with pytest.raises(StoreUnavailable):
        house.start()


def test_a_failed_check_leaves_nothing_behind(house: SmallHouse) -> None:
    with pytest.raises(NotAllowed):
        house.service.starting.start("jo", {"human": "no"}, Arrival("192.0.2.1"))
    with house.records.db.read() as tx:
        assert house.records.recoveries.overdue(tx, house.clock().replace(year=2040)) == []


@pytest.mark.parametrize("name", ["", " ", "\x00", "a" * 300, "a\ud800b", "\u202e"])
def test_what_can_be_nobodys_name_is_refused_before_anything_is_counted(house: SmallHouse, name: str) -> None:
    with pytest.raises(NotAllowed):
        house.start(name)


# The weaker check, for browsers without scripts --------------------------------------------------------------------


def by_picture(house: SmallHouse, *, address: str = "192.0.2.1", name: str = "jo", **response: str) -> None:
    """Start by the check that programs pass too."""
    house.service.starting.start(name, {"weak": "yes", **response}, Arrival(address))


def test_by_the_weaker_check_a_source_starts_less_often(house: SmallHouse) -> None:
    for _ in range(limits.WEAK_SOURCE_TRIES.most):
        by_picture(house)
    with pytest.raises(MustWait):
        by_picture(house)
    # The stronger one is open to it, and the weaker one to others; after an hour to it as well.
    assert house.start().recovery.is_open
    by_picture(house, address="192.0.2.2")
    house.clock.forward(hours=1, seconds=1)
    by_picture(house)


def test_the_smaller_budget_is_the_same_for_every_name(house: SmallHouse) -> None:
    for number in range(limits.WEAK_SOURCE_TRIES.most):
        by_picture(house, name=("jo", "nobody.at.all")[number % 2])
    for name in ("jo", "nobody.at.all"):
        with pytest.raises(MustWait):
            by_picture(house, name=name)


def test_wrong_answers_to_the_weaker_check_count_like_starts(house: SmallHouse) -> None:
    for number in range(limits.WEAK_SOURCE_TRIES.most):
        with pytest.raises(NotHuman):
            by_picture(house, weak="no", once=f"picture {number}")
    with pytest.raises(MustWait):
        by_picture(house)


def test_a_task_that_was_answered_wrongly_is_used_up(house: SmallHouse) -> None:
    with pytest.raises(NotHuman):
        by_picture(house, weak="no", once="this picture")
    with pytest.raises(NotHuman):
        by_picture(house, once="this picture")


def test_everybodys_starts_by_the_weaker_check_are_limited(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WEAK_SYSTEM_STARTS", replace(limits.WEAK_SYSTEM_STARTS, most=3))
    for number in range(3):
        by_picture(house, address=f"192.0.2.{number}")
    with pytest.raises(Busy):
        by_picture(house, address="192.0.2.9")
    assert house.start().recovery.is_open


def test_refused_sources_nonsense_and_copies_do_not_empty_what_is_everybodys(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WEAK_SYSTEM_STARTS", replace(limits.WEAK_SYSTEM_STARTS, most=3))
    count(house, Mark(limits.WEAK_SOURCE_TRIES.name, "192.0.2.1/32", limits.HOUR), limits.WEAK_SOURCE_TRIES.most - 1)
    by_picture(house)
    for number in range(10):
        with pytest.raises(MustWait):
            by_picture(house, once=f"right {number}")
    for number in range(10):
        with pytest.raises(NotHuman):
            by_picture(house, address="192.0.2.2", weak="no", once=f"wrong {number}")
    by_picture(house, address="192.0.2.3", once="solved")
    for number in range(4, 14):
        with pytest.raises(NotHuman):
            by_picture(house, address=f"192.0.2.{number}", once="solved")
    by_picture(house, address="192.0.2.3")


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What every database is asked, by the first word of each statement."""
    asked: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement.partition(" ")[0])

    def hear_of_the_end(_c: object) -> None:
        asked.append("COMMIT")

    def hear_past_them(statement: Prepared, cursor: Any, dialect: Dialect, values: Mapping[str, Any]) -> list[Row]:
        hear(None, None, statement._in(dialect).text)
        return past_all_events(statement, cursor, dialect, values)

    past_all_events = Prepared.ask
    event.listen(Engine, "before_cursor_execute", hear)
    event.listen(Engine, "commit", hear_of_the_end)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "ask", hear_past_them)
            yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
        event.remove(Engine, "commit", hear_of_the_end)


@pytest.mark.parametrize(
    ("response", "asked"),
    [
        ({"human": "no"}, ["SELECT"]),
        ({"weak": "no"}, ["SELECT"]),
        ({"weak": "no", "once": "task"}, ["SELECT", "INSERT"]),
    ],
)
def test_a_check_that_fails_costs_one_look_and_a_wrong_answer_one_statement_more(
    on_either: SmallHouse, response: dict[str, str], asked: list[str]
) -> None:
    with overheard() as heard:
        with pytest.raises(NotHuman) as refused:
            on_either.service.starting.start("jo", response, Arrival("192.0.2.1"))
        on_either.service.starting.widget("192.0.2.1", alternative=True, refused=refused.value)
    assert heard == asked


@pytest.mark.parametrize("remote", [None, False])
def test_a_check_gets_a_thread_and_a_deadline_unless_it_says_that_it_asks_nobody(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, remote: bool | None
) -> None:
    judges: list[Thread] = []

    def judge(self: OpenDoor, *asked: object, **how: object) -> Humanity:
        judges.append(current_thread())
        return Humanity(False)

    monkeypatch.setattr(OpenDoor, "judge", judge)
    if remote is not None:
        monkeypatch.setattr(OpenDoor, "remote", remote)
    with pytest.raises(NotHuman):
        house.service.starting.start("jo", {"human": "yes"}, Arrival("192.0.2.1"))
    assert [judge is current_thread() for judge in judges] == [remote is False]


@pytest.mark.parametrize("weak", ["yes", "no"])
@pytest.mark.parametrize("human", ["yes", "no"])
def test_two_checks_at_once_are_none(house: SmallHouse, human: str, weak: str) -> None:
    with pytest.raises(NotHuman):
        by_picture(house, human=human, weak=weak)


def test_without_any_answer_the_chosen_check_says_what_is_missing(house: SmallHouse) -> None:
    with pytest.raises(NotHuman):
        house.service.starting.start("jo", {}, Arrival("192.0.2.1"))


def test_while_the_chosen_check_is_broken_the_other_stands_in(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = house.snapshots.current
    left = replace(current.plugins, human_checks={"weak_door": current.plugins.human_checks["weak_door"]})
    monkeypatch.setattr(house.snapshots, "_current", replace(current, plugins=left))
    assert not house.service.starting.has_alternative
    by_picture(house)


def draw(house: SmallHouse, name: str, address: str = "192.0.2.1") -> bytes | None:
    """Fetch a picture of the weaker check."""
    part = house.service.starting.part(name, address)
    return part.content if part else None


def test_what_a_source_has_drawn_is_limited(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SOURCE_DRAWINGS", replace(limits.SOURCE_DRAWINGS, most=3))
    for number in range(3):
        assert draw(house, f"drawing {number}") == f"drawing {number}".encode()
    before = len(WeakDoor.drawn)
    with pytest.raises(MustWait):
        draw(house, "drawing 3")
    # Nothing was drawn for it; others still get theirs, and after an hour it does again.
    assert len(WeakDoor.drawn) == before
    assert draw(house, "drawing 4", "192.0.2.2")
    house.clock.forward(hours=1, seconds=1)
    assert draw(house, "drawing 5")


def test_what_everybody_has_drawn_is_limited_and_no_source_empties_it_alone(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOURCE_DRAWINGS", replace(limits.SOURCE_DRAWINGS, most=2))
    monkeypatch.setattr(limits, "SYSTEM_DRAWINGS", replace(limits.SYSTEM_DRAWINGS, most=3))
    for number in range(2):
        draw(house, f"drawing {number}")
    for number in range(2, 9):
        with pytest.raises(MustWait) as refused:
            draw(house, f"drawing {number}")
        assert not isinstance(refused.value, Busy)
    assert draw(house, "drawing 9", "192.0.2.2")
    with pytest.raises(Busy):
        draw(house, "drawing 10", "192.0.2.3")


def test_what_was_drawn_is_fetched_again_for_nothing(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SOURCE_DRAWINGS", replace(limits.SOURCE_DRAWINGS, most=1))
    before = len(WeakDoor.drawn)
    assert [draw(house, "drawing") for _ in range(5)] == [b"drawing"] * 5
    assert len(WeakDoor.drawn) == before + 1


def test_a_name_that_no_check_knows_is_not_counted(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SOURCE_DRAWINGS", replace(limits.SOURCE_DRAWINGS, most=1))
    assert [draw(house, "nothing of ours") for _ in range(5)] == [None] * 5
    assert draw(house, "drawing")
