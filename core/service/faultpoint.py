"""Named points at which the fault tests kill or stop this process; nothing at all unless they ask for it."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

# A twelfth, "write-sent", lies inside the plugin: there a test stands between us and the directory.
POINTS = (
    "started",
    "found",
    "challenge-stored",
    "message-queued",
    "message-sent",
    "attempt-counted",
    "challenge-consumed",
    "proof-stored",
    "intent-stored",
    "write-answered",
    "outcome-stored",
)

_FOLDER = os.environ.get("KEYBACK_FAULTPOINTS")


def faultpoint(name: str) -> None:
    """Send ourselves the signal that waits in the tests' folder under this name; once, by the one who takes it."""
    if _FOLDER is None:
        return
    order = Path(_FOLDER) / name
    taken = order.with_suffix(f".{os.getpid()}")
    try:
        order.rename(taken)
    except FileNotFoundError:
        return
    # To this very thread: sent to the process, a stop begins at any other thread, and this one would run on meanwhile.
    signal.pthread_kill(threading.get_ident(), signal.Signals[taken.read_text().strip()])
