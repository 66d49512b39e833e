"""Who comes into the console and leaves it. Who it was stands beside each event, sealed."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class ConsoleEntered(Event):
    """Somebody with these roles is in. `how`: idp, or link (made on the server)."""

    name = "console.entered"
    roles: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True)
class ConsoleLeft(Event):
    """A session in the console is over. `how`: self, idp, idle, age, or rules (who has which role was changed)."""

    name = "console.left"
    how: str


@dataclass(frozen=True, slots=True)
class ConsoleRefused(Event):
    """Somebody was not let into the console. `reason`: as in a sign-in that failed; no-role, or link."""

    name = "console.refused"
    loud = True
    reason: str


@dataclass(frozen=True, slots=True)
class ConsoleLinkMade(Event):
    """On the server a link was made that opens the console once, for whoever holds it."""

    name = "console.link-made"
    loud = True


@dataclass(frozen=True, slots=True)
class PersonSimulated(Event):
    """An administrator looked at what would happen if this person came. `by`: their pseudonym; who stands beside."""

    name = "person.simulated"
    purpose: str
    by: str
