"""`keyback work`: a back office as a process of its own."""

from __future__ import annotations

import argparse
import signal
import threading

from .opened import Subparsers, opened


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("work", help="do jobs without serving pages; any number may run beside `serve`")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Work until somebody stops it; what is begun is finished or left to others."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with opened() as house:
        house.staff.office.start()
        stop.wait()
    return 0
