"""What the world may know about an unlock without a new password."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class UnlockIntended(Event):
    """Accounts are about to be unlocked: stands before the directory is asked."""

    name = "account.unlock-intended"
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountUnlocked(Event):
    """The account was unlocked without a reset."""

    name = "account.unlocked"
    store: str


@dataclass(frozen=True, slots=True)
class AccountNotUnlocked(Event):
    """The directory or we refused (`refused`), or it is surely locked still (`not-set`)."""

    name = "account.not-unlocked"
    store: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnlockUnknown(Event):
    """The directory's answer to an unlock was lost; it is being settled."""

    name = "account.unlock-unknown"
    loud = True
    store: str
