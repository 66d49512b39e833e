"""Keys outside the database, in files that their owner alone can read: ours is 32 bytes."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from ..core.contracts.errors import SettingsInvalid

SIZE = 32
LONGEST = 16 * 1024


def read(path: Path) -> bytes:
    """The key. Raises SettingsInvalid when it is missing, malformed, or others could read or replace it."""
    return _decoded(read_secret(path, "key_file", hint="`keyback init` makes one"), path)


def read_secret(path: Path, setting: str, *, hint: str = "put it there") -> bytes:
    """What stands in a file that its owner alone can read. Raises SettingsInvalid; `setting` names the file."""
    try:
        # Opened once, judged and read through the same descriptor: nobody can swap the file in between.
        with path.open("rb") as file:
            mode = os.fstat(file.fileno())
            text = file.read(LONGEST)
    except OSError as error:
        mend = hint if isinstance(error, FileNotFoundError) else "let Keyback's account read it"
        raise SettingsInvalid([f"{setting} {path} cannot be read ({error.strerror}): {mend}"]) from None
    if mode.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsInvalid([f"{setting} {path} is open to others: chmod 600 {path}"])
    if mode.st_uid not in {os.geteuid(), 0}:
        raise SettingsInvalid([f"{setting} {path} belongs to somebody else: chown it to Keyback's own account"])
    return text


def write(path: Path) -> None:
    """A new key in a new file. An existing file is never touched: without its key the database is lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(SIZE)) + b"\n")


def _decoded(text: bytes, path: Path) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SIZE:
        # The content stays out of the sentence: half a key is still a secret.
        raise SettingsInvalid([f"key_file {path} holds no key: it must be {SIZE} bytes in base64url on one line"])
    return key
