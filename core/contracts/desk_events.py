"""What the help desk does, and what two administrators decide together. Who it was stands in the sealed details."""

from __future__ import annotations

from dataclasses import dataclass

# What is done for many people needs two administrators too.
from . import campaign_events  # noqa: F401
from .event import Event


@dataclass(frozen=True, slots=True)
class ApprovalAsked(Event):
    """An administrator put up a change that needs a second one."""

    name = "approval.asked"
    kind: str


@dataclass(frozen=True, slots=True)
class ApprovalGiven(Event):
    """A second administrator approved it, and it holds."""

    name = "approval.given"
    loud = True
    kind: str


@dataclass(frozen=True, slots=True)
class ApprovalEnded(Event):
    """It never came to be. `how`: refused, withdrawn, expired."""

    name = "approval.ended"
    kind: str
    how: str


@dataclass(frozen=True, slots=True)
class PersonLookedUp(Event):
    """Somebody of the help desk looked a person up; `found`: and may serve them."""

    name = "desk.looked-up"
    found: bool


@dataclass(frozen=True, slots=True)
class LockOutLifted(Event):
    """The waits that wrong answers had earned are over."""

    name = "desk.lifted"
    loud = True


@dataclass(frozen=True, slots=True)
class RecoveriesEnded(Event):
    """The help desk ended what this person, or somebody for them, had begun."""

    name = "desk.ended"
    loud = True
    recoveries: int


@dataclass(frozen=True, slots=True)
class MethodTaken(Event):
    """An administrator removed a method of somebody else's."""

    name = "desk.method-removed"
    loud = True
    method: str


@dataclass(frozen=True, slots=True)
class PersonInvited(Event):
    """Somebody was invited to add a method."""

    name = "enrolment.invited"


@dataclass(frozen=True, slots=True)
class CallStarted(Event):
    """An agent started a recovery for a caller. `check`: how they made sure who calls, call-back or manager."""

    name = "call.started"
    loud = True
    check: str


@dataclass(frozen=True, slots=True)
class CallJoined(Event):
    """The caller typed the agent's code: this is their recovery."""

    name = "call.joined"


@dataclass(frozen=True, slots=True)
class CallMissed(Event):
    """Somebody typed a name and a code that is not the agent's for this person."""

    name = "call.missed"
    loud = True


@dataclass(frozen=True, slots=True)
class PersonErased(Event):
    """All that stood here about a person was forgotten, by whoever runs the server; their name too.

    `turns`: what campaigns noted of theirs.
    """

    name = "person.erased"
    methods: int
    recoveries: int
    events: int
    turns: int
