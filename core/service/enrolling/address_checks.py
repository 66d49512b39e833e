"""Is this still right? Of an address it is, when the code that goes there comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...contracts.errors import OutOfTurn
from ...contracts.method import Method
from ..judged import Judged
from .fresh_proofs import FreshProofs
from .renewal import Renewal
from .signed_in import SignedIn


@dataclass(frozen=True, kw_only=True)
class AddressChecks(FreshProofs):
    """Asked as a proof is, and worth less: it says that codes still arrive, and nobody may change more by it."""

    purpose: ClassVar[str] = "check"
    renewal: Renewal

    def way_of(self, who: SignedIn, enrolment_id: str) -> str:
        """By which way this one of theirs is checked; empty where nothing can be sent there."""
        ways = self._ways(who)
        mine = (one.way for one in self.mine.look(who).mine if one.id == enrolment_id)
        return next((way for way in mine if way in ways), "")

    def _will_do(self, method: Method) -> bool:
        return method.medium is not None and not method.hears

    def _pass(self, who: SignedIn, value: str, method: Method, judged: Judged, *, language: str) -> None:
        mine = [one.id for one in self.mine.look(who).mine if one.way == value and one.id]
        with self.records.db.write() as tx:
            self.misses.hold(tx, self._budgets(who, method))
            if not self.records.pending.take(tx, self._proving(who, method, value), self.around.now()):
                raise OutOfTurn("this was answered already")
        for each in mine:
            self.renewal.confirm(who, each)
