#!/usr/bin/env python3
"""What each list and report of the console takes on a database that years of use have filled. See README.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from filling import Sizes, fill
from past import DAY, Past
from servers.postgres import running_postgres
from servers.small_house import SmallHouse, small_house

from keyback.core.db import daily_sums, tables
from keyback.core.db.record_lists import Span
from keyback.core.db.session import Database
from keyback.core.recovery.state import Stage
from keyback.core.service.record_room import LOUD, Asked, RecordRoom, open_record_room
from keyback.core.service.report import ReportRoom

KEK, TIMES = bytes(range(32)), 20


def sums_of_a_year(house: SmallHouse, now: datetime) -> None:
    """Forty sums for each day, as a busy house has them."""
    whats = [(what, f"reason-{number}") for what in ("set", "closed", "proof", "nobody") for number in range(10)]
    for ago in range(365):
        day = (now - timedelta(days=ago)).date().isoformat()
        with house.records.db.write() as tx:
            daily_sums.add(tx, {(day, *each): 17 for each in whats})


def each(room: RecordRoom, reports: ReportRoom, past: Past, now: datetime) -> dict[str, Callable[[], object]]:
    """The slowest that an administrator can ask of each screen, and the usual."""
    week, person = Span(now - timedelta(days=7)), past.ref(7919)
    halfway = f"{int((now - 180 * DAY).timestamp() * 1e6):015x}"
    today = now.date()
    return {
        "events of the last week": lambda: room.events(Asked(span=week)),
        "events, half a year back": lambda: room.events(Asked(), halfway),
        "events of one name": lambda: room.events(Asked(name="password.set")),
        "events of a name that never happened": lambda: room.events(Asked(name="keys.rotated")),
        "events that deserve an eye": lambda: room.events(Asked(name=LOUD)),
        "events of one person": lambda: room.events(Asked(person=person)),
        "events of one person and name": lambda: room.events(Asked(person=person, name="password.set")),
        "tries": lambda: room.recoveries(Asked()),
        "tries at a stage where none is": lambda: room.recoveries(Asked(state=Stage.UNSETTLED.value)),
        "tries of one person": lambda: room.recoveries(Asked(person=person)),
        "messages": lambda: room.messages(Asked()),
        "messages that failed (none did)": lambda: room.messages(Asked(state="failed")),
        "jobs that were given up": lambda: room.jobs(Asked(state="given-up")),
        "a report over thirty days": lambda: reports.report(today - timedelta(days=29), today),
        "a report over a year": lambda: reports.report(today - timedelta(days=364), today),
        "today, for Home": room.today.now,
        "a file of 100,000 events": lambda: sum(1 for _ in record_file(room)),
    }


def record_file(room: RecordRoom) -> list[str]:
    """As `RecordRoom.file` reads them, without the event that it leaves."""
    before, lines = "", []
    while len(lines) < 100_000:
        page = room.events(Asked(), before)
        lines += [json.dumps(row["data"]) for row in page.rows]
        before = page.older
        if not before:
            break
    return lines


def main() -> None:
    """Fill, then ask for everything and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    asked = parser.parse_args()
    sizes = Sizes(asked.people, asked.people // 10, asked.events)
    with tempfile.TemporaryDirectory(prefix="keyback-lists-"), running_postgres() as postgres:
        url = postgres.database()
        database = Database(url)
        database.upgrade()
        house = small_house(database)
        now = datetime.now(UTC)
        fill(url, KEK, sizes)
        sums_of_a_year(house, now)
        past = Past(house.records.keyring, asked.people, now)
        with database.write() as tx:
            for row in past.deliveries(asked.people // 10):
                tx.execute(tables.delivery.insert(), row)
        room = open_record_room(house.records, house.snapshots, house.around, house.staff)
        reports = ReportRoom(records=house.records, around=house.around)
        for what, ask in each(room, reports, past, now).items():
            times = 1 if what.startswith("a file") else TIMES
            took = []
            for _ in range(times):
                began = time.perf_counter()
                ask()
                took.append(time.perf_counter() - began)
            print(
                f"{what:42}{sorted(took)[len(took) // 2] * 1000:10.1f} ms, longest {max(took) * 1000:10.1f}", flush=True
            )
        database.close()


if __name__ == "__main__":
    main()
