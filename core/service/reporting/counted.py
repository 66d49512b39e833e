"""Which figures an event counts up, once it is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ... import figures
from ...contracts import events
from ...contracts.events import Event
from ...figures import Figure
from ...meter import Meter


def tell(meter: Meter, happened: Sequence[Event]) -> None:
    """Count what was just committed."""
    for event in happened:
        for figure, *labels in _figures(event):
            meter.count(figure, *labels)
        if event.loud:
            meter.count(figures.ALARMS, event.name)


def _figures(event: Event) -> Iterator[tuple[Figure, *tuple[str, ...]]]:
    """Only keys of ours become labels: never what somebody typed, nor what a provider answered."""
    match event:
        case events.RecoveryStarted():
            yield figures.STARTS, event.entry
        case events.PersonFound():
            yield figures.FOUND, "found"
        case events.NobodyFound():
            yield figures.FOUND, event.reason
        case events.ProofGiven():
            yield figures.PROOFS, event.method, "given"
        case events.ProofMissed():
            yield figures.PROOFS, event.method, "missed"
        case events.PasswordSet():
            yield figures.PASSWORDS, event.store, "set"
        case events.PasswordChanged():
            yield figures.PASSWORDS, event.store, "changed"
        case events.ChangeMissed():
            yield figures.PASSWORDS, event.store, event.reason
        case events.PasswordNotSet():
            yield figures.PASSWORDS, event.store, event.outcome
        case events.PasswordUnknown():
            yield figures.PASSWORDS, event.store, "unknown"
        case events.RecoveryClosed():
            yield figures.CLOSED, event.reason
        case events.LimitReached():
            yield figures.LIMITS, event.budget
