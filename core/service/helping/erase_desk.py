"""Forgets a person, for whoever runs the server: they left, or they ask for it (GDPR, article 17)."""

from __future__ import annotations

from ...contracts.desk_events import PersonErased
from ...contracts.errors import NotAllowed
from ...contracts.people import AccountKey
from ...contracts.text import Text
from ...db.erasing import erase, is_under_way
from ...db.links import refs_of
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
            person_id, linked = records.links.whose(tx, key)
            keys = linked or (key,)
            refs = refs_of(records.keyring, person_id, keys)
            if is_under_way(tx, refs):
                raise NotAllowed(
                    Text(
                        "They are resetting a password, or a campaign has their turn, at this moment. Try again later."
                    )
                )
            gone = erase(tx, records.enrolments, refs)
            for each in keys:
                records.census.remove(tx, each)
            events = sum(records.audit.erase(tx, ref) for ref in sorted(refs))
            if not (any(gone) or events):
                raise NotAllowed(Text("Nothing is known of this person"))
            erased = PersonErased(gone.methods, gone.recoveries, events, gone.turns)
            records.audit.append(tx, [erased], at=now, person_id=person_id)
        return erased
