"""`keyback init`: a settings file to fill in, a key, and a database at its newest tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...core.db.sealing import Keyring
from ...core.db.session import Database
from .. import key_file
from .opened import Subparsers, settings_here

SHIPPED = Path(__file__).parents[1] / "keyback.toml"
STARTER_PATHS = {"/var/lib/keyback": "data", "/etc/keyback/keyback.key": "keyback.key"}


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("init", help="make keyback.toml and a key here; run it again to make the tables")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """The first time it writes the two files; once they are filled in, it makes the tables. It overwrites nothing."""
    if _make_files(Path.cwd()):
        print("Now fill in keyback.toml, keep a copy of the key apart from the database, and run this again.")
        return 0
    settings = settings_here()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database(settings.database)
    try:
        db.upgrade()
        Keyring.load(db, settings.key(), settings.previous_key())
    finally:
        db.close()
    print("The tables are made. `keyback check` tells what still would not work.")
    return 0


def _make_files(folder: Path) -> bool:
    """Whether there was nothing to start from. A key that exists is never touched: without it all data is lost."""
    toml, key = folder / "keyback.toml", folder / "keyback.key"
    if toml.exists():
        return False
    text = SHIPPED.read_text(encoding="utf-8")
    for usual, here in STARTER_PATHS.items():
        text = text.replace(f'"{usual}"', f'"{here}"')
    toml.write_text(text, encoding="utf-8")
    # It will hold the directory's bind password.
    toml.chmod(0o600)
    if not key.exists():
        key_file.write(key)
    print(f"Made {toml} and {key}.")
    return True
