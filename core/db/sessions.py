"""Who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from ..contracts.people import Person
from . import sealed
from .links import refs_of
from .purge import Purge
from .sealing import Keyring, SealBroken
from .sign_ins import digest
from .tables import session as table
from .tables import settings_version


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who was vouched for. `sid`: the identity provider's own name for its session, where it has one.

    `id_token` is kept to sign out there with. `authenticated_at` is when they proved who they are, there.
    """

    person: Person
    issuer: str
    subject: str = field(repr=False)
    sid: str = field(repr=False)
    id_token: str = field(repr=False)
    authenticated_at: datetime
    started_at: datetime
    ends_at: datetime
    # When they proved it here instead, by a method of theirs.
    proven_at: datetime | None = None
    # The page that they wanted before they were asked for something, and whether they said "Later" to that.
    wanted: str = ""
    put_off: bool = False
    # The door by which they came to their methods.
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A session as it stands in its row."""

    id: str = field(repr=False)
    seen_at: datetime
    session: Session
    # The version of the settings that hold now.
    settings: int = 0


_SESSION: TypeAdapter[Session] = TypeAdapter(Session)
_insert = insert(table)
_of_id = select(table).where(table.c.id == bindparam("of_id"))
_settings = select(settings_version.c.version).where(settings_version.c.key == "settings").scalar_subquery()
_with_version = select(table, _settings.label("settings")).where(table.c.id == bindparam("of_id"))
_seen = update(table).where(table.c.id == bindparam("of_id")).values(seen_at=bindparam("at"))
_note = update(table).where(table.c.id == bindparam("of_id"))
_end = delete(table).where(table.c.id == bindparam("of_id"))
_of_people = table.c.person_ref.in_(bindparam("refs", expanding=True))
_end_of = delete(table).where(_of_people)
_end_of_ref = delete(table).where(table.c.person_ref == bindparam("ref"), table.c.id != bindparam("but_not"))
_by_subject = table.c.subject_ref == bindparam("ref")
_by_sid = table.c.sid_ref == bindparam("ref")
_end_by_subject = delete(table).where(_by_subject).returning(table.c.person_ref)
_end_by_sid = delete(table).where(_by_sid).returning(table.c.person_ref)
_purge = Purge(table.c.id, table.c.ends_at <= bindparam("now"), oldest=table.c.ends_at)


class Sessions:
    """The browser's cookie holds a key; the row has its digest, and everything private is encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def open(self, tx: Connection, key: str, session: Session) -> None:
        """Keep a new one, which `key` finds."""
        tx.execute(_insert, self._row(key, session))

    def find(self, tx: Connection, key: str) -> Found | None:
        """The session of whoever holds this key, ended by time or not. Raises SealBroken."""
        row = tx.execute(_with_version, {"of_id": digest(key)}).mappings().first()
        return None if row is None else Found(row["id"], row["seen_at"], self._open(row), row["settings"] or 0)

    def seen(self, tx: Connection, session_id: str, at: datetime) -> None:
        """Somebody used it."""
        tx.execute(_seen, {"of_id": session_id, "at": at})

    def note(self, tx: Connection, session_id: str, change: Callable[[Session], Session]) -> None:
        """Keep something more of it, sealed as all of it, unless it is over."""
        if row := tx.execute(_of_id, {"of_id": session_id}).mappings().first():
            plain = _SESSION.dump_json(change(self._open(row)))
            tx.execute(_note, {"of_id": session_id, "sealed": sealed.SESSION.seal(self._keyring, plain, row)})

    def end(self, tx: Connection, session_id: str) -> bool:
        """End it; False if it was over already."""
        return tx.execute(_end, {"of_id": session_id}).rowcount == 1

    def end_of(self, tx: Connection, person: Person) -> int:
        """End all that this person, or one of their accounts before it was linked, has; returns how many."""
        return tx.execute(_end_of, {"refs": sorted(self._refs(person))}).rowcount

    def end_of_ref(self, tx: Connection, person_id: str, *, but_not: str = "") -> int:
        """End all of whom only the id is known, but this one; returns how many."""
        return tx.execute(_end_of_ref, {"ref": person_id, "but_not": but_not}).rowcount

    def end_vouched(self, tx: Connection, issuer: str, *, subject: str = "", sid: str = "") -> Collection[str]:
        """End what the identity provider calls by this session or, without one, by this subject; says whose."""
        if sid:
            found = tx.execute(_end_by_sid, {"ref": sid_ref(self._keyring, issuer, sid)})
        else:
            found = tx.execute(_end_by_subject, {"ref": subject_ref(self._keyring, issuer, subject)})
        return list(found.scalars())

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget those that are over; returns how many."""
        return _purge(tx, limit, now=now)

    def _row(self, key: str, session: Session) -> dict[str, Any]:
        row: dict[str, Any] = {"id": digest(key), **_clear(self._keyring, session), "seen_at": session.started_at}
        return row | {"sealed": sealed.SESSION.seal(self._keyring, _SESSION.dump_json(session), row)}

    def _refs(self, person: Person) -> set[str]:
        return refs_of(self._keyring, person.id, (account.key for account in person.accounts))

    def _open(self, row: RowMapping) -> Session:
        try:
            session = _SESSION.validate_json(sealed.SESSION.open(self._keyring, row))
        except ValidationError:
            # Written by another version of the program; its words must not reach a log with the name inside.
            raise SealBroken(table.name) from None
        if any(row[name] != value for name, value in _clear(self._keyring, session).items()):
            raise SealBroken(table.name)
        return session


def _clear(keyring: Keyring, session: Session) -> dict[str, Any]:
    return {
        "person_ref": session.person.id,
        "subject_ref": subject_ref(keyring, session.issuer, session.subject),
        "sid_ref": sid_ref(keyring, session.issuer, session.sid) if session.sid else "",
        "started_at": session.started_at,
        "ends_at": session.ends_at,
    }


def subject_ref(keyring: Keyring, issuer: str, subject: str) -> str:
    """What stands for whom the identity provider means, and finds their sessions without naming them."""
    return keyring.pseudonym(f"subject of {issuer}", subject)


def sid_ref(keyring: Keyring, issuer: str, sid: str) -> str:
    """What stands for a session of the identity provider."""
    return keyring.pseudonym(f"session of {issuer}", sid)
