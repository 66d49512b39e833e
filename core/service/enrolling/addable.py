"""What somebody may add, and which addresses of theirs only the directory knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...contracts.method import Enrollable, Method, Offer
from ...contracts.own_address import OwnAddress
from ...contracts.people import Enrolment, Person
from ...contracts.text import Text
from ...recovery.policy import Policy
from ..finding.recognise import Facts
from ..sending.media import PHONE_MEDIA
from ..snapshot import Snapshots
from ..surroundings import Surroundings


@dataclass(frozen=True)
class Addable:
    """By what their policy would count, and by what can be carried and where to."""

    snapshots: Snapshots
    around: Surroundings

    def listed(self, policy: Policy) -> tuple[tuple[str, Text], ...]:
        """For the page; without what can only be confirmed."""
        return tuple((one.key, one.label) for one in self.methods(policy) if self._may_be_typed(one))

    def methods(self, policy: Policy) -> tuple[Method, ...]:
        """All that can be added at all."""
        methods = [one for key, one in self.snapshots.current.plugins.methods.items() if key in policy.proof.named]
        return tuple(one for one in methods if isinstance(one, Enrollable) and self._is_carried(one))

    def unproven(self, person: Person, facts: Facts, enrolments: Sequence[Enrolment]) -> tuple[Offer, ...]:
        """What a person, with all contacts of their account, could prove and has not."""
        context = self.around.context()
        known = {(offer.method, offer.private.get("to")) for offer in facts.offers}
        known |= {(enrolment.method, enrolment.data.get("to")) for enrolment in enrolments}
        own = [one for one in self.methods(facts.policy) if isinstance(one, OwnAddress)]
        offers = (offer for method in own for offer in method.offers(person, (), context))
        return tuple(offer for offer in offers if (offer.method, offer.private.get("to")) not in known)

    def _is_carried(self, method: Method) -> bool:
        carried = bool(self.snapshots.current.plugins.channels_for(method.medium or ""))
        return carried or not isinstance(method, OwnAddress)

    def _may_be_typed(self, method: Method) -> bool:
        """Not where nobody said in which regions people's own phones are."""
        medium = method.medium or ""
        return medium not in PHONE_MEDIA or bool(self.around.rules_of(medium).numbers.regions)
