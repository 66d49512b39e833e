"""Entries as administrators see them: made, changed, given another secret, and retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from ...contracts.entry import Entry, OidcClient
from ...contracts.errors import KeybackError
from ...contracts.event import Event
from ...contracts.settings_events import EntryRetired, EntrySaved
from ...contracts.text import Secret, Text
from ...db.client_key_sets import ClientKeySet
from ...db.entries import ENTRIES, NEVER, Seen
from ...db.session import Transaction, after_commit
from ...db.settings_history import Saved
from ...db.settings_store import SavedMeanwhile
from ..records import Records
from ..reporting.counted import tell
from ..ruling.approvals import said_by
from ..ruling.kept_rules import Change
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .entry_rules import Problem, addresses, digest, problems

# Whoever retires an entry by which people came lately is asked once more.
LATELY = timedelta(hours=24)
TAKEN = Text("There is an entry with this key already.")
PINNED = Text("keyback.toml has an entry with this key. It can only be changed there.")
NO_SUCH_STORE = Text("This directory is not switched on.")
NO_SUCH_LANGUAGE = Text("Keyback does not speak this language.")
NOT_HTTPS = Text("{address} must begin with https://")
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


class Unfit(KeybackError):
    """It cannot be such an entry; nothing was saved."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__("; ".join(one.at for one in found))
        self.problems = tuple(found)


