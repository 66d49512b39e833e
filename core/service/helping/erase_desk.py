"""Forgets a person, for whoever runs the server: they left, or they ask for it (GDPR, article 17)."""

from __future__ import annotations

from ...contracts.desk_events import PersonErased
from ...contracts.errors import NotAllowed
from ...contracts.people import AccountKey
from ...contracts.text import Text
from ...db.erasing import erase, is_under_way
from ...db.session import Transaction
from ..finding.named import account_named
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings


class EraseDesk:
    """For an administrator on the server. Nothing is written to a directory."""

    def __init__(self, records: Records, snapshots: Snapshots, around: Surroundings) -> None:
        self._records = records
        self._snapshots = snapshots
        self._around = around

    def erase_named(self, name: str) -> PersonErased:
        """Somebody whom a directory still knows. Raises NotAllowed."""
        return self.erase(account_named(name, self._snapshots, self._around).key)

    def erase(self, key: AccountKey) -> PersonErased:
        """Whoever has this account, with all that are joined to it. Raises NotAllowed while they are at it."""
        records, now = self._records, self._around.now()
        with records.db.write() as tx:
            person_id, keys, refs = self._who(tx, key)
            if is_under_way(tx, refs):
                raise NotAllowed(Text("They are resetting a password at this moment. Try again in an hour."))
            methods, recoveries = erase(tx, records.enrolments, refs)
            for each in keys:
                records.census.remove(tx, each)
            events = sum(records.audit.erase(tx, ref) for ref in sorted(refs))
            if not (methods or recoveries or events):
                raise NotAllowed(Text("Nothing is known of this person"))
            erased = PersonErased(methods, recoveries, events)
            records.audit.append(tx, [erased], at=now, person_id=person_id)
        return erased

    def _who(self, tx: Transaction, key: AccountKey) -> tuple[str, tuple[AccountKey, ...], set[str]]:
        """Their id, their accounts, and every name under which something of theirs may stand here."""
        pseudonym = self._records.keyring.pseudonym
        person_id, linked = self._records.links.with_account(tx, key)
        keys = linked or (key,)
        refs = {pseudonym(each.store, each.id) for each in keys}
        return person_id or pseudonym(key.store, key.id), keys, refs | ({person_id} if person_id else set())
