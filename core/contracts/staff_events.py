"""What administrators do, on the server or by its screens."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class KeysRotated(Event):
    """A purpose got a new key."""

    name = "keys.rotated"
    purpose: str


@dataclass(frozen=True, slots=True)
class BackupRestored(Event):
    """The database is an older copy: what was under way in it, and its saved codes, are over."""

    name = "backup.restored"
    recoveries: int
    enrolments: int


@dataclass(frozen=True, slots=True)
class StoreTried(Event):
    """An administrator begins to try a store with a test account, whose password is set several times. `who` may type
    on the server."""

    name = "store.tried"
    loud = True
    store: str
    who: str


@dataclass(frozen=True, slots=True)
class SettingsSaved(Event):
    """A plugin's settings, a policy or the public rules were saved."""

    name = "settings.saved"
    loud = True
    what: str
