"""Sessions of the console: apart from people's own, so that neither key ever opens the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from . import sealed
from .console_tables import console_session as table
from .purge import Purge
from .sealing import Keyring, SealBroken
from .sessions import sid_ref, subject_ref
from .sign_ins import digest

BY_LINK = "link"


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """Somebody with a role. `rules`: which edition of who has which role it was opened under.

    `authenticated_at` is when they proved who they are, at the identity provider; `how` is said by the row.
    """

    issuer: str
    subject: str = field(repr=False)
    sid: str = field(repr=False)
    id_token: str = field(repr=False)
    name: str = field(repr=False)
    roles: tuple[str, ...]
    rules: str
    how: str
    authenticated_at: datetime
    started_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class FoundInConsole:
    """A session as it stands in its row."""

    id: str = field(repr=False)
    seen_at: datetime
    session: ConsoleSession


_SESSION: TypeAdapter[ConsoleSession] = TypeAdapter(ConsoleSession)
_insert = insert(table)
_of_id = select(table).where(table.c.id == bindparam("of_id"))
_seen = update(table).where(table.c.id == bindparam("of_id")).values(seen_at=bindparam("at"))
_end = delete(table).where(table.c.id == bindparam("of_id"))
_end_by_subject = delete(table).where(table.c.subject_ref == bindparam("ref")).returning(table.c.subject_ref)
_end_by_sid = delete(table).where(table.c.sid_ref == bindparam("ref")).returning(table.c.subject_ref)
_by_link = select(table.c.ends_at).where(table.c.ends_at > bindparam("now"), table.c.how == BY_LINK)
_purge = Purge(table.c.id, table.c.ends_at <= bindparam("now"), oldest=table.c.ends_at)


class ConsoleSessions:
    """The browser's cookie holds a key; the row has its digest, and everything private is encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def open(self, tx: Connection, key: str, session: ConsoleSession) -> None:
        """Keep a new one, which `key` finds."""
        row: dict[str, Any] = {"id": digest(key), **self._clear(session), "seen_at": session.started_at}
        row["sealed"] = sealed.CONSOLE_SESSION.seal(self._keyring, _SESSION.dump_json(session), row)
        tx.execute(_insert, row)

    def find(self, tx: Connection, key: str) -> FoundInConsole | None:
        """The session of whoever holds this key, ended by time or not. Raises SealBroken."""
        row = tx.execute(_of_id, {"of_id": digest(key)}).mappings().first()
        return None if row is None else FoundInConsole(row["id"], row["seen_at"], self._open(row))

    def seen(self, tx: Connection, session_id: str, at: datetime) -> None:
        """Somebody used it."""
        tx.execute(_seen, {"of_id": session_id, "at": at})

    def end(self, tx: Connection, session_id: str) -> bool:
        """End it; False if it was over already."""
        return tx.execute(_end, {"of_id": session_id}).rowcount == 1

    def end_vouched(self, tx: Connection, issuer: str, *, subject: str = "", sid: str = "") -> int:
        """End what the identity provider calls by this session or, without one, by this subject; says how many."""
        if sid:
            found = tx.execute(_end_by_sid, {"ref": sid_ref(self._keyring, issuer, sid)})
        else:
            found = tx.execute(_end_by_subject, {"ref": subject_ref(self._keyring, issuer, subject)})
        return len(found.scalars().all())

    def by_link(self, tx: Connection, now: datetime) -> bool:
        """Whether somebody is in by a link that was made on the server."""
        return tx.execute(_by_link, {"now": now}).first() is not None

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget those that are over; returns how many."""
        return _purge(tx, limit, now=now)

    def _open(self, row: RowMapping) -> ConsoleSession:
        try:
            session = _SESSION.validate_json(sealed.CONSOLE_SESSION.open(self._keyring, row))
        except ValidationError:
            # Written by another version of the program; its words must not reach a log with the name inside.
            raise SealBroken(table.name) from None
        if any(row[name] != value for name, value in self._clear(session).items()):
            raise SealBroken(table.name)
        return session

    def _clear(self, session: ConsoleSession) -> dict[str, Any]:
        return {
            "subject_ref": subject_ref(self._keyring, session.issuer, session.subject),
            "sid_ref": sid_ref(self._keyring, session.issuer, session.sid) if session.sid else "",
            "how": session.how,
            "started_at": session.started_at,
            "ends_at": session.ends_at,
        }
