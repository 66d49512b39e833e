"""Figures grow with what was committed, and their labels are keys of ours."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from servers.small_house import NEW, SmallHouse
from sqlalchemy import update

from keyback.core import figures
from keyback.core.contracts import events
from keyback.core.contracts.errors import KeybackError, OutOfTurn
from keyback.core.contracts.events import Event
from keyback.core.db.tables import recovery
from keyback.core.meter import Meter, Numbers
from keyback.core.service.reporting.counted import tell

# What may stand in a label: keys from the configuration, and reasons that the flow gives. A provider's are not ours.
OURS = {"entry", "method", "store", "outcome", "budget"}
REASONS = {events.NobodyFound, events.RecoveryClosed, events.ChangeMissed}


def _example(kind: type[Event]) -> Event:
    """Each field says its own name."""
    values: dict[str, Any] = {"str": lambda name: name, "bool": lambda _: False, "int": lambda _: 0}
    return kind(**{f.name: values.get(str(f.type), lambda name: (name,))(f.name) for f in fields(kind)})


@pytest.mark.parametrize("kind", events.ALL, ids=lambda kind: kind.name)
def test_no_label_says_anything_but_keys_of_ours(kind: type[Event]) -> None:
    meter = Meter()
    tell(meter, [_example(kind)])
    words = {f.name for f in fields(kind)} - OURS - ({"reason"} if kind in REASONS else set())
    assert not words & {label for _, labels, _ in meter.totals for label in labels}


def total(house: SmallHouse, figure: figures.Figure, *labels: str) -> float:
    numbers: Numbers = house.staff.service.starting.around.meter.totals
    return numbers.get((figure.name, labels, ""), 0.0)


def test_what_was_rolled_back_was_never_counted(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    token = visit.token
    visit.pick("email")
    house.work()
    with pytest.raises(OutOfTurn):
        house.service.choosing.pick(visit.ticket, token, "email", "")
    with pytest.raises(RuntimeError), house.records.db.write() as tx:
        house.service.choosing.mover.record(tx, visit.recovery, [events.ProofGiven("email", False)], house.clock())
        raise RuntimeError("the commit never comes")
    assert total(house, figures.PROOFS, "email", "given") == 0
    visit.answer(visit.code())
    assert total(house, figures.PROOFS, "email", "given") == 1


def test_a_whole_reset_is_counted(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew(NEW)
    assert total(house, figures.STARTS, "") == 1
    assert total(house, figures.PASSWORDS, "fake", "set") == 1
    assert total(house, figures.HUMAN_CHECKS, "open_door", "passed") == 1


def test_a_row_that_somebody_changed_rings_the_alarm(house: SmallHouse) -> None:
    visit = house.start()
    with house.records.db.write() as tx:
        tx.execute(update(recovery).values(stage="done"))
    with pytest.raises(KeybackError):
        house.service.tickets.look(visit.ticket)
    assert total(house, figures.ALARMS, "seal.broken") == 1
