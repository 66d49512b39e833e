"""What the administrators have decided, as one immutable value that is rebuilt when they decide anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock, Timer

from ..contracts.people import Person
from ..contracts.plugin import Plugin
from ..host import Host, Plugins
from ..recovery.decoys import Shapes
from ..recovery.names import realm_of
from ..recovery.policy import Disclosure, Policy, PublicRules, policy_for
from .records import Records

# No call to a plugin is waited for longer than this, in seconds.
LONGEST_CALL = 15.0

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

    @property
    def usual_policy(self) -> Policy:
        """The last one, which fits everybody; without any, the strict default holds."""
        return max(self.policies, key=lambda policy: policy.position, default=Policy("default"))

    def policy_for(self, person: Person) -> Policy:
        """The first that fits."""
        return policy_for(self.policies, person) or self.usual_policy

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
        human_checks: Sequence[str],
        disclosure: Disclosure | None = None,
    ) -> None:
        self._host = host
        self._records = records
        self._pinned = pinned
        self._human_checks = human_checks
        self._disclosure = disclosure
        self._lock = Lock()
        self._current = self._build(None)

    @property
    def current(self) -> Snapshot:
        """The one in force, as far as this process knows."""
        return self._current

    def at_least(self, version: int) -> Snapshot:
        """The one in force, rebuilt if the database has a newer version."""
        if version > self._current.version:
            with self._lock:
                if version > self._current.version:
                    old, self._current = self._current, self._build(self._current)
                    self._close_later(old, self._current)
        return self._current

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
        wanted: dict[tuple[str, str], Mapping[str, object]] = {}
        for name, found in self._host.classes.items():
            row, pinned = rows.get(name), self._pinned.get(name)
            on = row.enabled if row else pinned is not None or not _needs_settings(found)
            if on:
                # What the file pins is not for the console to change.
                wanted[name] = {**(row.settings if row else {}), **(pinned or {})}
        plugins = self._host.build(
            wanted, human_checks=self._human_checks, version=version, replacing=before.plugins if before else None
        )
        # What the file decides is not for the console to change.
        # A way that is not there is none: a try is over when the last one that people see is used up.
        # What may not come first is never shown first, whatever somebody set: its page depends on the person (P4).
        there = tuple(key for key in public.methods if key in plugins.methods and plugins.methods[key].first)
        public = replace(public, disclosure=self._disclosure or public.disclosure, methods=there)
        return Snapshot(plugins, policies, public, version, shapes)


def _needs_settings(plugin: type[Plugin]) -> bool:
    """Whether it cannot run before somebody has set it up; then it is not broken, only not there yet."""
    return any(field.is_required() for field in plugin.Settings.model_fields.values())
