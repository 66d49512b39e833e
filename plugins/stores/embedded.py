"""A small directory of our own, for houses without one and for the demo."""

from __future__ import annotations

import json
import os
import time
import uuid
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from threading import BoundedSemaphore, Lock
from typing import Any, ClassVar

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from ...core import (
    Account,
    AccountKey,
    AccountState,
    Ambiguous,
    Contact,
    ContactKind,
    Context,
    NeverLocks,
    NotAllowed,
    OutcomeUnknown,
    PasswordRefused,
    PluginError,
    PluginSettings,
    Secret,
    Store,
    StoreUnavailable,
    Text,
    WrongPassword,
    hookimpl,
    only_in_file,
)
from ._spelling import fold, has_unspeakable

_metadata = sa.MetaData()

_people = sa.Table(
    "embedded_person",
    _metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("folded", sa.String(512), nullable=False, unique=True),
    sa.Column("display_name", sa.String(256), nullable=False, default=""),
    sa.Column("password", sa.String(256)),
    sa.Column("stamp", sa.Integer, nullable=False, default=0),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("locked", sa.Boolean, nullable=False, default=False),
    sa.Column("must_change", sa.Boolean, nullable=False, default=False),
    sa.Column("privileged", sa.Boolean, nullable=False, default=False),
    sa.Column("groups", sa.Text, nullable=False, default="[]"),
    sa.Column("contacts", sa.Text, nullable=False, default="[]"),
    # Since when, as text: not every database keeps the zone of a moment. The one column that older tables lack.
    sa.Column("locked_since", sa.String(40)),
)

# Sign-in names and addresses. Not unique: two people with one address are legal, and mean Ambiguous.
_names = sa.Table(
    "embedded_name",
    _metadata,
    sa.Column("folded", sa.String(512), primary_key=True),
    sa.Column("person", sa.String(32), primary_key=True),
)

_BY_NAME = (
    sa.select(_people)
    .join(_names, _names.c.person == _people.c.id)
    .where(_names.c.folded == sa.bindparam("folded"))
    .limit(2)
)
_AFTER = sa.select(_people).where(_people.c.id > sa.bindparam("after")).order_by(_people.c.id).limit(500)
_BY_ID = sa.select(_people).where(_people.c.id == sa.bindparam("id"))

_OPEN: dict[str, Any] = {"locked": False, "locked_since": None}

# Each hash takes 46 MiB: more of them at once than cores only fills the memory.
_HASHING = BoundedSemaphore(os.cpu_count() or 1)
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)


class EmbeddedSettings(PluginSettings):
    """Where the accounts are kept."""

    database: str = Field(
        "keyback-people.sqlite",
        title="Database",
        description="A file, or the URL of a database. It is not the database of Keyback itself.",
        min_length=1,
        # It leads to any database, or makes a file anywhere.
        json_schema_extra=only_in_file(),
    )
    called: str = Field(
        "",
        title="Called",
        description="What people call their account here: Windows sign-in, say. Empty: the kind of directory.",
        max_length=60,
    )


class _Listed(NeverLocks, Store):
    """Says who is in it, and asks them for another password."""

    @abstractmethod
    def _connection(self) -> AbstractContextManager[sa.Connection]: ...

    @abstractmethod
    def _write(self, statement: sa.Update) -> int: ...

    @abstractmethod
    def _account(self, row: sa.RowMapping) -> Account: ...

    def everybody(self, *, ctx: Context) -> Iterator[Sequence[Account]]:
        """All people, in the order of their ids."""
        after = ""
        while True:
            with self._connection() as connection:
                rows = connection.execute(_AFTER, {"after": after}).mappings().all()
            if not rows:
                return
            yield [self._account(row) for row in rows]
            after = rows[-1]["id"]

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        """At the next sign-in."""
        if not self._write(sa.update(_people).where(_people.c.id == account.key.id).values(must_change=True)):
            raise StoreUnavailable("the account is not there any more")


