"""A process that is stopped at a named point, until the test lets it go on or kills it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .keyback import Keyback
from .story import wait_until


class Stopped:
    """The next process of this Keyback that comes by stands still there. One at a time for each point."""

    def __init__(self, keyback: Keyback, point: str = "intent-stored") -> None:
        self._orders, self._point = keyback.faultpoints, point
        self.process = 0
        keyback.arm(point, "SIGSTOP")

    def wait(self) -> int:
        """Its number, once it stands still."""
        order = wait_until(lambda: next(self._orders.glob(f"{self._point}.*"), None), "somebody to come by")
        self.process = int(order.suffix[1:])
        wait_until(lambda: stands_still(self.process), "the process to stand still")
        order.unlink()
        return self.process

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self.process, signal.SIGCONT)

    def kill(self) -> None:
        """End it where it is."""
        os.kill(self.process, signal.SIGKILL)


def stands_still(process: int) -> bool:
    """Whether this process is stopped."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"
