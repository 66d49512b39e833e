"""`keyback people`: fill the embedded directory, issue saved codes, let somebody be served again, and forget them."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from ...core.contracts.errors import NotAllowed, PluginError, SettingsInvalid
from ...core.contracts.people import AccountKey
from ...core.contracts.text import Secret
from ...core.service.helping.code_desk import CodeDesk
from ...core.service.helping.erase_desk import EraseDesk
from ...core.service.helping.lift_desk import LiftDesk
from ..house import House
from .opened import Subparsers, opened

COLUMNS = ("name", "display_name", "mails", "phones", "groups")


@runtime_checkable
class TakesPeople(Protocol):
    """A store whose people are kept by us. Other directories have their own tools."""

    def add_person(
        self,
        *,
        name: str,
        display_name: str = "",
        mails: Sequence[str] = (),
        phones: Sequence[str] = (),
        groups: Sequence[str] = (),
        password: Secret | None = None,
        enabled: bool = True,
        privileged: bool = False,
        locked: bool = False,
        must_change: bool = False,
    ) -> AccountKey: ...


def add(subparsers: Subparsers) -> None:
    """Its lines in `keyback --help`."""
    parser = subparsers.add_parser("people", help="import people; issue saved codes; lift a stop; forget somebody")
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    bring = verbs.add_parser("import", help=f"add or update people from a CSV file: {', '.join(COLUMNS)}")
    bring.add_argument("file", type=Path, help="several values in one column are parted by ;")
    bring.set_defaults(run=run_import)
    codes = verbs.add_parser("codes", help="print ten new saved codes for one person; the old ones end")
    codes.add_argument("name", help="the person's sign-in name")
    codes.set_defaults(run=run_codes)
    unfreeze = verbs.add_parser("unfreeze", help='let somebody who said "this wasn\'t me" reset their password again')
    unfreeze.add_argument("name", help="the person's sign-in name")
    unfreeze.set_defaults(run=run_unfreeze)
    erase = verbs.add_parser(
        "erase", help="forget one person: methods, joined accounts, and what is personal in the log"
    )
    erase.add_argument("name", help="the person's sign-in name; with --store the account's unchanging id")
    erase.add_argument("--store", help="the directory's key, for somebody who is not in it any more")
    erase.set_defaults(run=run_erase)


def run_import(arguments: argparse.Namespace) -> int:
    """All rows or, when one is wrong, none."""
    rows = list(_rows(arguments.file))
    with opened() as house:
        store = _people_store(house)
        for row in rows:
            store.add_person(
                name=row["name"],
                display_name=row["display_name"],
                mails=_several(row["mails"]),
                phones=_several(row["phones"]),
                groups=_several(row["groups"]),
            )
    print(f"{len(rows)} people are there now. Those without a password set one by resetting it.")
    return 0


def run_codes(arguments: argparse.Namespace) -> int:
    """Shown this once; only slow hashes of them are kept."""
    with opened() as house:
        try:
            codes = CodeDesk(house.records, house.snapshots, house.around).issue(arguments.name)
        except NotAllowed as error:
            raise PluginError(str(error.reason)) from None
    print("\n".join(codes))
    return 0


def run_unfreeze(arguments: argparse.Namespace) -> int:
    """For the help desk, once it knows who is asking."""
    with opened() as house:
        try:
            LiftDesk(house.records, house.snapshots, house.around).lift(arguments.name)
        except NotAllowed as error:
            raise PluginError(str(error.reason)) from None
    print(f"Self-service works again for {arguments.name}.")
    return 0


def run_erase(arguments: argparse.Namespace) -> int:
    """Nobody can take it back. The directory's own account stays as it is."""
    with opened() as house:
        desk = EraseDesk(house.records, house.snapshots, house.around)
        try:
            key = arguments.store and AccountKey(arguments.store, arguments.name)
            gone = desk.erase(key) if key else desk.erase_named(arguments.name)
        except NotAllowed as error:
            raise PluginError(str(error.reason)) from None
    print(
        f"Forgotten. Methods: {gone.methods}; recoveries: {gone.recoveries}; turns in campaigns: {gone.turns}; ", end=""
    )
    print(f"events without anything personal now: {gone.events}.")
    print("Out of reach, and yours to see to: files that were mailed or saved, logs elsewhere, and your backups.")
    return 0


def _people_store(house: House) -> TakesPeople:
    for store in house.snapshots.current.plugins.stores.values():
        if isinstance(store, TakesPeople):
            return store
    raise SettingsInvalid(["no store takes people: add embedded to plugins.load"])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        if set(reader.fieldnames or ()) != set(COLUMNS):
            raise SettingsInvalid([f"{path}: the first line must be {','.join(COLUMNS)}"])
        for row in reader:
            if not row["name"].strip() or None in row:
                raise SettingsInvalid([f"{path}, line {reader.line_num}: a name and {len(COLUMNS)} columns are needed"])
            yield {column: row[column].strip() for column in COLUMNS}


def _several(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(";") if part.strip())
