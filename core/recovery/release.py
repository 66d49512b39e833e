"""When what was found may show: not when it was found, but at moments that are the same for everybody.

A directory needs another while for each name. If a page changed when it answered, that while would be on the page.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .policy import Disclosure
from .state import Recovery

# What is found this shortly before a moment waits for the next: by its own moment it must be committed, and seen by
# every process.
SETTLED = timedelta(milliseconds=250)


def released(recovery: Recovery, now: datetime) -> bool:
    """Whether pages may depend on what was found: offers in `masked`, the first verdict in `generic`."""
    return recovery.found and now >= moment(recovery)


def moment(recovery: Recovery) -> datetime:
    """From when on: the first of the moments, each twice as long after the start as the one before it."""
    masked = recovery.rules.disclosure is Disclosure.MASKED
    after = recovery.rules.release if masked else recovery.rules.look_up
    found_after = (recovery.found_at or recovery.started_at) - recovery.started_at
    if not after:
        return recovery.started_at + found_after
    while after < found_after + SETTLED:
        after *= 2
    return recovery.started_at + after
