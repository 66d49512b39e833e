"""`keyback keys rotate`: a new data key for one purpose, and everything moved to it."""

from __future__ import annotations

import argparse

from ...core.contracts.staff_events import KeysRotated
from ...core.db.rotation import reseal
from ...core.db.sealing import NEVER_ROTATED, KeyPurpose
from .opened import Subparsers, opened


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("keys", help="rotate the keys inside the database")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    rotate = verbs.add_parser("rotate", help="make a new key for one purpose and encrypt anew, while others work")
    rotate.add_argument("purpose", choices=sorted(purpose.value for purpose in set(KeyPurpose) - NEVER_ROTATED))
    rotate.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """May be stopped and run again at any time: what was moved stays moved."""
    purpose = KeyPurpose(arguments.purpose)
    with opened() as house:
        records = house.records
        records.keyring.rotate(purpose)
        with records.db.write() as tx:
            records.audit.append(tx, [KeysRotated(purpose.value)], at=house.around.now())
        count = reseal(records.db, records.keyring, purpose, _say)
    print(f"{count} values now use the new key for {purpose.value}.")
    return 0


def _say(moved: int, seen: int) -> None:
    print(f"{seen} looked at, {moved} moved", flush=True)
