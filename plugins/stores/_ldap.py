"""One verified connection to an LDAP server. Everything that ldap3 gets wrong by default is set right here."""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import ldap3
from ldap3.utils.log import OFF, set_library_log_detail_level

from ...core import OutcomeUnknown, StoreUnavailable, Text, Wall
from ...core.dial import Forbidden
from ...core.networks import parts_of
from ._budget import Budget
from ._ldap_target import Target

# At its chattier levels ldap3 prints passwords, even when asked to hide them.
set_library_log_detail_level(OFF)

SUCCESS = 0
SIZE_LIMIT = 4
REFERRAL = 10
NO_SUCH_ATTRIBUTE = 16
REFUSED = 19
NO_SUCH_OBJECT = 32
WRONG_PASSWORD = 49
NO_RIGHT = 50
UNWILLING = 53
ASSERTION_FAILED = 122

# The control that asks for an answer in pages.
PAGES = "1.2.840.113556.1.4.319"

# An LDAP control as ldap3 wants it: its number, whether it is critical, its value.
Control = tuple[str, bool, bytes | None]

# What becomes of each attribute: steps in order, each a kind and its values. All of a write happens, or nothing of it.
Step = tuple[str, Sequence[bytes]]
Changes = Mapping[str, Sequence[Step]]


def replaced(*values: bytes) -> Sequence[Step]:
    """Whatever stands there gives way to these."""
    return [(ldap3.MODIFY_REPLACE, list(values))]


def removed(value: bytes) -> Sequence[Step]:
    """This value alone goes; where it is not, nothing happens."""
    return [(ldap3.MODIFY_DELETE, [value])]


def added(value: bytes) -> Sequence[Step]:
    """Put there besides; refused where an attribute holds one value and has it."""
    return [(ldap3.MODIFY_ADD, [value])]


def swapped(old: bytes, new: bytes) -> Sequence[Step]:
    """Only if the old one stands there, the new one takes its place."""
    return [(ldap3.MODIFY_DELETE, [old]), (ldap3.MODIFY_ADD, [new])]


class Dropped(StoreUnavailable):
    """The connection broke while nothing was being written: the same question may be asked again on a new one.

    `silent`: the server let our patience run out. A cut says little about a server, silence says much.
    """

    def __init__(self, words: Text | str, *, silent: bool = False) -> None:
        super().__init__(words)
        self.silent = silent


class SignInRefused(StoreUnavailable):
    """The server does not take the service account's name and password."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and whether TLS comes before the first byte or is asked for."""

    host: str
    port: int
    implicit_tls: bool

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read `ldaps://host` or `ldap://host:port`. Raises ValueError."""
        parts = parts_of(url.strip())
        bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or not bare:
            raise ValueError("an address is not of the form ldaps://host or ldap://host:port")
        implicit = parts.scheme == "ldaps"
        return cls(parts.hostname, parts.port or (636 if implicit else 389), implicit)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.implicit_tls else 'ldap'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Terms:
    """How connections are made, and which addresses they may lead to."""

    ca_file: str
    connect_timeout: float
    receive_timeout: float
    wall: Wall = Wall(anywhere=True)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs in. Bytes, because ldap3 would normalise text and so bind with another password than the one typed."""

    dn: str
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to a bind or a write: its code, its words, the raw response controls."""

    code: int
    words: str = ""
    controls: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Object:
    """One entry of the directory. Values are raw bytes: nothing is guessed from a schema."""

    dn: str = field(repr=False)
    values: Mapping[str, tuple[bytes, ...]] = field(repr=False)

    def texts(self, attribute: str, *, longest: int = 320) -> tuple[str, ...]:
        """Values that are sensible text; what is too long or not UTF-8 is somebody's mischief and left out."""
        readable = (_text(value) for value in self.values.get(attribute.lower(), ()) if len(value) <= longest)
        return tuple(text for text in readable if text)

    def text(self, attribute: str) -> str:
        """The first sensible value, or nothing."""
        return next(iter(self.texts(attribute)), "")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought; `more` when the size limit cut it."""

    objects: tuple[Object, ...]
    more: bool = False


class StrictTls(ldap3.Tls):  # type: ignore[misc]
    """TLS by Python's own rules: ldap3 verifies nothing by default, and cannot check addresses in certificates."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self.context = context

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ANN401
        # Without this every new TLS connection loses 40 ms to Nagle's algorithm.
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Raises when the peer hung up already: Python would then skip the handshake, and later speak without TLS.
        connection.socket.getpeername()
        connection.socket = self.context.wrap_socket(
            connection.socket, server_hostname=connection.server.host, do_handshake_on_connect=do_handshake
        )
        if connection.socket.version() is None:
            raise ssl.SSLError("there was no handshake")


