"""Notices that a plugin's files are others than when this house was last started: they run with all our rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from ...contracts.settings_events import PluginFilesChanged
from ...db.documents import By, Document
from ...db.session import Transaction, after_commit
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .counted import tell

FILES = Document("plugin-files", "plugin-files")
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """The files as one start found them; `since`: when they were found to have changed, None if they never did."""

    digest: str
    since: datetime | None = None


_SEEN: TypeAdapter[dict[str, Seen]] = TypeAdapter(dict[str, Seen])


@dataclass(kw_only=True)
class PluginWatch:
    """What was seen is kept with the settings, sealed as they are: whoever changes files can't make them look old."""

    records: Records
    snapshots: Snapshots
    around: Surroundings
    _done: bool = field(init=False, default=False)

    def look(self, _now: datetime) -> None:
        """Once in each process: compare, and write down what is other than it was."""
        if self._done:
            return
        here = {"/".join(name): digest for name, digest in self.snapshots.host.files.items() if digest}
        with self.records.db.read() as tx:
            changed = self._changed(tx, here)
        self._done = not changed or self._keep(here)

    def seen(self, tx: Transaction) -> Mapping[Name, Seen]:
        """What is known of each plugin that was ever loaded here."""
        return {_named(name): seen for name, seen in self._kept(tx).items()}

    def _keep(self, here: Mapping[str, str]) -> bool:
        """Whether it is written down; False while another process, which started with us, is at it."""
        now = self.around.now()
        with self.records.db.write() as tx:
            # Over at once: it only makes the others wait for this commit.
            if not self.records.leases.take(tx, "plugin files", self.around.token(), now, now):
                return False
            known, changed = self._kept(tx), self._changed(tx, here)
            if not changed:
                return True
            new = {name: Seen(here[name], now if name in known else None) for name in changed}
            what = _SEEN.dump_json({**known, **new}).decode()
            self.records.settings.documents.save(tx, FILES, what, By("Keyback", "its files changed", now))
            events = [PluginFilesChanged(*_named(name), here[name]) for name in changed if name in known]
            self.records.audit.append(tx, events, at=now)
            after_commit(tx, lambda: tell(self.around.meter, events))
        return True

    def _changed(self, tx: Transaction, here: Mapping[str, str]) -> list[str]:
        known = self._kept(tx)
        return [name for name, digest in here.items() if name not in known or known[name].digest != digest]

    def _kept(self, tx: Transaction) -> dict[str, Seen]:
        said = self.records.settings.documents.get(tx, FILES)
        return _SEEN.validate_json(said) if said else {}


def _named(name: str) -> Name:
    kind, _, key = name.partition("/")
    return kind, key
