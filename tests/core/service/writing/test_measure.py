"""How a password does while it is typed: the same answer as at the end, and nothing is changed by asking."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from servers.small_house import NEW, SmallHouse, Visit
from sqlalchemy import select

from keyback.core.contracts.errors import MustWait, NotAllowed, OutOfTurn, PasswordRefused
from keyback.core.contracts.text import Secret
from keyback.core.db.tables import metadata
from keyback.core.recovery.passwords import State
from keyback.core.service.writing import measure
from keyback.core.service.writing.measure import APART, BUNCH, MOST_CHECKS, Measured, Pace
from keyback.core.service.writing.strength import estimate


@pytest.fixture
def visit(house: SmallHouse) -> Visit:
    """Somebody who gave both proofs and is about to choose."""
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    return visit


def check(visit: Visit, password: str) -> Measured:
    return visit.house.service.renewing.check(visit.ticket, visit.token, Secret(password))


def rows(house: SmallHouse) -> dict[str, list[Any]]:
    with house.records.db.read() as tx:
        return {name: sorted(map(repr, tx.execute(select(table)))) for name, table in metadata.tables.items()}


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_every_rule_is_answered(visit: Visit) -> None:
    states = {str(line.says): line.state for line in check(visit, "Acme is jo").judged.lines}
    assert states == {
        "15 characters or more: 5 to go": State.NEEDED,
        "At most 128 characters": State.MET,
        "Not in any known data leak": State.MET,
        'Without your name or "Acme"': State.NEEDED,
    }


def test_it_says_what_the_write_would_say(visit: Visit) -> None:
    for password in ("short", "Acme is where I sleep", "tab\tin between words"):
        said = check(visit, password).judged.shortcomings
        with pytest.raises(PasswordRefused) as refused:
            visit.renew(password)
        assert said == tuple(refused.value.reasons)
        visit.house.clock.forward(seconds=1)
    assert check(visit, NEW).judged.shortcomings == ()


def test_the_estimate_knows_the_persons_own_words(visit: Visit) -> None:
    renewing = visit.house.service.renewing
    real = replace(renewing, measure=replace(renewing.measure, strength=estimate))
    measured = real.check(visit.ticket, visit.token, Secret("Acme"))
    assert measured.score == 0
    assert str(measured.judged.advice) == "This is easy to guess because it is made of your name. Add another word."
    visit.house.clock.forward(seconds=1)
    assert real.check(visit.ticket, visit.token, Secret(NEW)).score == 4


def test_asking_changes_nothing_and_buys_no_time(visit: Visit) -> None:
    before, deadline = rows(visit.house), visit.recovery.deadline
    for _ in range(20):
        visit.house.clock.forward(seconds=1)
        check(visit, "canary 7d01 drifts")
    assert rows(visit.house) == before
    assert visit.recovery.deadline == deadline
    assert visit.house.store.writes == []


def test_what_was_typed_is_in_no_log_and_no_answer(visit: Visit, everything_logged: pytest.LogCaptureFixture) -> None:
    measured = check(visit, "canary-7d01")
    with pytest.raises(OutOfTurn) as refused:
        visit.house.service.renewing.check(visit.ticket, "00", Secret("canary-7d01"))
    said = [str(line.says) for line in measured.judged.lines]
    assert "7d01" not in f"{everything_logged.text} {measured!r} {refused.value!r} {said}"


def test_only_the_form_of_this_turn_may_ask(visit: Visit) -> None:
    token = visit.token
    visit.more_time()
    with pytest.raises(OutOfTurn):
        visit.house.service.renewing.check(visit.ticket, token, Secret(NEW))


def test_only_the_browser_that_holds_it_may_ask(visit: Visit) -> None:
    with pytest.raises(NotAllowed):
        visit.house.service.renewing.check(replace(visit.ticket, key="0" * 64), visit.token, Secret(NEW))


def test_nobody_may_ask_before_the_proofs_or_afterwards(house: SmallHouse) -> None:
    visit = house.start()
    with pytest.raises(OutOfTurn):
        check(visit, NEW)
    visit.prove_by_mail()
    with pytest.raises(OutOfTurn):
        check(visit, NEW)
    visit.prove_by_paper()
    check(visit, NEW)
    visit.renew()
    with pytest.raises(OutOfTurn):
        check(visit, NEW)


def test_faster_than_anybody_types_must_wait(visit: Visit) -> None:
    for _ in range(BUNCH):
        check(visit, NEW)
    with pytest.raises(MustWait) as wait:
        check(visit, NEW)
    assert wait.value.until == visit.house.clock.time + APART
    visit.house.clock.forward(seconds=APART.total_seconds())
    check(visit, NEW)


def test_so_many_are_all_until_the_try_is_over(visit: Visit) -> None:
    for _ in range(MOST_CHECKS):
        visit.house.clock.forward(seconds=1)
        check(visit, "x")
    visit.house.clock.forward(seconds=60)
    with pytest.raises(MustWait) as wait:
        check(visit, "x")
    assert wait.value.until == visit.recovery.deadline
    # The write is not kept waiting by it.
    assert visit.renew().stage == "done"


def test_each_recovery_has_its_own_pace_and_only_so_many_are_kept(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "MOST_KEPT", 2)
    pace, now = Pace(), visit.house.clock.time
    over = now + timedelta(minutes=10)
    for _ in range(BUNCH):
        pace.take("1", over, now)
    pace.take("2", over, now)
    with pytest.raises(MustWait):
        pace.take("1", over, now)
    pace.take("3", over, now)
    # The one that was quiet longest was forgotten.
    for _ in range(BUNCH):
        pace.take("2", over, now + timedelta(milliseconds=1))
