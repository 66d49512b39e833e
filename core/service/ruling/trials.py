"""A plugin's own check, made by the back office for whoever pressed "Test"; what it found is an event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from time import monotonic
from typing import TypeAlias

from ...contracts.errors import KeybackError
from ...contracts.plugin import Plugin, marked_addresses
from ...contracts.settings_events import PluginTested
from ...contracts.text import Text
from ...db import record_lists
from ...db.jobs import Job
from ...db.record_lists import Row, Span
from ...db.session import Transaction, after_commit
from ...db.value_json import text_from_json, text_to_json
from ...dial import Forbidden, addresses
from ...guard import Busy, Guard, LateAnswer, Resting
from ..administrators.actor import Actor
from ..back_office import BackOffice
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .approvals import said_by
from .parts import Name, NotOffered, Part, State
from .typed_addresses import hosts_of

KIND = "test"
# In seconds: shorter than a job's lease, so that no other process tries it meanwhile.
LONGEST_CHECK = 10.0
LONGEST_WORDS = 1000
MOST_REMARKS = 10
# So many pages of tests are looked through for the last one of a plugin.
PAGES = 4


class Looked(StrEnum):
    """What was looked at, and how it was found."""

    FITS = "fits"
    UNFIT = "unfit"
    FOUND = "found"
    UNKNOWN = "unknown"
    WALLED = "walled"
    WORKS = "works"
    NEEDS_NOBODY = "needs-nobody"
    REMARK = "remark"
    FAILS = "fails"
    BROKE = "broke"
    LATE = "late"
    BUSY = "busy"


GOOD = frozenset({Looked.FITS, Looked.FOUND, Looked.WORKS, Looked.NEEDS_NOBODY, Looked.REMARK})
# What was looked at, and which host, or the plugin's own words.
Finding: TypeAlias = tuple[Looked, Text | str]


@dataclass(frozen=True, slots=True)
class Trial:
    """A test that ended. `seconds`: how long it took."""

    at: datetime
    who: str = field(repr=False)
    seconds: str
    findings: tuple[Finding, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Trials:
    """No page waits for a check: it may hang as long as a server likes to."""

    records: Records
    snapshots: Snapshots
    office: BackOffice
    around: Surroundings
    # Of their own: a check that hangs must not open the circuit by which people are served.
    guards: dict[Name, Guard] = field(default_factory=dict)

    def begin(self, actor: Actor, part: Part) -> bool:
        """Have it tested with the settings in use; False while it is being tested. Raises NotOffered."""
        if part.state is State.NOT_SET_UP:
            raise NotOffered
        if self.since(part) is not None:
            return False
        said = {"kind": part.kind, "plugin": part.key, "at": self.around.now().isoformat()}
        with self.records.db.write() as tx:
            self.office.put(tx, KIND, KIND, "", {**said, "who": json.dumps(said_by(actor))}, leased=False)
        return True

    def since(self, part: Part) -> datetime | None:
        """Since when it is being tested."""
        with self.records.db.read() as tx:
            page = record_lists.waiting_jobs(tx, Span(), lambda row: row["kind"] == KIND)
            jobs = [self.records.jobs.get(tx, row["id"]) for row in page.rows]
        said = (job.payload for job in jobs if job)
        return next((datetime.fromisoformat(one["at"]) for one in said if _is_of(part, one)), None)

    def last(self, part: Part) -> Trial | None:
        """The last test of it that ended. Raises SealBroken."""
        with self.records.db.read() as tx:
            row = self._last_row(tx, part)
            whole = record_lists.one_event(tx, row["id"]) if row else None
            said = self.records.audit.details(tx, whole) if whole else None
        if row is None or said is None:
            return None
        found = tuple((Looked(what), _read(words)) for what, words in json.loads(said["found"]))
        return Trial(row["at"], said["who"], said["seconds"], found)

    def work(self, job: Job) -> None:
        """Test it, and say what was found."""
        name, began = (job.payload["kind"], job.payload["plugin"]), monotonic()
        findings = self._tested(name)
        seconds = f"{monotonic() - began:.1f}"
        event = PluginTested(*name, all(what in GOOD for what, _ in findings))
        details = {
            **json.loads(job.payload["who"]),
            "seconds": seconds,
            "found": json.dumps(findings, default=text_to_json),
        }
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), details=details)
            self.records.jobs.done(tx, [job.id])
            after_commit(tx, partial(tell, self.around.meter, [event]))

    def _tested(self, name: Name) -> Sequence[Finding]:
        if name not in self.snapshots.host.classes:
            return [(Looked.UNFIT, "")]
        with self.records.db.read() as tx:
            snapshot = self.snapshots.at_least(self.records.settings.version(tx))
        running = snapshot.plugins.everything().get(name)
        plugin, why = (running, "") if running else self._built(name)
        if plugin is None:
            return [(Looked.UNFIT, _in_short(why))]
        try:
            return [(Looked.FITS, ""), *self._asked(name, plugin)]
        finally:
            if running is None:
                plugin.close()

    def _built(self, name: Name) -> tuple[Plugin | None, Text | str]:
        """One that is off, for as long as its test lasts."""
        with self.records.db.read() as tx:
            rows = {(row.kind, row.key): row for row in self.records.settings.plugin_rows(tx)}
        values, walls = {name: self.snapshots.in_force(name, rows.get(name))}, {name: self.snapshots.wall_of(name)}
        checks = (name[1],) if name[0] == "human_check" else ()
        made = self.snapshots.host.build(values, human_checks=checks, version=0, walls=walls)
        why = next((broken.why for broken in made.broken if broken.name == " ".join(name)), "")
        return made.everything().get(name), why

    def _asked(self, name: Name, plugin: Plugin) -> Sequence[Finding]:
        guard = self.guards.setdefault(name, Guard(f"test of {' '.join(name)}", in_flight=1))
        try:
            return guard.call(partial(_look, plugin), LONGEST_CHECK)
        except LateAnswer:
            return [(Looked.LATE, "")]
        except (Busy, Resting):
            return [(Looked.BUSY, "")]

    def _last_row(self, tx: Transaction, part: Part) -> Row | None:
        before = ""
        for _ in range(PAGES):
            page = record_lists.events(tx, Span(), names=[PluginTested.name], before=before)
            for row in page.rows:
                if _is_of(part, json.loads(row["data"])):
                    return row
            before = page.older
            if not before:
                break
        return None


def _is_of(part: Part, said: Mapping[str, str]) -> bool:
    return (said["kind"], said["plugin"]) == part.name


def _look(plugin: Plugin) -> Sequence[Finding]:
    """Where it leads, and whether it works there."""
    names = sorted(marked_addresses(type(plugin.settings)))
    found = [_led(plugin, host) for name in names for host in hosts_of(plugin.settings, name)]
    if found and all(what is not Looked.FOUND for what, _ in found):
        return found
    return [*found, *_checked(plugin)]


def _led(plugin: Plugin, host: str) -> Finding:
    try:
        addresses(host, 0, plugin.wall)
    except Forbidden:
        return Looked.WALLED, host
    except (OSError, ValueError):
        return Looked.UNKNOWN, host
    return Looked.FOUND, host


def _checked(plugin: Plugin) -> Sequence[Finding]:
    if type(plugin).check is Plugin.check:
        return [(Looked.NEEDS_NOBODY, "")]
    try:
        return _said_of(plugin)
    except (Exception, SystemExit) as problem:  # whatever somebody's plugin raises is its fault, and is said
        # Its words may hold a password, its kind cannot.
        return [(Looked.BROKE, type(problem).__name__)]


def _said_of(plugin: Plugin) -> Sequence[Finding]:
    try:
        remarks = [_in_short(remark) for remark in plugin.check() or ()]
    except KeybackError as problem:
        return [(Looked.FAILS, _in_short(problem.said))]
    return [(Looked.WORKS, ""), *((Looked.REMARK, remark) for remark in remarks[:MOST_REMARKS])]


def _in_short(said: Text | str) -> Text | str:
    """As it can be kept, and said in any language. What is too long for that, or holds strange values, is English."""
    english = str(said)[:LONGEST_WORDS]
    if not isinstance(said, Text) or len(str(said)) > LONGEST_WORDS:
        return english
    try:
        text_to_json(said)
    except TypeError:
        return english
    return said


def _read(kept: object) -> Text | str:
    return kept if isinstance(kept, str) else text_from_json(kept)
