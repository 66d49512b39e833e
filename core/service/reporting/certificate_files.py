"""Until when certificates in a file are good."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ...contracts.plugin import OURS


def end_of(file: str, whose: str) -> datetime | None:
    """None for a file that cannot be read or holds none: whoever needs it says so by itself.

    Ours stands before those that vouch for it. Of authorities the last one counts: an old one may stay beside its
    successor for years, and which of them signed, the file does not tell.
    """
    # Imported late: only whoever looks into a file needs it, once an hour.
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    try:
        ends = [one.not_valid_after_utc for one in load_pem_x509_certificates(Path(file).read_bytes())]
    except (OSError, ValueError):
        return None
    return ends[0] if whose == OURS else max(ends)
