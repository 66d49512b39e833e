"""Passwords as they go to an OpenLDAP, and when they may."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from ...core import PasswordRefused, Secret, StoreUnavailable, Text
from . import _ppolicy as ppolicy
from ._budget import Budget
from ._spelling import has_unspeakable

# The mark of a change counts whole seconds: two changes within one would look like one.
RIPE = timedelta(seconds=2)


def bytes_of(password: Secret) -> bytes:
    """The exact bytes; what could be set and then never be used is refused before anything is sent."""
    typed = password.reveal()
    if not typed or has_unspeakable(typed):
        raise PasswordRefused([Text("This password holds a sign that cannot be typed everywhere. Choose another.")])
    if typed.startswith("{"):
        # {SSHA}… would be taken for a hash that is ready to be stored, and rules would not be asked.
        raise PasswordRefused([Text("A password for this directory cannot begin with a curly bracket.")])
    return typed.encode()


def ripen(stamp: str | None, budget: Budget) -> None:
    """Wait until our own change cannot leave the mark that is there already."""
    changed = None if stamp is None else ppolicy.moment(stamp)
    if changed is None:
        return
    # Never longer than RIPE, even if the server's clock is ahead of ours.
    wait = min(RIPE, changed + RIPE - datetime.now(UTC)).total_seconds()
    if wait > 0:
        if wait >= budget.left:
            raise StoreUnavailable("the password changed a moment ago, and there is no time to wait")
        time.sleep(wait)
