"""The public rules: what everybody sees before the first proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...db import value_json
from ...db.session import Transaction
from ...db.settings_store import PUBLIC_RULES
from ...recovery.differences import Difference, between_public
from ...recovery.flaws import Flaw, flaws_of_all, flaws_of_public
from ...recovery.policy import Disclosure, Policy, PublicRules
from ..finding.disclosing import disclosure_flaws
from ..records import Records
from ..snapshot import Snapshot
from ..surroundings import Surroundings
from .kept_rules import Change, Kept, Ledger, Refused
from .policy_desk import BUILT_IN, PolicyDesk, kinds_of

HOUSE = "house"


@dataclass(frozen=True, slots=True)
class PublicReview:
    """What saving these public rules would mean."""

    differences: tuple[Difference, ...]
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True)
class PublicDesk:
    """One set for the whole house: any difference between entries or people would tell who exists."""

    policies: PolicyDesk
    # What the configuration file decides, and no page; None where it leaves that open.
    pinned: Disclosure | None = None

    @property
    def records(self) -> Records:
        """The same as the policies'."""
        return self.policies.records

    @property
    def around(self) -> Surroundings:
        """The same as the policies'."""
        return self.policies.around

    @property
    def ledger(self) -> Ledger[PublicRules]:
        """The saves so far."""
        return Ledger(
            records=self.records,
            around=self.around,
            kind=PUBLIC_RULES,
            key=HOUSE,
            read=value_json.PUBLIC_RULES.validate_json,
        )

    def now(self) -> Kept[PublicRules]:
        """What was saved last."""
        with self.records.db.read() as tx:
            return self._now(tx)

    def _now(self, tx: Transaction) -> Kept[PublicRules]:
        last, rules = self.ledger.last(tx), self.records.settings.public_rules(tx)
        return Kept(rules, last.version, last.at, last.who, last.why) if last else Kept(rules)

    def review(self, rules: PublicRules) -> PublicReview:
        """Look through these without saving anything."""
        before, after = self.now().rules, self._as_pinned(rules)
        with self.records.db.read() as tx:
            policies = self.records.settings.policies(tx)
        return PublicReview(between_public(before, after), self._flaws(after, policies, self.policies.snapshot()))

    def save(self, rules: PublicRules, change: Change) -> int:
        """Keep these; returns the version. Raises Refused or SavedMeanwhile; then nothing was saved."""
        after, why, snapshot = self._as_pinned(rules), change.line(), self.policies.snapshot()
        with self.records.db.write() as tx:
            before = self._now(tx).rules
            version = self.records.settings.save_public_rules(
                tx, after, who=change.actor.name, why=why, at=self.around.now(), after=change.after
            )
            # Not before the save: from here on nobody else saves policies that could not live with these.
            if found := self._flaws(after, self.records.settings.policies(tx), snapshot):
                raise Refused(found)
            self.ledger.note(tx, change, version, between_public(before, after))
        self.policies.snapshots.at_least(version)
        return version

    def _as_pinned(self, rules: PublicRules) -> PublicRules:
        return replace(rules, disclosure=self.pinned) if self.pinned else rules

    def _flaws(self, rules: PublicRules, policies: Sequence[Policy], snapshot: Snapshot) -> tuple[Flaw, ...]:
        kinds, kept = kinds_of(snapshot.plugins.methods), tuple(policies) or BUILT_IN
        # Only what these rules do to policies: what is wrong with one anyway is for its own page.
        anyway = flaws_of_all(kept, snapshot.public, kinds)
        caused = [flaw for flaw in flaws_of_all(kept, rules, kinds) if flaw not in anyway]
        masked = disclosure_flaws(replace(snapshot, public=rules), self.around)
        return (*flaws_of_public(rules, kinds), *caused, *masked)