class InUse(KeybackError):
    """People came by it lately, and whoever retires it did not say that they know; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Door:
    """One entry, what was last seen of it, and its last save; `pinned`: the file decides, and no screen.

    `published`: what was read of its client's keys, where the client publishes them.
    """

    entry: Entry
    seen: Seen = NEVER
    pinned: bool = False
    version: int = 0
    saved_at: datetime | None = None
    published: ClientKeySet | None = None

    @property
    def last_used(self) -> datetime | None:
        """When somebody last came by it, or its client last got an answer."""
        known = [at for at in (self.seen.arrived_at, self.seen.answered_at) if at]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was saved. `secret`: the client's new one, for this once; only its digest is kept."""

    version: int
    secret: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class EntryDesk:
    """Every save is one commit: row, version, history and event. `local`: http on this machine will do, in the demo."""

    records: Records
    snapshots: Snapshots
    around: Surroundings
    pinned: Mapping[str, Entry] = field(default_factory=dict)
    local: bool = False

    def all(self) -> tuple[Door, ...]:
        """Those of the file and those of administrators, by name."""
        with self.records.db.read() as tx:
            saved, seen = self.records.entries.all(tx), self.records.entries.seen(tx)
        found = [Door(entry, seen.get(key, NEVER), pinned=True) for key, entry in self.pinned.items()]
        found += [Door(entry, seen.get(key, NEVER)) for key, entry in saved.items() if key not in self.pinned]
        return tuple(sorted(found, key=lambda door: (door.entry.name.casefold(), door.entry.key)))

    def one(self, key: str) -> Door | None:
        """This one; None if there is none."""
        with self.records.db.read() as tx:
            entry, seen = self.records.entries.all(tx).get(key), self.records.entries.seen(tx).get(key, NEVER)
            last = self.records.entries.history.newest(tx, ENTRIES, key)
            keys = self.records.client_key_sets.all(tx).get(key)
        if key in self.pinned:
            return Door(self.pinned[key], seen, pinned=True, published=keys)
        if entry is None:
            return None
        saved = (last.version, last.at) if last else (0, None)
        return Door(entry, seen, version=saved[0], saved_at=saved[1], published=keys)

    def past(self, key: str, *, before: int | None = None, most: int = 20) -> Sequence[Saved]:
        """Who saved it when and why, the newest first. What was saved holds a digest, and stays here."""
        with self.records.db.read() as tx:
            page = self.records.entries.history.page(tx, ENTRIES, key, before=before, most=most)
        return [replace(saved, what="") for saved in page]

    def make(self, wanted: Entry, change: Change) -> Kept:
        """A new one. Raises Unfit, or SavedMeanwhile where somebody made it at the same moment."""
        with self.records.db.write() as tx:
            last = self.records.entries.history.newest(tx, ENTRIES, wanted.key)
            if wanted.key in self.records.entries.all(tx):
                raise Unfit([Problem("key", TAKEN)])
            return self._keep(tx, None, wanted, replace(change, after=last.version if last else 0))

    def change(self, wanted: Entry, change: Change) -> Kept:
        """Other values for one that is there; its kind stays. Raises Unfit or SavedMeanwhile."""
        with self.records.db.write() as tx:
            return self._keep(tx, self._there(tx, wanted.key), wanted, change)

    def new_secret(self, key: str, change: Change) -> Kept:
        """Another secret for its client; the old one is over at once. Raises SavedMeanwhile."""
        with self.records.db.write() as tx:
            before = self._there(tx, key)
            if before.client is None or before.client.has_own_key:
                raise SavedMeanwhile
            without = replace(before, client=replace(before.client, secret_digest=""))
            return self._keep(tx, without, without, change)

    def retire(self, key: str, change: Change, *, anyway: bool = False) -> None:
        """Take it away. Raises InUse, or SavedMeanwhile where it is gone or changed."""
        door, why = self.one(key), change.line()
        if door is not None and self.used_lately(door) and not anyway:
            raise InUse
        with self.records.db.write() as tx:
            self._there(tx, key)
            version = self._note(tx, key, change, "")
            self.records.entries.drop(tx, key)
            self.records.client_key_sets.drop(tx, key)
            self._record(tx, EntryRetired(key, version), change, why)

    def used_lately(self, door: Door) -> bool:
        """Whether people came by it in the last day."""
        return door.last_used is not None and self.around.now() < door.last_used + LATELY

    def _keep(self, tx: Transaction, before: Entry | None, wanted: Entry, change: Change) -> Kept:
        why, (entry, secret) = change.line(), self._with_proof(wanted, before)
        if found := self._problems(entry):
            raise Unfit(found)
        version = self._note(tx, entry.key, change, _ENTRY.dump_json(entry).decode())
        self.records.entries.save(tx, entry, version)
        self._record(tx, EntrySaved(entry.key, version, changed(before, entry)), change, why)
        return Kept(version, secret)

    def _with_proof(self, wanted: Entry, before: Entry | None) -> tuple[Entry, Secret | None]:
        """A client without a key of its own keeps its secret, or is given one."""
        if wanted.client is None or wanted.client.has_own_key:
            return wanted, None
        kept = before.client.secret_digest if before and before.client else ""
        if kept:
            return replace(wanted, client=replace(wanted.client, secret_digest=kept)), None
        made = self.around.random(32).hex()
        return replace(wanted, client=replace(wanted.client, secret_digest=digest(made))), Secret(made)

    def _problems(self, entry: Entry) -> list[Problem]:
        found = list(problems(entry))
        if entry.key in self.pinned:
            found.append(Problem("key", PINNED))
        if entry.language and entry.language not in self.around.languages.names:
            found.append(Problem("language", NO_SUCH_LANGUAGE))
        stores = self.snapshots.current.plugins.stores
        if entry.client and entry.client.store and entry.client.store not in stores:
            found.append(Problem("store", NO_SUCH_STORE))
        plain = [each for each in addresses(entry) if each.startswith("http:")]
        if plain and not self.local and not found:
            # Whoever is on the way would read the code, or lead people elsewhere.
            found.append(Problem("", NOT_HTTPS.filled(address=plain[0])))
        return found

    def _there(self, tx: Transaction, key: str) -> Entry:
        found = self.records.entries.all(tx).get(key)
        if found is None or key in self.pinned:
            raise SavedMeanwhile
        return found

    def _note(self, tx: Transaction, key: str, change: Change, what: str) -> int:
        save = Saved(0, self.around.now(), change.actor.name, change.line(), what)
        version = self.records.entries.note_save(tx, key, save, after=change.after)
        # This process need not wait for its next look.
        after_commit(tx, lambda: self.snapshots.at_least(version))
        return version

    def _record(self, tx: Transaction, event: Event, change: Change, why: str) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), details=said_by(change.actor, why))
        after_commit(tx, lambda: tell(self.around.meter, [event]))


def changed(before: Entry | None, after: Entry) -> tuple[str, ...]:
    """The names of what is not as it was."""
    if before is None:
        return ("new",)
    old, new = before.client or OidcClient(()), after.client or OidcClient(())
    mine = ("name", "return_urls", "home_url", "language")
    theirs = tuple(one.name for one in fields(OidcClient))
    found = [name for name in mine if getattr(before, name) != getattr(after, name)]
    return (*found, *(name for name in theirs if getattr(old, name) != getattr(new, name)))
