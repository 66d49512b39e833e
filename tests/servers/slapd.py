"""A private OpenLDAP for tests: TLS, password policies, nested groups, a least-privilege service account, a witness."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ldap3
import pytest

from .authority import Authority
from .ports import free_port
from .private_directory import PrivateDirectory
from .slapd_contents import (
    ADMINS,
    CHANGED,
    MODULES,
    PASSWORD,
    PEOPLE,
    POLICIES,
    ROOT,
    ROOT_PASSWORD,
    SERVICE,
    SERVICE_PASSWORD,
    SUFFIX,
    configuration,
    ldif,
)


def missing() -> str:
    """Why no slapd can be started here; empty when one can."""
    if _found("slapd") is None or _found("slapadd") is None:
        return "slapd is not installed (Debian: apt-get install slapd)"
    if not (MODULES / "ppolicy.la").exists():
        return f"slapd has no password policy overlay in {MODULES}"
    return ""


@dataclass(frozen=True)
class Someone:
    """A person in the directory, with the password as it was."""

    uid: str
    dn: str
    password: str = field(default=PASSWORD, repr=False)


class Slapd(PrivateDirectory):
    """The same ports and data over stop and start."""

    root_name, root_password = ROOT, ROOT_PASSWORD

    def __init__(self, folder: Path, *, extra: str = "") -> None:
        super().__init__(folder, "localhost", free_port())
        self.plain_port = free_port()
        self.url = f"ldaps://127.0.0.1:{self.port}"
        self.plain_url = f"ldap://127.0.0.1:{self.plain_port}"
        self._people = 0
        self._written = False
        self._extra = extra

    def start(self) -> None:
        """Make what is not there yet, start, and wait until it answers."""
        if not self._written:
            self._write()
        command = [tool("slapd"), "-d", "0", "-f", str(self.folder / "slapd.conf")]
        self._program.start([*command, "-h", f"{self.url} {self.plain_url}"], self._answers)

    def settings(self, **more: object) -> dict[str, Any]:
        """What the store plugin needs to work here."""
        return {
            "servers": (self.url,),
            "ca_file": str(self.ca_file),
            "bind_dn": SERVICE,
            "bind_password": SERVICE_PASSWORD,
            "base": PEOPLE,
            "groups_base": f"ou=Groups,{SUFFIX}",
            "admin_groups": (ADMINS,),
            "default_policy": f"cn=default,{POLICIES}",
            "trusted_contacts": ("mobile", "mail"),
            **more,
        }

    def person(self, uid: str = "", *, rdn: str = "", policy: str = "", **attributes: object) -> Someone:
        """Add somebody. No two calls give the same person unless a uid is given twice."""
        self._people += 1
        uid = uid or f"p{self._people:04d}"
        dn = f"{rdn or f'uid={uid}'},{PEOPLE}"
        values: dict[str, object] = {
            "objectClass": "inetOrgPerson",
            "uid": uid,
            "cn": f"Person {uid}",
            "sn": uid,
            "mail": f"{uid}@alderwick.example",
            # Far apart: messages into one range of numbers are few.
            "mobile": f"+43664{self._people * 10_007 % 10**7:07d}",
            "userPassword": PASSWORD,
            "pwdChangedTime": CHANGED,
            **attributes,
        }
        if policy:
            values["pwdPolicySubentry"] = f"cn={policy},{POLICIES}"
        with self.root() as root:
            # The relax control lets root write the server's own marks.
            present = {name: value for name, value in values.items() if value is not None}
            root.add(dn, attributes=present, controls=[("1.3.6.1.4.1.4203.666.5.12", True, None)])
            assert root.result["result"] == 0, root.result
        return Someone(uid, dn)

    def administrator(self) -> Someone:
        """Add somebody who is an administrator."""
        person = self.person()
        with self.root() as root:
            root.modify(ADMINS, {"member": [(ldap3.MODIFY_ADD, [person.dn])]})
            assert root.result["result"] == 0, root.result
        return person

    def mark(self, dn: str, **attributes: object) -> None:
        """Replace attributes as root, the server's own marks too; None takes one away."""
        changes = {name: [(ldap3.MODIFY_REPLACE, [] if v is None else [v])] for name, v in attributes.items()}
        with self.root() as root:
            root.modify(dn, changes, controls=[("1.3.6.1.4.1.4203.666.5.12", True, None)])
            assert root.result["result"] == 0, root.result

    def read(self, dn: str, *attributes: str) -> dict[str, list[Any]]:
        """What root sees."""
        with self.root() as root:
            root.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[*(attributes or ("*", "+"))])
            return dict(root.response[0]["attributes"])

    def bind(self, dn: str, password: str | bytes) -> tuple[int, bytes | None]:
        """Sign in with exactly these bytes: the result code and the raw policy control."""
        raw = password.encode() if isinstance(password, str) else password
        connection = self.connection(dn, raw)
        connection.open(read_server_info=False)
        connection.bind(read_server_info=False, controls=[("1.3.6.1.4.1.42.2.27.8.5.1", False, None)])
        controls = connection.result.get("controls") or {}
        code = int(connection.result["result"])
        connection.unbind()
        return code, controls.get("1.3.6.1.4.1.42.2.27.8.5.1", {}).get("value")

    def lock(self, person: Someone) -> None:
        """Five wrong tries."""
        for _ in range(5):
            self.bind(person.dn, "wrong")

    def writes(self, dn: str) -> int:
        """How many accepted writes of this object's password the witness saw."""
        return self.writes_of([dn])[0]

    def writes_of(self, dns: Sequence[str]) -> list[int]:
        """The same of many, on one connection."""
        counts = []
        with self.connected("cn=witness", ROOT_PASSWORD.encode()) as witness:
            for dn in dns:
                condition = f"(&(objectClass=auditModify)(reqResult=0)(reqDN={_escaped(dn)})(reqMod=userPassword:*))"
                witness.search("cn=witness", condition, ldap3.SUBTREE, attributes=["1.1"])
                counts.append(len(witness.response))
        return counts

    def searches(self) -> list[str]:
        """Every filter that anybody but root sent, in order."""
        with self.connected("cn=witness", ROOT_PASSWORD.encode()) as witness:
            condition = f"(&(objectClass=auditSearch)(!(reqAuthzID={_escaped(ROOT)})))"
            witness.search("cn=witness", condition, ldap3.SUBTREE, attributes=["reqFilter"])
            return [str(row["attributes"]["reqFilter"][0]) for row in witness.response]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1), self.root():
                return True
        except (OSError, AssertionError, ldap3.core.exceptions.LDAPException):
            return False

    def _write(self) -> None:
        certificate, key = Authority(self.folder / "tls").issue("localhost", "127.0.0.1")
        for database in ("people", "witness"):
            (self.folder / database).mkdir(mode=0o700)
        (self.folder / "slapd.conf").write_text(configuration(self.folder, certificate, key) + self._extra)
        entries = self.folder / "start.ldif"
        entries.write_text(ldif(), encoding="utf-8")
        subprocess.run(
            [tool("slapadd"), "-q", "-f", self.folder / "slapd.conf", "-b", SUFFIX, "-l", entries],
            check=True,
            capture_output=True,
        )
        self._written = True


@contextlib.contextmanager
def running_slapd(*, extra: str = "") -> Iterator[Slapd]:
    """A fresh server, gone with its folder afterwards; where none can be, whoever wants one is skipped."""
    if why := missing():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="keyback-slapd-"))
    slapd = Slapd(folder, extra=extra)
    try:
        slapd.start()
        yield slapd
    finally:
        slapd.stop()
        shutil.rmtree(folder, ignore_errors=True)


def tool(name: str) -> str:
    """Where a program of the server lies."""
    return _found(name) or name


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _escaped(value: str) -> str:
    return "".join(f"\\{byte:02x}" for byte in value.encode())
