"""A private Active Directory for tests: a real Samba domain controller, with TLS, Kerberos, and Keyback's account."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ldap3
import pytest

from . import samba_contents as contents
from .authority import Authority
from .private_directory import PrivateDirectory
from .samba_contents import DNS_DOMAIN, DOMAIN_DN, GROUPS, PASSWORD, PEOPLE, ROOT, ROOT_PASSWORD, RULES
from .samba_domain import PATH, from_within, furnished, missing
from .slapd import Someone


class SambaAd(PrivateDirectory):
    """One domain controller on an address of its own, each time as it was furnished."""

    root_name, root_password = ROOT, ROOT_PASSWORD
    certified_as = (DNS_DOMAIN,)

    def __init__(self, folder: Path) -> None:
        self.address = _free_address()
        super().__init__(folder, self.address, 636)
        self.url, self.plain_url = f"ldaps://{self.address}", f"ldap://{self.address}"
        self._people = 0

    def __enter__(self) -> SambaAd:
        try:
            self._lay_out()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start what is there, and wait until directory and Kerberos answer."""
        command = ["samba", "--foreground", "--no-process-group", "--model=single", f"--configfile={self._conf}"]
        self._program.start(command, self._answers, {**os.environ, "PATH": PATH})

    def reset(self) -> None:
        """As it was furnished, whatever was done to it since."""
        self.stop()
        shutil.rmtree(self.folder / "dc")
        self._unpack()
        self.start()

    def settings(self, **more: object) -> dict[str, Any]:
        """What the store plugin needs to work here."""
        return {
            "servers": (self.url,),
            "ca_file": str(self.ca_file),
            "bind_dn": contents.SERVICE,
            "bind_password": contents.SERVICE_PASSWORD,
            "base": PEOPLE,
            "domain": contents.DOMAIN,
            "admin_groups": (contents.STAFF_ADMINS,),
            "trusted_contacts": ("mobile", "mail"),
            **more,
        }

    def person(self, uid: str = "", *, cn: str = "", under: str = PEOPLE, **attributes: object) -> Someone:
        """Add somebody. No two calls give the same person unless a uid is given twice."""
        self._people += 1
        uid = uid or f"d{self._people:04d}"
        dn = f"CN={cn or uid},{under}"
        values: dict[str, object] = {
            "objectClass": "user",
            "sAMAccountName": uid,
            "userPrincipalName": f"{uid}@{DNS_DOMAIN}",
            "displayName": f"Person {uid}",
            "mail": f"{uid}@alderwick.example",
            # Names and numbers of its own: the people of two directories may have one post.
            "mobile": f"+43676{self._people * 10_007 % 10**7:07d}",
            "userAccountControl": "512",
            "unicodePwd": in_quotes(PASSWORD),
            **attributes,
        }
        with self.root() as root:
            root.add(dn, attributes={name: value for name, value in values.items() if value is not None})
            assert root.result["result"] == 0, root.result
        return Someone(uid, dn, PASSWORD)

    def crowd(self, people: int) -> None:
        """Add so many people without passwords, in one go, in a tree of their own."""
        self._inside("crowd", str(people))

    def rules_for(self, person: Someone, **values: int | str) -> str:
        """Rules of this person's own (a PSO); the name of the object that holds them."""
        name = f"rules of {person.uid} {uuid.uuid4().hex[:6]}"
        day = -864_000_000_000
        usual: dict[str, int | str] = {
            "PasswordSettingsPrecedence": 1, "PasswordReversibleEncryptionEnabled": "FALSE",
            "PasswordHistoryLength": 0, "PasswordComplexityEnabled": "FALSE", "MinimumPasswordLength": 4,
            "MinimumPasswordAge": 0, "MaximumPasswordAge": 365 * day, "LockoutThreshold": 0,
            "LockoutObservationWindow": day // 48, "LockoutDuration": day // 48, "PSOAppliesTo": person.dn,
        }  # fmt: skip
        dn = f"CN={name},{RULES}"
        with self.root() as root:
            own = {f"msDS-{key}": str(value) for key, value in (usual | values).items()}
            root.add(dn, ["msDS-PasswordSettings"], own)
            assert root.result["result"] == 0, root.result
        return dn

    def group(self, name: str, *members: str, kind: int = -0x7FFFFFFE) -> str:
        """A group with these members; its DN. Usually one that rights can be given to."""
        dn = f"CN={name},{GROUPS}"
        with self.root() as root:
            root.add(dn, ["group"], {"sAMAccountName": name, "groupType": kind, **_some(member=members)})
            assert root.result["result"] == 0, root.result
        return dn

    def joins(self, person: Someone, group: str) -> None:
        """Make them a member."""
        with self.root() as root:
            root.modify(group, {"member": [(ldap3.MODIFY_ADD, [person.dn])]})
            assert root.result["result"] == 0, root.result

    def mark(self, person: Someone, **attributes: object) -> None:
        """Replace attributes as an administrator; None takes one away."""
        changes = {name: [(ldap3.MODIFY_REPLACE, [] if v is None else [v])] for name, v in attributes.items()}
        with self.root() as root:
            root.modify(person.dn, changes)
            assert root.result["result"] == 0, root.result

    def age(self, person: Someone, days: float) -> None:
        """Their password was set so long ago."""
        self._inside("age", person.dn, str(days))

    def protect(self, person: Someone) -> None:
        """As Windows does to every administrator within an hour."""
        self._inside("protect", person.dn)

    @contextlib.contextmanager
    def without_right(self, name: str) -> Iterator[None]:
        """For a while Keyback's account lacks this one of its rights on people."""
        with self._other_access(PEOPLE, lambda written: re.sub(rf"\([^)]*{contents.RIGHTS[name]}[^)]*\)", "", written)):
            yield

    @contextlib.contextmanager
    def open_to_all(self, dn: str) -> Iterator[None]:
        """For a while everybody who is signed in may reset this account."""
        ace = f"(OA;;CR;{contents.RIGHTS['Reset Password']};;AU)"
        with self._other_access(dn, lambda written: re.sub(r"D:[A-Z]*", lambda head: head[0] + ace, written, count=1)):
            yield

    def read(self, dn: str, *attributes: str) -> dict[str, list[bytes]]:
        """What an administrator sees, as it was sent."""
        with self.root() as root:
            root.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[*(attributes or ("*",))])
            return dict(root.response[0]["raw_attributes"])

    def writes(self, person: Someone) -> int:
        """How often this password was written since the person was added: the directory counts by itself."""
        return self.writes_of([person])[0]

    def writes_of(self, people: Sequence[Someone]) -> list[int]:
        """The same of many, on one connection."""
        counts = []
        with self.root() as root:
            for person in people:
                root.search(person.dn, "(objectClass=*)", ldap3.BASE, attributes=["msDS-KeyVersionNumber"])
                counts.append(int(root.response[0]["raw_attributes"]["msDS-KeyVersionNumber"][0]) - 1)
        return counts

    def bind(self, name: str, password: str | bytes) -> str:
        """Sign in with exactly these bytes: empty when it works, or the hexadecimal number that tells why not."""
        raw = password.encode() if isinstance(password, str) else password
        connection = self.connection(name, raw)
        connection.open(read_server_info=False)
        connection.bind(read_server_info=False)
        code, words = connection.result["result"], connection.result["message"]
        connection.unbind()
        return "" if code == 0 else words.partition("data ")[2].partition(",")[0] or str(code)

    def opens(self, person: Someone, password: str) -> bool:
        """Whether Kerberos takes this password, at once and no former one: the second opinion on every reset."""
        asked = subprocess.run(
            ["kinit", "-c", f"MEMORY:{person.uid}", f"{person.uid}@{contents.REALM}"],
            input=password.encode() + b"\n", capture_output=True, timeout=20, check=False,
            env={"PATH": PATH, "KRB5_CONFIG": str(self.folder / "krb5.conf"), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        return asked.returncode == 0

    def lock(self, person: Someone, tries: int = contents.THRESHOLD) -> None:
        """So many wrong tries."""
        for _ in range(tries):
            self.bind(person.dn, "wrong")

    @property
    def _conf(self) -> Path:
        return self.folder / "smb.conf"

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, 88), timeout=1), self.root() as root:
                return bool(root.search(DOMAIN_DN, "(objectClass=*)", ldap3.BASE))
        except (OSError, AssertionError, ldap3.core.exceptions.LDAPException):
            return False

    def _lay_out(self) -> None:
        certificate, key = Authority(self.folder / "tls").issue(DNS_DOMAIN, self.address, f"dc1.{DNS_DOMAIN}")
        # Samba refuses a key that others may read.
        key.chmod(0o600)
        for name in ("run/ncalrpc", "run/winbindd", "run/ntp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._conf.write_text(contents.smb_conf(self.folder, self.address, certificate, key, self.ca_file))
        (self.folder / "krb5.conf").write_text(contents.krb5_conf(self.address))
        self._unpack()

    def _unpack(self) -> None:
        subprocess.run(["tar", "-C", self.folder, "-xf", furnished()], check=True)

    @contextlib.contextmanager
    def _other_access(self, dn: str, change: Callable[[str], str]) -> Iterator[None]:
        before = self._inside("access", dn)
        self._inside("give", dn, change(before))
        try:
            yield
        finally:
            self._inside("give", dn, before)

    def _inside(self, what: str, *values: str) -> str:
        return from_within(what, self._conf, *values)


@contextlib.contextmanager
def running_samba() -> Iterator[SambaAd]:
    """A fresh domain, gone with its folder afterwards; where none can be, whoever wants one is skipped."""
    if why := missing():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="keyback-samba-"))
    try:
        with SambaAd(folder) as ad:
            yield ad
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _some(**lists: Sequence[str]) -> dict[str, list[str]]:
    """Those that are not empty: the directory takes no attribute without a value."""
    return {name: list(values) for name, values in lists.items() if values}


def in_quotes(password: str) -> bytes:
    """A password as this directory wants it."""
    return f'"{password}"'.encode("utf-16-le")


def _free_address() -> str:
    """A loopback address on which nobody has a directory: its ports are fixed, and several may run at once."""
    for _ in range(100):
        address = f"127.{random.randrange(64, 250)}.{random.randrange(256)}.{random.randrange(2, 250)}"
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((address, 636))
            return address
    raise AssertionError("every address is taken")
