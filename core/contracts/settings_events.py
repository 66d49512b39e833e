"""What administrators decide by the console. Who and why stand beside each event, sealed."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class RulesSaved(Event):
    """Policies or the public rules (`what`) were saved; `changes` say each field with its old and its new value."""

    name = "rules.saved"
    loud = True
    what: str
    version: int
    changes: tuple[str, ...]
