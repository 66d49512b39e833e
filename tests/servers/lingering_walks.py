"""Looks at the first page at every moment after the start: while the back office looks a name up, and when it is done.

`python -m servers.lingering_walks` reads an `Errand` and writes the `Findings`, as `servers.timed_walks` does.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from .keyback import HOST
from .stopwatch import Stopwatch
from .timed_walks import Errand, Findings, shuffled


def run(errand: Errand) -> Findings:
    """All rounds, one walk after the other."""
    if errand.core is not None:
        os.sched_setaffinity(0, {errand.core})
    stopwatch, findings = Stopwatch(errand.port, HOST), Findings()
    for n in range(errand.warm_up):
        for walk in shuffled(errand, stopwatch, n):
            walk.linger(Findings())
    for n in range(errand.rounds):
        for walk in shuffled(errand, stopwatch, n):
            walk.linger(findings)
    stopwatch.close()
    return findings


if __name__ == "__main__":
    json.dump(asdict(run(Errand(**json.load(sys.stdin)))), sys.stdout)
