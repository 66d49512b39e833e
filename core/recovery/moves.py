"""What can happen to a recovery: the inputs of the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..contracts.method import Offer
from ..contracts.people import Account, AccountKey
from ..contracts.store import Outcome
from .policy import Policy, Proof
from .state import Pick, Subject


@dataclass(frozen=True, slots=True)
class Picked:
    """A method was picked; `sends` when it makes a message."""

    pick: Pick
    sends: bool


@dataclass(frozen=True, slots=True)
class WentBack:
    """Choose another way."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The answer did not prove it. For nobody every answer misses."""

    reason: str = "wrong"


@dataclass(frozen=True, slots=True)
class Proved:
    """The answer proved this offer."""

    proof: Proof
    offer: Offer


@dataclass(frozen=True, slots=True)
class PasswordAccepted:
    """The new password is good enough for us, and these accounts are about to be written.

    `left`: what is known already of those that were chosen too and cannot be written now.
    """

    accounts: tuple[Account, ...]
    policy_now: Policy
    left: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class UnlockOrdered:
    """Nothing more is to be asked, and these accounts are about to be unlocked. `left`: as for a password."""

    accounts: tuple[Account, ...]
    policy_now: Policy
    left: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingToUnlock:
    """No account is to be unlocked here. `because`: not-locked, by-hand, reset-instead."""

    because: str


@dataclass(frozen=True, slots=True)
class MoreTime:
    """Fifteen more minutes, once."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The person stopped."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One store answered, others are still being asked."""

    store: str
    account: Account | None


@dataclass(frozen=True, slots=True)
class Found:
    """Every store answered. Nobody is an answer too; `reason` says why, to the events alone.

    `shown`: what `masked` offers before the first proof, to somebody and to nobody.
    """

    subject: Subject | None
    reason: str = ""
    shown: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """A linked account's store answered: the subject with it, or, for a `reason`, without it."""

    key: AccountKey
    subject: Subject
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wrote:
    """The directories answered, or did not."""

    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The process that was writing is gone."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The truth about lost answers."""

    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody moved in time."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Another recovery of the same person is done, or (`because` is "frozen") they said that it wasn't them."""

    because: str = "superseded"


Order: TypeAlias = PasswordAccepted | UnlockOrdered
PersonMove: TypeAlias = Picked | WentBack | Missed | Proved | Order | NothingToUnlock | MoreTime | Cancelled
Move: TypeAlias = PersonMove | Looked | Found | Joined | Wrote | Interrupted | Settled | Expired | Superseded
