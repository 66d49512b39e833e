"""Posts a form in the very moment in which what was found is saved: whoever wants to see the save will aim at it.

`python -m servers.aimed_walks` reads an `Errand` and writes the `Findings`, as `servers.timed_walks` does.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict

from keyback.core.recovery.release import AHEAD

from .keyback import HOST
from .stopwatch import Stopwatch
from .timed_walks import Errand, Findings, Walk, shuffled

# A form needs a few milliseconds to the database, and the back office to wake up.
EARLY, LATE = 0.012, 0.006
# A walk's beginning takes about so long, so none begins when another one is due sooner than that.
A_BEGINNING = 0.15
# Whoever could not be asked in time was not aimed.
TOO_LATE = 0.003


def run(errand: Errand) -> Findings:
    """All rounds. Whoever is due is asked first; between them the next ones begin."""
    if errand.core is not None:
        os.sched_setaffinity(0, {errand.core})
    stopwatch, findings = Stopwatch(errand.port, HOST), Findings()
    begun = deque[tuple[float, Walk]]()
    walks = _walks(errand, stopwatch)
    while (walk := next(walks, None)) is not None or begun:
        if walk is not None:
            walk.begin(findings)
            save = walk.began + errand.pause - AHEAD.total_seconds()
            begun.append((save + random.uniform(-EARLY, LATE), walk))
        while begun and (walk is None or begun[0][0] - time.perf_counter() < A_BEGINNING):
            moment, due = begun.popleft()
            # This is no waiting for something: the moment itself is what is measured.
            time.sleep(max(0.0, moment - time.perf_counter()))
            if time.perf_counter() - moment < TOO_LATE:
                due.again(findings)
    stopwatch.close()
    return findings


def _walks(errand: Errand, stopwatch: Stopwatch) -> Iterator[Walk]:
    for n in range(errand.rounds):
        yield from shuffled(errand, stopwatch, n)


if __name__ == "__main__":
    json.dump(asdict(run(Errand(**json.load(sys.stdin)))), sys.stdout)
