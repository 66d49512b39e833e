"""Answers that came by another way than the page: one for each challenge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, select

from . import sealed
from .per_dialect import PerDialect
from .purge import Purge
from .sealing import Keyring
from .tables import heard as table


@dataclass(frozen=True, slots=True)
class HeardAnswer:
    """What came for a challenge, and whether it was right when it came."""

    challenge_id: str
    answer: Mapping[str, str] = field(repr=False)
    passed: bool
    expires_at: datetime


_ANSWER: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
_put = PerDialect(
    lambda insert: insert(table).on_conflict_do_nothing(index_elements=["challenge"]).returning(table.c.challenge)
)
_of = select(table).where(table.c.challenge == bindparam("of_challenge"))
_purge = Purge(table.c.challenge, table.c.expires_at <= bindparam("now"), oldest=table.c.expires_at)


class HeardAnswers:
    """The first one counts: whoever sends another, or the same again, changes nothing."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, heard: HeardAnswer) -> bool:
        """Keep it until its challenge ends; False if there was one before."""
        row = {"challenge": heard.challenge_id, "passed": heard.passed, "expires_at": heard.expires_at}
        plain = _ANSWER.dump_json(dict(heard.answer))
        row["sealed"] = sealed.HEARD.seal(self._keyring, plain, row)
        return tx.execute(_put.on(tx), row).first() is not None

    def of(self, tx: Connection, challenge_id: str) -> HeardAnswer | None:
        """What came for it. Raises SealBroken."""
        row = tx.execute(_of, {"of_challenge": challenge_id}).mappings().first()
        if row is None:
            return None
        answer = _ANSWER.validate_json(sealed.HEARD.open(self._keyring, row))
        return HeardAnswer(row["challenge"], answer, row["passed"], row["expires_at"])

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget what came for challenges that are over; returns how many."""
        return _purge(tx, limit, now=now)
