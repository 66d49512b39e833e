"""Counts what happened each day: reads the event log once, in its order, and keeps numbers that name nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ...contracts import events
from ...contracts.errors import OutOfTurn
from ...contracts.notifier import LogEntry
from ...db import daily_sums
from ...db.session import Transaction
from ...figures import BUCKETS, CALLS
from ..records import Records
from ..surroundings import Surroundings

# In one transaction: a longer one would keep pages waiting on SQLite.
AT_ONCE = 1000
GOT_IN = (events.PasswordSet.name, events.AccountUnlocked.name)
# Whoever signs in later than this did not come to try their new password.
CAME_BACK = timedelta(days=1)
TIME_EVERY, CARRY_EVERY = timedelta(minutes=1), timedelta(minutes=50)
# What a provider says of a message comes within two days, or never.
LOOK_BACK = 2

Sums = Counter[tuple[str, str, str]]


@dataclass(kw_only=True)
class Tally:
    """Each event is counted once, whoever counts, because the place moves in the same commit."""

    records: Records
    around: Surroundings
    _carry_at: datetime | None = field(init=False, default=None)
    _time_at: datetime | None = field(init=False, default=None)
    _timed: dict[tuple[str, str], float] = field(init=False, default_factory=dict)

    def count_events(self, now: datetime) -> None:
        """The next of them, if there are any."""
        with self.records.db.read() as tx:
            place = daily_sums.place(tx)
            entries = daily_sums.unread(tx, place, AT_ONCE) if place is not None else ()
            sums = self._sums(tx, place or 0, entries) if entries else None
        if place is None:
            with self.records.db.write() as tx:
                daily_sums.begin(tx)
        elif sums is not None:
            with self.records.db.write() as tx:
                if not daily_sums.move(tx, place, entries[-1].seq):
                    raise OutOfTurn("another process counted these")
                daily_sums.add(tx, sums)

    def count_messages(self, now: datetime) -> None:
        """How the messages of the last days stand by now; one process at a time, once an hour."""
        if self._carry_at is not None and now < self._carry_at:
            return
        self._carry_at = now + TIME_EVERY
        with self.records.db.write() as tx:
            if not self.records.leases.take(tx, "count messages", self.around.token(), now + CARRY_EVERY, now):
                return
            sums: Sums = Counter()
            for ago in range(LOOK_BACK + 1):
                midnight = _midnight(now) - timedelta(days=ago)
                for label, count in daily_sums.deliveries(tx, midnight).items():
                    sums[_day(midnight), "message", label] = count
            daily_sums.keep(tx, sums)

    def time_stores(self, now: datetime) -> None:
        """How long directories took to answer this process since the last time, as a count for each span."""
        if self._time_at is not None and now < self._time_at:
            return
        first, self._time_at = self._time_at is None, now + TIME_EVERY
        timed, self._timed = self._timed, self._store_times()
        if first:
            # What an earlier process counted is in the meter too.
            return
        grown = {name: count - timed.get(name, 0) for name, count in self._timed.items()}
        sums = {(_day(now), f"answer:{store}", edge): int(more) for (store, edge), more in grown.items() if more >= 1}
        if sums:
            with self.records.db.write() as tx:
                daily_sums.add(tx, sums)

    def _store_times(self) -> dict[tuple[str, str], float]:
        times: dict[tuple[str, str], float] = {}
        for (name, labels, part), value in self.around.meter.totals.items():
            if name == CALLS.name and labels[0] == "Store" and part not in ("", "sum"):
                times[labels[1], part] = times.get((labels[1], part), 0) + value
        return times

    def _sums(self, tx: Transaction, place: int, entries: Sequence[LogEntry]) -> Sums:
        firsts = self._firsts(tx, place, entries)
        returned = self._returned(tx, entries)
        done = self._done(tx, entries)
        sums: Sums = Counter()
        for entry in entries:
            # What ran out of time after the first account had its new password did not fail.
            for what, label in () if entry.seq in done else _told(entry):
                sums[_day(entry.at), what, label] += 1
            if entry.seq in firsts:
                sums[_day(entry.at), "set", "unlock" if entry.name == GOT_IN[1] else "reset"] += 1
            if entry.seq in returned:
                sums[_day(entry.at), "signed-in", ""] += 1
        return sums

    def _firsts(self, tx: Transaction, place: int, entries: Sequence[LogEntry]) -> set[int]:
        """Those by which a recovery got somebody in: of several accounts the first counts."""
        ours = [entry for entry in entries if entry.name in GOT_IN and entry.recovery]
        known = daily_sums.told_before(tx, sorted({entry.recovery for entry in ours}), GOT_IN, place)
        firsts: dict[str, int] = {}
        for entry in ours:
            if entry.recovery not in known:
                firsts.setdefault(entry.recovery, entry.seq)
        return set(firsts.values())

    def _done(self, tx: Transaction, entries: Sequence[LogEntry]) -> set[int]:
        """The ends of recoveries that had got somebody in."""
        ends = {entry.seq: entry.recovery for entry in entries if entry.name == events.RecoveryClosed.name}
        got_in = daily_sums.told_before(tx, sorted(set(ends.values())), GOT_IN, entries[-1].seq)
        return {seq for seq, recovery in ends.items() if recovery in got_in}

    def _returned(self, tx: Transaction, entries: Sequence[LogEntry]) -> set[int]:
        """Those by which somebody signed in for the first time after they got back in, as far as we see it."""
        ours = [entry for entry in entries if entry.name == events.PersonSignedIn.name and entry.person]
        if not ours:
            return set()
        people, names = sorted({entry.person for entry in ours}), (*GOT_IN, events.PersonSignedIn.name)
        theirs = daily_sums.of_people(tx, people, names, ours[0].at - CAME_BACK)
        returned = set()
        for entry in ours:
            before = [row for row in theirs.get(entry.person, ()) if row[0] < entry.seq]
            if before and before[-1][2] in GOT_IN and entry.at - before[-1][1] <= CAME_BACK:
                returned.add(entry.seq)
        return returned


def _told(entry: LogEntry) -> Iterator[tuple[str, str]]:
    """What one event adds one to. Only keys and reasons of ours are labels."""
    data = {key: str(value) for key, value in entry.data.items()}
    match entry.name:
        case events.RecoveryStarted.name:
            yield "asked", data["purpose"]
        case events.ProofGiven.name:
            yield "proof", data["method"]
            if entry.data["enough"]:
                yield "proven", data.get("purpose", "reset")
        case events.ProofMissed.name:
            yield "missed", data["method"]
        case events.RecoveryClosed.name:
            # Whoever was nobody did not fail: a stranger, or a name that was misspelt.
            yield ("closed" if entry.person else "closed-nobody"), data["reason"]
        case events.NobodyFound.name:
            yield "nobody", data["reason"]
        case events.PasswordNotSet.name:
            yield "not-set", data["outcome"]
        case events.MessageSent.name:
            yield "sent", data["method"]
        case events.MessageDropped.name:
            yield "dropped", data["reason"]
        case events.PasswordChanged.name:
            yield "changed", data["store"]
        case events.ChangeMissed.name:
            yield "change-missed", data["reason"]
        case events.PersonMissed.name:
            yield "person-missed", data["method"]
        case events.MethodAdded.name:
            yield "added", data["method"]
        case events.MethodRemoved.name:
            yield "removed", data["method"]
        case events.SelfServiceStopped.name:
            yield "stopped", ""


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


# The spans of `answer:` labels, shortest first; what is longer than the last has the label "+Inf".
EDGES = tuple(f"{edge:g}" for edge in BUCKETS)
