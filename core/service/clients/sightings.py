"""What was last seen of each entry, for whoever set it up and wonders whether it works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...contracts.bridge_events import ClientRefused
from ...contracts.event import Event
from ...db.entries import What
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings

# A commit for each would cost every journey one, and a stranger could fill the log with a client's name.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """Each process notes a thing at most once a minute."""

    records: Records
    around: Surroundings
    _noted: dict[tuple[str, What], datetime] = field(default_factory=dict, repr=False)

    def came(self, entry: str) -> None:
        """Somebody began a recovery by this entry."""
        self._note(entry, "arrived_at")

    def refused(self, entry: str, why: str) -> None:
        """What came in the name of this entry's client got nothing. `why` is a word of the standard's."""
        self._note(entry, "refused_at", why, [ClientRefused(entry, why)])

    def _note(self, entry: str, what: What, why: str = "", happened: Sequence[Event] = ()) -> None:
        now = self.around.now()
        last = self._noted.get((entry, what))
        if last is not None and now < last + NOTED_EVERY:
            return
        self._noted[entry, what] = now
        with self.records.db.write() as tx:
            self.records.entries.note(tx, entry, what, now, why)
            self.records.audit.append(tx, happened, at=now)
        tell(self.around.meter, happened)
