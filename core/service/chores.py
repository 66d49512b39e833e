"""What has to be done again and again: close what nobody moves, chain the events, forget what is old."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..contracts.errors import OutOfTurn
from ..recovery.moves import Expired
from .back_office import BackOffice
from .clients.client_desk import REMEMBERED
from .mover import Mover
from .records import Records
from .sending.budgets import Budgets
from .sending.notice_links import GOOD_FOR
from .snapshot import Snapshots

# How long a closed recovery is kept: long enough for a question, short enough for privacy (security.md 4.1).
KEPT = timedelta(hours=24)
# The ledger, and jobs that were given up, wait for whoever looks into what happened.
PROOFS_KEPT = timedelta(days=30)
PURGE_EVERY = LEARN_EVERY = WATCH_EVERY = timedelta(minutes=1)
# As long as a provider's bill can be asked about.
DELIVERIES_KEPT = timedelta(days=45)
# As long as whoever looks into a change may ask who approved it; after that the events say so.
APPROVALS_KEPT = timedelta(days=400)
# In one transaction, of each kind: a longer one would keep pages waiting on SQLite.
FORGOTTEN_AT_ONCE = 500


@dataclass(kw_only=True)
class Chores:
    """Each is harmless when several processes do it at once."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    budgets: Budgets
    _purge_at: datetime | None = field(init=False, default=None)
    _learn_at: datetime | None = field(init=False, default=None)
    _watch_at: datetime | None = field(init=False, default=None)

    def hang_up_in(self, office: BackOffice) -> None:
        """Have them done there, every tick."""
        for chore in (self.see_new_settings, self.learn_keys):
            office.also(chore, everywhere=True)
        for chore in (self.close_overdue, self.chain_events, self.watch_budgets, self.purge):
            office.also(chore)

    def see_new_settings(self, now: datetime) -> None:
        """What an administrator saved at another process holds here within a second, also where nobody comes by."""
        self.snapshots.look_again()

    def close_overdue(self, now: datetime) -> None:
        """Close recoveries that nobody moved in time, a few at a time."""
        with self.records.db.read() as tx:
            overdue = self.records.recoveries.overdue(tx, now)
        for recovery_id in overdue:
            self._close(recovery_id)

    def chain_events(self, now: datetime) -> None:
        """Number and chain what was appended; sign where the chain stands."""
        self.records.audit.chain(self.records.db, now)
        self.records.audit.checkpoint(self.records.db, now)

    def learn_keys(self, now: datetime) -> None:
        """Learn of rotated keys."""
        if self._learn_at is None or now >= self._learn_at:
            self._learn_at = now + LEARN_EVERY
            self.records.keyring.refresh()

    def watch_budgets(self, now: datetime) -> None:
        """See whether codes that cost money come back."""
        if self._watch_at is None or now >= self._watch_at:
            self._watch_at = now + WATCH_EVERY
            self.budgets.watch()

    def purge(self, now: datetime) -> None:
        """Forget what is old; while there is more than goes at once, at every tick, or a busy day would never end."""
        if self._purge_at is not None and now < self._purge_at:
            return
        with self.records.db.write() as tx:
            forgotten = (
                self.records.recoveries.purge(tx, now - KEPT, FORGOTTEN_AT_ONCE),
                self.records.changes.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.counters.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.pending.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.heard.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.deliveries.purge(tx, now - DELIVERIES_KEPT, FORGOTTEN_AT_ONCE),
                self.records.proofs.purge(tx, now - PROOFS_KEPT, FORGOTTEN_AT_ONCE),
                # A lifted stop is forgotten when no link from before it is good any more.
                self.records.freezes.purge(tx, now - GOOD_FOR, FORGOTTEN_AT_ONCE),
                self.records.jobs.purge(tx, now - PROOFS_KEPT, FORGOTTEN_AT_ONCE),
                self.records.sign_ins.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.sessions.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.console_sessions.purge(tx, now, FORGOTTEN_AT_ONCE),
                self.records.callers.purge(tx, now - KEPT, FORGOTTEN_AT_ONCE),
                self.records.approvals.purge(tx, now - APPROVALS_KEPT, FORGOTTEN_AT_ONCE),
                self.records.campaigns.purge(tx, now - APPROVALS_KEPT, FORGOTTEN_AT_ONCE),
                self.records.grants.purge(tx, now - REMEMBERED, FORGOTTEN_AT_ONCE),
            )
        if max(forgotten) < FORGOTTEN_AT_ONCE:
            self._purge_at = now + PURGE_EVERY

    def _close(self, recovery_id: str) -> None:
        with self.records.db.write() as tx:
            recovery = self.records.recoveries.load(tx, recovery_id)
            if recovery is not None and recovery.is_open:
                try:
                    self.mover.move(tx, recovery, Expired())
                except OutOfTurn:
                    # The person moved it in this very moment.
                    return
