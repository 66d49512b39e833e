"""The settle job: the truth about a write whose process died or whose answer was lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...contracts.people import Account, AccountKey
from ...contracts.store import Outcome, OutcomeKind
from ...db.jobs import Job
from ...recovery.moves import Interrupted, Settled
from ...recovery.policy import Purpose
from ...recovery.state import Recovery, Stage
from ..back_office import BackOffice
from ..mover import Mover
from ..records import Records
from ..surroundings import Surroundings
from .conclude import Concluding
from .doubts import Doubts
from .locks import Locks
from .write import Writer

ASK_AGAIN = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class Settling:
    """Asks the directory until it knows; the password itself is not kept."""

    records: Records
    mover: Mover
    writer: Writer
    locks: Locks
    concluding: Concluding
    office: BackOffice
    around: Surroundings
    doubts: Doubts

    def work(self, job: Job) -> None:
        """Runs after the writer's lease: whoever still was writing is dead, or too late to be believed."""
        with self.records.db.read() as tx:
            recovery = self.records.recoveries.load(tx, job.recovery_id)
        if recovery is None or recovery.stage not in (Stage.WRITING, Stage.UNSETTLED):
            return self.office.done(job)
        if recovery.stage is Stage.WRITING:
            with self.records.db.write() as tx:
                recovery = self.mover.move(tx, recovery, Interrupted()).recovery
        unknown = {outcome.account for outcome in recovery.outcomes if outcome.kind is OutcomeKind.UNKNOWN}
        mine = [a for a in recovery.intents if a.key in unknown and a.key.store == job.payload["store"]]
        settled = [outcome for account in mine if (outcome := self._settle(job, recovery, account)) is not None]
        if settled:
            self._tell(recovery, settled, unknown)
        if len(settled) < len(mine):
            return self.office.again(job, ASK_AGAIN)
        self.doubts.forget(job.id)
        return self.office.done(job)

    def _tell(self, recovery: Recovery, settled: list[Outcome], unknown: set[AccountKey]) -> None:
        """What is known of this store's accounts; nobody waits for a store that is still silent."""
        others = unknown - {outcome.account for outcome in settled}
        outcomes = (*settled, *(Outcome(key, OutcomeKind.UNKNOWN) for key in others))
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, recovery, Settled(outcomes))
            self.concluding.conclude(tx, moved, outcomes, recovery.intents)
        self.mover.hand_over(moved)

    def _settle(self, job: Job, recovery: Recovery, account: Account) -> Outcome | None:
        # A new password leaves a mark, an unlock leaves no lock.
        asked = self.locks.settle if recovery.purpose is Purpose.UNLOCK else self.writer.settle
        return self.doubts.settle(job.id, account, datetime.fromisoformat(job.payload["began"]), asked)
