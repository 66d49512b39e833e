"""The help desk lets self-service work again for somebody who was stopped."""

from __future__ import annotations

from ...contracts.errors import NotAllowed
from ...contracts.events import SelfServiceResumed
from ...contracts.people import Person
from ...contracts.text import Text
from ..finding.named import account_named
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings


class LiftDesk:
    """For the help desk on the server, once it knows who is asking."""

    def __init__(self, records: Records, snapshots: Snapshots, around: Surroundings) -> None:
        self._records = records
        self._snapshots = snapshots
        self._around = around

    def lift(self, name: str) -> None:
        """Links from before this moment stop nobody again. Raises NotAllowed where there is nothing to lift."""
        account = account_named(name, self._snapshots, self._around)
        now, records = self._around.now(), self._records
        with records.db.write() as tx:
            person_id, _ = records.links.whose(tx, account.key)
            if not records.freezes.lift(tx, Person(person_id, (account,)), now):
                raise NotAllowed(Text("Self-service is not stopped for this person"))
            records.audit.append(tx, [SelfServiceResumed()], at=now, person_id=person_id)
