"""What needs somebody: what is broken, what waits for a choice, and what has a date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ...contracts.plugin import Plugin
from ...contracts.store import Store
from ...contracts.text import Text
from ...db import backlog, followers
from ...db.campaigns import State
from ...db.certificate_ends import HOUSE, CertificateEnd
from ...db.sealing import NEVER_ROTATED, KeyPurpose
from ...db.session import Transaction
from ...recovery.flaws import Flaw, flaws_of_all
from ...recovery.ordinary import RAISED_AT, Alert
from ..alerts import Alerts
from ..records import Records
from ..ruling.policy_desk import BUILT_IN, kinds_of
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .log_check import Check, LogCheck
from .plugin_watch import PluginWatch
from .today import Today

# A retry or two is a bad moment; a directory that is asked again every two seconds for this often is away.
SEVERAL_TIMES = 4
STUCK_AFTER, UNCHAINED_FOR, LATELY = timedelta(minutes=5), timedelta(minutes=5), timedelta(hours=1)
# A share says nothing of three messages.
ENOUGH_TRIED, TOO_MANY_FAILED = 5, 20
SLOW_SECONDS = 2.5
TOO_FAR_BEHIND = 10_000
# Somebody who decides these looks at the page then.
MOST_WAITING = 50
WEEK, MONTH, YEAR = timedelta(days=7), timedelta(days=31), timedelta(days=365)
# Before a certificate ends: most authorities take days, and some renew by themselves in the last month.
RENEWED_IN = timedelta(days=30)


class Health(StrEnum):
    """How urgent it is: people are affected, will be within days, somebody must choose, or it has a date."""

    BROKEN = "broken"
    URGENT = "urgent"
    DECIDE = "decide"
    SOON = "soon"


class What(StrEnum):
    """What it is."""

    PLUGIN_BROKEN = "plugin-broken"
    STORE_SILENT = "store-silent"
    STORE_SLOW = "store-slow"
    CHANNEL_FAILS = "channel-fails"
    BUDGET_USED_UP = "budget-used-up"
    GUESSES_PAUSED = "guesses-paused"
    NORM_EXCEEDED = "norm-exceeded"
    JOBS_GIVEN_UP = "jobs-given-up"
    JOBS_STUCK = "jobs-stuck"
    LOG_UNCHAINED = "log-unchained"
    LOG_BEHIND = "log-behind"
    LOG_BAD = "log-bad"
    APPROVALS = "approvals"
    CAMPAIGN_STOPPED = "campaign-stopped"
    POLICY = "policy"
    PLUGIN_CHANGED = "plugin-changed"
    PLUGIN_OFF = "plugin-off"
    DATA_KEYS = "data-keys"
    TOKEN_KEY = "token-key"  # noqa: S105 - no secret
    LEAKS = "leaks"
    LOG_UNCHECKED = "log-unchecked"
    CERTIFICATE_ENDS = "certificate-ends"
    CERTIFICATE_ENDED = "certificate-ended"


BEYOND: Mapping[Alert, tuple[Health, What]] = {
    Alert.RAISED: (Health.URGENT, What.NORM_EXCEEDED),
    Alert.PAUSED: (Health.BROKEN, What.GUESSES_PAUSED),
}


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing. `about` fills its sentence; `at` says which of them: kind and key of a plugin, or an id."""

    health: Health
    what: What
    about: Mapping[str, object] = field(default_factory=dict)
    at: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Concerns:
    """Read by indexes and from small tables alone: as quick when much is wrong as when nothing is.

    `leaks_from`: from when the list of leaked passwords is; None where nobody said which.
    """

    records: Records
    snapshots: Snapshots
    around: Surroundings
    checking: LogCheck
    watch: PluginWatch
    alerts: Alerts
    leaks_from: Callable[[], datetime | None] = lambda: None

    def now(self, today: Today) -> tuple[Concern, ...]:
        """The most urgent first; none where nobody is needed."""
        now, last = self.around.now(), self.checking.last()
        with self.records.db.read() as tx:
            found = [
                *self._plugins(tx),
                *self._changed_files(tx, now),
                *self._stores(tx, today),
                *self._channels(tx, now),
                *_budgets(today),
                *self._norms(now),
                *_jobs(tx, now),
                *self._log(tx, now, last),
                *self._choices(tx, now),
                *self._policies(),
                *self._keys(tx, now),
                *self._certificates(tx, now),
                *self._leaks(now),
            ]
        return tuple(sorted(found, key=lambda one: tuple(Health).index(one.health)))

    def _plugins(self, tx: Transaction) -> Iterator[Concern]:
        for broken in self.snapshots.current.plugins.broken:
            name = tuple(broken.name.split(" "))
            at = name if name in self.snapshots.host.classes else ()
            yield Concern(Health.BROKEN, What.PLUGIN_BROKEN, {"name": broken.name, "why": broken.why}, at)
        for row in self.records.settings.plugin_rows(tx):
            found = self.snapshots.host.classes.get((row.kind, row.key))
            if found and row.off_until and not row.on(self.around.now()):
                about = {"name": found.label, "until": row.off_until}
                yield Concern(Health.SOON, What.PLUGIN_OFF, about, (row.kind, row.key))

    def _changed_files(self, tx: Transaction, now: datetime) -> Iterator[Concern]:
        since = {name: one.since for name, one in self.watch.seen(tx).items() if one.since and one.since > now - WEEK}
        if since:
            newest = max(since, key=lambda name: since[name])
            about = {"n": len(since), "name": "/".join(newest), "since": since[newest]}
            at = newest if newest in self.snapshots.host.classes else ()
            yield Concern(Health.DECIDE, What.PLUGIN_CHANGED, about, at)

    def _stores(self, tx: Transaction, today: Today) -> Iterator[Concern]:
        stores, silent = self.snapshots.current.plugins.stores, set()
        for lane, count in backlog.tried_again(tx, SEVERAL_TIMES).items():
            key = lane.removeprefix("store:")
            if lane != key and key in stores:
                silent.add(key)
                name = _called(stores[key])
                yield Concern(Health.BROKEN, What.STORE_SILENT, {"name": name, "n": count}, ("store", key))
        for one in today.answers:
            slow = one.seconds is None or one.seconds > SLOW_SECONDS
            if slow and one.store in stores and one.store not in silent and one.count >= ENOUGH_TRIED:
                name = _called(stores[one.store])
                about = {"name": name, "seconds": str(SLOW_SECONDS)}
                yield Concern(Health.BROKEN, What.STORE_SLOW, about, ("store", one.store))

    def _channels(self, tx: Transaction, now: datetime) -> Iterator[Concern]:
        channels = self.snapshots.current.plugins.channels
        for key, (tried, failed) in self.records.deliveries.lately(tx, now - LATELY).items():
            if tried >= ENOUGH_TRIED and failed * 100 >= tried * TOO_MANY_FAILED:
                name = _called(channels[key]) if key in channels else key
                at = ("channel", key) if key in channels else ()
                yield Concern(Health.BROKEN, What.CHANNEL_FAILS, {"name": name, "n": failed, "all": tried}, at)

    def _norms(self, now: datetime) -> Iterator[Concern]:
        for one in self.alerts.standings:
            if one.alert in BEYOND and now < one.until:
                usual = one.norm.most // RAISED_AT
                about = {"norm": one.norm.name, "n": one.count.count, "usual": usual, "until": one.until}
                yield Concern(*BEYOND[one.alert], about)

    def _log(self, tx: Transaction, now: datetime, last: Check | None) -> Iterator[Concern]:
        since = backlog.unchained_since(tx)
        if since and now - since > UNCHAINED_FOR:
            yield Concern(Health.BROKEN, What.LOG_UNCHAINED, {"since": since})
        notifiers = self.snapshots.current.plugins.notifiers
        for key, lacking in followers.behind(tx).items():
            if key in notifiers and lacking > TOO_FAR_BEHIND:
                about = {"name": _called(notifiers[key]), "n": lacking}
                yield Concern(Health.BROKEN, What.LOG_BEHIND, about, ("notifier", key))
        if last and last.bad:
            yield Concern(Health.BROKEN, What.LOG_BAD, {"n": last.bad, "first": last.first})
        born = backlog.newest_keys(tx).get(KeyPurpose.PSEUDONYM.value, now)
        if (last.started if last else born) < now - MONTH:
            yield Concern(Health.SOON, What.LOG_UNCHECKED)

    def _choices(self, tx: Transaction, now: datetime) -> Iterator[Concern]:
        if count := len(self.records.approvals.waiting(tx, now, MOST_WAITING)):
            yield Concern(Health.DECIDE, What.APPROVALS, {"n": count})
        for campaign in self.records.campaigns.standing(tx, State.PAUSED):
            # What an administrator paused is theirs to know.
            if campaign.ended == "failures":
                yield Concern(Health.DECIDE, What.CAMPAIGN_STOPPED, {"asker": campaign.asker}, (campaign.id,))

    def _policies(self) -> Iterator[Concern]:
        snapshot = self.snapshots.current
        found: dict[str, Flaw] = {}
        for flaw in flaws_of_all(snapshot.policies or BUILT_IN, snapshot.public, kinds_of(snapshot.plugins.methods)):
            found.setdefault(flaw.policy, flaw)
        for flaw in found.values():
            yield Concern(Health.DECIDE, What.POLICY, {"flaw": flaw})

    def _keys(self, tx: Transaction, now: datetime) -> Iterator[Concern]:
        old = {purpose: made for purpose, made in backlog.newest_keys(tx).items()
               if purpose not in NEVER_ROTATED and made < now - YEAR}  # fmt: skip
        if old:
            oldest = min(old, key=lambda purpose: old[purpose])
            about = {"n": len(old), "days": (now - old[oldest]).days, "purpose": oldest}
            yield Concern(Health.SOON, What.DATA_KEYS, about)
        signs_from = self.records.token_keys.newest(tx)
        if signs_from and signs_from < now - YEAR:
            yield Concern(Health.SOON, What.TOKEN_KEY, {"days": (now - signs_from).days})

    def _certificates(self, tx: Transaction, now: datetime) -> Iterator[Concern]:
        for one in self.records.certificate_ends.all(tx):
            if one.ends_at <= now + RENEWED_IN and (whose := self._whose(one)):
                about = {"name": whose[0], "what": whose[1], "day": one.ends_at.date()}
                at = (one.kind, one.plugin) if one.kind else ()
                yield Concern(*_nearing(one.ends_at, now), about, at)

    def _whose(self, one: CertificateEnd) -> tuple[Text | str, str] | None:
        """Who depends on it, and by which setting or server; None where nobody does any more."""
        if (one.kind, one.plugin) == HOUSE:
            return ("keyback.toml", one.what) if one.what in self.around.ca_files else None
        plugin = self.snapshots.current.plugins.everything().get((one.kind, one.plugin))
        if plugin is None:
            return None
        setting = plugin.Settings.model_fields.get(one.what)
        return _called(plugin), (setting.title if setting else "") or one.what

    def _leaks(self, now: datetime) -> Iterator[Concern]:
        made = self.leaks_from()
        if made and made < now - YEAR:
            yield Concern(Health.SOON, What.LEAKS, {"day": made.date()})


def _jobs(tx: Transaction, now: datetime) -> Iterator[Concern]:
    if count := backlog.given_up(tx, now - timedelta(days=1)):
        yield Concern(Health.BROKEN, What.JOBS_GIVEN_UP, {"n": count})
    waiting = backlog.waiting(tx, now)
    late = [(count, oldest) for count, oldest in waiting.values() if oldest < now - STUCK_AFTER]
    if late:
        about = {"n": sum(count for count, _ in late), "since": min(oldest for _, oldest in late)}
        yield Concern(Health.BROKEN, What.JOBS_STUCK, about)


def _budgets(today: Today) -> Iterator[Concern]:
    for budget in today.budgets:
        if budget.used >= budget.most:
            yield Concern(Health.BROKEN, What.BUDGET_USED_UP, {"medium": budget.medium, "kind": budget.kind})


def _nearing(end: datetime, now: datetime) -> tuple[Health, What]:
    if end <= now:
        return Health.BROKEN, What.CERTIFICATE_ENDED
    return Health.URGENT if end <= now + WEEK else Health.SOON, What.CERTIFICATE_ENDS


def _called(plugin: Plugin) -> Text | str:
    return plugin.called if isinstance(plugin, Store) else plugin.label
