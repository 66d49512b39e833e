"""What stores over LDAP do alike: sign in to their servers, find people there, and ask what became of a password."""

from __future__ import annotations

import logging
import ssl
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import ClassVar

from ...core import Account, AccountKey, Context, PluginError, Secret, Store, StoreUnavailable, Text
from . import _ldap as ldap
from ._budget import Budget
from ._ldap import Address, Credentials, Dropped, Object, SignInRefused, Terms, Wire
from ._ldap_pool import Pool
from ._ldap_settings import DirectorySettings
from ._spelling import fold, has_unspeakable

log = logging.getLogger(__name__)

LONGEST_NAME = 256
# So many people come at once when all are listed: fewer than any server's limit, and read within some seconds.
PAGE = 200


class LdapStore(Store):
    """What a kind of directory means by a name, an account and a password is said by whoever inherits."""

    settings: DirectorySettings
    # How its servers spell what they say.
    _kind: type[Wire] = Wire
    # So long may signing in to a server and examining it take, in seconds.
    EXAMINED_IN: ClassVar[float] = 10

    def __init__(self, settings: DirectorySettings) -> None:
        super().__init__(settings)
        self._service = Credentials(settings.bind_dn, settings.bind_password.get_secret_value().encode())
        self._addresses = tuple(Address.parse(url) for url in settings.servers)
        self._tls = _context(settings.ca_file)
        self._pool = Pool(self._addresses, settings.connections, self._sign_in)

    @property
    def _terms(self) -> Terms:
        connect, receive = self.settings.connect_timeout, self.settings.receive_timeout
        return Terms(self.settings.ca_file, connect.total_seconds(), receive.total_seconds(), self.wall)

    @property
    def called(self) -> Text | str:
        return self.settings.called or self.label

    def check(self) -> Sequence[Text]:
        """Sign in to every server, and see whether all that is needed can be done there."""
        remarks: list[Text] = []
        for address in self._addresses:
            try:
                with closing(self._sign_in(address, Budget(datetime.now(UTC), self.EXAMINED_IN))) as wire:
                    remarks += self._examine(wire)
            except StoreUnavailable as problem:
                raise PluginError(problem.said) from None
        return tuple(dict.fromkeys(remarks))

    def close(self) -> None:
        self._pool.close()

    def find(self, identifier: str, ctx: Context) -> Account | None:
        # Nothing that no name can be is even asked: servers disagree about control characters.
        if len(identifier) > LONGEST_NAME or has_unspeakable(identifier) or not fold(identifier):
            return None
        return self._pool.work(lambda wire: self._named(wire, identifier), Budget.of(ctx))

    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        if key.store != self.key:
            return None

        def read(wire: Wire) -> Account | None:
            entry = self._object(wire, key)
            return None if entry is None else self._account(wire, entry)

        return self._pool.work(read, Budget.of(ctx))

    def everybody(self, *, ctx: Context) -> Iterator[Sequence[Account]]:
        """Page by page, on a connection that nobody else uses: a server forgets the place with its connection."""
        with closing(self._pool.connect(Budget.of(ctx))) as wire:
            if wire.read(self.settings.base, ["1.1"]) is None:
                said = Text("{dn} is not there, or the service account may not read it", dn=self.settings.base)
                raise StoreUnavailable(said)
            try:
                for page in wire.pages(self.settings.base, self._people_there, self._listed, size=PAGE):
                    yield [account for entry in page if (account := self._listed_account(wire, entry))]
            except Dropped as problem:
                raise StoreUnavailable(problem.said) from None

    def certificates(self, *, ctx: Context) -> Mapping[str, datetime | None]:
        """As each server shows it now; nobody signs in for that."""
        budget = Budget.of(ctx)
        return {str(address): self._shown_until(address, budget) for address in self._addresses}

    def changed_since(self, account: Account, *, ctx: Context) -> bool | None:
        """Whether the mark moved, asked on a new connection to the same server: the old one may tell nothing more."""
        with closing(self._pool.connect(Budget.of(ctx), account.server)) as wire:
            entry = self._object(wire, account.key)
        return None if entry is None else self._moved(entry, account)

    def accepts(self, account: Account, password: Secret, *, ctx: Context) -> bool | None:
        """Whether a sign-in with exactly these bytes succeeds, on a connection of its own."""
        budget = Budget.of(ctx)
        with closing(self._pool.connect(budget, account.server)) as wire:
            entry = self._object(wire, account.key)
            address = wire.server
        if entry is None or not password.reveal() or has_unspeakable(password.reveal()):
            return None
        who = Credentials(entry.dn, password.reveal().encode())
        with closing(ldap.connect(address, who, self._terms, self._tls, budget)) as wire:
            return self._opens(wire)

    @abstractmethod
    def _examine(self, wire: Wire) -> Iterator[Text]:
        """What makes resets weaker there. Raises PluginError if something is missing."""

    @abstractmethod
    def _named(self, wire: Wire, identifier: str) -> Account | None:
        """The one account with this name. Raises Ambiguous."""

    @abstractmethod
    def _object(self, wire: Wire, key: AccountKey) -> Object | None:
        """By the one thing about it that never changes: names and places do."""

    @abstractmethod
    def _account(self, wire: Wire, entry: Object) -> Account:
        """What an object says."""

    @property
    @abstractmethod
    def _people_there(self) -> str:
        """The condition that everybody meets."""

    @property
    @abstractmethod
    def _listed(self) -> Sequence[str]:
        """What is asked of each while all are listed."""

    @abstractmethod
    def _listed_account(self, wire: Wire, entry: Object) -> Account | None:
        """What one of those says; None where it is nobody whom we could look up again."""

    @abstractmethod
    def _moved(self, entry: Object, account: Account) -> bool:
        """Whether the password was changed since `account.stamp`."""

    @abstractmethod
    def _opens(self, wire: Wire) -> bool | None:
        """Whether the password that this connection brings is the right one; None: cannot know."""

    def _shown_until(self, address: Address, budget: Budget) -> datetime | None:
        try:
            with closing(ldap.connect(address, self._service, self._terms, self._tls, budget)) as wire:
                return wire.certificate_ends
        except StoreUnavailable:
            return None

    def _sign_in(self, address: Address, budget: Budget) -> Wire:
        wire = ldap.connect(address, self._service, self._terms, self._tls, budget, kind=self._kind)
        answer = wire.bind()
        if answer.code != ldap.SUCCESS:
            wire.close()
            log.error("%s refuses the service account: %s %s", address, answer.code, answer.words)
            said = Text("{server} refuses the service account ({code}): check its name and password", code=answer.code)
            raise SignInRefused(said.filled(server=str(address)))
        return wire


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ldap.strict_context(ca_file)
    except OSError:
        raise PluginError(Text("the file of the certificate authority holds no certificates (PEM)")) from None
