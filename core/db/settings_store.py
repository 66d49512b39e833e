"""What administrators decide: plugins' settings, policies and public rules; every save raises one version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Executable,
    RowMapping,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from ..recovery.decoys import Shapes
from ..recovery.policy import Policy, PublicRules
from . import sealed, value_json
from .per_dialect import Insert, PerDialect
from .sealed import SealedRow
from .sealing import KeyPurpose, Keyring, SealBroken
from .settings_history import Saved, SettingsHistory
from .tables import plugin, policy, public_rules, settings_version

# What the history calls them. Of plugins the key says which.
POLICIES, PUBLIC_RULES, PLUGINS = "policies", "public_rules", "plugin"

# Beside the settings of a plugin that is off for a while. No setting can be called so.
_UNTIL = "off until"

_KEY = "settings"
_HOUSE = "house"
_DECOYS = "decoys"

_DECOYS_PLACE = {"column": "rules", "row": _DECOYS}

_version = select(settings_version.c.version).where(settings_version.c.key == _KEY)


def _replace(table: Table, *keys: str) -> PerDialect:
    def build(new: Insert) -> Executable:
        made = new(table)
        changed = {column.name: made.excluded[column.name] for column in table.c if column.name not in keys}
        return made.on_conflict_do_update(index_elements=list(keys), set_=changed)

    return PerDialect(build)


def _raise(new: Insert) -> Executable:
    made = new(settings_version)
    changed = {"version": settings_version.c.version + 1}
    return made.on_conflict_do_update(index_elements=["key"], set_=changed).returning(settings_version.c.version)


# Raising the version first makes two administrators who save at once do it one after the other.
_raise_version = PerDialect(_raise)
_seal_version = (
    update(settings_version)
    .where(settings_version.c.key == _KEY)
    .values({name: bindparam(f"new_{name}") for name in ("plugins", "policies", "public_rules", "seal")})
)
_save_plugin = _replace(plugin, "kind", "key")
_save_rules = _replace(public_rules, "key")
_drop_policies = delete(policy)
_add_policies = insert(policy)
# Who and why stand in the history, encrypted: these columns are for servers of an earlier edition to read.
_UNSIGNED = {"who": "", "why": ""}
_COUNTED = {plugin: "plugins", policy: "policies", public_rules: "public_rules"}
_NOW = [column.label(f"now_{column.name}") for column in settings_version.c]


def _with_version(table: Table, *order: Column[Any]) -> Select[Any]:
    # One statement, so that the rows and their number are from the same moment, whoever saves meanwhile.
    always = select(literal(1).label("one")).subquery()
    version = always.outerjoin(settings_version, settings_version.c.key == _KEY)
    return select(table, *_NOW).select_from(version.outerjoin(table, true())).order_by(*order)


_plugins = _with_version(plugin, plugin.c.kind, plugin.c.key)
_policies = _with_version(policy, policy.c.position, policy.c.name)
_rules = _with_version(public_rules)
_how_many = {table: select(func.count()).select_from(table) for table in _COUNTED}


def _moment(at: datetime | None) -> datetime:
    return at or datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PluginRow:
    """A plugin's settings as they were saved. One that is off with `off_until` is on again from that moment."""

    kind: str
    key: str
    enabled: bool
    settings: Mapping[str, Any] = field(repr=False)
    version: int
    off_until: datetime | None = None

    def on(self, now: datetime) -> bool:
        """Whether it is switched on at this moment."""
        return self.enabled or (self.off_until is not None and now >= self.off_until)


class SavedMeanwhile(Exception):
    """Somebody else saved after what this change was made from was read."""


