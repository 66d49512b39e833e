"""Forgets all that stands here about one person; of their events what is personal, so that the log stays whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Column, Connection, bindparam, delete, select

from .campaign_tables import campaign, campaign_person
from .campaigns import Turn
from .columns import is_set
from .desk_tables import caller
from .enrolments import Enrolments
from .tables import account, contact_seen, person, proof, recovery, session, standing, waiting_link

_THEIR_RECOVERIES = recovery.c.person_ref.in_(bindparam("refs", expanding=True)), is_set(recovery.c.person_ref)
_under_way = select(recovery.c.id).where(*_THEIR_RECOVERIES, recovery.c.deadline.isnot(None)).limit(1)
_recoveries = select(recovery.c.id).where(*_THEIR_RECOVERIES)
# By all campaigns, which are few: it is their key that begins with one.
_campaigns = select(campaign.c.id)
_THEIR_TURNS = (
    campaign_person.c.campaign.in_(bindparam("campaigns", expanding=True)),
    campaign_person.c.pseudonym.in_(bindparam("refs", expanding=True)),
)
_begun = select(campaign_person.c.pseudonym).where(*_THEIR_TURNS, campaign_person.c.state == Turn.BEGUN.value).limit(1)
_turns = delete(campaign_person).where(*_THEIR_TURNS)
# A stop by "this wasn't me" is not among them: it names nobody, and who asked for it may still need it.
_BY_PERSON: tuple[Column[str], ...] = (
    contact_seen.c.person_ref,
    standing.c.person_ref,
    waiting_link.c.person_ref,
    caller.c.person_ref,
    session.c.person_ref,
    account.c.person_id,
    person.c.id,
)


class Gone(NamedTuple):
    """How many there were."""

    methods: int
    recoveries: int
    turns: int


def is_under_way(tx: Connection, refs: Iterable[str]) -> bool:
    """Whether one of their recoveries is open, or their turn in a campaign has begun."""
    asked = {"refs": sorted(refs)}
    begun = tx.execute(_begun, asked | {"campaigns": _all_campaigns(tx)}).first()
    return begun is not None or tx.execute(_under_way, asked).first() is not None


def erase(tx: Connection, enrolments: Enrolments, refs: Iterable[str]) -> Gone:
    """Events and the census are other keepers'. Raises SealBroken."""
    asked = {"refs": sorted(refs)}
    methods = [each.id for ref in asked["refs"] for each in enrolments.of(tx, ref)]
    for enrolment_id in methods:
        enrolments.remove(tx, enrolment_id)
    recoveries = list(tx.scalars(_recoveries, asked))
    _delete(tx, proof.c.recovery_id, recoveries)
    _delete(tx, recovery.c.id, recoveries)
    for column in _BY_PERSON:
        _delete(tx, column, asked["refs"])
    turns = tx.execute(_turns, asked | {"campaigns": _all_campaigns(tx)}).rowcount
    return Gone(len(methods), len(recoveries), turns)


def _all_campaigns(tx: Connection) -> list[str]:
    return list(tx.scalars(_campaigns))


def _delete(tx: Connection, column: Column[str], these: list[str]) -> None:
    if these:
        tx.execute(delete(column.table).where(column.in_(these)))
