"""A help desk over the small house, and who works there."""

from __future__ import annotations

import json

from sqlalchemy import select

from keyback.core.db.tables import event
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.helping.desk import Desk, open_desk

from .small_house import SmallHouse

ADMINISTRATOR, HELP_DESK = frozenset({Role.ADMINISTRATOR}), frozenset({Role.HELP_DESK})
AGENT = Actor("idp|agnes", "agnes", HELP_DESK)
ADA, BO = Actor("idp|ada", "ada", ADMINISTRATOR), Actor("idp|bo", "bo", ADMINISTRATOR)
CONSOLE_GROUP = "keyback-admins"


def desk_of(house: SmallHouse) -> Desk:
    return open_desk(
        house.records, house.snapshots, house.around, house.staff, console_groups=frozenset({CONSOLE_GROUP})
    )


def happened(house: SmallHouse, *names: str) -> list[str]:
    """The events of these names with what they say, sorted: those of one moment have no order."""
    with house.records.db.read() as tx:
        rows = tx.execute(select(event.c.name, event.c.data)).all()
    return sorted(
        row.name + "".join(f" {value}" for value in json.loads(row.data).values())
        for row in rows
        if not names or row.name in names
    )


def details_of(house: SmallHouse, name: str) -> list[dict[str, str]]:
    """What is sealed beside the events of this name."""
    with house.records.db.read() as tx:
        rows = tx.execute(select(event).where(event.c.name == name)).mappings().all()
        return [dict(house.records.audit.details(tx, row) or {}) for row in rows]
