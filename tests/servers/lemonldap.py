"""A private LemonLDAP::NG for tests, from the distribution's packages: nginx, its FastCGI portal, a slapd behind it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from .authority import Authority
from .lemonldap_contents import SHARE, Recipe, ini, nginx, settings
from .program import Program
from .slapd import Slapd, tool

PORTAL = "/usr/sbin/llng-fastcgi-server"
# What it needs of Perl here, and what its packages only recommend. It looks for those of its captcha even without one.
MODULES = (
    *("Net::LDAP", "IO::Socket::SSL", "IO::Socket::Timeout", "LWP::Protocol::https", "Unicode::String"),
    *("String::Random", "IO::String", "Email::Sender", "MIME::Entity", "GD::SecurityImage", "Image::Magick"),
)
# The portal refuses to be root.
ITS_USER = "www-data"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    programs = [name for name in ("nginx", "curl", "perl") if not Path(tool(name)).is_file()]
    pieces = [str(path) for path in (Path(PORTAL), SHARE / "portal", SHARE / "manager") if not path.exists()]
    if absent := [*programs, *pieces]:
        return f"LemonLDAP::NG is not installed here ({', '.join(absent)} missing): .ci/system-packages does it"
    # Looked for and not loaded: every run of the tests asks.
    asked = 'for $m (@ARGV) { ($f = "$m.pm") =~ s(::)(/)g; print "$m " unless grep { -e "$_/$f" } @INC }'
    lacking = subprocess.run(["perl", "-e", asked, *MODULES], capture_output=True, text=True, check=False).stdout
    return f"LemonLDAP::NG lacks Perl's {lacking.strip()}: .ci/system-packages installs it" if lacking else ""


class LemonLdap:
    """It verifies whom it talks to; `authority` is its own certificate's and Keyback's. `url` ends in a slash."""

    def __init__(self, folder: Path, authority: Authority, slapd: Slapd, port: int) -> None:
        self.url = f"https://127.0.0.1:{port}/"
        self._folder, self._ca_file = folder, authority.ca_file
        self._portal, self._nginx = Program(folder / "said"), Program(folder / "said")
        self._environment = {
            **os.environ,
            "LLNG_DEFAULTCONFFILE": str(folder / "lemonldap-ng.ini"),
            "LLNG_DEFAULTLOGGER": "Lemonldap::NG::Common::Logger::Std",
            "CURL_CA_BUNDLE": str(authority.ca_file),
        }
        self._write(authority, slapd, port)

    def follow(self, recipe: Recipe) -> None:
        """Do what the manual says, as its administrator."""
        (self._folder / "keyback.json").write_text(json.dumps(recipe.json))
        done = subprocess.run(
            ["bash", "-euc", recipe.bash],
            cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Both programs, and wait until there is a sign-in page."""
        self._start_portal()
        command = [tool("nginx"), "-c", str(self._folder / "nginx.conf"), "-p", str(self._folder)]
        self._nginx.start(command, self._answers, self._environment)

    def restart(self) -> None:
        """The portal alone, as after its settings were changed."""
        self._portal.stop()
        (self._folder / "portal.sock").unlink(missing_ok=True)
        self._start_portal()

    def stop(self) -> None:
        """Both."""
        self._nginx.stop()
        self._portal.stop()

    def _start_portal(self) -> None:
        who = ["-u", ITS_USER, "-g", ITS_USER] if os.geteuid() == 0 else []
        at = ["-s", str(self._folder / "portal.sock"), "-p", str(self._folder / "portal.pid")]
        command = [PORTAL, "--foreground", "-n", "1", *at, *who]
        self._portal.start(command, (self._folder / "portal.sock").is_socket, self._environment)

    def _answers(self) -> bool:
        try:
            answer = requests.get(self.url, verify=str(self._ca_file), timeout=20)
        except requests.RequestException:
            return False
        # A portal that cannot load its settings says why once, and is broken for ever.
        assert answer.status_code != 500, (self._folder / "said").read_text()[:4000]
        return answer.ok

    def _write(self, authority: Authority, slapd: Slapd, port: int) -> None:
        folder = self._folder
        for name in ("conf", "cache", "nginx", "sessions/lock", "persistent/lock"):
            (folder / name).mkdir(parents=True)
        certificate, key = authority.issue("127.0.0.1")
        copied = {"portal.pem": certificate, "portal.key": key, "authority.pem": authority.ca_file}
        for name, file in {**copied, "slapd.pem": slapd.ca_file}.items():
            shutil.copy(file, folder / name)
        (folder / "lemonldap-ng.ini").write_text(ini(folder))
        (folder / "nginx.conf").write_text(nginx(folder, port))
        (folder / "conf" / "lmConf-1.json").write_text(json.dumps(settings(folder, self.url, slapd)))
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{ITS_USER}:", str(folder)], check=True)


@contextmanager
def lemonldap(authority: Authority, slapd: Slapd, port: int, recipe: Recipe) -> Iterator[LemonLdap]:
    """Set up for the Keyback of this recipe, which runs. The end of the block is its end."""
    # Where its own user may look, too.
    folder = Path(tempfile.mkdtemp(prefix="keyback-lemonldap-"))
    folder.chmod(0o755)
    server = LemonLdap(folder, authority, slapd, port)
    try:
        server.follow(recipe)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
