"""What happens to the methods that people registered."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class MethodAdded(Event):
    """A person added a method. `usable_from`: when it begins to count, in ISO 8601."""

    name = "enrolment.added"
    method: str
    usable_from: str


@dataclass(frozen=True, slots=True)
class MethodRemoved(Event):
    """A person removed a method."""

    name = "enrolment.removed"
    method: str


@dataclass(frozen=True, slots=True)
class MethodRenamed(Event):
    """A person gave one of their methods another name."""

    name = "enrolment.renamed"
    method: str


@dataclass(frozen=True, slots=True)
class MethodPreferred(Event):
    """A person chose by which of their methods they like to prove it first."""

    name = "enrolment.preferred"
    method: str


@dataclass(frozen=True, slots=True)
class MethodConfirmed(Event):
    """A person was asked whether something that they added is still right, and said yes."""

    name = "enrolment.confirmed"
    method: str


@dataclass(frozen=True, slots=True)
class AddingPutOff(Event):
    """A person who was asked to add a method said "Later". `left`: how often they may say so still."""

    name = "enrolment.put-off"
    left: int


@dataclass(frozen=True, slots=True)
class MethodRunningOut(Event):
    """Something that a person added can be used only so often any more; 0: it was used for the last time."""

    name = "enrolment.running-out"
    method: str
    left: int


@dataclass(frozen=True, slots=True)
class MethodCopied(Event):
    """Something that a person added signs rightly and counts wrongly: there are two of it. It proved nothing."""

    name = "enrolment.copied"
    loud = True
    method: str
