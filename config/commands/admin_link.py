"""`keyback admin-link`: a link that opens the console once, when nobody can sign in otherwise."""

from __future__ import annotations

import argparse

from ...core.contracts.errors import SettingsInvalid
from ...core.service.administrators.console_link import GOOD_FOR, ConsoleLinks
from .opened import Subparsers, opened


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("admin-link", help="a link that opens the console once, if nobody can sign in")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Whoever can do this has the key file, and with it everything else."""
    with opened() as house:
        if not house.settings.console.url:
            raise SettingsInvalid(["console.url is empty: there is no console to open"])
        token = ConsoleLinks(records=house.records, around=house.around).make()
        print(f"{house.settings.console_origin}/admin/link/{token}")
        minutes = int(GOOD_FOR.total_seconds() // 60)
        print(f"Good once, for {minutes} minutes. It is recorded, and everybody in the console is told.")
    return 0
