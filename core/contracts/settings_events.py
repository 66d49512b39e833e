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


@dataclass(frozen=True, slots=True)
class PluginSaved(Event):
    """The settings named in `changed` have other values now."""

    name = "plugin.saved"
    loud = True
    kind: str
    plugin: str
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PluginFilesChanged(Event):
    """A plugin was loaded whose files are not those of the start before. `digest`: of the new ones."""

    name = "plugin.files-changed"
    loud = True
    kind: str
    plugin: str
    digest: str


@dataclass(frozen=True, slots=True)
class PluginSwitched(Event):
    """A plugin was switched on or off. `until`: when it is on again by itself; empty where it stays off."""

    name = "plugin.switched"
    loud = True
    kind: str
    plugin: str
    on: bool
    until: str = ""


@dataclass(frozen=True, slots=True)
class PluginTested(Event):
    """An administrator pressed Test."""

    name = "plugin.tested"
    kind: str
    plugin: str
    passed: bool


@dataclass(frozen=True, slots=True)
class RiskAccepted(Event):
    """Somebody answers for a plugin that standards advise against, or for a policy that counts it (`what`), after they
    read the warning in this `wording`. Whose name they typed stands sealed beside it."""

    name = "risk.accepted"
    loud = True
    plugin: str
    what: str
    wording: int


@dataclass(frozen=True, slots=True)
class EntrySaved(Event):
    """An entry was made, or what `changed` names has other values now: people may be sent to other places."""

    name = "entry.saved"
    loud = True
    entry: str
    version: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryRetired(Event):
    """Nobody comes by this entry any more, and its client gets no answer."""

    name = "entry.retired"
    loud = True
    entry: str
    version: int


@dataclass(frozen=True, slots=True)
class EntryTested(Event):
    """An administrator pressed Test: Keyback asked the addresses of this entry."""

    name = "entry.tested"
    entry: str
    passed: bool
