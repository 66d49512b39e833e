"""What carriers tell later of messages that they took: it shows who carries well, and proves nothing to anybody."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...contracts.channel import CanReport, DeliveryReport
from ...db.deliveries import TOLD, Report, State
from ...db.session import Transaction
from ..calls import Calls
from ..records import Records
from ..snapshot import Snapshots

log = logging.getLogger(__name__)

REPORT_SECONDS = 1.0
# A carrier may be quicker than our own note that it took the message.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _Told:
    """A report, by which channel and when it came."""

    channel: str
    report: DeliveryReport
    at: datetime


@dataclass(kw_only=True)
class Reports:
    """Asked by every process that may have sent something: the line to a carrier is each process's own."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    _waiting: list[_Told] = field(init=False, default_factory=list)

    def collect(self, now: datetime) -> None:
        """Write down what has come since the last time."""
        for key, channel in self.snapshots.current.plugins.channels.items():
            if isinstance(channel, CanReport):
                try:
                    told = self.calls.ask(channel, channel.reports, REPORT_SECONDS)
                except Exception as error:  # one that fails silences no other
                    log.warning("a channel broke", extra={"channel": key, "kind": type(error).__name__})
                    continue
                self._waiting += [_Told(key, report, now) for report in told if report.state in TOLD]
        if self._waiting:
            self._write(now)

    def _write(self, now: datetime) -> None:
        with self.records.db.write() as tx:
            unknown = [told for told in self._waiting if not self._knew(tx, told)]
        self._waiting = [told for told in unknown if now - told.at < PATIENCE]

    def _knew(self, tx: Transaction, told: _Told) -> bool:
        report = Report(State(told.report.state), told.report.why, told.at)
        return self.records.deliveries.tell_by_id(tx, told.channel, told.report.id, report)
