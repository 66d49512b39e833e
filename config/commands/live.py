"""`keyback check --live NAME`: the hard cases of directories, tried against one's own with a test account."""

from __future__ import annotations

import argparse
import getpass
import warnings
from pathlib import Path

from ...core.contracts.errors import NotAllowed, PluginError, SettingsInvalid
from ...core.contracts.people import Account
from ...core.contracts.staff_events import StoreTried
from ...core.contracts.store import Store
from ...core.contracts.text import Secret
from ...core.service.finding.named import account_named
from .. import key_file
from ..house import House
from ..live.run import Finding, run
from ..live.trial import Trial
from .opened import opened

WIDTH = max(len(verdict) for verdict in ("held", "weaker", "not tried", "BROKEN"))
WARNING = """\
This tries the store "{store}" with the account "{name}": it sets its password about ten times, {locks}
and leaves it with the password that you name. Nobody is told, and nothing of Keyback is asked but the store.
Take an account that was made for this. It may last a minute."""
LOCKS = "locks it twice by up to {tries} wrong sign-ins each, unlocks it,"


def add_to(parser: argparse.ArgumentParser) -> None:
    """What `keyback check` takes besides."""
    parser.add_argument("--live", metavar="NAME", help="try the hard cases on this test account, in its directory")
    parser.add_argument("--store", help="with --live: in this store, if the name is known in several")
    parser.add_argument(
        "--lock", type=_tries, default=0, metavar="TRIES", help="with --live: lock it too, by so many wrong sign-ins"
    )
    parser.add_argument(
        "--passwords", type=Path, metavar="FILE", help="with --live: its password, and the one to leave it with"
    )


def try_out(arguments: argparse.Namespace) -> int:
    """A line for each case; 1 when something that Keyback promises does not hold there."""
    with opened() as house:
        account = _account(house, arguments)
        store = house.snapshots.current.plugins.stores[account.key.store]
        print(_warning(store, arguments))
        current, leave_with = _passwords(arguments.passwords)
        trial = Trial(store, arguments.live, current, house.around, tries=arguments.lock)
        trial.known.append(leave_with)
        _write_down(house, account)
        held = run(trial, leave_with, _say)
    print("All that Keyback promises held." if held else "Mend what is BROKEN before people come.")
    return 0 if held else 1


def _account(house: House, arguments: argparse.Namespace) -> Account:
    if not arguments.store:
        try:
            return account_named(arguments.live, house.snapshots, house.around)
        except NotAllowed as error:
            raise PluginError(f"{error.reason}; if several stores know it, add --store") from None
    store = house.snapshots.current.plugins.stores.get(arguments.store)
    if store is None:
        raise SettingsInvalid([f"--store: {arguments.store} is not loaded, or does not work"])
    account = store.find(arguments.live, house.around.context(seconds=10))
    if account is None:
        raise PluginError(f"nobody has this name in {arguments.store}")
    return account


def _warning(store: Store, arguments: argparse.Namespace) -> str:
    locks = LOCKS.format(tries=arguments.lock) if arguments.lock else "does not lock it,"
    return WARNING.format(store=store.key, name=arguments.live, locks=locks)


def _passwords(path: Path | None) -> tuple[Secret, Secret]:
    """From a file that its owner alone can read, or typed without being shown. Whoever types nothing stops it here."""
    if path:
        lines = key_file.read_secret(path, "--passwords").decode("utf-8").splitlines()
    else:
        lines = _typed("Its password now: ", "The password to leave it with: ")
    if len(lines) != 2 or not all(lines):
        raise SettingsInvalid(["two passwords are needed: the one that it has, and the one to leave it with"])
    return Secret(lines[0]), Secret(lines[1])


def _typed(*asked: str) -> list[str]:
    """Unseen, or not at all: where that cannot be, getpass itself would only warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return [getpass.getpass(each) for each in asked]
        except getpass.GetPassWarning:
            raise SettingsInvalid(["no terminal to type the passwords at unseen: name a file by --passwords"]) from None


def _write_down(house: House, account: Account) -> None:
    """Before anything is tried: no password is set without its record."""
    records = house.records
    pseudonym = records.keyring.pseudonym(account.key.store, account.key.id)
    with records.db.write() as tx:
        event = StoreTried(account.key.store, getpass.getuser())
        records.audit.append(tx, [event], at=house.around.now(), person_id=pseudonym)


def _say(finding: Finding) -> None:
    print(f"  {finding.verdict:{WIDTH}}  {finding.case}{f': {finding.why}' if finding.why else ''}", flush=True)


def _tries(typed: str) -> int:
    if not typed.isdecimal() or not 1 <= int(typed) <= 50:
        raise argparse.ArgumentTypeError(
            "a number from 1 to 50 is needed: what the directory's policy says, and one more"
        )
    return int(typed)
