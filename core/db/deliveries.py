"""What became of each attempt to hand a message to a provider. No number and no words are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, bindparam, case, func, literal_column, select, update

from . import sealed
from .columns import is_set
from .per_dialect import Insert, PerDialect
from .purge import Purge
from .sealing import KeyPurpose, Keyring
from .tables import delivery as table


class State(StrEnum):
    """Where an attempt stands. `TRYING` is all that is known of one whose process died, `UNKNOWN` of a lost answer."""

    TRYING = "trying"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


# What a provider may still say, and of attempts that stand where.
_EARLIER = {
    State.SENT: (State.TRYING, State.UNKNOWN, State.ACCEPTED),
    State.DELIVERED: (State.TRYING, State.UNKNOWN, State.ACCEPTED, State.SENT),
    State.FAILED: (State.TRYING, State.UNKNOWN, State.ACCEPTED, State.SENT),
}
# What only a provider knows.
TOLD = frozenset(_EARLIER)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message, one provider. `challenge` is empty where nobody types an answer back, `region` for mail.

    `lane`: whose share it was taken from.
    """

    id: str
    challenge: str
    medium: str
    channel: str
    region: str
    state: State
    why: str = ""
    provider_id: str = field(default="", repr=False)
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider said of a message that it took, and when."""

    state: State
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversion:
    """How many codes went to a region out of one share, and how many of them were typed back."""

    medium: str
    region: str
    lane: str
    sent: int
    used: int


def _put(insert: Insert) -> Executable:
    new = insert(table)
    # A provider may tell how it went before we have written down that it took the message: what it told stays.
    told = table.c.state != State.TRYING.value
    changed: dict[str, ColumnElement[Any]] = {name: new.excluded[name] for name in ("ref", "sealed")}
    changed |= {name: case((told, table.c[name]), else_=new.excluded[name]) for name in ("state", "why", "changed_at")}
    return new.on_conflict_do_update(index_elements=["id"], set_=changed)


_put_one = PerDialect(_put)
_of = select(table.c.channel, table.c.state).where(
    is_set(table.c.challenge), table.c.challenge == bindparam("of_challenge")
)
_tell = update(table).values(state=bindparam("new_state"), why=bindparam("new_why"), changed_at=bindparam("now"))
_tell = _tell.where(table.c.state.in_(bindparam("earlier", expanding=True)))
_tell_challenge = _tell.where(
    is_set(table.c.challenge),
    table.c.challenge == bindparam("of_challenge"),
    table.c.channel == bindparam("of_channel"),
)
_tell_ref = _tell.where(is_set(table.c.ref), table.c.ref == bindparam("of_ref"))
_knows = select(table.c.id).where(is_set(table.c.ref), table.c.ref == bindparam("of_ref")).limit(1)
_use = (
    update(table)
    .where(is_set(table.c.challenge), table.c.challenge == bindparam("of_challenge"))
    .values(used_at=bindparam("now"))
)
# Within one hour, by the index on `at`.
_conversions = (
    select(table.c.medium, table.c.region, table.c.lane, func.count(table.c.id), func.count(table.c.used_at))
    .where(
        table.c.at > bindparam("after"),
        table.c.at <= bindparam("until"),
        table.c.region != literal_column("''"),
        is_set(table.c.challenge),
        table.c.state != State.FAILED.value,
    )
    .group_by(table.c.medium, table.c.region, table.c.lane)
)
# As many as an hour of a large house has; of more than these the newest tell enough.
MOST_LOOKED_AT = 2000
_newest = (
    select(table.c.channel, table.c.state)
    .where(table.c.at >= bindparam("after", type_=table.c.at.type))
    .order_by(table.c.at.desc())
    .limit(MOST_LOOKED_AT)
    .subquery()
)
_lately = select(
    _newest.c.channel, func.count(), func.count(case((_newest.c.state == State.FAILED.value, 1)))
).group_by(_newest.c.channel)
_purge = Purge(table.c.id, table.c.at < bindparam("before"), oldest=table.c.at)


class Deliveries:
    """The provider's own name for a message is sealed; a keyed digest of it finds the attempt."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, attempt: Attempt, now: datetime) -> None:
        """Keep it, or where it stands by now."""
        row = {name: getattr(attempt, name) for name in ("id", "challenge", "medium", "channel", "region", "lane")}
        row |= {"state": attempt.state.value, "why": attempt.why[:64], "at": now, "changed_at": now, "ref": ""}
        row["sealed"] = b""
        if attempt.provider_id:
            row["ref"] = self._ref(attempt.channel, attempt.provider_id)
            row["sealed"] = sealed.DELIVERY.seal(self._keyring, attempt.provider_id.encode(), row)
        tx.execute(_put_one.on(tx), row)

    def of(self, tx: Connection, challenge: str) -> Sequence[tuple[str, State]]:
        """By which channels it was tried, and how that ended."""
        found = tx.execute(_of, {"of_challenge": challenge})
        return [(channel, State(state)) for channel, state in found]

    def tell(self, tx: Connection, channel: str, challenge: str, report: Report) -> None:
        """What the provider said of a challenge's message; what it said later than this stays."""
        tx.execute(_tell_challenge, _told(report) | {"of_channel": channel, "of_challenge": challenge})

    def tell_by_id(self, tx: Connection, channel: str, provider_id: str, report: Report) -> bool:
        """The same for a provider that names the message as it did when it took it; False while no row knows it."""
        ref = self._ref(channel, provider_id)
        told = tx.execute(_tell_ref, _told(report) | {"of_ref": ref}).rowcount
        return told > 0 or tx.scalar(_knows, {"of_ref": ref}) is not None

    def used(self, tx: Connection, challenge: str, now: datetime) -> None:
        """Somebody typed it back."""
        tx.execute(_use, {"of_challenge": challenge, "now": now})

    def conversions(self, tx: Connection, after: datetime, until: datetime) -> Sequence[Conversion]:
        """Of the codes that went out between these moments."""
        return [Conversion(*row) for row in tx.execute(_conversions, {"after": after, "until": until})]

    @staticmethod
    def lately(tx: Connection, after: datetime) -> Mapping[str, tuple[int, int]]:
        """For each channel: how many of the newest messages since then it was given, and how many of those failed."""
        return {channel: (tried, failed) for channel, tried, failed in tx.execute(_lately, {"after": after})}

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget attempts from before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _ref(self, channel: str, provider_id: str) -> str:
        # Under the key that never rotates: a receipt may come after a rotation.
        return self._keyring.mac(KeyPurpose.PSEUDONYM, "delivery", channel, provider_id).hex()


def _told(report: Report) -> dict[str, object]:
    return {
        "new_state": report.state.value,
        "new_why": report.why[:64],
        "now": report.at,
        "earlier": [earlier.value for earlier in _EARLIER[report.state]],
    }
