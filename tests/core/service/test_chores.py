"""What the back office does again and again."""

from __future__ import annotations

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import func, select

from keyback.core.db import tables
from keyback.core.service import chores
from keyback.core.service.chores import Chores
from keyback.core.service.norms import Norms
from keyback.core.service.sending.budgets import Budgets


def kept(house: SmallHouse) -> int:
    with house.records.db.read() as tx:
        return tx.scalar(select(func.count()).select_from(tables.recovery)) or 0


def test_more_than_goes_at_once_is_forgotten_tick_by_tick(monkeypatch: pytest.MonkeyPatch, house: SmallHouse) -> None:
    monkeypatch.setattr(chores, "FORGOTTEN_AT_ONCE", 2)
    ours = Chores(
        records=house.records, snapshots=house.snapshots, mover=house.service.tickets.mover,
        budgets=Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around)),
    )  # fmt: skip
    for number in range(5):
        house.start(f"somebody {number}", address=f"192.0.2.{number}")
    house.clock.forward(minutes=30)
    ours.close_overdue(house.clock())
    house.clock.forward(days=2)
    left = []
    for _ in range(8):
        house.clock.forward(seconds=1)
        ours.purge(house.clock())
        left.append(kept(house))
    assert left[:4] == [3, 1, 0, 0]
