"""Shapes for decoys, taken from people whom an administrator lists on the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from ...contracts.errors import NotAllowed
from ...contracts.people import Person
from ...contracts.staff_events import SettingsSaved
from ...contracts.text import Text
from ...recovery.decoys import FEWEST_PEOPLE, USUAL_CHANGE, Seen, Shapes, freeze
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .disguise import seen, showable
from .named import account_named
from .recognise import Recognising


@dataclass(frozen=True, slots=True)
class Frozen:
    """What came of a list of names."""

    shapes: Shapes
    asked: int


@dataclass(frozen=True, kw_only=True)
class DecoyDesk:
    """For an administrator on the server, before `masked` is switched on and once in a while after."""

    records: Records
    snapshots: Snapshots
    recognising: Recognising
    around: Surroundings

    def freeze(self, names: Iterable[str], *, change_every: timedelta | None, who: str, why: str) -> Frozen:
        """Find these people and keep their shapes. Raises NotAllowed when too few have anything to offer."""
        asked = list(dict.fromkeys(name.strip() for name in names if name.strip()))
        people = [(self.around.spelling(name), self._seen(name)) for name in asked]
        before = self.kept()
        # Another rate would give nearly everybody another decoy at once, and so show who is real.
        shapes = freeze(people, change_every or (before.change_every if before else USUAL_CHANGE))
        if shapes.people < FEWEST_PEOPLE:
            raise NotAllowed(
                Text(
                    "Too few of these people have a method to show: {n} of {m} that are needed",
                    n=shapes.people,
                    m=FEWEST_PEOPLE,
                )
            )
        with self.records.db.write() as tx:
            self.records.settings.save_shapes(tx, shapes, who=who, why=why)
            self.records.audit.append(tx, [SettingsSaved("decoys")], at=self.around.now())
        return Frozen(shapes, len(asked))

    def kept(self) -> Shapes | None:
        """The shapes that hold now."""
        with self.records.db.read() as tx:
            return self.records.settings.shapes(tx)

    def _seen(self, name: str) -> tuple[Seen, ...]:
        """What `masked` would show of this person; nothing of whoever would get a decoy."""
        try:
            account = account_named(name, self.snapshots, self.around)
        except NotAllowed:
            return ()
        snapshot = self.snapshots.current
        with self.records.db.write() as tx:
            person_id, accounts = self.recognising.whose(tx, account.key)
            facts = self.recognising.facts(tx, Person(person_id, (account,)), accounts, None)
        offers = () if facts.refusal else facts.offers
        return seen(showable(offers, snapshot.public, snapshot.plugins.methods))
