#!/usr/bin/env python3
"""The same journeys on an empty database and on one that years of use have filled. See README.md beside this file."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from figures import Round, show
from filling import Sizes, fill
from journeys import Plan, bare, fresh, measured
from servers.keyback import Keyback
from servers.postgres import _name, _programs
from sqlalchemy import create_engine, text
from town import Town, town
from upkeep import kept, key_of

# What a full database may cost beside an empty one, without the directory.
BUDGET = 1.15


def filled(here: Town, plan: Plan, sizes: Sizes) -> Keyback:
    """A server that was in use for years; not started."""
    server = here.keyback("filled", proofs=plan.proofs, processes=plan.processes, postgres=_is_postgres(plan))
    began = time.monotonic()
    with here.careless():
        fill(server.database_url, key_of(server), sizes)
    print(f"filled in {time.monotonic() - began:,.0f} s: {sizes}", flush=True)
    return server


def weigh(here: Town, plan: Plan, server: Keyback) -> None:
    """What it takes on the disk, table by table, and as a backup."""
    if not _is_postgres(plan):
        print(f"on disk: {sum(file.stat().st_size for file in (server.folder / 'data').iterdir()) / 2**20:,.0f} MiB")
        return
    engine = create_engine(server.database_url)
    sizes = "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class WHERE relkind = 'r' "
    with engine.connect() as connection:
        for name, table, indexes in connection.execute(text(sizes + "ORDER BY 2 DESC LIMIT 8")):
            print(f"on disk: {name:16}{table / 2**20:9,.0f} MiB and indexes {indexes / 2**20:9,.0f} MiB")
        print(f"on disk: all {connection.scalar(text('SELECT pg_database_size(current_database())')) / 2**20:,.0f} MiB")
    engine.dispose()
    assert here.postgres is not None
    began, programs = time.monotonic(), _programs()
    dump = [f"{programs}/pg_dump", "-Fc", "-Z1", "-h", str(here.postgres.folder), "-U", "keyback"]
    with subprocess.Popen([*dump, _name(server.database_url)], stdout=subprocess.PIPE) as dumping:  # noqa: S603
        assert dumping.stdout is not None
        size = sum(len(piece) for piece in iter(lambda: dumping.stdout.read(2**20), b""))  # type: ignore[union-attr]
    print(f"backup (pg_dump -Fc -Z1): {size / 2**20:,.0f} MiB in {time.monotonic() - began:,.0f} s", flush=True)


def compare(here: Town, plan: Plan, server: Keyback, rounds: int) -> None:
    """In turn, so that a neighbour on the machine disturbs both alike."""
    empties, fulls, bares = [], [], []
    for number in range(rounds):
        bares.append(bare(here))
        empties.append(measured(here, plan, fresh(here, plan, number)))
        fulls.append(measured(here, plan, [server]))
    show({f"empty: {plan.name}": empties, f"filled: {plan.name}": fulls}, bares)
    print(f"\nfilled / empty, CPU of a journey (budget {BUDGET} without the directory)")
    for what, groups in (("web", ("web",)), ("database", ("database",)), ("both", ("web", "database"))):
        print(f"{what:10} {_ratios(empties, fulls, *groups)}")


def _ratios(empties: Sequence[Round], fulls: Sequence[Round], *groups: str) -> str:
    pairs = [
        (each.milliseconds(*groups), other.milliseconds(*groups)) for each, other in zip(empties, fulls, strict=True)
    ]
    least = min(full for _, full in pairs) / max(0.01, min(empty for empty, _ in pairs))
    by_round = [full / max(0.01, empty) for empty, full in pairs]
    each = ", ".join(f"{ratio:.2f}" for ratio in by_round)
    return f"of the least {least:.2f}, median of pairs {median(by_round):.2f} (each: {each})"


def _is_postgres(plan: Plan) -> bool:
    return plan.database == "postgresql"


def main() -> None:
    """Fill, weigh, compare, and keep house."""
    asked = _asked()
    # By way of an exception, so that no server is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    sizes = Sizes(asked.people, asked.unfinished, asked.events)
    plan = Plan(asked.database, asked.processes, asked.proofs, asked.journeys, asked.at_once, 0)
    with tempfile.TemporaryDirectory(prefix="keyback-bench-") as folder, town(Path(folder)) as here:
        server = filled(here, plan, sizes)
        weigh(here, plan, server)
        compare(here, plan, server, asked.rounds)
        with kept(server, here.database_pid) as upkeep:
            upkeep.show()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql", choices=["sqlite", "postgresql"])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--unfinished", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--proofs", type=int, default=1, choices=[1, 2])
    parser.add_argument("--journeys", type=int, default=200, help="in each round, after a few to warm up")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
