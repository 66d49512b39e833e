"""The exchange job: the directory is told to change a password, once, by whoever has in hand what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ...contracts.errors import NotAllowed, StoreUnavailable, WrongPassword
from ...contracts.events import PasswordIntended
from ...contracts.people import Account, AccountKey
from ...contracts.store import KnowsLockout, Lockout, OutcomeKind
from ...contracts.text import Secret, Text
from ...db.jobs import Job
from ...recovery import limits
from ...recovery.changing import Change, Result, Step, Told
from ..back_office import BackOffice
from ..faultpoint import faultpoint
from ..finding.whose import ASK_SECONDS, Owner, Whose
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .accounts import BY_HAND
from .changed import Ending, Results, passwords_of
from .conclude import leased
from .doubts import Doubts
from .measure import Measure
from .write import NO_ANSWER, TOO_LATE, TURN, Writer

ASK_AGAIN = timedelta(seconds=2)
# So many wrong passwords are left to the owner before the directory locks the account.
LEFT_TO_THE_OWNER = 2

FAILED = Told(Result.FAILED)
SILENT = Told(Result.NOT_SET, (NO_ANSWER,))
TOO_MANY = Text("Too many wrong passwords lately. Wait an hour, or reset it.")
# What only the owner of the session is told; everything else that stands in the way is said as BY_HAND.
WHY = {
    "locked": Text("This account is locked. Unlock it, or reset the password."),
    "near-lockout": TOO_MANY,
    "too-many": TOO_MANY,
    "busy": Text("Another password is being set for this account right now. Try again in a moment."),
    "frozen": Text("Self-service is stopped for your account"),
}


@dataclass(frozen=True, kw_only=True)
class Exchanging:
    """Runs in the back office, so that no page shows how long the directory needs."""

    records: Records
    snapshots: Snapshots
    whose: Whose
    measure: Measure
    writer: Writer
    doubts: Doubts
    results: Results
    office: BackOffice
    around: Surroundings

    def work(self, job: Job) -> None:
        """Change it; or find out what became of it, where whoever had the passwords is gone."""
        with self.records.db.read() as tx:
            change = self.records.changes.load(tx, job.recovery_id)
        if change is None or change.step is not Step.TRYING:
            return self.office.done(job)
        if change.intent is not None:
            return self._settle(job, change, change.intent)
        if not job.typed:
            return self.results.tell(job, change, Ending(SILENT))
        old, new = job.typed
        try:
            owner = self.whose.find(change)
            if isinstance(owner, str):
                return self._nobody(job, change, owner)
        except StoreUnavailable:
            return self.results.tell(job, change, Ending(SILENT))
        return self._exchange(job, change, owner, old=old, new=new)

    def _exchange(self, job: Job, change: Change, owner: Owner, *, old: Secret, new: Secret) -> None:
        claimed = self._claim(change, owner)
        if isinstance(claimed, str):
            return self.results.tell(job, change, self._missed(change, claimed, owner))
        change, tries = claimed
        try:
            why = self._too_near(change, owner.account, tries)
            ending = self._missed(change, why, owner) if why else self._ask(change, owner, old, new)
        except StoreUnavailable:
            ending = Ending(SILENT, owner)
        if ending.unknown:
            return self.office.again(job, ASK_AGAIN)
        return self.results.tell(job, change, ending)

    def _nobody(self, job: Job, change: Change, why: str) -> None:
        """Where the directory loses an answer, somebody is told once it has answered again; so is nobody (P4)."""
        began = self.around.now()
        if self.whose.balance(change):
            return self.results.tell(job, change, self._missed(change, why))
        with self.records.db.write() as tx:
            self.records.changes.save(
                tx, change.intending(Account(AccountKey(change.asked[0], ""), change.name), began)
            )
        return self.office.again(job, ASK_AGAIN)

    def _claim(self, change: Change, owner: Owner) -> tuple[Change, int] | str:
        """Committed before the directory is told, with the try counted: two at once are never one too many."""
        now, account = self.around.now(), owner.account
        with self.records.db.write() as tx:
            if not self.records.leases.take(tx, leased(self.records, account), change.id, until=now + TURN, now=now):
                return "busy"
            (count,) = self.records.counters.bump(tx, [passwords_of(self.records, account)], now)
            intending = self.records.changes.save(tx, change.intending(account, now))
            if intending is None:
                return "busy"
            self.results.record(tx, change, owner, [PasswordIntended((account.key.store,))])
        return intending, count.count

    def _too_near(self, change: Change, account: Account, tries: int) -> str:
        """Why this try could lock the account, counted by the directory or by us, whichever is more."""
        if tries > limits.ACCOUNT_PASSWORDS.most:
            return "too-many"
        lockout = self._lockout(account)
        if lockout is None:
            # By a name alone, a stranger's guesses could lock the owner out. Whoever is signed in is no stranger.
            return "threshold-unknown" if change.account is None else ""
        if not lockout.threshold:
            return ""
        near = max(lockout.counted, tries - 1) >= lockout.threshold - LEFT_TO_THE_OWNER
        return "near-lockout" if near else ""

    def _lockout(self, account: Account) -> Lockout | None:
        store = self.snapshots.current.plugins.stores[account.key.store]
        if not isinstance(store, KnowsLockout):
            return None
        context = self.around.context(seconds=ASK_SECONDS)
        return self.writer.calls.read(store, lambda: store.lockout(account, ctx=context), ASK_SECONDS)

    def _ask(self, change: Change, owner: Owner, old: Secret, new: Secret) -> Ending:
        if reasons := self.measure.of(owner.subject, new).judged.shortcomings:
            # Their own rules are theirs to know: said to whoever has the right password, and to nobody else.
            right = self.writer.proves(owner.account, old)
            told = Told(Result.REFUSED, reasons)
            return Ending(told, owner, proven=True) if right else self._missed(change, "wrong", owner)
        until = (change.intended_at or self.around.now()) + TOO_LATE
        faultpoint("intent-stored")
        try:
            outcome = self.writer.change(owner.account, old, new, until=until)
        except WrongPassword:
            return self._missed(change, "wrong", owner)
        except NotAllowed as refused:
            missed = self._missed(change, "not-allowed", owner)
            return missed if change.account is None else Ending(Told(Result.REFUSED, (refused.reason,)), owner)
        match outcome.kind:
            case OutcomeKind.SET:
                return Ending(Told(Result.SET), owner, proven=True)
            case OutcomeKind.REFUSED if change.account is None and not self.writer.proves(owner.account, old):
                # Whatever a store looks at first: no word of it goes to a stranger who only guessed a name (P4).
                return self._missed(change, "wrong", owner)
            case OutcomeKind.REFUSED:
                return Ending(Told(Result.REFUSED, outcome.reasons), owner, proven=change.account is None)
            case OutcomeKind.NOT_SET:
                return Ending(Told(Result.NOT_SET, outcome.reasons), owner)
        return Ending(SILENT, owner, unknown=True)

    def _settle(self, job: Job, change: Change, account: Account) -> None:
        """The answer was lost, or whoever waited for it; the passwords are gone, the directory's mark tells."""
        began = change.intended_at or change.started_at
        nobodys = not account.key.id
        asked = (lambda _: self.whose.unmoved(change)) if nobodys else self.writer.settle
        outcome = self.doubts.settle(job.id, account, began, asked)
        if outcome is None:
            return self.office.again(job, ASK_AGAIN)
        self.doubts.forget(job.id)
        if nobodys:
            return self.results.tell(job, change, Ending(SILENT))
        owner = self.whose.of([account])
        if isinstance(owner, str):
            raise StoreUnavailable(owner)
        told = Told(Result.SET) if outcome.kind is OutcomeKind.SET else SILENT
        return self.results.tell(job, change, Ending(told, owner, proven=told.result is Result.SET))

    def _missed(self, change: Change, why: str, owner: Owner | None = None) -> Ending:
        """The same for every reason where only a name is known; whoever is signed in is told why."""
        if change.account is not None and why != "wrong":
            return Ending(Told(Result.REFUSED, (WHY.get(why, BY_HAND),)), owner, why)
        return Ending(FAILED, owner, why)
