"""A server that a test starts as a process of its own: started until it answers, frozen, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class Program:
    """One process at a time. What it says goes to a file."""

    def __init__(self, says: Path) -> None:
        self._says = says
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def number(self) -> int:
        """The running process's."""
        assert self._process is not None
        return self._process.pid

    def start(
        self, command: Sequence[str], answers: Callable[[], bool], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start, and wait until it answers. Raises with the last it said when it does not."""
        with self._says.open("ab") as out:
            self._process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        patience = time.monotonic() + 30
        while not answers():
            if self._process.poll() is not None or time.monotonic() > patience:
                raise RuntimeError(f"{command[0]} does not start: {self._says.read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self, *, kill: bool = False) -> None:
        """End it, in order or at once, frozen or not."""
        process, self._process = self._process, None
        if process is None:
            return
        for sent in (signal.SIGKILL if kill else signal.SIGTERM, signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(sent)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def freeze(self) -> None:
        """Stop every thread of it, and wait until they stand still: it accepts connections and says nothing."""
        os.kill(self.number, signal.SIGSTOP)
        os.waitid(os.P_PID, self.number, os.WSTOPPED)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.number, signal.SIGCONT)
