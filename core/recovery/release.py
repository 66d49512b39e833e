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
# So long before a moment what was found for it is saved: SETTLED, and as much for a machine that is busy.
AHEAD = 2 * SETTLED


def released(recovery: Recovery, now: datetime) -> bool:
    """Whether pages may depend on what was found: offers in `masked`, the first verdict in `generic`."""
    return recovery.found and now >= moment(recovery)


def pause(recovery: Recovery) -> timedelta:
    """How long after the start the first moment is; nothing where whoever set the rules waives it."""
    return recovery.rules.release if recovery.rules.disclosure is Disclosure.MASKED else recovery.rules.look_up


def moment(recovery: Recovery) -> datetime:
    """From when on: the first of the moments, each twice as long after the start as the one before it."""
    return first_after(recovery.started_at, pause(recovery), recovery.found_at or recovery.started_at, SETTLED)


def saving(recovery: Recovery, now: datetime) -> datetime:
    """When to save what was found by now. A page that saves in the same millisecond has to wait for it, so it must not
    be when the directory answered.
    """
    shown = first_after(recovery.started_at, pause(recovery), now, AHEAD)
    return max(now, shown - AHEAD)


def first_after(began: datetime, after: timedelta, found_at: datetime, ahead: timedelta) -> datetime:
    """The first moment that is so much later; at once where nothing is waited for."""
    if not after:
        return found_at
    while after < found_at - began + ahead:
        after *= 2
    return began + after
