"""Names, and which way is shown first: what people may change without proving anew who they are. It opens nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...contracts.errors import NotAllowed, OutOfTurn
from ...contracts.events import Event, MethodPreferred, MethodRenamed
from ...contracts.text import Text
from ...db.session import Transaction, after_commit
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .my_methods import MyMethods
from .signed_in import SignedIn

LONGEST_NAME = 40
TOO_LONG = Text("That is too long. It has at most {n} characters.", n=LONGEST_NAME)
GONE = "it is not there"


@dataclass(frozen=True, kw_only=True)
class Arranging:
    """One transaction for each change, with its event. Nobody is sent a notice: only its owner sees what changed."""

    records: Records
    snapshots: Snapshots
    mine: MyMethods
    around: Surroundings

    def rename(self, who: SignedIn, enrolment_id: str, name: str) -> None:
        """Call one of theirs so; empty: nothing. Raises NotAllowed for a name that is too long, OutOfTurn when it is
        gone or goes by its address."""
        called = "".join(sign for sign in name if sign.isprintable()).strip()
        if len(called) > LONGEST_NAME:
            raise NotAllowed(TOO_LONG, {"called": TOO_LONG})
        with self.records.db.write() as tx:
            found = [one for one in self.records.enrolments.of(tx, who.person.id) if one.id == enrolment_id]
            if not found or not self.mine.has_name(found[0]):
                raise OutOfTurn(GONE)
            if not self.records.enrolments.rename(tx, who.person.id, enrolment_id, called):
                raise OutOfTurn(GONE)
            self._record(tx, who, MethodRenamed(found[0].method))

    def prefer(self, who: SignedIn, way: str) -> None:
        """Offer this way of theirs first, after another proof. Raises OutOfTurn when it is none."""
        ways = {mine.way: mine.method for mine in self.mine.look(who).mine if mine.way}
        with self.records.db.write() as tx:
            standing, seen = self.records.standings.of(tx, who.person.id)
            liked = replace(standing, default=way)
            if way not in ways or not self.records.standings.put(tx, who.person.id, liked, seen):
                raise OutOfTurn(GONE)
            self._record(tx, who, MethodPreferred(ways[way]))

    def _record(self, tx: Transaction, who: SignedIn, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=who.person.id)
        after_commit(tx, lambda: tell(self.around.meter, [event]))
