"""What one administrator alone may not do: one puts it up, another decides, and only then it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...contracts.desk_events import ApprovalAsked, ApprovalEnded, ApprovalGiven
from ...contracts.errors import NotAllowed
from ...contracts.event import Event
from ...contracts.text import Text
from ...db.approvals import Approval, Decision
from ...db.session import Transaction, after_commit
from ..administrators.actor import Actor, Role
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings

# As long as a weekend: whoever decides may not be there today.
GOOD_FOR = timedelta(hours=72)
PAGE = 50
AT_ONCE = 100

NOT_YOURS = Text("You asked for this yourself. Another administrator decides.")
NOT_YOU = Text("Only administrators decide this.")
TOO_LATE = Text("This was decided already, or nobody decided it in time.")
SAY_WHY = Text("Say why")

# What carries an approved change out, in the transaction of the approval. Raises NotAllowed when it does not fit any
# more: then nothing was approved.
Write = Callable[[Transaction], None]
# Looks at what has to be looked at, directories too, before there is a transaction that others wait for.
Effect = Callable[[Approval, Actor], Write]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be approved. `about` is one sentence, `payload` what the effect of its kind reads."""

    kind: str
    about: Text
    payload: Mapping[str, str] = field(repr=False)
    why: str


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """Deciding and its effect are one commit, with one event (security.md ASVS 2.3.5)."""

    records: Records
    around: Surroundings
    _effects: dict[str, Effect] = field(default_factory=dict)

    def teach(self, kind: str, effect: Effect) -> None:
        """An approved change of this kind is carried out by this."""
        self._effects[kind] = effect

    def ask(self, tx: Transaction, actor: Actor, wish: Wish) -> Approval:
        """Put it up, in the transaction of whoever asks. Raises NotAllowed without a reason."""
        if wish.kind not in self._effects:
            raise KeyError(wish.kind)
        if not wish.why.strip():
            raise NotAllowed(SAY_WHY, {"why": SAY_WHY})
        now = self.around.now()
        approval = Approval(
            id=self.around.token(),
            kind=wish.kind,
            about=wish.about,
            payload=wish.payload,
            asked_by=actor.subject,
            asker=actor.name,
            why=wish.why.strip(),
            asked_at=now,
            expires_at=now + GOOD_FOR,
        )
        self.records.approvals.add(tx, approval)
        self._record(tx, ApprovalAsked(wish.kind), actor, approval.why)
        return approval

    def approve(self, actor: Actor, approval_id: str) -> None:
        """Let it hold. Raises NotAllowed for whoever put it up, when it is over, and where its effect does."""
        with self.records.db.read() as tx:
            approval = self._decidable(tx, actor, approval_id)
        if actor.subject == approval.asked_by:
            raise NotAllowed(NOT_YOURS)
        write = self._effects[approval.kind](approval, actor)
        with self.records.db.write() as tx:
            # First: whoever decides at the same moment carries nothing out.
            self._settle(tx, approval, Decision.GIVEN, actor)
            write(tx)
            self._record(tx, ApprovalGiven(approval.kind), actor, approval.why)

    def refuse(self, actor: Actor, approval_id: str, why: str = "") -> None:
        """Let it never be. Whoever put it up withdraws it by the same button. Raises NotAllowed."""
        with self.records.db.write() as tx:
            approval = self._decidable(tx, actor, approval_id)
            how = Decision.WITHDRAWN if actor.subject == approval.asked_by else Decision.REFUSED
            self._settle(tx, approval, how, actor)
            self._record(tx, ApprovalEnded(approval.kind, how.value), actor, why.strip())

    def waiting(self) -> Sequence[Approval]:
        """What has to be decided, the most urgent first."""
        with self.records.db.read() as tx:
            return self.records.approvals.waiting(tx, self.around.now(), PAGE)

    def decided(self, before: datetime | None = None) -> Sequence[Approval]:
        """What is over, the newest first; `before`: asked for earlier than that."""
        with self.records.db.read() as tx:
            return self.records.approvals.decided(tx, before or self.around.now() + timedelta(seconds=1), PAGE)

    def look(self, approval_id: str) -> Approval:
        """One of them. Raises NotAllowed if there is none."""
        with self.records.db.read() as tx:
            approval = self.records.approvals.load(tx, approval_id)
        if approval is None:
            raise NotAllowed(TOO_LATE)
        return approval

    def expire(self, now: datetime) -> None:
        """End what nobody decided in time; a chore."""
        with self.records.db.read() as tx:
            if not self.records.approvals.overdue(tx, now, 1):
                return
        with self.records.db.write() as tx:
            for approval in self.records.approvals.overdue(tx, now, AT_ONCE):
                self._settle(tx, approval, Decision.EXPIRED, None)
                self._record(tx, ApprovalEnded(approval.kind, Decision.EXPIRED.value), None, "")

    def _decidable(self, tx: Transaction, actor: Actor, approval_id: str) -> Approval:
        if Role.ADMINISTRATOR not in actor.roles:
            raise NotAllowed(NOT_YOU)
        approval = self.records.approvals.load(tx, approval_id)
        if approval is None or approval.state is not Decision.WAITING or approval.expires_at <= self.around.now():
            raise NotAllowed(TOO_LATE)
        return approval

    def _settle(self, tx: Transaction, approval: Approval, state: Decision, actor: Actor | None) -> None:
        subject, name = (actor.subject, actor.name) if actor else ("", "")
        settled = replace(approval, state=state, decided_by=subject, decider=name, decided_at=self.around.now())
        if not self.records.approvals.save(tx, settled):
            raise NotAllowed(TOO_LATE)

    def _record(self, tx: Transaction, event: Event, actor: Actor | None, why: str) -> None:
        details = said_by(actor, why) if actor else None
        self.records.audit.append(tx, [event], at=self.around.now(), details=details)
        after_commit(tx, lambda: tell(self.around.meter, [event]))


def said_by(actor: Actor, why: str = "") -> dict[str, str]:
    """Who acts and why, for an event's sealed details."""
    return {"who": actor.name, "subject": actor.subject, **({"why": why} if why else {})}
