"""Campaigns: what was planned, how far it is, and whose turn it was already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, RowMapping, bindparam, insert, select, update

from . import sealed
from .campaign_tables import campaign as table
from .campaign_tables import campaign_person as person_table
from .per_dialect import Insert, PerDialect
from .purge import Purge
from .sealing import Keyring

# More than anybody has open at once.
MOST_OPEN = 200


class Kind(StrEnum):
    """What is done for each person."""

    RESET = "reset"
    INVITE = "invite"


class State(StrEnum):
    """How a campaign stands; `PAUSED` by somebody, or by itself when too much failed."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class Turn(StrEnum):
    """What became of one person's turn; `TOLD`: it comes, and they know."""

    TOLD = "told"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What two administrators agreed on; nothing of it changes afterwards.

    `people`: how many it may be for, and never more. Hours are UTC; from 22 until 6 is a night. `messages`: so many at
    most, `texts`: also by text. `most_failures`: of a hundred. `spared`: groups whose members are nobody's to serve.
    `money`: what texts and calls may cost beyond their caps, in your currency. `notice_hours`: so long before it begins
    people are told; 0: they are not.
    """

    kind: Kind
    stores: tuple[str, ...]
    groups: tuple[str, ...]
    people: int
    opens_at: datetime
    closes_at: datetime
    from_hour: int = 0
    until_hour: int = 24
    per_hour: int = 600
    messages: int = 0
    texts: bool = False
    most_failures: int = 20
    spared: tuple[str, ...] = ()
    money: int = 0
    notice_hours: int = 0

    @property
    def notice(self) -> timedelta:
        """So long before their turn people know of it."""
        return timedelta(hours=self.notice_hours)

    @property
    def tells_at(self) -> datetime:
        """When the first must be told for the last to be told in time."""
        return self.opens_at - self.notice - self.people * timedelta(hours=1) / self.per_hour

    def opens(self, now: datetime) -> datetime | None:
        """When it may go on; None: never again."""
        moment = max(now, self.opens_at)
        for _ in range(25):
            if moment >= self.closes_at:
                return None
            if self._fits(moment.hour):
                return moment
            moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return None

    def _fits(self, hour: int) -> bool:
        if self.from_hour < self.until_hour:
            return self.from_hour <= hour < self.until_hour
        return hour >= self.from_hour or hour < self.until_hour


@dataclass(frozen=True, slots=True)
class Campaign:
    """One of them. `tally`: how many turns ended how, "failed:no-address" with why.

    `place`: after whom it goes on. `round`: how often it was set going; jobs of an earlier one do nothing. `ended`: why
    it stands still. `told_at`: since when everybody knows who is to be told before.
    """

    id: str
    plan: Plan
    asked_by: str
    asker: str = field(repr=False)
    why: str
    asked_at: datetime
    approval: str = ""
    state: State = State.WAITING
    approver: str = field(default="", repr=False)
    place: str = ""
    round: int = 0
    tally: Mapping[str, int] = field(default_factory=dict)
    messages: int = 0
    ended: str = ""
    version: int = 1
    told_at: datetime | None = None

    @property
    def is_telling(self) -> bool:
        """Whether people must know of it first."""
        return self.plan.notice_hours > 0 and self.told_at is None

    def opens(self, now: datetime) -> datetime | None:
        """When it may go on; None: never again. A mail wakes nobody, so it goes at any hour."""
        if self.is_telling:
            return max(now, self.plan.tells_at) if now < self.plan.closes_at else None
        return self.plan.opens(max(now, self.told_at + self.plan.notice) if self.told_at else now)

    def count(self, turn: str) -> int:
        """How many turns ended so, whatever the reason."""
        return sum(n for name, n in self.tally.items() if name.partition(":")[0] == turn)

    @property
    def handled(self) -> int:
        """How many it was done for, or tried."""
        return self.count(Turn.DONE) + self.count(Turn.FAILED)

    def with_turn(self, turn: str, why: str = "") -> Campaign:
        """One more."""
        name = f"{turn}:{why}" if why else str(turn)
        return replace(self, tally={**self.tally, name: self.tally.get(name, 0) + 1})


_CLEAR = ("id", "state", "asked_at", "version")
_CAMPAIGN: TypeAdapter[Campaign] = TypeAdapter(Campaign)
_insert = insert(table)
_load = select(table).where(table.c.id == bindparam("of_id"))
_save = update(table).where(table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
_listed = (
    select(table)
    .where(table.c.asked_at < bindparam("before", type_=table.c.asked_at.type))
    .order_by(table.c.asked_at.desc())
    .limit(bindparam("most"))
)
_standing = (
    select(table).where(table.c.state == bindparam("of_state")).order_by(table.c.asked_at.desc()).limit(MOST_OPEN)
)


def _begun(insert: Insert) -> Executable:
    new = insert(person_table)
    changed = {name: new.excluded[name] for name in ("state", "why", "at")}
    # Being told is no turn; whoever was, is told no second time.
    only = (person_table.c.state == Turn.TOLD.value) & (new.excluded.state != Turn.TOLD.value)
    upsert = new.on_conflict_do_update(index_elements=["campaign", "pseudonym"], set_=changed, where=only)
    return upsert.returning(person_table.c.pseudonym)


_begin = PerDialect(_begun)
_of_one = (person_table.c.campaign == bindparam("of_campaign"), person_table.c.pseudonym == bindparam("of_pseudonym"))
_told = select(person_table.c.why).where(*_of_one, person_table.c.state == Turn.TOLD.value)
_finish = update(person_table).where(*_of_one, person_table.c.state == Turn.BEGUN.value)
_turns = (
    select(person_table.c.pseudonym, person_table.c.why, person_table.c.at)
    .where(
        person_table.c.campaign == bindparam("of_campaign"),
        person_table.c.state == bindparam("of_state"),
        person_table.c.pseudonym > bindparam("after"),
    )
    .order_by(person_table.c.pseudonym)
    .limit(bindparam("most"))
)
_purge = Purge(person_table.c.pseudonym, person_table.c.at < bindparam("before"), oldest=person_table.c.at)


class Campaigns:
    """State and version are bound into what is encrypted: nobody sets a campaign going by a write to the table."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(self, tx: Connection, campaign: Campaign) -> None:
        """Keep a new one."""
        tx.execute(_insert, self._row(campaign))

    def load(self, tx: Connection, campaign_id: str) -> Campaign | None:
        """As it was saved. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": campaign_id}).mappings().first()
        return None if row is None else self._open(row)

    def save(self, tx: Connection, campaign: Campaign) -> bool:
        """With its next version; False if somebody else was faster."""
        saved = replace(campaign, version=campaign.version + 1)
        asked = {"of_id": campaign.id, "of_version": campaign.version}
        return tx.execute(_save, self._row(saved) | asked).rowcount == 1

    def listed(self, tx: Connection, before: datetime, most: int) -> tuple[Campaign, ...]:
        """Those that were asked for before then, the newest first. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_listed, {"before": before, "most": most}).mappings())

    def standing(self, tx: Connection, state: State) -> tuple[Campaign, ...]:
        """Those that stand so, the newest first. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_standing, {"of_state": state.value}).mappings())

    def groups(self, tx: Connection, now: datetime) -> set[str]:
        """By which people must be told apart until these are over. Raises SealBroken."""
        open_ones = (one for one in self.listed(tx, now + timedelta(days=1), MOST_OPEN) if one.state is not State.ENDED)
        return {group for one in open_ones if one.plan.closes_at > now for group in one.plan.groups}

    @staticmethod
    def begin(tx: Connection, campaign_id: str, pseudonym: str, turn: Turn, at: datetime, *, why: str = "") -> bool:
        """It is this person's turn; False if it was before."""
        row = {"campaign": campaign_id, "pseudonym": pseudonym, "state": turn.value, "why": why, "at": at}
        return tx.execute(_begin.on(tx), row).first() is not None

    @staticmethod
    def finish(tx: Connection, campaign_id: str, pseudonym: str, turn: Turn, why: str) -> bool:
        """What became of a turn that was begun; False if somebody said so already."""
        asked = {"of_campaign": campaign_id, "of_pseudonym": pseudonym}
        return tx.execute(_finish, {**asked, "state": turn.value, "why": why}).rowcount == 1

    @staticmethod
    def turns(
        tx: Connection, campaign_id: str, turn: Turn, after: str, most: int
    ) -> Sequence[tuple[str, str, datetime]]:
        """Whose turn ended so, why, and when it began."""
        asked = {"of_campaign": campaign_id, "of_state": turn.value, "after": after, "most": most}
        return [tuple(row) for row in tx.execute(_turns, asked)]

    @staticmethod
    def purge(tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget whose turn it was before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _row(self, campaign: Campaign) -> dict[str, Any]:
        row: dict[str, Any] = {name: getattr(campaign, name) for name in _CLEAR}
        row["state"] = campaign.state.value
        return row | {"sealed": sealed.CAMPAIGN.seal(self._keyring, _CAMPAIGN.dump_json(campaign), row)}

    def _open(self, row: RowMapping) -> Campaign:
        return _CAMPAIGN.validate_json(sealed.CAMPAIGN.open(self._keyring, row))


def told(tx: Connection, campaign_id: str, pseudonym: str) -> str | None:
    """What was kept of somebody who was told that their turn comes; None if they were not."""
    return tx.execute(_told, {"of_campaign": campaign_id, "of_pseudonym": pseudonym}).scalar_one_or_none()
