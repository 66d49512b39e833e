"""An OpenLDAP as Debian leaves it after `apt-get install slapd`: its own first entries, nothing set up yet."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from .authority import Authority
from .ports import free_port
from .program import Program
from .slapd import missing, tool

# What Debian fills in and loads when the package is installed.
FIRST = Path("/usr/share/slapd/slapd.init.ldif")
SUFFIX = "dc=example,dc=org"
ADMIN_PASSWORD = "chosen while it was installed"


class FreshSlapd:
    """A server in a folder of its own, whose root is whoever runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tls = folder / "tls"
        self.local = f"ldapi://{quote(str(folder / 'ldapi'), safe='')}"
        self.port = free_port()
        self.url = f"ldaps://localhost:{self.port}"
        self._program = Program(folder / "said")

    def start(self) -> None:
        """Load what Debian loads, start, and wait for the local socket."""
        self._certify()
        for name in ("config", "data"):
            (self.folder / name).mkdir(mode=0o700)
        self._load("-n0", _first(self.folder))
        self._load("-n1", f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n")
        command = [tool("slapd"), "-d0", "-F", str(self.folder / "config"), "-h", f"{self.local} {self.url}"]
        self._program.start(command, self._listens)

    def stop(self) -> None:
        """End it."""
        self._program.stop()

    def _certify(self) -> None:
        certificate, key = Authority(self.tls).issue("localhost")
        shutil.copy(certificate, self.tls / "server.pem")
        shutil.copy(key, self.tls / "server.key")

    def _load(self, database: str, entries: str) -> None:
        subprocess.run(
            [tool("slapadd"), database, "-F", self.folder / "config"], input=entries.encode(), check=True,
            capture_output=True,
        )  # fmt: skip

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as local, contextlib.suppress(OSError):
            local.connect(str(self.folder / "ldapi"))
            return True
        return False


def _first(folder: Path) -> str:
    places = {
        "@SUFFIX@": SUFFIX,
        "@PASSWORD@": ADMIN_PASSWORD,
        "/var/run/slapd": str(folder),
        "/var/lib/ldap": str(folder / "data"),
        # On a machine of its own that is root.
        "gidNumber=0+uidNumber=0": f"gidNumber={os.getgid()}+uidNumber={os.getuid()}",
    }
    text = FIRST.read_text(encoding="utf-8")
    for written, here in places.items():
        text = text.replace(written, here)
    return text


def _lacking() -> str:
    if not FIRST.is_file():
        return "Debian's first entries of slapd are not here"
    absent = [program for program in ("ldapadd", "openssl") if shutil.which(program) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


@contextlib.contextmanager
def running_fresh_slapd() -> Iterator[FreshSlapd]:
    """Gone with its folder afterwards; where none can be, whoever wants one is skipped."""
    if why := missing() or _lacking():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="keyback-fresh-"))
    slapd = FreshSlapd(folder)
    try:
        slapd.start()
        yield slapd
    finally:
        slapd.stop()
        shutil.rmtree(folder, ignore_errors=True)
