"""What an agent of the help desk sees of a person: how their accounts stand, what they have, and what happened lately.

Ends of numbers and addresses only, and neither codes nor answers: nothing here proves anything to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...contracts.people import Account
from ...contracts.text import Text
from ...db.counters import Mark
from ...db.freezes import Freeze
from ...db.person_history import Happened, lately
from ...db.session import Transaction
from ...recovery.limits import SUBJECT_MISSES
from ...recovery.state import Lane
from ..enrolling.my_methods import MyMethods, Overview
from ..enrolling.signed_in import SignedIn
from ..misses import Misses
from ..mover import REFERENCE
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .desk_reach import Served

SHOWN = timedelta(days=7)
# What ended a try, by the last event of it that says so.
ENDS = frozenset({"password.set", "account.unlocked", "recovery.closed"})


@dataclass(frozen=True, slots=True)
class Locked:
    """A method by which too many wrong answers came: until then none is taken."""

    label: Text | str
    until: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """One recovery of the last days. `reference` is what its pages told the person to say.

    `ended`: the event that ended it, "" while it goes on or where nobody finished it; `why`: its reason.
    """

    reference: str
    at: datetime
    proofs: tuple[Text | str, ...] = ()
    missed: int = 0
    ended: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """The page about one person."""

    served: Served
    accounts: tuple[tuple[Text | str, Account], ...]
    overview: Overview
    stopped: Freeze | None
    locked: tuple[Locked, ...]
    tries: tuple[Try, ...]


@dataclass(frozen=True, kw_only=True)
class Files:
    """Asks the pieces that serve the person themselves, so that agent and person read the same."""

    records: Records
    snapshots: Snapshots
    mine: MyMethods
    misses: Misses
    around: Surroundings

    def of(self, served: Served) -> File:
        """Everything that the page shows. Raises SealBroken."""
        now, stores = self.around.now(), self.snapshots.current.plugins.stores
        with self.records.db.read() as tx:
            happened = lately(tx, served.person.id, now - SHOWN)
            stopped = self._stopped(tx, served)
            locked = self._locked(tx, served.person.id)
        called = tuple(
            (stores[a.key.store].called if a.key.store in stores else a.key.store, a) for a in served.accounts
        )
        overview = self.mine.look(SignedIn("", served.person, now))
        return File(served, called, overview, stopped, locked, self._tries(happened))

    def called(self, method: str) -> Text | str:
        """What people call it; its key where it is switched off."""
        methods = self.snapshots.current.plugins.methods
        return methods[method].label if method in methods else method

    def waits(self, person_id: str) -> Mapping[str, Sequence[Mark]]:
        """By method, what counts this person's wrong answers; not what only registering anew mends."""
        methods = self.snapshots.current.plugins.methods
        return {
            key: [
                mark
                for lane in Lane
                for mark in self.misses.budgets(method, key, person_id, lane)
                if mark.budget.startswith(f"{SUBJECT_MISSES.name}:")
            ]
            for key, method in methods.items()
        }

    def _stopped(self, tx: Transaction, served: Served) -> Freeze | None:
        freezes = self.records.freezes
        refs = (served.person.id, *(self.records.keyring.pseudonym(a.key.store, a.key.id) for a in served.accounts))
        found = (freezes.of(tx, ref) for ref in dict.fromkeys(refs))
        return next((freeze for freeze in found if freeze is not None and freeze.lifted_at is None), None)

    def _locked(self, tx: Transaction, person_id: str) -> tuple[Locked, ...]:
        now, locked = self.around.now(), []
        for key, marks in self.waits(person_id).items():
            counts = self.records.counters.peek(tx, marks, now)
            until = max((count.locked_until for count in counts if count.locked_until), default=None)
            if until is not None:
                locked.append(Locked(self.called(key), until))
        return tuple(locked)

    def _tries(self, happened: Sequence[Happened]) -> tuple[Try, ...]:
        by_recovery: dict[str, list[Happened]] = {}
        for each in happened:
            if each.recovery_id:
                by_recovery.setdefault(each.recovery_id, []).append(each)
        return tuple(self._try(recovery_id, told) for recovery_id, told in by_recovery.items())

    def _try(self, recovery_id: str, told: Sequence[Happened]) -> Try:
        """Told the newest first."""
        proofs = [str(each.data["method"]) for each in reversed(told) if each.name == "proof.given"]
        end = next((each for each in told if each.name in ENDS), None)
        return Try(
            recovery_id[:REFERENCE].upper(),
            told[-1].at,
            tuple(self.called(key) for key in proofs),
            sum(each.name == "proof.missed" for each in told),
            end.name if end else "",
            str(end.data.get("reason", "")) if end else "",
        )
