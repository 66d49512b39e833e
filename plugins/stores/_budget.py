"""How long a directory may still take, shared by all stores that are asked over a network."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from ...core import Context, StoreUnavailable, Text

# Seconds kept back from the host's deadline.
MARGIN = 0.2


class Budget:
    """How long one call may still take. Time is counted from the call on, so that clocks may differ."""

    def __init__(self, now: datetime, seconds: float) -> None:
        self._began = time.monotonic()
        self._began_at = now
        self._seconds = seconds

    @classmethod
    def of(cls, ctx: Context) -> Budget:
        """What the host gives, less a little: our own word on what happened is better than its giving up on us."""
        return cls(ctx.now, (ctx.deadline - ctx.now).total_seconds() - MARGIN)

    @property
    def left(self) -> float:
        """Seconds left; negative when it is over."""
        return self._began + self._seconds - time.monotonic()

    @property
    def now(self) -> datetime:
        """The host's time, moved on by what passed since the call began."""
        return self._began_at + timedelta(seconds=time.monotonic() - self._began)

    def at_most(self, seconds: float) -> float:
        """That long or what is left, if that is less. Raises StoreUnavailable when nothing is left."""
        left = self.left
        if left <= 0:
            raise StoreUnavailable(Text("the time for asking the directory is over"))
        return min(seconds, left)
