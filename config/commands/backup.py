"""`keyback backup`: a copy of the database while people work; and what is to be done when one was put back."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...core.contracts.errors import SettingsInvalid
from ...core.contracts.staff_events import BackupRestored
from ...core.db.backup import begin_anew, copy_to
from .opened import Subparsers, opened

# The one method whose proofs are good once and kept for longer than a recovery lives.
ONE_TIME = "saved_codes"


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("backup", help="copy the database, or say that a copy was put back")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    make = verbs.add_parser("make", help="copy a SQLite database into a new file, while others work")
    make.add_argument("target", type=Path, help="the new file")
    make.set_defaults(run=run_make)
    restored = verbs.add_parser("restored", help="after a copy was put back and before the start: end what is old")
    restored.set_defaults(run=run_restored)


def run_make(arguments: argparse.Namespace) -> int:
    """Without its key it opens for nobody; keep the two apart."""
    with opened() as house:
        if house.records.db.tells_time:
            raise SettingsInvalid(["this database is a server's: copy it with pg_dump"])
        copy_to(house.records.db, arguments.target)
    print(f"{arguments.target} is a copy of everything but keyback.key.")
    return 0


def run_restored(_arguments: argparse.Namespace) -> int:
    """Forgets recoveries, messages and saved codes, and writes that down."""
    with opened() as house:
        records = house.records
        with records.db.write() as tx:
            gone = begin_anew(tx, ONE_TIME)
            records.audit.append(tx, [BackupRestored(gone.recoveries, gone.enrolments)], at=house.around.now())
    print(f"{gone.recoveries} recoveries and {gone.enrolments} sets of saved codes from before are over.")
    return 0
