"""What administrators decide: plugins' settings, policies and public rules; every save raises one version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert

from ..recovery.decoys import Shapes
from ..recovery.policy import Policy, PublicRules
from . import sealed, value_json
from .documents import DECOYS, HOUSE, By, Documents
from .documents import PUBLIC_RULES as PUBLIC_RULES  # noqa: PLC0414 - whoever saves them knows the others here too
from .sealing import KeyPurpose, Keyring
from .settings_history import Saved, SettingsHistory
from .settings_rows import SavedMeanwhile as SavedMeanwhile  # noqa: PLC0414 - what every save of ours may raise
from .settings_rows import SettingsRows, replacing, with_version
from .tables import plugin, policy, public_rules

# What the history calls them. Of plugins the key says which.
POLICIES, PLUGINS = "policies", "plugin"

# Beside the settings of a plugin that is off for a while. No setting can be called so.
_UNTIL = "off until"

_DECOYS_PLACE = {"column": "rules", "row": DECOYS.row}

_save_plugin = replacing(plugin, "kind", "key")
_drop_policies = delete(policy)
_add_policies = insert(policy)
# Who and why stand in the history, encrypted: these columns are for servers of an earlier edition to read.
_UNSIGNED = {"who": "", "why": ""}
_plugins = with_version(plugin, plugin.c.kind, plugin.c.key)
_policies = with_version(policy, policy.c.position, policy.c.name)


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


class SettingsStore:
    """Rows that were changed, added or deleted without the key are refused, all of them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.history = SettingsHistory(keyring)
        self._rows = SettingsRows(keyring, self.history)
        self.documents = Documents(keyring, self._rows, self.history)

    def version(self, tx: Connection) -> int:
        """Raised by every save; whoever sees a newer one reads everything again."""
        return self._rows.version(tx)

    def last_save(self, tx: Connection, kind: str, key: str) -> int:
        """The version of the last save of this kind; 0 before the first."""
        return self._rows.last_save(tx, kind, key)

    def plugin_rows(self, tx: Connection) -> tuple[PluginRow, ...]:
        """Every plugin that was ever seen. Raises SealBroken."""
        rows = self._rows.checked(tx, sealed.PLUGIN_ROW, _plugins)
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
        version = self._rows.begin(tx, PLUGINS, f"{kind}/{key}", after)
        row: dict[str, Any] = {"kind": kind, "key": key, "enabled": enabled, "version": version}
        kept = {**settings, **({_UNTIL: off_until.isoformat()} if off_until else {})}
        row["settings"] = sealed.PLUGIN.seal(self._keyring, json.dumps(kept).encode(), row)
        row["seal"] = sealed.PLUGIN_ROW.seal(self._keyring, row)
        tx.execute(_save_plugin.on(tx), row)
        what = json.dumps({"enabled": enabled, "settings": kept})
        self.history.add(tx, PLUGINS, f"{kind}/{key}", Saved(version, _moment(at), who, why, what))
        return self._rows.end(tx, version)

    def policies(self, tx: Connection) -> tuple[Policy, ...]:
        """All policies by position; none before the first save. Raises SealBroken."""
        rows = self._rows.checked(tx, sealed.POLICY_ROW, _policies)
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
        version = self._rows.begin(tx, POLICIES, "", after)
        tx.execute(_drop_policies)
        for one in policies:
            rules = value_json.POLICY.dump_json(one).decode()
            row: dict[str, Any] = {"name": one.name, "position": one.position, "rules": rules, "version": version}
            row |= _UNSIGNED
            tx.execute(_add_policies, row | {"seal": sealed.POLICY_ROW.seal(self._keyring, row)})
        what = value_json.POLICIES.dump_json(tuple(policies)).decode()
        self.history.add(tx, POLICIES, "", Saved(version, _moment(at), who, why, what))
        return self._rows.end(tx, version)

    def public_rules(self, tx: Connection) -> PublicRules:
        """What holds before the first proof; the defaults before the first save. Raises SealBroken."""
        rules = self.documents.get(tx, HOUSE)
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
        what = value_json.PUBLIC_RULES.dump_json(rules).decode()
        return self.documents.save(tx, HOUSE, what, By(who, why, _moment(at)), after=after)

    def shapes(self, tx: Connection) -> Shapes | None:
        """What decoys are made from; None before it was frozen. Raises SealBroken."""
        kept = self.documents.get(tx, DECOYS)
        if kept is None:
            return None
        plain = self._keyring.open(KeyPurpose.DECOY, bytes.fromhex(kept), table=public_rules.name, **_DECOYS_PLACE)
        return value_json.SHAPES.validate_json(plain)

    def save_shapes(self, tx: Connection, shapes: Shapes, *, who: str, why: str) -> int:
        """Keep the shapes, encrypted: they tell where people have their mail. Returns the new version."""
        plain = value_json.SHAPES.dump_json(shapes)
        # By the key that is never rotated, as what is drawn from them.
        kept = self._keyring.seal(KeyPurpose.DECOY, plain, table=public_rules.name, **_DECOYS_PLACE)
        # Who and why, without the shapes: nobody compares or takes back what is made anew from a list of names.
        return self.documents.save(tx, DECOYS, kept.hex(), By(who, why, _moment(None)), remembered="")
