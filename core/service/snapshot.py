"""What the administrators have decided, as one immutable value that is rebuilt when they decide anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from threading import Lock, Timer
from types import MappingProxyType

from ..contracts.brand import Brand
from ..contracts.entry import Entry
from ..contracts.method import Method
from ..contracts.people import Person
from ..contracts.plugin import Plugin, addresses_of
from ..contracts.question_set import AsksQuestions, QuestionSet
from ..contracts.store import CanUnlock
from ..contracts.text import Text
from ..contracts.wall import NO_WALL, Network, Wall
from ..db.settings_store import PluginRow
from ..host import Host, Plugins
from ..recovery.decoys import Shapes
from ..recovery.names import realm_of
from ..recovery.policy import Disclosure, Policy, PublicRules, Purpose, policy_for, usual_policy
from ..recovery.reach import Kind, Rules
from .records import Records
from .ruling.house_brand import FileSays, brand_of
from .surroundings import utc_now

# No call to a plugin is waited for longer than this, in seconds.
LONGEST_CALL = 15.0

# Where no file says anything, as in tests.
NOBODYS = FileSays(Brand("Keyback", help_desk="the help desk"))

# Settings of a plugin, by kind and key.
SettingsOf = Mapping[tuple[str, str], Mapping[str, object]]


@dataclass(frozen=True)
class Snapshot:
    """Plugins, policies and public rules of one version."""

    plugins: Plugins
    policies: tuple[Policy, ...]
    public: PublicRules
    version: int
    shapes: Shapes | None = None
    # When a plugin comes back that is off for a while.
    good_until: datetime | None = None
    # Of the file, and of administrators.
    entries: Mapping[str, Entry] = field(default_factory=dict)
    brand: Brand = NOBODYS.brand

    @property
    def usual_policy(self) -> Policy:
        """The last one, which fits everybody; without any, the strict default holds."""
        return usual_policy(self.policies)

    def policy_for(self, person: Person) -> Policy:
        """The first that fits."""
        return policy_for(self.policies, person) or self.usual_policy

    @cached_property
    def offers_unlock(self) -> bool:
        """Whether anybody could be unlocked: some directory can, and some policy allows it. Every start page asks."""
        allowed = any(Purpose.UNLOCK in policy.purposes for policy in (*self.policies, self.usual_policy))
        return allowed and any(isinstance(store, CanUnlock) for store in self.plugins.stores.values())

    @property
    def store_names(self) -> Mapping[str, Text | str]:
        """What the directories are called, by their keys."""
        return {key: store.called for key, store in self.plugins.stores.items()}

    @property
    def rules(self) -> Rules:
        """What decides who gets back in."""
        kinds = {key: kind_of(type(method)) for key, method in self.plugins.methods.items()}
        return Rules(self.policies, self.public, kinds)

    def with_rules(self, policies: Sequence[Policy], public: PublicRules) -> Snapshot:
        """As it would be if these were saved."""
        return replace(self, policies=tuple(policies), public=public)

    def stores_for(self, name: str, realms: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Which stores may know this name: those that claim its realm alone, otherwise all that claim none.

        A name without a realm, or with one that nobody claims, is asked of every store: never the first match.
        """
        realm = realm_of(name)
        claimed = {key: {each.casefold() for each in theirs} for key, theirs in realms.items()}
        claiming = tuple(key for key in self.plugins.stores if realm and realm in claimed.get(key, ()))
        return claiming or tuple(self.plugins.stores)


