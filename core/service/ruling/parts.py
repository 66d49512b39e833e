"""The plugins as administrators see them: what they are set to, whether they are on, and how both change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ...contracts.errors import KeybackError
from ...contracts.events import Event
from ...contracts.plugin import Fault, Plugin, PluginSettings, examine_settings
from ...contracts.settings_events import PluginSaved, PluginSwitched, RiskAccepted
from ...contracts.text import Text
from ...db.session import Transaction, after_commit
from ...db.settings_history import Saved
from ...db.settings_store import PLUGINS, PluginRow
from ..administrators.actor import Actor
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshot, Snapshots, lacking
from ..surroundings import Surroundings
from .acceptance import WORDING, NotAccepted, is_named
from .keeping_out import lessened
from .needed import Need, needs_of
from .part_values import Change, Fixed, defaults_of, differences, is_secret, only_elsewhere, stored_form
from .typed_addresses import walled_off

# Whoever switches something off for longer means for good.
LONGEST_OFF = timedelta(days=31)
# Of its saves: nobody makes more.
ALL = 100_000

Name = tuple[str, str]


class State(StrEnum):
    """How a plugin stands."""

    ON = "on"
    OFF = "off"
    BROKEN = "broken"
    NOT_SET_UP = "not-set-up"


class Unfit(KeybackError):
    """These settings cannot be kept; nothing was changed. `faults` say which and why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("settings cannot be kept")
        self.faults = tuple(faults)


class NotOffered(KeybackError):
    """No screen offers this switch: it was made up. Nothing was changed."""


class Needed(KeybackError):
    """It cannot be switched off like that; nothing was changed. `needs` say what would no longer work."""

    def __init__(self, needs: Sequence[Need]) -> None:
        super().__init__("others need it")
        self.needs = tuple(needs)


@dataclass(frozen=True, slots=True)
class Part:
    """One plugin. `values` has no secrets, `kept` names those that are set; `version` is that of its last save."""

    kind: str
    key: str
    offered: type[Plugin]
    values: Mapping[str, object] = field(repr=False)
    kept: frozenset[str]
    fixed: Mapping[str, Fixed]
    hidden: frozenset[str]
    state: State
    why: Text | str = ""
    off_until: datetime | None = None
    version: int = 0
    saved_at: datetime | None = None
    running: Plugin | None = field(default=None, repr=False)

    @property
    def name(self) -> Name:
        """By which it is found."""
        return self.kind, self.key

    @property
    def settings(self) -> type[PluginSettings]:
        """What draws its form."""
        return self.offered.Settings

    @property
    def label(self) -> Text:
        """What people call it."""
        return self.offered.label

    @property
    def accepted_in(self) -> str:
        """The setting that says who answers for it; empty where nobody need."""
        fields = only_elsewhere(self.settings).items()
        return next((name for name, fixed in fields if fixed is Fixed.ACCEPTED), "")

    @property
    def answered_by(self) -> str:
        """Who answers for it while it is on, although standards advise against it; empty where nobody need."""
        return str(self.values.get(self.accepted_in, "")) if self.state is State.ON and self.accepted_in else ""

    @property
    def chosen_in_file(self) -> bool:
        """Whether on and off are decided in keyback.toml: without a human check nobody could begin."""
        return self.kind == "human_check"


