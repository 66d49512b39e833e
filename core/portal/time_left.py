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
    """`shown`: the button stands in the page; `warn_in`: a script shows it after so many seconds."""

    shown: bool
    warn_in: int
    more: int


def time_left(recovery: Recovery, now: datetime) -> TimeLeft | None:
    """What the page says about time; None when more was already given."""
    if recovery.extended:
        return None
    shown = now - recovery.started_at >= SHOWN_AFTER
    warn_in = seconds_until(recovery.deadline - WARNED_BEFORE, now)
    return TimeLeft(shown, warn_in, minutes(recovery.rules.more_time))
