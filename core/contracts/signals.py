"""Shared signals: who is told by them, what they asked for, and what there is to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Naming(StrEnum):
    """By what a receiver knows people."""

    MAIL = "mail"
    ID = "id"
    UPN = "upn"
    NAME = "name"


class Kind(StrEnum):
    """What a signal tells. A verification tells nothing: it shows that signals arrive."""

    CREDENTIAL_CHANGE = "credential-change"
    SESSION_REVOKED = "session-revoked"
    VERIFICATION = "verification"


class Delivery(StrEnum):
    """Whether Keyback brings signals, or the receiver fetches them."""

    PUSH = "push"
    POLL = "poll"


class Status(StrEnum):
    """A paused stream keeps what happens until it is enabled again; a disabled one does not."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody whom an administrator lets hear of resets. `audience`: what it wants to be called in each signal.

    `store`: whose accounts it hears of; empty: everybody's. `issuer`: whose names those are by which it knows people.
    """

    key: str
    name: str
    audience: str
    store: str = ""
    naming: Naming = Naming.MAIL
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """What a receiver asked for. Its address and what is sent along may be as good as a password."""

    id: str
    delivery: Delivery
    wanted: tuple[Kind, ...]
    endpoint: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    status: Status = Status.ENABLED
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to tell one receiver. `together` is the same in all that tell of one reset; `state` is a test's own."""

    kind: Kind
    at: datetime
    naming: Naming = Naming.ID
    subject: str = field(default="", repr=False)
    together: str = ""
    state: str = field(default="", repr=False)
