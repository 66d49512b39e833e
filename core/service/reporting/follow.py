"""Keeps the event log elsewhere: whoever follows it gets every event in its order, however long they were away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from ...contracts.errors import DeliveryFailed, KeybackError
from ...contracts.notifier import FollowsLog, LogEntry, Notifier
from ...db import followers
from ..calls import Calls
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings

log = logging.getLogger(__name__)

# In one go, while that goes well: a second's worth of the busiest house.
BATCH = 512
# For one batch; the lease outlives it, or a second process would send the same beside it.
KEEP_SECONDS = 10.0
LEASE = timedelta(seconds=20)
# Between tries with one that is away. The log is the spool: it waits there for as long as it takes.
REST, LONGEST_REST = timedelta(seconds=2), timedelta(seconds=60)


class Following:
    """At most one thread here for each follower, and by its lease one in the whole house."""

    def __init__(self, records: Records, snapshots: Snapshots, calls: Calls, around: Surroundings) -> None:
        self._records = records
        self._snapshots = snapshots
        self._calls = calls
        self._around = around
        self._holder = around.token()
        self._in_hand: set[str] = set()
        self._rest: dict[str, tuple[datetime, timedelta]] = {}
        self._most: dict[str, int] = {}

    def look(self, now: datetime) -> None:
        """Begin for each that has something to get. It has a thread of its own: a slow one holds up no tick."""
        for key, notifier in self._snapshots.current.plugins.notifiers.items():
            if not isinstance(notifier, FollowsLog) or key in self._in_hand or now < self._rests_until(key, now):
                continue
            if self._is_behind(key):
                self._in_hand.add(key)
                threading.Thread(target=self._follow, args=(notifier,), name=f"follow {key}", daemon=True).start()

    def _rests_until(self, key: str, now: datetime) -> datetime:
        return self._rest[key][0] if key in self._rest else now

    def _is_behind(self, key: str) -> bool:
        with self._records.db.read() as tx:
            place = followers.place(tx, key)
            if place is not None:
                return followers.head(tx) > place
        with self._records.db.write() as tx:
            followers.begin(tx, key)
        return False

    def _follow(self, notifier: Notifier) -> None:
        """Until there is nothing left, or it cannot be reached."""
        key = notifier.key
        try:
            while self._one_batch(notifier):
                pass
            self._rest.pop(key, None)
        except KeybackError as failure:
            because = failure.kind if isinstance(failure, DeliveryFailed) else type(failure).__name__
            log.warning("a follower of the log is away", extra={"notifier": key, "because": because})
            self._leave_alone(key)
        except Exception as error:  # one that breaks must not be asked again at every tick
            log.exception("a follower of the log broke", extra={"notifier": key, "kind": type(error).__name__})
            self._leave_alone(key)
        finally:
            self._in_hand.discard(key)

    def _one_batch(self, notifier: Notifier) -> bool:
        """Whether there may be more. Sent and not noted, it comes again: better twice, with its number, than never."""
        assert isinstance(notifier, FollowsLog)
        key, what = notifier.key, f"follow {notifier.key}"
        entries, most = self._next(key, what), self._most.get(key, BATCH)
        if entries:
            context = self._around.context(seconds=KEEP_SECONDS)
            # Half as many after a failure: a slow one must get on, however slow it is.
            self._most[key] = max(1, most // 2)
            self._calls.ask(notifier, lambda: notifier.keep(entries, context), KEEP_SECONDS)
            self._most[key] = min(most * 2, BATCH)
        with self._records.db.write() as tx:
            if entries:
                followers.move(tx, key, entries[-1].seq)
            self._records.leases.free(tx, what, self._holder)
        return len(entries) == most

    def _next(self, key: str, what: str) -> Sequence[LogEntry]:
        """What it gets next; nothing while another process is at it."""
        now = self._around.now()
        with self._records.db.write() as tx:
            if not self._records.leases.take(tx, what, self._holder, now + LEASE, now):
                return ()
            place = followers.place(tx, key)
        if place is None:
            return ()
        with self._records.db.read() as tx:
            return followers.after(tx, place, self._most.get(key, BATCH))

    def _leave_alone(self, key: str) -> None:
        rest = min(self._rest[key][1] * 2, LONGEST_REST) if key in self._rest else REST
        self._rest[key] = (self._around.now() + rest, rest)
