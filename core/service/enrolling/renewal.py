"""What somebody is asked after a sign-in: to add a method, or whether what they have is still right."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...contracts.errors import NotAllowed, OutOfTurn
from ...contracts.events import AddingPutOff, Event, MethodConfirmed
from ...contracts.text import Text
from ...db.session import Transaction, after_commit
from ...recovery import renewals
from ...recovery.renewals import Later
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .my_methods import Mine, MyMethods
from .signed_in import SignedIn

NO_MORE_LATER = Text("Add a method now. It can't be put off any more.")


@dataclass(frozen=True, slots=True)
class Due:
    """One of the two, or nothing. `adding`: how often that may still be put off."""

    adding: Later | None = None
    old: tuple[Mine, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is something to ask."""
        return self.adding is not None or bool(self.old)

    @property
    def forced(self) -> bool:
        """Whether they are let past no more before they did it."""
        return self.adding is not None and self.adding.left == 0


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """Asks once in a session. How often somebody put it off is theirs, whichever session they are in."""

    records: Records
    snapshots: Snapshots
    mine: MyMethods
    around: Surroundings

    def due(self, who: SignedIn) -> Due:
        """What to ask now. Nobody is asked to add what can't be added."""
        if who.put_off:
            return Due()
        seen = self.mine.look(who)
        if seen.short:
            rules = self.snapshots.current.policy_for(who.person).enrolment
            return Due(adding=renewals.later(rules, seen.standing, self.around.now()))
        return Due(old=tuple(mine for mine in seen.mine if mine.old_since))

    def put_off(self, who: SignedIn) -> None:
        """They said "Later". Raises NotAllowed once that is used up."""
        due, now = self.due(who), self.around.now()
        if due.forced:
            raise NotAllowed(NO_MORE_LATER)
        with self.records.db.write() as tx:
            self.records.sessions.note(tx, who.session, lambda session: replace(session, put_off=True))
            if due.adding:
                standing, seen = self.records.standings.of(tx, who.person.id)
                self._put(tx, who, renewals.put_off(standing, now), seen)
                self._record(tx, who, AddingPutOff(due.adding.left - 1))

    def confirm(self, who: SignedIn, enrolment_id: str) -> None:
        """They said that this one of theirs is still right. Raises OutOfTurn when it is gone."""
        with self.records.db.write() as tx:
            mine = {one.id: one for one in self.records.enrolments.of(tx, who.person.id)}
            if enrolment_id not in mine:
                raise OutOfTurn("it is not there")
            standing, seen = self.records.standings.of(tx, who.person.id)
            self._put(tx, who, renewals.confirm(standing, enrolment_id, mine, self.around.now()), seen)
            self._record(tx, who, MethodConfirmed(mine[enrolment_id].method))

    def want(self, who: SignedIn, page: str) -> None:
        """Keep where they wanted to go, until they have done what was asked; empty: they are there."""
        if who.wanted == page:
            return
        with self.records.db.write() as tx:
            self.records.sessions.note(tx, who.session, lambda session: replace(session, wanted=page))

    def came_by(self, who: SignedIn, entry: str) -> None:
        """Keep the door by which they came, and by which they go back when they have what they need."""
        if who.entry != entry:
            with self.records.db.write() as tx:
                self.records.sessions.note(tx, who.session, lambda session: replace(session, entry=entry))

    def enough(self, who: SignedIn) -> None:
        """They have what is needed: whoever loses it one day may say "Later" as often as at first."""
        with self.records.db.write() as tx:
            standing, seen = self.records.standings.of(tx, who.person.id)
            if standing.laters:
                self._put(tx, who, renewals.done(standing), seen)

    def _put(self, tx: Transaction, who: SignedIn, standing: renewals.Standing, seen: int) -> None:
        if not self.records.standings.put(tx, who.person.id, standing, seen):
            raise OutOfTurn("somebody else was faster")

    def _record(self, tx: Transaction, who: SignedIn, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), person_id=who.person.id)
        after_commit(tx, lambda: tell(self.around.meter, [event]))
