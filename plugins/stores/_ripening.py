"""Waits where a directory's mark of the last change counts whole seconds: two changes within one look like one."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from ...core import StoreUnavailable
from ._budget import Budget

RIPE = timedelta(seconds=2)


def ripen(changed: datetime | None, budget: Budget) -> None:
    """Wait until our own change cannot leave the mark that is there already, the one of a change at this moment."""
    if changed is None:
        return
    # Never longer than RIPE, even if the directory's clock is ahead of ours.
    wait = min(RIPE, changed + RIPE - datetime.now(UTC)).total_seconds()
    if wait > 0:
        if wait >= budget.left:
            raise StoreUnavailable("the password changed a moment ago, and there is no time to wait")
        time.sleep(wait)
