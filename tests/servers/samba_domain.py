"""Makes the domain that every private Active Directory starts from, once on each machine."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import samba_contents as contents
from .samba_contents import ROOT_PASSWORD

INSIDE = Path(__file__).with_name("samba_inside.py")
# The one that the distribution built Samba's module for.
SYSTEM_PYTHON = "/usr/bin/python3"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def missing() -> str:
    """Why no domain can be started here; empty when one can."""
    for program in ("samba", "samba-tool", "kinit"):
        if shutil.which(program, path=PATH) is None:
            return f"{program} is not installed (Debian: apt-get install samba samba-ad-provision krb5-user)"
    if not Path("/usr/share/samba/setup/provision.ldif").exists():
        return "Samba cannot make a domain here (Debian: apt-get install samba-ad-provision)"
    if os.geteuid() != 0:
        return "an Active Directory listens on ports below 1024: only root may start one"
    return ""


def furnished() -> Path:
    """A packed domain to start from. Making one takes ten seconds, so that all runs on this machine share it."""
    made_by = b"".join(path.read_bytes() for path in (Path(__file__), INSIDE, Path(contents.__file__)))
    folder = Path(tempfile.gettempdir()) / f"keyback-samba-domain-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    packed = folder / f"{hashlib.sha256(made_by).hexdigest()[:16]}.tar"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packed.exists():
            for old in folder.glob("*.tar"):
                old.unlink()
            _furnish(packed)
    return packed


def _furnish(packed: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="keyback-samba-new-") as name:
        folder = Path(name)
        made = subprocess.run(
            [
                # No file: the distribution's own configuration would leak into the domain's.
                "samba-tool", "domain", "provision", "--configfile=/dev/null", f"--targetdir={folder / 'dc'}",
                f"--realm={contents.REALM}", f"--domain={contents.DOMAIN}", f"--host-name={contents.HOST}",
                "--host-ip=127.0.0.1", f"--adminpass={ROOT_PASSWORD}", "--server-role=dc", "--dns-backend=NONE",
                "--function-level=2008_R2", "--base-schema=2012_R2", "--quiet",
                "--option=interfaces=127.0.0.1/8", "--option=bind interfaces only=yes",
                *_where_files_hold_no_access(folder),
            ],
            env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise RuntimeError(f"no domain could be made: {made.stderr[-2000:]}")
        conf = folder / "smb.conf"
        nowhere = folder / "none"
        conf.write_text(contents.smb_conf(folder, "127.0.0.1", nowhere, nowhere, nowhere))
        wanted = {
            "password": contents.SERVICE_PASSWORD, "fence": contents.FENCE, "may_write": contents.MAY_WRITE,
            "on_people": contents.ON_PEOPLE, "rules": contents.RULES, "on_rules": contents.ON_RULES,
        }  # fmt: skip
        from_within("furnish", conf, json.dumps(wanted))
        half = packed.with_suffix(".half")
        subprocess.run(["tar", "-C", folder, "--sparse", "-cf", half, "dc"], check=True)
        half.rename(packed)


def _where_files_hold_no_access(folder: Path) -> list[str]:
    """Provisioning keeps access lists of files with the files; some file systems of containers take none."""
    try:
        os.setxattr(folder, "security.NTACL", b"1")
    except OSError:
        return [f"--option=posix:eadb={folder}/access.tdb"]
    return []


def from_within(what: str, conf: Path, *values: str) -> str:
    """Do to a domain what can only be done from within, also while it runs; what was said."""
    command = [SYSTEM_PYTHON, "-P", INSIDE, what, conf, *values]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"{what}: {ran.stderr[-2000:]}")
    return ran.stdout.strip()
