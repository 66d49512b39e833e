"""One page of the walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pretend_portal import ID, a_recovery

from keyback.core.recovery.state import Recovery


@dataclass(frozen=True)
class Page:
    """An address, what the service answers, and, for pages that only a form leads to, what is typed and pressed.

    `like`: another page that differs from this one in words only.
    """

    name: str
    template: str
    path: str = f"/recover/{ID}"
    recovery: Recovery = field(default_factory=a_recovery)
    answers: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    press: str = ""
    like: str = ""