@dataclass(frozen=True, slots=True)
class Switch:
    """On, off, or off until a moment. `anyway`: whoever decided knows what will no longer work."""

    on: bool
    why: str = field(default="", repr=False)
    until: datetime | None = None
    anyway: bool = False


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Every save is one commit: row, version, history and event."""

    records: Records
    snapshots: Snapshots
    around: Surroundings

    def all(self) -> tuple[Part, ...]:
        """Every plugin that is loaded."""
        with self.records.db.read() as tx:
            rows = self._rows(tx)
            snapshot = self.snapshots.at_least(self.records.settings.version(tx))
        return tuple(self._part(name, rows.get(name), snapshot) for name in self.snapshots.host.classes)

    def one(self, kind: str, key: str) -> Part | None:
        """This plugin; None if none such is loaded."""
        name = (kind, key)
        if name not in self.snapshots.host.classes:
            return None
        with self.records.db.read() as tx:
            row = self._rows(tx).get(name)
            saved = self.records.settings.history.newest(tx, PLUGINS, f"{kind}/{key}")
            snapshot = self.snapshots.at_least(self.records.settings.version(tx))
        return self._part(name, row, snapshot, saved)

    @property
    def unusable(self) -> Sequence[tuple[str, Text | str]]:
        """Entry points that brought nothing, each with why."""
        return [(broken.name, broken.why) for broken in self.snapshots.host.broken]

    @property
    def left_out(self) -> Sequence[str]:
        """Installed, and not on the list of keyback.toml."""
        return self.snapshots.host.left_out

    def candidate(self, part: Part, change: Change) -> PluginSettings:
        """What the settings would be. Raises Unfit; asks no server."""
        settings, faults = examine_settings(part.settings, self._merged(part, change))
        if settings is None:
            raise Unfit(faults)
        if faults := tuple(walled_off(settings, self.snapshots.wall_of(part.name))):
            raise Unfit(faults)
        return settings

    def save(self, actor: Actor, part: Part, change: Change, *, on_server: bool = False) -> int:
        """Keep what was typed, at the console or on the server. Raises Unfit, and SavedMeanwhile where `part` is not
        the newest any more."""
        whole = stored_form(self.candidate(part, change))
        if why := self.snapshots.host.fault_of(part.name, whole):
            raise Unfit([Fault("", "broken", why)])
        defaults = defaults_of(part.settings)
        # What is as it came is not kept, so that a better default of a later edition reaches everybody.
        ours = {name: value for name, value in whole.items() if name not in part.fixed.keys() | part.hidden}
        kept = {name: value for name, value in ours.items() if name not in defaults or value != defaults[name]}
        with self.records.db.write() as tx:
            row = self._rows(tx).get(part.name)
            before = row.settings if row else {}
            old, new = {**defaults, **before}, {**defaults, **before, **ours}
            if not on_server and (faults := lessened(part.settings, old, new)):
                self._refuse_once_on(tx, part, row, faults)
            changed = differences(part.settings, old, new)
            stays = {name: value for name, value in before.items() if name not in ours}
            as_it_is = Switch(self._is_on(part.name, row), until=row.off_until if row else None)
            version = self._keep(tx, actor, part, {**stays, **kept}, as_it_is)
            self._record(tx, actor, PluginSaved(part.kind, part.key, tuple(changed)), changed)
        return self._in_force(version)

    def needs(self, part: Part) -> Sequence[Need]:
        """What would no longer work without it."""
        return needs_of(self.snapshots.current, part.kind, part.key)

    def switch(self, actor: Actor, part: Part, to: Switch) -> int:
        """On, off, or off for a while. Raises Needed, NotOffered, and SavedMeanwhile."""
        self._refuse_switch(part, to)
        until = to.until.isoformat(timespec="seconds") if to.until else ""
        with self.records.db.write() as tx:
            row = self._rows(tx).get(part.name)
            version = self._keep(tx, actor, part, row.settings if row else {}, to)
            event = PluginSwitched(part.kind, part.key, to.on, until)
            self._record(tx, actor, event, {"why": to.why} if to.why else {})
        return self._in_force(version)

    def accept(self, actor: Actor, part: Part, organisation: str, why: str) -> int:
        """Switch on what somebody must answer for. Raises NotAccepted, NotOffered, and SavedMeanwhile."""
        if not part.accepted_in or part.state is State.ON:
            raise NotOffered
        if not is_named(organisation, self.around):
            raise NotAccepted
        answers = {part.accepted_in: f"{actor.name}, {self.around.now():%Y-%m-%d}"}
        with self.records.db.write() as tx:
            row = self._rows(tx).get(part.name)
            version = self._keep(tx, actor, part, {**(row.settings if row else {}), **answers}, Switch(True, why))
            event = RiskAccepted(part.key, part.kind, WORDING)
            self._record(tx, actor, event, {"why": why, "organisation": organisation.strip()})
        return self._in_force(version)

    def history(self, part: Part, *, before: int | None = None, most: int = 20) -> Sequence[Saved]:
        """Who saved it when and why, the newest first. What was saved holds secrets, and stays here."""
        with self.records.db.read() as tx:
            page = self.records.settings.history.page(tx, PLUGINS, f"{part.kind}/{part.key}", before=before, most=most)
        return [replace(saved, what="") for saved in page]

    def _refuse_once_on(self, tx: Transaction, part: Part, row: PluginRow | None, faults: Sequence[Fault]) -> None:
        """Before it is on for the first time, whoever sets it up may mend what they typed."""
        saves = self.records.settings.history.page(tx, PLUGINS, f"{part.kind}/{part.key}", most=ALL)
        if self._is_on(part.name, row) or any(json.loads(saved.what)["enabled"] for saved in saves):
            raise Unfit(faults)

    def _refuse_switch(self, part: Part, to: Switch) -> None:
        now = self.around.now()
        # What somebody must answer for has a page of its own that asks for it.
        if part.chosen_in_file or (to.on and (part.state is State.NOT_SET_UP or part.accepted_in)):
            raise NotOffered
        if to.until is not None and (to.on or not now < to.until <= now + LONGEST_OFF):
            raise NotOffered
        needs = () if to.on else self.needs(part)
        if any(need.forbids for need in needs) or (needs and not to.anyway):
            raise Needed(needs)

    def _keep(self, tx: Transaction, actor: Actor, part: Part, settings: Mapping[str, object], to: Switch) -> int:
        return self.records.settings.save_plugin(
            tx,
            *part.name,
            enabled=to.on,
            settings=settings,
            off_until=None if to.on else to.until,
            who=actor.name,
            why=to.why,
            at=self.around.now(),
            after=part.version,
        )

    def _record(self, tx: Transaction, actor: Actor, event: Event, details: Mapping[str, str]) -> None:
        by = self.records.keyring.pseudonym("console", actor.subject)
        said = {"who": actor.name, **details}
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=by, details=said)
        after_commit(tx, lambda: tell(self.around.meter, [event]))

    def _in_force(self, version: int) -> int:
        """This process need not wait for its next look."""
        self.snapshots.at_least(version)
        return version

    def _rows(self, tx: Transaction) -> dict[Name, PluginRow]:
        return {(row.kind, row.key): row for row in self.records.settings.plugin_rows(tx)}

    def _is_on(self, name: Name, row: PluginRow | None) -> bool:
        return self.snapshots.is_on(name, row, self.around.now())

    def _merged(self, part: Part, change: Change) -> Mapping[str, object]:
        """What is typed where it may be, over what is there; what nobody typed about stays."""
        with self.records.db.read() as tx:
            row = self._rows(tx).get(part.name)
        stored = dict(row.settings) if row else {}
        open_ones = part.settings.model_fields.keys() - part.fixed.keys() - part.hidden
        for name in open_ones & (change.values.keys() | change.forget):
            stored.pop(name, None)
        # Nothing else that came with the form is looked at.
        typed = {name: change.values[name] for name in open_ones & change.values.keys() - change.forget}
        made, pinned = (found.get(part.name, {}) for found in (self.snapshots.made, self.snapshots.pinned))
        return {**stored, **typed, **made, **pinned}

    def _part(self, name: Name, row: PluginRow | None, snapshot: Snapshot, saved: Saved | None = None) -> Part:
        found, pinned = self.snapshots.host.classes[name], self.snapshots.pinned.get(name, {})
        values = self.snapshots.in_force(name, row)
        hidden = frozenset(self.snapshots.made.get(name, {}).keys() - pinned.keys())
        secret = {each for each in found.Settings.model_fields if is_secret(found.Settings, each)}
        state, why = self._state(name, values, snapshot)
        return Part(
            *name,
            found,
            values={each: value for each, value in values.items() if each not in hidden | secret},
            kept=frozenset(each for each in secret - hidden if values.get(each)),
            fixed={**only_elsewhere(found.Settings), **dict.fromkeys(pinned, Fixed.PINNED)},
            hidden=hidden,
            state=state,
            why=why,
            off_until=row.off_until if row and state is State.OFF else None,
            version=saved.version if saved else 0,
            saved_at=saved.at if saved else None,
            running=snapshot.plugins.everything().get(name),
        )

    def _state(self, name: Name, values: Mapping[str, object], snapshot: Snapshot) -> tuple[State, Text | str]:
        why = next((broken.why for broken in snapshot.plugins.broken if broken.name == " ".join(name)), "")
        if name in snapshot.plugins.everything():
            return State.ON, ""
        if why:
            return State.BROKEN, why
        return (State.NOT_SET_UP if lacking(self.snapshots.host.classes[name], values) else State.OFF), ""
