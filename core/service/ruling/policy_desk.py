"""Policies: read, looked through before they are saved, saved as a whole, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...contracts.errors import NotAllowed
from ...contracts.method import Method
from ...contracts.settings_events import RiskAccepted
from ...contracts.text import Text
from ...db import value_json
from ...db.approvals import Approval
from ...db.session import Transaction, after_commit
from ...db.settings_store import POLICIES, SavedMeanwhile
from ...recovery.counted_anew import counted_anew
from ...recovery.differences import Difference, between
from ...recovery.flaws import Flaw, flaws_of_all
from ...recovery.guessing import a_year
from ...recovery.policy import Policy
from ...recovery.policy_order import arranged, in_order
from ...recovery.weaker import Weaker, weaker
from ..administrators.actor import Actor
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshot, Snapshots
from ..surroundings import Surroundings
from .acceptance import WORDING, NotAccepted, is_named, must_be_accepted
from .approvals import Approvals, Wish, Write, said_by
from .kept_rules import Change, Kept, Ledger, NeedsSecond, Refused

Policies = tuple[Policy, ...]
# What holds where nothing was ever saved.
BUILT_IN = (Policy("default"),)
# What approvals call a change of policies.
KIND = "policies"
MEANWHILE = Text("Policies were saved after this was asked for. Ask for it again.")
UNFIT = Text("These policies can't work any more as the house stands now. Ask for it again.")


@dataclass(frozen=True, slots=True)
class Risk:
    """How many times a year guessing would succeed against one account; `before` is None for a new policy."""

    policy: str
    before: float | None
    after: float


@dataclass(frozen=True, slots=True)
class Counted:
    """A method that standards advise against, and a policy by which it opens more than before."""

    method: str
    policy: str


@dataclass(frozen=True, slots=True)
class Review:
    """What saving these policies would mean."""

    differences: tuple[Difference, ...]
    flaws: tuple[Flaw, ...]
    weaker: tuple[Weaker, ...]
    risks: tuple[Risk, ...]
    # Which methods that standards advise against count for more, and in which policies: somebody must answer for them.
    answering: tuple[Counted, ...]


@dataclass(frozen=True)
class PolicyDesk:
    """Every save goes the same way, from whichever page or program it comes (security.md J20)."""

    records: Records
    snapshots: Snapshots
    around: Surroundings
    approvals: Approvals

    @property
    def ledger(self) -> Ledger[Policies]:
        """The saves so far."""
        return Ledger(records=self.records, around=self.around, kind=POLICIES, key="", read=_read)

    def now(self) -> Kept[Policies]:
        """What holds."""
        with self.records.db.read() as tx:
            return self._now(tx)

    def _now(self, tx: Transaction) -> Kept[Policies]:
        last = self.ledger.last(tx)
        policies = self.records.settings.policies(tx) or BUILT_IN
        return Kept(policies, last.version, last.at, last.who, last.why) if last else Kept(policies)

    def review(self, policies: Sequence[Policy]) -> Review:
        """Look through these without saving anything."""
        before, snapshot = self.now().rules, self.snapshot()
        after = arranged(policies)
        return Review(
            between(before, after),
            flaws_of_all(after, snapshot.public, kinds_of(snapshot.plugins.methods)),
            self._weaker(before, after, snapshot),
            _risks(before, after, snapshot),
            _answering(before, after, snapshot),
        )

    def save(self, policies: Sequence[Policy], change: Change) -> int:
        """Keep these in place of all others; returns the version.

        Raises Refused, NotAccepted, NeedsSecond, or SavedMeanwhile; then nothing was saved.
        """
        snapshot = self.snapshot()
        with self.records.db.write() as tx:
            version = self._keep(tx, policies, change, snapshot)
        self.snapshots.at_least(version)
        return version

    def put_up(self, policies: Sequence[Policy], change: Change, about: Text) -> None:
        """Have a second administrator decide; `about` tells them what. Raises Refused, NotAccepted or
        SavedMeanwhile."""
        after, why, snapshot = arranged(policies), change.line(), self.snapshot()
        what = {"policies": value_json.POLICIES.dump_json(after).decode(), "after": str(change.after)}
        what["organisation"] = change.organisation
        with self.records.db.write() as tx:
            if self._now(tx).version != change.after:
                raise SavedMeanwhile
            if found := flaws_of_all(after, self.records.settings.public_rules(tx), _kinds_in(snapshot)):
                raise Refused(found)
            self._answered(_answering(self._now(tx).rules, after, snapshot), change)
            self.approvals.ask(tx, change.actor, Wish(KIND, about, what, why))

    def learn_to_decide(self) -> None:
        """What was put up is saved once it is approved."""
        self.approvals.teach(KIND, self._effect)

    def _effect(self, approval: Approval, actor: Actor) -> Write:
        policies = value_json.POLICIES.validate_json(approval.payload["policies"])
        both = Actor(approval.asked_by, f"{approval.asker}, {actor.name}")
        organisation = approval.payload.get("organisation", "")
        change = Change(both, approval.why, int(approval.payload["after"]), organisation)
        snapshot = self.snapshot()

        def write(tx: Transaction) -> None:
            try:
                self._keep(tx, policies, change, snapshot, agreed=True)
            except SavedMeanwhile:
                raise NotAllowed(MEANWHILE) from None
            except (Refused, NotAccepted):
                raise NotAllowed(UNFIT) from None

        return write

    def _keep(
        self, tx: Transaction, policies: Sequence[Policy], change: Change, snapshot: Snapshot, *, agreed: bool = False
    ) -> int:
        after, why, before = arranged(policies), change.line(), self._now(tx).rules
        version = self.records.settings.save_policies(
            tx, after, who=change.actor.name, why=why, at=self.around.now(), after=change.after
        )
        # Not before the save: from here on nobody else saves public rules that these could not live with.
        public = self.records.settings.public_rules(tx)
        if found := flaws_of_all(after, public, _kinds_in(snapshot)):
            raise Refused(found)
        answering = _answering(before, after, snapshot)
        self._answered(answering, change)
        grown = self._weaker(before, after, snapshot)
        if grown and not agreed:
            raise NeedsSecond(grown)
        self.ledger.note(tx, change, version, between(before, after))
        self._record(tx, answering, change)
        return version

    def _weaker(self, before: Policies, after: Policies, snapshot: Snapshot) -> tuple[Weaker, ...]:
        """Asked of every method that is loaded: what is off is switched on by one administrator alone."""
        loaded = self.snapshots.host.classes.items()
        carriers = {key: one.rides_on for (_, key), one in loaded if issubclass(one, Method)}
        return weaker(before, after, {**carriers, **_carriers(snapshot.plugins.methods)})

    def _answered(self, answering: Sequence[Counted], change: Change) -> None:
        if answering and not is_named(change.organisation, self.around):
            raise NotAccepted

    def _record(self, tx: Transaction, answering: Sequence[Counted], change: Change) -> None:
        events = [RiskAccepted(one.method, one.policy, WORDING) for one in answering]
        if events:
            said = {**said_by(change.actor, change.line()), "organisation": change.organisation.strip()}
            self.records.audit.append(tx, events, at=self.around.now(), details=said)
            after_commit(tx, lambda: tell(self.around.meter, events))

    def snapshot(self) -> Snapshot:
        """What holds now, whichever process decided it."""
        with self.records.db.read() as tx:
            version = self.records.settings.version(tx)
        return self.snapshots.at_least(version)


def kinds_of(methods: Mapping[str, Method]) -> dict[str, type[Method]]:
    """The classes of these methods."""
    return {key: type(method) for key, method in methods.items()}


def _kinds_in(snapshot: Snapshot) -> dict[str, type[Method]]:
    return kinds_of(snapshot.plugins.methods)


def _carriers(methods: Mapping[str, Method]) -> dict[str, str]:
    return {key: method.rides_on for key, method in methods.items()}


def _answering(before: Sequence[Policy], after: Sequence[Policy], snapshot: Snapshot) -> tuple[Counted, ...]:
    """What is newly counted of methods that standards advise against (security.md 1.4)."""
    methods, first = snapshot.plugins.methods, snapshot.public.methods
    return tuple(
        Counted(key, policy)
        for key, method in methods.items()
        if must_be_accepted(type(method))
        for policy in counted_anew(before, after, key, _carriers(methods), first)
    )


def _risks(before: Policies, after: Policies, snapshot: Snapshot) -> tuple[Risk, ...]:
    """Of the policies whose proofs are not what they were."""
    known = {policy.name: policy for policy in before}
    found = []
    for policy in after:
        old = known.get(policy.name)
        if old is None or old.proof != policy.proof:
            found.append(Risk(policy.name, _risk(old, snapshot) if old else None, _risk(policy, snapshot)))
    return tuple(found)


def _risk(policy: Policy, snapshot: Snapshot) -> float:
    methods = {key: method for key, method in snapshot.plugins.methods.items() if key in policy.proof.named}
    chances = {key: method.by_chance for key, method in methods.items()}
    return a_year(policy.proof, _carriers(methods), chances, snapshot.public.methods)


def _read(said: str) -> Policies:
    return in_order(value_json.POLICIES.validate_json(said))