class SettingsStore:
    """Rows that were changed, added or deleted without the key are refused, all of them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.history = SettingsHistory(keyring)

    def version(self, tx: Connection) -> int:
        """Raised by every save; whoever sees a newer one reads everything again."""
        return tx.scalar(_version) or 0

    def last_save(self, tx: Connection, kind: str, key: str) -> int:
        """The version of the last save of this kind; 0 before the first."""
        newest = self.history.newest(tx, kind, key)
        return newest.version if newest else 0

    def plugin_rows(self, tx: Connection) -> tuple[PluginRow, ...]:
        """Every plugin that was ever seen. Raises SealBroken."""
        rows = self._checked(tx, sealed.PLUGIN_ROW, _plugins)
        return tuple(self._plugin_row(row) for row in rows)

    def _plugin_row(self, row: RowMapping) -> PluginRow:
        settings = json.loads(sealed.PLUGIN.open(self._keyring, row))
        until = settings.pop(_UNTIL, None)
        ends = datetime.fromisoformat(until) if until else None
        return PluginRow(row["kind"], row["key"], row["enabled"], settings, row["version"], ends)

    def save_plugin(
        self,
        tx: Connection,
        kind: str,
        key: str,
        *,
        enabled: bool,
        settings: Mapping[str, Any],
        off_until: datetime | None = None,
        who: str = "",
        why: str = "",
        at: datetime | None = None,
        after: int | None = None,
    ) -> int:
        """Keep a plugin's settings; returns the new version. `settings` must be what JSON can hold.

        `after`: the save that was read before. Raises SavedMeanwhile where it is not the last one any more.
        """
        version = self._next_version(tx, PLUGINS, f"{kind}/{key}", after)
        row: dict[str, Any] = {"kind": kind, "key": key, "enabled": enabled, "version": version}
        kept = {**settings, **({_UNTIL: off_until.isoformat()} if off_until else {})}
        row["settings"] = sealed.PLUGIN.seal(self._keyring, json.dumps(kept).encode(), row)
        row["seal"] = sealed.PLUGIN_ROW.seal(self._keyring, row)
        tx.execute(_save_plugin.on(tx), row)
        what = json.dumps({"enabled": enabled, "settings": kept})
        self.history.add(tx, PLUGINS, f"{kind}/{key}", Saved(version, _moment(at), who, why, what))
        return self._seal_version(tx, version)

    def policies(self, tx: Connection) -> tuple[Policy, ...]:
        """All policies by position; none before the first save. Raises SealBroken."""
        rows = self._checked(tx, sealed.POLICY_ROW, _policies)
        return tuple(value_json.POLICY.validate_json(row["rules"]) for row in rows)

    def save_policies(
        self,
        tx: Connection,
        policies: Sequence[Policy],
        *,
        who: str,
        why: str,
        at: datetime | None = None,
        after: int | None = None,
    ) -> int:
        """Keep these in place of all others; returns the new version. Raises SavedMeanwhile, as `save_plugin` does."""
        version = self._next_version(tx, POLICIES, "", after)
        tx.execute(_drop_policies)
        for one in policies:
            rules = value_json.POLICY.dump_json(one).decode()
            row: dict[str, Any] = {"name": one.name, "position": one.position, "rules": rules, "version": version}
            row |= _UNSIGNED
            tx.execute(_add_policies, row | {"seal": sealed.POLICY_ROW.seal(self._keyring, row)})
        what = value_json.POLICIES.dump_json(tuple(policies)).decode()
        self.history.add(tx, POLICIES, "", Saved(version, _moment(at), who, why, what))
        return self._seal_version(tx, version)

    def public_rules(self, tx: Connection) -> PublicRules:
        """What holds before the first proof; the defaults before the first save. Raises SealBroken."""
        rules = self._rules(tx, _HOUSE)
        return value_json.PUBLIC_RULES.validate_json(rules) if rules is not None else PublicRules()

    def save_public_rules(
        self,
        tx: Connection,
        rules: PublicRules,
        *,
        who: str,
        why: str,
        at: datetime | None = None,
        after: int | None = None,
    ) -> int:
        """Keep the house's public rules; returns the new version. Raises SavedMeanwhile, as `save_plugin` does."""
        version = self._next_version(tx, PUBLIC_RULES, _HOUSE, after)
        what = value_json.PUBLIC_RULES.dump_json(rules).decode()
        self.history.add(tx, PUBLIC_RULES, _HOUSE, Saved(version, _moment(at), who, why, what))
        return self._save_rules(tx, _HOUSE, what, version)

    def shapes(self, tx: Connection) -> Shapes | None:
        """What decoys are made from; None before it was frozen. Raises SealBroken."""
        kept = self._rules(tx, _DECOYS)
        if kept is None:
            return None
        plain = self._keyring.open(KeyPurpose.DECOY, bytes.fromhex(kept), table=public_rules.name, **_DECOYS_PLACE)
        return value_json.SHAPES.validate_json(plain)

    def save_shapes(self, tx: Connection, shapes: Shapes, *, who: str, why: str) -> int:
        """Keep the shapes, encrypted: they tell where people have their mail. Returns the new version."""
        plain = value_json.SHAPES.dump_json(shapes)
        # By the key that is never rotated, as what is drawn from them.
        kept = self._keyring.seal(KeyPurpose.DECOY, plain, table=public_rules.name, **_DECOYS_PLACE)
        version = self._next_version(tx, PUBLIC_RULES, _DECOYS, None)
        # Who and why, without the shapes: nobody compares or takes back what is made anew from a list of names.
        self.history.add(tx, PUBLIC_RULES, _DECOYS, Saved(version, _moment(None), who, why, ""))
        return self._save_rules(tx, _DECOYS, kept.hex(), version)

    def _rules(self, tx: Connection, key: str) -> str | None:
        rows = self._checked(tx, sealed.PUBLIC_RULES_ROW, _rules)
        return next((row["rules"] for row in rows if row["key"] == key), None)

    def _save_rules(self, tx: Connection, key: str, rules: str, version: int) -> int:
        row: dict[str, Any] = {"key": key, "rules": rules, "version": version, **_UNSIGNED}
        tx.execute(_save_rules.on(tx), row | {"seal": sealed.PUBLIC_RULES_ROW.seal(self._keyring, row)})
        return self._seal_version(tx, version)

    def _checked(self, tx: Connection, kind: SealedRow, all_rows: Select[Any]) -> list[RowMapping]:
        found = tx.execute(all_rows).mappings().all()
        rows = [row for row in found if row[kind.column] is not None]
        for row in rows:
            kind.check(self._keyring, row)
        now = {column.name: found[0][f"now_{column.name}"] for column in settings_version.c}
        if now["seal"] is not None:
            sealed.SETTINGS_ROW.check(self._keyring, now)
        # A deleted row leaves no broken seal behind, but it was counted.
        if len(rows) != (now[_COUNTED[kind.table]] or 0):
            raise SealBroken(kind.table.name)
        return rows

    def _next_version(self, tx: Connection, kind: str, key: str, after: int | None) -> int:
        first = {"key": _KEY, "version": 1, "plugins": 0, "policies": 0, "public_rules": 0, "seal": b""}
        version: int = tx.execute(_raise_version.on(tx), first).scalar_one()
        # Only now: whoever saves at the same time has committed, or waits for us.
        if after is not None and self.last_save(tx, kind, key) != after:
            raise SavedMeanwhile
        return version

    def _seal_version(self, tx: Connection, version: int) -> int:
        row: dict[str, Any] = {"key": _KEY, "version": version}
        row |= {name: tx.scalar(_how_many[table]) for table, name in _COUNTED.items()}
        row["seal"] = sealed.SETTINGS_ROW.seal(self._keyring, row)
        tx.execute(_seal_version, {f"new_{name}": row[name] for name in (*_COUNTED.values(), "seal")})
        return version