def strict_context(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, certificates signed by this authority alone, names checked."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Wire:
    """One connection, for one borrower at a time: a shared one would hand out other people's entries."""

    def __init__(self, connection: Any, server: Address, terms: Terms, budget: Budget) -> None:  # noqa: ANN401
        self._connection = connection
        self._terms = terms
        self.server = server
        self.budget = budget
        self.born = self.used = time.monotonic()
        self.broken = False

    def search(
        self, base: str, condition: str, attributes: Sequence[str], *, subtree: bool = True, most: int = 0
    ) -> Found:
        """Ask for objects. A base that is not there, or hidden, has none. Raises Dropped or StoreUnavailable."""
        scope = ldap3.SUBTREE if subtree else ldap3.BASE
        self._ask(
            lambda: self._connection.search(
                base, condition, scope, ldap3.DEREF_NEVER, list(attributes), size_limit=most, time_limit=10
            )
        )
        return Found(self._rows(), more=self._answer().code == SIZE_LIMIT)

    def pages(self, base: str, condition: str, attributes: Sequence[str], *, size: int) -> Iterator[tuple[Object, ...]]:
        """Ask for very many, a page at a time: Active Directory ends a longer answer, Samba heeds no limit."""
        paged = partial(
            self._connection.search, base, condition, ldap3.SUBTREE, ldap3.DEREF_NEVER, list(attributes),
            paged_size=size,
        )  # fmt: skip
        cookie: bytes | None = None
        while cookie != b"":
            self._ask(partial(paged, paged_cookie=cookie))
            rows = self._rows()
            if (code := self._answer().code) not in (SUCCESS, NO_SUCH_OBJECT):
                # Whoever took this for all would take the others for gone.
                said = Text("{server} ended a long list with {code}: its limit for our account?", code=code)
                raise StoreUnavailable(said.filled(server=str(self.server)))
            page = (self._connection.result.get("controls") or {}).get(PAGES, {})
            # Kept before anything else is asked here.
            cookie = (page.get("value") or {}).get("cookie") or b""
            yield rows

    def read(self, dn: str, attributes: Sequence[str]) -> Object | None:
        """One object by its place."""
        found = self.search(dn, "(objectClass=*)", attributes, subtree=False)
        return found.objects[0] if found.objects else None

    def modify(self, dn: str, changes: Changes, controls: Sequence[Control] = ()) -> Answer:
        """Write to one object. Raises OutcomeUnknown when the answer is lost, for then it may be written."""
        return self._write(lambda: self._connection.modify(dn, dict(changes), controls=list(controls) or None))

    def exchange_password(self, dn: str, old: bytes, new: bytes, controls: Sequence[Control] = ()) -> Answer:
        """The extended operation for passwords (RFC 3062). Raises OutcomeUnknown."""
        order = self._connection.extend.standard.modify_password
        return self._write(lambda: order(dn, old, new, controls=list(controls) or None))

    def bind(self, controls: Sequence[Control] = ()) -> Answer:
        """Sign in with the credentials that the connection was opened for."""
        self._ask(lambda: self._connection.bind(read_server_info=False, controls=list(controls) or None))
        self._connection.request = None
        return self._answer()

    def open(self) -> None:
        """Connect, with TLS on it before anything secret is sent."""
        self._ask(lambda: self._connection.open(read_server_info=False))
        if self.server.implicit_tls:
            return
        self._ask(lambda: self._connection.start_tls(read_server_info=False))
        if not isinstance(self._connection.socket, ssl.SSLSocket):
            self.close()
            raise Dropped(Text("{server} does not start TLS", server=str(self.server)))

    @property
    def certificate_ends(self) -> datetime:
        """Until when the certificate is good that the server showed."""
        shown = self._connection.socket.getpeercert()
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)

    def lives(self) -> bool:
        """Whether the server still answers here."""
        try:
            self.search("", "(objectClass=*)", ["1.1"], subtree=False)
        except StoreUnavailable:
            return False
        return True

    def close(self) -> None:
        """Hang up without waiting for anything."""
        self.broken = True
        left_over = self._connection.socket
        self._connection.strategy.close()
        self._connection.password = None
        if left_over is not None:
            left_over.close()

    def _write(self, order: Callable[[], object]) -> Answer:
        if self.broken or self._connection.closed:
            raise Dropped(f"the connection to {self.server} is gone")
        try:
            self._ask(order)
        except Dropped as problem:
            raise OutcomeUnknown(str(problem)) from None
        finally:
            # ldap3 keeps the last request, and it holds the new password.
            self._connection.request = None
        return self._answer()

    def _rows(self) -> tuple[Object, ...]:
        answer = self._answer()
        if answer.code not in (SUCCESS, SIZE_LIMIT, NO_SUCH_OBJECT, REFERRAL):
            said = Text("{server} answered a search with {answer}", answer=f"{answer.code} {answer.words}".rstrip())
            raise StoreUnavailable(said.filled(server=str(self.server)))
        # Referrals are rows too; following one would send our password wherever it points.
        rows = [row for row in self._connection.response or () if row["type"] == "searchResEntry"]
        return tuple(_object(row) for row in rows)

    def _ask(self, ask: Callable[[], object]) -> None:
        timeout = self.budget.at_most(self._terms.receive_timeout)
        began = time.monotonic()
        try:
            if self._connection.socket is not None:
                self._connection.socket.settimeout(timeout)
            ask()
        except Exception as problem:
            # ldap3 raises nearly anything, a bare KeyError too when the other side does not speak LDAP.
            self.close()
            silent = time.monotonic() - began >= timeout
            said = Text("{server}: {why}", server=str(self.server), why=_kind(problem))
            raise Dropped(said, silent=silent) from None
        self.used = time.monotonic()

    def _answer(self) -> Answer:
        result = self._connection.result
        controls = {oid: control["value"] or b"" for oid, control in (result.get("controls") or {}).items()}
        return Answer(result["result"], str(result.get("message") or ""), controls)


