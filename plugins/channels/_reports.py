"""What a channel learned of its messages, until the house asks for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...core import DeliveryReport

# Whoever never asks must not fill the memory: then the oldest go.
MOST = 10_000


class Reports:
    """Any thread may tell; what was taken is gone."""

    def __init__(self) -> None:
        self._told: deque[DeliveryReport] = deque(maxlen=MOST)

    def tell(self, report: DeliveryReport) -> None:
        """Keep it."""
        self._told.append(report)

    def take(self) -> Sequence[DeliveryReport]:
        """All that were told so far."""
        return [self._told.popleft() for _ in range(len(self._told))]
