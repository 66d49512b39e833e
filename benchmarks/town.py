"""The servers that a run needs: a directory with people in it, a database, letterboxes, and Keyback in front."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from letterbox import Letterbox
from person import Somebody
from servers.keyback import PROMPT, Keyback
from servers.outfit import SWIFT
from servers.postgres import Postgres, running_postgres
from servers.serving import NOTHING, Pins
from servers.slapd import Slapd
from servers.slapd_contents import CHANGED, PASSWORD, PEOPLE

from keyback.core.recovery.policy import Policy, ProofRules

# Lets the directory's own marks be written by its administrator.
_RELAX = [("1.3.6.1.4.1.4203.666.5.12", True, None)]


class Directory(Slapd):
    """The tests' directory without their witness, whose log nobody here reads, and with every write on the disk."""

    def _write(self) -> None:
        super()._write()
        file = self.folder / "slapd.conf"
        file.write_text(file.read_text().partition("overlay accesslog")[0].replace("envflags nosync\n", ""))

    def people(self, count: int, *, phones: bool) -> list[Somebody]:
        """So many new ones."""
        first = self._people
        self._people += count
        with self.root() as root:
            return [self._add(root, first + number, phones=phones) for number in range(count)]

    def _add(self, root: object, number: int, *, phones: bool) -> Somebody:
        uid = f"p{number:06d}"
        # Far apart: messages into one range of numbers are few.
        phone = f"+43664{number * 10_007 % 10**7:07d}" if phones else ""
        who = Somebody(uid, f"uid={uid},{PEOPLE}", f"{uid}@alderwick.example", phone)
        values = {"objectClass": "inetOrgPerson", "uid": uid, "cn": f"Person {uid}", "sn": uid, "mail": who.mail}
        values |= {"userPassword": PASSWORD, "pwdChangedTime": CHANGED, **({"mobile": phone} if phone else {})}
        root.add(who.dn, attributes=values, controls=_RELAX)  # type: ignore[attr-defined]
        return who


@dataclass
class Town:
    """What stands for a whole run; each round gets a Keyback of its own."""

    folder: Path
    directory: Directory
    letterbox: Letterbox
    postgres: Postgres | None

    @property
    def database_pid(self) -> int:
        """The cluster's first process; 0 without one."""
        if self.postgres is None:
            return 0
        return int((self.postgres.folder / "data" / "postmaster.pid").read_text().split()[0])

    def keyback(self, name: str, *, proofs: int, processes: int, postgres: bool, more: Pins = NOTHING) -> Keyback:
        """Not started yet. As it ships, but for the number of proofs and what a robot check costs its client."""
        assert self.postgres is not None
        url = self.postgres.database() if postgres else ""
        asked = [Policy("everybody", proof=replace(ProofRules(), at_least=proofs))]
        return Keyback(
            self.folder / name,
            self._pins(),
            processes=processes,
            database_url=url,
            more=more,
            rules=PROMPT,
            policies=asked,
        )

    def node_of(self, first: Keyback, name: str, processes: int) -> Keyback:
        """Another server on the database and with the key of the first."""
        folder = self.folder / name
        folder.mkdir()
        shutil.copy(first.folder / "keyback.key", folder / "keyback.key")
        same = {"database_url": first.database_url, "rules": PROMPT, "policies": first._policies}
        return Keyback(folder, self._pins(), processes=processes, **same)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def careless(self) -> Iterator[None]:
        """While it is filled nobody pulls the plug; what was written is on the disk before anything is measured."""
        assert self.postgres is not None
        with self.postgres._connect() as connection:
            for setting in ("fsync = off", "max_wal_size = '6GB'", "checkpoint_timeout = '1h'"):
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
            yield
            connection.execute("ALTER SYSTEM SET fsync = on")
            for setting in ("max_wal_size", "checkpoint_timeout"):
                connection.execute(f"ALTER SYSTEM RESET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CHECKPOINT")

    def _pins(self) -> dict[str, Mapping[str, Any]]:
        pins = {"store.openldap": self.directory.settings(), **self.letterbox.pins()}
        pins["human_check.proof_of_work"] = {**SWIFT["human_check.proof_of_work"], "tries": 1}
        return pins


def seconds_to_ready(server: Keyback) -> float:
    """Start it; how long until it can serve."""
    # The tests' own preparations are not the server's.
    server._set_rules()
    began = time.perf_counter()
    server.start()
    return time.perf_counter() - began


@contextlib.contextmanager
def town(folder: Path) -> Iterator[Town]:
    """Start it all, and leave nothing behind. Both databases and the directory write through to the disk."""
    with Letterbox(folder / "letterbox") as letterbox, running_postgres() as postgres:
        with postgres._connect() as connection:
            connection.execute("ALTER SYSTEM SET fsync = on")
            connection.execute("SELECT pg_reload_conf()")
        directory = Directory(folder / "slapd")
        directory.folder.mkdir(parents=True)
        try:
            directory.start()
            yield Town(folder, directory, letterbox, postgres)
        finally:
            directory.stop()