def connect(
    server: Address,
    who: Credentials,
    terms: Terms,
    context: ssl.SSLContext,
    budget: Budget,
    *,
    kind: type[Wire] = Wire,
) -> Wire:
    """Open a connection with TLS on it; nobody is signed in yet. Raises Dropped."""
    # A new Server each time: ldap3's black-lists an address for six seconds after one failure.
    target = Target(
        terms.wall,
        server.host,
        server.port,
        use_ssl=server.implicit_tls,
        get_info=ldap3.NONE,
        tls=StrictTls(context),
        connect_timeout=budget.at_most(terms.connect_timeout),
        # Following a referral would send the service account's password to whoever wrote it.
        allowed_referral_hosts=[],
    )
    connection = ldap3.Connection(
        target,
        user=who.dn,
        password=who.password,
        client_strategy=ldap3.SYNC,
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        raise_exceptions=False,
        check_names=False,
        return_empty_attributes=False,
        # Whole seconds, it goes into a C structure; each operation sets its own, finer one.
        receive_timeout=math.ceil(budget.at_most(terms.connect_timeout)),
    )
    wire = kind(connection, server, terms, budget)
    wire.open()
    return wire


def _object(row: Mapping[str, Any]) -> Object:
    return Object(row["dn"], {name.lower(): tuple(values) for name, values in row["raw_attributes"].items()})


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _kind(problem: Exception) -> Text | str:
    """What went wrong, without the words of the library, which may repeat what was sent."""
    if isinstance(problem, Forbidden):
        return Text("it is in a private network that plugins.allowed_networks in keyback.toml does not list")
    if "CERTIFICATE_VERIFY_FAILED" in str(problem):
        return Text("its certificate is not signed by the authority in the settings, or is for another name")
    return type(problem).__name__
