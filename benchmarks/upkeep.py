"""What keeping house costs where there is much: each chore with a full load, and with nothing to do."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bulk import Bulk
from past import DAY, HOUR, Past
from past_events import Log
from processes import Meter
from servers.keyback import Keyback

from keyback.config.house import House, build
from keyback.config.loading import load
from keyback.core.db import rotation, sealed, tables
from keyback.core.db.sealing import KeyPurpose
from keyback.core.recovery.state import Stage
from keyback.core.service.chores import FORGOTTEN_AT_ONCE

TIMES = 3


@dataclass
class Upkeep:
    """In this process, without any server: nobody else moves anything."""

    house: House
    database_url: str
    database_pid: int

    def show(self) -> None:
        """All of it, as lines of a table."""
        print(f"{'chore':44}{'ms':>9}{'CPU ms':>9}{'database CPU ms':>17}")
        office, now = self.house.staff.office, self.house.around.now
        chores = {chore.__name__: chore for chore in (*office._chores, *office._chores_everywhere)}
        chores["purge"](now())
        self._time("a tick with nothing to do", office.tick, times=100)
        self._load_overdue()
        self._time("closing 100 that are overdue", lambda: chores["close_overdue"](now()))
        self._load_unchained()
        self._time("chaining 1,000 events", lambda: self.house.records.audit.chain(self.house.records.db, now()))
        self._load_old()
        later = iter(now() + timedelta(minutes=2 * number) for number in range(1, TIMES + 1))
        self._time(f"forgetting {FORGOTTEN_AT_ONCE} of each kind", lambda: chores["purge"](next(later)))
        self._time("erasing a person", self._erase, times=10)
        self._rotate()

    def _time(self, what: str, work: Callable[[], object], times: int = TIMES) -> None:
        meter, own, began = Meter({"database": self.database_pid}), time.process_time(), time.perf_counter()
        for _ in range(times):
            work()
        took, mine = time.perf_counter() - began, time.process_time() - own
        each = [seconds / times * 1000 for seconds in (took, mine, meter.read()["database"])]
        print(f"{what:44}{each[0]:9.1f}{each[1]:9.1f}{each[2]:17.1f}", flush=True)

    def _past(self) -> Past:
        return Past(self.house.records.keyring, 1000, datetime.now(UTC))

    def _load_overdue(self) -> None:
        rows = self._past().recoveries(100 * TIMES, ends_in=timedelta(minutes=-1))
        Bulk(self.database_url).load(tables.recovery, rows, 100 * TIMES)

    def _load_unchained(self) -> None:
        count = 1000 * TIMES
        rows = Log(self._past(), self.house.records.db).events(count, chained=False)
        Bulk(self.database_url).load(tables.event, rows, count)

    def _load_old(self) -> None:
        past, bulk, count = self._past(), Bulk(self.database_url), FORGOTTEN_AT_ONCE * TIMES
        bulk.load(tables.recovery, past.recoveries(count, Stage.CLOSED, ends_in=-2 * DAY), count)
        bulk.load(tables.counter, past.counters(count, ends_in=-HOUR), count)
        bulk.load(tables.proof, past.proofs(count, ago=31 * DAY), count)
        bulk.load(tables.job, past.jobs(count, ago=31 * DAY), count)

    def _erase(self) -> None:
        records = self.house.records
        with records.db.write() as tx:
            # One of those whose events are there.
            person = self._past().ref(int.from_bytes(os.urandom(2), "big"))
            records.audit.erase(tx, person)

    def _rotate(self) -> None:
        records = self.house.records
        records.keyring.rotate(KeyPurpose.RECOVERY)
        walk = rotation._Walk(records.keyring, sealed.RECOVERY)
        self._time(f"moving {rotation.BATCH} recoveries to a new key", lambda: walk.batch(records.db), times=10)


@contextmanager
def kept(server: Keyback, database_pid: int) -> Iterator[Upkeep]:
    """The house of a server that does not run."""
    house = build(load({}, server.folder))
    try:
        yield Upkeep(house, server.database_url, database_pid)
    finally:
        house.close()


def key_of(server: Keyback) -> bytes:
    """What wraps its keys."""
    return base64.urlsafe_b64decode((server.folder / "keyback.key").read_text())
