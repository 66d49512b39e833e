"""Who needs which proofs, and what holds before the first: read and saved for whoever administers."""

from __future__ import annotations

from dataclasses import dataclass

from ...recovery.policy import Disclosure
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .approvals import Approvals
from .policy_desk import PolicyDesk
from .public_desk import PublicDesk


@dataclass(frozen=True)
class ControlRoom:
    """The two desks at which rules are changed."""

    policies: PolicyDesk
    public: PublicDesk

    @classmethod
    def open(
        cls,
        records: Records,
        snapshots: Snapshots,
        around: Surroundings,
        approvals: Approvals,
        *,
        pinned: Disclosure | None = None,
    ) -> ControlRoom:
        """Over these records. `pinned`: what the configuration file says is shown before the first proof."""
        policies = PolicyDesk(records, snapshots, around, approvals)
        policies.learn_to_decide()
        return cls(policies, PublicDesk(policies, pinned))
