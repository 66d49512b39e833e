"""`keyback keys rotate`: a new data key for one purpose, and everything moved to it; or a new key that signs tokens."""

from __future__ import annotations

import argparse

from ...core.contracts.staff_events import KeysRotated
from ...core.db.rotation import reseal
from ...core.db.sealing import NEVER_ROTATED, KeyPurpose
from ..house import House
from ..provider import keys_of
from .opened import Subparsers, opened

# No data key: what clients of OpenID Connect verify by.
TOKENS = "tokens"


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("keys", help="rotate the keys inside the database")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    rotate = verbs.add_parser("rotate", help="make a new key for one purpose and encrypt anew, while others work")
    purposes = {purpose.value for purpose in set(KeyPurpose) - NEVER_ROTATED}
    rotate.add_argument("purpose", choices=sorted(purposes | {TOKENS}))
    rotate.add_argument("--at-once", action="store_true", help="tokens: after a theft; nobody believes the old keys")
    rotate.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """May be stopped and run again at any time: what was moved stays moved."""
    with opened() as house:
        if arguments.purpose == TOKENS:
            return _rotate_tokens(house, at_once=arguments.at_once)
        return _rotate(house, KeyPurpose(arguments.purpose))


def _rotate_tokens(house: House, *, at_once: bool) -> int:
    key = keys_of(house).rotate(at_once=at_once)
    print(f"Tokens are signed by the key {key.kid} from {key.signs_from:%Y-%m-%d %H:%M:%S} UTC on.")
    return 0


def _rotate(house: House, purpose: KeyPurpose) -> int:
    records = house.records
    records.keyring.rotate(purpose)
    with records.db.write() as tx:
        records.audit.append(tx, [KeysRotated(purpose.value)], at=house.around.now())
    count = reseal(records.db, records.keyring, purpose, _say)
    print(f"{count} values now use the new key for {purpose.value}.")
    return 0


def _say(moved: int, seen: int) -> None:
    print(f"{seen} looked at, {moved} moved", flush=True)
