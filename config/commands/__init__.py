"""What can be typed behind `keyback`. Each command has a file; each says what it did, or everything that is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ...core.contracts.errors import KeybackError, SettingsInvalid
from ...core.db.sealing import SealBroken
from . import admin_link, audit, backup, breached, check, config, decoys, demo, init, keys, limits, people, serve, work

COMMANDS = (demo, init, check, serve, work, people, audit, keys, backup, breached, decoys, admin_link, config, limits)


def main(given: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when it could not, 2 when the settings are wrong."""
    arguments = _parser().parse_args(given)
    try:
        result: int = arguments.run(arguments)
    except SettingsInvalid as error:
        print("Keyback cannot work like this:", file=sys.stderr)
        for problem in error.problems:
            print(f"  - {problem}", file=sys.stderr)
        return 2
    except (KeybackError, SealBroken, OSError) as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keyback", description="Self-service password reset.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(subparsers)
    return parser
