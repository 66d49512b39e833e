"""Stores: directories in which a password can be set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from .people import Account, AccountKey
from .plugin import Context, Plugin
from .text import Secret, Text


@dataclass(frozen=True, slots=True)
class DirectoryRules:
    """What the directory will insist on, as far as it can be read; None means not known."""

    min_length: int | None = None
    max_length: int | None = None
    history: int | None = None
    sentences: tuple[Text, ...] = ()


class OutcomeKind(StrEnum):
    """What became of one account: of its password, or, where only that was asked for, of its lock."""

    SET = "set"
    REFUSED = "refused"
    NOT_SET = "not-set"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one account, and why."""

    account: AccountKey
    kind: OutcomeKind
    reasons: tuple[Text, ...] = ()


class Store(Plugin, ABC):
    """A directory. Raises StoreUnavailable only when surely nothing was done, OutcomeUnknown when it may have been."""

    # Stores are written in this order when a person has several accounts: the strictest first.
    strictness: ClassVar[int] = 50
    # False where `accepts` can never say: there nobody shows by a password that an account is theirs.
    knows_passwords: ClassVar[bool] = True

    @property
    def called(self) -> Text | str:
        """What people call their account here. One store of each kind can be told by its kind."""
        return self.label

    @abstractmethod
    def find(self, identifier: str, ctx: Context) -> Account | None:
        """The one account with this sign-in name or address. Raises Ambiguous when there are several."""

    @abstractmethod
    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        """The account with this id as it is now, read on a server that can be written."""

    @abstractmethod
    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        """Set it, if nobody else has changed it since `account.stamp`. Returning means: it is set.

        Raises PasswordRefused, StoreUnavailable (surely not set) or OutcomeUnknown (the answer was lost).
        """

    def rules(self, account: Account, ctx: Context) -> DirectoryRules:
        """What this directory will insist on for this account."""
        return DirectoryRules()


@runtime_checkable
class CanChange(Protocol):
    """A known password can be changed with the old one, by people who may not sign in with it any more as well."""

    def change_password(self, account: Account, old: Secret, new: Secret, *, ctx: Context) -> None:
        """Raises WrongPassword, and else what `set_password` does. Returning means: it is set.

        PasswordRefused is said only once the old one was right. NotAllowed: not here, whichever one was typed, as on a
        locked account; then its owner alone is told why.
        """


@dataclass(frozen=True, slots=True)
class Lockout:
    """How many wrong passwords lock an account, 0 where none ever do, and how many count against it now."""

    threshold: int
    counted: int = 0


@runtime_checkable
class KnowsLockout(Protocol):
    """The directory says how close an account is to being locked by wrong passwords."""

    def lockout(self, account: Account, *, ctx: Context) -> Lockout | None:
        """Read now, on a server that counts; None: cannot know. Then only who is signed in may try an old password."""


class NeverLocks:
    """Ready made, for stores in which no number of wrong passwords locks anybody."""

    def lockout(self, account: Account, *, ctx: Context) -> Lockout | None:
        """None ever do."""
        return Lockout(threshold=0)


@runtime_checkable
class CanUnlock(Protocol):
    """An account can be unlocked without a reset; harmless when it is not locked."""

    def unlock(self, account: Account, *, ctx: Context) -> None: ...


@runtime_checkable
class CanDemandChange(Protocol):
    """Whoever signs in next can be made to choose a new password first."""

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        """The old one stays good for that one sign-in; harmless when it is demanded already.

        Raises PasswordRefused (not from this account, and why), StoreUnavailable (surely not) or OutcomeUnknown.
        """


@runtime_checkable
class CanEndSessions(Protocol):
    """Sessions that are open with the old password can be ended: by a store its own, by a notifier somebody else's."""

    def end_sessions(self, account: Account, *, ctx: Context) -> None:
        """Returning means: none is open. Asked again after any error; whom nobody there knows has none."""
        ...


@runtime_checkable
class CanTell(Protocol):
    """After a lost answer the directory can be asked what became of it."""

    def changed_since(self, account: Account, *, ctx: Context) -> bool | None:
        """Whether the password changed since `account.stamp`; None: cannot know. Raises StoreUnavailable."""

    def accepts(self, account: Account, password: Secret, *, ctx: Context) -> bool | None:
        """Whether this password opens the account; None: cannot know. Only asked once the stamp has moved."""


@runtime_checkable
class KnowsLinks(Protocol):
    """The directory itself says which account elsewhere is the same human."""

    def linked_to(self, account: Account, *, ctx: Context) -> Sequence[AccountKey]: ...


@runtime_checkable
class CanList(Protocol):
    """The directory can say who is in it; only the back office asks, and no page waits for it."""

    def everybody(self, *, ctx: Context) -> Iterator[Sequence[Account]]:
        """All people, some hundreds at a time. Each step is one question, and raises StoreUnavailable."""


@runtime_checkable
class ShowsCertificates(Protocol):
    """The directory's servers show certificates that end; only the back office asks, once an hour."""

    def certificates(self, *, ctx: Context) -> Mapping[str, datetime | None]:
        """Until when that of each server is good, by the server's address; None where it can't be seen now."""
