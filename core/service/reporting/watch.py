"""What is measured when an operator asks: of this process, and of what all processes share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ... import figures
from ...db import backlog, followers
from ...meter import Reading
from ..alerts import Alerts
from ..back_office import BackOffice
from ..calls import Calls
from ..records import Records
from ..surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Measures this process, and what all processes share."""

    records: Records
    office: BackOffice
    calls: Calls
    alerts: Alerts
    around: Surroundings

    def process(self) -> Iterable[Reading]:
        """What is so in this process alone; the server's is the sum."""
        yield figures.PROCESSES, (), 1.0
        for lane, count in self.office.queued.items():
            yield figures.QUEUE, (lane,), float(count)
        for kind, plugin, resting in self.calls.circuits:
            yield figures.RESTING, (kind, plugin), float(resting)
        for pool, used in self.records.db.in_use.items():
            yield figures.CONNECTIONS, (pool,), float(used)

    def house(self) -> Iterable[Reading]:
        """What the database says: the same at every node, so it is never added up."""
        now = self.around.now()
        with self.records.db.read() as tx:
            lanes = backlog.waiting(tx, now)
            unchained = backlog.unchained_since(tx)
            behind = followers.behind(tx)
            keys = backlog.newest_keys(tx)
        for lane, (count, oldest) in lanes.items():
            yield figures.WAITING, (lane,), float(count)
            yield figures.OLDEST, (lane,), (now - oldest).total_seconds()
        yield figures.UNCHAINED, (), (now - unchained).total_seconds() if unchained else 0.0
        for notifier, lacking in behind.items():
            yield figures.BEHIND, (notifier,), float(lacking)
        for purpose, made in keys.items():
            yield figures.KEYS, (purpose,), (now - made).total_seconds()
        for standing in self.alerts.standings:
            yield figures.NORMS, (standing.norm.name,), float(standing.norm.most)
            yield figures.ALERTS, (standing.norm.name,), float(standing.alert)
