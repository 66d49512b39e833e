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
