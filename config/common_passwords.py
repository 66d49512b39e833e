"""Makes the short list of breached passwords that ships: `python -m keyback.config.common_passwords`.

The passwords are the 30,000 most common ones that zxcvbn brings along (MIT licence, see docs/breached_passwords.md).
"""

from __future__ import annotations

from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from ..core.service.writing.breached import digest_of
from ..core.service.writing.breached_install import write

SHIPPED = Path(__file__).parent / "breached" / "common.bin"


def make(target: Path) -> int:
    """Write the list, and say how many passwords it holds. The same zxcvbn gives the same bytes."""
    return write((digest_of(password) for password in FREQUENCY_LISTS["passwords"]), target)


if __name__ == "__main__":
    make(SHIPPED)
