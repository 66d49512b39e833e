"""Accounts in directories, the people behind them, and what they enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Which account: the store's key and the id that store never gives to another account."""

    store: str
    id: str


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the directory says about an account."""

    enabled: bool = True
    locked: bool = False
    # Since when too many wrong tries have locked it, where the directory tells.
    locked_since: datetime | None = None
    locked_by_admin: bool = False
    expired: bool = False
    must_change: bool = False

    @property
    def closed(self) -> bool:
        """Whether nobody can sign in, whatever the password, until an administrator says otherwise."""
        return not self.enabled or self.expired or self.locked_by_admin


class ContactKind(StrEnum):
    """What can be reached: a phone or a mailbox."""

    PHONE = "phone"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Contact:
    """An address of a person; `trusted` when its owner cannot write it, so that it counts as proven."""

    kind: ContactKind
    value: str = field(repr=False)
    source: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One entry with a password in one store, as it was when it was read."""

    key: AccountKey
    name: str = field(repr=False)
    display_name: str = field(default="", repr=False)
    state: AccountState = AccountState()
    groups: frozenset[str] = frozenset()
    privileged: bool = False
    contacts: tuple[Contact, ...] = ()
    # The directory's own mark of the last password change, and the server that gave it: a write is judged by both.
    stamp: str | None = None
    server: str = ""
    synced_from: AccountKey | None = None
    # Accounts elsewhere that take over this one's password by themselves.
    mirrored_in: tuple[AccountKey, ...] = ()
    # What clouds call somebody by (maya@alderwick.example), where the directory has such a name.
    upn: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """The human behind one account, or behind several linked ones. `id` is a pseudonym, safe to store."""

    id: str
    accounts: tuple[Account, ...]
    contacts: tuple[Contact, ...] = ()

    @property
    def phones(self) -> tuple[str, ...]:
        """Numbers that may carry a proof."""
        return tuple(c.value for c in self.contacts if c.kind is ContactKind.PHONE)

    @property
    def mails(self) -> tuple[str, ...]:
        """Mailboxes that may carry a proof."""
        return tuple(c.value for c in self.contacts if c.kind is ContactKind.MAIL)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Something a person registered beforehand for a method; only that method understands `data`."""

    id: str
    method: str
    label: str
    data: Mapping[str, str] = field(repr=False)
    proven_at: datetime
    usable_from: datetime
    used_at: datetime | None = None
