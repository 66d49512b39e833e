"""When a page offers more time, as WCAG 2.2.1 asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..recovery.state import Recovery
from .words import minutes, seconds_until

# Without a script a page cannot know when its time runs short, so the button stands there early.
SHOWN_AFTER = timedelta(minutes=8)
WARNED_BEFORE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """`shown`: the button stands in the page; `warn_in`: a script warns after so many seconds.

    `more`: so many minutes can be given, or none where they were given already.
    """

    shown: bool
    warn_in: int
    more: int


def time_left(recovery: Recovery, now: datetime) -> TimeLeft:
    """What the page says about time."""
    shown = now - recovery.started_at >= SHOWN_AFTER
    warn_in = seconds_until(recovery.deadline - WARNED_BEFORE, now)
    more = 0 if recovery.extended else minutes(recovery.rules.more_time)
    return TimeLeft(shown, warn_in, more)
