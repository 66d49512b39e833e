#!/usr/bin/env python3
"""What each screen of the console takes on a database that years of use have filled. See README.md."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import servers.small_house
from console_pages import Asking, every_page
from filling import Sizes, fill
from grown_house import furnish
from past import Past
from plans import Asked
from processes import Yardstick
from servers.listed import Listed
from servers.postgres import running_postgres
from servers.small_console import SmallConsole, small_console
from sqlalchemy import select

from keyback.core.db.session import Database
from keyback.core.db.tables import event

KEK = bytes(range(32))
HEAD = (
    "| screen | first byte, ms: least / median | whole page, ms: least / median / longest | statements | rows read "
    "| kB | disturbed | read whole |"
)


@dataclass(frozen=True)
class Took:
    """One page, asked once; seconds."""

    first: float
    whole: float
    size: int


def ask(console: SmallConsole, page: Asking) -> Took:
    """As a browser does, which reads what comes as it comes."""
    began = time.perf_counter()
    answer = console.get(page.path) if page.form is None else console.post(page.path, page.form)
    chunks = iter(answer.iter_encoded())
    size = len(next(chunks, b""))
    first = time.perf_counter() - began
    size += sum(map(len, chunks))
    if answer.status_code not in {200, 303}:
        print(f"{page.path}: {answer.status}", file=sys.stderr)
    return Took(first, time.perf_counter() - began, size)


def measure(console: SmallConsole, page: Asking) -> str:
    """Asked once to be overheard and to warm what is behind it, then as often as it may be."""
    with Asked.overheard() as asked:
        ask(console, page)
    took = []
    with Yardstick() as yardstick:
        for _ in range(page.times):
            took.append(ask(console, page))
            # No limit on look-ups is to be met.
            console.house.clock.forward(minutes=1)
    firsts, wholes = sorted(each.first * 1000 for each in took), sorted(each.whole * 1000 for each in took)
    database = console.house.records.db
    rows, read_whole = asked.rows_read(database) if database.tells_time else (0, set())
    told = f"{firsts[0]:.0f} / {median(firsts):.0f} | {wholes[0]:.0f} / {median(wholes):.0f} / {wholes[-1]:.0f}"
    counts = f"{len(asked.statements)} | {rows:,} | {took[0].size / 1000:,.0f}"
    return f"| {page.what} | {told} | {counts} | {yardstick.disturbed:.1f} | {' '.join(read_whole)} |"


def grown(url: str, sizes: Sizes) -> tuple[SmallConsole, Past]:
    """A console over such a house; what was filled before stays as it is."""
    database = Database(url)
    database.upgrade()
    with database.read() as tx:
        last = tx.scalar(select(event.c.at).where(event.c.seq.isnot(None)).order_by(event.c.id.desc()).limit(1))
    servers.small_house.Directory = Listed  # type: ignore[misc]
    house = servers.small_house.small_house(database, signals=True, file_domains=("acme.example",))
    house.clock.time = last or datetime.now(UTC)
    console, past = small_console(house), Past(house.records.keyring, sizes.people * sizes.times, house.clock.time)
    if last is None:
        began = time.monotonic()
        fill(url, KEK, sizes, console=True)
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
        furnish(house, console, past)
    house.clock.forward(seconds=1)
    return console, past


@contextmanager
def database_of(asked: argparse.Namespace) -> Iterator[str]:
    """The one that was named, or one for nobody else."""
    if asked.url:
        yield asked.url
    elif asked.database == "postgresql":
        with running_postgres() as postgres:
            yield postgres.database()
    else:
        folder = tempfile.mkdtemp(prefix="keyback-lists-")
        yield f"sqlite:///{folder}/keyback.db"
        shutil.rmtree(folder)


def main() -> None:
    """Fill, then ask for everything and say how long it took."""
    asked = _asked()
    people = asked.people // asked.times
    sizes = Sizes(people, people // 10, asked.events // asked.times, asked.times)
    with database_of(asked) as url:
        console, past = grown(url, sizes)
        print(HEAD, flush=True)
        for page in every_page(console, past):
            if asked.only in page.what:
                print(measure(console, page), flush=True)
        console.house.records.db.close()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=10, help="each row is made once and copied so often in the end")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--url", default="", help="a database that is filled already, or is to be")
    parser.add_argument("--only", default="", help="screens whose name has this in it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
