"""Where a change of a known password can stand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pretend_changing import CHANGE_ID, a_change
from pretend_portal import NOW, SIGNED_IN

from keyback.core.contracts.people import AccountKey
from keyback.core.recovery.changing import Result, Step, Told
from keyback.core.service.writing.change import SAME

from .page import Page

BY_NAME = {"by_name": True}


def change(name: str, template: str, **values: Any) -> Page:
    """Its own page."""
    return Page(name, template, f"/change/{CHANGE_ID}", answers={**BY_NAME, "change": a_change(NOW, **values)})


FAILED: dict[str, Any] = {"told": Told(Result.FAILED), "tries": 2}
CHANGES = (
    Page("change", "change_start.html", "/change", answers=BY_NAME),
    Page("change with error", "change_start.html", "/change", answers=BY_NAME, press="main form button"),
    Page("change, signed in", "change_start.html", "/change", answers={**BY_NAME, "whoever": SIGNED_IN}),
    change("change, the passwords", "change.html"),
    change("change, not the current one", "change.html", **FAILED, account=AccountKey("embedded", "7")),
    change("change, by a name, not together", "change.html", **FAILED),
    change("change, refused", "change.html", told=Told(Result.REFUSED, (SAME,))),
    change("change, silence", "change.html", told=Told(Result.NOT_SET)),
    change("change, one moment", "change_waiting.html", step=Step.TRYING, tried_at=NOW),
    change("change, not known yet", "change_waiting.html", step=Step.TRYING, tried_at=NOW - timedelta(seconds=40)),
    change("changed", "changed.html", step=Step.CHANGED, told=Told(Result.SET)),
    change("change, stopped", "change_closed.html", step=Step.CLOSED),
    change("change, too many tries", "change_closed.html", step=Step.CLOSED, tries=5),
)