class Embedded(_Listed):
    """Accounts in a database of their own. Only administrators write contacts here, so all of them are trusted."""

    key = "embedded"
    label = Text("Keyback's own directory")
    Settings = EmbeddedSettings
    strictness: ClassVar[int] = 10
    settings: EmbeddedSettings

    def __init__(self, settings: EmbeddedSettings) -> None:
        super().__init__(settings)
        self._engine = _engine_for(settings.database)
        self._made = False
        self._making = Lock()

    @property
    def called(self) -> Text | str:
        return self.settings.called or self.label

    def check(self) -> None:
        try:
            with self._connection() as connection:
                connection.execute(sa.select(sa.func.count()).select_from(_people))
        except StoreUnavailable as problem:
            raise PluginError(
                Text("the accounts' database cannot be opened; check its path and who may write it")
            ) from problem

    def close(self) -> None:
        self._engine.dispose()

    def find(self, identifier: str, ctx: Context) -> Account | None:
        if len(identifier) > 256 or has_unspeakable(identifier):
            return None
        with self._connection() as connection:
            rows = connection.execute(_BY_NAME, {"folded": fold(identifier)}).mappings().all()
        if len(rows) > 1:
            raise Ambiguous("two accounts have this name or address")
        return self._account(rows[0]) if rows else None

    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        if key.store != self.key or has_unspeakable(key.id):
            return None
        with self._connection() as connection:
            row = connection.execute(_BY_ID, {"id": key.id}).mappings().one_or_none()
        return None if row is None else self._account(row)

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        self._put_password(account, password, _OPEN if unlock else {}, ctx)

    def change_password(self, account: Account, old: Secret, new: Secret, *, ctx: Context) -> None:
        """With the old one, also for who must change it. The stamp makes sure that the old one is still the one."""
        with self._connection() as connection:
            row = connection.execute(_BY_ID, {"id": account.key.id}).mappings().one_or_none()
        if row is not None and (row["locked"] or not row["enabled"]):
            raise NotAllowed(Text("This account is locked. Unlock it, or reset the password."))
        if row is None or row["password"] is None or not _matches(row["password"], old, ctx):
            raise WrongPassword("the old password is another")
        self._put_password(account, new, {}, ctx)

    def _put_password(self, account: Account, password: Secret, more: dict[str, Any], ctx: Context) -> None:
        values = {
            "password": _hash(password, ctx),
            "stamp": _people.c.stamp + 1,
            "must_change": False,
            **more,
        }
        # The stamp in the condition makes this a test-and-set: a late writer changes nothing.
        mine = (_people.c.id == account.key.id) & (_people.c.stamp == int(account.stamp or 0))
        written = self._write(sa.update(_people).where(mine, _people.c.enabled).values(**values))
        if not written:
            raise PasswordRefused([Text("Somebody else just changed this password. Start again.")])

    def unlock(self, account: Account, *, ctx: Context) -> None:
        """Open it again; harmless when it is not locked."""
        self._write(sa.update(_people).where(_people.c.id == account.key.id).values(**_OPEN))

    def changed_since(self, account: Account, *, ctx: Context) -> bool | None:
        """Whether the stamp moved."""
        now = self.look(account.key, ctx)
        return None if now is None else now.stamp != account.stamp

    def accepts(self, account: Account, password: Secret, *, ctx: Context) -> bool | None:
        """Whether this password opens the account."""
        with self._connection() as connection:
            row = connection.execute(_BY_ID, {"id": account.key.id}).mappings().one_or_none()
        if row is None or row["password"] is None:
            return False
        return _matches(row["password"], password, ctx)

    def add_person(
        self,
        *,
        name: str,
        display_name: str = "",
        mails: Sequence[str] = (),
        phones: Sequence[str] = (),
        groups: Iterable[str] = (),
        password: Secret | None = None,
        enabled: bool = True,
        locked: bool = False,
        privileged: bool = False,
        must_change: bool = False,
    ) -> AccountKey:
        """Add somebody. Who has this sign-in name already keeps their id, and their password if none is given."""
        contacts = [["mail", mail] for mail in mails] + [["phone", phone] for phone in phones]
        values: dict[str, Any] = {
            "name": name,
            "folded": fold(name),
            "display_name": display_name,
            "enabled": enabled,
            "locked": locked,
            # Who was locked before keeps the moment.
            "locked_since": sa.func.coalesce(_people.c.locked_since, _now()) if locked else None,
            "privileged": privileged,
            "must_change": must_change,
            "groups": json.dumps(sorted(groups)),
            "contacts": json.dumps(contacts),
        }
        if password is not None:
            values |= {"password": _hasher.hash(_checked(password)), "stamp": _people.c.stamp + 1}
        return AccountKey(self.key, self._put({fold(n) for n in (name, *mails)}, values))

    def _put(self, names: set[str], values: dict[str, Any]) -> str:
        """Insert or update one person with all their names, as one."""
        with self._connection() as connection, connection.begin():
            known = sa.select(_people.c.id).where(_people.c.folded == values["folded"])
            person = connection.execute(known).scalar()
            if person is None:
                person = uuid.uuid4().hex
                fresh = {**values, "stamp": 1 if "password" in values else 0}
                fresh["locked_since"] = _now() if values["locked"] else None
                connection.execute(sa.insert(_people).values(id=person, **fresh))
            else:
                connection.execute(sa.update(_people).where(_people.c.id == person).values(**values))
            connection.execute(sa.delete(_names).where(_names.c.person == person))
            connection.execute(sa.insert(_names), [{"folded": n, "person": person} for n in sorted(names)])
        return str(person)

    def _account(self, row: sa.RowMapping) -> Account:
        contacts = (
            Contact(ContactKind(kind), value, kind, trusted=True) for kind, value in json.loads(row["contacts"])
        )
        return Account(
            key=AccountKey(self.key, row["id"]),
            name=row["name"],
            display_name=row["display_name"],
            state=AccountState(
                enabled=row["enabled"],
                locked=row["locked"],
                locked_since=datetime.fromisoformat(since) if (since := row["locked_since"]) else None,
                must_change=row["must_change"],
            ),
            groups=frozenset(json.loads(row["groups"])),
            privileged=row["privileged"],
            contacts=tuple(contacts),
            stamp=str(row["stamp"]),
            server=self.key,
        )

    def _write(self, statement: sa.Update) -> int:
        """Run one statement; how many rows it changed."""
        with self._connection() as connection:
            changed = connection.execute(statement).rowcount
            try:
                connection.commit()
            except SQLAlchemyError as problem:
                # The commit was asked for: whether it happened is not ours to guess.
                raise OutcomeUnknown("the database did not confirm") from problem
        return changed

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        try:
            self._make_tables()
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as problem:
            # Only the kind: SQLAlchemy's own text repeats the values of the statement.
            raise StoreUnavailable(f"the database of the accounts did not answer ({type(problem).__name__})") from None

    def _make_tables(self) -> None:
        if self._made:
            return
        with self._making, self._engine.begin() as connection:
            for table in _metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            known = {column["name"] for column in sa.inspect(connection).get_columns(_people.name)}
            if "locked_since" not in known:
                connection.execute(sa.text(f"ALTER TABLE {_people.name} ADD COLUMN locked_since VARCHAR(40)"))
            self._made = True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _engine_for(database: str) -> sa.Engine:
    """An engine that hides values from its errors; a bare file name means SQLite."""
    url = database if "://" in database else f"sqlite:///{database}"
    arguments = {"timeout": 5} if url.startswith("sqlite") else {}
    engine = sa.create_engine(url, hide_parameters=True, connect_args=arguments, pool_timeout=5)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: DBAPIConnection, _record: object) -> None:
    """Readers do not wait for the writer, and what was confirmed survives a power cut."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _checked(password: Secret) -> bytes:
    """The exact bytes; what could be set and then never be typed is refused."""
    typed = password.reveal()
    if not typed or has_unspeakable(typed):
        raise PasswordRefused([Text("This password holds a sign that cannot be typed everywhere. Choose another.")])
    return typed.encode()


@contextmanager
def _one_of_the_cores(ctx: Context) -> Iterator[None]:
    started = time.monotonic()
    left = (ctx.deadline - ctx.now).total_seconds()
    if not _HASHING.acquire(timeout=max(0.0, left)):
        raise StoreUnavailable(f"no core was free for {time.monotonic() - started:.1f} s")
    try:
        yield
    finally:
        _HASHING.release()


def _hash(password: Secret, ctx: Context) -> str:
    typed = _checked(password)
    with _one_of_the_cores(ctx):
        return _hasher.hash(typed)


def _matches(stored: str, password: Secret, ctx: Context) -> bool:
    with _one_of_the_cores(ctx):
        try:
            return _hasher.verify(stored, password.reveal().encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False


@hookimpl
def keyback_stores() -> list[type[Store]]:
    """The embedded directory."""
    return [Embedded]
