"""`keyback audit`: whether the event log is whole, here or on an export far away."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from ...core.contracts.errors import SettingsInvalid
from ...core.db.audit_chain import AuditChain
from ...core.db.audit_verify import anchors_of, export, verify, verify_export
from .opened import Subparsers, opened


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("audit", help="verify the event log; hand out what others need to verify it")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    check = verbs.add_parser("verify", help="name the first record that is missing or was altered")
    check.add_argument("--anchors", type=Path, help="checkpoints that were kept elsewhere")
    check.add_argument("--export", type=Path, help="judge this export instead of the database; needs no settings")
    check.add_argument("--public-key", help="the key to judge the export by, as `keyback audit key` printed it")
    check.set_defaults(run=run_verify)
    for name, run, says in (
        ("export", run_export, "print the log, one JSON object a line; personal details stay sealed"),
        ("anchors", run_anchors, "print the signed checkpoints, to be kept elsewhere"),
        ("key", run_key, "print the public key"),
    ):
        verbs.add_parser(name, help=says).set_defaults(run=run)


def run_verify(arguments: argparse.Namespace) -> int:
    """Every problem on a line of its own; nothing but `whole` when there is none."""
    with ExitStack() as files:
        anchors = files.enter_context(arguments.anchors.open(encoding="utf-8")) if arguments.anchors else ()
        if arguments.export:
            lines = files.enter_context(arguments.export.open(encoding="utf-8"))
            problems = verify_export(lines, _key(arguments.public_key), anchors)
        else:
            problems = _verify_here(anchors)
    print("\n".join(problems) or "whole")
    return 1 if problems else 0


def run_export(_arguments: argparse.Namespace) -> int:
    """To standard output."""
    with opened() as house:
        _print_all(export(house.records.db))
    return 0


def run_anchors(_arguments: argparse.Namespace) -> int:
    """To standard output."""
    with opened() as house:
        _print_all(anchors_of(house.records.db))
    return 0


def run_key(_arguments: argparse.Namespace) -> int:
    """As hexadecimal digits."""
    with opened() as house:
        print(AuditChain(house.records.keyring).public_key(house.records.db, house.around.now()).hex())
    return 0


def _verify_here(anchors: Iterable[str]) -> list[str]:
    with opened() as house:
        db, keyring = house.records.db, house.records.keyring
        return verify(db, keyring, AuditChain(keyring).public_key(db, house.around.now()), anchors)


def _key(text: str | None) -> bytes:
    try:
        key = bytes.fromhex(text or "")
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingsInvalid(["--public-key is needed with --export: 64 digits, from `keyback audit key`"])
    return key


def _print_all(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
