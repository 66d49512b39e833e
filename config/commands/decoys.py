"""`keyback decoys`: freeze what made-up offers are made from, and say how much there is."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from ...core.contracts.errors import NotAllowed, PluginError
from ...core.recovery.decoys import Shapes
from ...core.service.finding.decoy_desk import DecoyDesk
from .opened import Subparsers, opened, settings_here


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("decoys", help='what disclosure "masked" shows to names that nobody has')
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    freeze = verbs.add_parser("freeze", help="look at these people's methods and keep their shapes, without names")
    freeze.add_argument(
        "names", type=Path, help="a file with one sign-in name a line, enrolled people all; - for stdin"
    )
    freeze.add_argument("--change-every", type=_days, metavar="DAYS", help="how long a person keeps a number (900)")
    freeze.add_argument("--why", default="frozen on the server", help="kept with the change")
    freeze.set_defaults(run=run_freeze)
    show = verbs.add_parser("show", help="how many people and shapes were kept; nothing else is told")
    show.set_defaults(run=run_show)


def run_freeze(arguments: argparse.Namespace) -> int:
    """Asks the directory for every name; keeps nothing when there are too few."""
    lines = sys.stdin.read() if str(arguments.names) == "-" else arguments.names.read_text(encoding="utf-8-sig")
    with _desk() as desk:
        try:
            frozen = desk.freeze(
                lines.splitlines(), change_every=arguments.change_every, who=getpass.getuser(), why=arguments.why
            )
        except NotAllowed as error:
            raise PluginError(str(error.reason)) from None
    print(f"{frozen.asked} names: {_counts(frozen.shapes)}")
    return 0


def run_show(_arguments: argparse.Namespace) -> int:
    """Counts only: a rare shape would be somebody's."""
    with _desk() as desk:
        shapes = desk.kept()
    print(_counts(shapes) if shapes else "Nothing is frozen.")
    return 0 if shapes else 1


def _days(typed: str) -> timedelta:
    if not typed.isdecimal() or int(typed) < 1:
        raise argparse.ArgumentTypeError("a number of days is needed, at least 1")
    return timedelta(days=int(typed))


def _counts(shapes: Shapes) -> str:
    days = shapes.change_every // timedelta(days=1)
    return f"{shapes.people} people with methods, {len(shapes.counted)} shapes, a change every {days} days."


@contextmanager
def _desk() -> Iterator[DecoyDesk]:
    # As if generic: "masked" may not start before this was done.
    settings = settings_here().model_copy(update={"disclosure": "generic"})
    with opened(settings) as house:
        yield DecoyDesk(
            records=house.records,
            snapshots=house.snapshots,
            recognising=house.staff.recognising,
            around=house.around,
        )
