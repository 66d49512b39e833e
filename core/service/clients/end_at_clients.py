"""The end-at-client job: clients of OpenID Connect hear that somebody's sessions are over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...contracts.entry import Entry
from ...contracts.people import Account
from ...contracts.plugin import Context
from ...db.jobs import Job
from ..back_office import BackOffice
from ..snapshot import Snapshots
from ..writing.end_sessions import AT_CLIENT, EndingSessions, clients_told, place_of

# Tells one client of one account, within the context's time. Raises DeliveryFailed.
Tell = Callable[[Entry, Account, Context], None]


@dataclass(frozen=True, kw_only=True)
class EndingAtClients:
    """Each in its own lane, so that a silent one holds up nobody else."""

    ending: EndingSessions
    snapshots: Snapshots
    tell: Tell

    def teach(self, office: BackOffice) -> None:
        """Let this office do such jobs."""
        office.teach(AT_CLIENT, self.work)

    def work(self, job: Job) -> None:
        """Tell it, unless it is retired by now or wants to hear of it no more."""
        entry = clients_told(self.snapshots, job.payload["store"]).get(job.payload["client"])
        if entry is None:
            return self.ending.office.done(job)
        return self.ending.carry_out(
            job, place_of(entry.key), lambda account, context: self.tell(entry, account, context)
        )