class Snapshots:
    """Hands out the newest snapshot. A request that sees a newer version in the database builds a new one."""

    def __init__(
        self,
        host: Host,
        records: Records,
        *,
        pinned: SettingsOf,
        made: SettingsOf | None = None,
        human_checks: Sequence[str],
        disclosure: Disclosure | None = None,
        file: FileSays = NOBODYS,
        networks: Sequence[Network] = (),
        entries: Mapping[str, Entry] = MappingProxyType({}),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.host = host
        self.human_checks = human_checks
        self.file = file
        # What the file decides, and the secrets that nobody needs to choose.
        self.pinned = pinned
        self.made = made or {}
        self._records = records
        self._now = now
        self._disclosure = disclosure
        self._wall = Wall(tuple(networks))
        self._entries = entries
        self._lock = Lock()
        self._current = self._build(None)

    @property
    def current(self) -> Snapshot:
        """The one in force, as far as this process knows."""
        return self._current

    def at_least(self, version: int) -> Snapshot:
        """The one in force, rebuilt if the database has a newer version, or a plugin's time to be off is over."""
        if self._is_old(version):
            with self._lock:
                if self._is_old(version):
                    old, self._current = self._current, self._build(self._current)
                    self._close_later(old, self._current)
        return self._current

    def look_again(self) -> Snapshot:
        """The one in force, after a look at the database."""
        with self._records.db.read() as tx:
            version = self._records.settings.version(tx)
        return self.at_least(version)

    def _is_old(self, version: int) -> bool:
        until = self._current.good_until
        return version > self._current.version or (until is not None and self._now() >= until)

    @staticmethod
    def _close_later(old: Snapshot, new: Snapshot) -> None:
        """When calls in flight have had their time; on a thread of its own, because closing may hang."""
        closing = Timer(LONGEST_CALL, lambda: old.plugins.close(but_not=new.plugins))
        closing.daemon = True
        closing.start()

    def _build(self, before: Snapshot | None) -> Snapshot:
        settings = self._records.settings
        with self._records.db.read() as tx:
            version = settings.version(tx)
            rows = {(row.kind, row.key): row for row in settings.plugin_rows(tx)}
            policies = settings.policies(tx)
            public, shapes = settings.public_rules(tx), settings.shapes(tx)
            entries = {**self._records.entries.all(tx), **self._entries}
            brand = brand_of(tx, settings.documents, self.file)
            questions = self._records.question_sets.all(tx)
        now = self._now()
        on = [name for name in self.host.classes if self.is_on(name, rows.get(name), now)]
        wanted = {name: self.in_force(name, rows.get(name)) for name in on}
        plugins = self.host.build(
            wanted,
            human_checks=self.human_checks,
            version=version,
            replacing=before.plugins if before else None,
            walls={name: self.wall_of(name) for name in self.host.classes},
        )
        plugins = _asking(plugins, questions)
        # What the file decides is not for the console to change.
        # A way that is not there is none: a try is over when the last one that people see is used up.
        # What may not come first is never shown first, whatever somebody set: its page depends on the person (P4).
        there = tuple(key for key in public.methods if key in plugins.methods and plugins.methods[key].first)
        public = replace(public, disclosure=self._disclosure or public.disclosure, methods=there)
        return Snapshot(plugins, policies, public, version, shapes, _next_return(rows.values(), now), entries, brand)

    def in_force(self, name: tuple[str, str], row: PluginRow | None) -> Mapping[str, object]:
        """All settings of a plugin that have a value. What the file pins is not for the console to change."""
        return {**(row.settings if row else {}), **self.made.get(name, {}), **self.pinned.get(name, {})}

    def wall_of(self, name: tuple[str, str]) -> Wall:
        """Where it may connect to: anywhere if the file says where, else to the internet and the networks listed."""
        pinned = self.pinned.get(name, {})
        return NO_WALL if all(each in pinned for each in addresses_of(self.host.classes[name].Settings)) else self._wall

    def is_on(self, name: tuple[str, str], row: PluginRow | None, now: datetime) -> bool:
        """Whether it is to run. Human checks are chosen in the file alone: without one nobody could start."""
        if name[0] == "human_check":
            return name[1] in self.human_checks
        if row is not None:
            return row.on(now)
        return name in self.pinned or not lacking(self.host.classes[name], self.in_force(name, None))


class Drafted(Snapshots):
    """Hands out a snapshot that is not in force, to whoever asks what would be."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._current = snapshot

    def at_least(self, version: int) -> Snapshot:
        """The draft, whatever is saved meanwhile."""
        return self._current


def lacking(plugin: type[Plugin], values: Mapping[str, object]) -> tuple[str, ...]:
    """The settings without which it cannot run; until somebody sets them it is not broken, only not there yet."""
    return tuple(
        name for name, field in plugin.Settings.model_fields.items() if field.is_required() and name not in values
    )


def _next_return(rows: Iterable[PluginRow], now: datetime) -> datetime | None:
    ends = (row.off_until for row in rows if not row.on(now) and row.off_until)
    return min(ends, default=None)


def _asking(plugins: Plugins, sets: Sequence[QuestionSet]) -> Plugins:
    """With what the organisation asks, in the methods that ask it."""
    methods = plugins.methods.items()
    asking = {key: one.asking(sets) if isinstance(one, AsksQuestions) else one for key, one in methods}
    return replace(plugins, methods=MappingProxyType(asking))


def kind_of(method: type[Method]) -> Kind:
    """What the flow asks of it."""
    return Kind(method.rides_on.value, first=method.first, sends=method.medium is not None)
