"""`keyback breached install`: the full list of leaked passwords, from files that you downloaded."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...core.service.writing.breached_install import install
from .opened import Subparsers


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("breached", help="install a full list of leaked passwords")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    verb = verbs.add_parser("install", help="sort downloaded lines of SHA-1:count into one file for breached_file")
    verb.add_argument("target", type=Path, help="the file that breached_file names")
    verb.add_argument("sources", type=Path, nargs="+", help="text files, sorted or not")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Running servers see the new file at once; a list with a wrong line leaves the old one in place."""
    count = install(arguments.sources, arguments.target)
    print(f"{count} passwords are refused now, once breached_file names {arguments.target}.")
    return 0
