"""`keyback config`: the console's rules and settings as a file, for whoever keeps such things under version control."""

from __future__ import annotations

import argparse
import getpass
import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ...core.contracts.errors import KeybackError, PluginError
from ...core.service.administrators.actor import Actor, Role
from ...core.service.ruling.acceptance import NotAccepted
from ...core.service.ruling.parts import Needed, Unfit
from ...core.service.ruling.rules_file import Order, RulesFile
from ...core.service.ruling.written_rules import Written, read, write
from ..console import parts_of
from .opened import Subparsers, opened

# What `diff` ends with when there is something to apply.
DIFFERENT = 3
ANSWER = (
    "this lets security questions open more than now. Neither NIST nor OWASP accepts them as a proof, and answers "
    "are found on social networks. To answer for it: --organisation, and your organisation's name as the console has it"
)


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("config", help="rules, questions, brand and plugins' settings as a file")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    export = verbs.add_parser("export", help="print all of it as JSON, without secrets")
    export.set_defaults(run=run_export)
    diff = verbs.add_parser("diff", help=f"what applying a file would change; ends with {DIFFERENT} if anything")
    diff.add_argument("file", type=Path, help="JSON, or TOML if its name ends so")
    diff.set_defaults(run=run_diff)
    apply = verbs.add_parser("apply", help="make it so, if everything that the file expects is true of it")
    apply.add_argument("file", type=Path, help="JSON, or TOML if its name ends so")
    apply.add_argument("--why", required=True, help="kept with the change")
    apply.add_argument("--organisation", default="", help="its name: you answer for what standards advise against")
    apply.set_defaults(run=run_apply)


def run_export(_arguments: argparse.Namespace) -> int:
    """To standard output."""
    with _rules_file() as rules_file:
        print(json.dumps(write(rules_file.export()), indent=2, sort_keys=True))
    return 0


def run_diff(arguments: argparse.Namespace) -> int:
    """Changes nothing."""
    written = _written(arguments.file)
    with _rules_file() as rules_file:
        lines, unmet = rules_file.changes(written), rules_file.unmet(written)
    for line in (*lines, *(f"expected otherwise: {one}" for one in unmet)):
        print(line)
    return 1 if unmet else DIFFERENT if lines else 0


def run_apply(arguments: argparse.Namespace) -> int:
    """Says what changed."""
    written, actor = _written(arguments.file), Actor("command", getpass.getuser(), frozenset({Role.ADMINISTRATOR}))
    with _rules_file() as rules_file:
        try:
            lines = rules_file.apply(Order(actor, arguments.why, arguments.organisation), written)
        except (Unfit, Needed) as error:
            raise PluginError(_said(error)) from None
        except NotAccepted:
            raise PluginError(ANSWER) from None
    print("\n".join(lines) or "Nothing to change.")
    return 0


def _said(error: Unfit | Needed) -> str:
    return "; ".join(str(one) for one in (error.faults if isinstance(error, Unfit) else error.needs))


def _written(path: Path) -> Written:
    """Raises Unreadable, or OSError."""
    return read(_document(path))


def _document(path: Path) -> Mapping[str, object]:
    text = path.read_text(encoding="utf-8")
    try:
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise KeybackError(f"{path}: {error}") from None
    if not isinstance(found, dict):
        raise KeybackError(f"{path}: a table is needed, not a list or a single value")
    return found


@contextmanager
def _rules_file() -> Iterator[RulesFile]:
    with opened() as house:
        console = parts_of(house)
        yield RulesFile(console.control_room, console.parts, console.questions, console.brand, console.reports.costs)
