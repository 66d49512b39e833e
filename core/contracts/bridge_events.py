"""What happens between Keyback and those who send people here by OpenID Connect."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class ClientAnswered(Event):
    """A client fetched what a recovery proved, and what was done."""

    name = "client.answered"
    entry: str


@dataclass(frozen=True, slots=True)
class CodeCameAgain(Event):
    """A client brought a code a second time: somebody may have read it on its way. What was given for it is over."""

    name = "client.code-again"
    loud = True
    entry: str


@dataclass(frozen=True, slots=True)
class ClientRefused(Event):
    """What came in a client's name was refused; told at most once a minute. `reason` is a word of the standard's."""

    name = "client.refused"
    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClientKeysChanged(Event):
    """A client that publishes its public keys has other ones at its address than before."""

    name = "client.keys-changed"
    entry: str


@dataclass(frozen=True, slots=True)
class ReceiverSaved(Event):
    """An administrator let somebody hear of resets by shared signals, or gave them a new token."""

    name = "receiver.saved"
    loud = True
    receiver: str


@dataclass(frozen=True, slots=True)
class ReceiverRemoved(Event):
    """Somebody hears of no resets any more; what they had not got yet is gone."""

    name = "receiver.removed"
    loud = True
    receiver: str


@dataclass(frozen=True, slots=True)
class StreamChanged(Event):
    """A receiver made, changed or removed its stream. `what`: made, changed, removed, or its new status."""

    name = "stream.changed"
    loud = True
    receiver: str
    what: str


@dataclass(frozen=True, slots=True)
class SignalRefused(Event):
    """A receiver would not take a signal. `error`: the standard's word for why."""

    name = "signal.refused"
    loud = True
    receiver: str
    kind: str
    error: str
